/* SPDX-License-Identifier: Apache-2.0 */
/* Fault injection on the bootloader's binary: with one fault at one place between reset and jump,
 * is an image started that must not be? docs/fault-injection.md says what is covered, and has the
 * figures.
 *
 *     board_campaign                                 every case, 1,000 faults of each kind
 *     board_campaign --check                         what ctest runs; 1: an image was started
 *     board_campaign --bound 0 --kind skip           every fault of kinds with this in their names
 *     board_campaign --case "rsa2048, wrong"         only cases with this in their names
 *     board_campaign --decide                        only after the last long computation, and
 *                                                    registers where they are read: most of what
 *                                                    can start an image is there
 *     board_campaign --pairs                         pairs of skipped instructions, in two windows
 *     board_campaign --bound 0 --at 0x8001a90        every fault in this instruction
 *     board_campaign --seed 7                        another selection
 *
 * The image is small, so that hashing is short and the signature's arithmetic is run in full.
 * Keys, signatures and faults are the same in each run with the same seed. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <monocypher.h>

#include "bulkhead/bytes.h"
#include "glitch.h"
#include "host/lms.h"
#include "host/sign_mcuboot.h"
#include "sim/board/kinds.h"
#include "stand.h"

#define HEADER 0x200u
#define PAYLOAD 1024u
#define HASHING 1000u /* executions of an instruction that tell hashing such an image */
#define STAGED 200u   /* or nearly everything after the journal was read */
#define RARE 300u     /* executions of what is no arithmetic, between arithmetic */
#define PAIRS_WINDOW 150u
#define FLIP 0x80u   /* the bit that is turned, of the payload's middle byte */
#define START_OFF 8u /* of the first instruction in the payload */

/* What a bootloader is attacked with, and what in it is a long computation: executions of one
 * instruction (0: half of the most there are); of its places one in `sparse` is tried. */
struct target {
    const struct board_kind *kind;
    const char *bootloader;
    uint32_t busy, sparse;
    bool selected; /* all cases are in --check; of the others, the wrong signature */
};

static const struct target targets[] = {
    { &board_stm32f407, "boot", 0, 160, true },
    { &board_stm32f407, "boot-ed25519", 5000, 160, false },
    { &board_stm32f407, "boot-rsa2048", 20000, 80, false },
    { &board_stm32f407, "boot-lms", 20000, 80, false },
    { &board_stm32f407, "boot-mldsa44", 20000, 80, false },
    { &board_nrf52840, "boot", 0, 160, false },
};

static struct stand stand;
static struct host_key key;
static uint64_t seed = 1, bound = 1000;
static uint32_t kinds;
static bool check, pairs, decide;
static uint32_t only, only_len; /* an address, and bytes from there on */
static const char *wanted = ""; /* part of the cases' names */
static const char *wanted_kind = "";
static uint64_t started, faults[GLITCH_KINDS], ended[GLITCH_KINDS][GLITCH_ENDS];

static const struct bh_region *primary(void)
{
    return &stand.board.kind->product->pairs[0].primary;
}

static uint32_t payload_addr(void)
{
    return stand.board.kind->flash[0]->base + primary()->off + HEADER;
}

/* A small image for the primary slot, signed by this key. */
static struct host_bytes image(const struct host_key *signer, uint8_t flip, uint32_t counter)
{
    struct host_sign sign = HOST_SIGN_DEFAULTS;
    struct host_bytes made = { NULL, 0 };
    struct host_error e = { 0 };
    uint8_t payload[PAYLOAD];
    size_t used;

    for (uint32_t i = 0; i < PAYLOAD; i += 2)
        bh_store16(payload + i, 0xE7FE); /* b . */
    bh_store32(payload, stand.board.kind->ram_addr + stand.board.kind->ram_len);
    bh_store32(payload + 4, payload_addr() + START_OFF + 1);
    payload[PAYLOAD / 2] ^= flip;
    sign.version.major = 1;
    sign.header_size = HEADER;
    sign.pad_header = true;
    sign.counter = counter ? &counter : NULL;
    sign.sha = signer->type->signature == BH_SIG_ED25519 ? 512 : 256;
    sign.keys = signer;
    sign.n_keys = 1;
    if (host_sign_mcuboot(&sign, payload, PAYLOAD, &made, &used, &e))
        fail_msg("the image cannot be signed: %s", e.text);
    return made;
}

static void install(const struct host_bytes *bytes)
{
    static uint8_t blank[0x10000];

    memset(blank, 0xFF, sizeof blank);
    for (uint32_t off = 0; off < primary()->len; off += sizeof blank)
        sim_flash_fill(&stand.board.chip[0], primary()->off + off, blank,
                       bh_min(primary()->len - off, sizeof blank));
    sim_flash_fill(&stand.board.chip[0], primary()->off, bytes->data, (uint32_t)bytes->len);
}

/* --- what came of it --------------------------------------------------------------------- */

static void print_bad(const struct glitch_bad *bad)
{
    printf("    %s at 0x%x (instruction %llu)", glitch_kind_text(bad->kind), bad->first,
           (unsigned long long)bad->at);
    switch (bad->kind) {
    case GLITCH_WORD:
    case GLITCH_PC: printf(", bit %u", bad->detail); break;
    case GLITCH_REGISTER: printf(", r%u bit %u", bad->detail / 32, bad->detail % 32); break;
    case GLITCH_LOAD:
        printf(", r%u gets %s", bad->detail / 2, bad->detail % 2 ? "ones" : "0");
        break;
    default: break;
    }
    if (bad->second)
        printf(" and one at 0x%x", bad->second);
    printf(": %s, at 0x%x\n", glitch_end_text(bad->end), bad->to);
}

static const enum glitch_end shown[] = { GLITCH_HELD,    GLITCH_GOOD,   GLITCH_RESET,
                                         GLITCH_HANGS,   GLITCH_SAME,   GLITCH_VOID,
                                         GLITCH_STRAYED, GLITCH_INSIDE, GLITCH_STARTED };

static void print_head(const char *what)
{
    printf("| %s | runs |", what);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        printf(" %s |", glitch_end_text(shown[i]));
    printf("\n|---|---|");
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        printf("---|");
    printf("\n");
}

static void print_row(const char *name, uint64_t runs, const uint64_t ends[GLITCH_ENDS])
{
    printf("| %s | %llu |", name, (unsigned long long)runs);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        printf(" %llu |", (unsigned long long)ends[shown[i]]);
    printf("\n");
}

/* A line of the table, and the first faults that started something. */
static void tell(const char *name, const struct glitch *g)
{
    uint64_t ends[GLITCH_ENDS] = { 0 }, runs = 0;

    for (unsigned kind = 0; kind < GLITCH_KINDS; kind++) {
        runs += g->faults[kind];
        faults[kind] += g->faults[kind];
        for (unsigned end = 0; end < GLITCH_ENDS; end++) {
            ends[end] += g->ended[kind][end];
            ended[kind][end] += g->ended[kind][end];
        }
    }
    print_row(name, runs, ends);
    for (uint32_t i = 0; i < g->n_bad; i++)
        print_bad(&g->bad[i]);
    fflush(stdout);
    if (runs == 0)
        fail_msg("%s: no fault; the firmware is not what this expects, or the bound is too low",
                 name);
    /* A jump to anywhere is reported, not judged: it may skip whatever is between. */
    started += ends[GLITCH_STARTED] + ends[GLITCH_STRAYED] - g->ended[GLITCH_PC][GLITCH_STARTED] -
               g->ended[GLITCH_PC][GLITCH_STRAYED];
}

/* A campaign over the state that the board is in. good: what may be started, if it is in place. */
static void attack(const char *name, const struct host_bytes *good, uint32_t busy, uint32_t sparse)
{
    struct glitch_campaign c = {
        .slot_off = primary()->off,
        .bytes = good ? good->data : NULL,
        .len = good ? good->len : 0,
        .code_len = stand.board.kind->product->journal[0].off,
        .entry = payload_addr() + START_OFF,
        .image_addr = payload_addr() - HEADER,
        .image_len = HEADER + PAYLOAD,
        .all = check ? 4 : 128,
        .drawn = check ? 1 : 5,
        .seed = seed,
        .only = only,
        .only_len = only_len,
        .kinds = kinds,
        .bound = bound,
        .window = pairs ? PAIRS_WINDOW : 0,
        .busy = busy,
        .sparse = pairs ? 1 : sparse,
        .rare = RARE,
        .read_only = decide,
        .late = decide && busy != HASHING,
    };
    struct glitch g;

    glitch_open(&g, &stand.board, &c);
    glitch_run(&g);
    tell(name, &g);
    glitch_close(&g);
}

/* Every bit of every register at a few places where the signature has just been computed: the
 * floor, or a count of equal bytes, was in one of them once, and one bit of 480 is rarely drawn. */
static void turn_what_is_kept(const char *name, uint32_t busy)
{
    struct glitch_campaign c = {
        .slot_off = primary()->off,
        .code_len = stand.board.kind->product->journal[0].off,
        .entry = payload_addr() + START_OFF,
        .image_addr = payload_addr() - HEADER,
        .image_len = HEADER + PAYLOAD,
        .kinds = 1u << GLITCH_REGISTER,
        .busy = busy,
        .sparse = 1,
        .places = 5,
        .stride = 64,
    };
    char what[140];
    struct glitch g;

    if (!check || !(kinds >> GLITCH_REGISTER & 1u))
        return;
    snprintf(what, sizeof what, "%s, what is kept", name);
    glitch_open(&g, &stand.board, &c);
    glitch_run(&g);
    tell(what, &g);
    glitch_close(&g);
}

/* --- the cases --------------------------------------------------------------------------- */

/* A bit of the payload is not what was signed: the digest tells. */
static void turned_bit(const struct target *t, const char *name)
{
    struct host_bytes bad = image(&key, 0, 0);

    bad.data[HEADER + PAYLOAD / 2] ^= FLIP;
    install(&bad);
    attack(name, NULL, HASHING, 3 + t->sparse / 160);
    host_bytes_free(&bad);
}

/* The digest is right, the signature is not. */
static void wrong_signature(const struct target *t, const char *name)
{
    struct host_bytes bad = image(&key, FLIP, 0);

    const struct host_ml_dsa *ml_dsa = host_ml_dsa_of(key.type->signature);

    /* of ECDSA's s, EdDSA's S, the last node on LMS's path, ML-DSA's challenge */
    bad.data[bad.len - (ml_dsa ? ml_dsa->signature_len : 20u)] ^= 1;
    install(&bad);
    attack(name, NULL, t->busy, t->sparse);
    turn_what_is_kept(name, t->busy);
    host_bytes_free(&bad);
}

/* A key of LMS is a file, which counts its signatures. */
static int new_lms_key(struct host_key *made, struct host_error *e)
{
    char path[] = "/tmp/bulkhead-other-XXXXXX";
    struct host_lms lms;
    int fd = mkstemp(path), err;

    if (fd < 0)
        fail_msg("no temporary file for an LMS key in /tmp");
    close(fd);
    err = host_lms_new(5, 8, NULL, NULL, &lms, e);
    if (!err)
        err = host_lms_write(path, &lms, true, e);
    return err ? err : host_key_load(path, NULL, made, e);
}

/* All is well, but by somebody else's key. */
static void another_key(const struct target *t, const char *name)
{
    struct host_error e = { 0 };
    struct host_bytes bad;
    struct host_key other;

    if (key.lms_path ? new_lms_key(&other, &e) : host_key_new(key.type, &other, &e))
        fail_msg("no other key: %s", e.text);
    bad = image(&other, 0, 0);
    install(&bad);
    attack(name, NULL, HASHING, 3 + t->sparse / 160);
    host_bytes_free(&bad);
    stand_key_free(&other);
}

static bool leaves_bootloader(void *context, uint32_t addr)
{
    (void)context;
    return addr - stand.board.kind->flash[0]->base >= primary()->off;
}

/* The old image is genuine, but its security counter is below the floor that a newer one set. */
static void below_the_floor(const struct target *t, const char *name)
{
    struct host_bytes newer = image(&key, 0, 2), old = image(&key, 0, 1);

    install(&newer);
    stand.board.watch = leaves_bootloader;
    board_power_on(&stand.board);
    if (board_run(&stand.board) != BOARD_MARK)
        fail_msg("the newer image is not started");
    install(&old);
    attack(name, NULL, t->busy, t->sparse);
    turn_what_is_kept(name, t->busy);
    host_bytes_free(&newer);
    host_bytes_free(&old);
}

/* The function number n whose name begins with hash or verify, in an ELF file. */
static bool function(const struct host_bytes *file, unsigned n, uint32_t *from, uint32_t *len)
{
    const Elf32_Ehdr *head = (const Elf32_Ehdr *)(const void *)file->data;
    const Elf32_Shdr *section = (const Elf32_Shdr *)(const void *)(file->data + head->e_shoff);

    for (int i = 0; i < head->e_shnum; i++) {
        const Elf32_Shdr *s = &section[i];
        const char *strings = (const char *)file->data + section[s->sh_link].sh_offset;
        const Elf32_Sym *sym = (const Elf32_Sym *)(const void *)(file->data + s->sh_offset);

        for (uint32_t k = s->sh_type == SHT_SYMTAB ? s->sh_size / sizeof *sym : 0; k; k--, sym++) {
            const char *name = strings + sym->st_name;

            if (ELF32_ST_TYPE(sym->st_info) == STT_FUNC && sym->st_size &&
                (strncmp(name, "hash", 4) == 0 || strncmp(name, "verify", 6) == 0) && n-- == 0) {
                *from = sym->st_value & ~1u;
                *len = sym->st_size;
                return true;
            }
        }
    }
    return false;
}

/* Somebody without the key made this signature, for a bootloader that leaves R out of the hash:
 * then R = r B and S = r + H(A || M) a hold for any r, and the key's a is not needed to choose
 * R. Here a is known, which makes the same bytes shorter. One skipped call would be enough. */
static void forge(struct host_bytes *made)
{
    uint8_t *r_and_s = made->data + made->len - 64; /* the last TLV */
    uint8_t digest[64], wide[64], a[32], h[32], r[32] = { 7 };
    struct host_bytes der = { NULL, 0 };
    struct host_error e = { 0 };
    struct bh_hash hash;

    if (host_key_private_der(&key, false, &der, &e))
        fail_msg("%s", e.text);
    bh_hash_init(&hash, &bh_sha512);
    bh_hash_update(&hash, der.data + der.len - 32, 32);
    bh_hash_final(&hash, wide);
    crypto_eddsa_trim_scalar(a, wide);
    bh_hash_init(&hash, &bh_sha512);
    bh_hash_update(&hash, made->data, HEADER + PAYLOAD);
    bh_hash_final(&hash, digest);
    bh_hash_init(&hash, &bh_sha512);
    bh_hash_update(&hash, key.bytes, 32);
    bh_hash_update(&hash, digest, sizeof digest);
    bh_hash_final(&hash, wide);
    crypto_eddsa_reduce(h, wide);
    crypto_eddsa_scalarbase(r_and_s, r);
    crypto_eddsa_mul_add(r_and_s + 32, h, a, r);
    host_bytes_free(&der);
}

/* A call is skipped where the signature is checked: in functions of these names. Every one there,
 * also in --check. */
static void made_for_a_skip(const struct target *t, const char *name)
{
    struct host_bytes bad = image(&key, FLIP, 0), file;
    uint32_t asked = only, of = kinds, from, len;
    uint64_t most = bound;
    unsigned n = 0;

    file = stand_firmware(t->kind->name, t->bootloader, ".elf");
    forge(&bad);
    install(&bad);
    kinds &= check ? 1u << GLITCH_SKIP : ~0u;
    bound = check ? 0 : bound;
    while (kinds && function(&file, n, &from, &len)) {
        char what[160];

        snprintf(what, sizeof what, "%s, function %u", name, ++n);
        if (!asked) {
            only = from;
            only_len = len;
        }
        attack(what, NULL, t->busy, t->sparse);
        if (asked)
            break;
    }
    if (kinds && n < 2 && !asked)
        fail_msg("%s: no functions hash and verify in the ELF file", name);
    only = asked;
    kinds = of;
    bound = most;
    host_bytes_free(&bad);
    host_bytes_free(&file);
}

/* Primary is good; what is staged, and asked for for good, was tampered with. */
static void staged(const struct target *t, const char *name)
{
    struct host_bytes good = image(&key, 0, 0), bad = image(&key, FLIP, 0);

    (void)t;
    bad.data[bad.len - 1] ^= 1;
    stand_stage(&stand, &bad);
    stand_type(&stand, "p\n");
    stand_expect(&stand, "ok\n");
    install(&good);
    attack(name, &good, STAGED, 80);
    host_bytes_free(&good);
    host_bytes_free(&bad);
}

static const struct {
    const char *name;
    void (*attack)(const struct target *t, const char *name);
    bool often;     /* in --check for every target */
    const char *of; /* not NULL: only for this bootloader */
    bool asked;     /* only if it is named: most of its faults write to flash, which takes long */
} cases[] = {
    { "bit of the payload", turned_bit, false, NULL, false },
    { "wrong signature", wrong_signature, true, NULL, false },
    { "another key", another_key, false, NULL, false },
    { "below the floor", below_the_floor, false, NULL, false },
    { "made for a skipped hash", made_for_a_skip, true, "boot-ed25519", false },
    { "staged, wrong signature", staged, false, NULL, true },
};

static void run_case(const struct target *t, size_t i)
{
    char name[120];

    snprintf(name, sizeof name, "%s, %s, %s", t->kind->name, t->bootloader, cases[i].name);
    if (!strstr(name, wanted) || (check && !t->selected && !cases[i].often) ||
        (check && t->kind != &board_stm32f407) || (cases[i].asked && !strstr(wanted, "staged")) ||
        (cases[i].of && strcmp(cases[i].of, t->bootloader) != 0))
        return;
    stand_open(&stand, t->kind, t->bootloader);
    stand_boot(&stand); /* begins the journal */
    key = stand_key(t->bootloader);
    cases[i].attack(t, name);
    stand_key_free(&key);
    stand_close(&stand);
}

static void print_kinds(void)
{
    printf("\n");
    print_head("kind of fault");
    for (unsigned kind = 0; kind < GLITCH_KINDS; kind++)
        if (faults[kind])
            print_row(glitch_kind_text((enum glitch_kind)kind), faults[kind], ended[kind]);
}

static int usage(void)
{
    fputs(
        "usage: board_campaign [--check] [--decide] [--pairs] [--seed N] [--bound RUNS] [--at ADDRESS] "
        "[--case TEXT] [--kind TEXT]\n",
        stderr);
    return 2;
}

static int read_options(char **argv)
{
    for (; *argv; argv++) {
        if (strcmp(*argv, "--check") == 0) {
            check = true;
            bound = 45;
        } else if (strcmp(*argv, "--pairs") == 0) {
            pairs = true;
            bound = 0;
        } else if (strcmp(*argv, "--decide") == 0) {
            decide = true;
        } else if (!argv[1]) {
            return usage();
        } else if (strcmp(*argv, "--seed") == 0) {
            seed = strtoull(*++argv, NULL, 0);
        } else if (strcmp(*argv, "--at") == 0) {
            only = (uint32_t)strtoul(*++argv, NULL, 0);
            only_len = 1;
        } else if (strcmp(*argv, "--bound") == 0) {
            bound = strtoull(*++argv, NULL, 0);
        } else if (strcmp(*argv, "--case") == 0) {
            wanted = *++argv;
        } else if (strcmp(*argv, "--kind") == 0) {
            wanted_kind = *++argv;
        } else {
            return usage();
        }
    }
    for (unsigned kind = 0; kind < GLITCH_KINDS; kind++)
        if (strstr(glitch_kind_text((enum glitch_kind)kind), wanted_kind))
            kinds |= 1u << kind;
    if (!kinds) {
        fprintf(stderr, "board_campaign: no kind of fault has \"%s\" in its name\n", wanted_kind);
        return 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    clock_t began = clock();

    (void)argc;
    if (read_options(argv + 1))
        return 2;
    printf("seed %llu, %llu of each kind\n\n", (unsigned long long)seed, (unsigned long long)bound);
    print_head("case");
    for (size_t t = 0; t < sizeof targets / sizeof targets[0]; t++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            run_case(&targets[t], i);
    print_kinds();
    printf("\n%.0f s of processor time\n", (double)(clock() - began) / CLOCKS_PER_SEC);
    if (started && !pairs)
        printf("%llu single faults started an image or ran in RAM\n", (unsigned long long)started);
    return started && check;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the bootloaders cost: bytes, stack, instructions. Everything is measured on the binaries in
 * build/firmware, on the emulated boards: sizes from the ELF file, stack by painting (the board's
 * RAM is noise at reset), instructions by counting them.
 *
 *     board_measure            the tables of docs/budgets.md, for `make bench`
 *     board_measure --options  the one about what layouts choose, alone
 *     board_measure --check    fails if something costs more than the limits below allow */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/board/inner.h"
#include "stand.h"

static const char *const bootloaders[] = { "boot", "boot-ed25519", "boot-rsa2048", "boot-lms",
                                           "boot-mldsa44" };
static const char *const algorithms[] = { "p256", "ed25519", "rsa2048", "lms", "ml_dsa_44" };
#define ALGORITHMS (sizeof algorithms / sizeof algorithms[0])

/* In bytes; rest is the most instructions of a boot with nothing pending beside hash and signature,
 * in hundredths of a percent of those two. 0: no limit. docs/budgets.md has the same table, and
 * says which of these are goals and which are what was reached. */
static const struct limit {
    const char *board, *algorithm;
    uint32_t flash, ram, stack, rest;
} limits[] = {
    { "stm32f407", "p256", 11232, 1088, 1536, 100 },
    { "stm32f407", "ed25519", 18496, 1088, 2560, 100 },
    { "stm32f407", "rsa2048", 12960, 1088, 3708, 100 },
    { "stm32f407", "lms", 10496, 2880, 1656, 100 },
    { "stm32f407", "ml_dsa_44", 15360, 2624, 6784, 100 },
    { "stm32l476", "p256", 11408, 1092, 0, 0 },
    { "nrf52840", "p256", 14704, 1088, 0, 0 },
    { "nrf51", "p256", 13264, 1088, 0, 0 },
    { "virt", "p256", 13696, 1088, 0, 0 },
    { "sifive_u", "p256", 15840, 1088, 0, 0 },
    { "sifive_u_esp", "p256", 19648, 1088, 0, 0 },
    { "nrf9160", "p256", 11376, 1096, 0, 0 },
    { "rp2040", "p256", 13632, 1088, 0, 0 },
    { "stm32g0b1", "p256", 13344, 1096, 0, 0 },
    { "stm32h743", "p256", 11696, 1096, 0, 0 },
};

/* Releases of gcc make code of different length from the same source: so much more than the limits,
 * which are for the first one, may flash and stack be. In docs/budgets.md too. */
static const struct compiler {
    const char *comment; /* as a program's .comment section has it */
    const char *name;
    uint32_t percent_more;
} compilers[] = {
    { ") 12.", "gcc 12", 0 },
    { ") 14.", "gcc 14", 4 },
};
#define COMPILERS (sizeof compilers / sizeof compilers[0])
#define SKIPPED 77 /* as ctest is told */

struct elf {
    struct host_bytes file;
    const Elf32_Ehdr *head;
    const Elf32_Shdr *section;
};

static struct elf elf_open(const char *board, const char *name)
{
    struct elf e = { .file = stand_firmware(board, name, ".elf") };

    e.head = (const Elf32_Ehdr *)(const void *)e.file.data;
    e.section = (const Elf32_Shdr *)(const void *)(e.file.data + e.head->e_shoff);
    return e;
}

/* The address of a global symbol; 0 if there is none. */
static uint32_t elf_symbol(const struct elf *e, const char *name)
{
    for (int i = 0; i < e->head->e_shnum; i++) {
        const Elf32_Shdr *s = &e->section[i];
        const char *strings = (const char *)e->file.data + e->section[s->sh_link].sh_offset;
        const Elf32_Sym *sym = (const Elf32_Sym *)(const void *)(e->file.data + s->sh_offset);

        if (s->sh_type != SHT_SYMTAB)
            continue;
        for (uint32_t n = s->sh_size / sizeof *sym; n; n--, sym++)
            if (strcmp(strings + sym->st_name, name) == 0)
                return sym->st_value;
    }
    return 0;
}

/* The word that the program finds at this address. */
static uint32_t elf_word(const struct elf *e, uint32_t addr)
{
    uint32_t word = 0;

    for (int i = 0; i < e->head->e_shnum; i++) {
        const Elf32_Shdr *s = &e->section[i];

        if (s->sh_type == SHT_PROGBITS && (s->sh_flags & SHF_ALLOC) && addr >= s->sh_addr &&
            addr - s->sh_addr < s->sh_size)
            memcpy(&word, e->file.data + s->sh_offset + (addr - s->sh_addr), 4);
    }
    return word;
}

/* Bytes of the sections that are stored (text, constants, values of variables), or of variables
 * that begin as zero. */
static uint32_t elf_bytes(const struct elf *e, uint32_t type)
{
    uint32_t sum = 0;

    for (int i = 0; i < e->head->e_shnum; i++)
        if (e->section[i].sh_type == type && (e->section[i].sh_flags & SHF_ALLOC))
            sum += e->section[i].sh_size;
    return sum;
}

/* Who compiled this program: the first name in its .comment section, "GCC: (...)
 * 12.2.1 2022...". */
static void elf_compiler(const struct elf *e, char name[static 80])
{
    const char *strings = (const char *)e->file.data + e->section[e->head->e_shstrndx].sh_offset;

    strcpy(name, "a compiler that left no name");
    for (int i = 0; i < e->head->e_shnum; i++)
        if (strcmp(strings + e->section[i].sh_name, ".comment") == 0)
            snprintf(name, 80, "%.*s", (int)e->section[i].sh_size,
                     (const char *)e->file.data + e->section[i].sh_offset);
}

/* A function that is timed: instructions from its first to its return, what it calls included. */
struct span {
    uint32_t entry;
    uint32_t back; /* where it returns to while it runs, otherwise 0 */
    uint64_t since;
    uint64_t sum; /* of all calls since power-on */
};

/* Within one that comes first, the others are not timed. */
struct timed {
    struct board *board;
    uint32_t application; /* the run ends here */
    struct span verify, update, final;
};

/* Does one begin or end here, or go on? */
static bool step(struct span *s, const struct board *b, uint32_t addr, uint32_t link)
{
    if (s->back && addr == s->back) {
        s->sum += b->instructions - s->since;
        s->back = 0;
        return false;
    }
    if (!s->back && addr == s->entry) {
        s->back = link & ~b->kind->cpu->thumb;
        s->since = b->instructions;
    }
    return s->back != 0;
}

static bool watch(void *context, uint32_t addr)
{
    struct timed *t = context;
    struct board *b = t->board;
    uint32_t link = 0;

    if (addr == t->verify.entry || addr == t->update.entry || addr == t->final.entry)
        link = board_get_register(b, b->kind->cpu->link);
    if (!step(&t->verify, b, addr, link) && !step(&t->update, b, addr, link))
        step(&t->final, b, addr, link);
    return addr == t->application;
}

/* The functions to be timed: bh_p256.verify and so on, and those of the hash. Offsets are those of
 * the structs on a 32-bit machine. */
static void set_up(struct timed *t, struct board *b, const struct elf *e, const char *algorithm)
{
    bool sha512 = strcmp(algorithm, "ed25519") == 0;
    uint32_t hash = elf_symbol(e, sha512 ? "bh_sha512" : "bh_sha256");
    uint32_t verify, thumb = b->kind->cpu->thumb;
    char name[32];

    snprintf(name, sizeof name, "bh_%s", algorithm);
    verify = elf_symbol(e, name);
    if (!hash || !verify)
        fail_msg("%s or its hash is not in the program", name);
    *t = (struct timed){ .board = b,
                         .verify = { .entry = elf_word(e, verify + 4) & ~thumb },
                         .update = { .entry = elf_word(e, hash + 8) & ~thumb },
                         .final = { .entry = elf_word(e, hash + 12) & ~thumb } };
    b->watch_context = t;
}

/* The first instruction of application 1.0.0 or 2.0.0. */
static uint32_t application_start(const struct stand *s, int major)
{
    const struct board_kind *kind = s->board.kind;
    uint32_t lies = kind->flash[0]->base + kind->product->pairs[0].primary.off;
    uint32_t payload = (kind->load_addr ? kind->load_addr : lies) + stand_header(kind);
    uint32_t start;

    if (!kind->cpu->thumb)
        return payload;
    memcpy(&start, s->image[major].data + stand_header(kind) + 4, 4);
    return start & ~1u;
}

/* Power on, run to the first instruction of that application. */
static void boot(struct stand *s, struct timed *t, int major)
{
    board_hush(&s->board);
    t->application = application_start(s, major);
    t->verify.sum = t->update.sum = t->final.sum = 0;
    s->board.watch = watch;
    board_power_on(&s->board);
    if (board_run(&s->board) != BOARD_MARK)
        fail_msg("%s does not start the application:\n%s", s->board.kind->name, s->board.said);
    s->board.watch = NULL;
}

struct costs {
    uint32_t flash, ram, stack;
    uint64_t hash, signature, rest; /* of a boot with nothing pending */
    uint64_t update, revert;
};

static void note_stack(const struct stand *s, struct costs *c)
{
    uint32_t used = board_stack_used(&s->board);

    c->stack = used > c->stack ? used : c->stack;
}

/* Boot an image that fills nine tenths of its slot. */
static void nothing_pending(struct stand *s, struct timed *t, const char *bootloader,
                            struct costs *c)
{
    const struct bh_pair *pair = &s->board.kind->product->pairs[0];
    struct host_key key = stand_key(bootloader);
    struct host_bytes image = stand_application(
        s->board.kind, 1, &key, pair->image_max / 10 * 9 - stand_header(s->board.kind));

    sim_flash_fill(&s->board.chip[0], pair->primary.off, image.data, (uint32_t)image.len);
    boot(s, t, 1); /* which begins the journal */
    boot(s, t, 1);
    c->signature = t->verify.sum;
    c->hash = t->update.sum + t->final.sum;
    c->rest = s->board.instructions - c->hash - c->signature;
    note_stack(s, c);
    host_bytes_free(&image);
    stand_key_free(&key);
}

/* Update and revert, with applications as small as they are. */
static void update_and_revert(struct stand *s, struct timed *t, struct costs *c)
{
    stand_stage(s, &s->image[2]);
    stand_boot(s);
    stand_type(s, "t\n");
    boot(s, t, 2);
    c->update = s->board.instructions;
    note_stack(s, c);
    boot(s, t, 1);
    c->revert = s->board.instructions;
    note_stack(s, c);
}

static struct costs sizes(const char *board, const char *bootloader)
{
    struct elf e = elf_open(board, bootloader);
    struct costs c = { .flash = elf_bytes(&e, SHT_PROGBITS), .ram = elf_bytes(&e, SHT_NOBITS) };

    host_bytes_free(&e.file);
    return c;
}

static void run_at_rest(const struct board_kind *kind, const char *bootloader,
                        const char *algorithm, struct costs *c)
{
    static struct stand s;
    struct elf e = elf_open(kind->name, bootloader);
    struct timed t;

    stand_open(&s, kind, bootloader);
    s.board.swift = false;
    set_up(&t, &s.board, &e, algorithm);
    nothing_pending(&s, &t, bootloader, c);
    stand_close(&s);
    host_bytes_free(&e.file);
}

static void run(const struct board_kind *kind, const char *bootloader, const char *algorithm,
                struct costs *c)
{
    static struct stand s;
    struct elf e = elf_open(kind->name, bootloader);
    struct timed t;

    run_at_rest(kind, bootloader, algorithm, c);
    stand_open(&s, kind, bootloader);
    s.board.swift = false;
    set_up(&t, &s.board, &e, algorithm);
    update_and_revert(&s, &t, c);
    stand_close(&s);
    host_bytes_free(&e.file);
}

static double percent(const struct costs *c)
{
    return 100.0 * (double)c->rest / (double)(c->hash + c->signature);
}

static double millions(uint64_t n)
{
    return (double)n / 1e6;
}

/* Is there such a bootloader? Newer boards have one for P-256 alone. */
static bool is_built(const char *board, const char *bootloader)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s/%s.elf", BULKHEAD_FIRMWARE_DIR, board, bootloader);
    return access(path, R_OK) == 0;
}

static void print_table(void)
{
    printf("| board | key | flash | RAM | hash | signature | rest | rest / (hash + signature) | "
           "updates | reverts | stack |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; board_kinds[i]; i++)
        for (size_t a = 0; a < ALGORITHMS; a++) {
            struct costs c;

            if (a && !is_built(board_kinds[i]->name, bootloaders[a]))
                continue;
            c = sizes(board_kinds[i]->name, bootloaders[a]);
            run(board_kinds[i], bootloaders[a], algorithms[a], &c);
            printf(
                "| %s | %s | %u | %u | %.2f M | %.2f M | %.2f M | %.2f %% | %.2f M | %.2f M | %u |\n",
                board_kinds[i]->name, algorithms[a], c.flash, c.ram, millions(c.hash),
                millions(c.signature), millions(c.rest), percent(&c), millions(c.update),
                millions(c.revert), c.stack);
            fflush(stdout);
        }
}

/* What a layout chooses, on boards that have it: for how much more flash, how many instructions and
 * how many milliseconds less. A millisecond is instructions times BOARD_CYCLES_10 / 10 at the
 * clock that the port sets. */
static const struct option {
    const char *board, *bootloader, *algorithm, *what;
    uint32_t khz;
} options[] = {
    { "stm32f407", "boot", "p256", "nothing", 16000 },
    { "stm32f407", "fast", "p256", "speed", 16000 },
    { "stm32f407", "ship", "p256", "watchdog, clock, hand_over", 168000 },
    { "stm32f407", "boot-ed25519", "ed25519", "nothing", 16000 },
    { "stm32f407", "fast-ed25519", "ed25519", "speed", 16000 },
};

static void print_options(void)
{
    printf("\n| board | key | chosen | flash | stack | boot | at | takes |\n"
           "|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const struct option *o = &options[i];
        const struct board_kind *kind = board_find(o->board);
        struct costs c = sizes(o->board, o->bootloader);
        uint64_t all;

        run_at_rest(kind, o->bootloader, o->algorithm, &c);
        all = c.hash + c.signature + c.rest;
        printf("| %s | %s | %s | %u | %u | %.2f M | %u MHz | %llu ms |\n", o->board, o->algorithm,
               o->what, c.flash, c.stack, millions(all), o->khz / 1000,
               (unsigned long long)(all * BOARD_CYCLES_10 / 10 / o->khz));
        fflush(stdout);
    }
}

/* --- the check --------------------------------------------------------------------------- */

static bool exceeds(const struct limit *l, const char *what, uint32_t is, uint32_t limit)
{
    bool exceeded = limit && is > limit;

    if (exceeded)
        fprintf(stderr, "%s, %s: %s is %u, the limit is %u\n", l->board, l->algorithm, what, is,
                limit);
    return exceeded;
}

/* Is the row, as it should be, in the page? */
static bool documented(const char *row, const char *page)
{
    if (strstr(page, row))
        return true;
    fprintf(stderr, "docs/budgets.md has no row%s\n", row);
    return false;
}

static bool limit_documented(const struct limit *l, const char *page)
{
    char row[160], stack[16] = "", rest[16] = "";

    if (l->stack)
        snprintf(stack, sizeof stack, " %u", l->stack);
    if (l->rest)
        snprintf(rest, sizeof rest, " %u.%02u %%", l->rest / 100, l->rest % 100);
    snprintf(row, sizeof row, "\n| %s | %s | %u | %u |%s |%s |", l->board, l->algorithm, l->flash,
             l->ram, stack, rest);
    return documented(row, page);
}

static bool compiler_documented(const struct compiler *c, const char *page)
{
    char row[80];

    snprintf(row, sizeof row, "\n| %s | %u %% |", c->name, c->percent_more);
    return documented(row, page);
}

static size_t algorithm_named(const char *name)
{
    size_t a = 0;

    while (a + 1 < ALGORITHMS && strcmp(algorithms[a], name) != 0)
        a++;
    return a;
}

static bool within(const struct limit *l, const struct compiler *by)
{
    size_t a = algorithm_named(l->algorithm);
    struct costs c = sizes(l->board, bootloaders[a]);
    bool exceeded = exceeds(l, "flash", c.flash, l->flash * (100 + by->percent_more) / 100);

    exceeded |= exceeds(l, "static RAM", c.ram, l->ram);
    if (l->stack || l->rest)
        run(board_find(l->board), bootloaders[a], algorithms[a], &c);
    exceeded |= exceeds(l, "stack", c.stack, l->stack * (100 + by->percent_more) / 100);
    if (l->rest)
        exceeded |= exceeds(l, "rest / (hash + signature), in 0.01 %,",
                            (uint32_t)(100 * percent(&c)), l->rest);
    return !exceeded;
}

/* Who made the first of the programs; NULL: no limits are known for that compiler. */
static const struct compiler *which_compiler(char name[static 80])
{
    struct elf e = elf_open(limits[0].board, bootloaders[0]);
    size_t i = 0;

    elf_compiler(&e, name);
    host_bytes_free(&e.file);
    while (i < COMPILERS && !strstr(name, compilers[i].comment))
        i++;
    return i < COMPILERS ? &compilers[i] : NULL;
}

static bool page_is_true(void)
{
    struct host_bytes page = { NULL, 0 };
    struct host_error e = { 0 };
    bool good = host_read_file(BULKHEAD_DOCS_DIR "/budgets.md", &page, &e) == 0;

    if (!good)
        fprintf(stderr, "%s\n", e.text);
    for (size_t i = 0; page.data && i < sizeof limits / sizeof limits[0]; i++)
        good = limit_documented(&limits[i], (const char *)page.data) && good;
    for (size_t i = 0; page.data && i < COMPILERS; i++)
        good = compiler_documented(&compilers[i], (const char *)page.data) && good;
    host_bytes_free(&page);
    return good;
}

static int check(void)
{
    char name[80];
    const struct compiler *by = which_compiler(name);
    bool good = page_is_true();

    for (size_t i = 0; by && i < sizeof limits / sizeof limits[0]; i++)
        good = within(&limits[i], by) && good;
    if (by)
        printf("%s: by the limits for %s\n", name, by->name);
    else
        printf("skipped: the firmware is by %s; there are limits for gcc 12 and 14\n", name);
    if (good && by)
        puts("all within their limits");
    return !good ? 1 : by ? 0 : SKIPPED;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--check") == 0)
        return check();
    if (argc == 2 && strcmp(argv[1], "--options") == 0) {
        print_options();
        return 0;
    }
    if (argc != 1) {
        fputs("usage: board_measure [--check | --options]\n", stderr);
        return 2;
    }
    print_table();
    print_options();
    return 0;
}

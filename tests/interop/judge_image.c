/* SPDX-License-Identifier: Apache-2.0 */
/* Ask the core about an image file, through the seams of a bootloader, and print one line of JSON.
 *
 *     judge_image [options] FILE
 *     --key ALGO:ID:BYTES    a key of the product, ID and BYTES in hex; repeatable
 *     --hash sha256|sha384|sha512
 *     --limit N --floor N --need-counter --no-pure
 *     --flips N --seed S     flip one bit at N places, half of them in the header and after the
 *                            payload, one at a time: how often which reason, and what was accepted
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/verify.h"

#define KEYS_MAX 8
#define REASONS 256

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };

static struct {
    struct bh_key keys[KEYS_MAX];
    struct bh_policy policy;
    uint8_t *bytes;
    uint32_t len, limit, floor, flips;
    uint64_t seed;
} in = { .policy = { .formats = formats,
                     .hash = &bh_sha256,
                     .keys = in.keys,
                     .pure = bh_verify_pure_ed25519 } };

static void die(const char *what, const char *arg)
{
    fprintf(stderr, "judge_image: %s: %s\n", what, arg);
    exit(2);
}

static uint16_t from_hex(uint8_t *out, size_t room, const char *hex)
{
    size_t n = strlen(hex) / 2;

    if (strlen(hex) % 2 || n > room)
        die("bad hex", hex);
    for (size_t i = 0; i < n; i++) {
        unsigned byte;

        if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
            die("bad hex", hex);
        out[i] = (uint8_t)byte;
    }
    return (uint16_t)n;
}

static const struct bh_signature_algo *algo_by_name(const char *name)
{
    static const struct {
        const char *name;
        const struct bh_signature_algo *algo;
    } algos[] = { { "p256", &bh_p256 },
                  { "ed25519", &bh_ed25519 },
                  { "rsa2048", &bh_rsa2048 },
                  { "rsa3072", &bh_rsa3072 },
                  { "lms", &bh_lms } };

    for (size_t i = 0; i < sizeof algos / sizeof algos[0]; i++)
        if (strcmp(algos[i].name, name) == 0)
            return algos[i].algo;
    die("unknown algorithm", name);
    return NULL;
}

static void add_key(char *arg)
{
    static uint8_t bytes[KEYS_MAX][512];
    uint8_t n = in.policy.n_keys;
    char *algo = strtok(arg, ":");
    char *id = strtok(NULL, ":");
    char *hex = strtok(NULL, ":");

    if (!algo || !id || !hex || n == KEYS_MAX)
        die("bad key, or too many", arg);
    in.keys[n].algo = algo_by_name(algo);
    in.keys[n].bytes = bytes[n];
    in.keys[n].len = from_hex(bytes[n], sizeof bytes[n], hex);
    if (from_hex(in.keys[n].id, BH_KEY_ID_LEN, id) != BH_KEY_ID_LEN)
        die("a key's id has 32 bytes", id);
    in.policy.n_keys++;
}

static const struct bh_hash_algo *hash_by_name(const char *name)
{
    if (strcmp(name, "sha256") == 0)
        return &bh_sha256;
    if (strcmp(name, "sha384") == 0)
        return &bh_sha384;
    if (strcmp(name, "sha512") == 0)
        return &bh_sha512;
    die("unknown hash", name);
    return NULL;
}

static void read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    long len = 0;

    if (!f || fseek(f, 0, SEEK_END) || (len = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
        die("cannot read", path);
    in.len = (uint32_t)len;
    in.bytes = malloc((size_t)len + 1);
    if (!in.bytes || fread(in.bytes, 1, in.len, f) != in.len)
        die("cannot read", path);
    fclose(f);
}

static void parse(int argc, char **argv)
{
    in.limit = UINT32_MAX;
    for (int i = 1; i < argc; i++) {
        const char *opt = argv[i];
        char *arg = i + 1 < argc ? argv[i + 1] : argv[0];

        if (strcmp(opt, "--need-counter") == 0) {
            in.policy.need_counter = true;
            continue;
        }
        if (strcmp(opt, "--no-pure") == 0) {
            in.policy.pure = NULL;
            continue;
        }
        if (opt[0] != '-') {
            read_file(opt);
            continue;
        }
        if (strcmp(opt, "--key") == 0)
            add_key(arg);
        else if (strcmp(opt, "--hash") == 0)
            in.policy.hash = hash_by_name(arg);
        else if (strcmp(opt, "--limit") == 0)
            in.limit = (uint32_t)strtoul(arg, NULL, 0);
        else if (strcmp(opt, "--floor") == 0)
            in.floor = (uint32_t)strtoul(arg, NULL, 0);
        else if (strcmp(opt, "--flips") == 0)
            in.flips = (uint32_t)strtoul(arg, NULL, 0);
        else if (strcmp(opt, "--seed") == 0)
            in.seed = strtoull(arg, NULL, 0);
        else
            die("unknown option", opt);
        i++;
    }
    if (!in.bytes)
        die("usage", "judge_image [options] FILE");
    in.limit = bh_min(in.limit, in.len);
}

/* The file, as a device that can only be read. */
static int read_bytes(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    (void)f;
    memcpy(buf, in.bytes + off, len);
    return BH_OK;
}

static struct bh_view view_of_file(void)
{
    static const struct bh_flash_ops ops = { .read = read_bytes };
    static struct bh_page_run run;
    static struct bh_flash flash;
    static struct bh_region region;

    run = (struct bh_page_run){ 1, in.len };
    flash = (struct bh_flash){ .ops = &ops, .runs = &run, .n_runs = 1, .unit = 1, .size = in.len };
    region = (struct bh_region){ &flash, 0, in.len };
    return bh_view_of(&region);
}

static struct bh_verified verify(void)
{
    static uint8_t buf[4096];
    struct bh_view view = view_of_file();
    struct bh_work work = { buf, sizeof buf };
    struct bh_verified v;
    uint32_t verdict;

    in.policy.allow_unsigned = !in.policy.n_keys;
    verdict = bh_verify(&in.policy, &view, in.limit, in.floor, &work, &v);

    if ((verdict == BH_VERDICT_GOOD) != (v.reason == BH_REASON_NONE) || verdict != v.verdict)
        die("verdict and reason differ", bh_reason_text(v.reason));
    return v;
}

/* xorshift64* */
static uint32_t below(uint32_t n)
{
    in.seed ^= in.seed >> 12;
    in.seed ^= in.seed << 25;
    in.seed ^= in.seed >> 27;
    return (uint32_t)((in.seed * 0x2545F4914F6CDD1Du) >> 32) % n;
}

/* Somewhere in the image, or somewhere in it but not in the payload. */
static uint32_t place(const struct bh_image *image, bool payload_too)
{
    uint32_t off = below(payload_too ? image->len : image->len - image->payload_len);

    return payload_too || off < image->entry_off ? off : off + image->payload_len;
}

static void flip(const struct bh_image *image)
{
    uint32_t count[REASONS] = { 0 };
    const char *comma = "";

    in.seed = in.seed * 2 + 1;
    printf(", \"accepted\": [");
    for (uint32_t i = 0; i < in.flips; i++) {
        uint32_t off = place(image, i % 2 == 0);
        uint8_t bit = (uint8_t)(1u << below(8));
        struct bh_verified v;

        in.bytes[off] ^= bit;
        v = verify();
        in.bytes[off] ^= bit;
        count[v.reason]++;
        if (v.reason == BH_REASON_NONE) {
            printf("%s[%" PRIu32 ", %u]", comma, off, bit);
            comma = ", ";
        }
    }
    printf("], \"refused\": {");
    comma = "";
    for (unsigned r = 1; r < REASONS; r++) {
        if (count[r]) {
            printf("%s\"%u\": %" PRIu32, comma, r, count[r]);
            comma = ", ";
        }
    }
    printf("}");
}

static void show(const struct bh_verified *v)
{
    const struct bh_image *m = &v->image;

    printf("{\"reason\": %d, \"text\": \"%s\", \"key\": %d", v->reason, bh_reason_text(v->reason),
           v->key);
    if (!v->format)
        return;
    printf(", \"format\": \"%s\", \"len\": %" PRIu32 ", \"entry_off\": %" PRIu32
           ", \"payload_len\": %" PRIu32 ", \"flags\": %" PRIu32 ", \"load_addr\": %" PRIu32,
           v->format->name, m->len, m->entry_off, m->payload_len, m->flags, m->load_addr);
    printf(", \"version\": \"%d.%d.%d+%" PRIu32 "\", \"pure\": %d, \"fixed\": %d", m->version.major,
           m->version.minor, m->version.revision, m->version.build, m->pure, m->fixed);
    if (m->has_counter)
        printf(", \"counter\": %" PRIu32, m->counter);
    printf(", \"digest\": \"");
    for (uint8_t i = 0; i < in.policy.hash->digest_len; i++)
        printf("%02x", v->digest[i]);
    printf("\"");
}

static void show_dependencies(const struct bh_verified *v)
{
    struct bh_view view = view_of_file();
    struct bh_image_dependency d;

    printf(", \"dependencies\": [");
    for (unsigned i = 0; bh_mcuboot_dependency(&view, &v->image, i, &d) == BH_OK; i++)
        printf("%s[%d, \"%d.%d.%d+%" PRIu32 "\"]", i ? ", " : "", d.pair, d.version.major,
               d.version.minor, d.version.revision, d.version.build);
    printf("]");
}

int main(int argc, char **argv)
{
    struct bh_verified v;

    parse(argc, argv);
    v = verify();
    show(&v);
    if (v.format)
        show_dependencies(&v);
    if (v.format && in.flips)
        flip(&v.image);
    printf("}\n");
    return 0;
}

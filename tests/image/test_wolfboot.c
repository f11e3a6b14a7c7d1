/* SPDX-License-Identifier: Apache-2.0 */
/* What the wolfBoot decoder makes of the images of wolfBoot's own sign tool (tests/image/wolfboot),
 * of the same with one bit turned, and of malformed ones, rule by rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/image_wolfboot.h"
#include "bulkhead/verify.h"

enum { ROOM = 16384, KEY_ROOM = 2048, FLIPS = 1000 };

/* A slot in memory. */
struct slot {
    uint8_t bytes[ROOM];
    uint32_t len;
    uint32_t read_fails; /* reading this offset fails; 0: none does */
    struct bh_page_run run;
    struct bh_flash flash;
    struct bh_region region;
};

static int read_bytes(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    const struct slot *s = f->context;

    if (s->read_fails && off <= s->read_fails && s->read_fails - off < len)
        return BH_ERR_IO;
    memcpy(buf, s->bytes + off, len);
    return BH_OK;
}

static struct bh_view view_of(struct slot *s)
{
    static const struct bh_flash_ops ops = { .read = read_bytes };

    s->run = (struct bh_page_run){ 1, s->len };
    s->flash = (struct bh_flash){
        .ops = &ops, .context = s, .runs = &s->run, .n_runs = 1, .unit = 1, .size = s->len
    };
    s->region = (struct bh_region){ &s->flash, 0, s->len };
    return bh_view_of(&s->region);
}

/* ---- images of wolfBoot's tool ---- */

static uint32_t load_file(const char *name, uint8_t *into, size_t room)
{
    char path[512];
    FILE *f;
    size_t n;

    snprintf(path, sizeof path, "%s/wolfboot/%s", BULKHEAD_TEST_DATA, name);
    f = fopen(path, "rb");
    if (!f)
        fail_msg("cannot open %s", path);
    n = fread(into, 1, room, f);
    fclose(f);
    assert_true(n > 0 && n < room);
    return (uint32_t)n;
}

enum key_form { RAW, SPKI }; /* SPKI: an RSA key in a SubjectPublicKeyInfo, whose parts are found */

/* A key as the core takes it, out of wolfBoot's public file. The hint is of the file as it is. */
struct core_key {
    struct bh_key key;
    uint8_t file[KEY_ROOM], bytes[KEY_ROOM];
};

static void core_key(struct core_key *k, const char *name, enum key_form form,
                     const struct bh_signature_algo *algo, const struct bh_hash_algo *hash)
{
    uint32_t len = load_file(name, k->file, sizeof k->file);
    uint8_t digest[BH_DIGEST_MAX];
    struct bh_hash h;

    bh_hash_init(&h, hash);
    bh_hash_update(&h, k->file, len);
    bh_hash_final(&h, digest);
    k->key = (struct bh_key){ .algo = algo, .bytes = k->bytes, .len = (uint16_t)len };
    memcpy(k->key.id, digest, sizeof k->key.id);
    if (form == RAW) {
        assert_true(len <= sizeof k->bytes);
        memcpy(k->bytes, k->file, len);
        return;
    }
    /* ... 00 || n || 02 03 || e at the end */
    uint32_t n_len = len == 294 ? 256 : len == 422 ? 384 : 512;
    memcpy(k->bytes, k->file + len - 5 - n_len, n_len);
    memset(k->bytes + n_len, 0, 1);
    memcpy(k->bytes + n_len + 1, k->file + len - 3, 3);
    k->key.len = (uint16_t)(n_len + 4);
}

#define H256 &bh_image_wolfboot_256
#define H512 &bh_image_wolfboot_512
#define H1024 &bh_image_wolfboot_1024
#define H8192 &bh_image_wolfboot_8192
#define S256 &bh_sha256
#define S384 &bh_sha384
#define S3 &bh_sha3_384
#define GOOD BH_REASON_NONE
#define NO_VERIFIER BH_REASON_ALGORITHM

static const struct vector {
    const char *name;
    const struct bh_image_format *format;
    const struct bh_hash_algo *hash;
    const char *key;
    enum key_form form;
    const struct bh_signature_algo *algo;
    enum bh_reason why;
} vectors[] = {
    { "ed25519-sha256", H256, S256, "ed25519", RAW, &bh_ed25519, GOOD },
    { "ed25519-sha384", H256, S384, "ed25519", RAW, &bh_ed25519, GOOD },
    { "ed25519-sha3", H256, S3, "ed25519", RAW, &bh_ed25519, GOOD },
    { "ed25519-ts", H256, S256, "ed25519", RAW, &bh_ed25519, GOOD },
    { "ed25519-custom", H256, S256, "ed25519", RAW, &bh_ed25519, GOOD },
    { "enc-chacha-plain", H256, S256, "ed25519", RAW, &bh_ed25519, GOOD },
    { "ecc256-sha256", H256, S256, "ecc256", RAW, &bh_p256, GOOD },
    { "ecc256-sha3", H256, S3, "ecc256", RAW, &bh_p256, GOOD },
    { "rsa2048-sha256", H512, S256, "rsa2048", SPKI, &bh_rsa2048_pkcs1, GOOD },
    { "rsa2048enc-sha256", H512, S256, "rsa2048", SPKI, &bh_rsa2048_pkcs1, GOOD },
    { "rsa3072-sha256", H512, S256, "rsa3072", SPKI, &bh_rsa3072_pkcs1, GOOD },
    { "rsa3072-sha384", H1024, S384, "rsa3072", SPKI, &bh_rsa3072_pkcs1, GOOD },
    { "rsa4096-sha256", H1024, S256, "rsa4096", SPKI, &bh_rsa4096_pkcs1, GOOD },
    { "rsapss2048-sha256", H512, S256, "rsapss2048", SPKI, &bh_rsa2048, GOOD },
    { "rsapss3072-sha384", H1024, S384, "rsapss3072", SPKI, &bh_rsa3072_sha384, GOOD },
    { "rsapss4096-sha256", H1024, S256, "rsapss4096", SPKI, &bh_rsa4096, GOOD },
    { "lms-sha256", H8192, S256, "lms", RAW, &bh_lms, GOOD },
    { "mldsa44-sha256", H8192, S256, "ml_dsa", RAW, &bh_ml_dsa_44, GOOD },
    { "hybrid-mldsa44-ecc256", H8192, S256, "ml_dsa", RAW, &bh_ml_dsa_44, GOOD },
    { "mldsa44-sha256", H8192, S256, "ml_dsa", RAW, &bh_ml_dsa_65, BH_REASON_UNKNOWN_KEY },
    /* refused by name */
    { "ed25519-id2", H256, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_PARTITION_ID },
    { "ed25519-self", H256, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_PARTITION_ID },
    { "delta-s400/next_v2_signed_diff", H512, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_DELTA },
    { "none-sha256", H256, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_NO_SIGNATURE },
    { "ed448-sha256", H512, S256, "ed25519", RAW, &bh_ed25519, NO_VERIFIER },
    { "ecc384-sha384", H512, S384, "ed25519", RAW, &bh_ed25519, NO_VERIFIER },
    { "ecc521-sha384", H512, S384, "ed25519", RAW, &bh_ed25519, NO_VERIFIER },
    { "xmss-sha256", H8192, S256, "ed25519", RAW, &bh_ed25519, NO_VERIFIER },
    { "mldsa44-sha256", H8192, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_UNKNOWN_KEY },
    { "hybrid-mldsa44-ecc256", H8192, S256, "ecc256", RAW, &bh_p256, BH_REASON_UNKNOWN_KEY },
    { "enc-chacha", H256, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_NO_IMAGE },
    { "enc-aes128", H256, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_NO_IMAGE },
    { "enc-aes256", H256, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_NO_IMAGE },
    { "fw", H256, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_NO_IMAGE },
    /* another key, another algorithm, another digest, another header */
    { "ed25519-sha256", H256, S256, "ecc256", RAW, &bh_p256, BH_REASON_UNKNOWN_KEY },
    { "ecc256-sha256", H256, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_UNKNOWN_KEY },
    { "rsa2048-sha256", H512, S256, "rsa2048", SPKI, &bh_rsa2048, BH_REASON_UNKNOWN_KEY },
    { "rsapss2048-sha256", H512, S256, "rsapss2048", SPKI, &bh_rsa2048_pkcs1,
      BH_REASON_UNKNOWN_KEY },
    { "rsa2048-sha256", H512, S256, "rsapss2048", SPKI, &bh_rsa2048_pkcs1, BH_REASON_UNKNOWN_KEY },
    { "ed25519-sha384", H256, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_NO_DIGEST },
    { "ed25519-sha3", H256, S384, "ed25519", RAW, &bh_ed25519, BH_REASON_NO_DIGEST },
    { "ed25519-sha256", H512, S256, "ed25519", RAW, &bh_ed25519, BH_REASON_TOO_BIG },
    { "rsa2048-sha256", H256, S256, "rsa2048", SPKI, &bh_rsa2048_pkcs1, BH_REASON_TLV },
};

#define N_VECTORS (sizeof vectors / sizeof vectors[0])

struct judge {
    struct slot slot;
    struct core_key key;
    const struct bh_image_format *formats[2];
    struct bh_policy policy;
    struct bh_verified result;
};

static enum bh_reason judge(struct judge *j)
{
    static uint8_t memory[BH_WORK_MIN + 4096];
    struct bh_work work = { memory, sizeof memory };
    struct bh_view view = view_of(&j->slot);
    uint32_t verdict = bh_verify(&j->policy, &view, j->slot.len, 0, &work, &j->result);

    assert_int_equal(verdict == BH_VERDICT_GOOD, j->result.reason == BH_REASON_NONE);
    return j->result.reason;
}

static void begin(struct judge *j, const struct vector *v)
{
    char path[256];

    memset(j, 0, sizeof *j);
    snprintf(path, sizeof path, "%s.bin", v->name);
    j->slot.len = load_file(path, j->slot.bytes, sizeof j->slot.bytes);
    snprintf(path, sizeof path, "keys/%s.pub", v->key);
    core_key(&j->key, path, v->form, v->algo, v->hash);
    j->formats[0] = v->format;
    j->policy = (struct bh_policy){
        .formats = j->formats, .hash = v->hash, .keys = &j->key.key, .n_keys = 1
    };
}

static void every_image_verifies_or_is_refused_by_name(void **state)
{
    static struct judge j;

    (void)state;
    for (size_t i = 0; i < N_VECTORS; i++) {
        begin(&j, &vectors[i]);
        if (judge(&j) != vectors[i].why)
            fail_msg("%s with %s: %s", vectors[i].name, vectors[i].key,
                     bh_reason_text(j.result.reason));
        if (vectors[i].why == GOOD) {
            assert_int_equal(bh_wolfboot_version(&j.result.image.version), 7);
            assert_int_equal(j.result.image.payload_len, 500);
            assert_int_equal(j.result.image.entry_off + 500, j.result.image.len);
        }
    }
}

/* Where the signature ends, in the header. */
static uint32_t signature_end(struct judge *j)
{
    struct bh_view view = view_of(&j->slot);
    struct bh_extent rest = j->result.image.tlvs;
    struct bh_image_signature s;

    assert_int_equal(j->formats[0]->signature(&view, &rest, &s), BH_OK);
    assert_int_equal(j->formats[0]->signature(&view, &rest, &s), BH_ERR_ABSENT);
    return s.bytes.off + s.bytes.len;
}

static uint32_t seed = 16;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * below >> 32);
}

/* Any bit up to the end of the signature, and any of the payload; and no bit of the fill
 * between. */
static void every_bit_counts(void **state)
{
    static struct judge j;

    (void)state;
    for (size_t i = 0; i < N_VECTORS; i++) {
        uint32_t end, header;

        if (vectors[i].why != GOOD)
            continue;
        begin(&j, &vectors[i]);
        assert_int_equal(judge(&j), GOOD);
        end = signature_end(&j);
        header = j.result.image.entry_off;
        for (uint32_t n = 0; n < FLIPS; n++) {
            uint32_t at = n % 4 ? draw(end) : header + draw(j.slot.len - header);
            uint8_t bit = (uint8_t)(1u << draw(8));

            j.slot.bytes[at] ^= bit;
            if (judge(&j) == GOOD)
                fail_msg("%s, bit 0x%02x of 0x%x: good", vectors[i].name, bit, at);
            j.slot.bytes[at] ^= bit;
        }
        for (uint32_t n = 0; end < header && n < FLIPS / 4; n++) {
            uint32_t at = end + draw(header - end);
            uint8_t bit = (uint8_t)(1u << draw(8));

            j.slot.bytes[at] ^= bit;
            if (judge(&j) != GOOD)
                fail_msg("%s, fill, bit 0x%02x of 0x%x: %s", vectors[i].name, bit, at,
                         bh_reason_text(j.result.reason));
            j.slot.bytes[at] ^= bit;
        }
        assert_int_equal(judge(&j), GOOD);
    }
}

/* Every bit between the digest and the signature: there only padding may be. */
static void nothing_hides_before_the_signature(void **state)
{
    static struct judge j;

    (void)state;
    begin(&j, &vectors[0]);
    for (uint32_t at = 0x78; at < 0x80; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            j.slot.bytes[at] ^= (uint8_t)(1u << bit);
            if (judge(&j) == GOOD)
                fail_msg("bit %u of 0x%x: good", bit, at);
            j.slot.bytes[at] ^= (uint8_t)(1u << bit);
        }
    assert_int_equal(judge(&j), GOOD);
}

static void unsigned_images_where_the_product_allows_them(void **state)
{
    static struct judge j;

    (void)state;
    for (size_t i = 0; i < N_VECTORS; i++) {
        if (strcmp(vectors[i].name, "none-sha256") != 0)
            continue;
        begin(&j, &vectors[i]);
        j.policy.allow_unsigned = true;
        j.policy.n_keys = 0;
        assert_int_equal(judge(&j), GOOD);
    }
}

/* ---- malformed ones ---- */

/* Entries by hand. */
static uint8_t *put(uint8_t *p, uint16_t tag, uint16_t len, uint8_t fill)
{
    bh_store16(p, tag);
    bh_store16(p + 2, len);
    memset(p + 4, fill, len);
    return p + 4 + len;
}

#define VERSION BH_WOLFBOOT_TLV_VERSION
#define TYPE BH_WOLFBOOT_TLV_TYPE
#define HINT BH_WOLFBOOT_TLV_HINT
#define SHA256 BH_WOLFBOOT_TLV_SHA256
#define SIGNATURE BH_WOLFBOOT_TLV_SIGNATURE
#define PADDING 0xFFFF /* one byte of it */

static const struct made {
    const char *what;
    enum bh_reason why;
    struct {
        uint16_t tag, len;
    } entries[10]; /* { 0, 0 } ends */
} made[] = {
    { "the usual",
      GOOD,
      { { VERSION, 4 }, { TYPE, 2 }, { HINT, 32 }, { SHA256, 32 }, { SIGNATURE, 64 } } },
    { "another order",
      GOOD,
      { { HINT, 32 }, { TYPE, 2 }, { VERSION, 4 }, { SHA256, 32 }, { SIGNATURE, 64 } } },
    { "an entry of an odd length, and one padding byte",
      GOOD,
      { { VERSION, 4 },
        { 0x36, 5 },
        { PADDING, 0 },
        { TYPE, 2 },
        { HINT, 32 },
        { SHA256, 32 },
        { SIGNATURE, 8 } } },
    { "an entry of no bytes",
      GOOD,
      { { VERSION, 4 }, { 0x36, 0 }, { TYPE, 2 }, { HINT, 32 }, { SHA256, 32 } } },
    { "a policy after the signature",
      GOOD,
      { { VERSION, 4 },
        { TYPE, 2 },
        { HINT, 32 },
        { SHA256, 32 },
        { SIGNATURE, 8 },
        { 0x21, 8 } } },
    { "what follows the signature reaches beyond the header",
      GOOD,
      { { VERSION, 4 },
        { TYPE, 2 },
        { HINT, 32 },
        { SHA256, 32 },
        { SIGNATURE, 8 },
        { 0x21, 500 } } },
    { "no entries", BH_REASON_NO_DIGEST, { { PADDING, 0 } } },
    { "no digest", BH_REASON_NO_DIGEST, { { VERSION, 4 }, { TYPE, 2 }, { HINT, 32 } } },
    { "no version", BH_REASON_TLV_MISSING, { { TYPE, 2 }, { HINT, 32 }, { SHA256, 32 } } },
    { "no type", BH_REASON_TLV_MISSING, { { VERSION, 4 }, { HINT, 32 }, { SHA256, 32 } } },
    { "version after the digest",
      BH_REASON_TLV_TWICE,
      { { TYPE, 2 }, { HINT, 32 }, { SHA256, 32 }, { VERSION, 4 } } },
    { "two versions",
      BH_REASON_TLV_TWICE,
      { { VERSION, 4 }, { VERSION, 4 }, { TYPE, 2 }, { SHA256, 32 } } },
    { "two types",
      BH_REASON_TLV_TWICE,
      { { VERSION, 4 }, { TYPE, 2 }, { TYPE, 2 }, { SHA256, 32 } } },
    { "two hints",
      BH_REASON_TLV_TWICE,
      { { VERSION, 4 }, { TYPE, 2 }, { HINT, 32 }, { HINT, 32 }, { SHA256, 32 } } },
    { "two digests",
      BH_REASON_TLV_TWICE,
      { { VERSION, 4 }, { TYPE, 2 }, { SHA256, 32 }, { SHA256, 32 } } },
    { "two digests of two kinds",
      BH_REASON_TLV_TWICE,
      { { VERSION, 4 }, { TYPE, 2 }, { SHA256, 32 }, { 0x14, 48 } } },
    { "two signatures",
      BH_REASON_TLV_TWICE,
      { { VERSION, 4 }, { TYPE, 2 }, { SHA256, 32 }, { SIGNATURE, 8 }, { SIGNATURE, 8 } } },
    { "a second version, unsigned",
      BH_REASON_TLV_TWICE,
      { { VERSION, 4 }, { TYPE, 2 }, { SHA256, 32 }, { SIGNATURE, 8 }, { VERSION, 4 } } },
    { "a second type, unsigned",
      BH_REASON_TLV_TWICE,
      { { VERSION, 4 }, { TYPE, 2 }, { SHA256, 32 }, { TYPE, 2 }, { SIGNATURE, 8 } } },
    { "a second hint, unsigned",
      BH_REASON_TLV_TWICE,
      { { VERSION, 4 }, { TYPE, 2 }, { HINT, 32 }, { SHA256, 32 }, { HINT, 32 } } },
    { "signature before the digest",
      BH_REASON_TLV_ORDER,
      { { VERSION, 4 }, { TYPE, 2 }, { SIGNATURE, 8 }, { SHA256, 32 } } },
    { "second signature before the digest",
      BH_REASON_TLV_ORDER,
      { { VERSION, 4 }, { TYPE, 2 }, { 0x22, 8 }, { SHA256, 32 } } },
    { "version of 8 bytes", BH_REASON_TLV_LENGTH, { { VERSION, 8 }, { TYPE, 2 }, { SHA256, 32 } } },
    { "version of no bytes",
      BH_REASON_TLV_LENGTH,
      { { VERSION, 0 }, { TYPE, 2 }, { SHA256, 32 } } },
    { "type of 4 bytes", BH_REASON_TLV_LENGTH, { { VERSION, 4 }, { TYPE, 4 }, { SHA256, 32 } } },
    { "digest of 31 bytes", BH_REASON_TLV_LENGTH, { { VERSION, 4 }, { TYPE, 2 }, { SHA256, 31 } } },
    { "digest of 48 bytes", BH_REASON_TLV_LENGTH, { { VERSION, 4 }, { TYPE, 2 }, { SHA256, 48 } } },
    { "SHA-384 of 32 bytes", BH_REASON_TLV_LENGTH, { { VERSION, 4 }, { TYPE, 2 }, { 0x14, 32 } } },
    { "SHA3-384 of 64 bytes", BH_REASON_TLV_LENGTH, { { VERSION, 4 }, { TYPE, 2 }, { 0x13, 64 } } },
    { "hint of another digest",
      BH_REASON_TLV_LENGTH,
      { { VERSION, 4 }, { TYPE, 2 }, { HINT, 48 }, { SHA256, 32 } } },
    { "an entry beyond the header",
      BH_REASON_TLV,
      { { VERSION, 4 }, { TYPE, 2 }, { 0x36, 300 }, { SHA256, 32 } } },
    { "a digest beyond the header",
      BH_REASON_TLV,
      { { VERSION, 4 }, { TYPE, 2 }, { 0x36, 200 }, { SHA256, 32 } } },
    { "no hint", GOOD, { { VERSION, 4 }, { TYPE, 2 }, { SHA256, 32 }, { SIGNATURE, 64 } } },
    { "a signature beyond the header",
      BH_REASON_TLV,
      { { VERSION, 4 }, { TYPE, 2 }, { SHA256, 32 }, { SIGNATURE, 256 } } },
};

static void make(struct slot *s, const struct made *m)
{
    uint8_t *p = s->bytes + BH_WOLFBOOT_OFF_TLVS;

    memset(s, 0, sizeof *s);
    memset(s->bytes, 0xFF, sizeof s->bytes);
    s->len = 1024;
    bh_store32(s->bytes, BH_WOLFBOOT_MAGIC);
    bh_store32(s->bytes + BH_WOLFBOOT_OFF_SIZE, 100);
    for (size_t i = 0; m->entries[i].tag; i++) {
        if (m->entries[i].tag == PADDING) {
            *p++ = 0xFF;
            continue;
        }
        p = put(p, m->entries[i].tag, m->entries[i].len, 1); /* a type 0x0101: Ed25519 */
    }
}

static void refuses_what_is_malformed(void **state)
{
    static struct slot s;

    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        struct bh_image image;
        struct bh_view view;
        enum bh_reason why;

        make(&s, &made[i]);
        view = view_of(&s);
        why = bh_image_wolfboot_256.decode(&view, s.len, &image);
        if (why != made[i].why)
            fail_msg("%s: %s", made[i].what, bh_reason_text(why));
    }
}

static enum bh_reason with(uint32_t off, uint32_t value, unsigned width, uint32_t limit)
{
    static struct slot s;
    struct bh_image image;
    struct bh_view view;

    make(&s, &made[0]);
    if (width == 2)
        bh_store16(s.bytes + off, (uint16_t)value);
    if (width == 4)
        bh_store32(s.bytes + off, value);
    view = view_of(&s);
    return bh_image_wolfboot_256.decode(&view, limit, &image);
}

static void header_fields(void **state)
{
    (void)state;
    assert_int_equal(with(0, 0, 0, 356), GOOD);
    assert_int_equal(with(0, 0, 0, 355), BH_REASON_TOO_BIG);
    assert_int_equal(with(0, 0, 0, 8), BH_REASON_TOO_BIG);
    assert_int_equal(with(0, 0, 0, 7), BH_REASON_NO_IMAGE);
    assert_int_equal(with(0, 0, 0, 0), BH_REASON_NO_IMAGE);
    assert_int_equal(with(0, 0xFFFFFFFF, 4, 1024), BH_REASON_NO_IMAGE);
    assert_int_equal(with(0, 0x464C4F56, 4, 1024), BH_REASON_NO_IMAGE);
    assert_int_equal(with(4, 0, 4, 1024), BH_REASON_EMPTY);
    assert_int_equal(with(4, 768, 4, 1024), GOOD);
    assert_int_equal(with(4, 769, 4, 1024), BH_REASON_TOO_BIG);
    assert_int_equal(with(4, 0xFFFFFFFF, 4, 1024), BH_REASON_TOO_BIG);
    assert_int_equal(with(4, 0u - 256, 4, 1024), BH_REASON_TOO_BIG);
}

static void type_says_what_it_is(void **state)
{
    enum { VALUE = 8 + 8 + 4 }; /* of the entry TYPE, after VERSION's */

    (void)state;
    for (uint32_t auth = 0; auth < 0x100; auth++) {
        bool known = auth >= 1 && auth <= 0x0E && auth != BH_WOLFBOOT_AUTH_ED448 &&
                     auth != BH_WOLFBOOT_AUTH_ECC384 && auth != BH_WOLFBOOT_AUTH_ECC521 &&
                     auth != BH_WOLFBOOT_AUTH_XMSS;

        assert_int_equal(with(VALUE, auth << 8 | 1, 2, 1024),
                         known || auth == BH_WOLFBOOT_AUTH_NONE ? GOOD : BH_REASON_ALGORITHM);
    }
    for (uint32_t part = 0; part < 0x100; part++)
        assert_int_equal(with(VALUE, 0x100 | part, 2, 1024), part == 1 ? GOOD
                                                             : (part & 0xF0) == 0xD0
                                                                 ? BH_REASON_DELTA
                                                                 : BH_REASON_PARTITION_ID);
}

/* Whatever cannot be read is said to be so; of a value that is not looked at nothing is read but
 * the bytes that come along with its head. */
static void read_errors(void **state)
{
    static struct slot s;
    struct bh_image image;
    struct bh_view view;
    unsigned failed = 0;

    (void)state;
    for (uint32_t off = 1; off < 256; off++) {
        enum bh_reason why;

        make(&s, &made[0]);
        s.read_fails = off;
        view = view_of(&s);
        why = bh_image_wolfboot_256.decode(&view, 356, &image);
        assert_true(why == BH_REASON_READ || why == GOOD);
        failed += why == BH_REASON_READ;
    }
    /* both heads of 8, version, type, the heads of three with 4 bytes each, and the fill */
    assert_int_equal(failed, 7 + 8 + 6 + 8 + 8 + 8 + 256 - (8 + 8 + 6 + 36 + 36 + 68));
}

/* A signature that is another one at the second reading, or none. */
static void signatures(void **state)
{
    static struct slot s;
    struct bh_image image;
    struct bh_image_signature sig;
    struct bh_extent rest;
    struct bh_view view;

    (void)state;
    make(&s, &made[0]);
    view = view_of(&s);
    assert_int_equal(bh_image_wolfboot_256.decode(&view, 356, &image), GOOD);
    rest = image.tlvs;
    assert_int_equal(bh_image_wolfboot_256.signature(&view, &rest, &sig), BH_OK);
    assert_int_equal(sig.id, BH_SIG_ED25519);
    assert_int_equal(sig.bytes.len, 64);
    assert_int_equal(sig.key_id_off, 8 + 8 + 6 + 4);
    bh_store16(s.bytes + 8 + 2, 5); /* the version's length */
    rest = image.tlvs;
    assert_int_equal(bh_image_wolfboot_256.signature(&view, &rest, &sig), BH_ERR_IO);
    make(&s, &made[0]);
    view = view_of(&s);
    bh_store16(s.bytes + 8 + 8 + 4, 0xFF01); /* type: no signature */
    rest = image.tlvs;
    assert_int_equal(bh_image_wolfboot_256.signature(&view, &rest, &sig), BH_ERR_ABSENT);
    make(&s, &made[3]); /* without a signature */
    view = view_of(&s);
    rest = image.tlvs;
    assert_int_equal(bh_image_wolfboot_256.signature(&view, &rest, &sig), BH_ERR_ABSENT);
    make(&s, &made[sizeof made / sizeof made[0] - 2]); /* by a key that is not named: nobody's */
    view = view_of(&s);
    rest = image.tlvs;
    assert_int_equal(bh_image_wolfboot_256.signature(&view, &rest, &sig), BH_ERR_ABSENT);
    make(&s, &made[11]); /* malformed in the meantime */
    view = view_of(&s);
    assert_int_equal(made[11].why, BH_REASON_TLV_TWICE);
    rest = image.tlvs;
    assert_int_equal(bh_image_wolfboot_256.signature(&view, &rest, &sig), BH_ERR_IO);
}

/* All 32 bits of a version count, in order. */
static void versions_compare_as_numbers(void **state)
{
    static const uint32_t sorted[] = { 0, 1, 0xFFFF, 0x10000, 0xFFFFFF, 0x1000000, 0xFFFFFFFF };
    struct bh_version v[7];

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        static struct slot s;
        struct bh_image image;
        struct bh_view view;

        make(&s, &made[0]);
        bh_store32(s.bytes + 8 + 4, sorted[i]);
        view = view_of(&s);
        assert_int_equal(bh_image_wolfboot_256.decode(&view, 356, &image), GOOD);
        assert_int_equal(bh_wolfboot_version(&image.version), sorted[i]);
        v[i] = image.version;
        for (size_t k = 0; k < i; k++)
            assert_true(bh_version_compare(&v[k], &v[i], false) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_image_verifies_or_is_refused_by_name),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(nothing_hides_before_the_signature),
        cmocka_unit_test(unsigned_images_where_the_product_allows_them),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(header_fields),
        cmocka_unit_test(type_says_what_it_is),
        cmocka_unit_test(read_errors),
        cmocka_unit_test(signatures),
        cmocka_unit_test(versions_compare_as_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

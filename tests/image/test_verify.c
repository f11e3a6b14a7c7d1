/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict: which reason, in which order, by which key. The signature algorithms here are
 * stand-ins behind the seam, so that each case says which signatures are good; the real ones are
 * tried on real images in tests/interop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "build_image.h"
#include "bulkhead/bytes.h"
#include "bulkhead/verify.h"

/* A stand-in's signature is good if it begins with the key's one byte and the digest's first. */
static uint32_t verify_stand_in(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                                const uint8_t *sig, size_t sig_len)
{
    return msg_len == 32 && sig_len == 4 && sig[0] == key->bytes[0] && sig[1] == msg[0]
               ? BH_SIGNATURE_GOOD
               : BH_SIGNATURE_GOOD ^ 1u;
}

static const struct bh_signature_algo p256 = { BH_SIG_P256, verify_stand_in };
static const struct bh_signature_algo rsa = { BH_SIG_RSA2048, verify_stand_in };

static const struct bh_key keys[] = {
    { &p256, { 0xA1 }, (const uint8_t[]){ 0xA1 }, 1 },
    { &rsa, { 0xB2 }, (const uint8_t[]){ 0xB2 }, 1 },
    { &p256, { 0xC3 }, (const uint8_t[]){ 0xC3 }, 1 },
};

static uint32_t pure_stand_in(const struct bh_key *key, const struct bh_view *view,
                              const struct bh_image *image, uint32_t sig_len, struct bh_work *work)
{
    uint8_t first;

    if (image->n_hashed != 1 || bh_view_read(view, image->hashed[0].off, &first, 1))
        return 0;
    return sig_len == 4 && work->buf[0] == key->bytes[0] && work->buf[1] == first
               ? BH_SIGNATURE_GOOD
               : 0;
}

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };

static const struct bh_policy demanding = {
    .formats = formats,
    .hash = &bh_sha256,
    .keys = keys,
    .n_keys = 3,
};

/* A signature for an image under construction. */
struct sign {
    uint16_t type;
    uint16_t named; /* KEYHASH, PUBKEY, or 0: no key is named */
    uint8_t name;   /* first byte of the key's id */
    uint8_t key;    /* first byte of the signature */
    bool wrong;     /* over another digest */
};

struct setting {
    const char *what;
    enum bh_reason why;
    uint8_t key; /* index, if why is NONE */
    struct sign signs[4];
    bool pure;
    uint32_t floor;
    uint32_t counter; /* 0: the image has none */
    bool need_counter;
    bool no_digest;
    uint32_t flip; /* offset of a byte that changes after signing */
    bool no_pure;
    bool other_hash;
};

#define ECDSA BH_MCUBOOT_TLV_ECDSA_SIG
#define RSA BH_MCUBOOT_TLV_RSA2048_PSS
#define HASHED BH_MCUBOOT_TLV_KEYHASH
#define WHOLE BH_MCUBOOT_TLV_PUBKEY
#define GOOD_SIGN                                                                                  \
    {                                                                                              \
        ECDSA, HASHED, 0xA1, 0xA1, false                                                           \
    }

static const struct setting settings[] = {
    { "signed by the first key", BH_REASON_NONE, 0, .signs = { GOOD_SIGN } },
    { "by the second", BH_REASON_NONE, 1, .signs = { { RSA, HASHED, 0xB2, 0xB2, false } } },
    { "by the third", BH_REASON_NONE, 2, .signs = { { ECDSA, HASHED, 0xC3, 0xC3, false } } },
    { "no signature", BH_REASON_NO_SIGNATURE, 0, .signs = { { 0 } } },
    { "unknown key", BH_REASON_UNKNOWN_KEY, 0, .signs = { { ECDSA, HASHED, 0xD4, 0xA1, false } } },
    { "known key, other algorithm", BH_REASON_UNKNOWN_KEY, 0,
      .signs = { { RSA, HASHED, 0xA1, 0xA1, false } } },
    { "algorithm that no key has", BH_REASON_UNKNOWN_KEY, 0,
      .signs = { { BH_MCUBOOT_TLV_ED25519, HASHED, 0xA1, 0xA1, false } } },
    { "another digest signed", BH_REASON_SIGNATURE, 0,
      .signs = { { ECDSA, HASHED, 0xA1, 0xA1, true } } },
    { "key named that did not sign", BH_REASON_SIGNATURE, 0,
      .signs = { { ECDSA, HASHED, 0xA1, 0xC3, false } } },
    { "unknown, then known", BH_REASON_NONE, 0,
      .signs = { { ECDSA, HASHED, 0xD4, 0xD4, false }, GOOD_SIGN } },
    { "wrong, then right", BH_REASON_NONE, 1,
      .signs = { { ECDSA, HASHED, 0xA1, 0xA1, true }, { RSA, HASHED, 0xB2, 0xB2, false } } },
    { "right, then wrong", BH_REASON_NONE, 0,
      .signs = { GOOD_SIGN, { RSA, HASHED, 0xB2, 0xB2, true } } },
    { "wrong, then unknown", BH_REASON_SIGNATURE, 0,
      .signs = { { ECDSA, HASHED, 0xA1, 0xA1, true }, { ECDSA, HASHED, 0xD4, 0xD4, false } } },
    { "no key named", BH_REASON_NO_SIGNATURE, 0, .signs = { { ECDSA, 0, 0, 0xA1, false } } },
    { "whole key: each is tried", BH_REASON_NONE, 2,
      .signs = { { ECDSA, WHOLE, 0xD4, 0xC3, false } } },
    { "whole key, none fits", BH_REASON_SIGNATURE, 0,
      .signs = { { ECDSA, WHOLE, 0xA1, 0xD4, false } } },
    { "name of an unknown key, used up", BH_REASON_UNKNOWN_KEY, 0,
      .signs = { { ECDSA, HASHED, 0xD4, 0xA1, false }, { ECDSA, 0, 0, 0xA1, false } } },
    { "no digest", BH_REASON_NO_DIGEST, 0, .signs = { GOOD_SIGN }, .no_digest = true },
    { "digest of another kind", BH_REASON_NO_DIGEST, 0, .signs = { GOOD_SIGN },
      .other_hash = true },
    { "changed header padding", BH_REASON_DIGEST, 0, .signs = { GOOD_SIGN }, .flip = 40 },
    { "changed payload", BH_REASON_DIGEST, 0, .signs = { GOOD_SIGN }, .flip = 64 },
    { "changed end of payload", BH_REASON_DIGEST, 0, .signs = { GOOD_SIGN }, .flip = 64 + 999 },
    { "changed counter", BH_REASON_DIGEST, 0, .signs = { GOOD_SIGN }, .flip = 64 + 1000 + 8,
      .counter = 5 },
    { "digest goes before signature", BH_REASON_DIGEST, 0, .signs = { { 0 } }, .flip = 64 },
    { "signature goes before counter", BH_REASON_NO_SIGNATURE, 0, .signs = { { 0 } }, .floor = 9,
      .counter = 5 },
    { "counter above the floor", BH_REASON_NONE, 0, .signs = { GOOD_SIGN }, .counter = 5,
      .floor = 4 },
    { "counter at the floor", BH_REASON_NONE, 0, .signs = { GOOD_SIGN }, .counter = 5, .floor = 5 },
    { "counter below the floor", BH_REASON_FLOOR, 0, .signs = { GOOD_SIGN }, .counter = 5,
      .floor = 6 },
    { "counter far below the floor", BH_REASON_FLOOR, 0, .signs = { GOOD_SIGN }, .counter = 5,
      .floor = UINT32_MAX },
    { "no counter, none needed", BH_REASON_NONE, 0, .signs = { GOOD_SIGN } },
    { "no counter, none needed, but a floor", BH_REASON_FLOOR, 0, .signs = { GOOD_SIGN },
      .floor = 1 },
    { "no counter, one needed", BH_REASON_NO_COUNTER, 0, .signs = { GOOD_SIGN },
      .need_counter = true },
    { "a counter that is needed", BH_REASON_NONE, 0, .signs = { GOOD_SIGN }, .need_counter = true,
      .counter = 1 },
    { "pure", BH_REASON_NONE, 0, .signs = { GOOD_SIGN }, .pure = true },
    { "pure, wrong", BH_REASON_SIGNATURE, 0, .signs = { { ECDSA, HASHED, 0xA1, 0xA1, true } },
      .pure = true },
    { "pure, but the product has no code for it", BH_REASON_UNSUPPORTED, 0, .signs = { GOOD_SIGN },
      .pure = true, .no_pure = true },
};

static void build_setting(struct built *b, const struct setting *s)
{
    uint8_t counter[4];
    uint8_t first;

    build_header(b, 64, 1000);
    if (s->counter) {
        bh_store32(counter, s->counter);
        build_area(b, BH_MCUBOOT_TLV_PROTECTED_MAGIC);
        build_entry(b, BH_MCUBOOT_TLV_SEC_CNT, counter, sizeof counter);
    }
    build_area(b, BH_MCUBOOT_TLV_MAGIC);
    build_digest(b);
    first = s->pure ? b->bytes[0] : b->bytes[b->area + 8];
    if (s->no_digest)
        b->len -= 36;
    if (s->pure)
        build_entry(b, BH_MCUBOOT_TLV_SIG_PURE, "\1", 1);
    for (const struct sign *g = s->signs; g->type; g++) {
        uint8_t id[32] = { g->name };
        uint8_t sig[4] = { g->key, (uint8_t)(first ^ g->wrong) };

        if (g->named)
            build_entry(b, g->named, id, sizeof id);
        build_entry(b, g->type, sig, sizeof sig);
    }
    b->bytes[s->flip] ^= s->flip ? 0x10 : 0;
    bh_store16(b->bytes + b->area + 2, (uint16_t)(b->len - b->area));
}

static uint32_t verify(struct built *b, const struct bh_policy *policy, uint32_t limit,
                       uint32_t floor, struct bh_verified *out)
{
    uint8_t buf[BH_WORK_MIN];
    struct bh_work work = { buf, sizeof buf };
    struct bh_view view = built_view(b);
    uint32_t verdict = bh_verify(policy, &view, limit, floor, &work, out);

    assert_int_equal(verdict, out->verdict);
    assert_int_equal(verdict == BH_VERDICT_GOOD, out->reason == BH_REASON_NONE);
    if (out->reason != BH_REASON_NONE)
        assert_int_equal(verdict, BH_VERDICT_BAD);
    return verdict;
}

static void gives_the_first_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const struct setting *s = &settings[i];
        struct bh_policy policy = demanding;
        struct bh_verified v;
        struct built b;

        policy.need_counter = s->need_counter;
        policy.pure = s->no_pure ? NULL : pure_stand_in;
        policy.hash = s->other_hash ? &bh_sha512 : &bh_sha256;
        build_setting(&b, s);
        (void)verify(&b, &policy, b.len, s->floor, &v);
        if (v.reason != s->why)
            fail_msg("%s: \"%s\" instead of \"%s\"", s->what, bh_reason_text(v.reason),
                     bh_reason_text(s->why));
        if (v.reason == BH_REASON_NONE && v.key != s->key)
            fail_msg("%s: by key %d instead of %d", s->what, v.key, s->key);
        /* what was learned before the refusal is there for the message */
        assert_ptr_equal(v.format, &bh_image_mcuboot);
        assert_int_equal(v.image.payload_len, 1000);
        assert_int_equal(v.image.version.revision, 3);
    }
}

/* A format whose decoder was hit by a glitch: another number is in one of the two counters. */
static uint32_t glitched, glitched_again;

static enum bh_reason decode_glitched(const struct bh_view *view, uint32_t limit,
                                      struct bh_image *image)
{
    enum bh_reason why = bh_image_mcuboot.decode(view, limit, image);

    assert_int_equal(image->counter, 5);
    assert_int_equal(image->counter_again, 5);
    image->counter = glitched;
    image->counter_again = glitched_again;
    return why;
}

static void one_counter_above_the_floor_is_not_enough(void **state)
{
    const struct bh_image_format format = { "glitched", decode_glitched,
                                            bh_image_mcuboot.signature };
    const struct bh_image_format *const only[] = { &format, NULL };
    const struct setting set = { "old", BH_REASON_NONE, 0, .signs = { GOOD_SIGN }, .counter = 5 };
    static const struct {
        uint32_t counter, again, verdict;
    } rows[] = { { 5, 5, BH_VERDICT_BAD },
                 { 9, 5, BH_VERDICT_BAD },
                 { 5, 9, BH_VERDICT_BAD },
                 { 9, 9, BH_VERDICT_GOOD } };
    struct bh_policy policy = demanding;

    (void)state;
    policy.formats = only;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t buf[BH_WORK_MIN];
        struct bh_work work = { buf, sizeof buf };
        struct bh_verified v;
        struct bh_view view;
        struct built b;

        glitched = rows[i].counter;
        glitched_again = rows[i].again;
        build_setting(&b, &set);
        view = built_view(&b);
        assert_int_equal(bh_verify(&policy, &view, b.len, 6, &work, &v), rows[i].verdict);
    }
}

static void without_keys_the_digest_decides(void **state)
{
    struct bh_policy policy = demanding;
    struct bh_verified v;
    struct built b;

    (void)state;
    policy.n_keys = 0;
    policy.allow_unsigned = true;
    build_usual(&b);
    assert_int_equal(verify(&b, &policy, b.len, 0, &v), BH_VERDICT_GOOD);
    assert_memory_equal(v.digest, b.bytes + v.image.digest_off, 32);
    b.bytes[70] ^= 1;
    assert_int_equal(verify(&b, &policy, b.len, 0, &v), BH_VERDICT_BAD);
    assert_int_equal(v.reason, BH_REASON_DIGEST);
}

static void a_refused_structure_has_no_format(void **state)
{
    struct bh_verified v;
    struct built b;

    (void)state;
    build_usual(&b);
    assert_int_equal(verify(&b, &demanding, b.len - 1, 0, &v), BH_VERDICT_BAD);
    assert_int_equal(v.reason, BH_REASON_TOO_BIG);
    assert_null(v.format);
    memset(b.bytes, 0xFF, sizeof b.bytes);
    assert_int_equal(verify(&b, &demanding, b.len, 0, &v), BH_VERDICT_BAD);
    assert_int_equal(v.reason, BH_REASON_NO_IMAGE);
    assert_null(v.format);
}

/* A read that fails anywhere in a good image refuses it, and says why. */
static void read_errors_refuse(void **state)
{
    const struct setting *good = &settings[0];
    struct bh_verified v;
    struct built b;

    (void)state;
    build_setting(&b, good);
    for (uint32_t off = 1, len = b.len; off < len; off++) {
        build_setting(&b, good);
        b.read_fails = off;
        assert_int_equal(verify(&b, &demanding, b.len, 0, &v), BH_VERDICT_BAD);
        assert_int_equal(v.reason, BH_REASON_READ);
    }
}

/* Any single flipped bit of a signed image refuses it. */
static void any_flipped_bit_refuses(void **state)
{
    const struct setting s = { .signs = { GOOD_SIGN }, .counter = 5 };
    struct bh_verified v;
    struct built b;

    (void)state;
    build_setting(&b, &s);
    assert_int_equal(verify(&b, &demanding, b.len, 0, &v), BH_VERDICT_GOOD);
    for (uint32_t bit = 0; bit < 8 * (b.len - 2); bit++) { /* a stand-in reads 2 bytes of its 4 */
        b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(verify(&b, &demanding, b.len, 0, &v), BH_VERDICT_BAD);
        b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* A device on the CPU's bus, and what was read of it by either way. */
static struct {
    uint32_t read, mapped, before;
} count;

static int count_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    count.read += len;
    memcpy(buf, ((const struct built *)f->context)->bytes + off, len);
    return BH_OK;
}

static const uint8_t *count_map(const struct bh_flash *f, uint32_t off)
{
    count.mapped++;
    return ((const struct built *)f->context)->bytes + off;
}

static int count_before(const struct bh_flash *f, enum bh_flash_op op, uint32_t len)
{
    (void)f;
    assert_int_equal(op, BH_FLASH_READ);
    count.before += len;
    return BH_ERR_LATER; /* to read cannot be postponed */
}

/* What is hashed of it is not copied. What lies in pieces, or beyond its end, is read as ever. */
static void a_mapped_image_is_hashed_where_it_is(void **state)
{
    static const struct bh_flash_ops mapped = { .read = count_read,
                                                .map = count_map,
                                                .before = count_before };
    const struct setting s = { .signs = { GOOD_SIGN }, .counter = 5 };
    uint8_t buf[512];
    struct bh_work work = { buf, sizeof buf };
    struct bh_verified v;
    struct built b;
    struct bh_view view;
    struct bh_region head, rest;

    (void)state;
    build_setting(&b, &s);
    view = built_view(&b);
    b.flash.ops = &mapped;
    b.flash.context = &b;
    memset(&count, 0, sizeof count);
    assert_int_equal(bh_verify(&demanding, &view, b.len, 0, &work, &v), BH_VERDICT_GOOD);
    assert_int_equal(count.mapped, (v.image.hashed[0].len + sizeof buf - 1) / sizeof buf);
    assert_true(count.read < 600);
    assert_int_equal(count.before, count.read + v.image.hashed[0].len); /* a watchdog is fed */
    b.bytes[v.image.hashed[0].len / 2] ^= 1;
    assert_int_equal(bh_verify(&demanding, &view, b.len, 0, &work, &v), BH_VERDICT_BAD);
    assert_int_equal(v.reason, BH_REASON_DIGEST);
    b.bytes[v.image.hashed[0].len / 2] ^= 1;

    head = bh_region_part(view.slot, 0, 600);
    rest = *view.slot;
    count.mapped = 0;
    view.head = &head;
    view.off = 600;
    assert_int_equal(bh_verify(&demanding, &view, b.len, 0, &work, &v), BH_VERDICT_GOOD);
    view.head = NULL;
    view.off = 0;
    view.rest = &rest;
    view.end = 600;
    assert_int_equal(bh_verify(&demanding, &view, b.len, 0, &work, &v), BH_VERDICT_GOOD);
    assert_int_equal(count.mapped, 0);

    assert_ptr_equal(bh_flash_map(&b.flash, b.flash.size - 8, 8), b.bytes + b.flash.size - 8);
    assert_null(bh_flash_map(&b.flash, b.flash.size - 7, 8));
    assert_null(bh_flash_map(&b.flash, b.flash.size + 1, 0));
    assert_null(bh_flash_map(&b.flash, 8, UINT32_MAX));
}

/* Whoever holds the flash can add signatures; each costs time, so there is an end to it. */
static void looks_at_eight_signatures(void **state)
{
    const struct setting unsigned_one = { .what = "" };
    uint8_t id[32] = { 0xA1 };
    struct bh_verified v;
    struct built b;

    (void)state;
    for (int bogus = 6; bogus <= 8; bogus++) {
        uint8_t sig[4] = { 0xA1 };

        build_setting(&b, &unsigned_one);
        sig[1] = (uint8_t)~b.bytes[b.area + 8];
        for (int i = 0; i < bogus; i++) {
            build_entry(&b, HASHED, id, sizeof id);
            build_entry(&b, ECDSA, sig, sizeof sig);
        }
        sig[1] = b.bytes[b.area + 8];
        build_entry(&b, HASHED, id, sizeof id);
        build_entry(&b, ECDSA, sig, sizeof sig);
        (void)verify(&b, &demanding, b.len, 0, &v);
        assert_int_equal(v.reason, bogus < 8 ? BH_REASON_NONE : BH_REASON_SIGNATURE);
    }
}

static void a_signature_that_does_not_fit_the_work_buffer_is_wrong(void **state)
{
    const struct setting unsigned_one = { .what = "" };
    uint8_t id[32] = { 0xA1 };
    uint8_t sig[BH_WORK_MIN + 1] = { 0xA1 };
    struct bh_verified v;
    struct built b;

    (void)state;
    build_setting(&b, &unsigned_one);
    build_entry(&b, HASHED, id, sizeof id);
    build_entry(&b, ECDSA, sig, sizeof sig);
    (void)verify(&b, &demanding, b.len, 0, &v);
    assert_int_equal(v.reason, BH_REASON_SIGNATURE);
}

/* A second format is asked only if the first does not know the header. */
static enum bh_reason decode_other(const struct bh_view *view, uint32_t limit,
                                   struct bh_image *image)
{
    uint8_t first;

    memset(image, 0, sizeof *image);
    if (limit < 100 || bh_view_read(view, 0, &first, 1))
        return BH_REASON_READ;
    if (first != 'X')
        return BH_REASON_NO_IMAGE;
    image->hash_id = BH_HASH_SHA256;
    image->n_hashed = 2;
    image->hashed[0] = (struct bh_extent){ 32, 20 };
    image->hashed[1] = (struct bh_extent){ 60, 30 };
    image->digest_off = 100;
    return BH_REASON_NONE;
}

static void asks_the_formats_in_turn(void **state)
{
    static const struct bh_image_format other = { "other", decode_other, NULL };
    static const struct bh_image_format *const both[] = { &bh_image_mcuboot, &other, NULL };
    struct bh_policy policy = { .formats = both, .hash = &bh_sha256, .allow_unsigned = true };
    struct bh_verified v;
    struct bh_hash h;
    struct built b;

    (void)state;
    build_header(&b, 32, 100);
    b.bytes[0] = 'X';
    bh_hash_init(&h, &bh_sha256);
    bh_hash_update(&h, b.bytes + 32, 20);
    bh_hash_update(&h, b.bytes + 60, 30);
    bh_hash_final(&h, b.bytes + 100);
    assert_int_equal(verify(&b, &policy, 132, 0, &v), BH_VERDICT_GOOD);
    assert_ptr_equal(v.format, &other);
    b.bytes[60 + 29] ^= 1;
    assert_int_equal(verify(&b, &policy, 132, 0, &v), BH_VERDICT_BAD);
    assert_int_equal(v.reason, BH_REASON_DIGEST);
    b.bytes[0] = 'Y';
    (void)verify(&b, &policy, 132, 0, &v);
    assert_int_equal(v.reason, BH_REASON_NO_IMAGE);
    build_usual(&b);
    assert_int_equal(verify(&b, &policy, b.len, 0, &v), BH_VERDICT_GOOD);
    assert_ptr_equal(v.format, &bh_image_mcuboot);
    b.bytes[8] = 1;
    (void)verify(&b, &policy, b.len, 0, &v);
    assert_int_equal(v.reason, BH_REASON_HEADER);
}

/* SHA-256, if every call is made as the seam has it: on a hash that knows its algorithm. */
static void careful_init(struct bh_hash *h)
{
    assert_ptr_equal(h->algo->init, careful_init);
    bh_sha256.init(h);
}

static void careful_update(struct bh_hash *h, const void *data, size_t len)
{
    assert_ptr_equal(h->algo->update, careful_update);
    bh_sha256.update(h, data, len);
}

static void careful_final(struct bh_hash *h, uint8_t *digest)
{
    assert_ptr_equal(h->algo->final, careful_final);
    bh_sha256.final(h, digest);
}

static void a_hash_knows_its_algorithm(void **state)
{
    static const struct bh_hash_algo careful = { BH_HASH_SHA256, 32, careful_init, careful_update,
                                                 careful_final };
    struct bh_policy policy = demanding;
    struct bh_verified v;
    struct built b;

    (void)state;
    policy.hash = &careful;
    build_setting(&b, &settings[0]);
    assert_int_equal(verify(&b, &policy, b.len, 0, &v), BH_VERDICT_GOOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_first_reason),
        cmocka_unit_test(without_keys_the_digest_decides),
        cmocka_unit_test(a_refused_structure_has_no_format),
        cmocka_unit_test(one_counter_above_the_floor_is_not_enough),
        cmocka_unit_test(read_errors_refuse),
        cmocka_unit_test(any_flipped_bit_refuses),
        cmocka_unit_test(a_mapped_image_is_hashed_where_it_is),
        cmocka_unit_test(looks_at_eight_signatures),
        cmocka_unit_test(a_signature_that_does_not_fit_the_work_buffer_is_wrong),
        cmocka_unit_test(asks_the_formats_in_turn),
        cmocka_unit_test(a_hash_knows_its_algorithm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The boot record. What it tells was computed in this boot: nothing is read again but the
 * bootloader's own binary. The header is written last, over a room that began with no magic: a
 * record that is not whole is none. */
#include "bulkhead/measure.h"

#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "bulkhead/version.h"

#include <string.h>

/* MCUboot's numbers. */
enum { MODE_SCRATCH = 1, MODE_OVERWRITE = 2, MODE_OFFSET = 9 };
enum {
    SIGNED_NOT = 0,
    SIGNED_RSA = 1,
    SIGNED_P256 = 2,
    SIGNED_ED25519 = 3,
    SIGNED_OTHERWISE = 0xFF
};

struct out {
    uint8_t *buf;
    uint32_t len, room; /* len beyond room: it does not fit */
};

static void entry(struct out *out, uint32_t type, const void *data, uint32_t len)
{
    if (bh_within(out->len, BH_MEASURE_ENTRY + len, out->room)) {
        bh_store16(out->buf + out->len, (uint16_t)type);
        bh_store16(out->buf + out->len + 2, (uint16_t)len);
        memcpy(out->buf + out->len + BH_MEASURE_ENTRY, data, len);
        out->len += BH_MEASURE_ENTRY + len;
    } else {
        out->room = 0;
    }
}

static void entry8(struct out *out, uint32_t type, uint32_t value)
{
    uint8_t byte = (uint8_t)value;

    entry(out, type, &byte, 1);
}

static void entry32(struct out *out, uint32_t type, uint32_t value)
{
    uint8_t bytes[4];

    bh_store32(bytes, value);
    entry(out, type, bytes, sizeof bytes);
}

static void version(struct out *out, uint32_t type, const struct bh_version *v)
{
    uint8_t bytes[8] = { v->major, v->minor };

    bh_store16(bytes + 2, v->revision);
    bh_store32(bytes + 4, v->build);
    entry(out, type, bytes, sizeof bytes);
}

static uint32_t mode(const struct bh_product *product)
{
    const struct bh_pair *pair = &product->pairs[0];

    if (!product->plan->reverts)
        return MODE_OVERWRITE;
    return pair->spare.flash == pair->secondary.flash && pair->spare.off == pair->secondary.off
               ? MODE_OFFSET
               : MODE_SCRATCH;
}

static uint32_t signed_by(const struct bh_product *product, const struct bh_boot *boot)
{
    const struct bh_policy *policy = &product->policy;

    if (policy->allow_unsigned)
        return SIGNED_NOT;
    switch (policy->keys[boot->verified.key].algo->id) {
    case BH_SIG_RSA2048:
    case BH_SIG_RSA3072: return SIGNED_RSA;
    case BH_SIG_P256: return SIGNED_P256;
    case BH_SIG_ED25519: return SIGNED_ED25519;
    default: return SIGNED_OTHERWISE;
    }
}

/* The digest of the bootloader's binary, as it lies in flash. */
static int measure_self(struct out *out, const struct bh_product *product,
                        const struct bh_measure_more *more)
{
    const struct bh_hash_algo *algo = product->policy.hash;
    uint8_t digest[BH_DIGEST_MAX];
    struct bh_hash h;
    int err = BH_OK;

    bh_hash_init(&h, algo);
    for (uint32_t off = 0, n; !err && off < more->self_len; off += n) {
        n = bh_min(more->self_len - off, more->work->len);
        err = bh_region_read(&product->bootloader, off, more->work->buf, n);
        bh_alive();
        algo->update(&h, more->work->buf, n);
    }
    algo->final(&h, digest);
    entry(out, BH_MEASURE_SELF, digest, algo->digest_len);
    return err;
}

static void told_of_image(struct out *out, const struct bh_product *product,
                          const struct bh_boot *boot)
{
    const struct bh_record *truth = &boot->journal.truth;
    const uint8_t why[4] = { (uint8_t)boot->reason, (uint8_t)truth->state, (uint8_t)truth->outcome,
                             (uint8_t)truth->reason };

    version(out, BH_MEASURE_VERSION, &boot->verified.image.version);
    entry(out, BH_MEASURE_DIGEST, boot->verified.digest, product->policy.hash->digest_len);
    if (!product->policy.allow_unsigned)
        entry(out, BH_MEASURE_KEY, product->policy.keys[boot->verified.key].id,
              sizeof product->policy.keys[0].id);
    entry(out, BH_MEASURE_WHY, why, sizeof why);
}

uint32_t bh_measure(const struct bh_product *product, const struct bh_boot *boot,
                    const struct bh_measure_more *more, uint8_t *buf, uint32_t room)
{
    static const struct bh_version self = { BH_VERSION_MAJOR, BH_VERSION_MINOR, BH_VERSION_PATCH,
                                            0 };
    struct out out = { buf, BH_MEASURE_HEADER, bh_min(room, UINT16_MAX) };
    int err = BH_OK;

    memset(buf, 0, room);
    if (boot->action != BH_BOOT_START || room < BH_MEASURE_HEADER)
        return 0;
    entry8(&out, BH_MEASURE_MODE, mode(product));
    entry8(&out, BH_MEASURE_SIGNATURE, signed_by(product, boot));
    entry8(&out, BH_MEASURE_RECOVERY, more->recovery);
    entry8(&out, BH_MEASURE_SLOT, 0);
    version(&out, BH_MEASURE_BOOTLOADER, &self);
    for (uint32_t p = 0; p < bh_n_pairs(product->n_pairs); p++) {
        entry32(&out, BH_MEASURE_IMAGE_MAX + p, product->pairs[p].image_max);
        entry32(&out, BH_MEASURE_COUNTER + p, boot->seen[p].floor);
        entry32(&out, BH_MEASURE_FLOOR + 0x10 * p, boot->journal.truth.pair[p].floor);
    }
    told_of_image(&out, product, boot);
    entry32(&out, BH_MEASURE_LAYOUT, product->layout);
    if (more->self_len)
        err = measure_self(&out, product, more);
    if (err || !out.room) {
        memset(buf, 0, room);
        return 0;
    }
    bh_store16(buf + 2, (uint16_t)out.len);
    bh_store16(buf, BH_MEASURE_MAGIC);
    return out.len;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The quick digest, and images that carry it. */
#include "sim/image.h"

#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"

#include <string.h>

#define HEADER_LEN 32u
#define DIGEST_LEN 32u

/* state[0..3]: four lanes, of 8 bytes in turn; state[4]: bytes so far; state[5]: bytes of a word
 * that is not yet whole. */
enum { COUNT = 4, PART = 5 };

static void quick_init(struct bh_hash *h)
{
    memset(h->state, 0, sizeof h->state);
}

static void take(uint64_t *lane, uint64_t v)
{
    *lane = (*lane ^ v) * 0x9E3779B97F4A7C15u;
    *lane ^= *lane >> 29;
}

static void take_byte(struct bh_hash *h, uint8_t byte)
{
    uint64_t n = h->state[COUNT]++;

    h->state[PART] |= (uint64_t)byte << n % 8 * 8;
    if (n % 8 == 7) {
        take(&h->state[n / 8 % 4], h->state[PART]);
        h->state[PART] = 0;
    }
}

static void quick_update(struct bh_hash *h, const void *data, size_t len)
{
    const uint8_t *p = data;

    for (; len && h->state[COUNT] % 8; len--)
        take_byte(h, *p++);
    for (; len >= 8; len -= 8, p += 8, h->state[COUNT] += 8) {
        uint64_t v;

        memcpy(&v, p, sizeof v);
        take(&h->state[h->state[COUNT] / 8 % 4], v);
    }
    for (; len; len--)
        take_byte(h, *p++);
}

static void quick_final(struct bh_hash *h, uint8_t *digest)
{
    take(&h->state[0], h->state[PART]);
    for (int round = 0; round < 8; round++)
        take(&h->state[round % 4], h->state[(round + 1) % 4] + h->state[COUNT]);
    memcpy(digest, h->state, DIGEST_LEN);
}

const struct bh_hash_algo sim_quick_hash = { BH_HASH_SHA256, DIGEST_LEN, quick_init, quick_update,
                                             quick_final };

struct bh_policy sim_quick_policy(const struct bh_policy *policy)
{
    struct bh_policy quick = *policy;

    quick.hash = &sim_quick_hash;
    quick.n_keys = 0;
    quick.keys = NULL;
    quick.allow_unsigned = true;
    return quick;
}

/* One TLV; returns where the next goes. */
static uint8_t *tlv(uint8_t *p, uint16_t type, const void *data, uint16_t len)
{
    bh_store16(p, type);
    bh_store16(p + 2, len);
    memcpy(p + 4, data, len);
    return p + 4 + len;
}

static uint8_t *tlv_area(uint8_t *p, uint16_t magic, uint32_t len)
{
    bh_store16(p, magic);
    bh_store16(p + 2, (uint16_t)len);
    return p + 4;
}

uint32_t sim_image_wolfboot(const struct bh_policy *policy)
{
    static const struct bh_image_format *const all[] = {
        &bh_image_wolfboot_256,  &bh_image_wolfboot_512,  &bh_image_wolfboot_1024,
        &bh_image_wolfboot_2048, &bh_image_wolfboot_4096, &bh_image_wolfboot_8192,
        &bh_image_wolfboot_16384
    };

    for (uint32_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (policy->formats[0] == all[i])
            return BH_WOLFBOOT_HEADER_MIN << i;
    return 0;
}

static uint8_t *fill(uint8_t *p, uint32_t len, uint64_t seed)
{
    uint64_t x = 0x2545F4914F6CDD1Du * (seed + 1u);

    while (len--) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        *p++ = (uint8_t)(x >> 56);
    }
    return p;
}

/* Version, type and digest: what every image has. */
static void make_wolfboot(uint8_t *buf, uint32_t len, const struct sim_image *as)
{
    static const uint8_t type[2] = { BH_WOLFBOOT_PART_APPLICATION, BH_WOLFBOOT_AUTH_NONE };
    uint8_t version[4] = { 0, 0, 0, as->major }, digest[DIGEST_LEN];
    uint32_t payload = len - as->wolfboot;
    uint8_t *p = buf + BH_WOLFBOOT_OFF_TLVS;
    struct bh_hash h;

    memset(buf, 0xFF, as->wolfboot);
    bh_store32(buf, BH_WOLFBOOT_MAGIC);
    bh_store32(buf + BH_WOLFBOOT_OFF_SIZE, payload);
    p = tlv(p, BH_WOLFBOOT_TLV_VERSION, version, sizeof version);
    p = tlv(p, BH_WOLFBOOT_TLV_TYPE, type, sizeof type);
    fill(buf + as->wolfboot, payload, as->seed);
    bh_hash_init(&h, &sim_quick_hash);
    bh_hash_update(&h, buf, (size_t)(p - buf));
    bh_hash_update(&h, buf + as->wolfboot, payload);
    bh_hash_final(&h, digest);
    tlv(p, BH_WOLFBOOT_TLV_SHA256, digest, sizeof digest);
}

void sim_image_make_as(uint8_t *buf, uint32_t len, const struct sim_image *as)
{
    uint32_t protected_len = (as->counter ? 8u : 0u) + (as->depends ? 16u : 0u);
    uint32_t digest_area = 4 + 4 + DIGEST_LEN;
    uint32_t payload;
    struct bh_hash h;
    uint8_t value[DIGEST_LEN];
    uint8_t *p = buf + HEADER_LEN;

    if (as->wolfboot) {
        make_wolfboot(buf, len, as);
        return;
    }
    protected_len += protected_len ? 4u : 0u;
    payload = len - HEADER_LEN - protected_len - digest_area;
    memset(buf, 0, HEADER_LEN);
    bh_store32(buf, 0x96f3b83d);
    bh_store16(buf + 8, HEADER_LEN);
    bh_store16(buf + 10, (uint16_t)protected_len);
    bh_store32(buf + 12, payload);
    buf[20] = as->major;
    p = fill(p, payload, as->seed);
    if (protected_len)
        p = tlv_area(p, 0x6908, protected_len);
    if (as->counter) {
        bh_store32(value, as->counter);
        p = tlv(p, 0x50, value, 4);
    }
    if (as->depends) {
        memset(value, 0, 12);
        value[0] = as->on;
        value[4] = as->major;
        p = tlv(p, 0x40, value, 12);
    }
    bh_hash_init(&h, &sim_quick_hash);
    bh_hash_update(&h, buf, (size_t)(p - buf));
    bh_hash_final(&h, value);
    p = tlv_area(p, 0x6907, digest_area);
    tlv(p, 0x10, value, DIGEST_LEN);
}

void sim_image_make(uint8_t *buf, uint32_t len, uint8_t major, uint32_t counter)
{
    const struct sim_image as = { .major = major, .counter = counter, .seed = major };

    sim_image_make_as(buf, len, &as);
}

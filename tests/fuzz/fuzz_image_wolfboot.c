/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary bytes as a wolfBoot image: decode, verify, find the signature.
 *
 * The first two bytes choose limit, header and policy, the rest is the slot. Keys here accept half
 * of all signatures, so that what comes after that check is reached too; the digest may be a sum of
 * the bytes, so that a fuzzer can make it right. What is checked is that nothing is read beyond
 * the limit, that an accepted image hangs together, and that the verdict fits the reason.
 *
 * The corpus: tests/fuzz/make_corpus_image_wolfboot */
#include "bulkhead/image_wolfboot.h"
#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct bh_signature_algo any_ed25519 = { BH_SIG_ED25519, any };
static const struct bh_key keys[] = { { &any_ed25519, { 0 }, NULL, 0 },
                                      { &any_lms, { 0 }, NULL, 0 } };
static const struct bh_image_format *const all[] = { &bh_image_wolfboot_256, &bh_image_wolfboot_512,
                                                     &bh_image_wolfboot_8192,
                                                     &bh_image_wolfboot_16384 };
static const uint32_t headers[] = { 256, 512, 8192, 16384 };

static void check_image(const struct bh_view *view, const struct bh_image *image, unsigned which)
{
    uint32_t header = headers[which];
    struct bh_extent rest = image->tlvs;
    struct bh_image_signature s;

    must(image->len <= slot.limit && image->entry_off == header && image->payload_len);
    must(image->len == header + image->payload_len && image->n_hashed == 2);
    must(image->hashed[0].off == 0 && image->hashed[0].len < header);
    must(image->hashed[1].off == header && image->hashed[1].len == image->payload_len);
    must(image->hash_id && bh_within(image->digest_off, 32, header));
    must(image->digest_off == image->hashed[0].len + 4);
    if (all[which]->signature(view, &rest, &s) == BH_OK) {
        must(bh_within(s.bytes.off, s.bytes.len, header) && s.bytes.off > image->digest_off);
        must(bh_within(s.key_id_off, BH_KEY_ID_LEN, image->hashed[0].len));
        must(all[which]->signature(view, &rest, &s) == BH_ERR_ABSENT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct bh_flash_ops ops = { .read = read_bytes };
    uint8_t buf[BH_WORK_MIN];
    struct bh_work work = { buf, sizeof buf };
    struct bh_page_run run = { 1, (uint32_t)len };
    struct bh_flash flash = {
        .ops = &ops, .runs = &run, .n_runs = 1, .unit = 1, .size = (uint32_t)len
    };
    struct bh_region region = { &flash, 0, (uint32_t)len };
    struct bh_view view = bh_view_of(&region);
    const struct bh_image_format *formats[2] = { NULL, NULL };
    struct bh_policy policy = { .formats = formats, .keys = keys };
    struct bh_verified v;
    uint32_t verdict;

    if (len < 2)
        return 0;
    policy.hash = data[1] & 1 ? &sum : &bh_sha256;
    policy.n_keys = data[1] & 2 ? 2 : 0;
    policy.allow_unsigned = !policy.n_keys;
    formats[0] = all[data[1] >> 2 & 3];
    region.len -= 2;
    slot.bytes = data + 2;
    slot.limit = region.len - bh_min(data[0], region.len);
    verdict = bh_verify(&policy, &view, slot.limit, 0, &work, &v);
    must((verdict == BH_VERDICT_GOOD) == (v.reason == BH_REASON_NONE) && verdict == v.verdict);
    if (v.format)
        check_image(&view, &v.image, data[1] >> 2 & 3);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary bytes as an image: decode, verify, walk every signature and dependency.
 *
 * The first two bytes choose limit and policy, the rest is the slot. Keys here accept half of all
 * signatures, so that what comes after that check is reached too; the digest may be a sum of the
 * bytes, so that a fuzzer can make it right. What is checked is that nothing is read beyond
 * the limit, that an accepted image hangs together, and that the verdict fits the reason.
 *
 * The corpus: tests/fuzz/make_corpus_image_mcuboot */
#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct bh_signature_algo any_p256 = { BH_SIG_P256, any };
static const struct bh_key keys[] = { { &any_p256, { 0 }, NULL, 0 }, { &any_lms, { 0 }, NULL, 0 } };
static const struct bh_key point = { &bh_ed25519, { 0 }, (const uint8_t[32]){ 9 }, 32 };
static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };

static void check_image(const struct bh_view *view, const struct bh_image *image)
{
    struct bh_extent rest = image->tlvs;
    struct bh_image_signature s;
    struct bh_image_dependency d;

    must(image->len <= slot.limit && image->entry_off >= 32 && image->n_hashed == 1);
    must(bh_within(image->entry_off, image->payload_len, image->hashed[0].len));
    must(image->hashed[0].off == 0 && image->hashed[0].len < image->len);
    must(!image->hash_id || bh_within(image->digest_off, 32, image->len));
    for (unsigned i = 0; !bh_image_mcuboot.signature(view, &rest, &s); i++) {
        must(bh_within(s.bytes.off, s.bytes.len, image->len) && i < 65536 / 4);
        must(!s.key_id_off || bh_within(s.key_id_off, BH_KEY_ID_LEN, image->len));
    }
    for (unsigned i = 0; !bh_mcuboot_dependency(view, image, i, &d); i++)
        must(i < 65536 / 16);
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
    struct bh_policy policy = { .formats = formats, .keys = keys };
    struct bh_verified v;
    uint32_t verdict;

    if (len < 2)
        return 0;
    policy.hash = data[1] & 1 ? &sum : &bh_sha256;
    policy.n_keys = data[1] & 2 ? 2 : 0;
    policy.allow_unsigned = !policy.n_keys;
    policy.need_counter = data[1] & 4;
    if (data[1] & 8) {
        policy.keys = &point;
        policy.n_keys = policy.n_keys ? 1 : 0;
        policy.pure = bh_verify_pure_ed25519;
    }
    region.len -= 2;
    slot.bytes = data + 2;
    slot.limit = region.len - bh_min(data[0], region.len);
    verdict = bh_verify(&policy, &view, slot.limit, data[1] >> 4, &work, &v);
    must((verdict == BH_VERDICT_GOOD) == (v.reason == BH_REASON_NONE) && verdict == v.verdict);
    if (v.format)
        check_image(&view, &v.image);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 over the hashed bytes of an image (RFC 8032): SHA-512 of R, the public key and the
 * message, which is read a second time because R must be hashed before it. */
#include "bulkhead/bytes.h"
#include "bulkhead/verify.h"

#include <string.h>

#define POINT_LEN 32u /* R, and the public key */

/* What comes before the message. */
static void begin(struct bh_hash *h, const struct bh_key *key, const uint8_t *sig)
{
    memset(h, 0, sizeof *h);
    bh_hash_init(h, &bh_sha512);
    bh_hash_update(h, sig, POINT_LEN);
    bh_hash_update(h, key->bytes, POINT_LEN);
}

/* It is begun twice, since whoever leaves R out needs no key to sign: see src/crypto/ed25519.c.
 * Its own function, so that the hash is off the stack before the curve comes on. */
static int __attribute__((noinline))
hash(uint8_t digest[64], const struct bh_key *key, const struct bh_view *view,
     const struct bh_image *image, const uint8_t *sig, const struct bh_work *room)
{
    struct bh_hash h, again;
    int err;

    begin(&h, key, sig);
    begin(&again, key, sig);
    err = memcmp(&h, &again, sizeof h) ? BH_ERR_COMPARE : BH_OK;
    for (uint8_t i = 0; i < image->n_hashed; i++) {
        const struct bh_extent *e = &image->hashed[i];

        for (uint32_t done = 0, len; !err && done < e->len; done += len) {
            len = bh_min(e->len - done, room->len);
            err = bh_view_read(view, e->off + done, room->buf, len);
            bh_hash_update(&h, room->buf, len);
        }
    }
    bh_hash_final(&h, digest);
    return err;
}

uint32_t bh_verify_pure_ed25519(const struct bh_key *key, const struct bh_view *view,
                                const struct bh_image *image, uint32_t sig_len,
                                struct bh_work *work)
{
    struct bh_work room = { work->buf + sig_len, work->len - sig_len };
    uint8_t digest[64];

    if (key->algo->id != BH_SIG_ED25519 || sig_len < POINT_LEN || room.len == 0 ||
        hash(digest, key, view, image, work->buf, &room))
        return 0;
    return bh_ed25519_verify_prehashed(key, digest, work->buf, sig_len);
}

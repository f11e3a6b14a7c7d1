/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures, messages and keys from a stranger: nothing is read beyond their ends, and what is
 * good for one message is not good for another.
 *
 *     input = algorithm (0 to 7), length of the message, message, key, signature
 */
#include "bulkhead/key.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct {
    const struct bh_signature_algo *algo;
    uint16_t key_len;
} kinds[] = {
    { &bh_p256, 64 }, { &bh_ed25519, 32 },     { &bh_rsa2048, 260 },    { &bh_rsa3072, 388 },
    { &bh_lms, 60 },  { &bh_ml_dsa_44, 1312 }, { &bh_ml_dsa_65, 1952 }, { &bh_ml_dsa_87, 2592 },
};

/* On the heap, so that a byte too far is seen. */
static uint8_t *take(const uint8_t **data, size_t *left, size_t len)
{
    uint8_t *taken = malloc(len ? len : 1);

    if (len)
        memcpy(taken, *data, len);
    *data += len;
    *left -= len;
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t msg_len, kind;
    uint8_t *msg, *key_bytes, *sig;
    struct bh_key key = { 0 };

    if (len < 2)
        return 0;
    kind = data[0] % (sizeof kinds / sizeof kinds[0]);
    msg_len = data[1];
    data += 2;
    len -= 2;
    if (len < msg_len + kinds[kind].key_len)
        return 0;
    msg = take(&data, &len, msg_len);
    key_bytes = take(&data, &len, kinds[kind].key_len);
    key.algo = kinds[kind].algo;
    key.bytes = key_bytes;
    key.len = kinds[kind].key_len;
    sig = malloc(len ? len : 1);
    memcpy(sig, data, len);
    if (key.algo->verify(&key, msg, msg_len, sig, len) == BH_SIGNATURE_GOOD && msg_len) {
        msg[0] ^= 1;
        if (key.algo->verify(&key, msg, msg_len, sig, len) == BH_SIGNATURE_GOOD)
            abort();
    }
    free(msg);
    free(key_bytes);
    free(sig);
    return 0;
}

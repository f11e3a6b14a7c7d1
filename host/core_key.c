/* SPDX-License-Identifier: Apache-2.0 */
/* Find the core's algorithm for a key file, and the hash that it needs. */
#include "host/core_key.h"

#include <string.h>

#include "bulkhead/hash.h"
#include "bulkhead/image_espressif.h"

bool host_core_key(const struct host_key *key, struct bh_key *core)
{
    static const struct bh_signature_algo *const all[] = { &bh_p256, &bh_ed25519, &bh_rsa2048,
                                                           &bh_rsa3072, &bh_lms };

    *core = (struct bh_key){ NULL, { 0 }, key->bytes, (uint16_t)key->len };
    memcpy(core->id, key->id, sizeof core->id);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i]->id == key->type->signature)
            core->algo = all[i];
    return core->algo != NULL;
}

bool host_core_key_espressif(const struct host_key *key, struct bh_key *core)
{
    uint8_t signature = key->type->signature;
    /* a block has the modulus or X, with the bytes the other way round */
    size_t number = signature == BH_SIG_RSA3072 ? BH_ESPRESSIF_RSA_LEN : BH_ESPRESSIF_EC_LEN / 2;

    *core = (struct bh_key){ NULL, { 0 }, key->bytes, (uint16_t)key->len };
    core->algo = signature == BH_SIG_RSA3072 ? &bh_espressif_rsa3072
                 : signature == BH_SIG_P256  ? &bh_espressif_p256
                                             : NULL;
    for (size_t i = 0; core->algo && i < sizeof core->id; i++)
        core->id[i] = key->bytes[number - 1 - i];
    return core->algo != NULL;
}

unsigned host_product_sha(const struct host_key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (keys[i].type->signature != BH_SIG_ED25519)
            return 256;
    return n ? 512 : 256;
}

void host_policy_keys(struct bh_policy *policy, const struct host_key *keys, struct bh_key *core,
                      uint8_t n, unsigned sha)
{
    uint8_t digest[BH_DIGEST_MAX];

    for (uint8_t i = 0; i < n; i++) {
        host_sha(sha, keys[i].der, keys[i].der_len, digest);
        memcpy(core[i].id, digest, BH_KEY_ID_LEN);
    }
    policy->hash = sha == 512 ? &bh_sha512 : sha == 384 ? &bh_sha384 : &bh_sha256;
    policy->keys = core;
    policy->n_keys = n;
}

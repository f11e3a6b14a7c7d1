/* SPDX-License-Identifier: Apache-2.0 */
/* Find the core's algorithm for a key file, and the hash that it needs. */
#include "host/core_key.h"

#include <string.h>

#include "bulkhead/hash.h"
#include "bulkhead/image_espressif.h"

bool host_core_key(const struct host_key *key, struct bh_key *core)
{
    static const struct bh_signature_algo *const all[] = {
        &bh_p256, &bh_ed25519,   &bh_rsa2048,   &bh_rsa3072,
        &bh_lms,  &bh_ml_dsa_44, &bh_ml_dsa_65, &bh_ml_dsa_87,
    };

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

size_t host_wolfboot_raw(const struct host_key *key, uint8_t raw[HOST_WOLFBOOT_RAW_MAX])
{
    /* SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING { the key } } (RFC 8017, A.1) */
    static const uint8_t rsa[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                   0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
    uint8_t id = key->type->signature;
    size_t len = key->der_len, bits = len + 1, all = sizeof rsa + 4 + bits;
    uint8_t *p = raw;

    if (id == BH_SIG_ED25519 || id == BH_SIG_P256 || id == BH_SIG_LMS || host_ml_dsa_of(id)) {
        memcpy(raw, key->bytes, key->len);
        return key->len;
    }
    if (id != BH_SIG_RSA2048 && id != BH_SIG_RSA3072)
        return 0;
    *p++ = 0x30;
    *p++ = 0x82;
    *p++ = (uint8_t)(all >> 8);
    *p++ = (uint8_t)all;
    memcpy(p, rsa, sizeof rsa);
    p += sizeof rsa;
    *p++ = 0x03;
    *p++ = 0x82;
    *p++ = (uint8_t)(bits >> 8);
    *p++ = (uint8_t)bits;
    *p++ = 0;
    memcpy(p, key->der, len);
    return (size_t)(p - raw) + len;
}

bool host_core_key_wolfboot(const struct host_key *key, const struct bh_hash_algo *hash, bool pss,
                            struct bh_key *core)
{
    uint8_t raw[HOST_WOLFBOOT_RAW_MAX], digest[BH_DIGEST_MAX];
    size_t len = host_wolfboot_raw(key, raw);
    bool longer = hash->digest_len != 32;
    struct bh_hash h;

    if (!len || !host_core_key(key, core))
        return false;
    if (key->type->signature == BH_SIG_RSA2048)
        core->algo = !pss ? &bh_rsa2048_pkcs1 : longer ? &bh_rsa2048_sha384 : &bh_rsa2048;
    if (key->type->signature == BH_SIG_RSA3072)
        core->algo = !pss ? &bh_rsa3072_pkcs1 : longer ? &bh_rsa3072_sha384 : &bh_rsa3072;
    bh_hash_init(&h, hash);
    bh_hash_update(&h, raw, len);
    bh_hash_final(&h, digest);
    memcpy(core->id, digest, sizeof core->id);
    return true;
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

    policy->keys = core;
    policy->n_keys = n;
    if (policy->hash && policy->formats && strcmp(policy->formats[0]->name, "wolfboot") == 0) {
        for (uint8_t i = 0; i < n; i++)
            host_core_key_wolfboot(&keys[i], policy->hash, false, &core[i]);
        return;
    }
    for (uint8_t i = 0; i < n; i++) {
        host_sha(sha, keys[i].der, keys[i].der_len, digest);
        memcpy(core[i].id, digest, BH_KEY_ID_LEN);
    }
    policy->hash = sha == 512 ? &bh_sha512 : sha == 384 ? &bh_sha384 : &bh_sha256;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Make UUIDs of version 5 (RFC 9562, section 5.5), and read literal ones. */
#include "host/uuid.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

const uint8_t host_uuid_dns[16] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                    0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };

static bool literal(const char *text, uint8_t out[16])
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    bool dashes = strlen(text) == 36;
    unsigned n = 0;

    if (!dashes && strlen(text) != 32)
        return false;
    for (unsigned i = 0; text[i]; i++) {
        const char *digit = strchr(digits, text[i]);

        if (dashes && (i == 8 || i == 13 || i == 18 || i == 23)) {
            if (text[i] != '-')
                return false;
            continue;
        }
        if (!digit)
            return false;
        out[n / 2] = (uint8_t)(out[n / 2] << 4 | ((digit - digits) & 15));
        n++;
    }
    return true;
}

/* SHA-1 of name space and name, with version 5 and the variant of RFC 4122 set in it. */
static void named(const char *text, const uint8_t name_space[16], uint8_t out[16])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t digest[EVP_MAX_MD_SIZE];

    if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) != 1 ||
        EVP_DigestUpdate(ctx, name_space, 16) != 1 ||
        EVP_DigestUpdate(ctx, text, strlen(text)) != 1 ||
        EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
        abort(); /* out of memory in the first call */
    EVP_MD_CTX_free(ctx);
    memcpy(out, digest, 16);
    out[6] = (uint8_t)(0x50 | (out[6] & 0x0f));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3f));
}

bool host_uuid(const char *text, const uint8_t *name_space, uint8_t out[16])
{
    if (literal(text, out))
        return true;
    if (name_space)
        named(text, name_space, out);
    return name_space != NULL;
}

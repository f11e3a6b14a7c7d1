/* SPDX-License-Identifier: Apache-2.0 */
/* A signature from another program. */
#include "host/signer.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string.h>

#include "host/system.h"

/* A signature as it was printed: base64 is the longest form. */
#define ANSWER_MAX (2u * HOST_SIGNATURE_MAX)

struct answer {
    uint8_t data[ANSWER_MAX];
    size_t len;
};

static int fail(const struct host_key *key, struct host_error *e, const char *what)
{
    return host_fail(e, HOST_FAILED, host_in(key->signer), "See what it printed above.", "%s",
                     what);
}

static int run(const struct host_key *key, const uint8_t *message, size_t len,
               struct answer *answer, struct host_error *e)
{
    int code =
        host_run_filter(key->signer, message, len, answer->data, sizeof answer->data, &answer->len);

    if (code < 0)
        return host_fail(e, HOST_FAILED, host_in(key->signer), NULL,
                         "the signing command cannot be started: %s", strerror(errno));
    if (answer->len > sizeof answer->data)
        return fail(key, e, "the signing command printed more than any signature is long");
    if (code > 128 && code < 128 + 32) /* as a shell tells it */
        return host_fail(e, HOST_FAILED, host_in(key->signer), NULL,
                         "the signing command was ended by signal %d", code - 128);
    if (code)
        return host_fail(e, HOST_FAILED, host_in(key->signer), "See what it printed above.",
                         "the signing command failed with exit code %d", code);
    if (!answer->len)
        return fail(key, e, "the signing command printed no signature on its standard output");
    return HOST_OK;
}

static bool verifies(const struct host_key *key, const void *message, size_t message_len,
                     const struct answer *a)
{
    return a->len <= HOST_SIGNATURE_MAX &&
           host_key_check(key, message, message_len, a->data, a->len);
}

/* r and s, each as long as the curve's order, as DER. */
static bool from_numbers(const struct host_key *key, struct answer *a)
{
    size_t half = key->type->bits / 8u;
    bool ecdsa = key->type->signature == BH_SIG_P256 || key->type->signature == BH_SIG_P384;
    ECDSA_SIG *sig = ecdsa && a->len == 2 * half ? ECDSA_SIG_new() : NULL;
    unsigned char *at = a->data;

    if (!sig)
        return false;
    BIGNUM *r = BN_bin2bn(a->data, (int)half, NULL),
           *s = BN_bin2bn(a->data + half, (int)half, NULL);
    bool ok = r && s && ECDSA_SIG_set0(sig, r, s);
    int len = ok ? i2d_ECDSA_SIG(sig, &at) : 0;

    if (!ok) {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(sig);
    a->len = len > 0 ? (size_t)len : 0;
    return len > 0;
}

static bool from_base64(struct answer *a)
{
    uint8_t text[ANSWER_MAX];
    size_t n = 0, pads = 0;

    for (size_t i = 0; i < a->len; i++)
        if (!strchr(" \t\r\n", a->data[i]) || !a->data[i])
            text[n++] = a->data[i];
    while (pads < n && pads < 2 && text[n - 1 - pads] == '=')
        pads++;
    int len = n && n % 4 == 0 ? EVP_DecodeBlock(a->data, text, (int)n) : -1;
    a->len = len > 0 ? (size_t)len - pads : 0;
    return len > 0;
}

/* The forms in which a signature may come. Each leaves what it made of the answer in *a. */
static bool accept(const struct host_key *key, const void *message, size_t len, struct answer *a)
{
    struct answer text = *a;

    if (verifies(key, message, len, a))
        return true;
    if (from_numbers(key, a))
        return verifies(key, message, len, a);
    *a = text;
    if (!from_base64(a))
        return false;
    return verifies(key, message, len, a) ||
           (from_numbers(key, a) && verifies(key, message, len, a));
}

int host_signer(const struct host_key *key, const void *message, size_t message_len,
                uint8_t *signature, size_t *len, struct host_error *e)
{
    struct answer answer = { .len = 0 };

    if (!key->evp)
        return host_fail(e, HOST_BAD_INPUT, host_in(key->signer), "Leave out --signer.",
                         "%s keys sign only with their own file", key->type->name);
    if (run(key, message, message_len, &answer, e))
        return e->code;
    size_t printed = answer.len;
    if (!accept(key, message, message_len, &answer) || answer.len > *len)
        return host_fail(
            e, HOST_FAILED, host_in(key->signer),
            "Is --key the public part of its key, and does it sign the digest as it is, "
            "without hashing it again?",
            "the signing command printed %zu bytes that are no signature by that key", printed);
    memcpy(signature, answer.data, answer.len);
    *len = answer.len;
    return HOST_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in a token. The provider is loaded when the first URI is met, and stays.
 *
 * The PIN is known before the provider is asked, and handed over once: a token locks after a few
 * wrong ones, and a provider that gets none asks on the terminal by itself. */
#include "host/pkcs11.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <string.h>

#include "host/keys.h"

enum { URI_MAX = 512 };

static const char list_them[] = "List the token's objects with 'pkcs11-tool --list-objects', and "
                                "name one by token= and object= or id=.";

/* RFC 7512, section 2.3; and "x-", which vendors may define. */
static const char *const attributes[] = {
    "token",
    "manufacturer",
    "serial",
    "model",
    "library-manufacturer",
    "object",
    "type",
    "id",
    "slot-id",
    "slot-description",
    "module-name",
    "module-path",
    "pin-value",
    "pin-source",
    "slot-manufacturer",
    "library-version",
    "library-description",
};

/* What a load finds in the token. */
struct found {
    EVP_PKEY *key; /* the first private key; the first public one while there is none */
    bool is_private;
    unsigned others; /* further keys that are as private as that one, and different */
};

struct pin {
    char text[HOST_PASSWORD_MAX];
    bool asked;
};

bool host_pkcs11_is_uri(const char *text)
{
    return strncmp(text, "pkcs11:", 7) == 0;
}

static bool is_attribute(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        if (strlen(attributes[i]) == len && memcmp(attributes[i], name, len) == 0)
            return true;
    return len > 2 && memcmp(name, "x-", 2) == 0;
}

/* Providers ignore an attribute that they do not know, and then take whatever key is there. */
static int check_uri(const char *uri, const char *shown, struct host_error *e)
{
    if (strlen(uri) >= URI_MAX)
        return host_fail(e, HOST_BAD_INPUT, host_in("pkcs11:"),
                         "Name the key by token= and object= or id= alone.",
                         "the URI is longer than %u characters", URI_MAX - 1u);
    for (const char *at = uri + strlen("pkcs11:"); *at;) {
        size_t len = strcspn(at, ";?&"), name_len = strcspn(at, "=;?&");

        if (name_len == len || !is_attribute(at, name_len))
            return host_fail(e, HOST_BAD_INPUT, host_in(shown),
                             "A URI is pkcs11:token=NAME;object=NAME, or with id=%01.",
                             "PKCS#11 has no attribute '%.*s'", (int)name_len, at);
        at += len;
        at += *at != '\0';
    }
    return HOST_OK;
}

static int load_provider(const char *shown, struct host_error *e)
{
    if (OSSL_PROVIDER_available(NULL, "pkcs11"))
        return HOST_OK;
    /* to load one by name takes away the default one, unless that is loaded by name too */
    if (OSSL_PROVIDER_load(NULL, "default") && OSSL_PROVIDER_load(NULL, "pkcs11"))
        return HOST_OK;
    ERR_clear_error();
    return host_fail(e, HOST_FAILED, host_in(shown),
                     "Install pkcs11-provider (Debian 13 has it) and name the token's module in "
                     "openssl.cnf, or sign by a command: --signer.",
                     "OpenSSL has no provider for PKCS#11");
}

static int hand_over_pin(UI *ui, UI_STRING *string)
{
    struct pin *pin = UI_get0_user_data(ui);

    if (UI_get_string_type(string) != UIT_PROMPT)
        return 1;
    pin->asked = true;
    return UI_set_result(ui, string, pin->text) == 0;
}

/* Takes over the key. */
static void consider(struct found *found, EVP_PKEY *key, bool is_private)
{
    if (!key || is_private < found->is_private) {
        EVP_PKEY_free(key);
    } else if (!found->key || is_private > found->is_private) {
        EVP_PKEY_free(found->key);
        *found = (struct found){ key, is_private, 0 };
    } else {
        found->others += EVP_PKEY_eq(key, found->key) != 1;
        EVP_PKEY_free(key);
    }
}

/* False: the provider could not talk to any token. */
static bool look(const char *uri, struct pin *pin, struct found *found)
{
    UI_METHOD *method = UI_create_method("bulkhead");
    OSSL_STORE_CTX *store = NULL;

    *found = (struct found){ 0 };
    if (method) {
        UI_method_set_reader(method, hand_over_pin);
        store = OSSL_STORE_open(uri, method, pin, NULL, NULL);
    }
    while (store && !OSSL_STORE_eof(store) && !OSSL_STORE_error(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        int type = info ? OSSL_STORE_INFO_get_type(info) : 0;

        if (type == OSSL_STORE_INFO_PKEY)
            consider(found, OSSL_STORE_INFO_get1_PKEY(info), true);
        else if (type == OSSL_STORE_INFO_PUBKEY)
            consider(found, OSSL_STORE_INFO_get1_PUBKEY(info), false);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    UI_destroy_method(method);
    return store != NULL;
}

/* Nothing was found. Whether the token took the PIN shows at a second look, without one: a provider
 * that is logged in does not ask again, and from one that is not an empty PIN gets no further. */
static int nothing_found(const char *shown, bool asked, struct host_error *e)
{
    struct pin none = { "", false };
    struct found found;

    look(shown, &none, &found);
    EVP_PKEY_free(found.key);
    ERR_clear_error();
    if (none.asked)
        return host_fail(e, HOST_BAD_INPUT, host_in(shown),
                         "Most tokens lock after a few wrong ones: look at the PIN before you try "
                         "again.",
                         "the token refuses the PIN");
    return host_fail(e, HOST_BAD_INPUT, host_in(shown), list_them,
                     asked ? "the token holds no key that fits the URI"
                           : "there is no such token, or it holds no key that fits the URI");
}

/* What was found, judged. */
static int judge(const char *shown, bool talked, bool asked, const struct found *found,
                 struct host_error *e)
{
    if (!talked) {
        unsigned long error = ERR_peek_last_error();
        const char *why = error ? ERR_reason_error_string(error) : NULL;

        host_fail(e, HOST_FAILED, host_in(shown),
                  "Name the token's module in PKCS11_PROVIDER_MODULE, or as pkcs11-module-path in "
                  "openssl.cnf.",
                  "OpenSSL's provider for PKCS#11 has no module that works: %s",
                  why ? why : "it does not say why");
        ERR_clear_error();
        return e->code;
    }
    ERR_clear_error();
    if (!found->key)
        return nothing_found(shown, asked, e);
    if (found->others)
        return host_fail(e, HOST_BAD_INPUT, host_in(shown), list_them,
                         "%u different %s keys fit the URI, and it must be one", found->others + 1,
                         found->is_private ? "private" : "public");
    return HOST_OK;
}

int host_pkcs11_load(const char *uri, const char *passphrase, EVP_PKEY **evp, bool *is_private,
                     struct host_error *e)
{
    bool in_uri = strstr(uri, "pin-value=") || strstr(uri, "pin-source=");
    struct pin pin = { "", false };
    struct found found = { 0 };
    char shown[URI_MAX]; /* without a PIN */

    *evp = NULL;
    *is_private = false;
    snprintf(shown, sizeof shown, "%.*s", (int)strcspn(uri, "?"), uri);
    if (check_uri(uri, shown, e) || load_provider(shown, e) ||
        (!in_uri && host_passphrase(passphrase, shown, false, pin.text, e)))
        return e->code;
    bool talked = look(uri, &pin, &found);
    OPENSSL_cleanse(pin.text, sizeof pin.text);
    int code = judge(shown, talked, pin.asked, &found, e);
    if (code) {
        EVP_PKEY_free(found.key);
        return code;
    }
    *evp = found.key;
    *is_private = found.is_private;
    return HOST_OK;
}

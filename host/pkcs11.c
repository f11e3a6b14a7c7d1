/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in a token. The provider is loaded when the first URI is met, and stays. */
#include "host/pkcs11.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <string.h>

#include "host/keys.h"

bool host_pkcs11_is_uri(const char *text)
{
    return strncmp(text, "pkcs11:", 7) == 0;
}

static int load_provider(const char *uri, struct host_error *e)
{
    if (OSSL_PROVIDER_available(NULL, "pkcs11"))
        return HOST_OK;
    /* to load one by name takes away the default one, unless that is loaded by name too */
    if (OSSL_PROVIDER_load(NULL, "default") && OSSL_PROVIDER_load(NULL, "pkcs11"))
        return HOST_OK;
    ERR_clear_error();
    return host_fail(e, HOST_FAILED, host_in(uri),
                     "Install pkcs11-provider (Debian 13 has it) and name the token's module in "
                     "openssl.cnf, or sign by a command: --signer.",
                     "OpenSSL has no provider for PKCS#11");
}

struct pin {
    const char *source, *uri;
    struct host_error *e;
};

static int ask_pin(UI *ui, UI_STRING *string)
{
    struct pin *pin = UI_get0_user_data(ui);
    char password[HOST_PASSWORD_MAX];

    if (UI_get_string_type(string) != UIT_PROMPT)
        return 1;
    if (host_passphrase(pin->source, pin->uri, false, password, pin->e))
        return 0;
    int code = UI_set_result(ui, string, password);
    OPENSSL_cleanse(password, sizeof password);
    return code == 0;
}

/* The first private key of those that fit; the first public one if there is none. */
static void choose(OSSL_STORE_CTX *store, EVP_PKEY **evp, bool *is_private)
{
    while (!OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        int type = info ? OSSL_STORE_INFO_get_type(info) : 0;

        if (type == OSSL_STORE_INFO_PKEY && !*is_private) {
            EVP_PKEY_free(*evp);
            *evp = OSSL_STORE_INFO_get1_PKEY(info);
            *is_private = true;
        } else if (type == OSSL_STORE_INFO_PUBKEY && !*evp) {
            *evp = OSSL_STORE_INFO_get1_PUBKEY(info);
        }
        OSSL_STORE_INFO_free(info);
        if (OSSL_STORE_error(store))
            return;
    }
}

int host_pkcs11_load(const char *uri, const char *passphrase, EVP_PKEY **evp, bool *is_private,
                     struct host_error *e)
{
    struct pin pin = { passphrase, uri, e };
    UI_METHOD *method;

    *evp = NULL;
    *is_private = false;
    e->code = HOST_OK;
    if (load_provider(uri, e))
        return e->code;
    method = UI_create_method("bulkhead");
    if (method)
        UI_method_set_reader(method, ask_pin);
    OSSL_STORE_CTX *store = method ? OSSL_STORE_open(uri, method, &pin, NULL, NULL) : NULL;
    if (store)
        choose(store, evp, is_private);
    unsigned long error = ERR_peek_last_error();
    const char *why = error ? ERR_reason_error_string(error) : NULL;
    OSSL_STORE_close(store);
    UI_destroy_method(method);
    ERR_clear_error();
    if (*evp)
        return HOST_OK;
    if (e->code)
        return e->code; /* of the PIN */
    return host_fail(e, HOST_BAD_INPUT, host_in(uri),
                     "List the token's objects with 'pkcs11-tool --list-objects', and name one by "
                     "token= and object= or id=.",
                     "no key was found in the token: %s", why ? why : "nothing fits the URI");
}

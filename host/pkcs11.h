/* SPDX-License-Identifier: Apache-2.0 */
/* host/pkcs11.h - keys in a token (an HSM, a smart card), by URI (RFC 7512), through OpenSSL's
 * provider for PKCS#11. Which module it talks to is said in OpenSSL's configuration or in the
 * environment; see the provider's manual.
 *
 *     host_pkcs11_load("pkcs11:token=release;object=root;type=private", NULL, &evp, &is_private, e);
 */
#ifndef HOST_PKCS11_H
#define HOST_PKCS11_H

#include <stdbool.h>

#include "host/report.h"

struct evp_pkey_st;

bool host_pkcs11_is_uri(const char *text);
/* The one key that fits: a private one, or a public one if there is no private one. passphrase:
 * where the PIN comes from, unless the URI has it (pin-value, pin-source); see host_passphrase().
 * The PIN is tried once. */
int host_pkcs11_load(const char *uri, const char *passphrase, struct evp_pkey_st **evp,
                     bool *is_private, struct host_error *e);

#endif

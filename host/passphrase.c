/* SPDX-License-Identifier: Apache-2.0 */
/* Where a password comes from. Never from the command line: every user of a machine can read
 * that. */
#define _POSIX_C_SOURCE 200809L
#include "host/keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char how[] = "Say --passphrase env:NAME, file:PATH or ask.";

static int keep(const char *text, size_t len, const char *source, char password[HOST_PASSWORD_MAX],
                struct host_error *e)
{
    if (len == 0 || len >= HOST_PASSWORD_MAX)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), NULL,
                         "passphrase from %s has %zu bytes; 1 to %u are possible", source, len,
                         HOST_PASSWORD_MAX - 1);
    memcpy(password, text, len);
    password[len] = 0;
    return HOST_OK;
}

static int from_file(const char *source, const char *path, char password[HOST_PASSWORD_MAX],
                     struct host_error *e)
{
    struct host_bytes text;

    if (host_read_file(path, &text, e))
        return e->code;
    int code = keep((char *)text.data, strcspn((char *)text.data, "\r\n"), source, password, e);
    OPENSSL_cleanse(text.data, text.len);
    host_bytes_free(&text);
    return code;
}

static int from_terminal(const char *what, bool twice, char password[HOST_PASSWORD_MAX],
                         struct host_error *e)
{
    char prompt[300];

    snprintf(prompt, sizeof prompt, "Passphrase for %.200s: ", what);
    if (EVP_read_pw_string_min(password, 1, (int)HOST_PASSWORD_MAX - 1, prompt, twice))
        return host_fail(e, HOST_BAD_INPUT, host_in(what), how, "no passphrase was entered");
    return HOST_OK;
}

int host_passphrase(const char *source, const char *what, bool twice,
                    char password[HOST_PASSWORD_MAX], struct host_error *e)
{
    if (!source && !isatty(STDIN_FILENO))
        return host_fail(e, HOST_BAD_INPUT, host_in(what), how,
                         "key is protected by a passphrase, and there is no terminal to ask");
    if (!source || strcmp(source, "ask") == 0)
        return from_terminal(what, twice, password, e);
    if (strncmp(source, "file:", 5) == 0)
        return from_file(source, source + 5, password, e);
    if (strncmp(source, "env:", 4) == 0) {
        const char *text = getenv(source + 4);

        if (text)
            return keep(text, strlen(text), source, password, e);
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), how,
                         "environment variable %s is not set", source + 4);
    }
    return host_fail(e, HOST_BAD_INPUT, host_nowhere(), how,
                     "passphrase source '%s' is none of env:, file:, ask", source);
}

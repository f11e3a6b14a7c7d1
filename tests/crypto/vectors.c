/* SPDX-License-Identifier: Apache-2.0 */
/* Read vector files. A file that is not understood ends the test. */
#include "vectors.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *path;
static unsigned line_number;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", path, line_number, what);
    exit(2);
}

/* Appends the hexadecimal digits of text. */
static void append_hex(struct bytes *b, const char *text)
{
    size_t more = strlen(text) / 2;
    uint8_t *data;
    unsigned byte;

    if (more == 0)
        return;
    data = malloc(b->len + more);
    if (!data || strlen(text) % 2)
        fail("odd number of digits");
    memcpy(data, b->data, b->len);
    free(b->data);
    for (size_t i = 0; i < more; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            fail("not hexadecimal");
        data[b->len + i] = (uint8_t)byte;
    }
    b->data = data;
    b->len += more;
}

static void set_algo(struct vector *v, const char *name)
{
    static const struct {
        const char *name;
        const struct bh_signature_algo *algo;
    } algos[] = { { "p256", &bh_p256 },
                  { "ed25519", &bh_ed25519 },
                  { "rsa2048", &bh_rsa2048 },
                  { "rsa3072", &bh_rsa3072 },
                  { "rsa2048_pkcs1", &bh_rsa2048_pkcs1 },
                  { "rsa3072_pkcs1", &bh_rsa3072_pkcs1 },
                  { "rsa4096_pkcs1", &bh_rsa4096_pkcs1 },
                  { "lms", &bh_lms },
                  { "ml_dsa_44", &bh_ml_dsa_44 },
                  { "ml_dsa_65", &bh_ml_dsa_65 },
                  { "ml_dsa_87", &bh_ml_dsa_87 } };

    for (size_t i = 0; i < sizeof algos / sizeof algos[0]; i++)
        if (strcmp(algos[i].name, name) == 0)
            v->algo = algos[i].algo;
    if (!v->algo)
        fail("unknown algo");
}

static void set_hash(struct vector *v, const char *name)
{
    v->hash = strcmp(name, "sha256") == 0   ? &bh_sha256
              : strcmp(name, "sha384") == 0 ? &bh_sha384
                                            : &bh_sha512;
}

/* Sets the field, and returns the bytes that the next lines may go on with. */
static struct bytes *set(struct vector *v, const char *field, const char *value)
{
    struct bytes *b = strcmp(field, "key") == 0   ? &v->key
                      : strcmp(field, "msg") == 0 ? &v->msg
                      : strcmp(field, "sig") == 0 ? &v->sig
                                                  : NULL;

    if (b) {
        b->data = malloc(1);
        append_hex(b, value);
    } else if (strcmp(field, "algo") == 0) {
        set_algo(v, value);
    } else if (strcmp(field, "hash") == 0) {
        set_hash(v, value);
    } else if (strcmp(field, "verdict") == 0) {
        v->good = strcmp(value, "good") == 0;
    } else {
        fail("unknown field");
    }
    return b;
}

static char *trim(char *text)
{
    char *end = text + strlen(text);

    while (isspace((unsigned char)*text))
        text++;
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = 0;
    return text;
}

static char *join(const char *a, const char *b)
{
    size_t len = strlen(a) + strlen(b) + 3;
    char *text = malloc(len);

    snprintf(text, len, "%s: %s", a, b);
    return text;
}

size_t vectors_read(const char *file, struct vector **vectors, size_t n)
{
    FILE *f = fopen(file, "r");
    const char *base = strrchr(file, '/');
    struct bytes *open = NULL;
    struct vector *v = NULL;
    char line[8192];

    path = file;
    line_number = 0;
    if (!f)
        fail("cannot be opened");
    while (fgets(line, sizeof line, f)) {
        bool more = line[0] == ' ';
        char *text = trim(line);
        char *equals = strchr(text, '=');

        line_number++;
        if (!*text || *text == '#')
            continue;
        if (more && open) {
            append_hex(open, text);
        } else if (*text == '[') {
            *vectors = realloc(*vectors, (n + 1) * sizeof **vectors);
            v = &(*vectors)[n++];
            memset(v, 0, sizeof *v);
            text[strlen(text) - 1] = 0;
            v->name = join(base ? base + 1 : file, text + 1);
        } else if (v && equals) {
            *equals = 0;
            open = set(v, trim(text), trim(equals + 1));
        } else {
            fail("neither a case nor a field");
        }
    }
    fclose(f);
    return n;
}

uint32_t vector_verify(const struct vector *v, struct bytes key, struct bytes msg, struct bytes sig)
{
    struct bh_key k = { v->algo, { 0 }, key.data, (uint16_t)key.len };
    uint8_t digest[BH_DIGEST_MAX];
    struct bh_hash h;

    if (!v->hash)
        return v->algo->verify(&k, msg.data, msg.len, sig.data, sig.len);
    bh_hash_init(&h, v->hash);
    bh_hash_update(&h, msg.data, msg.len);
    bh_hash_final(&h, digest);
    return v->algo->verify(&k, digest, v->hash->digest_len, sig.data, sig.len);
}

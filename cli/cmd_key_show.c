/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead key show: what a key file holds. Never shows anything private. */
#include "cli/cli.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <string.h>

#include "cli/hex.h"
#include "host/keys.h"
#include "host/lms.h"

/* SHA-256 of the SubjectPublicKeyInfo in base64, as other tools print it: "SHA256:...". */
static int fingerprint(struct cli *cli, const struct host_key *key, char text[64])
{
    struct host_bytes spki;
    uint8_t digest[32];

    if (host_key_public_spki(key, &spki, &cli->error))
        return cli_error(cli);
    host_sha(256, spki.data, spki.len, digest);
    host_bytes_free(&spki);
    strcpy(text, "SHA256:");
    EVP_EncodeBlock((unsigned char *)text + 7, digest, sizeof digest);
    return HOST_OK;
}

/* Signatures left in an LMS key; -1 if it is none, or public. */
static long left(struct cli *cli, const struct host_key *key)
{
    struct host_bytes text;
    struct host_lms lms;
    long n = -1;

    if (!key->lms_path || host_read_file(key->lms_path, &text, &cli->error))
        return -1;
    if (!host_lms_decode(key->lms_path, &text, &lms, &cli->error))
        n = (1l << lms.height) - (long)lms.next;
    OPENSSL_cleanse(&lms, sizeof lms);
    OPENSSL_cleanse(text.data, text.len);
    host_bytes_free(&text);
    return n;
}

static int show(struct cli *cli, const struct host_key *key)
{
    char id[2 * BH_KEY_ID_LEN + 1], bytes[2 * HOST_KEY_BYTES_MAX + 1], print[64];
    const char *kind = key->has_private ? "private" : "public";
    long signatures = left(cli, key);

    if (fingerprint(cli, key, print))
        return cli->error.code;
    cli_hex(key->id, BH_KEY_ID_LEN, id);
    cli_hex(key->bytes, key->len, bytes);
    if (cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddStringToObject(json, "file", cli->operands[0]);
        cJSON_AddStringToObject(json, "type", key->type->name);
        cJSON_AddStringToObject(json, "kind", kind);
        cJSON_AddStringToObject(json, "id", id);
        cJSON_AddStringToObject(json, "fingerprint", print);
        cJSON_AddStringToObject(json, "public", bytes);
        if (signatures >= 0)
            cJSON_AddNumberToObject(json, "signatures_left", (double)signatures);
        return cli_json(cli, json);
    }
    printf("type         %s, %s\n", key->type->name, kind);
    printf("id           %s\n", id);
    printf("fingerprint  %s\n", print);
    printf("public       %.64s\n", bytes);
    for (size_t at = 64; at < 2 * key->len; at += 64)
        printf("             %.64s\n", bytes + at);
    if (signatures >= 0)
        printf("signatures   %ld left\n", signatures);
    return HOST_OK;
}

static int run(struct cli *cli)
{
    struct host_key key;

    if (host_key_load(cli->operands[0], cli_value(cli, "passphrase"), &key, &cli->error))
        return cli_error(cli);
    int code = show(cli, &key);
    host_key_free(&key);
    return code;
}

const struct cli_command cmd_key_show = {
    .noun = "key",
    .verb = "show",
    .summary = "Show type, id and public bytes of a key",
    .description = "Images name their key by the id: the SHA-256 of the public key in DER (RSA: "
                   "PKCS#1 RSAPublicKey; LMS: the 60 bytes of RFC 8554; others: "
                   "SubjectPublicKeyInfo). The fingerprint is the SHA-256 of the "
                   "SubjectPublicKeyInfo in base64. Nothing private is shown.",
    .operands =
        (const struct cli_operand[]){
            { "FILE", "Private or public key, PEM or DER", false, false },
            { 0 },
        },
    .options = (const struct cli_option[]){ CLI_PASSPHRASE, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead key show root.pem", "Which key is it?" },
            { 0 },
        },
    .run = run,
};

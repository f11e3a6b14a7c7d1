/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead key new: make a signing key. */
#include "cli/cli.h"

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "cli/hex.h"
#include "host/keys.h"
#include "host/lms.h"

/* key: NULL in a dry run, which makes none. */
static int report(struct cli *cli, const char *path, const struct host_key_type *type,
                  const struct host_key *key)
{
    char id[2 * BH_KEY_ID_LEN + 1] = "";

    if (key)
        cli_hex(key->id, BH_KEY_ID_LEN, id);
    if (cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddStringToObject(json, "file", path);
        cJSON_AddBoolToObject(json, "written", key != NULL);
        cJSON_AddStringToObject(json, "type", type->name);
        if (key)
            cJSON_AddStringToObject(json, "id", id);
        return cli_json(cli, json);
    }
    cli_note(cli, "%s %s: %s private key%s%s", key ? "wrote" : "would write", path, type->name,
             key ? ", id " : "", id);
    return HOST_OK;
}

/* As wolfBoot's keygen writes it: Ed25519's seed and point (64), P-256's X, Y and secret (96),
 * RSA's PKCS#1. */
static int private_wolfboot(struct cli *cli, const struct host_key *key, struct host_bytes *out)
{
    enum { SEED_AT = 16, SECRET_AT = 7 }; /* in the DER form of such a key: RFC 8410, RFC 5915 */
    bool ed25519 = key->type->signature == BH_SIG_ED25519;
    struct host_bytes der;

    if (host_key_private_der(key, !ed25519, &der, &cli->error))
        return cli_error(cli);
    *out = der;
    if (key->type->signature == BH_SIG_RSA2048 || key->type->signature == BH_SIG_RSA3072)
        return HOST_OK;
    out->len = ed25519 ? 64 : 96;
    out->data = malloc(out->len);
    if (out->data && ed25519 && der.len >= SEED_AT + 32) {
        memcpy(out->data, der.data + SEED_AT, 32);
        memcpy(out->data + 32, key->bytes, 32);
    } else if (out->data && der.len >= SECRET_AT + 32) {
        memcpy(out->data, key->bytes, 64);
        memcpy(out->data + 64, der.data + SECRET_AT, 32);
    }
    OPENSSL_cleanse(der.data, der.len);
    host_bytes_free(&der);
    return out->data ? HOST_OK : cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
}

static int write_pem(struct cli *cli, const struct host_key *key, const char *password,
                     struct host_output *out)
{
    struct host_bytes pem;
    int failed;

    if (strcmp(cli_value(cli, "format"), "wolfboot") == 0)
        failed = private_wolfboot(cli, key, &pem);
    else
        failed = host_key_private_pem(key, password, &pem, &cli->error) ? cli_error(cli) : HOST_OK;
    if (failed) {
        host_output_cancel(out);
        return failed;
    }
    out->durable = true;
    int code = host_output_commit(out, pem.data, pem.len, &cli->error);
    OPENSSL_cleanse(pem.data, pem.len);
    host_bytes_free(&pem);
    return code ? cli_error(cli) : HOST_OK;
}

static int new_evp(struct cli *cli, const struct host_key_type *type, const char *path)
{
    struct host_output out;
    struct host_key key;
    char password[HOST_PASSWORD_MAX];
    const char *source = cli_value(cli, "passphrase");

    if (host_output_open(&out, path, 0600, cli_has(cli, "force"), &cli->error))
        return cli_error(cli);
    out.mode = 0600;
    if (source && host_passphrase(source, path, true, password, &cli->error)) {
        host_output_cancel(&out);
        return cli_error(cli);
    }
    if (cli_has(cli, "dry-run")) {
        OPENSSL_cleanse(password, sizeof password);
        host_output_cancel(&out);
        return report(cli, path, type, NULL);
    }
    if (host_key_new(type, &key, &cli->error)) {
        OPENSSL_cleanse(password, sizeof password);
        host_output_cancel(&out);
        return cli_error(cli);
    }
    int code = write_pem(cli, &key, source ? password : NULL, &out);
    OPENSSL_cleanse(password, sizeof password);
    if (!code)
        code = report(cli, path, type, &key);
    host_key_free(&key);
    return code;
}

static void show_progress(void *context, uint32_t done, uint32_t all)
{
    (void)all;
    cli_progress_update(context, done);
}

static int new_lms(struct cli *cli, const struct host_key_type *type, const char *path)
{
    struct host_output out;
    struct host_lms lms;
    struct host_key key;
    struct cli_progress progress;
    uint32_t height = 0, width = 0;
    bool force = cli_has(cli, "force");

    if (cli_u32(cli, "lms-height", &height) || cli_u32(cli, "lms-width", &width))
        return HOST_BAD_INPUT;
    if (cli_has(cli, "passphrase"))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Leave out --passphrase.",
                        "an LMS key cannot have a passphrase: signing rewrites its file");
    if (host_output_open(&out, path, 0600, force, &cli->error)) /* may it be written at all? */
        return cli_error(cli);
    host_output_cancel(&out);
    if (cli_has(cli, "dry-run"))
        return report(cli, path, type, NULL);
    cli_progress_begin(cli, &progress, "growing the tree", 1ull << height);
    int code =
        host_lms_new((uint8_t)height, (uint8_t)width, show_progress, &progress, &lms, &cli->error);
    cli_progress_end(&progress);
    if (!code)
        code = host_lms_write(path, &lms, force, &cli->error);
    OPENSSL_cleanse(&lms, sizeof lms);
    if (code || host_key_load(path, NULL, &key, &cli->error))
        return cli_error(cli);
    code = report(cli, path, type, &key);
    host_key_free(&key);
    return code;
}

static int run(struct cli *cli)
{
    const struct host_key_type *type = host_key_type(cli_value(cli, "type"));
    const char *path;

    if (cli_take_output(cli, 0))
        return cli->error.code;
    path = cli->operands[0];
    if (strcmp(path, "-") == 0)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Name a file.",
                        "a private key is not written to standard output");
    if (type->signature != BH_SIG_LMS && (cli_has(cli, "lms-height") || cli_has(cli, "lms-width")))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Leave them out, or say --type lms.",
                        "--lms-height and --lms-width are for LMS keys, not %s", type->name);
    if (strcmp(cli_value(cli, "format"), "wolfboot") == 0) {
        if (type->signature == BH_SIG_LMS || type->signature == BH_SIG_P384 || !type->signature ||
            host_ml_dsa_of(type->signature))
            return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                            "Say --type ed25519, p256, rsa-2048 or rsa-3072.",
                            "private %s keys are not written in wolfBoot's form", type->name);
        if (cli_has(cli, "passphrase"))
            return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Leave out --passphrase.",
                            "wolfBoot's form of a key cannot be encrypted");
    }
    return type->signature == BH_SIG_LMS ? new_lms(cli, type, path) : new_evp(cli, type, path);
}

const struct cli_command cmd_key_new = {
    .noun = "key",
    .verb = "new",
    .summary = "Make a signing key",
    .description =
        "Writes a private key that only its owner may read. All types but LMS are PKCS#8 PEM "
        "files, as OpenSSL and imgtool read them.\n\n"
        "LMS signatures (RFC 8554) withstand quantum computers, but each one uses up a part of "
        "the key: 32 signatures at height 5, 1024 at 10, 32768 at 15. The file counts them. Never "
        "sign with a copy or a backup of an LMS key file: two signatures from the same count give "
        "the key away.\n\n"
        "ML-DSA signatures (FIPS 204) withstand them too, and any number can be made. The file has "
        "the key's seed (RFC 9881).\n\n"
        "ecdsa-p384 and x25519 keys are made for other tools; Bulkhead's bootloader verifies "
        "neither.\n\n"
        "With --format wolfboot the file is what wolfBoot's keygen writes, for its own tools: bare "
        "numbers (Ed25519 64 bytes, P-256 96), RSA in PKCS#1. All commands here read both.",
    .operands =
        (const struct cli_operand[]){
            { "FILE", "The same as --output", true, false },
            { 0 },
        },
    .options =
        (const struct cli_option[]){
            { "type", 't',
              "ed25519|ecdsa-p256|p256|rsa-2048|rsa-3072|lms|ml-dsa-44|ml-dsa-65|ml-dsa-87|ecdsa-p384|p384|x25519",
              "Kind of key; p256 and p384 are short for the ECDSA ones", NULL, false, true },
            { "output", 'o', "FILE", "The private key's file", NULL, false, false },
            { "format", 0, "pem|wolfboot", "Form of the file", "pem", false, false },
            CLI_PASSPHRASE,
            { "lms-height", 0, "5|10|15|20|25", "LMS: 2 to the power of this many signatures", "10",
              false, false },
            { "lms-width", 0, "1|2|4|8", "LMS: Winternitz parameter; more is shorter and slower",
              "8", false, false },
            CLI_FORCE,
            CLI_DRY_RUN,
            CLI_JSON,
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "bulkhead key new --type ed25519 root.pem", "Make an Ed25519 key" },
            { "bulkhead key new -t p256 --passphrase ask root.pem",
              "Make an ECDSA P-256 key, protected by a passphrase" },
            { 0 },
        },
    .run = run,
};

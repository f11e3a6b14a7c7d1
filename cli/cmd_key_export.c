/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead key export: the public key, in the form somebody needs. */
#define _POSIX_C_SOURCE 200809L
#include "cli/cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/hex.h"
#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"
#include "host/core_key.h"
#include "host/keys.h"
#include "host/sign_wolfboot.h"

/* A C name: what was asked for, or the file's name without folder and ending. */
static void c_name(const struct cli *cli, char name[64])
{
    const char *path = cli->operands[0], *slash = strrchr(path, '/');
    const char *from = cli_value(cli, "name");
    size_t n = 0;

    if (!from)
        from = slash ? slash + 1 : path;
    if (isdigit((unsigned char)*from))
        name[n++] = '_';
    for (; *from && *from != '.' && n < 63; from++)
        name[n++] = isalnum((unsigned char)*from) ? *from : '_';
    name[n] = 0;
}

/* What images name the key by: the start of its hash. */
static void key_id(const struct cli *cli, const struct host_key *key, uint8_t id[BH_KEY_ID_LEN])
{
    uint8_t digest[64];

    host_sha((unsigned)strtoul(cli_value(cli, "sha"), NULL, 10), key->der, key->der_len, digest);
    memcpy(id, digest, BH_KEY_ID_LEN);
}

static int print_c(struct cli *cli, const struct host_key *key, FILE *out)
{
    uint8_t id[BH_KEY_ID_LEN];
    char name[64];

    if (!key->type->algo)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[0]),
                        "Use Ed25519, ECDSA P-256, RSA, LMS or ML-DSA.",
                        "the bootloader cannot verify %s", key->type->name);
    c_name(cli, name);
    key_id(cli, key, id);
    fprintf(out,
            "/* Public key (%s), written by 'bulkhead key export --format c'. */\n"
            "#include \"bulkhead/key.h\"\n\n"
            "static const uint8_t %s_bytes[%zu] = {",
            key->type->name, name, key->len);
    cli_c_bytes(out, key->bytes, key->len, "    ", 12);
    fprintf(out, "\n};\n\nconst struct bh_key %s_key = {\n    &%s,\n    {", name, key->type->algo);
    cli_c_bytes(out, id, BH_KEY_ID_LEN, "        ", 12);
    fprintf(out, "\n    },\n    %s_bytes,\n    sizeof %s_bytes,\n};\n", name, name);
    return HOST_OK;
}

/* As imgtool's getpub: what MCUboot builds take. */
static int print_imgtool_c(const struct host_key *key, FILE *out)
{
    const char *stem = key->type->imgtool_name;

    fprintf(out,
            "/* Public key (%s), written by 'bulkhead key export --format imgtool-c'. */\n"
            "const unsigned char %s_pub_key[] = {",
            key->type->name, stem);
    cli_c_bytes(out, key->der, key->der_len, "    ", 8);
    fprintf(out, "\n};\nconst unsigned int %s_pub_key_len = %zu;\n", stem, key->der_len);
    return HOST_OK;
}

static int print_pem(struct cli *cli, const struct host_key *key, FILE *out)
{
    struct host_bytes pem;

    if (host_key_public_pem(key, &pem, &cli->error))
        return cli_error(cli);
    fwrite(pem.data, 1, pem.len, out);
    host_bytes_free(&pem);
    return HOST_OK;
}

/* wolfBoot's forms: the bare key, and keystore.der, where an RSA key has more room than it
 * needs. */
static int print_wolfboot(struct cli *cli, const struct host_key *key, bool store, FILE *out)
{
    uint8_t raw[HOST_WOLFBOOT_RAW_MAX] = { 0 }, head[16];
    size_t len = host_wolfboot_raw(key, raw);
    size_t room = key->type->signature == BH_SIG_RSA2048   ? 320
                  : key->type->signature == BH_SIG_RSA3072 ? 448
                                                           : len;

    if (!len)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[0]),
                        "Use Ed25519, ECDSA P-256, RSA, LMS or ML-DSA.",
                        "wolfBoot's form of %s keys is not written here", key->type->name);
    bh_store32(head, 0);
    bh_store32(head + 4, host_wolfboot_auth(key, false));
    bh_store32(head + 8, UINT32_MAX); /* it may sign for every partition */
    bh_store32(head + 12, (uint32_t)room);
    if (store)
        fwrite(head, 1, sizeof head, out);
    fwrite(raw, 1, store ? room : len, out);
    return HOST_OK;
}

/* wolfBoot's src/keystore.c with this key, for its include/keystore.h. */
static int print_keystore_c(struct cli *cli, const struct host_key *key, FILE *out)
{
    static const char *const getters[][3] = {
        { "uint8_t *", "keystore_get_buffer", "(uint8_t *)PubKeys[id].pubkey" },
        { "int ", "keystore_get_size", "(int)PubKeys[id].pubkey_size" },
        { "uint32_t ", "keystore_get_mask", "PubKeys[id].part_id_mask" },
        { "uint32_t ", "keystore_get_key_type", "PubKeys[id].key_type" },
    };
    static const char *const nothing[] = { "NULL", "-1", "0", "0" };
    uint8_t raw[HOST_WOLFBOOT_RAW_MAX];
    size_t len = host_wolfboot_raw(key, raw);

    if (!len)
        return print_wolfboot(cli, key, false, out);
    fprintf(out,
            "/* wolfBoot's keystore with one public key (%s), written by 'bulkhead key export "
            "--format keystore-c'. */\n"
            "#include <stddef.h>\n#include <stdint.h>\n"
            "#include \"wolfboot/wolfboot.h\"\n#include \"keystore.h\"\n\n"
            "#define NUM_PUBKEYS 1\n\n"
            "const struct keystore_slot PubKeys[NUM_PUBKEYS] = {\n    {\n        .slot_id = 0,\n"
            "        .key_type = %u,\n        .part_id_mask = 0xFFFFFFFF,\n"
            "        .pubkey_size = %zu,\n        .pubkey = {",
            key->type->name, host_wolfboot_auth(key, false), len);
    cli_c_bytes(out, raw, len, "            ", 12);
    fputs("\n        },\n    },\n};\n\nint keystore_num_pubkeys(void)\n{\n"
          "    return NUM_PUBKEYS;\n}\n",
          out);
    for (size_t i = 0; i < sizeof getters / sizeof getters[0]; i++)
        fprintf(out, "\n%s%s(int id)\n{\n    return id < 0 || id >= NUM_PUBKEYS ? %s : %s;\n}\n",
                getters[i][0], getters[i][1], nothing[i], getters[i][2]);
    return HOST_OK;
}

static int print(struct cli *cli, const struct host_key *key, const char *format, FILE *out)
{
    char text[2 * BH_KEY_ID_LEN + 1];
    uint8_t id[BH_KEY_ID_LEN];

    if (strcmp(format, "pem") == 0)
        return print_pem(cli, key, out);
    if (strcmp(format, "c") == 0)
        return print_c(cli, key, out);
    if (strcmp(format, "imgtool-c") == 0)
        return print_imgtool_c(key, out);
    if (strcmp(format, "wolfboot") == 0 || strcmp(format, "keystore") == 0)
        return print_wolfboot(cli, key, strcmp(format, "wolfboot") != 0, out);
    if (strcmp(format, "keystore-c") == 0)
        return print_keystore_c(cli, key, out);
    if (strcmp(format, "der") == 0)
        fwrite(key->der, 1, key->der_len, out);
    else if (strcmp(format, "raw") == 0)
        fwrite(key->bytes, 1, key->len, out);
    else {
        key_id(cli, key, id);
        cli_hex(id, BH_KEY_ID_LEN, text);
        fprintf(out, "%s\n", text);
    }
    return HOST_OK;
}

static int write_out(struct cli *cli, const struct host_key *key)
{
    const char *path = cli_value(cli, "output"), *format = cli_value(cli, "format");
    char *text = NULL;
    size_t len = 0;

    if (key->has_private && host_same_file(path, cli->operands[0]))
        return cli_fail(cli, HOST_BAD_INPUT, host_in(path), "Choose another --output.",
                        "the public key would replace the private one");
    FILE *out = open_memstream(&text, &len);
    int code = out ? print(cli, key, format, out) : HOST_FAILED;
    bool lost = !out || fclose(out) != 0;
    if (!code && lost)
        code = cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    if (!code)
        code = cli_write(cli, path, text, len, cli_has(cli, "force"));
    free(text);
    return code;
}

static int run(struct cli *cli)
{
    struct host_key key;

    if (host_key_load(cli->operands[0], cli_value(cli, "passphrase"), &key, &cli->error))
        return cli_error(cli);
    int code = write_out(cli, &key);
    host_key_free(&key);
    return code;
}

const struct cli_command cmd_key_export = {
    .noun = "key",
    .verb = "export",
    .summary = "Write the public key in another form",
    .description =
        "pem: SubjectPublicKeyInfo for other tools. der: the bytes whose SHA-256 is "
        "the key's name in images. raw: the bytes of struct bh_key. hash: the key's id "
        "in hex. c: a struct bh_key for a product of this project. imgtool-c: the C "
        "array that MCUboot builds take, with the names imgtool gives it. wolfboot: the public "
        "key as wolfBoot's tools have it; keystore: its keystore.der; "
        "keystore-c: its src/keystore.c, each with this key alone. The private "
        "key never leaves its file.",
    .operands =
        (const struct cli_operand[]){
            { "FILE", "Private or public key, PEM or DER", false, false },
            { 0 },
        },
    .options =
        (const struct cli_option[]){
            { "format", 0, "pem|der|raw|hash|c|imgtool-c|wolfboot|keystore|keystore-c",
              "Which form", "pem", false, false },
            { "sha", 0, "256|384|512", "hash, c: the product's hash, with which images are signed",
              "256", false, false },
            { "output", 'o', "FILE", "Where to write; - is standard output", "-", false, false },
            { "name", 0, "NAME", "Stem of the C names; without it, from the file's name", NULL,
              false, false },
            CLI_PASSPHRASE,
            CLI_FORCE,
            CLI_DRY_RUN,
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "bulkhead key export root.pem -o root.pub.pem", "The public key for other people" },
            { "bulkhead key export --format c root.pem -o key.c",
              "The public key for the bootloader" },
            { 0 },
        },
    .run = run,
};

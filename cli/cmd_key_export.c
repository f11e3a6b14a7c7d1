/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead key export: the public key, in the form somebody needs. */
#define _POSIX_C_SOURCE 200809L
#include "cli/cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/hex.h"
#include "host/keys.h"

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
                        "Use Ed25519, ECDSA P-256, RSA or LMS.", "the bootloader cannot verify %s",
                        key->type->name);
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
    .description = "pem: SubjectPublicKeyInfo for other tools. der: the bytes whose SHA-256 is "
                   "the key's name in images. raw: the bytes of struct bh_key. hash: the key's id "
                   "in hex. c: a struct bh_key for a product of this project. imgtool-c: the C "
                   "array that MCUboot builds take, with the names imgtool gives it. The private "
                   "key never leaves its file.",
    .operands =
        (const struct cli_operand[]){
            { "FILE", "Private or public key, PEM or DER", false, false },
            { 0 },
        },
    .options =
        (const struct cli_option[]){
            { "format", 0, "pem|der|raw|hash|c|imgtool-c", "Which form", "pem", false, false },
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

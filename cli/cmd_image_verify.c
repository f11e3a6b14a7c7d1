/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead image verify: would a bootloader with these keys start this image? Asks the core. */
#include "cli/cli.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/hash.h"
#include "bulkhead/verify.h"
#include "host/core_key.h"
#include "cli/espressif.h"
#include "cli/hex.h"
#include "cli/image.h"
#include "cli/device.h"
#include "cli/product.h"
#include "host/reasons.h"
#include "host/sign_espressif.h"

/* The core's side of what was given on the command line. */
struct trial {
    struct host_bytes file;
    struct cli_view view;
    struct host_key *host_keys;
    struct bh_key *keys;
    uint8_t n_keys;
    struct bh_policy policy;
    struct bh_verified result;
    uint32_t limit, floor;
};

static int load_keys(struct cli *cli, struct trial *t)
{
    size_t n = cli_count(cli, "key");

    if (n > UINT8_MAX)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), NULL, "more than 255 keys");
    t->host_keys = calloc(n + 1, sizeof *t->host_keys);
    t->keys = calloc(n + 1, sizeof *t->keys);
    if (!t->host_keys || !t->keys)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    for (size_t i = 0; i < n; i++) {
        const char *path = cli_nth(cli, "key", i)[0];
        struct host_key *key = &t->host_keys[i];

        if (host_key_load(path, cli_value(cli, "passphrase"), key, &cli->error))
            return cli_error(cli);
        t->n_keys++;
        if (!host_core_key(key, &t->keys[i]))
            return cli_fail(cli, HOST_BAD_INPUT, host_in(path),
                            "Use Ed25519, ECDSA P-256, RSA or LMS.",
                            "the bootloader cannot verify %s signatures", key->type->name);
    }
    return HOST_OK;
}

/* A product has one digest; here it is the one the image has, and keys are named by it. */
static void adapt_to_digest(struct trial *t)
{
    static const struct bh_hash_algo *const all[] = { &bh_sha256, &bh_sha384, &bh_sha512 };
    struct bh_image image;

    t->policy.hash = &bh_sha256;
    for (const struct bh_image_format *const *f = cli_image_formats; *f; f++)
        if ((*f)->decode(&t->view.view, t->limit, &image) == BH_REASON_NONE)
            for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
                if (all[i]->id == image.hash_id)
                    t->policy.hash = all[i];
    for (size_t i = 0; i < t->n_keys; i++) {
        uint8_t digest[BH_DIGEST_MAX];

        host_sha(t->policy.hash->digest_len * 8u, t->host_keys[i].der, t->host_keys[i].der_len,
                 digest);
        memcpy(t->keys[i].id, digest, BH_KEY_ID_LEN);
        if (cli_is_espressif(&t->file))
            host_espressif_core_key(&t->host_keys[i], &t->keys[i]);
    }
}

/* With --product its own digest and limit, and its own keys if none were given. */
static int as_product(struct cli *cli, struct trial *t)
{
    const char *name = cli_value(cli, "product");
    const struct bh_product *product = name ? cli_product(cli, name) : NULL;

    if (!name) {
        adapt_to_digest(t);
        return HOST_OK;
    }
    if (!product)
        return cli->error.code;
    bool need_counter = t->policy.need_counter;
    t->policy = product->policy;
    t->policy.need_counter = need_counter || product->policy.need_counter;
    if (t->n_keys)
        host_policy_keys(&t->policy, t->host_keys, t->keys, t->n_keys,
                         host_product_sha(t->host_keys, t->n_keys));
    if (product->pairs[0].image_max < t->limit)
        t->limit = product->pairs[0].image_max;
    return HOST_OK;
}

/* Which bootloaders this good image is for: one computes one digest, and finds keys by it. */
static void print_digest(const struct cli *cli, const struct trial *t)
{
    unsigned sha = t->policy.hash->digest_len * 8u;

    if (!t->n_keys || cli_has(cli, "product") || cli_is_espressif(&t->file))
        return;
    printf("for bootloaders that compute SHA-%u", sha);
    if (host_product_sha(t->host_keys, t->n_keys) != sha)
        printf("; with Ed25519 keys alone Bulkhead's compute SHA-512: sign with --product");
    putchar('\n');
}

static int print_json(struct cli *cli, const struct trial *t)
{
    cJSON *json = cJSON_CreateObject();
    const struct bh_verified *r = &t->result;
    bool good = r->verdict == BH_VERDICT_GOOD;
    char digest[2 * BH_DIGEST_MAX + 1];

    cJSON_AddStringToObject(json, "file", cli->operands[0]);
    cJSON_AddBoolToObject(json, "good", good);
    cJSON_AddItemToObject(json, "reason", cli_json_reason(r->reason));
    if (r->format) {
        cJSON_AddStringToObject(json, "format", r->format->name);
        cli_json_version(json, "version", &r->image.version);
        cJSON_AddNumberToObject(json, "size", r->image.len);
    }
    if (good) {
        cJSON_AddNumberToObject(json, "sha", t->policy.hash->digest_len * 8u);
        cli_hex(r->digest, t->policy.hash->digest_len, digest);
        cJSON_AddStringToObject(json, "digest", digest);
    }
    if (good && t->n_keys)
        cJSON_AddStringToObject(json, "key", cli_nth(cli, "key", r->key)[0]);
    return cli_json(cli, json);
}

static void print_good(const struct cli *cli, const struct trial *t)
{
    const struct bh_verified *r = &t->result;
    const struct bh_version *v = &r->image.version;
    char digest[2 * BH_DIGEST_MAX + 1];

    cli_hex(r->digest, t->policy.hash->digest_len, digest);
    printf("%sgood%s: ", cli_paint(cli, CLI_GREEN), cli_paint(cli, CLI_PLAIN));
    if (t->n_keys)
        printf("signed by %s (%s)\n", cli_nth(cli, "key", r->key)[0],
               t->host_keys[r->key].type->name);
    else
        printf("digest is right; no key was given, so no signature was checked\n");
    printf("version %u.%u.%u+%u, %u bytes, %s\n", v->major, v->minor, v->revision, v->build,
           r->image.len, digest);
    print_digest(cli, t);
}

static int verify(struct cli *cli, struct trial *t)
{
    static uint8_t memory[CLI_VERIFY_MEMORY];
    struct bh_work work = { memory, sizeof memory };
    uint32_t verdict;

    cli_view(&t->file, &t->view);
    if (!cli_has(cli, "slot-size"))
        t->limit = (uint32_t)t->file.len;
    t->limit = t->limit < t->file.len ? t->limit : (uint32_t)t->file.len;
    t->policy = (struct bh_policy){
        .formats = cli_image_formats,
        .keys = t->keys,
        .n_keys = t->n_keys,
        .allow_unsigned = t->n_keys == 0,
        .pure = bh_verify_pure_ed25519,
        .need_counter = cli_has(cli, "min-counter"),
    };
    if (as_product(cli, t))
        return cli->error.code;
    verdict = bh_verify(&t->policy, &t->view.view, t->limit, t->floor, &work, &t->result);
    if (cli_has(cli, "json")) {
        int code = print_json(cli, t);

        return code ? code : verdict == BH_VERDICT_GOOD ? HOST_OK : HOST_VERIFY;
    }
    if (verdict != BH_VERDICT_GOOD)
        return cli_fail(cli, HOST_VERIFY, host_in(cli->operands[0]),
                        host_reason_hint(t->result.reason), "refused: %s",
                        bh_reason_text(t->result.reason));
    print_good(cli, t);
    return HOST_OK;
}

static int run(struct cli *cli)
{
    struct trial t = { 0 };
    int code;

    if (cli_u32(cli, "slot-size", &t.limit) || cli_u32(cli, "min-counter", &t.floor))
        return HOST_BAD_INPUT;
    code = cli_read_image(cli, cli->operands[0], &t.file) || load_keys(cli, &t) ? cli->error.code
                                                                                : verify(cli, &t);
    for (size_t i = 0; i < t.n_keys; i++)
        host_key_free(&t.host_keys[i]);
    free(t.host_keys);
    free(t.keys);
    host_bytes_free(&t.file);
    return code;
}

const struct cli_command cmd_image_verify = {
    .noun = "image",
    .verb = "verify",
    .summary = "Tell whether a bootloader would start an image, and if not, why",
    .description =
        "Runs the bootloader's own code over the file: structure, digest, key, signature, "
        "security counter. One good signature by one of the keys is enough. Without a key only "
        "structure and digest are checked.",
    .operands =
        (const struct cli_operand[]){
            { "IMAGE", "Image, or a whole slot; Intel HEX if it ends in .hex", false, false },
            { 0 },
        },
    .options =
        (const struct cli_option[]){
            { "key", 'k', "FILE", "A key that the bootloader knows, public or private", NULL, true,
              false },
            { "min-counter", 0, "N", "Demand a security counter of at least this", NULL, false,
              false },
            { "slot-size", 'S', "BYTES", "The most that the image may take", NULL, false, false },
            { "product", 0, "PRODUCT",
              "Judge as this product's bootloader does, with its digest and limit, and with its "
              "keys if no key is given: a layout file, or a sample's name",
              NULL, false, false },
            CLI_PASSPHRASE,
            CLI_JSON,
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "bulkhead image verify -k root.pub.pem app.signed.bin", "Is it good?" },
            { "bulkhead image verify --product stm32f407 -k root.pub.pem app.signed.bin",
              "Would that product start it?" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_VERIFY),
    .run = run,
};

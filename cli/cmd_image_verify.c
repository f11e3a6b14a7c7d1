/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead image verify: would a bootloader with these keys start this image? Asks the core. */
#include "cli/cli.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/hash.h"
#include "bulkhead/image_wolfboot.h"
#include "bulkhead/verify.h"
#include "host/core_key.h"
#include "cli/espressif.h"
#include "cli/hex.h"
#include "cli/image.h"
#include "cli/device.h"
#include "cli/product.h"
#include "cli/wolfboot.h"
#include "host/form.h"
#include "host/read_wolfboot.h"
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
    const struct bh_pair *pair; /* whose slot it is for, of the product that was named; or NULL */
    uint32_t limit, floor;
    const struct bh_image_format *wolfboot[2]; /* the file is one of wolfBoot's: its reader */
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

/* The same for images of wolfBoot's, whose header's length has to be known, and whose algorithm is
 * RSA's one or the other padding. */
static int adapt_to_wolfboot(struct cli *cli, struct trial *t)
{
    static const struct bh_hash_algo *const all[] = { &bh_sha256, &bh_sha384, &bh_sha3_384 };
    struct bh_image image = { 0 };
    uint32_t auth;
    bool pss;

    t->wolfboot[0] = cli_wolfboot_reader(cli, &t->file);
    if (!t->wolfboot[0])
        return cli->error.code;
    t->policy.formats = t->wolfboot;
    t->policy.hash = &bh_sha256;
    t->wolfboot[0]->decode(&t->view.view, t->limit, &image);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i]->id == image.hash_id)
            t->policy.hash = all[i];
    auth = image.flags >> 8;
    pss = auth >= BH_WOLFBOOT_AUTH_RSAPSS2048 && auth <= BH_WOLFBOOT_AUTH_RSAPSS4096;
    for (size_t i = 0; i < t->n_keys; i++)
        host_core_key_wolfboot(&t->host_keys[i], t->policy.hash, pss, &t->keys[i]);
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

/* The slot pair that --slot names, or the only one there is. */
static int find_pair(struct cli *cli, struct trial *t, const struct bh_product *product)
{
    const char *name = cli_value(cli, "slot");
    char known[256] = "Say";

    for (uint8_t i = 0; i < product->n_pairs; i++) {
        const struct bh_pair *pair = &product->pairs[i];
        size_t len = strlen(known);

        if (name ? strcmp(pair->name, name) == 0 : product->n_pairs == 1)
            t->pair = pair;
        snprintf(known + len, sizeof known - len, "%s '--slot %s'%s", i ? " or" : "", pair->name,
                 i + 1u == product->n_pairs ? "." : "");
    }
    if (t->pair)
        return HOST_OK;
    if (!name)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), known,
                        "%s has several slots: which one is the image for?",
                        cli_value(cli, "layout"));
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), known, "%s has no slot '%s'",
                    cli_value(cli, "layout"), name);
}

/* With --layout its own digest and limit, and its own keys if none were given. */
static int as_product(struct cli *cli, struct trial *t)
{
    const char *name = cli_value(cli, "layout");
    const struct bh_product *product = name ? cli_product(cli, name) : NULL;
    bool need_counter = t->policy.need_counter;

    if (!name && cli_has(cli, "slot"))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Say --layout FILE too.",
                        "--slot names a slot of a layout");
    if (!name && host_wolfboot_is(&t->file))
        return adapt_to_wolfboot(cli, t);
    if (!name) {
        adapt_to_digest(t);
        return HOST_OK;
    }
    if (!product || find_pair(cli, t, product))
        return cli->error.code;
    t->policy = product->policy;
    t->policy.need_counter = need_counter || product->policy.need_counter;
    if (t->n_keys)
        host_policy_keys(&t->policy, t->host_keys, t->keys, t->n_keys,
                         host_product_sha(t->host_keys, t->n_keys));
    if (t->pair->image_max < t->limit)
        t->limit = t->pair->image_max;
    return HOST_OK;
}

/* What the bootloader asks of an image beside a good signature: that it is for this slot, and for
 * this device (src/boot/run.c). */
static void belongs(struct trial *t)
{
    const struct bh_pair *pair = t->pair;
    struct bh_verified *r = &t->result;

    if (!bh_image_runs_at(&r->image, pair->primary.flash->base + pair->primary.off))
        r->reason = BH_REASON_WRONG_SLOT;
    else if (t->policy.ids)
        r->reason = t->policy.ids(pair, &t->view.view, r);
    if (r->reason != BH_REASON_NONE)
        r->verdict = BH_VERDICT_BAD;
}

/* Whose signature is good: the key file that was given, or the product's key with its place there.
 * Nobody's, if there are no keys. */
static void signer(const struct cli *cli, const struct trial *t, char *text, size_t size)
{
    const struct layout *l = cli_product_layout(cli);
    uint8_t i = t->result.key;

    if (t->n_keys)
        snprintf(text, size, "%s (%s)", cli_nth(cli, "key", i)[0], t->host_keys[i].type->name);
    else if (t->policy.n_keys && l && i < l->boot.n_keys)
        snprintf(text, size, "%s, a key of %s", l->boot.keys[i].path, cli_value(cli, "layout"));
    else
        snprintf(text, size, "%s", "");
}

/* Which bootloaders this good image is for: one computes one digest, and finds keys by it. */
static void print_digest(const struct cli *cli, const struct trial *t)
{
    unsigned sha = t->policy.hash->digest_len * 8u;

    if (!t->n_keys || cli_has(cli, "layout") || cli_is_espressif(&t->file) || t->wolfboot[0])
        return;
    printf("for bootloaders that compute SHA-%u", sha);
    if (host_product_sha(t->host_keys, t->n_keys) != sha)
        printf("; with Ed25519 keys alone Bulkhead's compute SHA-512: sign with --layout");
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
    else if (good && t->policy.n_keys)
        cJSON_AddStringToObject(json, "key", cli_product_layout(cli)->boot.keys[r->key].path);
    return cli_json(cli, json);
}

static void print_good(const struct cli *cli, const struct trial *t)
{
    const struct bh_verified *r = &t->result;
    const struct bh_version *v = &r->image.version;
    char digest[2 * BH_DIGEST_MAX + 1], key[512];

    signer(cli, t, key, sizeof key);
    cli_hex(r->digest, t->policy.hash->digest_len, digest);
    printf("%sgood%s: ", cli_paint(cli, CLI_GREEN), cli_paint(cli, CLI_PLAIN));
    if (*key)
        printf("signed by %s\n", key);
    else
        printf("digest is right; no key was given, so no signature was checked\n");
    if (strcmp(r->format->name, "wolfboot") == 0)
        printf("version %u, %u bytes, %s\n", bh_wolfboot_version(v), r->image.len, digest);
    else
        printf("version %u.%u.%u+%u, %u bytes, %s\n", v->major, v->minor, v->revision, v->build,
               r->image.len, digest);
    print_digest(cli, t);
}

static int verify(struct cli *cli, struct trial *t)
{
    static uint8_t memory[CLI_VERIFY_MEMORY];
    struct bh_work work = { memory, sizeof memory };

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
    if (bh_verify(&t->policy, &t->view.view, t->limit, t->floor, &work, &t->result) ==
            BH_VERDICT_GOOD &&
        t->pair)
        belongs(t);
    if (cli_has(cli, "json")) {
        int code = print_json(cli, t);

        return code ? code : t->result.verdict == BH_VERDICT_GOOD ? HOST_OK : HOST_VERIFY;
    }
    if (t->result.reason == BH_REASON_NO_IMAGE)
        return cli_fail(cli, HOST_VERIFY, host_in(cli->operands[0]),
                        host_form_hint(t->file.data, t->file.len), "refused: %s",
                        bh_reason_text(t->result.reason));
    if (t->result.reason == BH_REASON_ALGORITHM)
        return cli_fail(cli, HOST_VERIFY, host_in(cli->operands[0]),
                        "Sign it with Ed25519, ECDSA P-256, RSA or LMS.", "refused: %s: %s",
                        bh_reason_text(t->result.reason),
                        host_wolfboot_auth_name((uint8_t)(t->result.image.flags >> 8)));
    if (t->result.verdict != BH_VERDICT_GOOD)
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
            { "header-size", 'H', "BYTES",
              "wolfBoot's images: length of the header, which is nowhere in the image", NULL, false,
              false },
            { "layout", 'l', "LAYOUT",
              "Judge as the bootloader of this layout does, with its digest and rules, and with "
              "its keys if no key is given: a layout file, or a sample's name",
              NULL, false, false },
            { "slot", 0, "NAME", "Which slot of the layout; not needed if it has one", NULL, false,
              false },
            CLI_PASSPHRASE,
            CLI_JSON,
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "bulkhead image verify -k root.pub.pem app.signed.bin", "Is it good?" },
            { "bulkhead image verify --layout lamp.layout.yml app.signed.bin",
              "Would that product start it?" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_VERIFY),
    .run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead image sign --format wolfboot: options and bytes are those of wolfBoot's own sign
 * tool. */
#include "cli/wolfboot.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bulkhead/image_wolfboot.h"
#include "bulkhead/verify.h"
#include "cli/hex.h"
#include "cli/image.h"
#include "cli/product.h"
#include "host/core_key.h"
#include "host/sign_wolfboot.h"

#define USAGE(cli, hint, ...) cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), hint, __VA_ARGS__)

struct job {
    struct host_wolfboot_sign sign;
    struct host_key key, second;
    struct host_wolfboot_tlv *custom;
    struct host_bytes input, signature;
    const struct bh_product *product; /* NULL: not known */
    const struct layout_slot *slot;   /* of it */
    size_t slot_index;
};

/* What the other format alone has; --test, --pad and so on. */
static const char *const others[] = {
    "align",
    "boot-record",
    "cid",
    "confirm",
    "dependency",
    "erased-value",
    "hex-addr",
    "load-addr",
    "max-align",
    "max-sectors",
    "non-bootable",
    "overwrite-only",
    "pad",
    "pad-header",
    "pad-sig",
    "public-key-format",
    "pure",
    "rom-fixed",
    "security-counter",
    "signer",
    "test",
    "vid",
    "slot-size",
};

/* And what this one alone has. */
static const char *const ours[] = {
    "sha256",
    "sha384",
    "sha3",
    "ed25519",
    "ecc256",
    "rsa2048",
    "rsa2048enc",
    "rsa3072",
    "rsa3072enc",
    "rsapss2048",
    "rsapss3072",
    "lms",
    "ml_dsa",
    "no-sign",
    "id",
    "wolfboot-update",
    "no-ts",
    "sha-only",
    "manual-sign",
    "custom-tlv-buffer",
    "custom-tlv-string",
};

int cli_not_wolfboot(struct cli *cli)
{
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (cli_has(cli, ours[i]))
            return USAGE(cli, "Say --format wolfboot, or leave it out.",
                         "--%s is for images in wolfBoot's format alone", ours[i]);
    return HOST_OK;
}

bool cli_signs_wolfboot(struct cli *cli)
{
    const char *format = cli_value(cli, "format"), *product = cli_value(cli, "layout");
    const char *slot = cli_value(cli, "slot");
    const struct layout *l;
    int at;

    if (strcmp(format, "auto") != 0 || !product)
        return strcmp(format, "wolfboot") == 0;
    if (!cli_product(cli, product))
        return false; /* cli->error says why */
    l = cli_product_layout(cli);
    at = slot ? layout_find_slot(l, slot) : 0;
    return at != LAYOUT_NONE && (size_t)at < l->n_slots && l->slots[at].format == LAYOUT_WOLFBOOT;
}

static int check_options(struct cli *cli)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (cli_has(cli, others[i]))
            return USAGE(cli, "Leave it out.", "--%s is not for images in wolfBoot's format",
                         others[i]);
    return HOST_OK;
}

/* ---- the key ---- */

/* Is it a key of this algorithm? One option is for three parameter sets of ML-DSA. */
static bool is_of(const struct host_key *key, uint8_t signature)
{
    return key && (host_ml_dsa_of(signature) ? host_ml_dsa_of(key->type->signature) != NULL
                                             : key->type->signature == signature);
}

/* --ed25519 and the like: what the key must be. */
static int check_algorithm(struct cli *cli, struct job *job)
{
    static const struct {
        const char *option;
        uint8_t signature;
        bool pss, encoded;
    } all[] = {
        { "ed25519", BH_SIG_ED25519, false, false },
        { "ecc256", BH_SIG_P256, false, false },
        { "rsa2048", BH_SIG_RSA2048, false, false },
        { "rsa2048enc", BH_SIG_RSA2048, false, true },
        { "rsa3072", BH_SIG_RSA3072, false, false },
        { "rsa3072enc", BH_SIG_RSA3072, false, true },
        { "rsapss2048", BH_SIG_RSA2048, true, false },
        { "rsapss3072", BH_SIG_RSA3072, true, false },
        { "lms", BH_SIG_LMS, false, false },
        { "ml_dsa", BH_SIG_ML_DSA_44, false, false },
    };
    const char *said = NULL;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!cli_has(cli, all[i].option))
            continue;
        if (said && !job->sign.second)
            return USAGE(cli, "Say one of both.", "--%s and --%s", said, all[i].option);
        said = all[i].option;
        if (!is_of(job->sign.key, all[i].signature) && !is_of(job->sign.second, all[i].signature))
            return USAGE(cli, "Give the right key, or leave the option out: the key tells.",
                         "--%s, and the key is %s", said,
                         job->sign.key ? job->key.type->name : "missing");
        job->sign.pss = all[i].pss;
        job->sign.encoded = all[i].encoded;
    }
    return HOST_OK;
}

static int key(struct cli *cli, struct job *job)
{
    const char *path = cli_value(cli, "key");
    bool none = cli_has(cli, "no-sign");

    if (cli_count(cli, "key") > 2)
        return USAGE(cli, "Give one --key, or two.",
                     "an image in wolfBoot's format has two signatures at most");
    if ((path != NULL) == none)
        return USAGE(cli, "Give the key with --key, or say --no-sign.",
                     none ? "--no-sign and --key contradict each other"
                          : "neither a key nor --no-sign was given");
    if (path && host_key_load(cli_nth(cli, "key", 0)[0], cli_value(cli, "passphrase"), &job->key,
                              &cli->error))
        return cli_error(cli);
    if (path)
        job->sign.key = &job->key;
    if (cli_count(cli, "key") > 1) {
        if (host_key_load(cli_nth(cli, "key", 1)[0], cli_value(cli, "passphrase"), &job->second,
                          &cli->error))
            return cli_error(cli);
        job->sign.second = &job->second;
    }
    return check_algorithm(cli, job);
}

/* ---- numbers ---- */

static int version(struct cli *cli, struct job *job)
{
    const char *text = cli_value(cli, "version");

    if (cli_parse_u32(text, &job->sign.version))
        return HOST_OK;
    return USAGE(cli, "wolfBoot's versions are one number: --version 7.",
                 "version '%s' cannot be read", text);
}

static int part(struct cli *cli, struct job *job)
{
    uint32_t id = BH_WOLFBOOT_PART_APPLICATION;

    if (cli_has(cli, "id") && cli_has(cli, "wolfboot-update"))
        return USAGE(cli, "Say one of both.", "--id and --wolfboot-update");
    if (cli_has(cli, "id") && cli_u32(cli, "id", &id))
        return HOST_BAD_INPUT;
    if (id > 15)
        return USAGE(cli, "0 to 15 are possible; 1 is what is started.", "--id %u is out of range",
                     id);
    job->sign.part = cli_has(cli, "wolfboot-update") ? BH_WOLFBOOT_PART_BOOTLOADER : (uint8_t)id;
    return HOST_OK;
}

static int hash(struct cli *cli, struct job *job)
{
    const char *sha = cli_value(cli, "sha");
    unsigned n = (unsigned)cli_has(cli, "sha256") + (unsigned)cli_has(cli, "sha384") +
                 (unsigned)cli_has(cli, "sha3") + (strcmp(sha, "auto") != 0);

    if (n > 1)
        return USAGE(cli, "Say one of them.",
                     "--sha256, --sha384, --sha3 and --sha exclude each "
                     "other");
    if (strcmp(sha, "512") == 0)
        return USAGE(cli, "Say --sha 256 or 384, or --sha3.", "wolfBoot's images have no SHA-512");
    job->sign.hash = cli_has(cli, "sha3")                                ? &bh_sha3_384
                     : cli_has(cli, "sha384") || strcmp(sha, "384") == 0 ? &bh_sha384
                                                                         : &bh_sha256;
    if (job->product && n && job->product->policy.hash != job->sign.hash)
        return USAGE(cli, "Leave it out, or change the layout.",
                     "the bootloader of %s computes another digest", cli_product_layout(cli)->path);
    if (job->product)
        job->sign.hash = job->product->policy.hash;
    return HOST_OK;
}

/* Bytes of hexadecimal digits, with or without 0x. free() them; NULL: they cannot be read. */
static uint8_t *from_hex(const char *text, size_t *len)
{
    size_t room;
    uint8_t *bytes;

    text += strncmp(text, "0x", 2) == 0 ? 2 : 0;
    room = strlen(text) / 2;
    bytes = malloc(room + 1);
    if (bytes && cli_from_hex(text, bytes, room, len))
        return bytes;
    free(bytes);
    return NULL;
}

/* A decimal or hexadecimal number of len bytes, little endian. */
static uint8_t *from_number(const char *text, size_t len)
{
    char *end;
    unsigned long long v = strtoull(text, &end, 0);
    uint8_t *bytes = *text && !*end && *text != '-' ? malloc(8) : NULL;

    for (size_t i = 0; bytes && i < 8; i++)
        bytes[i] = (uint8_t)(v >> 8 * i);
    if (bytes && len < 8 && v >> 8 * len) {
        free(bytes);
        bytes = NULL;
    }
    return bytes;
}

static int add_custom(struct cli *cli, struct job *job, const char *tag, uint8_t *data, size_t len)
{
    struct host_wolfboot_tlv *tlv = &job->custom[job->sign.n_custom++];
    uint32_t number;

    tlv->data = data; /* freed with the table */
    if (!cli_parse_u32(tag, &number) || number > UINT16_MAX)
        return USAGE(cli, "Write it as 0x0030 to 0xfefe.", "custom tag '%s' cannot be read", tag);
    if (!data || len > UINT16_MAX)
        return USAGE(cli, "Two hex digits are a byte; --custom-tlv takes LENGTH:NUMBER.",
                     "the value of custom tag %s cannot be read", tag);
    tlv->tag = (uint16_t)number;
    tlv->len = (uint16_t)len;
    return HOST_OK;
}

static int custom(struct cli *cli, struct job *job)
{
    size_t n = cli_count(cli, "custom-tlv") + cli_count(cli, "custom-tlv-buffer") +
               cli_count(cli, "custom-tlv-string");
    int code = HOST_OK;

    job->custom = calloc(n + 1, sizeof *job->custom);
    if (!job->custom)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    job->sign.custom = job->custom;
    for (size_t i = 0; !code && i < cli_count(cli, "custom-tlv"); i++) {
        const char *const *v = cli_nth(cli, "custom-tlv", i);
        bool sized = strchr("1248", v[1][0]) && v[1][0] && v[1][1] == ':';
        size_t len = sized ? (size_t)(v[1][0] - '0') : 0;

        code = add_custom(cli, job, v[0], sized ? from_number(v[1] + 2, len) : NULL, len);
    }
    for (size_t i = 0; !code && i < cli_count(cli, "custom-tlv-string"); i++) {
        const char *const *v = cli_nth(cli, "custom-tlv-string", i);

        code = add_custom(cli, job, v[0], (uint8_t *)strdup(v[1]), strlen(v[1]));
    }
    for (size_t i = 0; !code && i < cli_count(cli, "custom-tlv-buffer"); i++) {
        const char *const *v = cli_nth(cli, "custom-tlv-buffer", i);
        size_t len = 0;
        uint8_t *bytes = from_hex(v[1], &len);

        code = add_custom(cli, job, v[0], bytes, len);
    }
    return code;
}

/* ---- the product ---- */

static int product(struct cli *cli, struct job *job)
{
    const char *name = cli_value(cli, "layout"), *slot = cli_value(cli, "slot");
    const struct layout *l;
    int at;

    if (!name)
        return HOST_OK;
    job->product = cli_product(cli, name);
    if (!job->product)
        return cli->error.code;
    l = cli_product_layout(cli);
    at = slot ? layout_find_slot(l, slot) : l->n_slots == 1 ? 0 : LAYOUT_NONE;
    if (at == LAYOUT_NONE)
        return USAGE(cli, "Say --slot NAME.", "%s has %zu slots%s%s", l->path, l->n_slots,
                     slot ? ", and none is called " : "", slot ? slot : "");
    job->slot_index = (size_t)at;
    job->slot = &l->slots[at];
    if (job->slot->format != LAYOUT_WOLFBOOT)
        return USAGE(cli, "Leave --format out: the layout tells.",
                     "slot '%s' of %s has images of another format", job->slot->name, l->path);
    return HOST_OK;
}

/* --header-size may repeat what the layout says, not contradict it. Without both it is what
 * wolfBoot's own tool makes for such a key. Never does it grow by itself. */
static int header(struct cli *cli, struct job *job)
{
    uint32_t *h = &job->sign.header;

    if (cli_has(cli, "header-size") && cli_u32(cli, "header-size", h))
        return HOST_BAD_INPUT;
    if (job->slot && *h && *h != job->slot->header)
        return USAGE(cli, "Leave it out, or change the layout.",
                     "--header-size %u contradicts %s, where slot '%s' has %u", *h,
                     cli_product_layout(cli)->path, job->slot->name, job->slot->header);
    if (job->slot)
        *h = job->slot->header;
    if (!*h)
        *h = host_wolfboot_header(job->sign.key, job->sign.pss, job->sign.hash);
    uint32_t other = host_wolfboot_header(job->sign.second, job->sign.pss, job->sign.hash);
    if (job->sign.second && !cli_has(cli, "header-size") && !job->slot && other > *h)
        *h = other;
    return HOST_OK;
}

static bool has_key(const struct bh_policy *policy, const struct host_key *key, bool pss,
                    bool second)
{
    struct bh_key core;

    if (key && host_core_key_wolfboot(key, policy->hash, pss, &core))
        for (uint8_t i = 0; i < policy->n_keys; i++)
            if (policy->keys[i].algo == core.algo &&
                !memcmp(policy->keys[i].id, core.id, sizeof core.id) &&
                (i >= policy->n_keys - policy->n_second) == second)
                return true;
    return false;
}

/* Is the key one that the bootloader has? Asked before it is used: an LMS signature must not be
 * made for nothing. */
static int known_key(struct cli *cli, const struct job *job)
{
    const struct bh_policy *policy = &job->product->policy;

    if (policy->allow_unsigned)
        return HOST_OK;
    if (policy->second && !has_key(policy, job->sign.second, job->sign.pss, true))
        return cli_fail(cli, HOST_VERIFY, host_in(cli->operands[0]),
                        "Give --key twice: a key of the layout, then one with 'second: yes'.",
                        "the bootloader of %s demands a second signature, by a key that it has",
                        job->product->name);
    if (has_key(policy, job->sign.key, job->sign.pss, false))
        return HOST_OK;
    return cli_fail(cli, HOST_VERIFY, host_in(cli->operands[0]),
                    "Sign with the private part of a key that the layout names under keys:.",
                    "the bootloader of %s has no such key and would refuse the image",
                    job->product->name);
}

/* What the bootloader would say of it, by its own code. */
static int verdict(struct cli *cli, const struct job *job, const struct host_bytes *image)
{
    static uint8_t memory[CLI_VERIFY_MEMORY];
    struct bh_work work = { memory, sizeof memory };
    struct bh_verified verified;
    struct cli_view view;

    if (!job->product || job->sign.digest_only)
        return HOST_OK;
    if (image->len > job->product->pairs[job->slot_index].image_max)
        return cli_fail(
            cli, HOST_BAD_INPUT, host_in(cli->operands[0]), "Make it smaller, or the slot larger.",
            "image of %zu bytes is larger than the %u bytes that a slot of %s can take", image->len,
            job->product->pairs[job->slot_index].image_max, job->product->name);
    cli_view(image, &view);
    if (bh_verify(&job->product->policy, &view.view, (uint32_t)image->len, 0, &work, &verified) ==
        BH_VERDICT_GOOD)
        return HOST_OK;
    return cli_fail(cli, HOST_VERIFY, host_in(cli->operands[0]),
                    "Nothing was written. 'bulkhead boot explain' says more of a reason.",
                    "the bootloader of %s would refuse the image: %s", job->product->name,
                    bh_reason_text(verified.reason));
}

/* ---- all of it ---- */

static int inputs(struct cli *cli, struct job *job)
{
    const char *given = cli_value(cli, "manual-sign");

    job->sign.input = cli->operands[0];
    job->sign.digest_only = cli_has(cli, "sha-only");
    job->sign.has_time = !cli_has(cli, "no-ts");
    job->sign.time = (uint64_t)time(NULL);
    if (given && job->sign.digest_only)
        return USAGE(cli, "First --sha-only, then --manual-sign.", "--sha-only and --manual-sign");
    if ((given || job->sign.digest_only) && (!job->sign.key || job->sign.has_time))
        return USAGE(cli,
                     "Give the public key with --key, and say --no-ts: the time would be "
                     "another one in the second step.",
                     "a signature is made elsewhere over an image that does not change");
    if (given && host_read_file(given, &job->signature, &cli->error))
        return cli_error(cli);
    job->sign.signature = job->signature.data;
    job->sign.signature_len = job->signature.len;
    if (host_read_file(cli->operands[0], &job->input, &cli->error))
        return cli_error(cli);
    if (job->input.len > 4 && memcmp(job->input.data, "\177ELF", 4) == 0)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[0]),
                        "Make a binary of it: objcopy -O binary IN.elf OUT.bin.",
                        "is an ELF file, not a binary");
    return HOST_OK;
}

static int report(struct cli *cli, const struct job *job, const struct host_bytes *image)
{
    bool dry = cli_has(cli, "dry-run");
    const char *what = job->sign.digest_only ? "the digest" : "an image";

    if (cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();
        struct bh_version v = { (uint8_t)(job->sign.version >> 24),
                                (uint8_t)(job->sign.version >> 16), (uint16_t)job->sign.version,
                                0 };

        cJSON_AddStringToObject(json, "file", cli->operands[1]);
        cJSON_AddBoolToObject(json, "written", !dry);
        cli_json_version(json, "version", &v);
        cJSON_AddNumberToObject(json, "image_size", (double)image->len);
        cJSON_AddNumberToObject(json, "file_size", (double)image->len);
        cJSON_AddNumberToObject(
            json, "signatures",
            job->sign.digest_only ? 0
                                  : (double)((job->sign.key != NULL) + (job->sign.second != NULL)));
        cJSON_AddNumberToObject(json, "sha", job->sign.hash->digest_len * 8);
        return cli_json(cli, json);
    }
    cli_note(cli, "%s %s: %s of version %u in wolfBoot's format, header %u, %zu bytes%s",
             dry ? "would write" : "wrote", cli->operands[1], what, job->sign.version,
             job->sign.header, image->len, job->sign.key ? "" : ", not signed");
    return HOST_OK;
}

static int write_image(struct cli *cli, struct job *job)
{
    bool dry = cli_has(cli, "dry-run");
    struct host_bytes image = { 0 };
    struct host_output out;
    int code;

    if (host_same_file(cli->operands[0], cli->operands[1]))
        return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[1]),
                        "Choose another output file.", "the image would replace its input");
    if (cli_spare_keys(cli, cli->operands[1]))
        return HOST_BAD_INPUT;
    if (dry && (is_of(job->sign.key, BH_SIG_LMS) || is_of(job->sign.second, BH_SIG_LMS)))
        return USAGE(cli, "Leave out --dry-run.",
                     "a dry run would use up a signature of the LMS key");
    if (host_output_open(&out, cli->operands[1], 0644, true, &cli->error))
        return cli_error(cli);
    code = host_output_check(&out, "", 1, &cli->error) ? cli_error(cli) : HOST_OK;
    if (!code &&
        host_sign_wolfboot(&job->sign, job->input.data, job->input.len, &image, &cli->error))
        code = cli_error(cli);
    if (!code)
        code = verdict(cli, job, &image);
    if (!code && !dry && host_output_commit(&out, image.data, image.len, &cli->error))
        code = cli_error(cli);
    if (!code)
        code = report(cli, job, &image);
    host_output_cancel(&out);
    host_bytes_free(&image);
    return code;
}

int cli_sign_wolfboot(struct cli *cli)
{
    struct job job = { 0 };
    int code = check_options(cli) || key(cli, &job) || version(cli, &job) || part(cli, &job) ||
                       product(cli, &job) || hash(cli, &job) || header(cli, &job) ||
                       custom(cli, &job) || inputs(cli, &job) ||
                       (job.product && known_key(cli, &job))
                   ? cli->error.code
                   : write_image(cli, &job);

    for (size_t i = 0; i < job.sign.n_custom; i++)
        free((void *)(uintptr_t)job.custom[i].data);
    free(job.custom);
    host_key_free(&job.key);
    host_key_free(&job.second);
    host_bytes_free(&job.input);
    host_bytes_free(&job.signature);
    return code;
}

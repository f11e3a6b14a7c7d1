/* SPDX-License-Identifier: Apache-2.0 */
/* Show and verify images of Espressif's format: names of chips, segments, signatures. */
#include "cli/espressif.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/image_espressif.h"
#include "bulkhead/verify.h"
#include "cli/hex.h"
#include "cli/image.h"
#include "host/keys.h"

static const char *chip_name(uint32_t id)
{
    static const struct {
        uint16_t id;
        const char *name;
    } chips[] = { { 0, "ESP32" },       { 2, "ESP32-S2" },     { 5, "ESP32-C3" },
                  { 9, "ESP32-S3" },    { 0xC, "ESP32-C2" },   { 0xD, "ESP32-C6" },
                  { 0x10, "ESP32-H2" }, { 0x12, "ESP32-P4" },  { 0x14, "ESP32-C61" },
                  { 0x17, "ESP32-C5" }, { 0x19, "ESP32-H21" }, { 0x1C, "ESP32-H4" },
                  { 0x20, "ESP32-S31" } };

    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (chips[i].id == id)
            return chips[i].name;
    return "unknown chip";
}

bool cli_is_espressif(const struct host_bytes *file)
{
    return file->len && file->data[0] == BH_ESPRESSIF_MAGIC;
}

/* What is known of an image under examination. */
struct facts {
    struct cli_view view;
    struct bh_image image;
    uint32_t limit;
    const uint8_t *data, *app; /* app: descriptor, or NULL */
    int checksum;              /* 0: right */
    bool digest_good;          /* if there is one */
};

static const char *text_at(const struct facts *f, uint32_t off, char out[33])
{
    snprintf(out, 33, "%.32s", (const char *)f->app + off);
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = '?';
    return out;
}

static void examine(struct facts *f)
{
    static uint8_t memory[4096];
    static const struct bh_image_format *const formats[] = { &bh_image_espressif, NULL };
    const struct bh_policy policy = { .formats = formats,
                                      .hash = &bh_sha256,
                                      .allow_unsigned = true };
    struct bh_work work = { memory, sizeof memory };
    struct bh_verified v;

    f->checksum = bh_espressif_checksum(&f->view.view, f->limit, &work);
    f->digest_good = bh_verify(&policy, &f->view.view, f->limit, 0, &work, &v) == BH_VERDICT_GOOD;
    f->app = f->image.has_counter ? f->data + BH_ESPRESSIF_APP_OFF : NULL;
}

/* SHA-256 of the key in a block, as eFuses hold it. */
static void key_digest(const struct facts *f, const struct bh_image_signature *s, char text[65])
{
    bool rsa = s->id == BH_SIG_RSA3072;
    uint8_t digest[32];

    host_sha(256, f->data + s->key_id_off - !rsa,
             rsa ? BH_ESPRESSIF_RSA_KEY_LEN : BH_ESPRESSIF_EC_KEY_LEN, digest);
    cli_hex(digest, sizeof digest, text);
}

static void print_app(const struct facts *f)
{
    static const struct {
        const char *name;
        uint32_t off;
    } fields[] = { { "version", BH_ESPRESSIF_APP_OFF_VERSION },
                   { "project", BH_ESPRESSIF_APP_OFF_PROJECT },
                   { "ESP-IDF", BH_ESPRESSIF_APP_OFF_IDF } };
    char text[33];

    for (size_t i = 0; f->app && i < 3; i++)
        printf("  %-16s%s\n", fields[i].name, text_at(f, fields[i].off, text));
    if (f->app)
        printf("  %-16s%.16s %.16s\n  %-16s%u\n", "built",
               (const char *)f->app + BH_ESPRESSIF_APP_OFF_DATE,
               (const char *)f->app + BH_ESPRESSIF_APP_OFF_TIME, "secure version",
               f->image.counter);
}

static void print(const struct cli *cli, const struct facts *f)
{
    const uint8_t *h = f->data;
    struct bh_espressif_segment s;
    struct bh_image_signature sig;
    struct bh_extent rest;
    char digest[65];

    printf("%simage for %s%s\n", cli_paint(cli, CLI_BOLD), chip_name(f->image.flags),
           cli_paint(cli, CLI_PLAIN));
    print_app(f);
    printf("  %-16s0x%08x\n  %-16s0x%x bytes\n", "entry", f->image.load_addr, "all", f->image.len);
    printf("  %-16s%u to %u\n", "chip revision", bh_load16(h + BH_ESPRESSIF_OFF_MIN_REV),
           bh_load16(h + BH_ESPRESSIF_OFF_MAX_REV));
    printf("  %-16s%s\n", "checksum", f->checksum == 0 ? "right" : "wrong");
    printf("  %-16s%s\n", "digest",
           !f->image.hash_id ? "none"
           : f->digest_good  ? "right"
                             : "wrong");
    for (unsigned i = 0; bh_espressif_segment(&f->view.view, f->limit, i, &s) == BH_OK; i++)
        printf("  segment %-8u0x%08x  0x%06x bytes at 0x%06x%s\n", i, s.load_addr, s.len, s.off,
               s.load_addr < 0x10000000 ? "  padding" : "");
    rest = f->image.tlvs;
    for (unsigned i = 0; bh_image_espressif.signature(&f->view.view, &rest, &sig) == BH_OK; i++) {
        key_digest(f, &sig, digest);
        printf("  signature %-6u%s, key digest %s\n", i,
               sig.id == BH_SIG_RSA3072 ? "RSA-3072 PSS" : "ECDSA P-256", digest);
    }
}

static int print_json(struct cli *cli, const struct facts *f)
{
    cJSON *json = cJSON_CreateObject(), *list;
    struct bh_espressif_segment s;
    struct bh_image_signature sig;
    struct bh_extent rest;
    char text[65];

    cJSON_AddStringToObject(json, "format", "espressif");
    cJSON_AddStringToObject(json, "chip", chip_name(f->image.flags));
    cJSON_AddNumberToObject(json, "chip_id", f->image.flags);
    cJSON_AddNumberToObject(json, "entry", f->image.load_addr);
    cJSON_AddNumberToObject(json, "size", f->image.len);
    cJSON_AddBoolToObject(json, "checksum", f->checksum == 0);
    if (f->image.hash_id)
        cJSON_AddBoolToObject(json, "digest", f->digest_good);
    if (f->app) {
        cJSON_AddStringToObject(json, "version", text_at(f, BH_ESPRESSIF_APP_OFF_VERSION, text));
        cJSON_AddStringToObject(json, "project", text_at(f, BH_ESPRESSIF_APP_OFF_PROJECT, text));
        cJSON_AddStringToObject(json, "idf", text_at(f, BH_ESPRESSIF_APP_OFF_IDF, text));
        cJSON_AddNumberToObject(json, "secure_version", f->image.counter);
    }
    list = cJSON_AddArrayToObject(json, "segments");
    for (unsigned i = 0; bh_espressif_segment(&f->view.view, f->limit, i, &s) == BH_OK; i++) {
        cJSON *one = cJSON_CreateObject();

        cJSON_AddNumberToObject(one, "load_address", s.load_addr);
        cJSON_AddNumberToObject(one, "offset", s.off);
        cJSON_AddNumberToObject(one, "size", s.len);
        cJSON_AddItemToArray(list, one);
    }
    list = cJSON_AddArrayToObject(json, "signatures");
    rest = f->image.tlvs;
    while (bh_image_espressif.signature(&f->view.view, &rest, &sig) == BH_OK) {
        cJSON *one = cJSON_CreateObject();

        key_digest(f, &sig, text);
        cJSON_AddStringToObject(one, "type", sig.id == BH_SIG_RSA3072 ? "rsa-3072" : "ecdsa-p256");
        cJSON_AddStringToObject(one, "key_digest", text);
        cJSON_AddItemToArray(list, one);
    }
    return cli_json(cli, json);
}

int cli_espressif_info(struct cli *cli, const struct host_bytes *file)
{
    struct facts f = { .limit = (uint32_t)file->len, .data = file->data };
    enum bh_reason why;

    cli_view(file, &f.view);
    why = bh_image_espressif.decode(&f.view.view, f.limit, &f.image);
    if (why != BH_REASON_NONE)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[0]), "Was the file cut short?",
                        "begins like an image of Espressif's, but: %s", bh_reason_text(why));
    examine(&f);
    if (cli_has(cli, "json"))
        return print_json(cli, &f);
    print(cli, &f);
    return HOST_OK;
}

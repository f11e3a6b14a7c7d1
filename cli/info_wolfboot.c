/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead image info, for images in wolfBoot's format. */
#include "cli/wolfboot.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"
#include "cli/hex.h"
#include "cli/image.h"
#include "host/read_wolfboot.h"
#include "host/sign_mcuboot.h"

const struct bh_image_format *cli_wolfboot_reader(struct cli *cli, const struct host_bytes *file)
{
    static const struct bh_image_format *const all[] = {
        &bh_image_wolfboot_256,  &bh_image_wolfboot_512,  &bh_image_wolfboot_1024,
        &bh_image_wolfboot_2048, &bh_image_wolfboot_4096, &bh_image_wolfboot_8192,
        &bh_image_wolfboot_16384
    };
    struct host_wolfboot w;
    uint32_t header = 0;

    if (cli_has(cli, "header-size") && cli_u32(cli, "header-size", &header))
        return NULL;
    host_wolfboot_read(file, header, &w);
    for (uint32_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (w.header == BH_WOLFBOOT_HEADER_MIN << i)
            return all[i];
    cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[0]),
             "Say --header-size, what the image was signed with; or --layout.",
             header ? "a header of %u bytes is no power of two from 256 to 16384"
                    : "the length of the header is nowhere in the image, and the file has not just "
                      "a header beside its payload",
             header);
    return NULL;
}

/* What the value means, if that is known; "" if not. */
static void meaning(const struct host_wolfboot_entry *e, const uint8_t *v, char *text, size_t size)
{
    text[0] = 0;
    if (e->tag == BH_WOLFBOOT_TLV_VERSION && e->len == 4)
        snprintf(text, size, "%u", bh_load32(v));
    else if (e->tag == BH_WOLFBOOT_TLV_TYPE && e->len == 2)
        snprintf(text, size, "%s, %s %u", host_wolfboot_auth_name(v[1]),
                 (v[0] & 0xF0) == BH_WOLFBOOT_PART_DELTA ? "delta for" : "partition", v[0] & 15);
    else if (e->tag == BH_WOLFBOOT_TLV_TIMESTAMP && e->len == 8)
        snprintf(text, size, "%llu s since 1970",
                 (unsigned long long)bh_load32(v + 4) << 32 | bh_load32(v));
    else if (strcmp(host_wolfboot_tag(e->tag), "custom") == 0 && e->len && e->len < 60) {
        for (uint16_t i = 0; i < e->len; i++)
            if (!isprint(v[i]))
                return;
        snprintf(text, size, "\"%.*s\"", (int)e->len, (const char *)v);
    }
}

/* Who could verify it, and why no bootloader here would start it. */
static void verdict(const struct host_wolfboot *w, char *text, size_t size)
{
    uint8_t part = (uint8_t)w->type, auth = (uint8_t)(w->type >> 8);

    if (!w->has_type || !w->has_version)
        snprintf(text, size, "nobody starts it: it has no %s", w->has_type ? "version" : "type");
    else if ((part & 0xF0) == BH_WOLFBOOT_PART_DELTA)
        snprintf(text, size, "not started: a delta, which needs the image it was made for");
    else if (part != BH_WOLFBOOT_PART_APPLICATION)
        snprintf(text, size, "not started: it is for %s, not for the application",
                 part == BH_WOLFBOOT_PART_BOOTLOADER ? "wolfBoot itself" : "another partition");
    else if (auth == BH_WOLFBOOT_AUTH_NONE)
        snprintf(text, size, "unsigned: for products that allow that");
    else if (auth == BH_WOLFBOOT_AUTH_ED448 || auth == BH_WOLFBOOT_AUTH_ECC384 ||
             auth == BH_WOLFBOOT_AUTH_ECC521 || auth == BH_WOLFBOOT_AUTH_XMSS ||
             auth > BH_WOLFBOOT_AUTH_RSAPSS4096 || !auth)
        snprintf(text, size, "Bulkhead has no verifier for %s", host_wolfboot_auth_name(auth));
    else
        snprintf(text, size, "a bootloader with the %s key that the hint names",
                 host_wolfboot_auth_name(auth));
}

static void print_entry(const struct host_wolfboot_entry *e, const uint8_t *value)
{
    char hex[2 * 48 + 1], text[80];
    size_t shown = e->len > 48 ? 32 : e->len;

    cli_hex(value, shown, hex);
    meaning(e, value, text, sizeof text);
    printf("  0x%06x  0x%04x  %-16s %5u  %s%s%s%s\n", e->off, e->tag, host_wolfboot_tag(e->tag),
           e->len, hex, shown < e->len ? ".." : "", text[0] ? "  " : "", text);
}

static void print(const struct cli *cli, const struct host_wolfboot *w,
                  const struct host_bytes *file, const struct host_vectors *v)
{
    char text[120];

    verdict(w, text, sizeof text);
    printf("%swolfBoot image%s\n", cli_paint(cli, CLI_BOLD), cli_paint(cli, CLI_PLAIN));
    if (w->has_version)
        printf("  version         %u\n", w->version);
    if (w->header)
        printf("  header          0x%x bytes%s\n", w->header,
               cli_has(cli, "header-size") ? ""
                                           : ", by the file's length: the image does not tell");
    printf("  payload         0x%x bytes\n", w->payload_len);
    printf("  verified by     %s\n", text);
    if (v->found)
        printf("  vector table    about %u entries at 0x%x: %s a multiple of 0x%x\n", v->entries,
               w->header, w->header % v->align ? "not on" : "on", v->align);
    for (int covered = 1; covered >= 0; covered--) {
        bool any = false;

        for (size_t i = 0; i < w->n; i++) {
            const struct host_wolfboot_entry *e = &w->entries[i];

            if (e->covered != (bool)covered)
                continue;
            if (!any)
                printf("%s%s%s\n", cli_paint(cli, CLI_BOLD),
                       covered ? "Entries that the digest covers" : "Entries that it does not",
                       cli_paint(cli, CLI_PLAIN));
            any = true;
            print_entry(e, file->data + e->off + BH_WOLFBOOT_TLV_ENTRY_LEN);
        }
    }
}

static int print_json(struct cli *cli, const struct host_wolfboot *w, const struct host_bytes *file,
                      const struct host_vectors *v)
{
    cJSON *json = cJSON_CreateObject(), *list = cJSON_CreateArray();
    struct bh_version version = { (uint8_t)(w->version >> 24), (uint8_t)(w->version >> 16),
                                  (uint16_t)w->version, 0 };
    char text[120];

    cJSON_AddStringToObject(json, "file", cli->operands[0]);
    cJSON_AddStringToObject(json, "format", "wolfboot");
    cli_json_version(json, "version", &version);
    cJSON_AddNumberToObject(json, "version_number", w->version);
    cJSON_AddNumberToObject(json, "header_size", w->header);
    cJSON_AddNumberToObject(json, "payload_size", w->payload_len);
    cJSON_AddNumberToObject(json, "size", (double)w->header + w->payload_len);
    cJSON_AddNumberToObject(json, "flags", w->type);
    cJSON_AddStringToObject(json, "algorithm", host_wolfboot_auth_name((uint8_t)(w->type >> 8)));
    verdict(w, text, sizeof text);
    cJSON_AddStringToObject(json, "verified_by", text);
    if (v->found) {
        cJSON *vectors = cJSON_AddObjectToObject(json, "vector_table");

        cJSON_AddNumberToObject(vectors, "entries", v->entries);
        cJSON_AddNumberToObject(vectors, "alignment", v->align);
        cJSON_AddBoolToObject(vectors, "aligned", w->header % v->align == 0);
    }
    for (size_t i = 0; i < w->n; i++) {
        const struct host_wolfboot_entry *e = &w->entries[i];
        const uint8_t *value = file->data + e->off + BH_WOLFBOOT_TLV_ENTRY_LEN;
        cJSON *item = cJSON_CreateObject();
        char *hex = malloc(2 * (size_t)e->len + 1);

        cJSON_AddNumberToObject(item, "offset", e->off);
        cJSON_AddBoolToObject(item, "protected", e->covered);
        cJSON_AddNumberToObject(item, "type", e->tag);
        cJSON_AddStringToObject(item, "name", host_wolfboot_tag(e->tag));
        cJSON_AddNumberToObject(item, "length", e->len);
        if (hex) {
            cli_hex(value, e->len, hex);
            cJSON_AddStringToObject(item, "data", hex);
        }
        free(hex);
        meaning(e, value, text, sizeof text);
        if (text[0])
            cJSON_AddStringToObject(item, "meaning", text);
        cJSON_AddItemToArray(list, item);
    }
    cJSON_AddItemToObject(json, "tlvs", list);
    if (w->problem)
        cJSON_AddStringToObject(json, "problem", w->problem);
    return cli_json(cli, json);
}

int cli_wolfboot_info(struct cli *cli, const struct host_bytes *file)
{
    struct host_vectors v = { 0 };
    struct host_wolfboot w;
    uint32_t header = 0;
    int code = HOST_OK;

    if (cli_has(cli, "header-size") && !cli_wolfboot_reader(cli, file))
        return cli->error.code;
    if (cli_has(cli, "header-size") && cli_u32(cli, "header-size", &header))
        return HOST_BAD_INPUT;
    host_wolfboot_read(file, header, &w);
    if (w.header && bh_within(w.header, w.payload_len, (uint32_t)file->len))
        v = host_vectors_find(file->data + w.header, w.payload_len);
    if (cli_has(cli, "json"))
        code = print_json(cli, &w, file, &v);
    else
        print(cli, &w, file, &v);
    if (code || !w.problem)
        return code;
    return cli_fail(cli, HOST_BAD_INPUT, host_at(cli->operands[0], w.problem_off),
                    w.header ? "Was the file cut short?" : "Say --header-size.", "%s", w.problem);
}

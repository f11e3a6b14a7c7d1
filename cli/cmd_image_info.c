/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead image info: everything that an image says of itself. Judges nothing; see verify. */
#include "cli/cli.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_mcuboot.h"
#include "cli/espressif.h"
#include "cli/hex.h"
#include "cli/image.h"
#include "cli/wolfboot.h"
#include "host/read_mcuboot.h"
#include "host/read_wolfboot.h"
#include "host/sign_mcuboot.h"

static const char *const field_names[] = { "erased", "set", "bad" };

static const char *swap_name(uint8_t swap_info)
{
    static const char *const names[] = { NULL, "none", "test", "permanent", "revert" };
    uint8_t type = swap_info & 15;

    if (swap_info == 0xFF || swap_info == 0)
        return "erased";
    return type >= 1 && type <= 4 ? names[type] : "unknown";
}

static bool printable(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isprint(data[i]))
            return false;
    return len > 0;
}

/* What the data means, if that is known; "" if not. */
static void meaning(const struct host_mcuboot_tlv *tlv, const uint8_t *data, char *text,
                    size_t size)
{
    text[0] = 0;
    if (tlv->type == BH_MCUBOOT_TLV_SEC_CNT && tlv->len == 4)
        snprintf(text, size, "%u", bh_load32(data));
    else if (tlv->type == BH_MCUBOOT_TLV_DEPENDENCY && tlv->len == BH_MCUBOOT_DEPENDENCY_LEN)
        snprintf(text, size, "image %u >= %u.%u.%u+%u", data[0], data[4], data[5],
                 bh_load16(data + 6), bh_load32(data + 8));
    else if (strcmp(host_mcuboot_tlv_name(tlv->type), "VENDOR") == 0 && printable(data, tlv->len))
        snprintf(text, size, "\"%.*s\"", (int)tlv->len, (const char *)data);
}

/* ---- for people ---- */

static void print_header(const struct cli *cli, const struct host_mcuboot *m)
{
    uint32_t flags = m->flags;
    const struct bh_version *v = &m->version;
    const char *name;

    printf("%sMCUboot image%s\n", cli_paint(cli, CLI_BOLD), cli_paint(cli, CLI_PLAIN));
    printf("  version         %u.%u.%u+%u\n", v->major, v->minor, v->revision, v->build);
    printf("  header          0x%x bytes\n", m->header_len);
    printf("  payload         0x%x bytes\n", m->payload_len);
    printf("  protected TLVs  0x%x bytes\n", m->protected_len);
    printf("  all             0x%x bytes\n", m->len);
    printf("  load address    0x%08x\n", m->load_addr);
    printf("  flags           0x%x", m->flags);
    while ((name = host_mcuboot_flag(&flags)))
        printf(" %s", name);
    putchar('\n');
}

static void print_vectors(const struct host_mcuboot *m, const struct host_vectors *v)
{
    if (v->found)
        printf("  vector table    about %u entries at 0x%x: %s a multiple of 0x%x\n", v->entries,
               m->header_len, m->header_len % v->align ? "not on" : "on", v->align);
}

static void print_tlv(const struct host_mcuboot_tlv *tlv, const uint8_t *data)
{
    char hex[2 * 48 + 1], text[80];
    size_t shown = tlv->len > 48 ? 32 : tlv->len;

    cli_hex(data, shown, hex);
    meaning(tlv, data, text, sizeof text);
    printf("  0x%06x  0x%04x  %-16s %5u  %s%s%s%s\n", tlv->off - BH_MCUBOOT_TLV_ENTRY_LEN,
           tlv->type, host_mcuboot_tlv_name(tlv->type), tlv->len, hex, shown < tlv->len ? ".." : "",
           text[0] ? "  " : "", text);
}

static void print_tlvs(const struct cli *cli, const struct host_mcuboot *m, const uint8_t *file,
                       bool is_protected)
{
    bool any = false;

    for (size_t i = 0; i < m->n_tlvs; i++) {
        if (m->tlvs[i].protected_area != is_protected)
            continue;
        if (!any)
            printf("%s%s TLVs%s\n", cli_paint(cli, CLI_BOLD),
                   is_protected ? "Protected" : "Unprotected", cli_paint(cli, CLI_PLAIN));
        any = true;
        print_tlv(&m->tlvs[i], file + m->tlvs[i].off);
    }
}

static void print_trailer(const struct cli *cli, const struct host_mcuboot_trailer *t)
{
    if (!t->found)
        return;
    printf("%sTrailer%s\n", cli_paint(cli, CLI_BOLD), cli_paint(cli, CLI_PLAIN));
    printf("  magic           good, fields of %u bytes\n", t->align);
    printf("  image_ok        %s\n", field_names[t->image_ok]);
    printf("  copy_done       %s\n", field_names[t->copy_done]);
    printf("  swap_info       %s\n", swap_name(t->swap_info));
}

/* ---- for programs ---- */

static cJSON *json_tlvs(const struct host_mcuboot *m, const uint8_t *file)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < m->n_tlvs; i++) {
        const struct host_mcuboot_tlv *tlv = &m->tlvs[i];
        cJSON *json = cJSON_CreateObject();
        char *hex = malloc(2 * (size_t)tlv->len + 1), text[80];

        meaning(tlv, file + tlv->off, text, sizeof text);
        cJSON_AddNumberToObject(json, "offset", tlv->off - BH_MCUBOOT_TLV_ENTRY_LEN);
        cJSON_AddBoolToObject(json, "protected", tlv->protected_area);
        cJSON_AddNumberToObject(json, "type", tlv->type);
        cJSON_AddStringToObject(json, "name", host_mcuboot_tlv_name(tlv->type));
        cJSON_AddNumberToObject(json, "length", tlv->len);
        if (hex) {
            cli_hex(file + tlv->off, tlv->len, hex);
            cJSON_AddStringToObject(json, "data", hex);
        }
        if (text[0])
            cJSON_AddStringToObject(json, "meaning", text);
        free(hex);
        cJSON_AddItemToArray(list, json);
    }
    return list;
}

static cJSON *json_trailer(const struct host_mcuboot_trailer *t)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddNumberToObject(json, "align", t->align);
    cJSON_AddStringToObject(json, "image_ok", field_names[t->image_ok]);
    cJSON_AddStringToObject(json, "copy_done", field_names[t->copy_done]);
    cJSON_AddStringToObject(json, "swap_info", swap_name(t->swap_info));
    return json;
}

static int print_json(struct cli *cli, const struct host_mcuboot *m, const uint8_t *file,
                      const struct host_vectors *v)
{
    cJSON *json = cJSON_CreateObject(), *names = cJSON_CreateArray();
    uint32_t flags = m->flags;
    const char *name;

    while ((name = host_mcuboot_flag(&flags)))
        cJSON_AddItemToArray(names, cJSON_CreateString(name));
    cJSON_AddStringToObject(json, "file", cli->operands[0]);
    cJSON_AddStringToObject(json, "format", "mcuboot");
    cli_json_version(json, "version", &m->version);
    cJSON_AddNumberToObject(json, "header_size", m->header_len);
    cJSON_AddNumberToObject(json, "payload_size", m->payload_len);
    cJSON_AddNumberToObject(json, "protected_tlv_size", m->protected_len);
    cJSON_AddNumberToObject(json, "size", m->len);
    cJSON_AddNumberToObject(json, "load_addr", m->load_addr);
    cJSON_AddNumberToObject(json, "flags", m->flags);
    cJSON_AddItemToObject(json, "flag_names", names);
    if (v->found) {
        cJSON *vectors = cJSON_AddObjectToObject(json, "vector_table");

        cJSON_AddNumberToObject(vectors, "entries", v->entries);
        cJSON_AddNumberToObject(vectors, "alignment", v->align);
        cJSON_AddBoolToObject(vectors, "aligned", m->header_len % v->align == 0);
    }
    cJSON_AddItemToObject(json, "tlvs", json_tlvs(m, file));
    if (m->trailer.found)
        cJSON_AddItemToObject(json, "trailer", json_trailer(&m->trailer));
    if (m->problem.code)
        cJSON_AddStringToObject(json, "problem", m->problem.text);
    return cli_json(cli, json);
}

static int show(struct cli *cli, const struct host_mcuboot *m, const struct host_bytes *file)
{
    struct host_vectors v = { 0 };
    int code = HOST_OK;

    if (bh_within(m->header_len, m->payload_len, (uint32_t)file->len))
        v = host_vectors_find(file->data + m->header_len, m->payload_len);
    if (cli_has(cli, "json")) {
        code = print_json(cli, m, file->data, &v);
    } else {
        print_header(cli, m);
        print_vectors(m, &v);
        print_tlvs(cli, m, file->data, true);
        print_tlvs(cli, m, file->data, false);
        print_trailer(cli, &m->trailer);
    }
    if (code || !m->problem.code)
        return code;
    cli->error = m->problem;
    return cli_error(cli);
}

static int run(struct cli *cli)
{
    struct host_bytes file;
    struct host_mcuboot info;

    if (cli_read_image(cli, cli->operands[0], &file))
        return cli->error.code;
    if (cli_is_espressif(&file)) {
        int code = cli_espressif_info(cli, &file);

        host_bytes_free(&file);
        return code;
    }
    if (host_wolfboot_is(&file)) {
        int code = cli_wolfboot_info(cli, &file);

        host_bytes_free(&file);
        return code;
    }
    int code = host_mcuboot_read(cli->operands[0], &file, &info, &cli->error)
                   ? cli_error(cli)
                   : show(cli, &info, &file);
    host_mcuboot_free(&info);
    host_bytes_free(&file);
    return code;
}

const struct cli_command cmd_image_info = {
    .noun = "image",
    .verb = "info",
    .summary = "Show what an image says of itself",
    .description = "Header, flags, TLVs and, if the file is a whole slot, the trailer. Nothing is "
                   "verified. An image that contradicts itself is shown as far as it makes sense, "
                   "and then what is wrong and where.",
    .operands =
        (const struct cli_operand[]){
            { "IMAGE", "Image, or a whole slot; Intel HEX if it ends in .hex", false, false },
            { 0 },
        },
    .options =
        (const struct cli_option[]){
            { "header-size", 'H', "BYTES",
              "wolfBoot's images: length of the header, which is nowhere in the image", NULL, false,
              false },
            CLI_JSON,
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "bulkhead image info app.signed.bin", "What is in it?" },
            { 0 },
        },
    .run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* imgtool dumpinfo: header, TLVs and trailer, as text for people, as YAML, or as JSON. Like the
 * original it believes the header and looks no further than the numbers lead. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_mcuboot.h"
#include "cli/imgtool.h"
#include "host/read_mcuboot.h"
#include "host/sign_mcuboot.h"

struct tlv {
    uint16_t type, len;
    const uint8_t *data;
    uint16_t there; /* bytes of it that are in the file: the last one may be cut short */
};

struct tlv_area {
    uint16_t magic, total;
    struct tlv *list;
    size_t n;
};

struct info {
    const char *name; /* of the file, without folders */
    uint32_t magic, load_addr, img_size, flags;
    uint16_t hdr_size, protected_size;
    char version[40];
    struct tlv_area protected, plain;
    const uint8_t *trailer; /* the last 16 bytes; NULL: the file ends with the TLVs */
    bool has_fields;        /* the magic is known */
    uint8_t image_ok, copy_done, swap_info;
    uint32_t swap_size, key_field_len; /* the latter 0: not encrypted */
};

/* ---- reading ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* The area at *off, which moves after its last TLV. False: the file ends before. */
static bool read_area(const struct host_bytes *file, uint64_t *off, struct tlv_area *out)
{
    if (*off > file->len || file->len - *off < BH_MCUBOOT_TLV_INFO_LEN)
        return false;
    out->magic = bh_load16(file->data + *off);
    out->total = bh_load16(file->data + *off + 2);
    uint64_t end = *off + out->total;
    *off += BH_MCUBOOT_TLV_INFO_LEN;
    while (*off < end) {
        struct tlv tlv;

        if (*off > file->len || file->len - *off < BH_MCUBOOT_TLV_ENTRY_LEN)
            return false;
        tlv.type = bh_load16(file->data + *off);
        tlv.len = bh_load16(file->data + *off + 2);
        *off += BH_MCUBOOT_TLV_ENTRY_LEN;
        tlv.data = file->data + *off;
        tlv.there = file->len - *off < tlv.len ? (uint16_t)(file->len - *off) : tlv.len;
        struct tlv *more = realloc(out->list, (out->n + 1) * sizeof *more);
        if (!more)
            return false;
        out->list = more;
        out->list[out->n++] = tlv;
        *off += tlv.len;
    }
    return true;
}

/* A byte counted from the end of the file; false: before its start. */
static bool from_end(const struct host_bytes *file, size_t back, uint8_t *out)
{
    if (back == 0 || back > file->len)
        return false;
    *out = file->data[file->len - back];
    return true;
}

static uint32_t swap_size(const struct host_bytes *file, size_t back)
{
    uint32_t v = 0;

    for (size_t i = 0; i < 4; i++) {
        uint8_t byte = 0;

        if (back > i)
            from_end(file, back - i, &byte);
        v |= (uint32_t)byte << 8 * i;
    }
    return v;
}

/* 0: the magic is unknown. */
static bool field_size(const uint8_t magic[16], uint16_t *align)
{
    uint8_t known[16];

    host_trailer_magic(8, known);
    *align = 8;
    if (memcmp(magic, known, 16) == 0)
        return true;
    host_trailer_magic(16, known);
    *align = bh_load16(magic);
    return memcmp(magic + 2, known + 2, 14) == 0;
}

static bool read_trailer(const struct host_bytes *file, struct info *out)
{
    uint16_t align;

    out->trailer = file->data + file->len - 16;
    out->has_fields = field_size(out->trailer, &align);
    if (!out->has_fields) {
        puts("Warning: the trailer magic value is invalid!");
        return true;
    }
    size_t back = align > 16 ? align : 16;
    if (!from_end(file, back + align, &out->image_ok) ||
        !from_end(file, back + 2u * align, &out->copy_done) ||
        !from_end(file, back + 3u * align, &out->swap_info))
        return false;
    out->swap_size = swap_size(file, back + 4u * align);
    if (out->flags & (BH_MCUBOOT_F_ENCRYPTED_AES128 | BH_MCUBOOT_F_ENCRYPTED_AES256)) {
        if (!align || (align & (align - 1)))
            return false;
        out->key_field_len = 2 * bh_round_up(16, align);
    }
    return true;
}

static bool read_info(const char *path, const struct host_bytes *file, struct info *out)
{
    const uint8_t *h = file->data, *v = h + BH_MCUBOOT_OFF_VERSION;
    uint64_t off;

    *out = (struct info){ .name = base_name(path) };
    if (file->len < 28)
        return false;
    out->magic = bh_load32(h);
    out->load_addr = bh_load32(h + BH_MCUBOOT_OFF_LOAD_ADDR);
    out->hdr_size = bh_load16(h + BH_MCUBOOT_OFF_HDR_SIZE);
    out->protected_size = bh_load16(h + BH_MCUBOOT_OFF_PROTECT_TLV_SIZE);
    out->img_size = bh_load32(h + BH_MCUBOOT_OFF_IMG_SIZE);
    out->flags = bh_load32(h + BH_MCUBOOT_OFF_FLAGS);
    snprintf(out->version, sizeof out->version, "%u.%u.%u+%u", v[0], v[1], bh_load16(v + 2),
             bh_load32(v + 4));
    off = (uint64_t)out->hdr_size + out->img_size;
    if (out->protected_size && !read_area(file, &off, &out->protected))
        return false;
    uint64_t plain = off;
    if (!read_area(file, &off, &out->plain))
        return false;
    return file->len == plain + out->plain.total || read_trailer(file, out);
}

/* imgtool knows no LMS, and gives vendors' types no name. */
static const char *type_name(uint16_t type)
{
    const char *name = host_mcuboot_tlv_name(type);

    return type == BH_MCUBOOT_TLV_LMS || strcmp(name, "VENDOR") == 0 ? "UNKNOWN" : name;
}

/* ---- for people ---- */

#define LINE 60

static void row(FILE *f, const char *text)
{
    int n = fprintf(f, "#### %s ", text);

    while (n++ < LINE)
        fputc('#', f);
    fputc('\n', f);
}

static void row_at(FILE *f, const char *what, uint64_t off)
{
    char text[80];

    snprintf(text, sizeof text, "%s (offset: 0x%llx)", what, (unsigned long long)off);
    row(f, text);
}

static void bar(FILE *f)
{
    for (int i = 0; i < LINE; i++)
        fputc('#', f);
    fputc('\n', f);
}

static void human_header(FILE *f, const struct info *m)
{
    uint32_t flags = m->flags;
    bool first = true;

    row_at(f, "Image header", 0);
    fprintf(f, "magic:              0x%x\n", m->magic);
    fprintf(f, "load_addr:          0x%x\n", m->load_addr);
    fprintf(f, "hdr_size:           0x%x\n", m->hdr_size);
    fprintf(f, "protected_tlv_size: 0x%x\n", m->protected_size);
    fprintf(f, "img_size:           0x%x\nflags:              ", m->img_size);
    if (!flags)
        fputs("0x0", f);
    while (flags) {
        uint32_t bit = flags & -flags;
        const char *name = host_mcuboot_flag(&flags);

        if (strcmp(name, "UNKNOWN") == 0)
            continue;
        fprintf(f, "%s%s (0x%x)", first ? "" : "\n                    ", name, bit);
        first = false;
    }
    fprintf(f, "\nversion:            %s\n", m->version);
    bar(f);
}

static void human_payload(FILE *f, const struct info *m)
{
    char content[80], empty[LINE];

    row_at(f, "Payload", m->hdr_size);
    int n = snprintf(content, sizeof content, "FW image (size: 0x%x Bytes)", m->img_size);
    int before = (LINE - n) / 2 - 1;
    memset(empty, ' ', sizeof empty);
    fprintf(f, "|%.*s|\n", LINE - 2, empty);
    fprintf(f, "|%.*s%s%.*s|\n", before, empty, content, LINE - 2 - before - n, empty);
    fprintf(f, "|%.*s|\n", LINE - 2, empty);
    bar(f);
}

static void human_area(FILE *f, const char *what, uint64_t off, const struct tlv_area *a)
{
    row_at(f, what, off);
    fprintf(f, "magic:     0x%x\narea size: 0x%x\n", a->magic, a->total);
    for (size_t i = 0; i < a->n; i++) {
        const struct tlv *tlv = &a->list[i];

        fprintf(f, "        %.*s\n", 45, "---------------------------------------------");
        fprintf(f,
                "        type: %s (0x%x)\n        len:  0x%x\n        data: ", type_name(tlv->type),
                tlv->type, tlv->len);
        for (size_t k = 0; k < tlv->there; k++)
            fprintf(f, "0x%02x %s", tlv->data[k],
                    (k + 1) % 8 == 0 && k + 1 != tlv->there ? "\n              " : "");
        fputc('\n', f);
    }
    if (!a->n)
        fputc('\n', f);
    bar(f);
}

static void human_field(FILE *f, const char *name, uint8_t value)
{
    static const char *const texts[] = { NULL, "SET", "BAD", "UNSET", "ANY" };

    fprintf(f, "%s  %s (0x%x)\n", name, value >= 1 && value <= 4 ? texts[value] : "INVALID", value);
}

static void human_trailer(FILE *f, const struct info *m)
{
    row(f, "Image trailer (offset: unknown)");
    fputs("(Note: some fields may not be used, depending on the update \nstrategy)\n\n"
          "swap status: (len: unknown)\n",
          f);
    if (m->key_field_len)
        fprintf(f, "enc. keys:   (len: 0x%x, if BOOT_SWAP_SAVE_ENCTLV is unset)\n",
                m->key_field_len);
    else
        fputs("enc. keys:   Image not encrypted\n", f);
    if (m->has_fields && m->swap_size == UINT32_MAX)
        fputs("swap size:   unknown\n", f);
    else if (m->has_fields)
        fprintf(f, "swap size:   0x%x octal: %u\n", m->swap_size, m->swap_size);
    if (m->has_fields) {
        human_field(f, "swap_info: ", m->swap_info);
        human_field(f, "copy_done: ", m->copy_done);
        human_field(f, "image_ok:  ", m->image_ok);
    }
    fputs("boot magic:  ", f);
    for (int i = 0; i < 16; i++)
        fprintf(f, "0x%02x %s", m->trailer[i], i == 7 ? "\n             " : "");
    fputs("\n\n", f);
}

static void human(FILE *f, const struct info *m)
{
    uint64_t off = (uint64_t)m->hdr_size + m->img_size;

    fprintf(f, "Printing content of signed image: %s \n\n", m->name);
    human_header(f, m);
    human_payload(f, m);
    if (m->protected_size)
        human_area(f, "Protected TLV area", off, &m->protected);
    human_area(f, "TLV area", off + m->protected_size, &m->plain);
    if (m->trailer)
        human_trailer(f, m);
    row(f, "End of Image ");
}

/* ---- YAML, as PyYAML writes it ---- */

static void yaml_bytes(FILE *f, const char *indent, const uint8_t *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    if (!len) {
        fputs("!!binary \"\"\n", f);
        return;
    }
    fputs("!!binary |", f);
    for (size_t i = 0; i < len; i += 3) {
        uint32_t v = (uint32_t)data[i] << 16 | (i + 1 < len ? (uint32_t)data[i + 1] << 8 : 0) |
                     (i + 2 < len ? data[i + 2] : 0);

        if (i % 57 == 0)
            fprintf(f, "\n%s", indent);
        fputc(digits[v >> 18], f);
        fputc(digits[v >> 12 & 63], f);
        fputc(i + 1 < len ? digits[v >> 6 & 63] : '=', f);
        fputc(i + 2 < len ? digits[v & 63] : '=', f);
    }
    fputc('\n', f);
}

/* A number, a date, a word with a meaning: what a reader would not take for text. Every word of
 * digits and their marks is one: to quote too much does no harm. */
static bool yaml_means_something(const char *text)
{
    static const char *const words[] = { "y",    "n", "yes", "no", "true", "false", "on", "off",
                                         "null", "~", "=",   "<<", "-",    "?",     "" };
    char lower[8] = "";

    for (size_t i = 0; text[i] && i < sizeof lower; i++)
        if (i < sizeof lower - 1)
            lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    /* y and n are words of YAML 1.1 that PyYAML does not know */
    for (size_t i = 2; strlen(text) < sizeof lower && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(lower, words[i]) == 0)
            return true;
    if (strncmp(text, "0x", 2) == 0 && text[2] &&
        text[2 + strspn(text + 2, "0123456789abcdefABCDEF_")] == 0)
        return true;
    return strpbrk(text, "0123456789") && text[strspn(text, "0123456789+-._:")] == 0;
}

static bool yaml_plain(const char *text)
{
    static const char indicators[] = "#,[]{}&*!|>'\"%@`";
    size_t len = strlen(text);

    if (!len || strchr(indicators, text[0]) || text[0] == ' ' || text[len - 1] == ' ')
        return false;
    if (strchr("-?:", text[0]) && (text[1] == ' ' || !text[1]))
        return false;
    return !strstr(text, ": ") && !strstr(text, " #") && text[len - 1] != ':' &&
           !yaml_means_something(text);
}

/* One character of UTF-8: its bytes, and itself. What is none is a surrogate, as Python has it. */
static size_t utf8(const char *text, uint32_t *point)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t len = p[0] < 0x80       ? 1
                 : p[0] >> 5 == 6  ? 2
                 : p[0] >> 4 == 14 ? 3
                 : p[0] >> 3 == 30 ? 4
                                   : 0;

    *point = len > 1 ? p[0] & (0x7Fu >> len) : p[0];
    for (size_t i = 1; i < len; i++) {
        if (p[i] >> 6 != 2)
            len = 0;
        else
            *point = *point << 6 | (p[i] & 0x3F);
    }
    if (!len)
        *point = 0xDC00 | p[0];
    return len ? len : 1;
}

static void yaml_quoted(FILE *f, const char *text)
{
    uint32_t point;

    fputc('"', f);
    for (size_t n; *text; text += n) {
        n = utf8(text, &point);
        if (point == '"' || point == '\\')
            fprintf(f, "\\%c", (int)point);
        else if (point == '\t' || point == '\n' || point == '\r')
            fprintf(f, "\\%c", point == '\t' ? 't' : point == '\n' ? 'n' : 'r');
        else if (point == 27)
            fputs("\\e", f);
        else if (point >= ' ' && point < 0x7F)
            fputc((int)point, f);
        else
            fprintf(f, point < 0x100 ? "\\x%02X" : point < 0x10000 ? "\\u%04X" : "\\U%08X", point);
    }
    fputs("\"\n", f);
}

static void yaml_text(FILE *f, const char *text)
{
    bool printable = true;

    for (const char *c = text; *c; c++)
        printable = printable && *c >= ' ' && *c < 0x7F;
    if (!printable) {
        yaml_quoted(f, text);
    } else if (yaml_plain(text)) {
        fprintf(f, "%s\n", text);
    } else {
        fputc('\'', f);
        for (; *text; text++)
            fprintf(f, *text == '\'' ? "''" : "%c", *text);
        fputs("'\n", f);
    }
}

static void yaml_area(FILE *f, const char *head, const char *list, const struct tlv_area *a,
                      bool there)
{
    if (there)
        fprintf(f, "  %s:\n    magic: %u\n    tlv_tot: %u\n", head, a->magic, a->total);
    else
        fprintf(f, "  %s: {}\n", head);
    fprintf(f, "  %s:%s\n", list, a->n ? "" : " []");
    for (size_t i = 0; i < a->n; i++) {
        const struct tlv *tlv = &a->list[i];

        fprintf(f, "  - type: %u\n    type_name: %s\n    len: %u\n    data: ", tlv->type,
                type_name(tlv->type), tlv->len);
        yaml_bytes(f, "      ", tlv->data, tlv->there);
    }
}

static void yaml(FILE *f, const struct info *m)
{
    fputs("filename: ", f);
    yaml_text(f, m->name);
    fprintf(f,
            "header:\n  magic: %u\n  load_addr: %u\n  hdr_size: %u\n  protected_tlv_size: %u\n"
            "  img_size: %u\n  flags: %u\n  version: %s\ntlv_area:\n",
            m->magic, m->load_addr, m->hdr_size, m->protected_size, m->img_size, m->flags,
            m->version);
    yaml_area(f, "tlv_hdr_prot", "tlvs_prot", &m->protected, m->protected_size != 0);
    yaml_area(f, "tlv_hdr", "tlvs", &m->plain, true);
    if (!m->trailer) {
        fputs("trailer: {}\n", f);
        return;
    }
    fputs("trailer:\n  magic: ", f);
    yaml_bytes(f, "    ", m->trailer, 16);
    if (m->has_fields)
        fprintf(f, "  image_ok: %u\n  copy_done: %u\n  swap_info: %u\n  swap_size: %u\n",
                m->image_ok, m->copy_done, m->swap_info, m->swap_size);
    if (m->key_field_len)
        fprintf(f, "  key_field_len: %u\n", m->key_field_len);
}

/* ---- JSON, as Python's json writes it ---- */

static void json_text(FILE *f, const char *text)
{
    uint32_t point;

    fputc('"', f);
    for (size_t n; *text; text += n) {
        n = utf8(text, &point);
        if (point == '"' || point == '\\')
            fprintf(f, "\\%c", (int)point);
        else if (point == '\n' || point == '\t' || point == '\r' || point == '\b' || point == '\f')
            fprintf(f, "\\%c", "btn.fr"[point - '\b']);
        else if (point >= ' ' && point < 0x7F)
            fputc((int)point, f);
        else if (point < 0x10000)
            fprintf(f, "\\u%04x", point);
        else
            fprintf(f, "\\u%04x\\u%04x", 0xD7C0 + (point >> 10), 0xDC00 | (point & 0x3FF));
    }
    fputc('"', f);
}

static void hex(FILE *f, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(f, "%02x", data[i]);
}

static void json_area(FILE *f, const char *head, const char *list, const struct tlv_area *a,
                      bool there, const char *end)
{
    if (there)
        fprintf(f, "    \"%s\": {\n      \"magic\": %u,\n      \"tlv_tot\": %u\n    },\n", head,
                a->magic, a->total);
    else
        fprintf(f, "    \"%s\": {},\n", head);
    fprintf(f, "    \"%s\": [", list);
    for (size_t i = 0; i < a->n; i++) {
        const struct tlv *tlv = &a->list[i];

        fprintf(f,
                "%s\n      {\n        \"type\": %u,\n        \"type_name\": \"%s\",\n"
                "        \"len\": %u,\n        \"data\": \"",
                i ? "," : "", tlv->type, type_name(tlv->type), tlv->len);
        hex(f, tlv->data, tlv->there);
        fputs("\"\n      }", f);
    }
    fprintf(f, "%s]%s\n", a->n ? "\n    " : "", end);
}

static void json(FILE *f, const struct info *m)
{
    fputs("{\n  \"filename\": ", f);
    json_text(f, m->name);
    fprintf(f,
            ",\n  \"header\": {\n    \"magic\": %u,\n    \"load_addr\": %u,\n"
            "    \"hdr_size\": %u,\n    \"protected_tlv_size\": %u,\n    \"img_size\": %u,\n"
            "    \"flags\": %u,\n    \"version\": \"%s\"\n  },\n  \"tlv_area\": {\n",
            m->magic, m->load_addr, m->hdr_size, m->protected_size, m->img_size, m->flags,
            m->version);
    json_area(f, "tlv_hdr_prot", "tlvs_prot", &m->protected, m->protected_size != 0, ",");
    json_area(f, "tlv_hdr", "tlvs", &m->plain, true, "");
    fputs("  },\n  \"trailer\": {", f);
    if (m->trailer) {
        fputs("\n    \"magic\": \"", f);
        hex(f, m->trailer, 16);
        fputc('"', f);
    }
    if (m->has_fields)
        fprintf(f,
                ",\n    \"image_ok\": %u,\n    \"copy_done\": %u,\n    \"swap_info\": %u,\n"
                "    \"swap_size\": %u",
                m->image_ok, m->copy_done, m->swap_info, m->swap_size);
    if (m->key_field_len)
        fprintf(f, ",\n    \"key_field_len\": %u", m->key_field_len);
    fprintf(f, "%s}\n}", m->trailer ? "\n  " : "");
}

/* ---- the command ---- */

static int show(struct imgtool *t, const struct info *m)
{
    const char *path = imgtool_value(t, "outfile"), *format = imgtool_value(t, "format");
    char *text = NULL;
    size_t len = 0;

    path = path && *path ? path : NULL;
    format = format ? format : path ? "yaml" : "human";
    FILE *f = open_memstream(&text, &len);
    if (!f)
        return imgtool_fail(t, "out of memory");
    if (strcmp(format, "yaml") == 0)
        yaml(f, m);
    else if (strcmp(format, "json") == 0)
        json(f, m);
    else
        human(f, m);
    if (strcmp(format, "json") == 0 && !path)
        fputc('\n', f);
    int code =
        fclose(f) == 0 ? imgtool_write(t, path, text, len) : imgtool_fail(t, "out of memory");
    free(text);
    return code;
}

static int run(struct imgtool *t)
{
    struct host_bytes file;
    struct info info = { 0 };
    int64_t base;
    bool missing;
    int code = imgtool_read(t, t->arguments[0], &file, &base, &missing);

    if (missing)
        return imgtool_usage(t, "Image file not found (%s)", t->arguments[0]);
    if (code)
        return code;
    if (read_info(t->arguments[0], &file, &info))
        code = show(t, &info);
    else
        code = imgtool_fail(t,
                            "%s: this is no image, or it was cut short: its header leads beyond "
                            "the end of the file",
                            t->arguments[0]);
    free(info.protected.list);
    free(info.plain.list);
    host_bytes_free(&file);
    return code;
}

const struct imgtool_command imgtool_dumpinfo = {
    .name = "dumpinfo",
    .summary = "Show header, TLVs and trailer of an image",
    .options =
        (const struct imgtool_option[]){
            { "silent", 's', 0, false, false, NULL, "Has no effect.", NULL },
            { "format", 'f', 1, false, false, "human|yaml|json",
              "human on standard output, yaml in a file, if it is not given.", NULL },
            { "outfile", 'o', 1, false, false, "filename", "A file, instead of standard output.",
              NULL },
            { 0 },
        },
    .arguments = { "IMGFILE" },
    .run = run,
};

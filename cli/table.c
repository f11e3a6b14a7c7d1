/* SPDX-License-Identifier: Apache-2.0 */
/* The options that the table commands share, and the errors of what they name. */
#include "cli/table.h"

#include "bulkhead/bytes.h"

#include "host/system.h"
#include "host/table/edit.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool cli_flash_size(const char *text, int64_t *out)
{
    size_t len = strlen(text), left;

    if (len > 2 && (strcmp(text + len - 2, "MB") == 0 || strcmp(text + len - 2, "KB") == 0))
        len--;
    return esp_size(text, len, out, &left) && *out > 0 && *out <= ((int64_t)1 << 32);
}

static int number(struct cli *cli, const char *name, int64_t *out)
{
    const char *text = cli_value(cli, name);
    size_t left;

    if (!text || esp_size(text, strlen(text), out, &left))
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Write it as 32768, 0x8000 or 32K.",
                    "option --%s: '%s' is not a number", name, text);
}

int cli_table_offset(struct cli *cli, int64_t *out)
{
    if (number(cli, "offset", out))
        return HOST_BAD_INPUT;
    if (*out >= 0 && *out <= UINT32_MAX - BH_TABLE_SECTOR)
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Usual is 0x8000.",
                    "option --offset: %s is not in any flash", esp_hex((char[24]){ 0 }, *out));
}

int cli_table_options(struct cli *cli, struct esp_options *o, bool flash_size)
{
    const char *secure = cli_value(cli, "secure"), *size;
    struct esp_problems problems = { 0 };

    *o = esp_defaults();
    o->autosize = true;
    o->md5 = !cli_has(cli, "no-md5");
    o->secure = !secure ? ESP_SECURE_NONE : strcmp(secure, "v1") ? ESP_SECURE_V2 : ESP_SECURE_V1;
    if (cli_table_offset(cli, &o->table_off) ||
        number(cli, "primary-bootloader-offset", &o->primary_bootloader) ||
        number(cli, "recovery-bootloader-offset", &o->recovery_bootloader))
        return HOST_BAD_INPUT;
    if (o->primary_bootloader != ESP_NOWHERE && o->primary_bootloader >= o->table_off)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "Check --primary-bootloader-offset and --offset.",
                        "the bootloader must be below the partition table");
    for (size_t i = 0; i < cli_count(cli, "extra-subtype"); i++)
        esp_names_add(&o->names, cli_nth(cli, "extra-subtype", i)[0], &problems);
    esp_first_error(&problems, NULL, &cli->error);
    if (problems.errors) {
        esp_problems_free(&problems);
        return cli_error(cli);
    }
    size = flash_size ? cli_value(cli, "flash-size") : NULL;
    if (size && !cli_flash_size(size, &o->flash_size))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Write it as 4M, 4MB or 0x400000.",
                        "option --flash-size: '%s' is not a size", size);
    return HOST_OK;
}

/* Whole flash, binary table, or CSV? A flash is longer than a table's sector and is not text. */
static bool looks_like_flash(const struct host_bytes *b)
{
    return b->len > BH_TABLE_SECTOR && b->len % BH_TABLE_SECTOR == 0 &&
           (esp_is_binary(b->data, b->len) || memchr(b->data, 0, b->len) ||
            memchr(b->data, 0xFF, b->len));
}

/* Places in the table become places in the file. */
static void move_places(struct cli_table *t)
{
    unsigned base = (unsigned)t->found;

    for (size_t i = 0; i < t->table.problems.n; i++)
        t->table.problems.list[i].column += base;
    for (size_t i = 0; i < t->table.n; i++)
        for (int k = 0; k < ESP_FIELDS; k++)
            t->table.rows[i].column[k] += base;
}

void cli_table_read(struct cli_table *t)
{
    const uint8_t *data = t->bytes.data;
    size_t len = t->bytes.len;

    esp_table_free(&t->table);
    if (t->flash) {
        esp_read_binary(&t->table, &t->options, data + t->found, BH_TABLE_LEN);
        move_places(t);
    } else if (esp_is_binary(data, len)) {
        esp_read_binary(&t->table, &t->options, data, len);
    } else {
        esp_read_csv(&t->table, &t->options, data, len);
    }
    if (t->table.n == 0 && t->table.problems.errors == 0)
        esp_refuse(&t->table.problems, "table-empty",
                   "Is it the right file? A table has a row for each partition.",
                   t->bytes.len && bh_all(data + (t->flash ? t->found : 0), 0xFF, 32)
                       ? "no partition table: the flash is erased there"
                       : "the partition table is empty");
}

/* Why a flash image has no table that could be found. */
static int no_table(struct cli *cli, const struct cli_table *t, const char *path)
{
    size_t off = (size_t)t->options.table_off;
    const uint8_t *there = t->bytes.data + off;

    if (off > t->bytes.len || t->bytes.len - off < BH_TABLE_LEN)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(path), "Check --offset.",
                        "no partition table: it ends before 0x%zx", off);
    if (bh_all(there, 0xFF, BH_TABLE_LEN))
        return cli_fail(cli, HOST_BAD_LAYOUT, host_at(path, off),
                        "Is this an image of a whole flash, from its first byte?",
                        "no partition table: the flash is erased there");
    if (esp_looks_encrypted(there, BH_TABLE_LEN))
        return cli_fail(cli, HOST_BAD_INPUT, host_at(path, off),
                        "Is the flash encrypted? Decrypt it first (espsecure decrypt-flash-data).",
                        "no partition table, but bytes that look random");
    return cli_fail(cli, HOST_BAD_INPUT, host_in(path),
                    "Is this an image of a whole flash, from its first byte?",
                    "no partition table in it: no page begins with aa 50 and a right MD5");
}

int cli_table_open(struct cli *cli, struct cli_table *t, const char *path, bool flash_size)
{
    path = host_target_path(path);
    *t = (struct cli_table){ .path = strcmp(path, "-") ? path : "standard input" };
    int code = cli_table_options(cli, &t->options, flash_size);

    if (code)
        return code;
    if (host_read_file(path, &t->bytes, &cli->error))
        return cli_error(cli);
    t->flash = looks_like_flash(&t->bytes);
    if (t->flash) {
        t->found = esp_find_table(t->bytes.data, t->bytes.len, t->options.table_off);
        if (t->found < 0) {
            code = no_table(cli, t, path);
            cli_table_close(t);
            return code;
        }
        t->options.table_off = t->found;
        if (!t->options.flash_size)
            t->options.flash_size = (int64_t)t->bytes.len;
    }
    cli_table_read(t);
    return HOST_OK;
}

int cli_table_open_good(struct cli *cli, struct cli_table *t, const char *path, bool flash_size)
{
    int code = cli_table_open(cli, t, path, flash_size);

    if (code)
        return code;
    if (t->table.problems.errors == 0)
        esp_verify(&t->table, &t->options);
    if (t->options.flash_size && t->table.problems.errors == 0)
        esp_verify_size(&t->table, t->options.flash_size);
    code = cli_table_errors(cli, t);
    if (code)
        cli_table_close(t);
    return code;
}

void cli_table_close(struct cli_table *t)
{
    esp_table_free(&t->table);
    esp_names_free(&t->options.names);
    host_bytes_free(&t->bytes);
}

void cli_table_problem(const struct cli *cli, FILE *out, const char *path,
                       const struct esp_problem *p, const struct esp_table *t)
{
    bool error = p->severity == ESP_ERROR, color = out == stdout && cli->color;
    const char *text = strncmp(p->text, "WARNING: ", 9) ? p->text : p->text + 9;
    size_t len = strlen(text);

    fputs(path, out);
    if (p->line)
        fprintf(out, ":%u:%u", p->line, p->column);
    else if (t->binary && p->column)
        fprintf(out, ":0x%x", p->column);
    fprintf(out, ": %s%s%s: %s", color ? cli_paint(cli, error ? CLI_RED : CLI_YELLOW) : "",
            error ? "error" : "warning", color ? cli_paint(cli, CLI_PLAIN) : "", text);
    if (p->hint)
        fprintf(out, "%s %s", len && strchr(".?", text[len - 1]) ? "" : ".", p->hint);
    fprintf(out, " [%s]\n", p->rule);
}

/* The same for programs. */
static void problem_message(const struct cli_table *t, const struct esp_problem *p)
{
    struct host_error e;

    host_fail(&e, HOST_BAD_LAYOUT,
              p->line                        ? host_line(t->path, p->line, p->column)
              : t->table.binary && p->column ? host_at(t->path, p->column)
                                             : host_in(t->path),
              p->hint, "%s [%s]", p->text, p->rule);
    cli_json_message("error", &e);
}

int cli_table_errors(const struct cli *cli, const struct cli_table *t)
{
    const struct esp_problems *p = &t->table.problems;

    fflush(stdout);
    for (size_t i = 0; i < p->n; i++)
        if (p->list[i].severity == ESP_ERROR && cli->json)
            problem_message(t, &p->list[i]);
        else if (p->list[i].severity == ESP_ERROR)
            cli_table_problem(cli, stderr, t->path, &p->list[i], &t->table);
    return p->errors ? HOST_BAD_LAYOUT : HOST_OK;
}

void cli_size_text(int64_t v, char out[24])
{
    if (v && v % (1 << 20) == 0)
        snprintf(out, 24, "%lldM", (long long)(v >> 20));
    else if (v && v % 1024 == 0)
        snprintf(out, 24, "%lldK", (long long)(v >> 10));
    else
        snprintf(out, 24, "%lld", (long long)v);
}

void cli_type_text(int64_t type, char out[24])
{
    const char *name = esp_type_name(type);

    if (name)
        snprintf(out, 24, "%s", name);
    else
        esp_hex(out, type);
}

void cli_subtype_text(const struct esp_names *names, int64_t type, int64_t subtype, char out[40])
{
    const char *name = esp_subtype_name(names, type, subtype);

    if (name)
        snprintf(out, 40, "%s", name);
    else
        esp_hex(out, subtype);
}

static const char *nth_name(size_t i, const void *context)
{
    const struct esp_table *t = context;

    return i < t->n ? t->rows[i].name : NULL;
}

const struct esp_row *cli_row(struct cli *cli, const struct esp_table *t, const char *path,
                              const char *name)
{
    const struct esp_row *row = esp_by_name(t, name);
    const char *near = row ? NULL : host_near(name, nth_name, t);

    if (!row && near)
        cli_fail(cli, HOST_BAD_INPUT, host_in(path), NULL, "no partition '%s': did you mean '%s'?",
                 name, near);
    else if (!row)
        cli_fail(cli, HOST_BAD_INPUT, host_in(path),
                 path ? "'bulkhead table show' lists them." : "'bulkhead part list' shows them.",
                 "no partition '%s'", name);
    return row;
}

struct cJSON *cli_row_json(const struct esp_row *row, const struct esp_options *o)
{
    cJSON *json = cJSON_CreateObject();
    char type[24], subtype[40];

    cli_type_text(row->type, type);
    cli_subtype_text(&o->names, row->type, row->subtype, subtype);
    cJSON_AddStringToObject(json, "name", row->name);
    cJSON_AddStringToObject(json, "type", type);
    cJSON_AddStringToObject(json, "subtype", subtype);
    cJSON_AddNumberToObject(json, "type_number", (double)row->type);
    cJSON_AddNumberToObject(json, "subtype_number", (double)row->subtype);
    cJSON_AddNumberToObject(json, "offset", (double)row->off);
    cJSON_AddNumberToObject(json, "size", (double)row->len);
    cJSON_AddBoolToObject(json, "encrypted", row->encrypted);
    cJSON_AddBoolToObject(json, "readonly", row->readonly);
    if (row->other_flags)
        cJSON_AddNumberToObject(json, "other_flags", row->other_flags);
    if (row->line)
        cJSON_AddNumberToObject(json, "line", row->line);
    return json;
}

/* ---- a flash and its table ---- */

static int read_esptool(struct cli *cli, struct host_esptool *t)
{
    static const struct {
        const char *option;
        enum host_esptool_kind kind;
    } arguments[] = { { "esptool-args", HOST_ESPTOOL_MAIN },
                      { "esptool-read-args", HOST_ESPTOOL_READ },
                      { "esptool-write-args", HOST_ESPTOOL_WRITE },
                      { "esptool-erase-args", HOST_ESPTOOL_ERASE } };

    t->baud = cli_value(cli, "baud");
    t->quiet = cli->quiet;
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++)
        for (size_t k = 0; k < cli_count(cli, arguments[i].option); k++)
            if (!host_esptool_add(t, arguments[i].kind, cli_nth(cli, arguments[i].option, k)[0]))
                return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Give at most 16.",
                                "too many --%s", arguments[i].option);
    return HOST_OK;
}

/* The flash: a file by --flash, a chip (or a file, too) by --port. */
int cli_part_open_target(struct cli *cli, struct cli_part *p, enum host_target_use use)
{
    const char *flash = cli_value(cli, "flash"), *port = cli_value(cli, "port");
    bool look = port && strcmp(port, "auto") == 0;

    if (!flash == !port)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "Say --flash FILE for a flash image, or --port PORT for a chip.",
                        flash ? "two flashes are named" : "no flash is named");
    if (read_esptool(cli, &p->esptool) ||
        (host_target_open(&p->target,
                          look   ? NULL
                          : port ? port
                                 : flash,
                          use, port ? &p->esptool : NULL, &cli->error) &&
         cli_error(cli))) {
        host_esptool_free(&p->esptool);
        return cli->error.code;
    }
    if (!port && host_esptool_has(&p->esptool, HOST_ESPTOOL_WRITE, "encrypt"))
        p->target.refuses_encrypt = true;
    return HOST_OK;
}

int cli_part_open(struct cli *cli, struct cli_part *p, enum host_target_use use)
{
    const char *file = cli_value(cli, "table");

    *p = (struct cli_part){ .options = esp_defaults() };
    if (number(cli, "offset", &p->options.table_off))
        return HOST_BAD_INPUT;
    if (cli_part_open_target(cli, p, use))
        return cli->error.code;
    if (!file && !cli_has(cli, "offset") && !p->target.esptool) {
        int64_t found = esp_find_table(p->target.bytes.data, p->target.bytes.len, BH_TABLE_OFF);

        p->options.table_off = found < 0 ? BH_TABLE_OFF : found;
    }
    int code = esp_load(&p->table, &p->options, file, &p->target, &cli->error);
    if (!code && p->table.n == 0)
        code = host_fail(&cli->error, HOST_BAD_LAYOUT, host_in(file ? file : p->target.path),
                         "Is it the right table?", "the partition table is empty");
    if (!code)
        return HOST_OK;
    cli_part_close(p);
    return cli_error(cli);
}

void cli_part_close(struct cli_part *p)
{
    host_target_close(&p->target);
    host_esptool_free(&p->esptool);
    esp_table_free(&p->table);
}

int cli_lock(struct cli *cli, const char *path, int *lock)
{
    *lock = host_lock_path(path, true, HOST_TARGET_WAIT_MS);
    if (*lock >= 0 || errno != EWOULDBLOCK)
        return HOST_OK;
    return cli_fail(cli, HOST_FAILED, host_in(path), "Try again when it has ended.",
                    "in use by another program for %u seconds", HOST_TARGET_WAIT_MS / 1000);
}

const struct esp_row *cli_part_find(struct cli *cli, const struct cli_part *p, const char *name)
{
    return cli_row(cli, &p->table, NULL, name);
}

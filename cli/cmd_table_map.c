/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead table map: the flash drawn to scale, gaps and fill levels shown. */
#include "cli/table.h"

#include "bulkhead/bytes.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 64 /* characters of the strip */

/* A stretch of flash: a partition, the table, what lies before it, or a gap. */
struct piece {
    const char *name;
    int64_t off, len;
    int64_t used; /* bytes up to the last that is not erased; negative: unknown */
    int64_t type; /* negative: no partition */
};

struct map {
    struct piece *list;
    size_t n, room;
    int64_t size; /* of the flash */
};

static void add(struct map *m, const char *name, int64_t off, int64_t len, int64_t type)
{
    if (len <= 0)
        return;
    m->list = esp_grow(m->list, m->n, &m->room, sizeof *m->list);
    m->list[m->n++] = (struct piece){ name, off, len, -1, type };
}

static int by_off(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    return x->off < y->off ? -1 : x->off > y->off;
}

/* Bytes of a piece up to the last one that is not 0xff. */
static int64_t used(const struct host_bytes *flash, const struct piece *p)
{
    int64_t n = p->len;

    if (p->off + p->len > (int64_t)flash->len)
        return -1;
    while (n > 0 && flash->data[p->off + n - 1] == 0xFF)
        n--;
    return n;
}

/* All of the flash, without a hole. */
static void survey(struct map *m, const struct cli_table *t)
{
    int64_t end = esp_flash_used(&t->table), table_end = t->options.table_off + BH_TABLE_SECTOR;
    int64_t at = 0;
    bool own_table = false, own_bootloader = false;

    for (size_t i = 0; i < t->table.n; i++) {
        const struct esp_row *row = &t->table.rows[i];

        add(m, row->name, row->off, row->len, row->type);
        own_table = own_table || esp_is(row, BH_TYPE_TABLE, BH_PRIMARY);
        own_bootloader = own_bootloader || esp_is(row, BH_TYPE_BOOTLOADER, BH_PRIMARY);
    }
    if (!own_table)
        add(m, "(table)", t->options.table_off, BH_TABLE_SECTOR, -1);
    if (!own_bootloader)
        add(m, "(bootloader)", 0, t->options.table_off, -1);
    end = end > table_end ? end : table_end;
    m->size = t->options.flash_size > end ? t->options.flash_size : end;
    qsort(m->list, m->n, sizeof *m->list, by_off);
    for (size_t i = 0, n = m->n; i < n; at = m->list[i].off + m->list[i].len, i++)
        add(m, NULL, at, m->list[i].off - at, -1);
    add(m, NULL, at, m->size - at, -1);
    qsort(m->list, m->n, sizeof *m->list, by_off);
    for (size_t i = 0; t->flash && i < m->n; i++)
        m->list[i].used = used(&t->bytes, &m->list[i]);
}

/* ---- terminal ---- */

static enum cli_color color_of(const struct piece *p)
{
    static const enum cli_color colors[] = { CLI_GREEN, CLI_BLUE, CLI_YELLOW, CLI_YELLOW };

    if (p->type < 0)
        return p->name ? CLI_YELLOW : CLI_DIM;
    return p->type < 4 ? colors[p->type] : CLI_CYAN;
}

/* The letter of the i-th piece: a, b, ... z, A, ...; gaps are dots. */
static char letter(const struct map *m, size_t i)
{
    size_t n = 0;

    if (!m->list[i].name)
        return '.';
    for (size_t k = 0; k < i; k++)
        n += m->list[k].name != NULL;
    return "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[n % 52];
}

static void print_strip(const struct cli *cli, const struct map *m)
{
    size_t i = 0;

    putchar('|');
    for (int c = 0; c < WIDTH; c++) {
        int64_t at = (2 * c + 1) * m->size / (2 * WIDTH); /* the middle of the character */

        while (i + 1 < m->n && at >= m->list[i].off + m->list[i].len)
            i++;
        printf("%s%c%s", cli_paint(cli, color_of(&m->list[i])), letter(m, i),
               cli_paint(cli, CLI_PLAIN));
    }
    puts("|");
}

static void print_fill(const struct piece *p)
{
    int cells = p->used > 0 ? (int)(p->used * 20 / p->len) + (p->used * 20 % p->len != 0) : 0;

    if (p->used >= 0 && p->name)
        printf("  [%-20.*s] %3d%%", cells, "####################", (int)(p->used * 100 / p->len));
    else if (p->used > 0)
        printf("  not erased");
}

static void print_map(const struct cli *cli, const struct map *m)
{
    char size[24];

    cli_size_text(m->size, size);
    printf("flash of %s, one character is ", size);
    cli_size_text(m->size / WIDTH, size);
    puts(size);
    print_strip(cli, m);
    for (size_t i = 0; i < m->n; i++) {
        const struct piece *p = &m->list[i];

        cli_size_text(p->len, size);
        printf("%s%c%s  0x%06llx  0x%06llx  %8s  %-16s", cli_paint(cli, color_of(p)), letter(m, i),
               cli_paint(cli, CLI_PLAIN), (unsigned long long)p->off, (unsigned long long)p->len,
               size, p->name ? p->name : "(free)");
        print_fill(p);
        putchar('\n');
    }
}

/* ---- SVG ---- */

static const char *svg_color(const struct piece *p)
{
    static const char *const colors[] = { "#7fbf7b", "#80b1d3", "#fdb462", "#fdb462" };

    if (p->type < 0)
        return p->name ? "#fdb462" : "#f0f0f0";
    return p->type < 4 ? colors[p->type] : "#bebada";
}

static void svg_text(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        default: fputc(*text, out);
        }
}

/* The bar is to scale; the list beside it has a line for each piece, joined to its place. */
static char *svg(const struct map *m, size_t *len)
{
    double height = 28.0 * (double)(m->n ? m->n : 1),
           scale = height / (double)(m->size ? m->size : 1);
    char *text, size[24];
    FILE *out = open_memstream(&text, len);

    if (!out)
        return NULL;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"%.0f\" "
            "font-family=\"monospace\" font-size=\"12\">\n",
            height + 20);
    for (size_t i = 0; i < m->n; i++) {
        const struct piece *p = &m->list[i];
        double y = 10 + (double)p->off * scale, h = (double)p->len * scale,
               line = 10 + 28.0 * (double)i;

        fprintf(out,
                "<rect x=\"10\" y=\"%.2f\" width=\"120\" height=\"%.2f\" fill=\"%s\" "
                "stroke=\"#555\" stroke-width=\"0.5\"/>\n",
                y, h, svg_color(p));
        if (p->used > 0)
            fprintf(out,
                    "<rect x=\"10\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"#000\" "
                    "fill-opacity=\"0.15\"/>\n",
                    y, 120.0 * (double)p->used / (double)p->len, h);
        fprintf(out, "<path d=\"M130 %.2f L180 %.2f H190\" stroke=\"#999\" fill=\"none\"/>\n",
                y + h / 2, line + 14);
        cli_size_text(p->len, size);
        fprintf(out, "<text x=\"195\" y=\"%.2f\">0x%06llx  %s  ", line + 18,
                (unsigned long long)p->off, size);
        svg_text(out, p->name ? p->name : "(free)");
        if (p->used >= 0 && p->name)
            fprintf(out, "  %d%% used", (int)(p->used * 100 / p->len));
        fputs("</text>\n", out);
    }
    fputs("</svg>\n", out);
    fclose(out);
    return text;
}

static int write_svg(struct cli *cli, const struct map *m, const char *path)
{
    size_t len;
    char *text = svg(m, &len);
    int code = text ? cli_write(cli, path, text, len, true)
                    : cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");

    free(text);
    return code;
}

static int print_json(struct cli *cli, const struct map *m)
{
    cJSON *json = cJSON_CreateObject(), *list;

    cJSON_AddNumberToObject(json, "flash_size", (double)m->size);
    list = cJSON_AddArrayToObject(json, "map");
    for (size_t i = 0; i < m->n; i++) {
        cJSON *one = cJSON_CreateObject();

        cJSON_AddItemToObject(one, "name",
                              m->list[i].name ? cJSON_CreateString(m->list[i].name)
                                              : cJSON_CreateNull());
        cJSON_AddNumberToObject(one, "offset", (double)m->list[i].off);
        cJSON_AddNumberToObject(one, "size", (double)m->list[i].len);
        if (m->list[i].used >= 0)
            cJSON_AddNumberToObject(one, "used", (double)m->list[i].used);
        cJSON_AddItemToArray(list, one);
    }
    return cli_json(cli, json);
}

static int run(struct cli *cli)
{
    struct cli_table t;
    struct map m = { 0 };
    int code = cli_table_open_good(cli, &t, cli->operands[0], true);

    if (code)
        return code;
    survey(&m, &t);
    if (cli_value(cli, "svg"))
        code = write_svg(cli, &m, cli_value(cli, "svg"));
    else if (cli_has(cli, "json"))
        code = print_json(cli, &m);
    else
        print_map(cli, &m);
    free(m.list);
    cli_table_close(&t);
    return code;
}

const struct cli_command cmd_table_map = {
    .noun = "table",
    .verb = "map",
    .summary = "Draw the flash to scale",
    .description =
        "With a flash image, how full each partition is: up to its last byte that is not erased.",
    .operands = (const struct cli_operand[]){ CLI_TABLE_OPERAND, { 0 } },
    .options = (const struct cli_option[]){ { "svg", 0, "FILE",
                                              "Write the drawing as SVG; - is standard output",
                                              NULL, false, false },
                                            CLI_DRY_RUN,
                                            CLI_TABLE_OPTIONS,
                                            CLI_TABLE_FLASH_SIZE,
                                            CLI_JSON,
                                            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead table map flash.bin", "what is where, and how full" },
            { "bulkhead table map --flash-size 4M --svg map.svg partitions.csv", "for a document" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};

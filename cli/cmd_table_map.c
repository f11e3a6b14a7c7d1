/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead table map: the flash drawn to scale, gaps and fill levels shown. */
#include "cli/picture.h"
#include "cli/table.h"

#include "bulkhead/bytes.h"
#include "host/grow.h"

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
    m->list = host_grow(m->list, m->n, &m->room, sizeof *m->list);
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

/* ---- as a file ---- */

static void dress(struct picture_part *part, const struct piece *p)
{
    static const enum picture_kind kinds[] = {
        [BH_TYPE_APP] = PICTURE_SLOT,
        [BH_TYPE_DATA] = PICTURE_DATA,
        [BH_TYPE_BOOTLOADER] = PICTURE_BOOTLOADER,
        [BH_TYPE_TABLE] = PICTURE_TABLE,
    };

    if (p->type >= 0 && p->type < (int64_t)(sizeof kinds / sizeof kinds[0]))
        part->kind = kinds[p->type];
    else if (p->type < 0)
        part->kind = strcmp(p->name, "(table)") == 0 ? PICTURE_TABLE : PICTURE_BOOTLOADER;
    if (part->kind == PICTURE_SLOT)
        part->role = "application";
    part->used = p->used;
}

static int write_picture(struct cli *cli, const struct map *m)
{
    struct bh_page_run run = { (uint32_t)(m->size / BH_TABLE_SECTOR), BH_TABLE_SECTOR };
    struct picture p = { .title = cli->operands[0] };
    struct picture_device *d = picture_add_device(&p, "flash", NULL, (uint64_t)m->size);
    int code;

    d->runs = &run;
    d->n_runs = 1;
    for (size_t i = 0; i < m->n; i++)
        if (m->list[i].name)
            dress(picture_add_part(d, m->list[i].name, (uint64_t)m->list[i].off,
                                   (uint64_t)m->list[i].len),
                  &m->list[i]);
    code = cli_picture_write(cli, &p);
    picture_free(&p);
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
    if (cli_picture_asked(cli))
        code = write_picture(cli, &m);
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
    .description = "With a flash image it also shows how full each partition is: up to its last "
                   "byte that is not erased.",
    .operands = (const struct cli_operand[]){ CLI_TABLE_OPERAND, { 0 } },
    .options = (const struct cli_option[]){ CLI_PICTURE_SVG,
                                            CLI_PICTURE_HTML,
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Two layouts beside each other: a row for each place, and what a change does. */
#include "cli/layout_rows.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

int cli_rows_load(struct cli *cli, struct cli_rows *r)
{
    int code;

    *r = (struct cli_rows){ 0 };
    code = cli_layout_good(cli, &r->old, cli->operands[0], true);
    if (code == HOST_OK)
        code = cli_layout_good(cli, &r->new, cli->operands[1], true);
    if (code)
        return code;
    r->list = calloc(r->old.n_partitions + r->new.n_partitions + 1, sizeof *r->list);
    if (!r->list)
        abort();
    r->n = world_compare(&r->old, &r->new, r->list, &r->n_equal);
    return HOST_OK;
}

void cli_rows_free(struct cli_rows *r)
{
    layout_free(&r->old);
    layout_free(&r->new);
    free(r->list);
}

/* ---- as text ---- */

static void put_place(const struct layout *l, const struct world_item *item, int width)
{
    const struct layout_partition *p = &l->partitions[item->partition];

    printf("%-*s  %-14s 0x%08llx  0x%-8x", width, p->name, l->devices[p->device].name,
           (unsigned long long)item->address, item->size);
}

static int width_of(const struct layout *l)
{
    size_t width = 4;

    for (size_t i = 0; i < l->n_partitions; i++)
        if (strlen(l->partitions[i].name) > width)
            width = strlen(l->partitions[i].name);
    return (int)width;
}

static void put_row(const struct cli *cli, const struct cli_rows *r, const struct world_row *row,
                    int old_width, int new_width)
{
    enum cli_color color = row->change == WORLD_EQUAL ? CLI_GREEN : CLI_RED;

    if (row->has_old)
        put_place(&r->old, &row->old, old_width);
    else
        printf("%-*s  %-14s %-10s  %-10s", old_width, "-", "", "", "");
    printf("  %s%s%s  ", cli_paint(cli, color), row->change == WORLD_EQUAL ? "=" : "!",
           cli_paint(cli, CLI_PLAIN));
    if (row->has_new)
        put_place(&r->new, &row->new, new_width);
    else
        printf("%-*s  %-14s %-10s  %-10s", new_width, "-", "", "", "");
    printf("  %s%s%s\n", cli_paint(cli, color), world_change_names[row->change],
           cli_paint(cli, CLI_PLAIN));
}

static const char *name_of(const struct cli_rows *r, const struct world_row *row)
{
    return row->has_old ? r->old.partitions[row->old.partition].name
                        : r->new.partitions[row->new.partition].name;
}

/* ---- as JSON ---- */

static cJSON *place_json(const struct layout *l, const struct world_item *item)
{
    const struct layout_partition *p = &l->partitions[item->partition];
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "name", p->name);
    cJSON_AddStringToObject(json, "device", l->devices[p->device].name);
    cJSON_AddNumberToObject(json, "address", (double)item->address);
    cJSON_AddNumberToObject(json, "size", item->size);
    return json;
}

static int print_json(struct cli *cli, const struct cli_rows *r, bool all)
{
    cJSON *json = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(json, "rows");

    for (size_t i = 0; i < r->n; i++) {
        const struct world_row *row = &r->list[i];
        cJSON *one;

        if (row->change == WORLD_EQUAL && !all)
            continue;
        one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "change", world_change_names[row->change]);
        if (row->has_old)
            cJSON_AddItemToObject(one, "old", place_json(&r->old, &row->old));
        if (row->has_new)
            cJSON_AddItemToObject(one, "new", place_json(&r->new, &row->new));
        if (row->effect)
            cJSON_AddStringToObject(one, "effect", row->effect);
        cJSON_AddItemToArray(rows, one);
    }
    cJSON_AddNumberToObject(json, "equal", (double)r->n_equal);
    cJSON_AddNumberToObject(json, "different", (double)(r->n - r->n_equal));
    return cli_json(cli, json);
}

int cli_rows_print(struct cli *cli, const struct cli_rows *r, bool all)
{
    int old_width = width_of(&r->old), new_width = width_of(&r->new);

    if (cli_has(cli, "json"))
        return print_json(cli, r, all);
    for (size_t i = 0; i < r->n; i++)
        if (all || r->list[i].change != WORLD_EQUAL)
            put_row(cli, r, &r->list[i], old_width, new_width);
    for (size_t i = 0; i < r->n; i++)
        if (r->list[i].effect)
            printf("%s is %s: %s\n", name_of(r, &r->list[i]), world_change_names[r->list[i].change],
                   r->list[i].effect);
    return HOST_OK;
}

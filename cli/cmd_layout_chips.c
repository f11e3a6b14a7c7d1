/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout chips: the table of chips, or all that is known of one. */
#include "cli/cli.h"
#include "host/chips/chips.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

/* "512K", "2M", "128" */
static void size_text(uint32_t size, char text[16])
{
    if (size % (1024 * 1024) == 0)
        snprintf(text, 16, "%" PRIu32 "M", size >> 20);
    else if (size % 1024 == 0)
        snprintf(text, 16, "%" PRIu32 "K", size >> 10);
    else
        snprintf(text, 16, "%" PRIu32, size);
}

static const char *known(enum chip_known k)
{
    static const char *const words[] = { "no", "yes", "not known" };

    return words[k];
}

/* ---- for people ---- */

static void print_row(const struct cli *cli, const struct chip *c)
{
    char size[16], pages[128];

    size_text(c->size, size);
    chip_pages_text(c, pages, sizeof pages);
    printf("%s%-16s%s %6s  %4u  %-11s  %-10s  %s%s\n", cli_paint(cli, CLI_BOLD), c->name,
           cli_paint(cli, CLI_PLAIN), size, c->unit, c->core ? c->core : "serial NOR",
           c->port     ? c->port
           : c->cannot ? "cannot"
                       : "",
           pages, c->sizable ? ", or other" : "");
}

static void print_all(const struct cli *cli)
{
    unsigned chips = 0, nor = 0;

    printf("%-16s %6s  %4s  %-11s  %-10s  %s\n", "name", "flash", "unit", "processor", "port",
           "pages");
    for (size_t i = 0; chip_at(i); i++) {
        print_row(cli, chip_at(i));
        *(chip_at(i)->jedec ? &nor : &chips) += 1;
    }
    printf("%u microcontrollers, %u serial NOR parts; \"layout chips NAME\" says all of one\n",
           chips, nor);
}

static void print_flash(const struct chip *c)
{
    char size[16], pages[256];

    size_text(c->size, size);
    chip_pages_text(c, pages, sizeof pages);
    printf("  flash      %s%s, pages %s\n", size, c->sizable ? " unless the layout says" : "",
           pages);
    if (c->mapped)
        printf("  at         0x%08" PRIx32 "\n", c->base);
    else
        puts("  at         not mapped");
    printf("  unit       %u bytes%s\n", c->unit, c->once ? ", once between erases" : "");
    printf("  erased     0x%02" PRIx32 "%s\n", c->erased,
           c->blank_faults ? ", and reading it faults" : "");
    printf("  ECC        %s\n", known(c->ecc));
    if (c->erase_ms)
        printf("  erase      %" PRIu32 " ms at most for a page\n", c->erase_ms);
    if (c->jedec)
        printf("  JEDEC id   %06" PRIx32 "\n", c->jedec);
}

static void print_processor(const struct chip *c)
{
    char size[16];

    if (c->core)
        printf("  processor  %s\n", c->core);
    if (c->vectors)
        printf("  vectors    %u, so an image's table is at a multiple of %" PRIu32 "\n", c->vectors,
               chip_vector_alignment(c->vectors));
    size_text(c->ram_size, size);
    if (c->ram_size)
        printf("  RAM        %s at 0x%08" PRIx32 "\n", size, c->ram_base);
}

static void print_one(const struct cli *cli, const struct chip *c)
{
    char line[512];

    printf("%s%s%s", cli_paint(cli, CLI_BOLD), c->name, cli_paint(cli, CLI_PLAIN));
    if (c->part)
        printf("  %s", c->part);
    for (const char *const *other = c->others; *other; other++)
        printf("%s%s", other == c->others ? ", also " : ", ", *other);
    putchar('\n');
    print_flash(c);
    print_processor(c);
    printf("  port       %s\n", c->port    ? c->port
                                : c->jedec ? "any with a serial NOR"
                                           : "none yet");
    if (c->external)
        printf("  with NOR   %s\n", c->external);
    if (c->board)
        printf("  emulated   bulkhead board run %s\n", c->board);
    if (c->cannot)
        printf("  %scannot%s     %s\n", cli_paint(cli, CLI_YELLOW), cli_paint(cli, CLI_PLAIN),
               c->cannot);
    if (c->note)
        printf("  note       %s\n", c->note);
    for (uint8_t i = 0; i < c->n_tools; i++) {
        bool hex = strstr(c->tools[i].command, "HEX") != NULL;

        chip_command(&c->tools[i], hex ? "boot.hex" : "boot.bin", c->base, c->base, line,
                     sizeof line);
        printf("  %-10s %s\n", c->tools[i].name, line);
    }
    printf("  source     %s\n", c->source);
}

/* ---- for programs ---- */

static void add_text(cJSON *json, const char *key, const char *text)
{
    cJSON_AddItemToObject(json, key, text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

static void add_known(cJSON *json, const char *key, bool is_known, bool value)
{
    cJSON_AddItemToObject(json, key, is_known ? cJSON_CreateBool(value) : cJSON_CreateNull());
}

static void add_number(cJSON *json, const char *key, bool is_known, uint32_t n)
{
    cJSON_AddItemToObject(json, key, is_known ? cJSON_CreateNumber(n) : cJSON_CreateNull());
}

static void add_lists(cJSON *json, const struct chip *c)
{
    cJSON *list = cJSON_AddArrayToObject(json, "other_names"), *one;

    for (const char *const *other = c->others; *other; other++)
        cJSON_AddItemToArray(list, cJSON_CreateString(*other));
    list = cJSON_AddArrayToObject(json, "pages");
    for (uint8_t i = 0; i < c->n_runs; i++) {
        one = cJSON_CreateObject();
        cJSON_AddNumberToObject(one, "count", c->runs[i].count);
        cJSON_AddNumberToObject(one, "size", c->runs[i].size);
        cJSON_AddItemToArray(list, one);
    }
    one = cJSON_AddObjectToObject(json, "tools");
    for (uint8_t i = 0; i < c->n_tools; i++)
        cJSON_AddStringToObject(one, c->tools[i].name, c->tools[i].command);
}

static cJSON *chip_json(const struct chip *c)
{
    cJSON *json = cJSON_CreateObject();
    char id[8];

    cJSON_AddStringToObject(json, "name", c->name);
    cJSON_AddStringToObject(json, "family", c->family);
    add_text(json, "part", c->part);
    snprintf(id, sizeof id, "%06" PRIx32, c->jedec & 0xFFFFFF);
    add_text(json, "jedec", c->jedec ? id : NULL);
    cJSON_AddNumberToObject(json, "size", c->size);
    cJSON_AddBoolToObject(json, "sizable", c->sizable);
    cJSON_AddNumberToObject(json, "unit", c->unit);
    cJSON_AddNumberToObject(json, "erased", c->erased);
    add_number(json, "mapped", c->mapped, c->base);
    cJSON_AddBoolToObject(json, "program_once", c->once);
    add_known(json, "ecc", c->ecc != CHIP_UNKNOWN, c->ecc == CHIP_YES);
    cJSON_AddBoolToObject(json, "blank_faults", c->blank_faults);
    add_number(json, "erase_ms", c->erase_ms != 0, c->erase_ms);
    add_text(json, "core", c->core);
    cJSON_AddNumberToObject(json, "vectors", c->vectors);
    cJSON_AddNumberToObject(json, "vector_alignment", chip_vector_alignment(c->vectors));
    add_number(json, "ram_base", c->ram_size != 0, c->ram_base);
    add_number(json, "ram_size", c->ram_size != 0, c->ram_size);
    add_text(json, "port", c->port);
    add_text(json, "external", c->external);
    add_text(json, "board", c->board);
    add_text(json, "cannot", c->cannot);
    add_text(json, "note", c->note);
    cJSON_AddStringToObject(json, "source", c->source);
    add_lists(json, c);
    return json;
}

static int print_json(struct cli *cli, const struct chip *one)
{
    cJSON *json = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(json, "chips");

    for (size_t i = 0; !one && chip_at(i); i++)
        cJSON_AddItemToArray(list, chip_json(chip_at(i)));
    if (one)
        cJSON_AddItemToArray(list, chip_json(one));
    return cli_json(cli, json);
}

/* A name, or the three bytes of a JEDEC id: "ef4018", "0xef4018". */
static const struct chip *find(const char *name)
{
    const struct chip *c = chip_find(name);
    const char *digits = name[0] == '0' && (name[1] == 'x' || name[1] == 'X') ? name + 2 : name;
    uint32_t id = 0;

    if (c || strlen(digits) != 6 || strspn(digits, "0123456789abcdefABCDEF") != 6)
        return c;
    sscanf(digits, "%" SCNx32, &id);
    return chip_by_jedec(id);
}

static int run(struct cli *cli)
{
    const char *name = cli->n_operands ? cli->operands[0] : NULL, *near;
    const struct chip *c = name ? find(name) : NULL;

    if (name && !c) {
        near = chip_near(name);
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        near ? NULL
                             : "\"bulkhead layout chips\" lists all; docs/chips.md says how "
                               "to use one that is not there",
                        near ? "no chip \"%s\" in the table. Did you mean \"%s\"?"
                             : "no chip \"%s\" in the table",
                        name, near);
    }
    if (cli_has(cli, "json"))
        return print_json(cli, c);
    if (c)
        print_one(cli, c);
    else
        print_all(cli);
    return HOST_OK;
}

const struct cli_command cmd_layout_chips = {
    .noun = "layout",
    .verb = "chips",
    .summary = "List the chips that a layout can name, or show one",
    .description =
        "Size, pages, program unit and processor of microcontrollers and of serial NOR parts, each "
        "with the source of the facts. \"chip: NAME\" under a device of a layout takes them from "
        "here.\n\n"
        "A name may be a whole part number (STM32F407VET6) or, of serial NOR, a JEDEC id (ef4018).",
    .operands =
        (const struct cli_operand[]){
            { "NAME", "Chip, part number or JEDEC id; default: all", true, false }, { 0 } },
    .options = (const struct cli_option[]){ CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout chips", "all of them" },
            { "bulkhead layout chips STM32F407VET6", "one, with the commands that flash it" },
            { 0 },
        },
    .run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead board run: power on, show the console, pass on what is typed, until there is no more or
 * something else ends it. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/device.h"
#include "cli/image.h"
#include "sim/board/board.h"

/* A file for a place in the flash. */
struct load {
    const char *option;
    uint8_t chip;
    uint32_t off, max;
    struct host_bytes bytes;
};

enum { BOOTLOADER, PRIMARY, STAGED, LOADS };

static void show(void *context, char c)
{
    (void)context;
    putchar(c);
    if (c == '\n')
        fflush(stdout);
}

/* "Known are a, b and c." */
static void known(char *text, size_t size)
{
    size_t len = (size_t)snprintf(text, size, "Known are %s", board_kinds[0]->name);

    for (size_t i = 1; board_kinds[i] && len < size; i++)
        len +=
            (size_t)snprintf(text + len, size - len, "%s %s%s", board_kinds[i + 1] ? "," : " and",
                             board_kinds[i]->name, board_kinds[i + 1] ? "" : ".");
}

static int find_board(struct cli *cli, const struct board_kind **kind)
{
    char hint[256];
    size_t n = 0;

    *kind = board_find(cli->operands[0]);
    if (!*kind) {
        known(hint, sizeof hint);
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), hint, "no board is called '%s'",
                        cli->operands[0]);
    }
    while (n < BOARD_CHIPS_MAX && (*kind)->flash[n])
        n++;
    if (cli_count(cli, "flash") == n)
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                    n == 1 ? "Give --flash once."
                           : "Give --flash twice: the internal flash, then the external one.",
                    "%s has %zu flash chip%s, and --flash was given %zu time%s", (*kind)->name, n,
                    n == 1 ? "" : "s", cli_count(cli, "flash"),
                    cli_count(cli, "flash") == 1 ? "" : "s");
}

/* Where the three files go. */
static void places(const struct board_kind *kind, struct load load[LOADS])
{
    const struct bh_product *product = kind->product;
    const struct bh_pair *pair = &product->pairs[0];
    bool external = pair->secondary.flash != kind->flash[0];

    load[BOOTLOADER] = (struct load){ "bootloader", 0, 0, product->journal[0].off, { NULL, 0 } };
    load[PRIMARY] =
        (struct load){ "primary", 0, pair->primary.off, pair->primary.len, { NULL, 0 } };
    load[STAGED] = (struct load){ "staged",
                                  external,
                                  pair->secondary.off + pair->staged_off,
                                  pair->secondary.len - pair->staged_off,
                                  { NULL, 0 } };
}

/* All files are read and measured before any flash is opened. */
static int read_loads(struct cli *cli, struct load load[LOADS])
{
    for (int i = 0; i < LOADS; i++) {
        const char *path = cli_value(cli, load[i].option);

        if (!path)
            continue;
        if (host_read_file(path, &load[i].bytes, &cli->error))
            return cli_error(cli);
        if (load[i].bytes.len == 0 || load[i].bytes.len > load[i].max)
            return cli_fail(cli, HOST_BAD_INPUT, host_in(path), "Is it the right file?",
                            "%zu bytes do not fit where --%s goes, which takes 1 to %u",
                            load[i].bytes.len, load[i].option, load[i].max);
    }
    return HOST_OK;
}

static void put_loads(struct board *b, const struct load load[LOADS])
{
    for (int i = 0; i < LOADS; i++)
        if (load[i].bytes.data)
            sim_flash_fill(&b->chip[load[i].chip], load[i].off, load[i].bytes.data,
                           (uint32_t)load[i].bytes.len);
}

/* What a program may execute without asking the console, where no terminal is there for Ctrl-C:
 * twenty times what an update takes. */
#define PATIENCE 4000000000u

/* Until the run ends for another reason than waiting, or nobody types any more. */
static enum board_end converse(struct board *b)
{
    enum board_end end;
    char typed[256];
    ssize_t n;

    for (;;) {
        b->limit = isatty(STDIN_FILENO) ? 0 : b->instructions + PATIENCE;
        end = board_run(b);
        if (end != BOARD_WAITS)
            break;
        fflush(stdout);
        n = read(STDIN_FILENO, typed, sizeof typed);
        if (n <= 0)
            break;
        board_send(b, typed, (uint32_t)n);
    }
    fflush(stdout);
    return end;
}

static int say_json(struct cli *cli, const struct board *b, enum board_end end)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "end", board_end_text(end));
    cJSON_AddStringToObject(json, "console", b->said);
    cJSON_AddNumberToObject(json, "instructions", (double)b->instructions);
    cJSON_AddNumberToObject(json, "operations", (double)b->power.ops);
    cJSON_AddNumberToObject(json, "resets", b->resets);
    cJSON_AddNumberToObject(json, "faults", b->faults);
    cJSON_AddNumberToObject(json, "stack_bytes", board_stack_used(b));
    return cli_json(cli, json);
}

static int report(struct cli *cli, const struct board *b, enum board_end end)
{
    int code = HOST_OK;

    if (cli_has(cli, "json"))
        code = say_json(cli, b, end);
    else
        cli_note(cli, "%s: %llu instructions, %llu flash operations, %u resets, %u bytes of stack",
                 board_end_text(end), (unsigned long long)b->instructions,
                 (unsigned long long)b->power.ops, b->resets, board_stack_used(b));
    for (uint8_t i = 0; i < b->n_chips; i++)
        if (b->chip[i].misuse.count)
            return cli_fail(cli, HOST_DEVICE, host_nowhere(), NULL, "%s", b->chip[i].misuse.first);
    if (end == BOARD_LIMIT)
        return cli_fail(cli, HOST_DEVICE, host_nowhere(),
                        "Is the bootloader for this board? A terminal as standard input lifts this.",
                        "the program executed %u instructions without asking the console", PATIENCE);
    if (end == BOARD_LOCKUP)
        return cli_fail(cli, HOST_DEVICE, host_nowhere(),
                        "Are bootloader and image for this board? --bootloader and --primary put "
                        "others there.",
                        "the program locked up after %llu instructions",
                        (unsigned long long)b->instructions);
    return code;
}

static int operate(struct cli *cli, const struct board_kind *kind, const struct load load[LOADS],
                   const struct sim_cut *cut, uint32_t cut_at)
{
    const char *paths[BOARD_CHIPS_MAX] = { NULL };
    struct board *b = calloc(1, sizeof *b);
    int code, err;

    if (!b)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    for (size_t i = 0; i < cli_count(cli, "flash"); i++)
        paths[i] = cli_nth(cli, "flash", i)[0];
    err = board_open_files(b, kind, NULL, paths, SIM_FILE_CREATE);
    if (err) {
        code = cli_fail(cli, err == BH_ERR_IO ? HOST_FAILED : HOST_BAD_INPUT, host_nowhere(), NULL,
                        "%s", b->why);
    } else {
        put_loads(b, load);
        b->echo = cli_has(cli, "json") ? NULL : show;
        board_power_on(b);
        b->power.cut = *cut;
        b->cut_at = cut_at;
        code = report(cli, b, converse(b));
    }
    board_close(b);
    free(b);
    return code;
}

static int run(struct cli *cli)
{
    const struct board_kind *kind;
    struct sim_cut cut = { 0 };
    uint32_t cut_at = 0;
    struct load load[LOADS];
    int code = find_board(cli, &kind);

    if (!code)
        code = cli_cut(cli, &cut);
    if (!code)
        code = cli_u32(cli, "cut-instruction", &cut_at);
    if (code)
        return code;
    places(kind, load);
    code = read_loads(cli, load);
    if (!code)
        code = operate(cli, kind, load, &cut, cut_at);
    for (int i = 0; i < LOADS; i++)
        host_bytes_free(&load[i].bytes);
    return code;
}

const struct cli_command cmd_board_run = {
    .noun = "board",
    .verb = "run",
    .summary = "Run a bootloader's binary on an emulated board",
    .description =
        "Powers the board on and shows its console. What comes on standard input is typed there; "
        "when there is no more of it and the program waits for some, the power is switched off. "
        "The flash is kept in the image files, which are made if they are not there.\n\n"
        "The processor is emulated instruction by instruction and the flash is the same as that of "
        "'bulkhead boot', so the power can be cut in the same ways.",
    .operands =
        (const struct cli_operand[]){
            { "BOARD", "stm32f407, stm32l476, nrf52840, nrf51, virt or sifive_u", false, false },
            { 0 } },
    .options =
        (const struct cli_option[]){
            CLI_DEVICE_FLASH,
            { "bootloader", 'b', "FILE", "First put this at the start of the internal flash", NULL,
              false, false },
            { "primary", 'p', "FILE", "First put this image into the primary slot", NULL, false,
              false },
            { "staged", 's', "FILE", "First put this image where one is staged", NULL, false,
              false },
            CLI_DEVICE_CUT,
            { "cut-instruction", 0, "N", "Cut the power before instruction N, counted from 1", NULL,
              false, false },
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead board run stm32f407 --flash chip.bin --bootloader boot.bin --primary app.bin",
              "A new board, with the console at hand" },
            { "bulkhead board run stm32f407 --flash chip.bin --cut 40:torn",
              "The next start, cut within flash operation 40" },
            { 0 } },
    .exits = CLI_EXITS(HOST_DEVICE),
    .run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead board run: power on, show the console, pass on what is typed, until there is no more or
 * something else ends it. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulkhead/bytes.h"
#include "cli/board.h"
#include "cli/boot_line.h"
#include "cli/device.h"
#include "cli/image.h"
#include "cli/product.h"
#include "cli/values.h"
#include "host/line.h"
#include "host/target.h"
#include "sim/board/board.h"

/* A file for a place in the flash. */
struct load {
    const char *option;
    char *name;                   /* of the file; NULL: not given */
    const struct bh_region *slot; /* of the sample's layout; NULL: the place was said, or is none */
    uint8_t chip;
    uint32_t off, max;
    struct host_bytes bytes;
};

enum { BOOTLOADER, PRIMARY, STAGED, PUT };
#define PUTS_MAX 16u

/* All of them. */
struct loads {
    struct load load[PUT + PUTS_MAX];
    size_t n;
};

/* The console as it comes, and the bootloader's line once more in words. */
struct console {
    struct cli *cli;
    char line[80];
    size_t len;
    struct host_line *far; /* --console: what is said goes there, and not to standard output */
    char out[256];
    size_t n_out;
};

/* The bootloader's line may come after a prompt of the program that was reset. */
static bool boot_line(const char *text, struct cli_boot_line *out)
{
    for (const char *at = strpbrk(text, "BS"); at; at = strpbrk(at + 1, "BS"))
        if ((at == text || at[-1] == ' ') && cli_boot_line_read(at, out))
            return true;
    return false;
}

static void translate(struct console *c)
{
    struct cli_boot_line line;
    char text[CLI_BOOT_LINE_TEXT];

    c->line[c->len] = 0;
    c->len = 0;
    if (!boot_line(c->line, &line))
        return;
    cli_boot_line_text(&line, text);
    cli_note(c->cli, "  %s", text);
}

/* What was said so far goes out. Nobody need be there to hear it. */
static void flush(struct console *c)
{
    if (!c->far)
        fflush(stdout);
    else if (c->n_out && c->far->fd >= 0)
        host_line_write(c->far, c->out, c->n_out);
    c->n_out = 0;
}

static void show(void *context, char ch)
{
    struct console *c = context;

    if (!c->far)
        putchar(ch);
    else
        c->out[c->n_out++] = ch;
    if (ch == '\n' || c->n_out == sizeof c->out)
        flush(c);
    if (ch == '\n') {
        translate(c);
    } else if (ch > 0 && ch < ' ') {
        c->len = 0; /* of a protocol: a line of text begins after it */
    } else if (c->len < sizeof c->line - 1) {
        c->line[c->len++] = ch;
    }
}

static int find_board(struct cli *cli, struct board_kind *kind)
{
    int code = cli_board(cli, cli->operands[0], true, kind);
    size_t n = 0;

    if (code)
        return code;
    while (n < BOARD_CHIPS_MAX && kind->flash[n])
        n++;
    if (cli_count(cli, "flash") == n)
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                    n == 1 ? "Give --flash once."
                           : "Give --flash twice: the internal flash, then the external one.",
                    "%s has %zu flash chip%s, and --flash was given %zu time%s", kind->name, n,
                    n == 1 ? "" : "s", cli_count(cli, "flash"),
                    cli_count(cli, "flash") == 1 ? "" : "s");
}

/* "FILE@PARTITION": a place of the layout, on whichever chip. */
static bool named_place(const struct cli *cli, const struct board_kind *kind, const char *name,
                        struct load *load)
{
    const struct layout *l = cli_product_layout(cli);
    int i = layout_find_partition(l, name);
    const struct layout_partition *p = i >= 0 ? &l->partitions[i] : NULL;

    for (uint8_t chip = 0; p && chip < BOARD_CHIPS_MAX; chip++)
        if (kind->flash[chip] == &l->devices[p->device].flash) {
            load->chip = chip;
            load->off = p->off;
            load->max = p->size;
            return true;
        }
    return false;
}

/* "FILE@OFFSET", "FILE@CHIP:OFFSET", or "FILE@PARTITION". */
static int read_place(struct cli *cli, const struct board_kind *kind, const char *text,
                      struct load *load)
{
    const char *at = strrchr(text, '@'), *colon = at ? strchr(at, ':') : NULL;
    uint32_t chip = 0;
    char number[16];
    bool ok = at && at > text;

    if (ok && named_place(cli, kind, at + 1, load)) {
        load->name = strndup(text, (size_t)(at - text));
        return load->name ? HOST_OK
                          : cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    }

    if (ok && colon) {
        snprintf(number, sizeof number, "%.*s", (int)(colon - at - 1), at + 1);
        ok = cli_parse_u32(number, &chip) && chip < BOARD_CHIPS_MAX && kind->flash[chip];
    }
    if (!ok || !cli_parse_u32(colon ? colon + 1 : at + 1, &load->off) ||
        load->off >= kind->flash[chip]->size)
        return cli_fail(
            cli, HOST_BAD_INPUT, host_nowhere(),
            "Write FILE@OFFSET, FILE@1:OFFSET for the second chip, or FILE@PARTITION of "
            "the layout.",
            "--put '%s' names no place in the flash", text);
    load->chip = (uint8_t)chip;
    load->max = kind->flash[chip]->size - load->off;
    load->name = strndup(text, (size_t)(at - text));
    return load->name ? HOST_OK : cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
}

/* Where otadata chooses there are no slot pairs, but partitions. */
static int refuse_slots(struct cli *cli)
{
    static const char *const options[] = { "primary", "staged" };

    for (size_t i = 0; i < 2; i++)
        if (cli_value(cli, options[i]))
            return cli_fail(
                cli, HOST_BAD_INPUT, host_nowhere(), "Name the partition: --put FILE@ota_0.",
                "--%s is a place of a slot pair, and with plan 'select' there is none", options[i]);
    return HOST_OK;
}

/* Where the files go. --primary and --staged are places of the sample's layout. */
static int places(struct cli *cli, const struct board_kind *kind, struct loads *l)
{
    const struct bh_product *product = kind->product;
    static const struct bh_pair none;
    const struct bh_pair *pair = product->n_pairs ? &product->pairs[0] : &none;
    uint8_t external = pair->secondary.flash != kind->flash[0];
    size_t puts = cli_count(cli, "put");

    if (!product->n_pairs && refuse_slots(cli))
        return HOST_BAD_INPUT;
    l->load[BOOTLOADER] = (struct load){ .option = "bootloader", .max = kind->flash[0]->size };
    if (!product->n_pairs)
        l->load[BOOTLOADER].max = product->bootloader.len;
    l->load[PRIMARY] = (struct load){ .option = "primary",
                                      .slot = &pair->primary,
                                      .off = pair->primary.off,
                                      .max = pair->primary.len };
    l->load[STAGED] = (struct load){ .option = "staged",
                                     .slot = &pair->secondary,
                                     .chip = external,
                                     .off = pair->secondary.off + pair->staged_off,
                                     .max = pair->secondary.len - pair->staged_off };
    l->n = PUT;
    for (size_t i = 0; i < PUT; i++) {
        const char *name = cli_value(cli, l->load[i].option);

        l->load[i].name = name ? strdup(name) : NULL;
        if (name && !l->load[i].name)
            return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    }
    if (puts > PUTS_MAX)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), NULL, "--put was given %zu times",
                        puts);
    for (size_t i = 0; i < puts; i++) {
        struct load *load = &l->load[l->n++];

        *load = (struct load){ .option = "put" };
        if (read_place(cli, kind, cli_nth(cli, "put", i)[0], load))
            return HOST_BAD_INPUT;
    }
    return HOST_OK;
}

/* All files are read and measured before any flash is opened. */
static int read_loads(struct cli *cli, struct loads *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct load *load = &l->load[i];

        if (!load->name)
            continue;
        if (host_read_file(load->name, &load->bytes, &cli->error))
            return cli_error(cli);
        if (load->bytes.len == 0 || load->bytes.len > load->max)
            return cli_fail(cli, HOST_BAD_INPUT, host_in(load->name), "Is it the right file?",
                            "%zu bytes do not fit where --%s goes, which takes 1 to %u",
                            load->bytes.len, load->option, load->max);
    }
    return HOST_OK;
}

/* Does a bootloader have this slot in its product? Offset and length are neighbours there. */
static bool names(const struct host_bytes *bootloader, const struct bh_region *slot)
{
    for (size_t i = 0; i + 8 <= bootloader->len; i += 4)
        if (bh_load32(bootloader->data + i) == slot->off &&
            bh_load32(bootloader->data + i + 4) == slot->len)
            return true;
    return false;
}

/* The bootloader that is going to run: the one given, or the one in the flash file. An empty one:
 * there is none yet. */
static int find_bootloader(struct cli *cli, const struct board_kind *kind, const struct loads *l,
                           struct host_bytes *out)
{
    const char *flash = cli_nth(cli, "flash", 0)[0];
    const struct host_bytes *given = &l->load[BOOTLOADER].bytes;

    *out = (struct host_bytes){ NULL, 0 };
    if (given->data) {
        out->data = malloc(given->len);
        if (!out->data)
            return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
        memcpy(out->data, given->data, given->len);
        out->len = given->len;
        return HOST_OK;
    }
    if (access(flash, F_OK) != 0)
        return HOST_OK;
    if (host_read_file(flash, out, &cli->error))
        return cli_error(cli);
    if (out->len != kind->flash[0]->size)
        out->len = 0; /* is refused where it is opened */
    else
        out->len = kind->product->journal[0].off;
    if (bh_all(out->data, 0xFF, out->len))
        out->len = 0;
    return HOST_OK;
}

/* Somebody else's bootloader has somebody else's layout: what would be written to the sample's
 * addresses might fall into the bootloader itself. */
static int check_layout(struct cli *cli, const struct board_kind *kind, const struct loads *l)
{
    const struct load *boot = &l->load[BOOTLOADER];
    struct host_bytes bootloader;

    if (!kind->product->n_pairs)
        return HOST_OK; /* it finds its partitions in the table that is in the flash */
    int code = find_bootloader(cli, kind, l, &bootloader);
    bool ours = names(&bootloader, &kind->product->pairs[0].primary);

    for (size_t i = 0; !code && bootloader.len && i < PUT; i++)
        if (l->load[i].name && l->load[i].slot && !names(&bootloader, l->load[i].slot))
            code =
                cli_fail(cli, HOST_BAD_INPUT, host_in(l->load[i].name),
                         "Say where it belongs with --put FILE@OFFSET.",
                         "--%s is at 0x%x in the sample's layout, and this bootloader has no slot "
                         "there",
                         l->load[i].option, l->load[i].off);
    if (!code && ours && boot->bytes.len > kind->product->journal[0].off)
        code = cli_fail(cli, HOST_BAD_INPUT, host_in(boot->name), "Is it the right file?",
                        "%zu bytes do not fit where --bootloader goes, which takes 1 to %u",
                        boot->bytes.len, kind->product->journal[0].off);
    host_bytes_free(&bootloader);
    return code;
}

static void put_loads(struct board *b, const struct loads *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->load[i].bytes.data)
            sim_flash_fill(&b->chip[l->load[i].chip], l->load[i].off, l->load[i].bytes.data,
                           (uint32_t)l->load[i].bytes.len);
}

/* What a program may execute without asking the console, where no terminal is there for Ctrl-C:
 * twenty times what an update takes. */
#define PATIENCE 4000000000u
#define WAIT_MS 2u /* for a byte of a console elsewhere, until the program is looked at again */

/* Until the run ends for another reason than waiting, or nobody types any more. most: instructions
 * in all; 0: as many as it takes. */
static enum board_end converse(struct board *b, uint32_t most)
{
    enum board_end end;
    char typed[256];
    ssize_t n;

    for (;;) {
        b->limit = most ? most : isatty(STDIN_FILENO) ? 0 : b->instructions + PATIENCE;
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

/* The same with a console elsewhere: the program's time goes on with ours while it waits. */
static enum board_end converse_far(struct board *b, struct console *c, uint32_t most)
{
    unsigned long long before = host_line_ms();
    enum board_end end = BOARD_WAITS;
    char typed[256];

    b->patience_ms = 0;
    b->swift = !b->cut_at;
    while (end == BOARD_WAITS && !host_line_interrupted()) {
        unsigned long long now;
        long n;

        b->limit = most ? most : b->instructions + PATIENCE;
        end = board_run(b);
        flush(c);
        if (end != BOARD_WAITS)
            break;
        n = host_line_read(c->far, typed, sizeof typed, WAIT_MS);
        if (n > 0)
            board_send(b, typed, (uint32_t)n);
        now = host_line_ms();
        board_pass(b, (now - before) * 1000);
        before = now;
    }
    return end;
}

/* The bootloader's lines, one for each start that is still in what was kept of the console. */
static cJSON *boots(const struct board *b)
{
    cJSON *list = cJSON_CreateArray();

    for (const char *at = b->said; *at;) {
        size_t len = strcspn(at, "\n");
        struct cli_boot_line line;
        char text[80];

        snprintf(text, sizeof text, "%.*s", (int)len, at);
        if (len < sizeof text && boot_line(text, &line))
            cJSON_AddItemToArray(list, cli_boot_line_json(&line));
        at += len + (at[len] != 0);
    }
    return list;
}

static int say_json(struct cli *cli, const struct board *b, enum board_end end)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "end", board_end_text(end));
    cJSON_AddStringToObject(json, "console", b->said);
    cJSON_AddItemToObject(json, "boots", boots(b));
    cJSON_AddNumberToObject(json, "instructions", (double)b->instructions);
    cJSON_AddNumberToObject(json, "operations", (double)b->power.ops);
    cJSON_AddNumberToObject(json, "resets", b->resets);
    cJSON_AddNumberToObject(json, "faults", b->faults);
    cJSON_AddNumberToObject(json, "stack_bytes", board_stack_used(b));
    return cli_json(cli, json);
}

/* The line of a flash check in which the program began again, since the processor faulted, or in
 * which it was when the run ended. */
static void unfinished(const struct board *b, bool *faulted, char *line, size_t size)
{
    const char *last = strrchr(b->said, '\n'), *begun = b->said, *from = b->said;
    size_t len = 0;

    *faulted = false;
    while (!*faulted && (begun = strstr(begun, "flash check of ")) != NULL) {
        for (from = begun; from > b->said && from[-1] != '\n'; from--)
            ;
        *faulted = from != begun;
        len = (size_t)(begun - from);
        begun++;
    }
    if (!*faulted) {
        from = last ? last + 1 : b->said;
        len = strlen(from);
    }
    snprintf(line, size, "%.*s", (int)len, from);
}

/* What a flash check (docs/flash-check.md) found. Its last words decide, and that it tries to
 * program a unit twice is its task. */
static int judge(struct cli *cli, const struct board *b, enum board_end end)
{
    char line[80];
    bool faulted;

    if (strstr(b->said, " tests, all passed\n"))
        return HOST_OK;
    if (strstr(b->said, " tests FAILED: ") || strstr(b->said, "flash check: REFUSED"))
        return cli_fail(cli, HOST_DEVICE, host_nowhere(),
                        "docs/flash-check.md says what each test looks for.",
                        "the flash check did not pass");
    unfinished(b, &faulted, line, sizeof line);
    return cli_fail(cli, HOST_DEVICE, host_nowhere(),
                    "docs/flash-check.md says which calls that test makes.",
                    "the flash check did not end (%s): in '%s' the driver %s", board_end_text(end),
                    line, faulted ? "faults" : "waits without end");
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
    if (cli_has(cli, "check"))
        return code ? code : judge(cli, b, end);
    for (uint8_t i = 0; i < b->n_chips; i++)
        if (b->chip[i].misuse.count)
            return cli_fail(cli, HOST_DEVICE, host_nowhere(), NULL, "%s", b->chip[i].misuse.first);
    if (end == BOARD_LIMIT && !cli_has(cli, "instructions"))
        return cli_fail(cli, HOST_DEVICE, host_nowhere(),
                        "Is the bootloader for this board? --instructions sets another limit.",
                        "the program executed %u instructions without asking the console",
                        PATIENCE);
    if (end == BOARD_LOCKUP)
        return cli_fail(cli, HOST_DEVICE, host_nowhere(),
                        "Are bootloader and image for this board? --bootloader and --primary put "
                        "others there.",
                        "the program locked up after %llu instructions",
                        (unsigned long long)b->instructions);
    return code;
}

static int operate(struct cli *cli, const struct board_kind *kind, const struct loads *loads,
                   const struct sim_cut *cut, uint32_t cut_at, uint32_t most, uint64_t low)
{
    struct console console = { .cli = cli };
    struct host_line far;
    const char *paths[BOARD_CHIPS_MAX] = { NULL };
    struct board *b = calloc(1, sizeof *b);
    int code, err;

    if (!b)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    for (size_t i = 0; i < cli_count(cli, "flash"); i++)
        paths[i] = host_target_path(cli_nth(cli, "flash", i)[0]);
    err = board_open_files(b, kind, NULL, paths, SIM_FILE_CREATE);
    b->low_pins = low;
    if (err) {
        code = cli_fail(cli, err == BH_ERR_IO ? HOST_FAILED : HOST_BAD_INPUT, host_nowhere(), NULL,
                        "%s", b->why);
    } else {
        code = HOST_OK;
        if (cli_value(cli, "console")) {
            code = host_line_serve(&far, cli_value(cli, "console"), &cli->error);
            code = code ? cli_error(cli) : code;
            console.far = code ? NULL : &far;
        }
        if (console.far) {
            host_line_heed();
            cli_note(cli, "console at %s", far.name);
        }
        put_loads(b, loads);
        b->echo = cli_has(cli, "json") && !console.far ? NULL : show;
        b->echo_context = &console;
        if (!code) {
            b->swift = console.far && !cut_at;
            board_power_on(b);
            b->power.cut = *cut;
            b->cut_at = cut_at;
            code =
                report(cli, b, console.far ? converse_far(b, &console, most) : converse(b, most));
        }
        if (console.far)
            host_line_close(&far);
    }
    board_close(b);
    free(b);
    return code;
}

static int low_pins(struct cli *cli, uint64_t *low)
{
    uint32_t pin;

    for (size_t i = 0; i < cli_count(cli, "low"); i++) {
        if (!cli_parse_u32(cli_nth(cli, "low", i)[0], &pin) || pin > 63)
            return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                            "Give its number, 0 to 63, as the port numbers pins.",
                            "--low '%s' is no pin", cli_nth(cli, "low", i)[0]);
        *low |= (uint64_t)1 << pin;
    }
    return HOST_OK;
}

static int run(struct cli *cli)
{
    struct board_kind kind;
    struct sim_cut cut = { 0 };
    uint32_t cut_at = 0, most = 0;
    uint64_t low = 0;
    struct loads loads = { .n = 0 };
    int code = find_board(cli, &kind);

    if (!code)
        code = cli_cut(cli, &cut);
    if (!code)
        code = cli_u32(cli, "cut-instruction", &cut_at) || cli_u32(cli, "instructions", &most)
                   ? cli->error.code
                   : HOST_OK;
    if (!code && cli_has(cli, "instructions") && !most)
        code = cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Give 1 or more.",
                        "--instructions 0 runs nothing");
    if (!code)
        code = low_pins(cli, &low);
    if (!code)
        code = places(cli, &kind, &loads);
    if (!code)
        code = read_loads(cli, &loads);
    if (!code)
        code = check_layout(cli, &kind, &loads);
    if (!code && !board_emulator())
        code = cli_fail(cli, HOST_FAILED, host_nowhere(),
                        "Debian's package is libunicorn2; others: www.unicorn-engine.org.",
                        "boards are emulated by Unicorn, a library that is not on this machine");
    if (!code)
        code = operate(cli, &kind, &loads, &cut, cut_at, most, low);
    for (size_t i = 0; i < loads.n; i++) {
        host_bytes_free(&loads.load[i].bytes);
        free(loads.load[i].name);
    }
    return code;
}

const struct cli_command cmd_board_run = {
    .noun = "board",
    .verb = "run",
    .summary = "Run a bootloader's binary on an emulated board",
    .description = "Powers the board on and shows its console. Standard input is typed there; "
                   "when it ends and the program waits for more, the power is switched off. The "
                   "flash is kept in the image files, which are made if they do not exist. The "
                   "bootloader prints one line of numbers; below it is the same in words.\n\nThe "
                   "processor is emulated instruction by instruction and the flash is the same as "
                   "that of 'bulkhead boot', so the power can be cut in the same ways.",
    .operands =
        (const struct cli_operand[]){
            { "LAYOUT", "Layout file of a chip that is emulated, or a sample's name: stm32f407",
              false, false },
            { 0 } },
    .options = cli_board_options,
    .examples =
        (const struct cli_example[]){
            { "bulkhead board run stm32f407 --flash chip.bin --bootloader boot.bin --primary app.bin",
              "A new board, with the console at hand" },
            { "bulkhead board run stm32f407 --flash chip.bin --cut 40:torn",
              "The next start, cut within flash operation 40" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says = CLI_SAYS(
        [HOST_DEVICE] =
            "the program locked up, went on without end, used the flash wrongly, or failed its check"),
    .run = run,
};

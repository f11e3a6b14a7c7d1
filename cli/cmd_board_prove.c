/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead board prove: the life of a device on the emulated board, with power cuts, with the
 * binary that will be flashed. */
#define _POSIX_C_SOURCE 200809L
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/board.h"
#include "cli/image.h"
#include "cli/product.h"
#include "sim/board/prove.h"

struct proof {
    struct cli *cli;
    struct board_kind kind;
    struct host_bytes bootloader, image[2];
    struct prove p;
    struct cli_progress bar;
    struct host_output junit;
    bool junit_open;
    uint64_t seconds; /* at most; 0: no bound */
    double took;
    time_t began;
};

/* ---- what is given ---- */

static int read_bootloader(struct cli *cli, struct proof *x)
{
    const char *name = cli_value(cli, "bootloader");
    const struct bh_region *r = &x->kind.product->bootloader;

    if (host_read_file(name, &x->bootloader, &cli->error))
        return cli_error(cli);
    if (x->bootloader.len && x->bootloader.len <= r->len)
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_in(name),
                    "Is it the right file? Its build makes it from the same layout.",
                    "%zu bytes do not fit the bootloader's partition, which takes 1 to %u",
                    x->bootloader.len, r->len);
}

/* A binary of another layout would be proven wrong at its first start, without a word why. */
static int check_identity(struct cli *cli, const struct proof *x)
{
    uint8_t identity[4];

    for (unsigned i = 0; i < 4; i++)
        identity[i] = (uint8_t)(x->kind.product->layout >> 8 * i);
    for (size_t i = 0; i + 4 <= x->bootloader.len; i++)
        if (memcmp(x->bootloader.data + i, identity, 4) == 0)
            return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_in(cli_value(cli, "bootloader")),
                    "Build it from this layout, or name the layout that it was built from.",
                    "the identity of %s, %08x, is not in this bootloader", cli->operands[0],
                    x->kind.product->layout);
}

static int read_app(struct cli *cli, struct proof *x, unsigned i)
{
    const struct bh_product *product = x->kind.product;
    const char *name = cli_nth(cli, "app", i)[0];
    static uint8_t memory[CLI_VERIFY_MEMORY];
    struct bh_work work = { memory, sizeof memory };
    struct bh_verified verified;
    struct cli_view view;

    if (cli_read_image(cli, name, &x->image[i]))
        return cli->error.code;
    if (x->image[i].len > product->pairs[0].image_max)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(name), "Make it smaller, or the slot larger.",
                        "image of %zu bytes is larger than the %u bytes the slot can take",
                        x->image[i].len, product->pairs[0].image_max);
    cli_view(&x->image[i], &view);
    if (bh_verify(&product->policy, &view.view, (uint32_t)x->image[i].len, 0, &work, &verified) !=
        BH_VERDICT_GOOD)
        return cli_fail(cli, HOST_VERIFY, host_in(name),
                        "Sign it for the layout: 'bulkhead image sign --layout'.",
                        "%s would refuse this image: %s", product->name,
                        bh_reason_text(verified.reason));
    if (verified.image.len == x->image[i].len || x->image[i].len - verified.image.len < 0x10000)
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_in(name), "Give the signed image without padding.",
                    "after the image there are %zu bytes more",
                    x->image[i].len - verified.image.len);
}

static int read_apps(struct cli *cli, struct proof *x)
{
    if (cli_count(cli, "app") != 2)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "Give --app twice: the image that is installed, then its update.",
                        "--app was given %zu time%s", cli_count(cli, "app"),
                        cli_count(cli, "app") == 1 ? "" : "s");
    for (unsigned i = 0; i < 2; i++)
        if (read_app(cli, x, i))
            return cli->error.code;
    if (x->image[0].len == x->image[1].len &&
        memcmp(x->image[0].data, x->image[1].data, x->image[0].len) == 0)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(cli_nth(cli, "app", 1)[0]),
                        "Give two versions that differ.", "both images are the same");
    return HOST_OK;
}

/* One image is installed: the bootloader must be content with that. */
static int check_pairs(struct cli *cli, const struct proof *x)
{
    const struct bh_product *product = x->kind.product;

    for (uint8_t i = 1; i < product->n_pairs; i++)
        if (!product->pairs[i].optional)
            return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[0]),
                            "'bulkhead sim explore' takes several; or write 'optional: yes'.",
                            "slot pair '%s' needs an image too, and this command installs the "
                            "first one's",
                            product->pairs[i].name);
    if (strcmp(product->policy.formats[0]->name, "mcuboot") == 0)
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[0]),
                    "'bulkhead sim explore' takes any format.",
                    "only MCUboot's images are known to this command");
}

static int read_bounds(struct cli *cli, struct proof *x)
{
    uint32_t cuts = 8, seed = 1, seconds = 0;

    if (cli_u32(cli, "cuts", &cuts) || cli_u32(cli, "seed", &seed) ||
        cli_u32(cli, "seconds", &seconds))
        return cli->error.code;
    if (cli_has(cli, "all") && cli_has(cli, "cuts"))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Leave one of them out.",
                        "--all and --cuts both say how many");
    if (!cuts || cuts > 1000000)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "1 to 1000000; --all is every one.",
                        "--cuts %u proves nothing", cuts);
    x->p.cuts = cli_has(cli, "all") ? 0 : cuts;
    x->p.seed = seed;
    x->seconds = seconds;
    return HOST_OK;
}

/* It can be written: known before hours of work. */
static int open_junit(struct cli *cli, struct proof *x)
{
    const char *path = cli_value(cli, "junit");

    if (!path)
        return HOST_OK;
    if (cli_spare_inputs(cli, path))
        return cli->error.code;
    if (host_output_open(&x->junit, path, 0666, true, &cli->error))
        return cli_error(cli);
    x->junit_open = true;
    return HOST_OK;
}

/* ---- what came of it ---- */

static void put_command(const struct proof *x, FILE *out)
{
    fprintf(out, "bulkhead board prove %s --bootloader %s --app %s --app %s", x->cli->operands[0],
            cli_value(x->cli, "bootloader"), cli_nth(x->cli, "app", 0)[0],
            cli_nth(x->cli, "app", 1)[0]);
    if (x->p.cuts)
        fprintf(out, " --cuts %u --seed %" PRIu64, x->p.cuts, x->p.seed);
    else
        fprintf(out, " --all --seed %" PRIu64, x->p.seed);
}

static const char *end_name(enum prove_end end)
{
    static const char *const names[] = { "proven", "broken", "stopped", "failed" };

    return names[end];
}

static int say_json(struct proof *x, enum prove_end end)
{
    cJSON *json = cJSON_CreateObject(), *phases;
    char text[512];
    FILE *out = fmemopen(text, sizeof text, "w");

    cJSON_AddStringToObject(json, "end", end_name(end));
    cJSON_AddStringToObject(json, "product", x->kind.product->name);
    cJSON_AddStringToObject(json, "board", x->kind.name);
    cJSON_AddNumberToObject(json, "identity", x->kind.product->layout);
    cJSON_AddNumberToObject(json, "seed", (double)x->p.seed);
    cJSON_AddBoolToObject(json, "all", x->p.cuts == 0);
    phases = cJSON_AddArrayToObject(json, "phases");
    for (uint32_t i = 0; i < x->p.n_phases && x->p.phase[i].name; i++) {
        const struct prove_phase *p = &x->p.phase[i];
        cJSON *one = cJSON_CreateObject();

        cJSON_AddStringToObject(one, "name", p->name);
        cJSON_AddNumberToObject(one, "operations", (double)p->operations);
        cJSON_AddNumberToObject(one, "candidates", p->candidates);
        cJSON_AddNumberToObject(one, "cuts", p->cuts);
        cJSON_AddNumberToObject(one, "instructions", (double)p->instructions);
        cJSON_AddItemToArray(phases, one);
    }
    cJSON_AddNumberToObject(json, "compared", (double)x->p.compared);
    cJSON_AddNumberToObject(json, "starts", (double)x->p.starts);
    cJSON_AddNumberToObject(json, "seconds", x->took);
    if (end == PROVE_BROKEN) {
        cJSON_AddStringToObject(json, "law", x->p.law);
        cJSON_AddStringToObject(json, "at", x->p.what);
        cJSON_AddStringToObject(json, "how", x->p.broken);
    }
    if (out) {
        put_command(x, out);
        fclose(out);
        cJSON_AddStringToObject(json, "command", text);
    }
    return cli_json(x->cli, json);
}

static void say_text(const struct proof *x, enum prove_end end)
{
    if (x->p.compared)
        printf("without a cut  %" PRIu64 " flash operations, as the host makes them\n",
               x->p.compared);
    for (uint32_t i = 0; i < x->p.n_phases && x->p.phase[i].name; i++) {
        const struct prove_phase *p = &x->p.phase[i];

        printf("%-14s %u of %s cut: %" PRIu64 " flash operations, %u candidates\n", p->name,
               p->cuts, x->p.cuts ? "those drawn" : "all", p->operations, p->candidates);
    }
    if (end == PROVE_GOOD)
        printf("%sproven%s: %s on %s, %" PRIu64 " starts, %.0f seconds\n",
               cli_paint(x->cli, CLI_GREEN), cli_paint(x->cli, CLI_PLAIN), x->kind.product->name,
               x->kind.name, x->p.starts, x->took);
    if (end == PROVE_STOPPED)
        printf("stopped by its bound of %" PRIu64 " seconds; what was cut until then is good\n",
               x->seconds);
    if (end != PROVE_BROKEN)
        return;
    printf("%sbroken%s: %s\n  %s: %s\n  ", cli_paint(x->cli, CLI_RED), cli_paint(x->cli, CLI_PLAIN),
           x->p.law, x->p.what, x->p.broken);
    put_command(x, stdout);
    printf("\n");
}

/* ---- JUnit, for build servers ---- */

static void put_xml(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
        }
}

static void put_case(FILE *out, const struct proof *x, const char *name, bool failed, bool skipped)
{
    fprintf(out, "  <testcase classname=\"");
    put_xml(out, x->kind.product->name);
    fprintf(out, "\" name=\"%s\">", name);
    if (failed) {
        fputs("<failure message=\"", out);
        put_xml(out, x->p.law ? x->p.law : "failed");
        fputs("\">", out);
        put_xml(out, x->p.what);
        fputs(": ", out);
        put_xml(out, x->p.broken);
        fputs("</failure>", out);
    } else if (skipped) {
        fputs("<skipped/>", out);
    }
    fputs("</testcase>\n", out);
}

/* One case for the life without cuts, one for each phase with them. */
static int write_junit(struct proof *x, enum prove_end end)
{
    const char *path = cli_value(x->cli, "junit");
    char *text = NULL;
    size_t len = 0;
    FILE *out;
    int code;
    uint32_t n = x->p.n_phases;
    bool over = false; /* a case has failed, or the bound came: nothing after it was looked at */

    if (!path)
        return HOST_OK;
    out = open_memstream(&text, &len);
    if (!out)
        return cli_fail(x->cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"bulkhead board prove ",
          out);
    put_xml(out, x->cli->operands[0]);
    fprintf(out, "\" tests=\"%u\" failures=\"%d\" time=\"%.3f\">\n", n + 1, end == PROVE_BROKEN,
            x->took);
    over = !x->p.compared;
    put_case(out, x, "life without cuts", over && end == PROVE_BROKEN, over && end != PROVE_BROKEN);
    for (uint32_t i = 0; i < n; i++) {
        const struct prove_phase *p = &x->p.phase[i];
        bool done = p->name && p->planned && p->cuts == p->planned;
        static const char *const names[] = { "update", "confirm", "revert" };

        put_case(out, x, names[i], !over && !done && end == PROVE_BROKEN,
                 over || (!done && end != PROVE_BROKEN));
        over = over || !done;
    }
    fputs("</testsuite>\n", out);
    fclose(out);
    code = host_output_commit(&x->junit, text, len, &x->cli->error);
    x->junit_open = false;
    free(text);
    if (code)
        return cli_error(x->cli);
    cli_note(x->cli, "wrote %s, %zu bytes", path, len);
    return HOST_OK;
}

/* ---- the run ---- */

static bool progress(void *context, uint32_t done, uint32_t planned)
{
    struct proof *x = context;

    x->bar.total = planned;
    cli_progress_update(&x->bar, done);
    return !x->seconds || (uint64_t)(time(NULL) - x->began) < x->seconds;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int prove(struct proof *x)
{
    enum prove_end end;
    double began = now();
    int code;

    x->p.kind = &x->kind;
    x->p.bootloader = (struct prove_bytes){ x->bootloader.data, (uint32_t)x->bootloader.len };
    for (unsigned i = 0; i < 2; i++)
        x->p.image[i] = (struct prove_bytes){ x->image[i].data, (uint32_t)x->image[i].len };
    x->p.progress = progress;
    x->p.context = x;
    x->began = time(NULL);
    cli_progress_begin(x->cli, &x->bar, "cuts", 1);
    end = prove_run(&x->p);
    cli_progress_end(&x->bar);
    x->took = now() - began;
    if (end == PROVE_FAILED)
        return cli_fail(x->cli, HOST_FAILED, host_nowhere(), NULL, "%s", x->p.broken);
    code = write_junit(x, end);
    if (code)
        return code;
    if (x->cli->json)
        code = say_json(x, end);
    else
        say_text(x, end);
    return code ? code : end == PROVE_BROKEN ? HOST_FAILED : HOST_OK;
}

static int run(struct cli *cli)
{
    struct proof x = { .cli = cli };
    int code = read_bounds(cli, &x);

    if (!code)
        code = cli_board(cli, cli->operands[0], false, &x.kind);
    if (!code)
        code = check_pairs(cli, &x);
    if (!code)
        code = read_bootloader(cli, &x);
    if (!code)
        code = check_identity(cli, &x);
    if (!code)
        code = read_apps(cli, &x);
    if (!code && !board_emulator())
        code = cli_fail(cli, HOST_FAILED, host_nowhere(),
                        "Debian's package is libunicorn2; others: www.unicorn-engine.org.",
                        "boards are emulated by Unicorn, a library that is not on this machine");
    if (!code)
        code = open_junit(cli, &x);
    if (!code)
        code = prove(&x);
    if (x.junit_open)
        host_output_cancel(&x.junit);
    host_bytes_free(&x.bootloader);
    host_bytes_free(&x.image[0]);
    host_bytes_free(&x.image[1]);
    return code;
}

const struct cli_command cmd_board_prove = {
    .noun = "board",
    .verb = "prove",
    .summary = "Prove a bootloader's binary on an emulated board, with power cuts",
    .description = "A device's life: installed, updated, confirmed, rolled back. First without a "
                   "cut: every flash operation must be the one that the core makes in the "
                   "simulated world. Then the power is cut in the update, in the confirm and in "
                   "the roll back, before, within and after flash operations and at any "
                   "instruction. After each cut a whole image must start, the one that the "
                   "journal names, and an image that nobody confirmed may not stay. An image on "
                   "trial is then taken back, half of the time with a cut in that too: the old "
                   "one must be back, byte for byte.\n\nThe images "
                   "are any two that are signed for the layout; they are stopped at their first "
                   "instruction. What the application would ask for is done by the library that "
                   "it would call. A broken law is exit code 1, with the command that repeats it.",
    .operands =
        (const struct cli_operand[]){
            { "LAYOUT", "Layout file of a chip that is emulated, or a sample's name: stm32f407",
              false, false },
            { 0 } },
    .options =
        (const struct cli_option[]){
            { "bootloader", 'b', "FILE", "The binary, built from this layout", NULL, false, true },
            { "app", 0, "FILE", "Signed image; give it twice: installed first, and its update",
              NULL, true, true },
            { "cuts", 0, "N", "Cuts in each phase, drawn from the seed; 8", NULL, false, false },
            { "all", 'a', NULL,
              "Every erase, journal entry and border of a copy, cut in all three ways: takes hours",
              NULL, false, false },
            { "seed", 0, "N", "What is drawn", "1", false, false },
            { "seconds", 0, "N", "Stop after so long", NULL, false, false },
            { "junit", 0, "FILE", "Write the result as JUnit XML too, for build servers", NULL,
              false, false },
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead board prove lamp.layout.yml --bootloader boot.bin --app one.bin --app two.bin",
              "Eight cuts in each phase" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_VERIFY),
    .says = CLI_SAYS(
        [HOST_FAILED] =
            "a law is broken, or something could not be done: a file, memory or permission"),
    .run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Names of products, scenarios and ways to die, and the line that repeats a run. */
#include "cli/sim.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/device.h"
#include "cli/product.h"
#include "cli/values.h"
#include "host/io.h"
#include "host/layout/sample.h"
#include "sim/explore/products.h"
#include "sim/explore/scale.h"

/* --- names --------------------------------------------------------------------------------- */

const char *cli_sim_product_name(size_t i, const void *context)
{
    size_t n = 0;

    (void)context;
    while (explore_products[n])
        n++;
    if (i < n)
        return explore_products[i]->name;
    return cli_product_name(i - n, NULL);
}

const char *cli_sim_scenario_name(size_t i, const void *context)
{
    (void)context;
    return i < n_explore_scenarios ? explore_scenarios[i].name : NULL;
}

/* "a, b, c" */
static void list(const char *(*next)(size_t i, const void *context), char *text, size_t size)
{
    const char *name;
    size_t n = 0;

    for (size_t i = 0; (name = next(i, NULL)) && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : "Known are ", name);
    snprintf(text + strlen(text), size - strlen(text), ".");
}

static int unknown(struct cli *cli, const char *what, const char *typed,
                   const char *(*next)(size_t i, const void *context))
{
    const char *near = host_near(typed, next, NULL);
    char known[1024];

    list(next, known, sizeof known);
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), known, "no %s is called '%s'%s%s%s", what,
                    typed, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static const struct bh_product *find(struct cli *cli, const char *name, bool select)
{
    const struct bh_product *(*load)(struct cli *, const char *) =
        select ? cli_product_or_select : cli_product;
    const struct bh_product *product;
    char *sample;

    if (cli_names_layout(name))
        return load(cli, name);
    product = explore_product_named(name);
    sample = product ? NULL : layout_sample(name);
    if (sample)
        product = load(cli, name);
    else if (!product)
        unknown(cli, "product", name, cli_sim_product_name);
    free(sample);
    return product;
}

const struct bh_product *cli_sim_product(struct cli *cli, const char *name)
{
    return find(cli, name, false);
}

const struct bh_product *cli_sim_product_or_select(struct cli *cli, const char *name)
{
    return find(cli, name, true);
}

int cli_sim_scale(struct cli *cli, struct explore_task *task)
{
    static struct explore_scaled *scaled;
    const char *why;

    explore_scale_free(scaled);
    scaled = explore_scale(task->product, &explore_scale_usual, &why);
    if (!scaled)
        return cli_fail(cli, HOST_BAD_LAYOUT, host_nowhere(), "Leave out --scaled.",
                        "%s cannot be scaled down: %s", task->product->name, why);
    task->product = &scaled->product;
    task->work_len = scaled->work_len;
    return HOST_OK;
}

int cli_sim_take(struct cli *cli, struct explore_task *task)
{
    task->product = cli_sim_product(cli, cli->operands[0]);
    if (!task->product)
        return cli->error.code;
    return cli_has(cli, "scaled") ? cli_sim_scale(cli, task) : HOST_OK;
}

int cli_sim_scenario(struct cli *cli, const char *name, const struct explore_scenario **out)
{
    *out = name ? explore_scenario_named(name) : NULL;
    return name && !*out ? unknown(cli, "scenario", name, cli_sim_scenario_name) : HOST_OK;
}

/* A word as a shell takes it. */
static void put_word(FILE *out, const char *word)
{
    if (!word[strcspn(word, " \t'\"\\$`*?[]#~&|;<>(){}!")]) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    fputc('\'', out);
}

void cli_sim_replay_line(const struct cli *cli, FILE *out, const struct explore_task *task,
                         const struct explore_step *trace, unsigned n)
{
    fprintf(out, "bulkhead sim replay ");
    put_word(out, cli->operands[0]);
    for (unsigned i = 0; i < n; i++) {
        char text[EXPLORE_STEP_TEXT];

        explore_step_write(&trace[i], text);
        fprintf(out, " '%s'", text);
    }
    if (task->scenario && task->mode == EXPLORE_SWEEP)
        fprintf(out, " --scenario %s", task->scenario->name);
    if (task->flash == EXPLORE_LOOSE)
        fprintf(out, " --torn loose");
    if (task->work_len)
        fprintf(out, " --scaled");
    fprintf(out, "\n");
}

/* --- playing ------------------------------------------------------------------------------- */

struct play {
    struct cli *cli;
    const struct bh_product *product; /* the simulated one, once known */
    struct cJSON *steps, *ops;        /* JSON; otherwise text */
    const struct machine *m;
    bool dump_failed;
};

/* Where an operation is, in the product's words. */
static void place(const struct play *p, const struct sim_event *e, char *text, size_t size)
{
    const struct bh_product *product = &p->m->w.product;
    const struct {
        const char *name;
        const struct bh_region *region;
    } parts[] = {
        { "journal page 0", &product->journal[0] },    { "journal page 1", &product->journal[1] },
        { "spare", &product->pairs[0].spare },         { "primary", &product->pairs[0].primary },
        { "secondary", &product->pairs[0].secondary },
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].region->flash == &e->flash->flash && e->off >= parts[i].region->off &&
            e->off - parts[i].region->off < parts[i].region->len) {
            snprintf(text, size, "%s + 0x%x", parts[i].name, e->off - parts[i].region->off);
            return;
        }
    snprintf(text, size, "0x%x", e->off);
}

static void on_event(void *context, const struct sim_event *e)
{
    struct play *p = context;
    char where[64];

    if (e->kind == SIM_READ)
        return;
    p->m = e->flash->traits.watch_context;
    place(p, e, where, sizeof where);
    if (!p->steps) {
        printf("  %4" PRIu64 "  %-7s %5u bytes  %s%s\n", e->op,
               e->kind == SIM_ERASE ? "erase" : "program", e->len, where,
               e->cut   ? "   <- power cut"
               : e->err ? "   failed"
                        : "");
        return;
    }
    cJSON *op = cJSON_CreateObject();

    cJSON_AddNumberToObject(op, "operation", (double)e->op);
    cJSON_AddStringToObject(op, "kind", e->kind == SIM_ERASE ? "erase" : "program");
    cJSON_AddNumberToObject(op, "bytes", e->len);
    cJSON_AddStringToObject(op, "where", where);
    cJSON_AddBoolToObject(op, "cut", e->cut);
    cJSON_AddItemToArray(p->ops, op);
}

static void on_begin(void *context, const struct explore_step *step)
{
    struct play *p = context;
    char words[200];

    explore_step_say(step, words, sizeof words);
    if (!p->steps) {
        printf("%s%s%s\n", cli_paint(p->cli, CLI_BOLD), words, cli_paint(p->cli, CLI_PLAIN));
        return;
    }
    cJSON *json = cJSON_CreateObject();
    char text[EXPLORE_STEP_TEXT];

    explore_step_write(step, text);
    cJSON_AddStringToObject(json, "step", text);
    cJSON_AddStringToObject(json, "words", words);
    p->ops = cJSON_AddArrayToObject(json, "operations");
    cJSON_AddItemToArray(p->steps, json);
}

static void say_boot(struct play *p, const struct machine *m)
{
    const struct spec_seen *s = &m->seen;

    if (s->action == BH_BOOT_START)
        printf("        version %u starts; ", s->image);
    else
        printf("        nothing starts: %s; ", bh_reason_text((enum bh_reason)s->reason));
    printf("the journal says %s, last update %s", cli_state_text(s->truth.state),
           cli_outcome_text(s->truth.outcome));
    if (s->truth.reason && cli_journal_news(&m->w.boot))
        printf(" (%s)", bh_reason_text((enum bh_reason)s->truth.reason));
    printf("\n");
    (void)p;
}

static void on_end(void *context, struct machine *m, const struct explore_step *step)
{
    struct play *p = context;
    bool boot = step->act.kind == ACT_BOOT && !step->cut.at;

    if (!p->steps) {
        if (boot)
            say_boot(p, m);
        else if (!step->cut.at && m->seen.err)
            printf("        refused: %s\n", bh_error_text(m->seen.err));
        return;
    }
    cJSON *json = cJSON_GetArrayItem(p->steps, cJSON_GetArraySize(p->steps) - 1);

    if (boot) {
        cJSON_AddNumberToObject(json, "version", m->seen.image);
        cJSON_AddStringToObject(json, "state", cli_state_text(m->seen.truth.state));
        cJSON_AddStringToObject(json, "outcome", cli_outcome_text(m->seen.truth.outcome));
    }
}

/* Can the files of --dump be written? It is found out before anything is lived through. */
static int dumps_can_be_written(struct cli *cli)
{
    for (size_t i = 0; i < cli_count(cli, "dump"); i++) {
        struct host_output out;

        if (host_output_open(&out, cli_nth(cli, "dump", i)[0], 0644, cli_has(cli, "force"),
                             &cli->error))
            return cli_error(cli);
        host_output_cancel(&out);
    }
    return HOST_OK;
}

/* The devices as they are in the end, one file for each --dump. */
static int dump(struct cli *cli, struct machine *m)
{
    if (cli_count(cli, "dump") > m->w.n_chips)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Give --dump fewer times.",
                        "the product has %u flash device%s", m->w.n_chips,
                        m->w.n_chips == 1 ? "" : "s");
    for (size_t i = 0; i < cli_count(cli, "dump"); i++) {
        const char *path = cli_nth(cli, "dump", i)[0];
        uint8_t *bytes;
        uint32_t len;
        int code;

        len = m->w.chip[i].flash.size;
        bytes = malloc(len);
        if (!bytes)
            return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
        sim_flash_peek(&m->w.chip[i], 0, bytes, len);
        code = host_write_file(path, bytes, len, 0644, cli_has(cli, "force"), &cli->error);
        free(bytes);
        if (code)
            return cli_error(cli);
    }
    return HOST_OK;
}

struct last {
    struct play play;
    unsigned left; /* steps to come */
    int code;
};

static void on_last(void *context, struct machine *m, const struct explore_step *step)
{
    struct last *l = context;

    on_end(&l->play, m, step);
    if (--l->left == 0 || m->broken)
        l->code = dump(l->play.cli, m);
}

int cli_sim_play(struct cli *cli, const struct explore_task *task, const struct explore_step *trace,
                 unsigned n)
{
    struct last last = { .play = { .cli = cli }, .left = n };
    struct explore_audience audience = { &last, on_begin, on_event, on_last };
    static struct explore_result r;
    const char *why;

    if (dumps_can_be_written(cli))
        return cli->error.code;
    if (cli_has(cli, "json"))
        last.play.steps = cJSON_CreateArray();
    if (!explore_replay(task, trace, n, &audience, &r, &why))
        last.code = cli_fail(cli, HOST_BAD_LAYOUT, host_nowhere(), NULL, "%s: %s",
                             task->product->name, why);
    if (last.code) {
        cJSON_Delete(last.play.steps);
        return last.code;
    }
    if (last.play.steps) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddItemToObject(json, "steps", last.play.steps);
        cJSON_AddBoolToObject(json, "violation", r.violation);
        if (r.violation) {
            cJSON_AddStringToObject(json, "law", explore_law_name(r.law));
            cJSON_AddStringToObject(json, "how", r.how);
        }
        last.code = cli_json(cli, json);
    } else if (r.violation) {
        printf("%slaw \"%s\" broken%s: %s: %s\n", cli_paint(cli, CLI_RED), explore_law_name(r.law),
               cli_paint(cli, CLI_PLAIN), explore_law_text(r.law), r.how);
    } else {
        printf("no law broken\n");
    }
    return last.code ? last.code : r.violation ? HOST_FAILED : HOST_OK;
}

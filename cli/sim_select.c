/* SPDX-License-Identifier: Apache-2.0 */
/* 'bulkhead sim explore' of a product in which otadata chooses. The lives are those of
 * sim/select/closure.h, on otadata like the product's. In each part they get longer, act by act, as
 * long as there is time. */
#include "cli/sim_select.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/product.h"
#include "cli/sim_page.h"
#include "cli/values.h"
#include "sim/inner.h"
#include "sim/select/closure.h"
#include "sim/select/device.h"

#define SECONDS 120u /* unless --seconds says otherwise */
#define ACTS_FIRST 5u
#define ACTS_TWO_UPDATES 7u /* boot, choose, boot, confirm, choose, boot, confirm */
#define ACTS_LAST 8u
#define CUTS 2u
#define GROWS 3.0 /* lives of one act more take so many times as long, or longer */

struct part {
    const char *name, *title;
    bool ours, theirs, unstable;
};

static const struct part parts[] = {
    { "ours", "An application that uses Bulkhead's functions", true, false, false },
    { "esp-idf", "An unmodified ESP-IDF application", false, true, false },
    { "in-turns", "Both, in turns", true, true, false },
    { "unstable-ours", "Bulkhead's functions; what is torn reads differently at every boot", true,
      false, true },
    { "unstable-esp-idf", "ESP-IDF's; what is torn reads differently at every boot", false, true,
      true },
    { "unstable-in-turns", "Both; what is torn reads differently at every boot", true, true, true },
};
#define PARTS (sizeof parts / sizeof parts[0])

struct row {
    const struct part *part;
    const char *skipped; /* why, or NULL */
    unsigned acts;       /* all lives of so many were gone through; 0: not even the shortest */
    struct closure_result result;
};

struct proof {
    struct cli *cli;
    const char *name;
    struct closure like; /* the product's otadata */
    double seconds;
    struct row rows[PARTS];
    bool broken, complete;
    uint64_t acts, cuts, states;
    double took;
};

/* ---- what is explored ---- */

/* The table's slots as an application counts them, and whether there is a factory. */
static void look_at_table(const uint8_t table[BH_TABLE_LEN], struct closure *out)
{
    bool slot[DEVICE_SLOTS_MAX + 1] = { false };

    for (uint32_t at = 0; at < BH_TABLE_LEN; at += BH_TABLE_ROW) {
        struct bh_partition p;

        bh_partition_decode(table + at, &p);
        if (p.type != BH_TYPE_APP)
            continue;
        out->factory = out->factory || p.subtype == BH_APP_FACTORY;
        if (p.subtype >= BH_APP_OTA && p.subtype < BH_APP_OTA + DEVICE_SLOTS_MAX)
            slot[p.subtype - BH_APP_OTA] = true;
    }
    while (slot[out->slots])
        out->slots++;
}

static int refuse(struct cli *cli, const char *hint, const char *why)
{
    return cli_fail(cli, HOST_BAD_LAYOUT, host_in(cli_product_layout(cli)->path), hint, "%s", why);
}

static int take(struct proof *p)
{
    const struct layout *l = cli_product_layout(p->cli);
    const struct bh_select *product = cli_select(p->cli);
    uint8_t table[BH_TABLE_LEN];

    if (layout_table(l, table, &p->cli->error))
        return cli_error(p->cli);
    p->like = (struct closure){ .unit = (uint8_t)product->flash->unit,
                                .trial_boots = product->trial_boots,
                                .cuts = CUTS };
    look_at_table(table, &p->like);
    if (!product->rollback)
        return refuse(p->cli, "Set 'rollback: yes' in 'boot:', or see docs/select.md.",
                      "without rollback a choice counts at once, and there is no trial whose "
                      "promises could be explored");
    if (p->like.slots < 2)
        return refuse(p->cli, "Give the table an ota_0 and an ota_1.",
                      "two updates in a row need two slots, and the table has fewer");
    return HOST_OK;
}

static const char *skipped(const struct proof *p, const struct part *part)
{
    return part->theirs && p->like.unit > 1
               ? "ESP-IDF writes flash whose bytes can be programmed one by one, and this is none"
               : NULL;
}

/* Longer and longer lives. What was gone through last without a bound is what counts. */
static void explore(struct proof *p, struct row *row, double seconds)
{
    static struct closure_result now;
    struct closure how = p->like;
    double used = 0;

    how.name = row->part->name;
    how.ours = row->part->ours;
    how.theirs = row->part->theirs;
    how.unstable = row->part->unstable;
    for (how.acts = ACTS_FIRST; how.acts <= ACTS_LAST; how.acts++) {
        how.max_seconds = seconds > 0 ? seconds - used : 0;
        if (seconds > 0 && how.max_seconds < GROWS * row->result.seconds + 0.01)
            break;
        closure_explore(&how, &now);
        used += now.seconds;
        if (!now.complete && !now.broken)
            break;
        row->result = now;
        if (now.broken)
            break;
        row->acts = how.acts;
    }
    row->result.seconds = used;
}

static void explore_all(struct proof *p)
{
    unsigned left = 0;

    for (unsigned i = 0; i < PARTS; i++) {
        p->rows[i].part = &parts[i];
        p->rows[i].skipped = skipped(p, &parts[i]);
        left += !p->rows[i].skipped;
    }
    p->complete = true;
    for (unsigned i = 0; i < PARTS; i++) {
        struct row *row = &p->rows[i];

        if (row->skipped)
            continue;
        explore(p, row, p->seconds > 0 ? (p->seconds - p->took) / left : 0);
        left--;
        p->took += row->result.seconds;
        p->acts += row->result.acts;
        p->cuts += row->result.cuts;
        p->states += row->result.states;
        p->broken = p->broken || row->result.broken;
        p->complete = p->complete && row->acts >= ACTS_TWO_UPDATES;
    }
}

/* ---- what is said ---- */

static const char *verdict(const struct row *row)
{
    return row->skipped                    ? "not looked at"
           : row->result.broken            ? "BROKEN"
           : row->acts >= ACTS_TWO_UPDATES ? "clean"
           : row->acts                     ? "clean so far: less than two updates in a row"
                                           : "nothing yet: its time was over";
}

static int say_json(const struct proof *p, const struct row *row)
{
    const struct closure_result *r = &row->result;
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "product", p->name);
    cJSON_AddStringToObject(json, "mode", "otadata");
    cJSON_AddStringToObject(json, "part", row->part->name);
    cJSON_AddStringToObject(json, "flash", row->part->unstable ? "loose" : "fixed");
    cJSON_AddStringToObject(json, "scenario", "any");
    cJSON_AddNumberToObject(json, "shard", 0);
    cJSON_AddNumberToObject(json, "shards", 1);
    cJSON_AddBoolToObject(json, "scaled", false);
    if (row->skipped)
        cJSON_AddStringToObject(json, "skipped", row->skipped);
    cJSON_AddNumberToObject(json, "longest", row->acts);
    cJSON_AddNumberToObject(json, "depth", CUTS);
    cJSON_AddNumberToObject(json, "acts", (double)r->acts);
    cJSON_AddNumberToObject(json, "cuts", (double)r->cuts);
    cJSON_AddNumberToObject(json, "boots", (double)r->boots);
    cJSON_AddNumberToObject(json, "states", (double)r->states);
    cJSON_AddNumberToObject(json, "seconds", r->seconds);
    cJSON_AddBoolToObject(json, "complete", !row->skipped && row->acts >= ACTS_TWO_UPDATES);
    cJSON_AddBoolToObject(json, "violation", r->broken);
    if (r->broken)
        cJSON_AddStringToObject(json, "how", r->how);
    return cli_json_line(p->cli, json);
}

static void say_row(const struct proof *p, const struct row *row)
{
    const struct closure_result *r = &row->result;

    printf("%s%s%s\n", cli_paint(p->cli, CLI_BOLD), row->part->title, cli_paint(p->cli, CLI_PLAIN));
    if (row->skipped) {
        printf("  not looked at: %s\n", row->skipped);
        return;
    }
    printf("  up to %u acts %12" PRIu64 " states %12" PRIu64 " cuts %8.1f s  %s%s%s\n", row->acts,
           r->states, r->cuts, r->seconds,
           cli_paint(p->cli, r->broken                       ? CLI_RED
                             : row->acts >= ACTS_TWO_UPDATES ? CLI_GREEN
                                                             : CLI_YELLOW),
           verdict(row), cli_paint(p->cli, CLI_PLAIN));
    if (r->broken)
        fputs(r->how, stdout);
}

static int say(const struct proof *p)
{
    int code = HOST_OK;

    for (unsigned i = 0; !code && i < PARTS; i++) {
        if (cli_has(p->cli, "json"))
            code = say_json(p, &p->rows[i]);
        else
            say_row(p, &p->rows[i]);
    }
    if (!cli_has(p->cli, "json"))
        printf("%s%s%s: %" PRIu64 " acts, %" PRIu64 " of them cut, %.0f s%s\n",
               cli_paint(p->cli, p->broken     ? CLI_RED
                                 : p->complete ? CLI_GREEN
                                               : CLI_YELLOW),
               p->broken ? "A promise was broken" : "No promise was broken",
               cli_paint(p->cli, CLI_PLAIN), p->acts, p->cuts, p->took,
               p->complete ? "" : "; parts were stopped by their time (--seconds 0: all is done)");
    return code;
}

/* ---- the page ---- */

static void put_facts(FILE *out, const struct proof *p)
{
    time_t today = time(NULL);
    char text[1200];

    fputs("<table>\n", out);
    page_put_fact(out, "Product", p->name);
    page_put_file(out, cli_product_layout(p->cli));
    page_put_fact(out, "Bulkhead", BULKHEAD_VERSION);
    snprintf(text, sizeof text,
             "otadata chooses; %u slots, %s; %u start%s of a trial; program unit of %u byte%s",
             p->like.slots, p->like.factory ? "factory application" : "no factory application",
             p->like.trial_boots, p->like.trial_boots == 1 ? "" : "s", p->like.unit,
             p->like.unit == 1 ? "" : "s");
    page_put_fact(out, "Update", text);
    snprintf(text, sizeof text, "%.0f s used, bound %.0f s%s", p->took, p->seconds,
             p->seconds > 0 ? "" : " (none)");
    page_put_fact(out, "Time", text);
    strftime(text, sizeof text, "%Y-%m-%d", gmtime(&today));
    page_put_fact(out, "Date", text);
    fputs("</table>\n<p>To do it again:</p>\n<pre>", out);
    snprintf(text, sizeof text, "bulkhead sim explore %s --seconds %.0f --report report",
             p->cli->operands[0], p->seconds);
    page_put(out, text);
    fputs("</pre>\n", out);
}

static void put_claims(FILE *out)
{
    fputs(
        "<h2>What is claimed</h2>\n<p>An application chooses, confirms, rejects, and starts over, "
        "in any order, with up to two power cuts: before, inside or after any operation on flash, "
        "its own and the bootloader's, in the forms that are worst for what comes after. "
        "Then:</p>\n<ul>\n"
        "<li>what is confirmed is not lost: nothing else starts without a choice;</li>\n"
        "<li>what was rejected, or was not confirmed in its trial, does not come back;</li>\n"
        "<li>what is not confirmed gets exactly its starts, but for those that a cut in a boot "
        "has cost;</li>\n"
        "<li>no boot erases more than eight sectors, and nothing outside otadata is "
        "written.</li>\n</ul>\n",
        out);
}

static void put_rows(FILE *out, const struct proof *p)
{
    fputs("<h2>What was done</h2>\n<div class=\"scroll\"><table>\n<tr><th>who updates</th>"
          "<th class=\"n\">acts of a life</th><th class=\"n\">acts</th><th class=\"n\">cuts</th>"
          "<th class=\"n\">states</th><th class=\"n\">seconds</th><th></th></tr>\n",
          out);
    for (unsigned i = 0; i < PARTS; i++) {
        const struct row *row = &p->rows[i];
        const struct closure_result *r = &row->result;
        const uint64_t counts[] = { row->acts, r->acts, r->cuts, r->states };

        fputs("<tr><td>", out);
        page_put(out, row->part->title);
        if (row->skipped) {
            fputs("</td><td class=\"skipped\" colspan=\"6\">not looked at: ", out);
            page_put(out, row->skipped);
            fputs("</td></tr>\n", out);
            continue;
        }
        fputs("</td>", out);
        for (int k = 0; k < 4; k++) {
            fputs("<td class=\"n\">", out);
            page_put_count(out, counts[k]);
            fputs("</td>", out);
        }
        fprintf(out, "<td class=\"n\">%.1f</td><td class=\"w %s\">%s</td></tr>\n", r->seconds,
                page_class(r->broken, row->acts >= ACTS_TWO_UPDATES), verdict(row));
    }
    fputs("</table></div>\n", out);
    for (unsigned i = 0; i < PARTS; i++) {
        if (!p->rows[i].result.broken)
            continue;
        fputs("<h2 class=\"broken\">", out);
        page_put(out, p->rows[i].part->title);
        fputs("</h2>\n<pre>", out);
        page_put(out, p->rows[i].result.how);
        fputs("</pre>\n", out);
    }
}

static void put_limits(FILE *out)
{
    fputs(
        "<h2>What is not covered</h2>\n<ul>\n"
        "<li>The chip itself: the code is the bootloader's own, compiled for a host, on simulated "
        "flash; otadata, unit, number of slots and of starts are the product's. Where "
        "applications are, and how long they are, changes nothing in what is explored.</li>\n"
        "<li>Signatures, and the anti-rollback floor: every application verifies.</li>\n"
        "<li>More than two cuts in one life, and sectors that go bad: docs/select.md names the "
        "tests of the project that have them.</li>\n"
        "<li>What an unmodified ESP-IDF application tears itself: docs/select.md lists it, and "
        "the cases here allow for it.</li>\n"
        "<li>Parts that were stopped by their time, beyond it.</li>\n</ul>\n",
        out);
}

static char *page(const struct proof *p, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);

    if (!out)
        sim_die("out of memory");
    page_begin(out, p->name);
    fprintf(out, "<p class=\"verdict %s\">%s ", page_class(p->broken, p->complete),
            p->broken ? "A promise was broken, see below, in" : "No promise was broken in");
    page_put_count(out, p->cuts);
    fprintf(out, " power cuts%s</p>\n",
            p->complete || p->broken ? "." : ". Some parts were stopped by their time.");
    put_facts(out, p);
    put_claims(out);
    put_rows(out, p);
    put_limits(out);
    fputs("</body>\n</html>\n", out);
    fclose(out);
    return text;
}

static char *junit(const struct proof *p, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    unsigned failures = 0, left = 0;

    if (!out)
        sim_die("out of memory");
    for (unsigned i = 0; i < PARTS; i++) {
        failures += p->rows[i].result.broken;
        left += p->rows[i].skipped != NULL;
    }
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite "
            "name=\"otadata\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" "
            "time=\"%.3f\">\n",
            (unsigned)PARTS, failures, left, p->took);
    for (unsigned i = 0; i < PARTS; i++) {
        const struct row *row = &p->rows[i];

        fputs("    <testcase classname=\"", out);
        page_put(out, p->name);
        fprintf(out, "\" name=\"%s\" time=\"%.3f\">", row->part->name, row->result.seconds);
        fputs(row->skipped         ? "<skipped message=\""
              : row->result.broken ? "<failure>"
                                   : "<system-out>",
              out);
        page_put(out, row->skipped         ? row->skipped
                      : row->result.broken ? row->result.how
                                           : verdict(row));
        fputs(row->skipped ? "\"/>" : row->result.broken ? "</failure>" : "</system-out>", out);
        fputs("</testcase>\n", out);
    }
    fputs("  </testsuite>\n</testsuites>\n", out);
    fclose(out);
    return text;
}

/* ---- the command ---- */

/* What is about products that move images. */
static int check_options(struct cli *cli)
{
    static const char *const others[] = { "scenario", "depth", "torn",  "deaths",  "hands",
                                          "sparse",   "all",   "shard", "lenient", "lives",
                                          "states",   "seed",  "cuts",  "jobs",    "scaled" };
    const char *mode = cli_value(cli, "mode");

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (cli_has(cli, others[i]))
            return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                            "Leave it out: --seconds, --report and --json are what there is.",
                            "--%s is for products that move images, and in this one otadata "
                            "chooses",
                            others[i]);
    if (mode && strcmp(mode, "proof") != 0)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Leave it out, or --mode proof.",
                        "a %s is for products that move images, and in this one otadata chooses",
                        mode);
    return HOST_OK;
}

static int report(struct proof *p, bool dry)
{
    const char *folder = cli_value(p->cli, "report");
    size_t len[2] = { 0, 0 };
    char *texts[2] = { NULL, NULL };

    if (!folder)
        return HOST_OK;
    if (!dry) {
        texts[0] = page(p, &len[0]);
        texts[1] = junit(p, &len[1]);
    }
    return page_write(p->cli, folder, texts, len);
}

int cli_sim_select(struct cli *cli)
{
    static struct proof p;
    uint32_t seconds = SECONDS;
    int code = check_options(cli);

    p = (struct proof){ .cli = cli, .name = cli_product_layout(cli)->product };
    if (!code && cli_has(cli, "seconds"))
        code = cli_u32(cli, "seconds", &seconds);
    if (!code)
        code = take(&p);
    if (!code)
        code = report(&p, true);
    if (code)
        return code;
    p.seconds = seconds;
    explore_all(&p);
    code = say(&p);
    if (!code)
        code = report(&p, false);
    return code ? code : p.broken ? HOST_FAILED : HOST_OK;
}

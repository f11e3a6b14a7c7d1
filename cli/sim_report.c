/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a proof: a page to hand to an assessor, and JUnit XML for a build. The page loads
 * nothing; on paper it is black on white. It says what is claimed, what was done, within which
 * bounds, what was not looked at, and the command that does it again. */
#include "cli/sim_proof.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/product.h"
#include "cli/sim_page.h"
#include "host/picture/picture.h"
#include "sim/inner.h"

/* --- the command --------------------------------------------------------------------------- */

static void put_command(FILE *out, const struct proof *p)
{
    char text[1024];
    int n = snprintf(text, sizeof text, "bulkhead sim explore %s --seconds %.0f --seed %" PRIu64,
                     p->cli->operands[0], p->seconds, p->seed);

    if (p->max_cuts)
        snprintf(text + n, sizeof text - (size_t)n, " --cuts %" PRIu64, p->max_cuts);
    page_put(out, text);
    if (p->jobs > 1)
        fprintf(out, " --jobs %u", p->jobs);
    fputs(" --report report", out);
}

/* --- the page: its head -------------------------------------------------------------------- */

static void put_verdict(FILE *out, const struct proof *p)
{
    fprintf(out, "<p class=\"verdict %s\">", page_class(p->violation, p->complete));
    fputs(p->violation ? "A law was broken. The product must not be relied on as it is: see below."
                       : "No law was broken in ",
          out);
    if (!p->violation) {
        page_put_count(out, p->cuts);
        fputs(" power cuts", out);
        if (p->deaths) {
            fputs(", ", out);
            page_put_count(out, p->deaths);
            fputs(" pages gone bad", out);
        }
        if (p->hands) {
            fputs(", ", out);
            page_put_count(out, p->hands);
            fputs(" writings by hand", out);
        }
        fputs(p->complete ? ", each followed to its end."
                          : ". Some parts were stopped by their bound: the table says which.",
              out);
    }
    fputs("</p>\n", out);
}

static void put_facts(FILE *out, const struct proof *p)
{
    const struct layout *l = cli_product_layout(p->cli);
    const struct bh_product *product = p->product;
    time_t today = time(NULL);
    char text[160];

    fputs("<table>\n", out);
    page_put_fact(out, "Product", product->name);
    if (l)
        page_put_file(out, l);
    snprintf(text, sizeof text, "0x%08x", product->layout);
    page_put_fact(out, "Identity of the layout", text);
    page_put_fact(out, "Bulkhead", BULKHEAD_VERSION);
    snprintf(text, sizeof text, "%u slot pair%s, plan %s, mailbox %s, %u start%s of a trial, %s",
             product->n_pairs, product->n_pairs == 1 ? "" : "s",
             product->plan->reverts ? "swap" : "overwrite",
             product->mailbox ? "of MCUboot" : "none (journal)", product->trial_boots,
             product->trial_boots == 1 ? "" : "s",
             product->rescue ? "with the rescue part" : "without the rescue part");
    page_put_fact(out, "Update", text);
    snprintf(text, sizeof text, "%" PRIu64, p->seed);
    page_put_fact(out, "Seed of the random lives", text);
    if (p->seconds > 0)
        snprintf(text, sizeof text, "%.0f s, of which %.0f s were used", p->seconds, p->took);
    else
        snprintf(text, sizeof text, "none; it took %.0f s", p->took);
    page_put_fact(out, "Bound", text);
    strftime(text, sizeof text, "%Y-%m-%d", gmtime(&today));
    page_put_fact(out, "Date", text);
    fputs("</table>\n<p>To do it again:</p>\n<pre>", out);
    put_command(out, p);
    fputs("</pre>\n", out);
}

/* --- the page: what is claimed ------------------------------------------------------------- */

static void put_claims(FILE *out, const struct proof *p)
{
    fputs(
        "<h2>What is claimed</h2>\n<p>After any number of power cuts, before, inside or after any "
        "flash operation of the bootloader or of the application's part, during staging, request, "
        "update, trial, confirmation or revert, the next boot that is not cut starts a whole, "
        "verified image: the old or the new one, never a mixture. A confirmed image stays, an "
        "unconfirmed one is reverted, and nothing outside slots, spare and journal is "
        "changed.</p>\n",
        out);
    if (p->product->rescue)
        fputs(
            "<p>If a page goes bad for good at any moment, an image is started as long as one can "
            "be put together from what is left. Nothing older than the image confirmed last is "
            "started because somebody rewrote a chip.</p>\n",
            out);
    fputs(
        "<p>An interrupted operation leaves: nothing done, all done, the first or last part, some "
        "of the bits, one unit too many or too few, or garbage; that reads the same until erased, "
        "or (part <i>unstable</i>) in another way at every boot.</p>\n"
        "<h2>The laws</h2>\n<p>Each is checked at every flash operation and every boot of every "
        "life.</p>\n<table>\n",
        out);
    for (int law = LAW_NONE + 1; law < EXPLORE_LAWS; law++) {
        fprintf(out, "<tr><td class=\"w\"><code>%s</code></td><td>",
                explore_law_name((enum explore_law)law));
        page_put(out, explore_law_text((enum explore_law)law));
        fputs("</td></tr>\n", out);
    }
    fputs("</table>\n", out);
}

/* --- the page: what was done --------------------------------------------------------------- */

static void put_row(FILE *out, const struct proof_row *row)
{
    const struct explore_result *r = &row->result;
    double covered = proof_covered(row);

    fputs("<tr><td class=\"w\">", out);
    page_put(out, row->scenario ? row->scenario->name : "any");
    fputs("</td>", out);
    if (row->skipped) {
        fputs("<td class=\"skipped\" colspan=\"6\">not looked at: ", out);
        page_put(out, row->skipped);
        fputs("</td></tr>\n", out);
        return;
    }
    for (int i = 0; i < 4; i++) {
        const uint64_t counts[] = { r->states, r->cuts, r->deaths + r->hands, r->boots };

        fputs("<td class=\"n\">", out);
        page_put_count(out, counts[i]);
        fputs("</td>", out);
    }
    fprintf(out, "<td class=\"n\">%.1f</td><td class=\"w %s\">%s", r->seconds,
            page_class(r->violation, r->complete), proof_verdict(row));
    if (!r->violation && !r->complete && covered >= 0)
        fprintf(out, ": %.0f %% of the cuts", 100 * covered);
    else if (!r->violation && !r->complete)
        fputs(": stopped by its bound", out);
    fputs("</td></tr>\n", out);
}

static void put_rows(FILE *out, const struct proof *p)
{
    const struct proof_part *part = NULL;

    fputs(
        "<h2>What was done</h2>\n<p>States: different ones that were lived on from. Cuts: power "
        "cuts made, each followed by a recovery, or found to lead into a known state. Boots: "
        "begun.</p>\n<div class=\"scroll\"><table>\n<tr><th>scenario</th><th class=\"n\">states</th>"
        "<th class=\"n\">cuts</th><th class=\"n\">bad pages, hands</th><th class=\"n\">boots</th>"
        "<th class=\"n\">seconds</th><th></th></tr>\n",
        out);
    for (unsigned i = 0; i < p->n; i++) {
        const struct proof_row *row = &p->rows[i];

        if (row->part != part) {
            part = row->part;
            fputs("<tr class=\"part\"><th colspan=\"7\">", out);
            page_put(out, part->title);
            if (!part->whole && p->scaled)
                fputs(" (scaled down)", out);
            fprintf(out, " <code>%s</code></th></tr>\n", part->options);
        }
        put_row(out, row);
    }
    fputs("<tr class=\"part\"><th>together</th>", out);
    for (int i = 0; i < 4; i++) {
        const uint64_t counts[] = { p->states, p->cuts, p->deaths + p->hands, p->boots };

        fputs("<th class=\"n\">", out);
        page_put_count(out, counts[i]);
        fputs("</th>", out);
    }
    fprintf(out, "<th class=\"n\">%.1f</th><th></th></tr>\n</table></div>\n", p->took);
}

static void put_broken(FILE *out, const struct proof *p)
{
    char words[200];

    for (unsigned i = 0; i < p->n; i++) {
        const struct proof_row *row = &p->rows[i];

        if (row->skipped || !row->result.violation)
            continue;
        fprintf(out,
                "<h2 class=\"broken\">Law <code>%s</code> broken: part %s, scenario %s</h2>\n<p>",
                explore_law_name(row->result.law), row->part->name,
                row->scenario ? row->scenario->name : "any");
        page_put(out, explore_law_text(row->result.law));
        fputs(".</p>\n<ol>\n", out);
        for (unsigned k = 0; k < row->result.n_trace; k++) {
            explore_step_say(&row->result.trace[k], words, sizeof words);
            fputs("<li>", out);
            page_put(out, words);
            fputs("</li>\n", out);
        }
        fputs("</ol>\n<p>Then: ", out);
        page_put(out, row->result.how);
        fputs("</p>\n<p>To see every operation of it:</p>\n<pre>", out);
        page_put(out, row->replay ? row->replay : "");
        fputs("</pre>\n", out);
    }
}

/* --- the page: the geometry ---------------------------------------------------------------- */

static void put_region(FILE *out, const char *what, const struct bh_region *r,
                       const struct bh_region *scaled)
{
    if (!r->flash)
        return;
    fprintf(out, "<tr><td>%s</td><td class=\"n\">0x%x</td><td class=\"n\">%s</td>", what, r->off,
            picture_size(r->len).text);
    if (scaled)
        fprintf(out, "<td class=\"n\">0x%x</td><td class=\"n\">%s</td>", scaled->off,
                picture_size(scaled->len).text);
    fputs("</tr>\n", out);
}

static void put_geometry(FILE *out, const struct proof *p)
{
    const struct bh_product *a = p->product, *b = p->scaled ? &p->scaled->product : NULL;
    char what[80];

    fprintf(out, "<table>\n<tr><th></th><th class=\"n\">at</th><th class=\"n\">size</th>%s</tr>\n",
            b ? "<th class=\"n\">scaled: at</th><th class=\"n\">size</th>" : "");
    for (int i = 0; i < 2; i++)
        put_region(out, i ? "journal, second half" : "journal, first half", &a->journal[i],
                   b ? &b->journal[i] : NULL);
    for (uint8_t i = 0; i < a->n_pairs; i++) {
        const struct bh_pair *pair = &a->pairs[i], *small = b ? &b->pairs[i] : NULL;
        const char *names[] = { "primary", "secondary", "spare" };
        const struct bh_region *whole[] = { &pair->primary, &pair->secondary, &pair->spare };
        const struct bh_region *scaled[] = { small ? &small->primary : NULL,
                                             small ? &small->secondary : NULL,
                                             small ? &small->spare : NULL };

        for (int k = 0; k < 3; k++) {
            snprintf(what, sizeof what, "pair %u, %s", i, names[k]);
            put_region(out, what, whole[k], scaled[k]);
        }
        fprintf(out,
                "<tr><td>pair %u, chunk; largest image</td><td></td><td class=\"n\">%s; %s</td>", i,
                picture_size(pair->chunk).text, picture_size(pair->image_max).text);
        if (small)
            fprintf(out, "<td></td><td class=\"n\">%s; %s</td>", picture_size(small->chunk).text,
                    picture_size(small->image_max).text);
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
}

static void put_map(FILE *out, const struct proof *p)
{
    const struct layout *l = cli_product_layout(p->cli);
    struct picture picture;
    char *svg;

    fputs("<h2>The geometry</h2>\n", out);
    if (l) {
        picture_of_layout(&picture, l);
        svg = picture_svg(&picture);
        fprintf(out, "<figure>\n%s</figure>\n", svg);
        free(svg);
        picture_free(&picture);
    }
    if (p->scaled)
        fprintf(
            out,
            "<p>The thorough parts are of the product scaled down, from %u chunks to %u: the "
            "first, the last and two between of each run of chunks with equal pages, with the "
            "same program units, erased values, devices, borders of pages in proportion, places "
            "of spare and staged image, and a journal as small as the rule of products allows. "
            "What a boot does depends on the kind of step it is at, not on how many there are; "
            "docs/testing.md argues for it. The parts that begin with <i>whole</i> are of the "
            "product as it is.</p>\n",
            p->scaled->chunks, p->scaled->kept);
    else if (p->not_scaled) {
        fputs("<p>The product could not be scaled down: ", out);
        page_put(out, p->not_scaled);
        fputs(". Only the parts that begin with <i>whole</i> were done.</p>\n", out);
    } else
        fputs("<p>The product is small enough to be explored as it is.</p>\n", out);
    put_geometry(out, p);
}

static void put_limits(FILE *out)
{
    fputs(
        "<h2>What is not covered</h2>\n<ul>\n"
        "<li>The chip itself: the code is the bootloader's own, compiled for a host, on simulated "
        "flash. <code>bulkhead board</code> runs the binary on an emulated board.</li>\n"
        "<li>The signature's arithmetic: images here are told apart by a quick digest.</li>\n"
        "<li>More than one page that goes bad in one life, and pages that fail now and "
        "then.</li>\n"
        "<li>A chip that is absent without an error from one boot to the next in the middle of an "
        "update: its driver must report it.</li>\n"
        "<li>An application that writes to slots or journal other than through Bulkhead's "
        "functions.</li>\n"
        "<li>Parts that were stopped by their bound, beyond it.</li>\n</ul>\n",
        out);
}

static char *page(const struct proof *p, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);

    if (!out)
        sim_die("out of memory");
    page_begin(out, p->product->name);
    put_verdict(out, p);
    put_facts(out, p);
    put_broken(out, p);
    put_claims(out, p);
    put_rows(out, p);
    put_map(out, p);
    put_limits(out);
    fputs("</body>\n</html>\n", out);
    fclose(out);
    return text;
}

/* --- JUnit --------------------------------------------------------------------------------- */

static void put_case(FILE *out, const struct proof *p, const struct proof_row *row)
{
    const struct explore_result *r = &row->result;

    fputs("    <testcase classname=\"", out);
    page_put(out, p->product->name);
    fprintf(out, ".%s\" name=\"%s\" time=\"%.3f\">\n", row->part->name,
            row->scenario ? row->scenario->name : "any", r->seconds);
    if (row->skipped) {
        fputs("      <skipped message=\"", out);
        page_put(out, row->skipped);
        fputs("\"/>\n", out);
    } else if (r->violation) {
        fprintf(out, "      <failure type=\"%s\" message=\"", explore_law_name(r->law));
        page_put(out, r->how);
        fputs("\">", out);
        page_put(out, row->replay ? row->replay : "");
        fputs("</failure>\n", out);
    } else {
        fprintf(out,
                "      <system-out>%s: %" PRIu64 " states, %" PRIu64 " cuts, %" PRIu64
                " pages gone bad, %" PRIu64 " hands, %" PRIu64 " boots</system-out>\n",
                proof_verdict(row), r->states, r->cuts, r->deaths, r->hands, r->boots);
    }
    fputs("    </testcase>\n", out);
}

static void put_suite(FILE *out, const struct proof *p, unsigned first, unsigned end)
{
    unsigned failures = 0, skipped = 0;
    double seconds = 0;

    for (unsigned i = first; i < end; i++) {
        failures += p->rows[i].result.violation;
        skipped += p->rows[i].skipped != NULL;
        seconds += p->rows[i].result.seconds;
    }
    fprintf(out,
            "  <testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" "
            "time=\"%.3f\">\n",
            p->rows[first].part->name, end - first, failures, skipped, seconds);
    for (unsigned i = first; i < end; i++)
        put_case(out, p, &p->rows[i]);
    fputs("  </testsuite>\n", out);
}

static char *junit(const struct proof *p, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    unsigned failures = 0, end;

    if (!out)
        sim_die("out of memory");
    for (unsigned i = 0; i < p->n; i++)
        failures += p->rows[i].result.violation;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"bulkhead sim explore ",
          out);
    page_put(out, p->product->name);
    fprintf(out, "\" tests=\"%u\" failures=\"%u\" time=\"%.3f\">\n", p->n, failures, p->took);
    for (unsigned first = 0; first < p->n; first = end) {
        for (end = first + 1; end < p->n && p->rows[end].part == p->rows[first].part;)
            end++;
        put_suite(out, p, first, end);
    }
    fputs("</testsuites>\n", out);
    fclose(out);
    return text;
}

/* --- files --------------------------------------------------------------------------------- */

static int write_files(struct proof *p, const char *folder, bool dry)
{
    size_t len[2] = { 0, 0 };
    char *texts[2] = { NULL, NULL };

    if (!dry) {
        texts[0] = page(p, &len[0]);
        texts[1] = junit(p, &len[1]);
    }
    return page_write(p->cli, folder, texts, len);
}

int proof_report_possible(struct proof *p, const char *folder)
{
    return write_files(p, folder, true);
}

int proof_report(struct proof *p, const char *folder)
{
    int code = write_files(p, folder, false);

    if (!code)
        cli_note(p->cli, "wrote %s/report.html and %s/junit.xml", folder, folder);
    return code;
}

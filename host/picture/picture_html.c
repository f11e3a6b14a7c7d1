/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as a page: the SVG, then every part and every finding in words. One file, nothing is
 * loaded; on paper it is black on white. */
#include "host/picture/picture.h"
#include "host/picture/xml.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(FILE *out, const char *text)
{
    xml_put(out, text, strlen(text));
}

static void put_head(FILE *out, const struct picture *p)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
          out);
    put(out, p->title);
    fputs(": flash map</title>\n<style>\n"
          "body{font:15px/1.45 system-ui,sans-serif;margin:2rem;color:#14171a;background:#fff}\n"
          "figure{margin:0;overflow-x:auto}\n"
          "table{border-collapse:collapse;margin:.6rem 0 1.6rem}\n"
          "td,th{padding:.15rem .8rem;text-align:left;border-bottom:1px solid #ccc;"
          "vertical-align:top;overflow-wrap:anywhere}\n"
          "td.n{text-align:right;font-family:ui-monospace,monospace;white-space:nowrap}\n"
          ".gap td{color:#6a737d}\nli{margin:.3rem 0;overflow-wrap:anywhere}\n"
          ".error{color:#b01919}.warning{color:#8f5600}.note{color:#1259a8}\n"
          "@media screen and (prefers-color-scheme:dark){body{color:#e8eaed;background:#16191d}"
          "td,th{border-color:#444}.gap td{color:#98a1aa}.error{color:#ff8f87}"
          ".warning{color:#f2b84b}.note{color:#8cc2ff}}\n"
          "@media print{body{margin:0}table,figure,li{break-inside:avoid}"
          "svg{max-width:100%;height:auto}}\n"
          "</style>\n</head>\n<body>\n<h1>",
          out);
    put(out, p->title);
    fputs("</h1>\n", out);
}

static void put_row(FILE *out, const struct picture_device *d, const char *class, uint64_t off,
                    uint64_t size, const char *name, const char *role)
{
    fprintf(out, "<tr%s><td class=\"n\">0x%06" PRIx64 "</td>", class, off);
    if (d->mapped)
        fprintf(out, "<td class=\"n\">0x%08" PRIx64 "</td>", d->base + off);
    fprintf(out, "<td class=\"n\">0x%" PRIx64 "</td><td class=\"n\">%s</td><td>", size,
            picture_size(size).text);
    put(out, name);
    fputs("</td><td>", out);
    put(out, role);
    fputs("</td></tr>\n", out);
}

static void put_table(FILE *out, const struct picture_device *d)
{
    uint64_t end = 0;

    fputs("<h2>", out);
    put(out, d->name);
    fputs("</h2>\n<p>", out);
    if (d->what) {
        put(out, d->what);
        fputs(", ", out);
    }
    fputs(picture_size(d->size).text, out);
    for (size_t r = 0; r < d->n_runs; r++)
        fprintf(out, "%s%u &times; %s", r ? ", " : ", pages ", d->runs[r].count,
                picture_size(d->runs[r].size).text);
    fprintf(out,
            "</p>\n<table>\n<tr><th>offset</th>%s<th>bytes</th><th>size</th><th>name</th>"
            "<th>what it is</th></tr>\n",
            d->mapped ? "<th>address</th>" : "");
    for (size_t i = 0; i < d->n_parts; i++) {
        const struct picture_part *part = &d->parts[i];

        if (part->off > end && end < d->size)
            put_row(out, d, " class=\"gap\"", end,
                    (part->off < d->size ? part->off : d->size) - end, "", "free");
        put_row(out, d, "", part->off, part->size, part->name,
                part->role                   ? part->role
                : part->container            ? "container"
                : part->kind == PICTURE_SLOT ? "inside"
                                             : picture_kind_name(part->kind, part->slot).text);
        end = part->off > end ? part->off : end;
        if (!part->container && part->size <= UINT64_MAX - part->off &&
            part->off + part->size > end)
            end = part->off + part->size;
    }
    if (end < d->size)
        put_row(out, d, " class=\"gap\"", end, d->size - end, "", "free");
    fputs("</table>\n", out);
}

static void put_findings(FILE *out, const struct picture *p)
{
    if (!p->n_findings)
        return;
    fputs("<h2>What is to be said of it</h2>\n<ol>\n", out);
    for (size_t i = 0; i < p->n_findings; i++) {
        const char *severity = picture_severity_name(p->findings[i].severity);

        fprintf(out, "<li><b class=\"%s\">%s</b>: ", severity, severity);
        put(out, p->findings[i].text);
        fputs("</li>\n", out);
    }
    fputs("</ol>\n", out);
}

char *picture_html(struct picture *p)
{
    char *svg = picture_svg(p), *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    put_head(out, p);
    fprintf(out, "<figure>\n%s</figure>\n", svg);
    put_findings(out, p);
    for (size_t i = 0; i < p->n_devices; i++)
        put_table(out, &p->devices[i]);
    fputs("</body>\n</html>\n", out);
    fclose(out);
    free(svg);
    return text;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a report: a page to hand to an assessor, which on paper is black on white, and its
 * files. */
#include "cli/sim_page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/keys.h"
#include "host/layout/write.h"
#include "host/picture/xml.h"

static const char style[] =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;"
    "color:#14171a;background:#fff}\n"
    "h1{margin-bottom:.2rem}h2{margin-top:2.2rem;border-bottom:1px solid #ccc}\n"
    "figure{margin:0;overflow-x:auto}figure svg{max-width:100%;height:auto}\n"
    ".scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;margin:.6rem 0 1.2rem}\n"
    "td,th{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid #ddd;"
    "vertical-align:top}\n"
    "td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    "td.w{white-space:nowrap}\n"
    "code,pre{font:13px/1.45 ui-monospace,monospace}pre{white-space:pre-wrap;overflow-wrap:anywhere;"
    "padding:.6rem;border:1px solid #ccc}\n"
    ".verdict{font-size:1.25rem;padding:.6rem 1rem;border-left:.4rem solid}\n"
    ".clean{color:#176b2c}.bounded{color:#8f5600}.broken{color:#b01919}.skipped{color:#6a737d}\n"
    "tr.part th{padding-top:.9rem;border-bottom:1px solid #999}\n"
    "@media screen and (prefers-color-scheme:dark){body{color:#e8eaed;background:#16191d}"
    "h2,td,th,pre{border-color:#444}tr.part th{border-color:#777}.clean{color:#7fd695}"
    ".bounded{color:#f2b84b}.broken{color:#ff8f87}.skipped{color:#98a1aa}}\n"
    "@media print{body{margin:0;max-width:none;font-size:11px}h2,tr,figure,pre{break-inside:avoid}"
    "h2{break-after:avoid}}\n";

void page_put(FILE *out, const char *text)
{
    xml_put(out, text, strlen(text));
}

void page_put_count(FILE *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            fputc(',', out);
        fputc(digits[i], out);
    }
}

void page_begin(FILE *out, const char *product)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
          out);
    page_put(out, product);
    fprintf(out, ": power-fail report</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
    page_put(out, product);
    fputs("</h1>\n<p>Power cuts and flash failures: what was explored, and what was found.</p>\n",
          out);
}

const char *page_class(bool violation, bool complete)
{
    return violation ? "broken" : complete ? "clean" : "bounded";
}

void page_put_fact(FILE *out, const char *name, const char *value)
{
    fputs("<tr><th>", out);
    page_put(out, name);
    fputs("</th><td>", out);
    page_put(out, value);
    fputs("</td></tr>\n", out);
}

void page_put_file(FILE *out, const struct layout *l)
{
    struct host_bytes bytes = { 0 };
    struct host_error ignored;
    uint8_t digest[32];
    char text[80];

    page_put_fact(out, "Layout", l->path);
    if (host_read_file(l->path, &bytes, &ignored))
        return;
    host_sha(256, bytes.data, bytes.len, digest);
    for (int i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    page_put_fact(out, "SHA-256 of the layout's file", text);
    host_bytes_free(&bytes);
}

int page_write(struct cli *cli, const char *folder, char *const texts[2], const size_t len[2])
{
    static const char *const names[2] = { "report.html", "junit.xml" };
    struct layout_files files = { 0 };
    bool dry = !texts[0];
    int code;

    for (int i = 0; i < 2; i++)
        layout_files_add(&files, names[i], dry ? calloc(1, 1) : texts[i], len[i]);
    code = layout_files_write(&files, folder, dry, NULL, &cli->error);
    layout_files_free(&files);
    return code ? cli_error(cli) : HOST_OK;
}

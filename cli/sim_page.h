/* SPDX-License-Identifier: Apache-2.0 */
/* cli/sim_page.h - what the reports of 'bulkhead sim explore' share: the head of a page that loads
 * nothing, text and numbers in it, and the files. */
#ifndef CLI_SIM_PAGE_H
#define CLI_SIM_PAGE_H

#include <stdint.h>
#include <stdio.h>

#include "cli/cli.h"
#include "host/layout/layout.h"

/* Up to the first words of the body: the product's name, and what the page is. */
void page_begin(FILE *out, const char *product);
/* Text as it is read: markup escaped. */
void page_put(FILE *out, const char *text);
/* 1,234,567 */
void page_put_count(FILE *out, uint64_t n);
/* A row of a table: a name, and what it is. */
void page_put_fact(FILE *out, const char *name, const char *value);
/* SHA-256 of the layout's file: who has the file can see that it is the one. */
void page_put_file(FILE *out, const struct layout *l);
/* How a verdict looks. */
const char *page_class(bool violation, bool complete);

/* report.html and junit.xml into a folder; frees both texts. Of NULL: could they be written?
 * HOST_OK, or the error is shown. */
int page_write(struct cli *cli, const char *folder, char *const texts[2], const size_t len[2]);

#endif

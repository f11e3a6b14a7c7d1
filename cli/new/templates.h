/* SPDX-License-Identifier: Apache-2.0 */
/* cli/new/templates.h - the texts that 'bulkhead new' writes, as they are in this folder.
 *
 *     const struct new_word words[] = { { "name", "lamp" }, { "port", NULL }, { NULL, NULL } };
 *     text = new_fill("main.c", words);
 *
 * '@word@' is replaced by the word's text. A line that begins with '?word ' is there only if the
 * word has a text, and then without its beginning; '?word' alone is an empty line. */
#ifndef CLI_NEW_TEMPLATES_H
#define CLI_NEW_TEMPLATES_H

struct new_template {
    const char *name; /* of the file in this folder, without ".in"; NULL ends */
    const char *text;
};
extern const struct new_template new_templates[];

/* A word of the texts. Its name is NULL: the last. */
struct new_word {
    const char *name;
    const char *text; /* NULL: lines that ask for it are dropped */
};

/* The text of a template, to be freed. A template or a word that is not there is a mistake of ours:
 * it aborts. */
char *new_fill(const char *name, const struct new_word *words);

#endif

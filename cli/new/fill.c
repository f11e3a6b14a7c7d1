/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a new product into the texts of this folder. */
#include "cli/new/templates.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct new_word *find(const struct new_word *words, const char *name, size_t len)
{
    for (; words->name; words++)
        if (strlen(words->name) == len && memcmp(words->name, name, len) == 0)
            return words;
    abort(); /* no text of ours names it */
}

static size_t word_len(const char *text)
{
    size_t n = 0;

    while (islower((unsigned char)text[n]))
        n++;
    return n;
}

/* A line, without its condition. */
static void put_line(FILE *out, const char *line, size_t len, const struct new_word *words)
{
    for (size_t i = 0; i < len; i++) {
        size_t n = line[i] == '@' ? word_len(line + i + 1) : 0;

        if (n && line[i + 1 + n] == '@') {
            const struct new_word *word = find(words, line + i + 1, n);

            fputs(word->text ? word->text : "", out);
            i += n + 1;
        } else {
            fputc(line[i], out);
        }
    }
    fputc('\n', out);
}

static void put_text(FILE *out, const char *text, const struct new_word *words)
{
    while (*text) {
        size_t len = strcspn(text, "\n"), n = *text == '?' ? word_len(text + 1) : 0, skip = 0;

        if (n) {
            skip = n + 1 < len ? n + 2 : n + 1;
            if (!find(words, text + 1, n)->text)
                skip = len + 1;
        }
        if (skip <= len)
            put_line(out, text + skip, len - skip, words);
        text += len + 1;
    }
}

char *new_fill(const char *name, const struct new_word *words)
{
    const struct new_template *t = new_templates;
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);

    while (t->name && strcmp(t->name, name) != 0)
        t++;
    if (!out || !t->name)
        abort();
    put_text(out, t->text, words);
    if (fclose(out))
        abort();
    return made;
}

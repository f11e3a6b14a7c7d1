/* SPDX-License-Identifier: Apache-2.0 */
/* draw text COLUMNS | color COLUMNS | svg | html < PICTURE - draws what it reads, fields apart by
 * tabs, numbers decimal:
 *
 *     title TITLE
 *     device NAME WHAT SIZE [COUNT SIZE]...          what "": none
 *     part NAME ROLE OFF SIZE KIND SLOT CONTAINER DEPTH USED
 *     finding SEVERITY DEVICE PART DEVICE PART TEXT  -1: nowhere */
#include "host/picture/picture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_MAX 16u

static struct bh_page_run runs[16][RUNS_MAX];

static char *field(char **rest)
{
    char *text = strsep(rest, "\t");

    return text ? text : "";
}

static uint64_t number(char **rest)
{
    return strtoull(field(rest), NULL, 10);
}

static void read_device(struct picture *p, char **rest)
{
    char *name = field(rest), *what = field(rest);
    struct picture_device *d = picture_add_device(p, name, *what ? what : NULL, number(rest));
    struct bh_page_run *list = runs[(p->n_devices - 1) % 16];

    for (d->runs = list; *rest && d->n_runs < RUNS_MAX; d->n_runs++) {
        list[d->n_runs].count = (uint32_t)number(rest);
        list[d->n_runs].size = (uint32_t)number(rest);
    }
}

static void read_part(struct picture *p, char **rest)
{
    char *name = field(rest), *role = field(rest);
    uint64_t off = number(rest), size = number(rest);
    struct picture_part *part = picture_add_part(&p->devices[p->n_devices - 1], name, off, size);

    part->role = *role ? role : NULL;
    part->kind = (enum picture_kind)(number(rest) % (PICTURE_SLOT + 1));
    part->slot = (unsigned)number(rest);
    part->container = number(rest);
    part->depth = (unsigned)number(rest) % 8;
    part->used = (int64_t)number(rest);
}

static void read_finding(struct picture *p, char **rest)
{
    struct picture_finding *f =
        picture_add_finding(p, (enum picture_severity)(number(rest) % (PICTURE_NOTE + 1)), NULL);

    for (int i = 0; i < 2; i++) {
        f->at[i].device = atoi(field(rest));
        f->at[i].part = atoi(field(rest));
    }
    f->text = field(rest);
}

int main(int argc, char **argv)
{
    struct picture p = { .title = "" };
    const char *how = argc > 1 ? argv[1] : "";
    unsigned columns = argc > 2 ? (unsigned)atoi(argv[2]) : 80;
    char *line = NULL, *text;
    size_t room = 0;
    ssize_t len;

    while ((len = getline(&line, &room, stdin)) > 0) {
        char *rest = strdup(line), *kind;

        rest[strcspn(rest, "\n")] = 0;
        kind = field(&rest);
        if (!strcmp(kind, "title"))
            p.title = field(&rest);
        else if (!strcmp(kind, "device"))
            read_device(&p, &rest);
        else if (!strcmp(kind, "part") && p.n_devices)
            read_part(&p, &rest);
        else if (!strcmp(kind, "finding"))
            read_finding(&p, &rest);
    }
    text = !strcmp(how, "svg")    ? picture_svg(&p)
           : !strcmp(how, "html") ? picture_html(&p)
                                  : picture_text(&p, columns, !strcmp(how, "color"));
    fputs(text, stdout);
    free(text);
    free(line);
    picture_free(&p);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* esptool as a program: which one, its words, its answers. */
#define _GNU_SOURCE
#include "host/esptool.h"

#include "host/system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGV_MAX (3u * HOST_ESPTOOL_WORDS + 16u)

static bool keep(struct host_esptool *t, enum host_esptool_kind kind, char *word)
{
    if (!word || t->n_words[kind] == HOST_ESPTOOL_WORDS) {
        free(word);
        return false;
    }
    t->words[kind][t->n_words[kind]++] = word;
    return true;
}

bool host_esptool_add(struct host_esptool *t, enum host_esptool_kind kind, const char *argument)
{
    const char *equals = strrchr(argument, '=');
    int name_len = equals ? (int)(equals - argument) : (int)strlen(argument);
    char *option = NULL;

    if (kind == HOST_ESPTOOL_PROGRAM)
        return keep(t, kind, strdup(argument));
    if (asprintf(&option, "--%.*s", name_len, argument) < 0 || !keep(t, kind, option))
        return false;
    return !equals || keep(t, kind, strdup(equals + 1));
}

bool host_esptool_has(const struct host_esptool *t, enum host_esptool_kind kind, const char *name)
{
    for (size_t i = 0; i < t->n_words[kind]; i++)
        if (strncmp(t->words[kind][i], "--", 2) == 0 && strcmp(t->words[kind][i] + 2, name) == 0)
            return true;
    return false;
}

void host_esptool_free(struct host_esptool *t)
{
    for (int kind = 0; kind < HOST_ESPTOOL_KINDS; kind++)
        for (size_t i = 0; i < t->n_words[kind]; i++)
            free(t->words[kind][i]);
    memset(t, 0, sizeof *t);
}

/* ---- a command line ---- */

struct line {
    const char *argv[ARGV_MAX];
    size_t n;
};

static void add(struct line *l, const char *word)
{
    l->argv[l->n++] = word; /* there is room: what is added is counted, see ARGV_MAX */
    l->argv[l->n] = NULL;
}

static void add_words(struct line *l, const struct host_esptool *t, enum host_esptool_kind kind)
{
    for (size_t i = 0; i < t->n_words[kind]; i++)
        add(l, t->words[kind][i]);
}

/* The major version of "esptool.py v4.8.1" or "esptool v5.1.0"; 0: it says something else. */
static int version_of(const struct host_bytes *output)
{
    const char *text = (const char *)output->data, *name;

    while (text && (name = strstr(text, "esptool")) != NULL) {
        const char *v = name + strcspn(name, " \n");

        if (strncmp(v, " v", 2) == 0 && v[2] >= '1' && v[2] <= '9')
            return (int)strtol(v + 2, NULL, 10);
        text = name + 1;
    }
    return 0;
}

/* Does this program answer, and which version is it? */
static bool ask_version(struct host_esptool *t)
{
    struct host_bytes output = { NULL, 0 };
    struct line l = { .n = 0 };

    add_words(&l, t, HOST_ESPTOOL_PROGRAM);
    add(&l, "version");
    if (host_run(l.argv, HOST_RUN_TO_MEMORY, &output) == 0)
        t->major = version_of(&output);
    host_bytes_free(&output);
    return t->major > 0;
}

static void set_program(struct host_esptool *t, const char *const *words)
{
    while (t->n_words[HOST_ESPTOOL_PROGRAM])
        free(t->words[HOST_ESPTOOL_PROGRAM][--t->n_words[HOST_ESPTOOL_PROGRAM]]);
    for (; *words; words++)
        host_esptool_add(t, HOST_ESPTOOL_PROGRAM, *words);
}

/* The one that was named, or else the first that answers: on the path (an activated environment
 * comes first there), then as a module of the Python on the path. */
static int find(struct host_esptool *t, struct host_error *e)
{
    static const char *const usual[][4] = { { "esptool", NULL },
                                            { "esptool.py", NULL },
                                            { "python3", "-m", "esptool", NULL },
                                            { "python", "-m", "esptool", NULL } };
    const char *named = getenv("BULKHEAD_ESPTOOL");

    if (t->major)
        return HOST_OK;
    if (named && *named)
        set_program(t, (const char *const[]){ named, NULL });
    if (t->n_words[HOST_ESPTOOL_PROGRAM]) {
        if (ask_version(t))
            return HOST_OK;
        return host_fail(e, HOST_FAILED, host_nowhere(),
                         "Serial ports are worked on through esptool: pip install esptool.",
                         "%s%s%s does not answer as esptool does",
                         t->words[HOST_ESPTOOL_PROGRAM][0],
                         t->n_words[HOST_ESPTOOL_PROGRAM] > 1 ? " " : "",
                         t->n_words[HOST_ESPTOOL_PROGRAM] > 1 ? "-m esptool" : "");
    }
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        set_program(t, usual[i]);
        if (ask_version(t))
            return HOST_OK;
    }
    set_program(t, (const char *const[]){ NULL });
    return host_fail(e, HOST_FAILED, host_nowhere(),
                     "Install it: pip install esptool. Or name it: BULKHEAD_ESPTOOL=PATH. A flash "
                     "image file needs no esptool.",
                     "no esptool was found, and a serial port is worked on through it");
}

static int run(struct host_esptool *t, const struct line *l, struct host_error *e)
{
    struct host_bytes output = { NULL, 0 };
    int code;

    if (t->announce) {
        fflush(stdout);
        fputs("Running", stderr);
        for (size_t i = 0; i < l->n; i++)
            fprintf(stderr, " %s", l->argv[i]);
        fputs("...\n", stderr);
    }
    code = host_run(l->argv, t->quiet ? HOST_RUN_TO_MEMORY : HOST_RUN_TO_STDERR, &output);
    if (code && output.data)
        fprintf(stderr, "%s", (const char *)output.data);
    host_bytes_free(&output);
    t->exit_code = code;
    if (code < 0)
        return host_fail(e, HOST_FAILED, host_nowhere(), "Install it: pip install esptool.",
                         "esptool cannot be started: %s", strerror(errno));
    if (code)
        return host_fail(e, HOST_DEVICE, host_nowhere(),
                         "What it says is above. Is the port the right one, and free?",
                         "esptool failed with exit code %d", code);
    return HOST_OK;
}

/* Everything up to the command. dashed: its name in version 5. */
static int begin(struct host_esptool *t, const char *dashed, const char *underscored,
                 struct line *l, struct host_error *e)
{
    int code = find(t, e);

    if (code)
        return code;
    add_words(l, t, HOST_ESPTOOL_PROGRAM);
    add_words(l, t, HOST_ESPTOOL_MAIN);
    if (t->port) {
        add(l, "--port");
        add(l, t->port);
    }
    if (t->baud) {
        add(l, "--baud");
        add(l, t->baud);
    }
    add(l, t->major >= 5 ? dashed : underscored);
    return HOST_OK;
}

struct number {
    char text[16];
};

static const char *decimal(struct number *n, uint32_t v)
{
    snprintf(n->text, sizeof n->text, "%u", (unsigned)v);
    return n->text;
}

/* A temporary file's path; NULL: *e tells why there is none. */
static char *temporary(struct host_error *e)
{
    char *path = host_temporary_new();

    if (!path)
        host_fail(e, HOST_FAILED, host_nowhere(), "TMPDIR names the folder.",
                  "cannot make a temporary file: %s", strerror(errno));
    return path;
}

int host_esptool_read(struct host_esptool *t, uint32_t off, void *buf, uint32_t len,
                      struct host_error *e)
{
    struct host_bytes bytes = { NULL, 0 };
    struct line l = { .n = 0 };
    struct number a, b;
    int code = begin(t, "read-flash", "read_flash", &l, e);
    char *path;

    if (code)
        return code;
    path = temporary(e);
    if (!path)
        return e->code;
    add(&l, decimal(&a, off));
    add(&l, decimal(&b, len));
    add(&l, path);
    add_words(&l, t, HOST_ESPTOOL_READ);
    code = run(t, &l, e);
    if (!code)
        code = host_read_file(path, &bytes, e);
    if (!code && bytes.len != len)
        code =
            host_fail(e, HOST_DEVICE, host_nowhere(), NULL, "esptool read %zu bytes of %u at 0x%x",
                      bytes.len, (unsigned)len, (unsigned)off);
    if (!code)
        memcpy(buf, bytes.data, len);
    host_bytes_free(&bytes);
    host_temporary_remove(path);
    free(path);
    return code;
}

int host_esptool_erase(struct host_esptool *t, uint32_t off, uint32_t len, struct host_error *e)
{
    struct line l = { .n = 0 };
    struct number a, b;
    int code = begin(t, "erase-region", "erase_region", &l, e);

    if (code)
        return code;
    add(&l, decimal(&a, off));
    add(&l, decimal(&b, len));
    add_words(&l, t, HOST_ESPTOOL_ERASE);
    return run(t, &l, e);
}

int host_esptool_write(struct host_esptool *t, uint32_t off, const void *data, uint32_t len,
                       struct host_error *e)
{
    struct line l = { .n = 0 };
    struct number a;
    int code = begin(t, "write-flash", "write_flash", &l, e);
    char *path;

    if (code)
        return code;
    path = temporary(e);
    if (!path)
        return e->code;
    add(&l, decimal(&a, off));
    add(&l, path);
    add_words(&l, t, HOST_ESPTOOL_WRITE);
    code = host_write_file(path, data, len, 0600, true, e);
    if (!code)
        code = run(t, &l, e);
    host_temporary_remove(path);
    free(path);
    return code;
}

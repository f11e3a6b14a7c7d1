/* SPDX-License-Identifier: Apache-2.0 */
/* All outputs of a layout, made in memory and then written. */
#include "write.h"

#include "host/io.h"
#include "host/keys.h"
#include "inner.h"

#include "bulkhead/table.h"
#include "host/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the list of files ---- */

static void add_bytes(struct layout_files *files, const char *name, const char *suffix, char *data,
                      size_t len)
{
    struct layout_file *f;
    size_t size = strlen(name) + strlen(suffix) + 1;

    files->list = host_grow(files->list, files->n, &files->room, sizeof *files->list);
    f = &files->list[files->n++];
    f->name = malloc(size);
    if (!f->name)
        abort();
    snprintf(f->name, size, "%s%s", name, suffix);
    f->data = data;
    f->len = len;
}

void layout_files_add(struct layout_files *files, const char *name, void *data, size_t len)
{
    add_bytes(files, name, "", data, len);
}

/* What one writer writes. */
static void add(struct layout_files *files, const char *name, const struct layout *l,
                void (*writer)(FILE *out, const struct layout *l))
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort();
    writer(out, l);
    fclose(out);
    add_bytes(files, name, "", text, len);
}

static void add_slot(struct layout_files *files, const struct layout *l,
                     const struct layout_slot *s)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort();
    write_slot_ld(out, l, s);
    fclose(out);
    add_bytes(files, s->name, ".ld", text, len);
}

static void write_text(FILE *out, const struct layout *l)
{
    write_map(out, l, "");
}

/* Is there a bootloader that starts what the layout says? With plan 'select' only if it is to load
 * the applications: ESP-IDF's own starts those that are mapped. */
static bool has_bootloader(const struct layout *l)
{
    return l->boot.given && (l->boot.plan != LAYOUT_SELECT || l->boot.n_windows);
}

/* With its keys: they are read here. */
static int add_product(struct layout_files *files, const struct layout *l, struct host_error *e)
{
    bool select = l->boot.plan == LAYOUT_SELECT;
    struct layout_product p;
    int code = select ? layout_select(l, &p, e) : layout_product(l, &p, e);
    char *text;
    size_t len;
    FILE *out;

    if (code == HOST_OK) {
        out = open_memstream(&text, &len);
        if (!out)
            abort();
        if (select)
            write_select_c(out, l, &p);
        else
            write_product_c(out, l, &p.product);
        fclose(out);
        add_bytes(files, "product.c", "", text, len);
        add(files, "product.h", l, write_product_h);
    }
    layout_product_free(&p);
    return code;
}

static int add_esp(struct layout_files *files, const struct layout *l, struct host_error *e)
{
    uint8_t binary[BH_TABLE_LEN];
    char *csv = NULL, *copy;
    int code = write_esp(l, &csv, binary, e);

    if (code)
        return code;
    add_bytes(files, "partitions", ".csv", csv, strlen(csv));
    copy = malloc(sizeof binary);
    if (!copy)
        abort();
    memcpy(copy, binary, sizeof binary);
    add_bytes(files, "partitions", ".bin", copy, sizeof binary);
    return HOST_OK;
}

int layout_files(const struct layout *l, struct layout_files *out, struct host_error *e)
{
    *out = (struct layout_files){ 0 };
    if (l->n_errors || !l->solved)
        return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path), "Say 'bulkhead layout check'.",
                         "the layout has errors, and nothing is written from it");
    add(out, "layout.json", l, write_json);
    add(out, "layout.h", l, write_h);
    add(out, "layout.ld", l, write_symbols_ld);
    add(out, "layout.cmake", l, write_cmake);
    add(out, "layout.txt", l, write_text);
    if (has_bootloader(l)) {
        if (add_product(out, l, e))
            return e->code;
        add(out, "boot.ld", l, write_boot_ld);
        for (size_t i = 0; i < l->n_slots; i++)
            add_slot(out, l, &l->slots[i]);
        if (l->boot.n_windows)
            add(out, "loaded.ld", l, write_loaded_ld);
    }
    return is_esp(l) ? add_esp(out, l, e) : HOST_OK;
}

void layout_files_free(struct layout_files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        free(files->list[i].name);
        free(files->list[i].data);
    }
    free(files->list);
    *files = (struct layout_files){ 0 };
}

/* ---- writing ---- */

/* The part of a path that is there: a folder above it, or "." */
static void cut_to_what_is_there(char *path)
{
    struct stat info;

    while (stat(path, &info)) {
        char *last = strrchr(path, '/');

        if (!last) {
            strcpy(path, "."); /* a path has a letter at least */
            return;
        }
        last[last == path] = 0; /* "/" stays */
    }
}

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode) && access(path, W_OK) == 0;
}

/* The folder and those above it. dry: could they be made? */
static int make_folder(const char *folder, bool dry, struct host_error *e)
{
    char *path = strdup(*folder ? folder : ".");
    bool good;

    if (!path)
        abort();
    if (dry)
        cut_to_what_is_there(path);
    for (char *c = path + 1; !dry && *c; c++) {
        if (*c != '/')
            continue;
        *c = 0;
        mkdir(path, 0777);
        *c = '/';
    }
    if (!dry)
        mkdir(path, 0777);
    good = is_folder(path);
    free(path);
    if (good)
        return HOST_OK;
    return host_fail(e, HOST_FAILED, host_in(folder), "Choose another folder.",
                     "the folder cannot be made, or cannot be written");
}

static bool same_already(const char *path, const struct layout_file *f)
{
    struct host_bytes old = { 0 };
    struct host_error ignored;
    bool same;

    if (host_read_file(path, &old, &ignored))
        return false;
    same = old.len == f->len && (f->len == 0 || memcmp(old.data, f->data, f->len) == 0);
    host_bytes_free(&old);
    return same;
}

static char *join(const char *folder, const char *name, size_t len)
{
    size_t size = strlen(folder) + len + 2;
    char *path = malloc(size);

    if (!path)
        abort();
    snprintf(path, size, "%s/%.*s", folder, (int)len, name);
    return path;
}

/* The folder of a file within the folder, made if it is not there: *made. dry: could it be made? */
static int make_parent(const char *parent, bool dry, bool *made, struct host_error *e)
{
    struct stat info;

    *made = stat(parent, &info) != 0;
    if (!*made || (!dry && mkdir(parent, 0777) == 0))
        return HOST_OK;
    return make_folder(parent, dry, e);
}

struct pending {
    struct host_output output;
    char *parent; /* the folder it is in */
    bool open, made;
    bool fresh; /* the folder was not there before */
};

/* before: the file before it in the list, or NULL. */
static int open_one(struct pending *p, const struct pending *before, const char *folder,
                    const struct layout_file *f, bool dry, struct host_error *e)
{
    const char *slash = strrchr(f->name, '/');
    char *path = join(folder, f->name, strlen(f->name));
    int code = HOST_OK;

    p->parent = join(folder, f->name, slash ? (size_t)(slash - f->name) : 0);
    if (before && strcmp(before->parent, p->parent) == 0)
        p->fresh = before->fresh;
    else
        code = make_parent(p->parent, dry, &p->made, e);
    p->fresh = p->fresh || p->made;
    /* A dry run makes no folder, and what would be in it is not there. */
    if (code == HOST_OK && !(dry && p->fresh) && (p->fresh || !same_already(path, f))) {
        code = host_output_open(&p->output, path, 0666, true, e);
        p->open = code == HOST_OK;
    }
    free(path);
    return code;
}

int layout_files_write(const struct layout_files *files, const char *folder, bool dry,
                       size_t *written, struct host_error *e)
{
    struct pending *list = calloc(files->n + 1, sizeof *list);
    struct stat info;
    bool there = stat(folder, &info) == 0;
    int code = make_folder(folder, dry, e);
    size_t changed = 0;

    if (!list)
        abort();
    /* All are opened before one is replaced: what cannot be written is found while nothing is. */
    for (size_t i = 0; i < files->n && code == HOST_OK; i++) {
        list[i].fresh = !there; /* then nothing in it is */
        code = open_one(&list[i], i ? &list[i - 1] : NULL, folder, &files->list[i], dry, e);
    }
    for (size_t i = 0; i < files->n; i++) {
        changed += code == HOST_OK && dry && list[i].fresh;
        if (!list[i].open)
            continue;
        if (code == HOST_OK && dry) {
            host_output_cancel(&list[i].output);
            changed++;
        } else if (code == HOST_OK) {
            code = host_output_commit(&list[i].output, files->list[i].data, files->list[i].len, e);
            changed += code == HOST_OK;
        } else {
            host_output_cancel(&list[i].output);
        }
    }
    for (size_t i = files->n; i-- > 0;) {
        if (code && !dry && list[i].made)
            rmdir(list[i].parent); /* unless there is something in it */
        free(list[i].parent);
    }
    free(list);
    if (written)
        *written = changed;
    return code;
}

/* ---- room of an application ---- */

#define SECOND_ROOM 72u /* the entry of another key's hash, and the heads */
#define TLVS_ROOM 512u  /* info, digest, key's hash, counter, dependencies, vendor, class, record */

uint32_t write_room(const struct layout *l, const struct layout_slot *s)
{
    uint32_t one = 0, second = 0, signature, take; /* the longest of each kind */

    for (uint8_t i = 0; i < l->boot.n_keys; i++) {
        uint32_t *most = l->boot.keys[i].second ? &second : &one;

        if (l->boot.keys[i].signature > *most)
            *most = l->boot.keys[i].signature;
    }
    signature = one + (second ? second + SECOND_ROOM : 0);
    take = s->header + (s->format == LAYOUT_WOLFBOOT ? 0 : TLVS_ROOM + signature);
    return s->image_max > take ? s->image_max - take : 0;
}

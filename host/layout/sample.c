/* SPDX-License-Identifier: Apache-2.0 */
/* Where the sample layouts are, and which there are. */
#include "sample.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/grow.h"
#include "host/system.h"

#define END ".layout.yml"

/* Both with a '/' between them. */
static char *join(const char *folder, const char *name, const char *end)
{
    size_t size = strlen(folder) + strlen(name) + strlen(end) + 2;
    char *path = malloc(size);

    if (!path)
        host_no_memory();
    snprintf(path, size, "%s/%s%s", folder, name, end);
    return path;
}

static bool is_there(const char *path, bool folder)
{
    struct stat info;

    return stat(path, &info) == 0 && (folder ? S_ISDIR(info.st_mode) : S_ISREG(info.st_mode));
}

/* folder/name if that is a folder, or NULL. */
static char *folder_in(const char *folder, const char *name)
{
    char *path = join(folder, name, "");

    if (is_there(path, true))
        return path;
    free(path);
    return NULL;
}

/* The source folder above this one: it has ports/port.h beside products/. */
static char *in_source(char *folder)
{
    for (char *slash; (slash = strrchr(folder, '/')); *slash = 0) {
        char *mark = join(folder, "ports/port.h", "");
        bool source = is_there(mark, false);

        free(mark);
        if (source)
            return folder_in(folder, "products");
    }
    return NULL;
}

char *layout_samples_folder(void)
{
    const char *said = getenv("BULKHEAD_PRODUCTS");
    char *program, *slash, *found = NULL;

    if (said && *said)
        return folder_in(said, ".");
    program = host_program_path();
    slash = program ? strrchr(program, '/') : NULL;
    if (slash) {
        *slash = 0;
        found = folder_in(program, "../share/bulkhead/products");
        if (!found)
            found = in_source(program);
    }
    free(program);
    return found;
}

char *layout_sample(const char *name)
{
    char *folder = layout_samples_folder(), *path;

    if (!folder || !*name || strchr(name, '/')) {
        free(folder);
        return NULL;
    }
    path = join(folder, name, END);
    free(folder);
    if (is_there(path, false))
        return path;
    free(path);
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void layout_samples(struct layout_samples *out)
{
    char *folder = layout_samples_folder();
    DIR *dir = folder ? opendir(folder) : NULL;
    const struct dirent *entry;
    size_t room = 0;

    *out = (struct layout_samples){ NULL, 0 };
    while (dir && (entry = readdir(dir))) {
        size_t len = strlen(entry->d_name), end = strlen(END);

        if (len <= end || strcmp(entry->d_name + len - end, END) != 0)
            continue;
        out->names = host_grow(out->names, out->n, &room, sizeof *out->names);
        out->names[out->n] = strndup(entry->d_name, len - end);
        if (!out->names[out->n++])
            host_no_memory();
    }
    if (dir)
        closedir(dir);
    free(folder);
    if (out->n)
        qsort(out->names, out->n, sizeof *out->names, by_name);
}

void layout_samples_free(struct layout_samples *samples)
{
    for (size_t i = 0; i < samples->n; i++)
        free(samples->names[i]);
    free(samples->names);
    *samples = (struct layout_samples){ NULL, 0 };
}

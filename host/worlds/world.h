/* SPDX-License-Identifier: Apache-2.0 */
/* host/worlds/world.h - layouts of other tools: told apart by their content, read into the model
 * of host/layout, and written from it.
 *
 *     struct layout l;
 *     struct host_error e;
 *     int code = world_load(&l, "pm_static.yml", NULL, &e);
 *     if (code == HOST_OK)
 *         code = world_find_writer("dts")->write(stdout, &l, &options, &losses, &e);
 *     layout_free(&l);
 *
 * A layout of our own language is read as layout_load() reads it. All others become devices and
 * partitions with places and roles; they have no 'boot:', so no product is made of them. One table
 * has the readers, one the writers. */
#ifndef HOST_WORLDS_WORLD_H
#define HOST_WORLDS_WORLD_H

#include <stdio.h>

#include "host/layout/layout.h"
#include "host/layout/write.h"

#define WORLD_TEXTS_MAX 16u

/* What the text alone does not say. Zeroed, all of it is unknown. */
struct world_options {
    const struct layout_options *layout; /* for our own language, or NULL */
    const char *more[WORLD_TEXTS_MAX];   /* Partition Manager: further fragments, in order */
    size_t n_more;
    const char *fixed;                    /* Partition Manager: static file, or NULL */
    const char *regions[WORLD_TEXTS_MAX]; /* "NAME=SIZE" or "NAME=SIZE@BASE" */
    size_t n_regions;
    const char *chip;  /* of the processor's flash, from the table of chips; or NULL */
    const char *base;  /* devicetree: source that an overlay lies over, or NULL */
    int64_t table_off; /* ESP-IDF: where the table is; 0: 0x8000 */
    const char *include[WORLD_TEXTS_MAX]; /* folders for the C preprocessor */
    size_t n_include;
};

struct world_reader {
    const char *name;  /* "wolfboot" */
    const char *title; /* "a wolfBoot target.h" */
    /* Is this text of that kind? It may have zeros in it. */
    bool (*recognise)(const char *text, size_t len);
    /* Into *l, which layout_begin() made. Findings say what is wrong. HOST_OK, HOST_BAD_LAYOUT, or
     * *e says why it could not be read. NULL: our own language. */
    int (*read)(struct layout *l, const char *name, const char *text, size_t len,
                const struct world_options *options, struct host_error *e);
};

extern const struct world_reader world_readers[]; /* { 0 } ends; the first that recognises counts */

/* What of a file is not told by a text, as lines for people. */
struct world_losses {
    char **list;
    size_t n, room;
};

struct world_writer_options {
    bool dts_fixed;     /* devicetree: fixed-partitions everywhere, for Zephyr before 4.4 */
    const char *domain; /* devicetree, Partition Manager: of this core; NULL: the first */
    bool domains;       /* every core gets a file: none of them is lost */
    const char *image;  /* pm_config.h: whose header; NULL: app */
};

struct world_writer {
    const char *name;  /* as after --to: "target-h" */
    const char *title; /* for the help */
    int (*write)(FILE *out, const struct layout *l, const struct world_writer_options *options,
                 struct world_losses *losses, struct host_error *e);
};

extern const struct world_writer world_writers[]; /* { 0 } ends */

/* NULL: nothing recognises it. */
const struct world_reader *world_recognise(const char *text, size_t len);
const struct world_writer *world_find_writer(const char *name);

/* As layout_load(), for every format. "-": standard input. */
int world_load(struct layout *l, const char *path, const struct world_options *options,
               struct host_error *e);
int world_load_text(struct layout *l, const char *name, const char *text, size_t len,
                    const struct world_options *options, struct host_error *e);

/* What cannot be carried: "NAME (32 KB)". */
__attribute__((format(printf, 2, 3))) void world_lost(struct world_losses *losses,
                                                      const char *format, ...);
void world_losses_free(struct world_losses *losses);
/* Read again what a writer wrote, and add what is not in it any more and has not been told:
 * geometry, roles, flags. Nothing is added for a form that has no reader. */
void world_read_back(const struct layout *l, const char *text, size_t len,
                     struct world_losses *losses);

/* ---- all files of a world ---- */

/* A folder in what 'layout build' writes. */
struct world_folder {
    const char *name;  /* also the word after --foreign: "zephyr" */
    const char *title; /* "Zephyr: an overlay for each core" */
    /* Is a product like this one of that world? */
    bool (*fits)(const struct layout *l);
    /* Each file of it, to the list: none if it is an error, and *e says why. */
    int (*add)(const struct layout *l, struct layout_files *files, struct world_losses *losses,
               struct host_error *e);
};

#define WORLD_FOLDERS_MAX 8u
extern const struct world_folder world_folders[WORLD_FOLDERS_MAX]; /* { 0 } ends */

const struct world_folder *world_find_folder(const char *name);
/* Into NAME/ of the list. What that world cannot say is added to losses, each item once, with
 * its name before it. HOST_OK, or *e says why nothing was added. */
int world_add_folder(const struct world_folder *w, const struct layout *l,
                     struct layout_files *files, struct world_losses *losses, struct host_error *e);

/* ---- partitions as another tool sees them ---- */

enum world_kind { WORLD_PM, WORLD_DTS };

/* One place with a name of its own. Containers that are slots count as one; what is in them, gaps
 * that have a name (EMPTY_0), and memory that is no flash are left out. */
struct world_item {
    int partition;
    const char *key;  /* what it is, the same in all worlds: "slot0", "storage", "journal_a" */
    bool addressed;   /* the processor reads it at address */
    uint64_t address; /* or its offset, where it is not mapped */
    uint32_t size;
};

/* items has room for l->n_partitions. Returns how many; by device and offset. */
size_t world_items(const struct layout *l, struct world_item *items);
/* Names in the other worlds, from its role or its own words, in a buffer of the caller. */
struct world_name {
    char text[2 * LAYOUT_NAME_MAX + 16];
};
struct world_name world_pm_name(const struct layout *l, int partition);
struct world_name world_dts_label(const struct layout *l, const struct world_item *item);
struct world_name world_dts_name(const struct layout *l, const struct world_item *item);
/* A name in letters, digits and _, of LAYOUT_NAME_MAX at most. */
struct world_name world_identifier(const char *name);

/* ---- from one layout to another ---- */

enum world_change { WORLD_EQUAL, WORLD_MOVED, WORLD_RESIZED, WORLD_GONE, WORLD_NEW };

struct world_row {
    enum world_change change;
    bool has_old, has_new;
    struct world_item old, new;
    const char
        *effect; /* a whole sentence: what the change does to a device in the field; or NULL */
};

/* Every item of both, each once. rows has room for the partitions of both. *n_equal: how many did
 * not change. Items are matched by what they are, then by their names, then by their places. */
size_t world_compare(const struct layout *old, const struct layout *new, struct world_row *rows,
                     size_t *n_equal);
extern const char *const world_change_names[]; /* "equal", "moved", ... */

/* ---- the rules of engines ---- */

enum world_engine {
    WORLD_BULKHEAD,
    WORLD_MCUBOOT_OFFSET,
    WORLD_MCUBOOT_MOVE,
    WORLD_MCUBOOT_SCRATCH,
    WORLD_MCUBOOT_OVERWRITE,
    WORLD_WOLFBOOT,
    WORLD_ESP_IDF,
    WORLD_EMBASSY,
};

/* "mcuboot-offset"; false: there is none of this name. */
bool world_engine_of(const char *name, enum world_engine *out);
/* What a file is for, by its format: target.h is wolfBoot's. */
enum world_engine world_engine_default(const struct layout *l);

enum world_algorithm {
    WORLD_UNSIGNED,
    WORLD_P256,
    WORLD_ED25519,
    WORLD_ED25519_PURE, /* over the whole image, with SHA-512 */
    WORLD_RSA2048,
    WORLD_RSA3072,
};

/* How images are signed, and how large a payload is. */
struct world_signing {
    enum world_algorithm algorithm;
    bool chosen;        /* false: findings tell the usual algorithms */
    unsigned whole_key; /* the public key is in the image, not its hash */
    unsigned dependencies, counters, records, uuids;
    uint64_t payload; /* bytes before signing; 0: not known */
};

/* "ed25519", "whole-key", "dependency": false if there is no such word. */
bool world_signing_add(struct world_signing *s, const char *word);
/* The words, or NULL after the last. */
const char *world_signing_word(size_t i);
/* Bytes of MCUboot's TLVs, both areas, at most. */
uint32_t world_tlvs(const struct world_signing *s);

/* Add findings: each with the text that the other tool, linker or device would show, so that who
 * searches for that text finds it. signing: NULL if it is not known. */
void world_check(struct layout *l, enum world_engine engine, const struct world_signing *signing);

/* Is the device memory of the processor, no flash? */
bool world_is_ram(const struct layout_device *d);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* host/layout/inner.h - what the files of host/layout share. Not for others: they use layout.h.
 *
 * A layout goes through four hands, each in files of its own:
 *
 *     tree.c     bytes -> nodes with their places in the file; base files merged
 *     fields.c   which keys there are, and what each takes: one table for reader and schema
 *     read.c     nodes -> devices, and what each partition asks for (struct ask)
 *     solve.c    asks -> places
 *     boot.c     the boot section -> slots, spares, journal
 *     rules.c    what is wrong with it
 *
 * Everything lives in one arena, which layout_free() frees. */
#ifndef HOST_LAYOUT_INNER_H
#define HOST_LAYOUT_INNER_H

#include "host/keys.h"
#include "host/layout/layout.h"

/* Limits against hostile files. The largest sample has a few hundred nodes. */
#define TEXT_MAX ((size_t)4 << 20) /* bytes of a file */
#define NODES_MAX 200000u          /* of all files together */
#define DEPTH_MAX 12u              /* lists and maps inside each other */
#define PAGES_MAX 0x100000u        /* of a device */
#define BASES_MAX 8u               /* files that are based on each other */
#define FINDINGS_MAX 200u          /* more are counted, not kept */

/* ---- memory ---- */

struct arena {
    struct arena_block *last;
};

/* Zeroed. Never NULL: without memory the program ends. */
void *arena_get(struct arena *a, size_t size);
char *arena_text(struct arena *a, const char *text, size_t len);
__attribute__((format(printf, 2, 3))) char *arena_format(struct arena *a, const char *format, ...);
void arena_free(struct arena *a);

/* Names to numbers. Nothing ever depends on the order inside. */
struct index {
    struct index_cell {
        const char *name;
        int value;
    } * cells;
    size_t room, n;
    unsigned seed;
};
void index_add(struct index *x, const char *name, int value); /* the first of a name stays */
int index_find(const struct index *x, const char *name);      /* LAYOUT_NONE: not there */
void index_free(struct index *x);

/* ---- the file as a tree ---- */

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    struct layout_mark at;
    char *text;         /* a scalar's; a NUL ends it, and none is inside */
    bool quoted;        /* it was written in quotes: it is text, whatever it looks like */
    struct node *key;   /* of a map's value */
    struct node *first; /* of a list or map, in order */
    struct node *last;
    struct node *next;
    uint32_t n; /* how many are in it */
};

/* What layout.h hides. */
struct layout_inner {
    struct arena arena;
    struct node *root; /* files merged; NULL: there was no tree to be had */
    uint32_t nodes;
    struct index names; /* partitions */
    struct ask *asks;   /* one for each partition */
    size_t findings_room;
    size_t kept_back; /* findings beyond FINDINGS_MAX */
    uint64_t binary;  /* bytes of the bootloader's binary; 0: not given */
    bool no_base;
    struct host_key
        keys[LAYOUT_KEYS_MAX]; /* as boot.keys, once they were read; type NULL: not yet */
};

/* Text to l->inner->root, files of "base:" included. Findings say what is no YAML of ours. */
int tree_read(struct layout *l, const char *name, const char *text, size_t len,
              struct host_error *e);

/* An empty layout, for layout_free(). */
void layout_begin(struct layout *l);
/* One file alone, as a tree, in a new *l; NULL: l->findings says why. layout_free(l) always. */
struct node *tree_one(struct layout *l, const char *name, const char *text, size_t len);

/* ---- findings ---- */

__attribute__((format(printf, 5, 6))) struct layout_finding *
finding(struct layout *l, enum layout_severity severity, const char *rule,
        const struct layout_mark *at, const char *format, ...);
/* Add to one; finding() may be NULL here, when there are too many. */
__attribute__((format(printf, 3, 4))) void remedy(struct layout *l, struct layout_finding *f,
                                                  const char *format, ...);
__attribute__((format(printf, 3, 4))) void consequence(struct layout *l, struct layout_finding *f,
                                                       const char *format, ...);
void about(struct layout_finding *f, int device, int partition, int partition2);
void findings_sort(struct layout *l);

#define FAULT(l, rule, at, ...) finding(l, LAYOUT_ERROR, rule, at, __VA_ARGS__)

/* "0x1f000", "124 KB (0x1f000)" */
struct size_text {
    char text[40];
};
struct size_text size_text(uint64_t bytes);
#define SIZE(bytes) (size_text(bytes).text)

/* ---- fields ---- */

enum field_kind {
    FIELD_NAME,    /* a C identifier */
    FIELD_TEXT,    /* any text */
    FIELD_TEXTS,   /* one, or a list */
    FIELD_REFS,    /* names of partitions: one or a list, "name?" for one that need not be there */
    FIELD_REF,     /* one name */
    FIELD_SIZE,    /* 131072, 0x20000, 128K, 1M: at least 1 */
    FIELD_OFFSET,  /* the same, 0 too */
    FIELD_INTEGER, /* between low and high */
    FIELD_YES,     /* yes, no, true, false */
    FIELD_CHOICE,  /* one of the words in `choices` */
    FIELD_MAP,     /* of `fields` */
    FIELD_MAPS,    /* names, each with a map of `fields` */
    FIELD_OWN,     /* several forms; read.c knows them. `choices` is its JSON Schema */
};

struct field {
    const char *name; /* NULL ends */
    enum field_kind kind;
    const char *help; /* for the schema: what an editor shows */
    const char *choices;
    uint32_t low, high;
    const struct field *fields;
    size_t n_fields;
};

extern const struct field fields_top[], fields_device[], fields_pm[], fields_partition[],
    fields_placement[], fields_align[], fields_esp[], fields_dts[], fields_rp2350[], fields_boot[],
    fields_slot[], fields_wolfboot[], fields_load[], fields_window[], fields_recovery[],
    fields_key[];

/* Their order in these tables. */
enum { TOP_LAYOUT, TOP_PRODUCT, TOP_BASE, TOP_DEVICES, TOP_PARTITIONS, TOP_BOOT, TOP_N };
enum {
    DEV_CHIP,
    DEV_SIZE,
    DEV_PAGES,
    DEV_UNIT,
    DEV_ERASED,
    DEV_MAPPED,
    DEV_VECTORS,
    DEV_PORT,
    DEV_DRIVER,
    DEV_RAM,
    DEV_ROM_COPIES_TO,
    DEV_DTS,
    DEV_PM,
    DEV_N
};
enum { PM_REGION, PM_DEVICE, PM_DRIVER, PM_DOMAIN, PM_N };
enum {
    PART_SIZE,
    PART_SHARE_SIZE,
    PART_AT,
    PART_ADDRESS,
    PART_REGION,
    PART_PLACEMENT,
    PART_SPAN,
    PART_INSIDE,
    PART_PAGES,
    PART_IMAGE,
    PART_AFFILIATION,
    PART_EXTRA_PARAMS,
    PART_ESP,
    PART_DTS,
    PART_PM,
    PART_RP2350,
    PART_N
};
enum { PLACE_BEFORE, PLACE_AFTER, PLACE_ALIGN, PLACE_ALIGN_NEXT, PLACE_N };
enum { ALIGN_START, ALIGN_END, ALIGN_N };
enum { ESP_TYPE_, ESP_SUBTYPE_, ESP_FLAGS_, ESP_N_ };
enum { DTS_LABEL, DTS_NAME, DTS_READ_ONLY, DTS_N };
enum { RP_ID, RP_FAMILIES, RP_PERMISSIONS, RP_LINK, RP_FLAGS, RP_N };
enum {
    BOOT_BOOTLOADER,
    BOOT_SLOTS,
    BOOT_JOURNAL,
    BOOT_CUTS,
    BOOT_PLAN,
    BOOT_MAILBOX,
    BOOT_WOLFBOOT,
    BOOT_TRIAL_BOOTS,
    BOOT_FORMAT,
    BOOT_HASH,
    BOOT_KEYS,
    BOOT_ALLOW_UNSIGNED,
    BOOT_ALLOW_DOWNGRADE,
    BOOT_NEED_COUNTER,
    BOOT_PURE,
    BOOT_RESCUE,
    BOOT_TABLE,
    BOOT_ROLLBACK,
    BOOT_ANTI_ROLLBACK,
    BOOT_CHIP,
    BOOT_LOAD,
    BOOT_APP_MCUBOOT,
    BOOT_RECOVERY,
    BOOT_WATCHDOG,
    BOOT_CLOCK,
    BOOT_HAND_OVER,
    BOOT_PROTECT,
    BOOT_BROWN_OUT,
    BOOT_RECORD,
    BOOT_SPEED,
    BOOT_N
};
enum {
    SLOT_PRIMARY,
    SLOT_SECONDARY,
    SLOT_SPARE,
    SLOT_FORMAT,
    SLOT_HEADER,
    SLOT_CHUNK,
    SLOT_IMAGE_MAX,
    SLOT_VECTORS,
    SLOT_OPTIONAL,
    SLOT_LOAD,
    SLOT_VENDOR_ID,
    SLOT_CLASS_ID,
    SLOT_N
};
enum {
    WOLFBOOT_SECTOR,
    WOLFBOOT_SKIP,
    WOLFBOOT_FLAGS_HOME,
    WOLFBOOT_FLAGS_INVERT,
    WOLFBOOT_WRITE_ONCE,
    WOLFBOOT_N
};
enum { LOAD_ADDRESS, LOAD_SIZE, LOAD_N };
enum { WINDOW_ADDRESS, WINDOW_SIZE, WINDOW_EXECUTE, WINDOW_N };
enum { RECOVERY_PROTOCOL, RECOVERY_WINDOW, RECOVERY_PIN, RECOVERY_MAGIC, RECOVERY_N };
enum { KEY_FILE, KEY_SLOTS, KEY_SECOND, KEY_N };

/* The values of a map by the order of its table; NULL: not given. Says what is unknown, given
 * twice, or not of its kind; what is not of its kind is NULL too. */
void fields_take(struct layout *l, const struct node *map, const struct field *fields, size_t n,
                 const char *what, const struct node **got);
/* Is it a number? *negative: it is one below 0. K and M count 1024 and 1024 * 1024. */
bool number_read(const char *text, uint64_t *out, bool *negative);
/* Is this scalar a name in C? Says what is wrong with it. */
bool name_check(struct layout *l, const struct node *n, const char *what);
/* Is this scalar a size (zero: or 0)? Says what is wrong with it. */
bool number_check(struct layout *l, const struct node *n, const char *key, bool zero);
/* The value of a node that fields_take() let through. */
uint32_t node_u32(const struct node *n);
bool node_yes(const struct node *n);
int node_choice(const struct node *n, const char *choices);
/* Text with a 0 at its end, or NULL for NULL. */
char *node_text(const struct node *n);
void suggest(struct layout *l, struct layout_finding *f, const char *typed,
             const char *(*next)(size_t i, const void *context), const void *context);

/* ---- what a partition asks for ---- */

enum ask_size {
    ASK_NOTHING, /* an error was said */
    ASK_BYTES,   /* number */
    ASK_PAGES,   /* number of pages from where it begins */
    ASK_AUTO,    /* number of bytes, rounded up to a page border */
    ASK_REST,    /* what is left in its gap */
    ASK_SHARE,   /* that of partition `like` */
    ASK_SPAN,    /* its parts' */
};

enum ask_pages { PAGES_DEVICE, PAGES_NO, PAGES_OWN };

struct ask {
    const struct node *node; /* its map */
    const struct node *share, *before, *after, *span, *inside;
    enum ask_size size;
    uint64_t number;
    int like;
    bool fixed; /* at: or address: */
    uint32_t at;
    bool address;
    enum ask_pages pages;
    uint32_t pages_size;
    uint32_t align_start, align_end, align_next; /* 0: none */
    bool region_given;
    /* found by the solver */
    int *parts; /* of a container, in order */
    size_t n_parts, parts_room;
    int before_i, after_i; /* partitions, PLACE_START, PLACE_END or LAYOUT_NONE */
};
#define PLACE_START (-2)
#define PLACE_END (-3)

/* Nodes to devices, partitions and asks. False: there is nothing to solve. */
bool read_layout(struct layout *l);
void read_boot(struct layout *l, const struct node *map);
/* The geometry of the chip that is named. */
void read_chip(struct layout *l, struct layout_device *d, const struct node *name);
/* An absolute or relative name as the layout means it. */
char *layout_file(const struct layout *l, const char *name);

/* Bytes of a file of the layout's; 0: it is not there, or no file. */
uint64_t file_bytes(const struct layout *l, const char *name);

/* places: devices are whole. Otherwise only names and circles are looked at. */
void solve(struct layout *l, bool places);
/* Boundaries of pages: at or above, at or below. Beyond the end of the device: as if its last
 * page went on. */
uint64_t page_up(const struct bh_flash *f, uint64_t off);
uint64_t page_down(const struct bh_flash *f, uint64_t off);
uint64_t up_to(uint64_t v, uint64_t step);
uint64_t down_to(uint64_t v, uint64_t step);

/* Chunk, spare, staged_off, image_max of every slot whose partitions have places. */
void boot_derive(struct layout *l);
/* The smallest run of whole pages that both slots are made of; 0: there is none. */
uint32_t boot_least_chunk(const struct layout *l, const struct layout_slot *s);
/* Slot pair i as the core knows it. False: it has no places, or no chunk. */
bool boot_pair(const struct layout *l, size_t i, struct bh_pair *out);
/* Steps of an update of all pairs with their largest images; 0: cannot be said. */
uint32_t boot_steps(const struct layout *l);
/* Bytes that each journal partition needs, for `size: auto`; 0: cannot be said. */
uint32_t boot_journal_need(const struct layout *l);

/* The product, without its keys' bytes; and the parts that make it (product.c). */
struct layout_product_inner *product_begin(void);
void product_of(const struct layout *l, struct layout_product_inner *in, struct bh_product *out);
/* Keys without bytes, where only their number counts. */
const struct bh_key *product_no_keys(void);
/* Are its images of Espressif's format, all of them? */
bool product_espressif(const struct layout *l);
/* How the processor of the first device wants the images' vector tables, where the layout has that
 * checked: a power of two; 0: it is not. */
uint32_t product_vectors(const struct layout *l);
/* Espressif's chip by name, or NULL; of a layout: the one its applications are built for. */
const struct bh_espressif_chip *product_chip_named(const char *name);
const struct bh_espressif_chip *product_chip(const struct layout *l);
/* NULL: the core has none. */
/* NULL: the core reads no images of that format with such a header. */
const struct bh_image_format *product_format(enum layout_format format, uint32_t header);
bool product_wolfboot(const struct layout *l); /* are its images wolfBoot's? */
/* NULL: none. */
const struct bh_mailbox *product_mailbox(const struct layout *l);
/* mailbox: wolfboot: the form of its trailers. */
struct bh_wolfboot_trailer product_trailer(const struct layout *l);

/* What is wrong with a solved layout. */
void rules_check(struct layout *l, const struct layout_options *options);

#endif

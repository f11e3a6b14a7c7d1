/* SPDX-License-Identifier: Apache-2.0 */
/* host/layout/layout.h - a product's flash layout: read, solved, checked.
 *
 *     struct layout l;
 *     struct host_error e;
 *     int code = layout_load(&l, "lamp.layout.yml", NULL, &e);
 *     if (code == HOST_OK)
 *         ... l.devices, l.partitions, l.slots are solved; layout_product() makes the product ...
 *     else if (code == HOST_BAD_LAYOUT)
 *         ... l.findings says everything that is wrong, in the order of the file ...
 *     else
 *         ... the file could not be read: e.text ...
 *     layout_free(&l);
 *
 * The language is in docs/layout.md. Nothing stops at the first problem. The result depends on the
 * bytes of the file alone: not on memory, on the order of a hash table, or on the file system.
 * Offsets and sizes are in bytes; an offset counts from the start of the partition's device. */
#ifndef HOST_LAYOUT_LAYOUT_H
#define HOST_LAYOUT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulkhead/product.h"
#include "bulkhead/select.h"
#include "host/report.h"

#define LAYOUT_DEVICES_MAX 16u
#define LAYOUT_RUNS_MAX 16u /* runs of equal pages of one device */
#define LAYOUT_KEYS_MAX 8u
#define LAYOUT_NAME_MAX 64u   /* letters of a name */
#define LAYOUT_WINDOWS_MAX 8u /* places in RAM that segments go to */
#define LAYOUT_CUTS 16u       /* power cuts that a journal has room for, if nothing is written */
#define LAYOUT_NONE (-1)      /* an index that names nothing */

/* ---- where something is written ---- */

struct layout_mark {
    const char *file; /* as it was opened; NULL: nowhere */
    unsigned line;    /* from 1 */
    unsigned column;  /* from 1, in characters */
    uint32_t begin;   /* the same in bytes of the file: [begin, end) */
    uint32_t end;
};

/* ---- what is to be said ---- */

enum layout_severity { LAYOUT_ERROR, LAYOUT_WARNING, LAYOUT_NOTE };

struct layout_finding {
    enum layout_severity severity;
    const char *rule;         /* its name, for --waive and for docs/layout.md: "pages" */
    struct layout_mark at;    /* the place to change */
    struct layout_mark other; /* the other place that takes part; file NULL: none */
    int device;               /* index of what it is about, for pictures; LAYOUT_NONE: nothing */
    int partition;
    int partition2;
    char *text;        /* what is wrong, with both names and the numbers */
    char *remedy;      /* a whole sentence: what to do, with the number that would fit; or NULL */
    char *consequence; /* a whole sentence: what would happen on the device; or NULL */
};

/* ---- devices ---- */

struct chip; /* host/chips/chips.h */

struct layout_device {
    char *name;
    struct layout_mark at;   /* of its name */
    const struct chip *chip; /* row of the table of chips; NULL: geometry is in the layout */
    char *chip_name;         /* as written, or NULL */
    /* Geometry, complete: size, runs, unit, erased, mapped, base. Its operations answer BH_ERR_IO:
     * nothing is after it. */
    struct bh_flash flash;
    struct bh_page_run runs[LAYOUT_RUNS_MAX]; /* flash.runs points here */
    uint16_t vectors;                         /* of the processor's table; 0: unknown */
    char *port;                               /* which port drives it, or NULL */
    char *driver;                             /* of a device that is no flash of the processor */
    struct layout_mark at_ram;
    uint32_t ram_address, ram_size; /* of the processor; size 0: not known */
    bool rom_copies;                /* a mask ROM copies the bootloader to rom_copies_to */
    uint32_t rom_copies_to;
    char *dts; /* devicetree node: "&flash0"; or NULL */
    struct {   /* Partition Manager's words, or NULL */
        char *region, *device, *driver, *domain;
    } pm;
};

/* ---- partitions ---- */

/* What a partition is to the bootloader. */
enum layout_role {
    LAYOUT_PLAIN, /* nothing: data of the application */
    LAYOUT_BOOTLOADER,
    LAYOUT_PRIMARY,
    LAYOUT_SECONDARY,
    LAYOUT_SPARE, /* a partition of its own */
    LAYOUT_JOURNAL,
    LAYOUT_TABLE, /* partition table of ESP-IDF */
};

struct layout_names { /* of a list, in the order written */
    char **list;
    size_t n;
};

struct layout_partition {
    char *name;
    struct layout_mark at;       /* of its name */
    struct layout_mark at_size;  /* of size: or share_size:; its name's if there is none */
    struct layout_mark at_place; /* of at:, address: or placement:; its name's if there is none */
    int device;
    bool solved;    /* off and size are known */
    uint32_t off;   /* from the start of its device */
    uint32_t size;  /* bytes */
    bool container; /* its parts are others (span) */
    int parent;     /* innermost container that holds it, or LAYOUT_NONE */
    uint8_t depth;  /* containers around it */
    bool pages;     /* begins and ends on page borders: not inside a container, not "pages: no" */
    enum layout_role role;
    int slot;                    /* index of the slot pair it belongs to, or LAYOUT_NONE */
    char *image;                 /* file that lies in it, relative to the layout; or NULL */
    struct layout_mark at_image; /* of the file's name */
    struct {                     /* ESP-IDF's words, or NULL */
        char *type, *subtype;
        bool encrypted, readonly;
    } esp;
    struct { /* devicetree's */
        char *label, *name;
        bool read_only;
    } dts;
    char *pm;     /* Partition Manager's name, or NULL */
    char *unsaid; /* keys of another tool's file that have no place here, or NULL */
    struct {      /* the RP2350's partition table */
        bool given;
        int id;                              /* LAYOUT_NONE: not written */
        struct layout_names families, flags; /* flags: "ignored_during_arm_boot" */
        char *permissions, *link;
    } rp2350;
};

/* ---- boot ---- */

enum layout_spare {
    LAYOUT_SPARE_NONE,           /* plan: overwrite */
    LAYOUT_SPARE_PARTITION,      /* a partition of its own */
    LAYOUT_SPARE_FIRST,          /* "first of secondary" */
    LAYOUT_SPARE_LAST,           /* "last of secondary" */
    LAYOUT_SPARE_BEFORE_TRAILER, /* "page before trailer of secondary" */
};

enum layout_format { LAYOUT_MCUBOOT, LAYOUT_WOLFBOOT, LAYOUT_ESPRESSIF };
enum layout_plan { LAYOUT_SWAP, LAYOUT_OVERWRITE, LAYOUT_SELECT };
enum layout_mailbox {
    LAYOUT_NO_MAILBOX,
    LAYOUT_MAILBOX_MCUBOOT,
    LAYOUT_MAILBOX_WOLFBOOT,
    LAYOUT_MAILBOX_OTADATA
};
enum layout_recovery { LAYOUT_NO_RECOVERY, LAYOUT_RECOVERY_SMP, LAYOUT_RECOVERY_XMODEM };

/* A slot pair. */
struct layout_slot {
    char *name;
    struct layout_mark at;
    int primary, secondary, spare; /* partitions; spare only if it is one of its own */
    enum layout_spare spare_kind;
    bool spare_written; /* whatever it said */
    struct layout_mark at_spare, at_header, at_chunk, at_image_max;
    enum layout_format format;
    uint32_t header;        /* bytes before the payload */
    uint16_t vectors;       /* entries of the application's vector table; 0: unknown */
    uint32_t chunk;         /* bytes that one step moves; 0: none was found */
    uint32_t chunk_written; /* what the layout says of it; 0: nothing */
    uint32_t staged_off;    /* where in secondary an image is staged */
    uint32_t spare_off;     /* where on its device the spare is */
    uint32_t image_max;     /* most bytes of an image; written, or what the places allow */
    bool image_max_written;
    bool optional; /* a blank secondary pair does not keep the first from starting */
    bool load;     /* the image is copied to RAM and runs there */
    struct layout_mark at_load;
    uint32_t load_address, load_size;
    bool has_vendor_id, has_class_id;
    uint8_t vendor_id[16], class_id[16];
};

struct layout_key {
    char *path; /* as written: relative to the layout's folder */
    struct layout_mark at;
    uint32_t slots;     /* bit i: may sign for slot i */
    uint32_t signature; /* most bytes of a signature by it; 0: the file was not opened */
    bool second;        /* makes second signatures, and no others */
};

/* RAM that segments of Espressif's images are copied to. */
struct layout_window {
    struct layout_mark at;
    uint32_t address, size;
    bool data; /* nothing is executed there */
};

struct layout_boot {
    bool given;
    struct layout_mark at;
    int bootloader; /* its partition, or LAYOUT_NONE */
    enum layout_plan plan;
    enum layout_mailbox mailbox;
    struct layout_mark at_mailbox;
    struct { /* mailbox: wolfboot */
        bool given;
        struct layout_mark at;
        uint32_t sector; /* bytes; 0: not written */
        uint32_t skip;
        bool flags_home, flags_invert, write_once;
    } wolfboot;
    int journal[2]; /* partitions, or LAYOUT_NONE */
    struct layout_mark at_journal;
    int table;                 /* plan: select */
    enum layout_format format; /* of slots that name none, and of plan: select */
    bool rollback;             /* plan: select */
    bool anti_rollback;        /* plan: select: the board's floor counts, and is raised */
    char *chip; /* plan: select: what applications are built for; NULL: the table's device is it */
    struct layout_mark at_chip, at_load;
    struct layout_window windows[LAYOUT_WINDOWS_MAX]; /* plan: select: `load:` */
    uint8_t n_windows;                                /* 0: applications are not loaded */
    uint8_t trial_boots;
    uint32_t cuts;      /* power cuts that the journal has room for, during one update */
    uint16_t hash_bits; /* 256, 384 or 512 */
    struct layout_mark at_hash;
    struct layout_key keys[LAYOUT_KEYS_MAX];
    uint8_t n_keys;
    struct layout_mark at_keys;
    bool allow_unsigned, allow_downgrade, need_counter, fast;
    bool pure;   /* signatures over the whole image, too */
    bool rescue; /* bh_rescue: put one image together again when an act cannot go on */
    struct layout_mark at_pure, at_rescue;
    enum layout_recovery recovery;
    struct layout_mark at_recovery;
    uint32_t recovery_window; /* milliseconds; 0: none */
    bool recovery_has_pin, recovery_has_magic;
    uint32_t recovery_pin, recovery_magic; /* as the port numbers pins; an address in RAM */
    uint32_t record_address, record_size;  /* RAM of the boot record; size 0: there is none */
    struct layout_mark at_record;
    uint32_t watchdog; /* milliseconds; 0: none */
    struct layout_mark at_watchdog;
    bool clock_fast;      /* clock: fast */
    bool hand_over_reset; /* hand_over: reset */
    bool protect;         /* protect: until_reset */
    uint32_t brown_out;   /* millivolts of supply below which nothing is changed; 0: not asked */
    char *app_mcuboot;    /* bootutil's version of the applications in the field, or NULL */
};

/* ---- the layout ---- */

struct layout {
    char *path;   /* as given */
    char *folder; /* of it, ending in "/", or "": file names of the layout are relative to it */
    char *unsaid; /* words of another tool's file that have no place here, or NULL */
    char *product;
    struct layout_device *devices; /* in the order of the file */
    size_t n_devices;
    struct layout_partition *partitions; /* the same */
    size_t n_partitions;
    struct layout_slot *slots;
    size_t n_slots;
    struct layout_boot boot;
    struct layout_finding *findings; /* sorted by file, line, column; errors first at one place */
    size_t n_findings, n_errors, n_warnings;
    bool solved;                /* every partition has a place, right or wrong: it can be drawn */
    struct layout_inner *inner; /* texts that marks and names point into */
};

struct layout_options {
    const char *bootloader; /* binary that must fit its partition; NULL: not looked at */
    bool no_files;          /* do not open keys and images: the layout alone is looked at */
    bool no_base;           /* 'base:' is refused: the text alone is looked at */
    unsigned hash_seed;     /* for tests: whatever it is, the result is the same */
};

/* Read the file and those it is based on, solve, check. "-": standard input. options: NULL will do.
 * HOST_OK: nothing is wrong (there may be warnings and notes). HOST_BAD_LAYOUT: l->findings has at
 * least one error. Otherwise the file could not be read and *e says why. layout_free()
 * it always. */
int layout_load(struct layout *l, const char *path, const struct layout_options *options,
                struct host_error *e);
/* The same of text in memory; name is what findings call it, and where "base:" files are looked
 * for. text need not outlive the call. */
int layout_load_text(struct layout *l, const char *name, const char *text, size_t len,
                     const struct layout_options *options, struct host_error *e);
void layout_free(struct layout *l);

/* By name, or LAYOUT_NONE. */
int layout_find_partition(const struct layout *l, const char *name);
int layout_find_device(const struct layout *l, const char *name);
int layout_find_slot(const struct layout *l, const char *name);

/* The first slot whose images are copied to RAM and run there, or NULL. All of a product go to the
 * same place. */
const struct layout_slot *layout_loads(const struct layout *l);
/* RAM that the bootloader has for itself: that of its processor, without what images are loaded to.
 * Size 0: not known, or nothing is left. */
struct layout_ram {
    uint32_t address, size;
};
struct layout_ram layout_boot_ram(const struct layout *l);
/* RAM of the applications on a device, without what the bootloader leaves for them or looks for. */
struct layout_ram layout_app_ram(const struct layout *l, const struct layout_device *d);

/* The partitions of a device as they lie on it: by offset, a container before its parts. order has
 * room for l->n_partitions; returns how many. Those without a place are not among them. */
size_t layout_order(const struct layout *l, int device, int *order);

/* Identity of the layout: CRC-32 over devices, bootloader, slots, spares and journal, as in
 * docs/layout.md. Other partitions and all names are no part of it. 0 if it is not solved. */
uint32_t layout_identity(const struct layout *l);

/* A finding as one line, without line end: "FILE:LINE:COLUMN: error: TEXT. REMEDY CONSEQUENCE
 * [RULE]". free() it. */
char *layout_finding_text(const struct layout_finding *f);
const char *layout_severity_name(enum layout_severity severity); /* "error", "warning", "note" */

/* ---- the product of a layout ---- */

/* What the bootloader, the simulator and the tool need to know, built at run time. Copy it not: it
 * points into itself and into the layout (devices, keys, ids), which must outlive it. */
struct layout_product {
    struct bh_product product;
    struct bh_select select;
    struct layout_product_inner *inner; /* keys, formats, pairs */
};

/* Of a layout without errors whose plan is not select. Loads the public keys. HOST_OK, or *e says
 * what is wrong. layout_product_free() it always. */
int layout_product(const struct layout *l, struct layout_product *out, struct host_error *e);
/* The same of a layout whose plan is select: out->select; out->product then says no more than name,
 * identity and bootloader. If its applications are loaded, its windows have memory of their own
 * here, zeroed. */
int layout_select(const struct layout *l, struct layout_product *out, struct host_error *e);
/* mailbox: wolfboot: how its trailers are made. False: it has another mailbox, or none. */
struct bh_wolfboot_trailer;
bool layout_trailer(const struct layout *l, struct bh_wolfboot_trailer *out);
/* ESP-IDF's partition table of such a layout, as its table's partition has it. HOST_OK, or *e. */
int layout_table(const struct layout *l, uint8_t binary[BH_TABLE_LEN], struct host_error *e);
void layout_product_free(struct layout_product *p);

#endif

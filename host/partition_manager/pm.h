/* SPDX-License-Identifier: Apache-2.0 */
/* host/partition_manager/pm.h - layouts in the language of Nordic's Partition Manager: read,
 * solved, written as that program writes them.
 *
 *     struct layout l;                         memory and findings
 *     struct pm pm = { .l = &l };
 *     layout_begin(&l);
 *     pm_region(&pm, (struct pm_region){ .name = "flash_primary", .size = 0x100000 });
 *     pm_fragment(&pm, "pm.yml", text, len);   once for each file, in order
 *     pm_static(&pm, "pm_static.yml", text, len);
 *     if (pm_solve(&pm))
 *         pm_write_partitions(stdout, &pm);
 *     else
 *         ... l.findings says everything that is wrong ...
 *     pm_free(&pm); layout_free(&l);
 *
 * One struct pm is one domain: one run of the solver. The same input gives the same output:
 * candidates are taken in the order in which the files, and the keys in them, name them. Where the
 * result is not that of the original, docs/layout-differences.md says why. Addresses and sizes are
 * in bytes. */
#ifndef HOST_PARTITION_MANAGER_PM_H
#define HOST_PARTITION_MANAGER_PM_H

#include "host/partition_manager/value.h"

#define PM_PARTS_MAX 4096u /* partitions of a domain; the largest known layout has 60 */
#define PM_REGIONS_MAX 64u

enum pm_strategy { PM_START_TO_END, PM_END_TO_START, PM_COMPLEX };

struct pm_region {
    const char *name;
    int64_t size, base;
    enum pm_strategy strategy;
    const char *device; /* "" : none, and its partitions have no ID */
    const char *driver; /* Kconfig symbol of its driver, or "" */
    const char *dp;     /* name of its dynamic partition; NULL: app */
};

struct pm_part {
    const char *name;
    struct layout_mark at;
    struct pm_value *map; /* its keys: as read, and then as written */
    int region;           /* LAYOUT_NONE: of none that there is */
    bool fixed;           /* of the static file */
    bool dropped;
    bool dp;   /* the dynamic partition of its region */
    bool made; /* by the solver: EMPTY_n, or what is left of a simple region */
    bool sized, placed;
    int64_t size, address;
    int64_t align; /* of its start, or its end; 0: none */
    bool align_end;
    int source; /* that it takes its size of, or LAYOUT_NONE */
    bool container;
    int *leaves; /* of a container, flattened */
    size_t n_leaves;
    const struct pm_value *missing; /* first name in its placement that does not count, or NULL */
};

struct pm {
    struct layout *l;
    const char *domain; /* NULL or "": the root */
    struct pm_region regions[PM_REGIONS_MAX];
    size_t n_regions;
    struct pm_part *parts; /* in the order of the files; then what the solver makes */
    size_t n_parts, room;
    struct index *names;
    bool app_named;            /* a file names the dynamic partition of the application */
    bool regions_open;         /* a region that is not there is made when it is named */
    const char *refusal;       /* the original's words for the first error; NULL: it has none */
    const char *failed_region; /* in which it would have given up, or NULL */
};

/* False: a finding says what is wrong with it. */
bool pm_region(struct pm *pm, struct pm_region region);
int pm_find_region(const struct pm *pm, const char *name);
/* Read one file. False: there is nothing more to be had of it, and findings say why. */
bool pm_fragment(struct pm *pm, const char *name, const char *text, size_t len);
bool pm_static(struct pm *pm, const char *name, const char *text, size_t len);
/* What a run gave: partitions.yml with its regions.yml, for the writers. */
bool pm_partitions(struct pm *pm, const char *name, const char *text, size_t len);
bool pm_regions(struct pm *pm, const char *name, const char *text, size_t len);

/* Give every partition its place. False: l->findings has errors. */
bool pm_solve(struct pm *pm);
/* The partition of this name, or LAYOUT_NONE. */
int pm_find(const struct pm *pm, const char *name);
void pm_free(struct pm *pm);

/* Name every gap of a solved domain (EMPTY_n), but for what is left at the end of a region that is
 * filled from one end. Returns how many. */
size_t pm_fill_gaps(struct pm *pm);
/* Sizes and bases of regions from what lies in them, where nothing else says them. Regions of
 * the processor are complex. */
void pm_measure_regions(struct pm *pm);
/* Is everything in the file of a run as it should be: sums, borders, overlaps, containers? */
void pm_check(struct pm *pm);

/* ---- what the original writes, to the byte but for the order of names in spans ---- */

void pm_write_partitions(FILE *out, const struct pm *pm);
void pm_write_regions(FILE *out, const struct pm *pm);
/* Static file that holds every place of a solved domain. */
void pm_write_static(FILE *out, const struct pm *pm);

/* pm_config.h of one image of one of the domains. script: what its first line names. HOST_OK, or *e
 * says why not. */
int pm_write_header(FILE *out, const struct pm *domains, size_t n, const char *image,
                    size_t image_domain, const char *script, struct host_error *e);
/* pm.config of one domain. */
void pm_write_config(FILE *out, const struct pm *domain);
/* The boxes. color: with the original's escape codes. */
void pm_write_report(FILE *out, const struct pm *domains, size_t n, bool color);

#endif

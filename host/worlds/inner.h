/* SPDX-License-Identifier: Apache-2.0 */
/* host/worlds/inner.h - what the readers and writers share. */
#ifndef HOST_WORLDS_INNER_H
#define HOST_WORLDS_INNER_H

#include "host/grow.h"
#include "host/layout/inner.h"
#include "host/worlds/world.h"

/* ---- a layout that is filled by a reader ---- */

struct build {
    struct layout *l;
    struct layout_device *devices;
    size_t n_devices, devices_room;
    struct layout_partition *partitions;
    size_t n_partitions, partitions_room;
};

/* A device without geometry yet; its index. */
int build_device(struct build *b, const char *name);
/* Geometry of equal pages; what is left over at the end is a page of its own. */
void build_pages(struct build *b, int device, uint64_t size, uint32_t page, uint16_t unit);
/* The geometry of a chip; a finding says if there is none of this name. */
void build_chip(struct build *b, int device, const char *chip);
/* A place. Addresses beyond 32 bits are a finding, and LAYOUT_NONE is returned. */
int build_partition(struct build *b, const char *name, int device, int64_t off, int64_t size,
                    const struct layout_mark *at);
/* Into the layout: containers around parts, roles from names, what lies outside. HOST_OK or
 * HOST_BAD_LAYOUT. */
int build_end(struct build *b);
/* Where no 'boot:' says what a partition is, its name does. */
void roles_by_name(struct layout *l);

/* ---- places of a text ---- */

struct layout_mark text_mark(struct layout *l, const char *file, const char *text, size_t at);

/* ---- a constant expression of C ---- */

/* Value of a name, or false. */
typedef bool name_value(const char *name, size_t len, const void *context, int64_t *out);
/* NULL: *out has the value. Otherwise what is wrong with it. Nothing here calls itself. */
const char *expression(const char *text, size_t len, name_value *names, const void *context,
                       int64_t *out);

/* ---- for the rules ---- */

/* Largest image, and whether a payload fits. */
void check_image_room(struct layout *l, enum world_engine engine, int primary, int secondary,
                      const struct world_signing *signing);

/* ---- for writers ---- */

/* Its role; where ESP-IDF's otadata chooses, ota_0 and ota_1 are the two slots. */
enum layout_role role_of(const struct layout_partition *p);
/* The image of another core: the largest partition of its flash. LAYOUT_NONE: the device is of no
 * other core. */
int image_of_domain(const struct layout *l, int device);
/* The first with this role, or LAYOUT_NONE. */
int find_role(const struct layout *l, enum layout_role role);
/* A label of a node that means something: "slot0_partition". NULL: no. */
bool is_known_label(const char *label);
/* MCUboot's slot of this number: the pair 1 is slots 2 and 3. LAYOUT_NONE: there is none. */
#define WORLD_PAIRS 6
int find_slot(const struct layout *l, int slot);
/* How many pages it is on, and the size of the largest and the smallest; by arithmetic on the
 * runs of its device, of which a hostile file can make four thousand million pages. 0: none. */
uint64_t pages_in(const struct layout *l, int partition, uint32_t *largest, uint32_t *smallest);
/* Address that the processor sees, or the offset. */
uint64_t address_of(const struct layout *l, const struct layout_partition *p);
/* Every item that is not among those written is lost. */
void lose_others(const struct layout *l, const int *written, size_t n, struct world_losses *losses);
/* As world_read_back(). gone: partitions that are not there are told, too. */
void read_back(const struct layout *l, const char *text, size_t len, bool gone,
               struct world_losses *losses);
/* What an overlay says no word of, of these items. fixed: fixed-partitions everywhere. */
void lose_in_overlay(const struct layout *l, const struct world_item *items, size_t n, bool fixed,
                     struct world_losses *losses);
void lose_boot(const struct layout *l, struct world_losses *losses);
/* Has every item another name? HOST_BAD_LAYOUT: *e names two. Names that had to become others are
 * losses. */
int names_differ(const struct layout *l, const char *world, const char *const *names,
                 const int *partitions, size_t n, struct world_losses *losses,
                 struct host_error *e);

bool recognise_pm(const char *text, size_t len);
bool recognise_layout(const char *text, size_t len);
bool recognise_dts(const char *text, size_t len);
bool recognise_dtb(const char *text, size_t len);
bool recognise_target_h(const char *text, size_t len);
bool recognise_config(const char *text, size_t len);
bool recognise_csv(const char *text, size_t len);
bool recognise_bin(const char *text, size_t len);
bool recognise_rp2350(const char *text, size_t len);
bool recognise_json(const char *text, size_t len);
bool recognise_memory_x(const char *text, size_t len);
bool recognise_mtdparts(const char *text, size_t len);

#define READER(name)                                                                               \
    int name(struct layout *l, const char *file, const char *text, size_t len,                     \
             const struct world_options *options, struct host_error *e)
READER(read_pm);
READER(read_dts);
READER(read_dtb);
READER(read_target_h);
READER(read_config);
READER(read_csv);
READER(read_bin);
READER(read_rp2350);
READER(read_json);
READER(read_memory_x);
READER(read_mtdparts);

#define WRITER(name)                                                                               \
    int name(FILE *out, const struct layout *l, const struct world_writer_options *options,        \
             struct world_losses *losses, struct host_error *e)
WRITER(write_partitions_yml);
WRITER(write_regions_yml);
WRITER(write_pm_static);
WRITER(write_pm_config_h);
WRITER(write_pm_config);
WRITER(write_pm_report);
WRITER(write_dts);
WRITER(write_target_h);
WRITER(write_target_2018_h);
WRITER(write_wolfboot_config);
WRITER(write_memory_x);
WRITER(write_mtdparts);
WRITER(write_rp2350);
WRITER(write_flash_layout_h);
WRITER(write_esp_csv);
WRITER(write_esp_bin);
WRITER(write_layout);

#endif

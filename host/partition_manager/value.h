/* SPDX-License-Identifier: Apache-2.0 */
/* host/partition_manager/value.h - YAML 1.1 as PyYAML's safe_load reads it: values with their types
 * and places.
 *
 *     struct pm_value *root = pm_yaml(&l, "pm.yml", text, len);      NULL: l.findings says why
 *     const struct pm_value *size = pm_get(root, "size");
 *
 * Partition Manager's files are read by that library, so 010 is 8, yes is true, and "0x10" is text.
 * Everything lives in the arena of a layout. Nothing here calls itself: depth is limited. */
#ifndef HOST_PARTITION_MANAGER_VALUE_H
#define HOST_PARTITION_MANAGER_VALUE_H

#include <stdio.h>

#include "host/layout/layout.h"

enum pm_kind { PM_NULL, PM_YES_NO, PM_INTEGER, PM_FLOAT, PM_TEXT, PM_LIST, PM_MAP };

struct pm_value {
    enum pm_kind kind;
    struct layout_mark at;
    const char *key; /* of a map's value, or NULL */
    struct layout_mark at_key;
    const char *text; /* of a scalar: as written */
    int64_t number;   /* PM_INTEGER, PM_YES_NO */
    struct pm_value *first, *last, *next;
    uint32_t n; /* how many are in it */
};

/* A document. One without content is PM_NULL. NULL: findings say what is wrong. */
struct pm_value *pm_yaml(struct layout *l, const char *file, const char *text, size_t len);
/* Is a plain scalar with this text more than text: a number, yes, null? */
enum pm_kind pm_resolve(const char *text, int64_t *number);

/* Of a map; NULL: not there, or this is no map. */
struct pm_value *pm_get(const struct pm_value *map, const char *key);
/* Add, or replace in its place. at: where it comes from. */
struct pm_value *pm_put(struct layout *l, struct pm_value *map, const char *key,
                        struct pm_value *value);
void pm_drop(struct pm_value *map, const char *key);
void pm_append(struct pm_value *list, struct pm_value *value);
struct pm_value *pm_new(struct layout *l, enum pm_kind kind, const struct layout_mark *at);
struct pm_value *pm_new_number(struct layout *l, int64_t number);
struct pm_value *pm_new_text(struct layout *l, const char *text, const struct layout_mark *at);

/* As YAML in block style: keys in alphabetical order, numbers in hexadecimal. indent: blanks before
 * the keys of the first depth. */
void pm_dump(FILE *out, const struct pm_value *value, unsigned indent);
/* On one line, in the manner of Python's repr(). sorted: maps by key, or as they are. free() it. */
char *pm_line(const struct pm_value *value, bool sorted);
/* Have they the same content? The order of a map's keys does not count. */
bool pm_same(const struct pm_value *a, const struct pm_value *b);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* host/table/table.h - Espressif partition tables as people write them: CSV, checks, binary.
 *
 *     struct esp_table t;
 *     struct esp_options o = esp_defaults();
 *     esp_table_init(&t);
 *     if (esp_read_csv(&t, &o, bytes, len) && esp_verify(&t, &o))
 *         esp_to_binary(&t, &o, binary);
 *     ... t.problems has everything that is to be said, in order ...
 *     esp_table_free(&t);
 *
 * Nothing stops at the first problem: each step goes on with the rows it can use. A step returns
 * whether it was without errors. The texts of problems with original = true are those of ESP-IDF
 * v6.0.2's gen_esp32part.py, to the letter; the others are Bulkhead's. */
#ifndef HOST_TABLE_TABLE_H
#define HOST_TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulkhead/table.h"

/* ---- problems ---- */

enum esp_severity { ESP_ERROR, ESP_WARNING };

struct esp_problem {
    const char *rule; /* its name, for --waive: "label-long" */
    enum esp_severity severity;
    bool original;         /* gen_esp32part.py says this, in these words */
    bool row;              /* it says so under "Error at line %d: " */
    unsigned line, column; /* of a CSV, from 1; 0: unknown. Of a binary: 0, and the offset */
    char *lead;            /* what it prints before, or NULL */
    char *text;
    const char *hint; /* a whole sentence: what to do, or NULL */
};

struct esp_problems {
    struct esp_problem *list;
    size_t n, room;
    size_t errors;
};

__attribute__((format(printf, 3, 4))) struct esp_problem *
esp_problem(struct esp_problems *p, const char *rule, const char *format, ...);
/* The same, but Bulkhead's own. */
__attribute__((format(printf, 4, 5))) struct esp_problem *
esp_refuse(struct esp_problems *p, const char *rule, const char *hint, const char *format, ...);
/* A warning of Bulkhead's own. */
__attribute__((format(printf, 4, 5))) struct esp_problem *
esp_advise(struct esp_problems *p, const char *rule, const char *hint, const char *format, ...);
void esp_problems_free(struct esp_problems *p);

/* ---- names of types and subtypes ---- */

struct esp_extra_subtype {
    uint8_t type;
    int64_t value;
    char *name;
};

struct esp_names {
    struct esp_extra_subtype *extra; /* in the order given; the last of a name counts */
    size_t n_extra;
};

/* "type,name,value" of --extra-partition-subtypes. Adds to problems if it is none. */
bool esp_names_add(struct esp_names *names, const char *triple, struct esp_problems *problems);
void esp_names_free(struct esp_names *names);
/* The i-th keyword for types (type < 0) or for the subtypes of a type, in ESP-IDF's order; NULL
 * after the last. */
const char *esp_keyword(const struct esp_names *names, int64_t type, size_t i, int64_t *value);
/* The keyword for a value, or NULL. */
const char *esp_type_name(int64_t type);
const char *esp_subtype_name(const struct esp_names *names, int64_t type, int64_t subtype);
/* The value of a keyword, exactly as written. */
bool esp_type_of(const char *name, int64_t *value);
bool esp_subtype_of(const struct esp_names *names, int64_t type, const char *name, int64_t *value);

/* A number as Python's int(text, 0) reads it; beyond 2^48 it stays there, so that sums of a few
 * cannot overflow. Nothing in a table is beyond 2^32. */
#define ESP_HUGE ((int64_t)1 << 48)
bool esp_int(const char *text, size_t len, int64_t *out);
/* The same with any number of K and M after it. len_left: how much is left without those. */
bool esp_size(const char *text, size_t len, int64_t *out, size_t *len_left);

/* ---- the table ---- */

enum esp_secure { ESP_SECURE_NONE, ESP_SECURE_V1, ESP_SECURE_V2 };

struct esp_options {
    int64_t table_off;
    int64_t primary_bootloader, recovery_bootloader; /* ESP_NOWHERE: not given */
    bool md5;
    enum esp_secure secure;
    int64_t flash_size;  /* 0: unknown */
    bool anti_rollback;  /* what esp_lint() says is for a bootloader with it... */
    bool old_bootloader; /* ...or from before ESP-IDF v3.1 */
    bool autosize;       /* sizes "rest" and "25%" are understood; needs flash_size */
    struct esp_names names;
};
#define ESP_NOWHERE INT64_MIN
struct esp_options esp_defaults(void);

enum esp_field { ESP_NAME, ESP_TYPE, ESP_SUBTYPE, ESP_OFFSET, ESP_SIZE, ESP_FLAGS, ESP_FIELDS };

struct esp_row {
    char *name; /* UTF-8 as written; may be longer than a label */
    int64_t type, subtype, off, len;
    bool placed;      /* off is known */
    bool off_written; /* and was so in the CSV */
    bool broken;      /* an error in the row: only what can be said of it nevertheless counts */
    bool encrypted, readonly;
    uint32_t other_flags;        /* bits without a name */
    uint8_t percent;             /* of the flash: the size to be; 0: none */
    bool rest;                   /* the size to be is a share of what is left */
    unsigned line;               /* of the CSV; for a binary, 0 */
    unsigned column[ESP_FIELDS]; /* where each field begins, from 1; of a binary, its offset */
};

struct esp_table {
    struct esp_row *rows;
    size_t n, room;
    struct esp_problems problems;
    bool binary; /* it came from one */
    bool had_md5;
};

/* Say where a problem is: a field of a row. Returns the problem. */
struct esp_problem *esp_at(const struct esp_row *row, enum esp_field field, struct esp_problem *p);

void esp_table_init(struct esp_table *t);
void esp_table_free(struct esp_table *t);
struct esp_row *esp_table_add(struct esp_table *t);

/* What kind of input this is: binary if it begins with a row, an MD5 row or erased flash. */
bool esp_is_binary(const uint8_t *data, size_t len);
/* CSV: decode, read rows, place them. */
bool esp_read_csv(struct esp_table *t, const struct esp_options *o, const uint8_t *data,
                  size_t len);
/* The same without placing them. */
bool esp_read_rows(struct esp_table *t, const struct esp_options *o, const uint8_t *data,
                   size_t len);
/* Offsets and sizes that were left open. Part of the above. */
bool esp_place(struct esp_table *t, const struct esp_options *o);
bool esp_read_binary(struct esp_table *t, const struct esp_options *o, const uint8_t *data,
                     size_t len);
/* What gen_esp32part.py verifies. */
bool esp_verify(struct esp_table *t, const struct esp_options *o);
bool esp_verify_size(struct esp_table *t, int64_t flash_size);
/* What it does not: see docs/compatibility-esp-idf.md. Adds warnings, and errors for what no
 * device can use. */
bool esp_lint(struct esp_table *t, const struct esp_options *o);

bool esp_to_binary(struct esp_table *t, const struct esp_options *o, uint8_t out[BH_TABLE_LEN]);
/* Canonical CSV; free() it. simple: numbers only. */
char *esp_to_csv(const struct esp_table *t, const struct esp_options *o, bool simple);
char *esp_row_to_csv(const struct esp_row *row, const struct esp_options *o, bool simple);
/* End of the row with the highest offset. */
int64_t esp_flash_used(const struct esp_table *t);

bool esp_is(const struct esp_row *row, int64_t type, int64_t subtype);
/* The partition of esp_secure_cert_mgr, of a type that is reserved otherwise. */
bool esp_is_secure_cert(const struct esp_row *row);
/* A bootloader or table in its own place before the first free offset. */
bool esp_in_own_place(const struct esp_row *row);
/* 64 KiB for an app, a page otherwise. */
int64_t esp_align(int64_t type);

/* A number as Python's '0x%x' shows it: "0x1000", "0x-1000". Call it with (char[24]){ 0 }. */
const char *esp_hex(char out[24], int64_t v);
__attribute__((format(printf, 1, 2))) char *esp_format(const char *format, ...);

#endif

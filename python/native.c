/* SPDX-License-Identifier: Apache-2.0 */
/* The flat functions that bulkhead.native calls. Each keeps its result in the handle. */
#include "python/native.h"

#include "cli/dropin.h"
#include "host/table/part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bhp {
    struct esp_options options;
    struct esp_table table;
    struct host_target target;
    struct host_esptool esptool;
    struct host_error error;
    char *message;  /* what the last call failed with */
    char *warnings; /* what it warned of */
    char *text;     /* what it returned */
    char *baud;
};

static void keep(char **slot, char *text)
{
    free(*slot);
    *slot = text;
}

struct bhp *bhp_new(void)
{
    struct bhp *h = calloc(1, sizeof *h);

    if (h)
        h->options = esp_defaults();
    return h;
}

void bhp_free(struct bhp *h)
{
    esp_table_free(&h->table);
    esp_names_free(&h->options.names);
    host_target_close(&h->target);
    host_esptool_free(&h->esptool);
    free(h->baud);
    free(h->message);
    free(h->warnings);
    free(h->text);
    free(h);
}

void bhp_set(struct bhp *h, int option, int64_t value)
{
    switch (option) {
    case BHP_TABLE_OFFSET: h->options.table_off = value; break;
    case BHP_PRIMARY_BOOTLOADER: h->options.primary_bootloader = value; break;
    case BHP_RECOVERY_BOOTLOADER: h->options.recovery_bootloader = value; break;
    case BHP_MD5: h->options.md5 = value != 0; break;
    case BHP_SECURE: h->options.secure = (enum esp_secure)value; break;
    }
}

const char *bhp_error(const struct bhp *h)
{
    return h->message ? h->message : "";
}

const char *bhp_warnings(const struct bhp *h)
{
    return h->warnings ? h->warnings : "";
}

static void say(char **slot, const char *text)
{
    char *longer = *slot ? esp_format("%s\n%s", *slot, text) : esp_format("%s", text);

    keep(slot, longer);
}

/* The first error, as gen_esp32part.py words it, and the warnings before it; all are forgotten. */
static int result(struct bhp *h)
{
    struct esp_problems *p = &h->table.problems;
    int failed = p->errors != 0;

    keep(&h->message, NULL);
    keep(&h->warnings, NULL);
    for (size_t i = 0; i < p->n && !h->message; i++) {
        const struct esp_problem *one = &p->list[i];

        if (one->severity == ESP_WARNING) {
            if (one->original)
                say(&h->warnings, one->text);
            continue;
        }
        if (one->lead)
            say(&h->warnings, one->lead);
        h->message = one->row ? esp_format("Error at line %u: %s\nPlease check "
                                           "extra_partition_subtypes.inc file in build/config "
                                           "directory",
                                           one->line, one->text)
                              : esp_format("%s", one->text);
    }
    esp_problems_free(p);
    return failed;
}

static int failed(struct bhp *h)
{
    keep(&h->message, esp_format("%s", h->error.text));
    return h->error.code ? h->error.code : 1;
}

int bhp_extra_subtype(struct bhp *h, const char *triple)
{
    esp_names_add(&h->options.names, triple, &h->table.problems);
    return result(h);
}

void bhp_clear(struct bhp *h)
{
    esp_table_free(&h->table);
}

int bhp_is_binary(const uint8_t *data, size_t len)
{
    return esp_is_binary(data, len);
}

int bhp_read_csv(struct bhp *h, const uint8_t *data, size_t len)
{
    bhp_clear(h);
    esp_read_csv(&h->table, &h->options, data, len);
    return result(h);
}

int bhp_read_rows(struct bhp *h, const uint8_t *data, size_t len)
{
    bhp_clear(h);
    esp_read_rows(&h->table, &h->options, data, len);
    return result(h);
}

int bhp_read_binary(struct bhp *h, const uint8_t *data, size_t len)
{
    bhp_clear(h);
    esp_read_binary(&h->table, &h->options, data, len);
    return result(h);
}

void bhp_add(struct bhp *h, const char *name, int64_t type, int64_t subtype, int64_t off,
             int64_t len, int encrypted, int readonly)
{
    struct esp_row *row = esp_table_add(&h->table);

    row->name = esp_format("%s", name);
    row->type = type;
    row->subtype = subtype;
    row->placed = off != BHP_UNPLACED;
    row->off = row->placed ? off : 0;
    row->len = len;
    row->encrypted = encrypted;
    row->readonly = readonly;
}

int bhp_verify(struct bhp *h)
{
    esp_verify(&h->table, &h->options);
    return result(h);
}

int bhp_verify_size(struct bhp *h, int64_t flash_size)
{
    esp_verify_size(&h->table, flash_size);
    return result(h);
}

int bhp_to_binary(struct bhp *h, uint8_t out[BH_TABLE_LEN])
{
    esp_to_binary(&h->table, &h->options, out);
    return result(h);
}

const char *bhp_to_csv(struct bhp *h, int simple)
{
    keep(&h->text, esp_to_csv(&h->table, &h->options, simple));
    return h->text;
}

const char *bhp_row_to_csv(struct bhp *h, size_t row, int simple)
{
    keep(&h->text, esp_row_to_csv(&h->table.rows[row], &h->options, simple));
    return h->text;
}

size_t bhp_count(const struct bhp *h)
{
    return h->table.n;
}

const char *bhp_name(const struct bhp *h, size_t row)
{
    return h->table.rows[row].name;
}

int64_t bhp_number(const struct bhp *h, size_t row, int which)
{
    const struct esp_row *r = &h->table.rows[row];

    switch (which) {
    case BHP_TYPE: return r->type;
    case BHP_SUBTYPE: return r->subtype;
    case BHP_OFFSET: return r->placed ? r->off : BHP_UNPLACED;
    case BHP_SIZE: return r->len;
    case BHP_ENCRYPTED: return r->encrypted;
    case BHP_READONLY: return r->readonly;
    default: return r->line;
    }
}

const char *bhp_keyword(const struct bhp *h, int64_t type, size_t i, int64_t *value)
{
    return esp_keyword(&h->options.names, type, i, value);
}

/* ---- flash ---- */

int bhp_esptool(struct bhp *h, int kind, const char *argument)
{
    if (kind >= 0 && kind < HOST_ESPTOOL_KINDS &&
        host_esptool_add(&h->esptool, (enum host_esptool_kind)kind, argument))
        return 0;
    host_fail(&h->error, HOST_BAD_INPUT, host_nowhere(), NULL, "too many arguments for esptool");
    return failed(h);
}

void bhp_esptool_baud(struct bhp *h, const char *baud)
{
    keep(&h->baud, esp_format("%s", baud));
    h->esptool.baud = h->baud;
}

int bhp_esptool_exit(const struct bhp *h)
{
    return h->esptool.exit_code;
}

int bhp_flash_open(struct bhp *h, const char *target, int change)
{
    host_target_close(&h->target);
    return host_target_open(&h->target, target, change ? HOST_TARGET_CHANGE : HOST_TARGET_READ,
                            &h->esptool, &h->error)
               ? failed(h)
               : 0;
}

void bhp_flash_close(struct bhp *h)
{
    host_target_close(&h->target);
}

int bhp_flash_read(struct bhp *h, int64_t off, uint8_t *out, size_t len)
{
    if (off >= 0 && off <= UINT32_MAX && len <= UINT32_MAX &&
        bh_flash_read(&h->target.flash, (uint32_t)off, out, (uint32_t)len) == BH_OK)
        return 0;
    if (!host_target_failed(&h->target, &h->error))
        host_fail(&h->error, HOST_BAD_INPUT, host_nowhere(), NULL, "beyond the end of the flash");
    return failed(h);
}

static int commit(struct bhp *h)
{
    return host_target_commit(&h->target, &h->error) ? failed(h) : 0;
}

int bhp_part_write(struct bhp *h, size_t row, const uint8_t *data, size_t len, int force)
{
    if (esp_part_write(&h->table, &h->table.rows[row], &h->target, data, len, force, &h->error))
        return failed(h);
    return commit(h);
}

int bhp_part_erase(struct bhp *h, size_t row, int force)
{
    if (esp_part_erase(&h->table, &h->table.rows[row], &h->target, force, &h->error))
        return failed(h);
    return commit(h);
}

int bhp_ota_slots(const struct bhp *h)
{
    return (int)esp_ota_slots(&h->table);
}

/* Open otadata, change it, make that last. slot < 0: erase. */
static int change_otadata(struct bhp *h, int slot)
{
    struct bh_otadata ota;
    int err;

    if (esp_ota_open(&ota, &h->table, &h->target, &h->error))
        return failed(h);
    if (slot < 0)
        err = bh_otadata_erase(&ota);
    else if (ota.active >= 0 &&
             bh_ota_slot(&ota.records[ota.active], ota.n_slots) == (uint32_t)slot)
        err = BH_OK; /* it is started as it is */
    else
        err = bh_otadata_select(&ota, (uint32_t)slot, BH_OTA_UNDEFINED);
    if (!err)
        return commit(h);
    if (!host_target_failed(&h->target, &h->error))
        host_fail(&h->error, HOST_DEVICE, host_nowhere(), NULL, "otadata: %s", bh_error_text(err));
    return failed(h);
}

int bhp_ota_erase(struct bhp *h)
{
    return change_otadata(h, -1);
}

int bhp_ota_switch(struct bhp *h, int slot)
{
    return change_otadata(h, slot < 0 ? 0 : slot);
}

int bhp_ota_record(struct bhp *h, int copy, int which, uint32_t *out)
{
    struct bh_otadata ota;

    if (esp_ota_open(&ota, &h->table, &h->target, &h->error))
        return failed(h);
    const struct bh_ota_record *r = &ota.records[copy != 0];
    *out = which == 0 ? r->seq : which == 1 ? r->crc : r->state;
    return 0;
}

/* ---- programs ---- */

int bhp_program(const char *name, int argc, char **argv, const char *const *esptool)
{
    dropin_main *program = dropin_program(name);

    if (!program)
        return -1;
    dropin_esptool = esptool;
    int code = program(argc, argv);
    dropin_esptool = NULL;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "%s: cannot write to standard output\n", name);
    return 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Find a table in a flash, choose partitions, and move bytes. Nothing is
 * erased before every check. */
#include "host/table/part.h"

#include "bulkhead/bytes.h"

#include <stdlib.h>
#include <string.h>

int esp_first_error(const struct esp_problems *p, const char *file, struct host_error *e)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct esp_problem *problem = &p->list[i];
        struct host_where where =
            problem->line ? host_line(file, problem->line, problem->column) : host_in(file);

        if (problem->severity == ESP_ERROR)
            return host_fail(e, HOST_BAD_INPUT, where, problem->hint, "%s", problem->text);
    }
    return HOST_OK;
}

/* Encrypted bytes are evenly spread: each value occurs about as often as any other. 3072 even bytes
 * have a chi-square of 255 on average, and above 400 or below 150 next to never. */
bool esp_looks_encrypted(const uint8_t *data, size_t len)
{
    uint32_t count[256] = { 0 };
    double expected = (double)len / 256, chi = 0;

    for (size_t i = 0; i < len; i++)
        count[data[i]]++;
    for (int i = 0; i < 256; i++)
        chi += ((double)count[i] - expected) * ((double)count[i] - expected) / expected;
    return len >= BH_TABLE_LEN && chi > 150 && chi < 400;
}

static int load_from_flash(struct esp_table *t, const struct esp_options *o,
                           const struct host_target *target, struct host_error *e)
{
    uint8_t bytes[BH_TABLE_LEN];

    if (o->table_off < 0 || o->table_off > UINT32_MAX ||
        bh_flash_read(&target->flash, (uint32_t)o->table_off, bytes, sizeof bytes))
        return host_target_failed(target, e) ? e->code
                                             : host_fail(e, HOST_BAD_INPUT, host_in(target->path),
                                                         "Is it an image of a whole flash?",
                                                         "no room for a partition table at %s",
                                                         esp_hex((char[24]){ 0 }, o->table_off));
    if (bh_all(bytes, 0xFF, sizeof bytes))
        return host_fail(e, HOST_BAD_LAYOUT, host_at(target->path, (size_t)o->table_off),
                         "Is the table at another offset? Or give the table as a file.",
                         "no partition table: the flash is erased there");
    if (esp_looks_encrypted(bytes, sizeof bytes))
        return host_fail(e, HOST_BAD_INPUT, host_at(target->path, (size_t)o->table_off),
                         "Is the flash encrypted? Decrypt it first (espsecure "
                         "decrypt-flash-data), or give the table as a file.",
                         "no partition table, but bytes that look random");
    esp_read_binary(t, o, bytes, sizeof bytes);
    return esp_first_error(&t->problems, target->path, e);
}

int esp_load(struct esp_table *t, const struct esp_options *o, const char *file,
             const struct host_target *target, struct host_error *e)
{
    struct host_bytes in;

    if (!file)
        return load_from_flash(t, o, target, e);
    int code = host_read_file(file, &in, e);
    if (code)
        return code;
    if (esp_is_binary(in.data, in.len))
        esp_read_binary(t, o, in.data, in.len);
    else
        esp_read_csv(t, o, in.data, in.len);
    host_bytes_free(&in);
    return esp_first_error(&t->problems, file, e);
}

const struct esp_row *esp_by_name(const struct esp_table *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->rows[i].name, name) == 0)
            return &t->rows[i];
    return NULL;
}

const struct esp_row *esp_by_type(const struct esp_table *t, int64_t type, int64_t subtype,
                                  size_t index)
{
    for (size_t i = 0; i < t->n; i++)
        if (esp_is(&t->rows[i], type, subtype) && index-- == 0)
            return &t->rows[i];
    return NULL;
}

const struct esp_row *esp_boot_default(const struct esp_table *t)
{
    const struct esp_row *row = esp_by_type(t, BH_TYPE_APP, BH_APP_FACTORY, 0);

    for (int64_t slot = 0; !row && slot < BH_OTA_SLOTS_MAX; slot++)
        row = esp_by_type(t, BH_TYPE_APP, BH_APP_OTA + slot, 0);
    return row;
}

uint32_t esp_ota_slots(const struct esp_table *t)
{
    uint32_t n = 0;

    while (n < BH_OTA_SLOTS_MAX && esp_by_type(t, BH_TYPE_APP, BH_APP_OTA + n, 0))
        n++;
    return n;
}

int esp_core_error(int err, const struct esp_row *row, const struct host_target *target,
                   struct host_error *e)
{
    if (host_target_failed(target, e))
        return e->code;
    return host_fail(e, HOST_DEVICE, host_nowhere(), NULL, "partition '%s': %s", row->name,
                     bh_error_text(err));
}

static int within(const struct esp_row *row, const struct host_target *target, struct host_error *e)
{
    if (row->off >= 0 && row->len >= 0 && row->off <= target->flash.size &&
        row->len <= (int64_t)target->flash.size - row->off)
        return HOST_OK;
    return host_fail(e, HOST_BAD_INPUT, host_in(target->path), "Is this the table of this flash?",
                     "partition '%s' ends at %s, beyond the flash of 0x%x bytes", row->name,
                     esp_hex((char[24]){ 0 }, row->off + row->len), (unsigned)target->flash.size);
}

int esp_part_check(const struct esp_table *t, const struct esp_row *row,
                   const struct host_target *target, struct host_error *e)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct esp_row *other = &t->rows[i];

        if (other != row && other->off < row->off + row->len && row->off < other->off + other->len)
            return host_fail(e, HOST_BAD_LAYOUT, host_nowhere(), "Put the table right first.",
                             "partition '%s' overlaps '%s'", row->name, other->name);
    }
    if (row->off % HOST_TARGET_PAGE || row->len % HOST_TARGET_PAGE)
        return host_fail(e, HOST_BAD_LAYOUT, host_nowhere(), NULL,
                         "partition '%s' does not begin and end on 4 KiB pages: erasing it would "
                         "erase what is beside it",
                         row->name);
    return within(row, target, e);
}

static struct bh_region region(const struct esp_row *row, const struct host_target *target)
{
    return (struct bh_region){ &target->flash, (uint32_t)row->off, (uint32_t)row->len };
}

static int check_readonly(const struct esp_row *row, bool force, struct host_error *e)
{
    if (!row->readonly || force)
        return HOST_OK;
    return host_fail(e, HOST_FAILED, host_nowhere(), "Say --ignore-readonly to do it nevertheless.",
                     "partition '%s' is read-only", row->name);
}

int esp_part_write(const struct esp_table *t, const struct esp_row *row, struct host_target *target,
                   const uint8_t *data, size_t len, bool force, struct host_error *e)
{
    struct bh_region r = region(row, target);
    int code = check_readonly(row, force, e), err;

    if (code || (code = esp_part_check(t, row, target, e)) != 0)
        return code;
    if (len > r.len)
        return host_fail(e, HOST_FAILED, host_nowhere(), "Nothing was erased.",
                         "Input file size exceeds partition size: 0x%zx bytes for the 0x%x of '%s'",
                         len, (unsigned)r.len, row->name);
    target->whole_pages = false;
    err = bh_region_erase(&r, 0, r.len);
    if (!err)
        err = bh_region_program(&r, 0, data, (uint32_t)len);
    return err ? esp_core_error(err, row, target, e) : HOST_OK;
}

int esp_part_erase(const struct esp_table *t, const struct esp_row *row, struct host_target *target,
                   bool force, struct host_error *e)
{
    struct bh_region r = region(row, target);
    int code = check_readonly(row, force, e), err;

    if (code || (code = esp_part_check(t, row, target, e)) != 0)
        return code;
    err = bh_region_erase(&r, 0, r.len);
    return err ? esp_core_error(err, row, target, e) : HOST_OK;
}

int esp_part_read(const struct esp_row *row, const struct host_target *target,
                  struct host_bytes *out, struct host_error *e)
{
    struct bh_region r = region(row, target);
    int code = within(row, target, e), err;

    *out = (struct host_bytes){ 0 };
    if (code)
        return code;
    out->data = malloc((size_t)r.len + 1);
    if (!out->data)
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    out->len = r.len;
    err = bh_region_read(&r, 0, out->data, r.len);
    if (err)
        host_bytes_free(out);
    return err ? esp_core_error(err, row, target, e) : HOST_OK;
}

int esp_ota_open(struct bh_otadata *ota, const struct esp_table *t, struct host_target *target,
                 struct host_error *e)
{
    const struct esp_row *row = esp_by_type(t, BH_TYPE_DATA, BH_DATA_OTA, 0);
    uint32_t slots = esp_ota_slots(t);
    struct bh_region r;

    if (!row)
        return host_fail(e, HOST_BAD_LAYOUT, host_nowhere(),
                         "A table with OTA slots has a row: otadata,data,ota,,0x2000",
                         "no otadata partition in the table");
    int code = within(row, target, e);
    if (code)
        return code;
    if (row->len < BH_OTADATA_LEN)
        return host_fail(e, HOST_BAD_LAYOUT, host_nowhere(), NULL,
                         "otadata partition '%s' is smaller than 0x2000 bytes", row->name);
    r = region(row, target);
    target->whole_pages = true;
    int err = bh_otadata_open(ota, &r, slots ? slots : 1);
    return err ? esp_core_error(err, row, target, e) : HOST_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The sample application: says who it is and does what the console tells it. It does nothing by
 * itself, so a new version that nobody confirms is one that the bootloader takes back.
 *
 *     s            status
 *     l LEN        stage LEN bytes from the console: a '+' asks for each next block of 64
 *     f OFF LEN    stage LEN bytes found at OFF of the internal flash
 *     t            request the staged image, on trial
 *     p            request it for good
 *     c            confirm the running image
 *     b            ask for recovery over the console
 *     r            reset
 *     x            crash
 *     h            hang
 *
 * Numbers are hexadecimal. Each command ends with a line "ok" or "error ..." */
#include "bulkhead/app.h"
#include "bulkhead/bytes.h"
#include "console.h"
#include "port.h"

#include <string.h>

#define BLOCK 64u

static uint8_t buffer[BH_WORK_MIN] __attribute__((aligned(4)));
static struct bh_work work = { buffer, sizeof buffer };

extern const uint8_t app_ballast[], app_ballast_end[];

static int status(void)
{
    struct bh_app_status s;
    int err = bh_app_status(port_product, &work, &s);

    if (err)
        return err;
    put_field("journal ", s.journal_found);
    put_field(" state ", s.truth.state);
    put_field(" outcome ", s.truth.outcome);
    put_field(" reason ", s.truth.reason);
    put_field(" request ", s.request);
    put_field(" confirmed ", s.confirmed);
    put_text("\n");
    return BH_OK;
}

static int from_console(uint32_t len)
{
    struct bh_stage stage;
    int err = bh_stage_begin(&stage, port_product, 0, len, &work);

    while (!err && len) {
        uint8_t block[BLOCK];
        uint32_t n = bh_min(len, BLOCK);

        port_put('+');
        for (uint32_t i = 0; i < n; i++)
            block[i] = get();
        err = bh_stage_write(&stage, block, n);
        len -= n;
    }
    return err ? err : bh_stage_end(&stage);
}

static int from_flash(uint32_t off, uint32_t len)
{
    const struct bh_flash *flash = port_product->pairs[0].primary.flash;
    struct bh_stage stage;
    int err = bh_stage_begin(&stage, port_product, 0, len, &work);

    while (!err && len) {
        uint8_t block[BLOCK];
        uint32_t n = bh_min(len, BLOCK);

        err = bh_flash_read(flash, off, block, n);
        if (!err)
            err = bh_stage_write(&stage, block, n);
        off += n;
        len -= n;
    }
    return err ? err : bh_stage_end(&stage);
}

static int obey(const char *line)
{
    uint32_t a, b;

    parse_hex(parse_hex(line + (*line != '\0'), &a), &b);
    switch (*line) {
    case 's': return status();
    case 'l': return from_console(a);
    case 'f': return from_flash(a, b);
    case 't': return bh_app_request(port_product, &work, 1, BH_REQUEST_TEST);
    case 'p': return bh_app_request(port_product, &work, 1, BH_REQUEST_PERMANENT);
    case 'c': return bh_app_confirm(port_product, &work);
    case 'b': return bh_app_recover(port_product, &work);
    case 'r': port_reset();
    case 'x': __builtin_trap();
    case 'h':
        for (;;)
            ;
    default: return BH_ERR_ABSENT;
    }
}

void port_main(void)
{
    port_init();
    put_text("app " APP_VERSION " on ");
    put_text(port_product->name);
    put_field(", table ", bh_crc32(0, app_ballast, (size_t)(app_ballast_end - app_ballast)));
    put_text("\n");
    for (;;) {
        char line[32];
        int err;

        put_text("> ");
        get_line(line, sizeof line);
        err = obey(line);
        if (err)
            put_field("error -", (uint32_t)-err);
        else
            put_text("ok");
        put_text("\n");
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of target a text names, and what the kinds have in common. */
#include "host/target_inner.h"

#include "host/system.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum kind { IMAGE_FILE, SERIAL_PORT, NEITHER };

static bool is_com_port(const char *spec)
{
    return strlen(spec) > 3 && toupper((unsigned char)spec[0]) == 'C' &&
           toupper((unsigned char)spec[1]) == 'O' && toupper((unsigned char)spec[2]) == 'M' &&
           strspn(spec + 3, "0123456789") == strlen(spec + 3);
}

static enum kind kind_of(const char *spec)
{
    struct stat st;

    if (!spec || strstr(spec, "://"))
        return SERIAL_PORT;
    if (strncmp(spec, "file:", 5) == 0)
        return IMAGE_FILE;
    if (stat(spec, &st) == 0)
        return S_ISCHR(st.st_mode) ? SERIAL_PORT : IMAGE_FILE;
    return is_com_port(spec) || strncmp(spec, "/dev/", 5) == 0 ? SERIAL_PORT : NEITHER;
}

const char *host_target_path(const char *spec)
{
    return strncmp(spec, "file:", 5) == 0 ? spec + 5 : spec;
}

void host_target_describe(struct host_target *t, const struct bh_flash_ops *ops)
{
    t->run = (struct bh_page_run){ (uint32_t)(t->bytes.len / HOST_TARGET_PAGE), HOST_TARGET_PAGE };
    t->flash = (struct bh_flash){ .ops = ops,
                                  .context = t,
                                  .runs = &t->run,
                                  .n_runs = 1,
                                  .unit = 1,
                                  .erased = 0xFF,
                                  .size = (uint32_t)t->bytes.len };
}

int host_target_open(struct host_target *t, const char *spec, enum host_target_use use,
                     struct host_esptool *esptool, struct host_error *e)
{
    enum kind kind = kind_of(spec);

    memset(t, 0, sizeof *t);
    t->lock = -1;
    if (kind == NEITHER)
        return host_fail(e, HOST_BAD_INPUT, host_in(spec),
                         "Name a flash image file, or a serial port: /dev/ttyUSB0, COM3, "
                         "socket://HOST:PORT, rfc2217://HOST:PORT.",
                         "no such file, and not a serial port");
    if (kind == SERIAL_PORT && !esptool)
        return host_fail(e, HOST_BAD_INPUT, host_in(spec ? spec : "serial port"),
                         "Name a flash image file.", "a serial port will not do here");
    if (kind == IMAGE_FILE && !host_target_path(spec)[0])
        return host_fail(e, HOST_BAD_INPUT, host_in(spec), "Name a flash image: flash.bin.",
                         "no file is named");
    if (kind == SERIAL_PORT) {
        t->esptool = esptool;
        return host_target_open_serial(t, spec, e);
    }
    t->refuses_encrypt =
        esptool && (host_esptool_has(esptool, HOST_ESPTOOL_WRITE, "encrypt") ||
                    host_esptool_has(esptool, HOST_ESPTOOL_WRITE, "encrypt-files"));
    return host_target_open_file(t, host_target_path(spec), use, e);
}

int host_target_commit(struct host_target *t, struct host_error *e)
{
    if (!t->changed)
        return HOST_OK;
    if (t->refuses_encrypt && t->programmed)
        return host_fail(e, HOST_BAD_INPUT, host_in(t->path),
                         "Encrypt the file first (espsecure encrypt-flash-data), or write to the "
                         "chip's serial port.",
                         "'encrypt' needs the chip, which alone has the key: a flash image file "
                         "would get plain text. Nothing was written");
    t->changed = false;
    return t->esptool ? host_target_commit_serial(t, e) : host_target_commit_file(t, e);
}

void host_target_close(struct host_target *t)
{
    if (t->path) /* it was opened; a struct of zeros is none */
        host_unlock(t->lock);
    host_bytes_free(&t->bytes);
    free(t->path);
    free(t->known);
    free(t->ops);
    memset(t, 0, sizeof *t);
    t->lock = -1;
}

int host_target_failed(const struct host_target *t, struct host_error *e)
{
    if (t->why.code)
        *e = t->why;
    return t->why.code;
}

void host_target_read_ahead(struct host_target *t, uint32_t end)
{
    t->ahead = end < t->flash.size ? end : t->flash.size;
}

void host_target_pretend(struct host_target *t, uint32_t off, const void *data, uint32_t len)
{
    memcpy(t->bytes.data + off, data, len);
    for (uint32_t page = off / HOST_TARGET_PAGE; t->known && page * HOST_TARGET_PAGE < off + len;
         page++)
        t->known[page] = 1;
}

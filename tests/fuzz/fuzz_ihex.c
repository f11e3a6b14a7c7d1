/* SPDX-License-Identifier: Apache-2.0 */
/* Intel HEX text, and what comes of it as an image to be shown. Whatever parses must come out the
 * same when it is written and parsed again. */
#include <stdlib.h>
#include <string.h>

#include "host/ihex.h"
#include "host/read_mcuboot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct host_ihex *first)
{
    struct host_ihex_run run = { first->base, first->bytes.data, first->bytes.len };
    struct host_bytes text;
    struct host_ihex second;
    struct host_error e;

    if (host_ihex_format(&run, 1, &text, &e) || host_ihex_parse("again", &text, &second, &e))
        abort();
    if (second.base != first->base || second.bytes.len != first->bytes.len ||
        memcmp(second.bytes.data, first->bytes.data, first->bytes.len) != 0)
        abort();
    host_bytes_free(&text);
    host_bytes_free(&second.bytes);
}

static void show(const struct host_bytes *file)
{
    struct host_mcuboot info;
    struct host_error e;

    if (file->len && host_mcuboot_read("input", file, &info, &e) == HOST_OK) {
        for (size_t i = 0; i < info.n_tlvs; i++)
            if (info.tlvs[i].off > file->len || info.tlvs[i].len > file->len - info.tlvs[i].off)
                abort();
        host_mcuboot_free(&info);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_bytes text = { malloc(size + 1), size };
    struct host_ihex hex;
    struct host_error e;

    if (!text.data)
        return 0;
    memcpy(text.data, data, size);
    text.data[size] = 0;
    show(&text);
    if (host_ihex_parse("input", &text, &hex, &e) == HOST_OK) {
        if (hex.bytes.len < 1 << 20)
            again(&hex);
        show(&hex.bytes);
        host_bytes_free(&hex.bytes);
    }
    host_bytes_free(&text);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Build the devices of the tests: bootloader, signed applications and journal on a board. */
#include "stand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"
#include "host/sign_mcuboot.h"
#include "host/sign_wolfboot.h"
#include "sim/world.h"
#include "repeat.h"

/* Unicorn 2.0 keeps a bitmap of each page that holds code and is written to, and never frees it.
 * The leak is not ours; LeakSanitizer asks for this function by its name. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libunicorn\n";
}

/* Which bootloader accepts which key. */
static const struct {
    const char *bootloader, *key;
} keys[] = {
    { "boot", "development-p256.pem" },
    { "boot-spim", "development-p256.pem" },
    { "boot-ed25519", "development-ed25519.pem" },
    { "boot-rsa2048", "development-rsa2048.pem" },
    { "boot-lms", "development-lms.key" },
    { "boot-mldsa44", "development-mldsa44.pem" },
    { "ship", "development-p256.pem" },
    { "careful", "development-p256.pem" },
    { "boot-smp", "development-p256.pem" },
    { "boot-record", "development-p256.pem" },
    { "fast", "development-p256.pem" },
    { "fast-ed25519", "development-ed25519.pem" },
    { "ship-spim", "development-p256.pem" },
    { "ship-ed25519", "development-ed25519.pem" },
    { "ship-rsa2048", "development-rsa2048.pem" },
    { "ship-lms", "development-lms.key" },
};

struct host_bytes stand_firmware(const char *board, const char *name, const char *suffix)
{
    struct host_bytes bytes = { NULL, 0 };
    struct host_error e = { 0 };
    char path[512];

    snprintf(path, sizeof path, "%s/%s/%s%s", BULKHEAD_FIRMWARE_DIR, board, name, suffix);
    if (host_read_file(path, &bytes, &e))
        fail_msg("%s cannot be read; 'make firmware' builds it", path);
    return bytes;
}

bool stand_has(const struct board_kind *kind, const char *bootloader)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s/%s.bin", BULKHEAD_FIRMWARE_DIR, kind->name, bootloader);
    return access(path, R_OK) == 0;
}

uint32_t stand_header(const struct board_kind *kind)
{
    struct sample sample;
    uint32_t header;

    sample_open(&sample, kind->name);
    header = sample.layout.slots[0].header;
    sample_close(&sample);
    return header;
}

#define TESTS_MAX 64u

int stand_run(const char *bootloader, CMUnitTestFunction each, const struct CMUnitTest *more,
              size_t n_more)
{
    static struct CMUnitTest tests[TESTS_MAX];
    const char *asked = getenv("BOARD"), *wanted = asked && *asked ? asked : NULL;
    size_t n = 0;

    n_more = wanted && strcmp(wanted, "-") ? 0 : n_more;
    for (size_t i = 0; board_kinds[i] && n < TESTS_MAX; i++)
        if (stand_has(board_kinds[i], bootloader) &&
            (!wanted || strcmp(wanted, board_kinds[i]->name) == 0))
            tests[n++] = (struct CMUnitTest){ .name = board_kinds[i]->name,
                                              .test_func = each,
                                              .initial_state = (void *)(uintptr_t)board_kinds[i] };
    if (n + n_more == 0 || n + n_more > TESTS_MAX) {
        fputs("no board has firmware: 'make firmware' builds it\n", stderr);
        return 1;
    }
    memcpy(tests + n, more, n_more * sizeof *more);
    return _cmocka_run_group_tests(bootloader, tests, n + n_more, NULL, NULL);
}

#define COPY "/tmp/bulkhead-key-XXXXXX"

/* A key is used as a copy: an LMS key file counts its signatures, and the sample key stays as it
 * is. Its signatures protect nothing. */
struct host_key stand_key(const char *bootloader)
{
    char copy[] = COPY;
    struct host_key key;
    struct host_bytes file = { NULL, 0 };
    struct host_error e = { 0 };
    const char *name = NULL;
    char path[512];
    int fd;

    fd = mkstemp(copy);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i].bootloader, bootloader) == 0)
            name = keys[i].key;
    if (!name || fd < 0)
        fail_msg("no key is known for %s", bootloader);
    snprintf(path, sizeof path, "%s/%s", BULKHEAD_KEYS_DIR, name);
    if (host_read_file(path, &file, &e) || write(fd, file.data, file.len) != (ssize_t)file.len ||
        host_key_load(copy, NULL, &key, &e))
        fail_msg("%s cannot be used: %s", path, e.text);
    close(fd);
    if (!key.lms_path)
        unlink(copy);
    host_bytes_free(&file);
    return key;
}

void stand_key_free(struct host_key *key)
{
    if (key->lms_path)
        unlink(key->lms_path);
    host_key_free(key);
}

/* Grow bytes to len, with noise. */
static void fill_up(struct host_bytes *bytes, size_t len)
{
    uint32_t noise = 1;

    if (len <= bytes->len)
        return;
    bytes->data = realloc(bytes->data, len);
    assert_non_null(bytes->data);
    for (; bytes->len < len; bytes->len++) {
        noise = noise * 1664525u + 1013904223u;
        bytes->data[bytes->len] = (uint8_t)(noise >> 24);
    }
}

static struct host_bytes application(const struct board_kind *kind, uint8_t major,
                                     const struct host_key *key, size_t len, uint32_t header)
{
    struct host_sign sign = HOST_SIGN_DEFAULTS;
    struct host_error e = { 0 };
    struct host_bytes payload, image = { NULL, 0 };
    char name[32];
    size_t used;

    snprintf(name, sizeof name, "app-%u.0.0", major);
    payload = stand_firmware(kind->name, name, ".bin");
    fill_up(&payload, len);
    sign.version.major = major;
    sign.header_size = header;
    sign.pad_header = true;
    sign.load_addr = kind->load_addr;
    sign.sha = key->type->signature == BH_SIG_ED25519 ? 512 : 256;
    sign.keys = key;
    sign.n_keys = 1;
    if (host_sign_mcuboot(&sign, payload.data, payload.len, &image, &used, &e))
        fail_msg("%s cannot be signed: %s", name, e.text);
    host_bytes_free(&payload);
    return image;
}

struct host_bytes stand_application(const struct board_kind *kind, uint8_t major,
                                    const struct host_key *key, size_t len)
{
    return application(kind, major, key, len, stand_header(kind));
}

struct host_bytes stand_image(const struct board_kind *kind, uint8_t major,
                              const struct host_key *key, uint32_t header)
{
    return application(kind, major, key, 0, header);
}

/* The same in wolfBoot's format, where 1.0.0 is version 0x01000000. */
static struct host_bytes wolf_application(const struct stand *s, const char *product, uint8_t major,
                                          const struct host_key *key)
{
    struct host_wolfboot_sign sign = { .version = (uint32_t)major << 24,
                                       .header = s->sample.layout.slots[0].header,
                                       .hash = &bh_sha256,
                                       .part = BH_WOLFBOOT_PART_APPLICATION,
                                       .key = key };
    struct host_error e = { 0 };
    struct host_bytes payload, image = { NULL, 0 };
    char name[32];

    snprintf(name, sizeof name, "app-%u.0.0", major);
    payload = stand_firmware(product, name, ".bin");
    if (host_sign_wolfboot(&sign, payload.data, payload.len, &image, &e))
        fail_msg("%s cannot be signed: %s", name, e.text);
    host_bytes_free(&payload);
    return image;
}

void stand_open(struct stand *s, const struct board_kind *model, const char *bootloader)
{
    stand_open_as(s, model, model->name, bootloader);
}

void stand_open_as(struct stand *s, const struct board_kind *model, const char *product,
                   const char *bootloader)
{
    struct host_bytes boot = stand_firmware(product, bootloader, ".bin");
    const struct board_kind *kind = &s->kind;
    const struct bh_flash *wrong;
    struct host_key key;

    assert_true(repeat_from(1));
    s->model = model;
    sample_open(&s->sample, product);
    assert_int_equal(board_fit(&s->kind, model, &s->sample.built.product, &wrong), BOARD_FITS);
    if (board_open(&s->board, kind, NULL))
        fail_msg("%s: %s", kind->name, s->board.why);
    s->board.limit = STAND_LIMIT;
    s->board.swift = true;
    s->image[0] = (struct host_bytes){ NULL, 0 };
    key = stand_key(bootloader);
    for (uint8_t major = 1; major <= 2; major++)
        s->image[major] = s->sample.layout.slots[0].format == LAYOUT_WOLFBOOT
                              ? wolf_application(s, product, major, &key)
                              : stand_application(kind, major, &key, 0);
    stand_key_free(&key);
    sim_flash_fill(&s->board.chip[0], 0, boot.data, (uint32_t)boot.len);
    sim_flash_fill(&s->board.chip[0], kind->product->pairs[0].primary.off, s->image[1].data,
                   (uint32_t)s->image[1].len);
    host_bytes_free(&boot);
}

void stand_close(struct stand *s)
{
    board_close(&s->board);
    sample_close(&s->sample);
    for (int i = 0; i < 3; i++)
        host_bytes_free(&s->image[i]);
}

uint8_t stand_staged(const struct stand *s, uint32_t *off)
{
    const struct bh_pair *pair = &s->board.kind->product->pairs[0];

    *off = pair->secondary.off + pair->staged_off;
    return pair->secondary.flash == s->board.kind->flash[0] ? 0 : 1;
}

void stand_stage(struct stand *s, const struct host_bytes *image)
{
    uint32_t off;
    uint8_t chip = stand_staged(s, &off);

    sim_flash_fill(&s->board.chip[chip], off, image->data, (uint32_t)image->len);
}

/* Until the program waits. */
static const char *run(struct stand *s)
{
    enum board_end end = board_run(&s->board);

    if (end != BOARD_WAITS)
        fail_msg("%s: %s after %llu instructions, having said:\n%s", s->board.kind->name,
                 board_end_text(end), (unsigned long long)s->board.instructions, s->board.said);
    return s->board.said;
}

const char *stand_boot(struct stand *s)
{
    board_hush(&s->board);
    board_power_on(&s->board);
    return run(s);
}

const char *stand_type(struct stand *s, const char *line)
{
    board_hush(&s->board);
    board_type(&s->board, line);
    return run(s);
}

void stand_load(struct stand *s, const struct host_bytes *image)
{
    char line[32];

    snprintf(line, sizeof line, "l %x\n", (unsigned)image->len);
    stand_type(s, line);
    for (uint32_t off = 0, n; off < image->len; off += n) {
        stand_expect(s, "+");
        board_hush(&s->board);
        n = bh_min(64, (uint32_t)image->len - off);
        board_send(&s->board, image->data + off, n);
        run(s);
    }
    stand_expect(s, "ok\n");
}

void stand_expect(const struct stand *s, const char *what)
{
    if (!strstr(s->board.said, what))
        fail_msg("%s: expected \"%s\" in:\n%s", s->board.kind->name, what, s->board.said);
}

void stand_expect_primary(struct stand *s, const struct host_bytes *image)
{
    const struct bh_pair *pair = &s->board.kind->product->pairs[0];
    uint32_t len = bh_min(bh_round_up((uint32_t)image->len, pair->chunk),
                          pair->primary.len - sim_world_shared(s->board.kind->product));
    uint8_t *held = malloc(len);

    assert_non_null(held);
    sim_flash_peek(&s->board.chip[0], pair->primary.off, held, len);
    for (uint32_t i = 0; i < len; i++)
        if (held[i] != (i < image->len ? image->data[i] : 0xFF))
            fail_msg("%s: primary differs from the image at 0x%x", s->board.kind->name, i);
    free(held);
}

void stand_expect_no_misuse(const struct stand *s)
{
    for (uint8_t i = 0; i < s->board.n_chips; i++)
        if (s->board.chip[i].misuse.count)
            fail_msg("%s: %s", s->board.kind->name, s->board.chip[i].misuse.first);
}

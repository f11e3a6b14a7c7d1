/* SPDX-License-Identifier: Apache-2.0 */
/* Both protocols of the recovery, from bytes of a hostile wire. The first byte chooses: bytes as
 * they come, to SMP or to XMODEM; or, past base64 and CRC, messages of SMP and blocks of XMODEM
 * whose checksums are made right. Whatever comes: no crash, the device that worked still starts,
 * and a good client is answered afterwards. */
#include "bulkhead/bytes.h"
#include "bulkhead/recovery.h"
#include "sim/image.h"
#include "sim/small.h"
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FLASH(chip, 32, 1 * KB, 4, 0xFF);
static const struct bh_pair pairs[] = { {
    .name = "app",
    .primary = { &chip, 0x3000, 4 * KB },
    .secondary = { &chip, 0x4000, 5 * KB },
    .spare = { &chip, 0x4000, 1 * KB },
    .staged_off = 1 * KB,
    .chunk = 1 * KB,
    .image_max = 3 * KB,
} };
static const struct bh_product product = {
    .name = "small",
    BOOTLOADER(chip),
    .pairs = pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .journal = { { &chip, 0x1000, 2 * KB }, { &chip, 0x1800, 2 * KB } },
    .plan = &bh_plan_swap,
    .mailbox = &bh_mailbox_mcuboot,
    .policy = QUICK_POLICY,
};

#define IMAGE_LEN 2900u

struct story {
    struct sim_world w;
    const uint8_t *data;
    size_t size;
    uint8_t answer[2048];
    uint32_t n_answer;
};

static void hear(void *context, uint8_t c)
{
    struct story *s = context;

    if (s->n_answer < sizeof s->answer)
        s->answer[s->n_answer++] = c;
}

static void die(const char *why)
{
    fprintf(stderr, "fuzz_recovery: %s\n", why);
    abort();
}

struct wire {
    struct bh_smp_server *server;
    const struct bh_product *product;
};

static void to_server(void *context, uint8_t c)
{
    const struct wire *w = context;

    bh_smp_server(w->server, w->product, c);
}

/* Messages: their length in one byte each, doubled. */
static void messages(struct story *s, struct bh_smp_server *server)
{
    struct wire wire = { server, &s->w.product };

    while (s->size > 1) {
        uint32_t len = bh_min(s->data[0] * 2u, (uint32_t)s->size - 1);

        bh_smp_out(s->data + 1, len, to_server, &wire);
        s->data += 1 + len;
        s->size -= 1 + len;
    }
}

static void blocks(struct story *s, struct bh_xmodem *x)
{
    while (s->size > 2) {
        uint32_t room = s->data[0] & 1u ? 1024 : 128, crc = 0, len;

        if (s->data[0] >> 1 > 120) { /* a byte between blocks */
            bh_xmodem(x, &s->w.product, s->data[1] == 0xFF ? -1 : s->data[1]);
            s->data += 2;
            s->size -= 2;
            continue;
        }
        len = bh_min(room, (uint32_t)s->size - 2);
        bh_xmodem(x, &s->w.product, room == 1024 ? 2 : 1);
        bh_xmodem(x, &s->w.product, s->data[1]);
        bh_xmodem(x, &s->w.product, (uint8_t)~s->data[1]);
        for (uint32_t i = 0; i < room; i++) {
            uint8_t c = i < len ? s->data[2 + i] : 0x1A;

            bh_xmodem(x, &s->w.product, c);
            crc = bh_crc16(crc, c);
        }
        bh_xmodem(x, &s->w.product, (int)(crc >> 8));
        bh_xmodem(x, &s->w.product, (int)(crc & 0xFFu));
        s->data += 2 + len;
        s->size -= 2 + len;
    }
}

static void as_they_come(struct story *s, struct bh_smp_server *server, struct bh_xmodem *x)
{
    for (; s->size; s->data++, s->size--) {
        if (server)
            bh_smp_server(server, &s->w.product, s->data[0] == 0xFE ? -1 : s->data[0]);
        else
            bh_xmodem(x, &s->w.product, s->data[0] == 0xFE ? -1 : s->data[0]);
    }
}

/* A good client asks for the parameters. */
static void ask(struct story *s, struct bh_smp_server *server)
{
    static const uint8_t parameters[] = { 8, 0, 0, 0, 0, 0, 0x77, 6 };
    uint8_t got[256];
    struct wire wire = { server, &s->w.product };
    struct bh_smp_in in;
    uint32_t len = 0;

    s->n_answer = 0;
    bh_smp_out(parameters, sizeof parameters, to_server, &wire);
    bh_smp_in_open(&in, got, sizeof got);
    for (uint32_t i = 0; i < s->n_answer && !len; i++)
        len = bh_smp_in(&in, s->answer[i]);
    if (!len || got[BH_SMP_SEQ] != 0x77)
        die("a broken frame wedges it");
}

static void play(void *context)
{
    struct story *s = context;
    static uint8_t frame[1024];
    struct bh_smp_server server;
    struct bh_xmodem x;
    struct bh_recovery r;
    uint8_t how = s->size ? s->data[0] : 0;

    if (s->size) {
        s->data++;
        s->size--;
    }
    bh_recovery_open(&r, &s->w.work, s->w.boot.action == BH_BOOT_START);
    bh_smp_server_open(&server, &r, frame, sizeof frame, hear, s);
    if (how & 1u)
        bh_xmodem_open(&x, &r, frame, hear, s);
    if (how & 2u)
        as_they_come(s, how & 1u ? NULL : &server, &x);
    else if (how & 1u)
        blocks(s, &x);
    else
        messages(s, &server);
    bh_smp_server_open(&server, &r, frame, sizeof frame, hear, s);
    ask(s, &server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct story s = { .data = data, .size = size };
    bool ruined = size && data[0] & 4u;
    uint8_t image[IMAGE_LEN];

    if (sim_world_open(&s.w, &product, NULL))
        die(s.w.why);
    sim_image_make(image, sizeof image, 1, 0);
    sim_world_install(&s.w, 0, image, sizeof image);
    if (!sim_world_boot(&s.w) || s.w.boot.action != BH_BOOT_START)
        die("boot");
    if (ruined) {
        sim_flash_fill(&s.w.chip[0], 0x3000, "\0", 1);
        if (!sim_world_boot(&s.w) || s.w.boot.action != BH_BOOT_RECOVER)
            die("ruined");
    }
    if (!sim_power_run(&s.w.power, play, &s))
        die("cut");
    if (sim_world_misuse(&s.w))
        die("misuse of flash");
    for (int i = 0; i < 3; i++)
        if (!sim_world_boot(&s.w) || (!ruined && s.w.boot.action != BH_BOOT_START))
            die("the image that worked is lost");
    sim_world_close(&s.w);
    return 0;
}

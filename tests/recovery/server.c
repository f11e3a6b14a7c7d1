/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the recovery asks, and what comes of it: on every product of the engine's tests,
 * with a primary slot that verifies, one that is ruined, and acts in every state. */
#include "client.h"

#include "bulkhead/bytes.h"
#include "tests/engine/products.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct client c;

#define V1 0u
#define V2 BH_SMP_V2

static void sha_of(const uint8_t *data, uint32_t len, uint8_t sha[64])
{
    struct bh_hash h;

    bh_hash_init(&h, &sim_quick_hash);
    bh_hash_update(&h, data, len);
    bh_hash_final(&h, sha);
}

static void ruin(struct device *d, uint8_t p)
{
    const struct bh_region *r = &d->w.pairs[p].primary;

    device_poke(r, 100, (uint8_t)~device_peek(r, 100));
}

static void boots_to_recovery(struct device *d)
{
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_RECOVER);
}

static void upload(struct device *d, uint8_t p, uint8_t version, int image)
{
    if (!client_upload(&c, d->image[p][version], d->len[p], 300, NULL, image))
        fail_msg("%s: rc %d", d->w.product.name, (int)client_number(&c, "rc"));
}

static bool list(void)
{
    assert_true(client_ask(&c, V2 | BH_SMP_READ, BH_SMP_IMAGE, BH_SMP_IMAGE_STATE, NULL));
    return c.answer_len != 0;
}

static bool state_write(const char *hash, uint32_t hash_len, int confirm)
{
    struct client_payload p;

    client_map(&p, (hash ? 1u : 0) + (confirm >= 0 ? 1u : 0));
    if (hash)
        client_put_bytes(&p, "hash", hash, hash_len);
    if (confirm >= 0)
        bh_cbor_flag(&p.out, "confirm", confirm);
    return client_ask(&c, V2 | BH_SMP_WRITE, BH_SMP_IMAGE, BH_SMP_IMAGE_STATE, &p);
}

static void each(void (*test)(struct device *d))
{
    for (unsigned i = 0; i < n_engine_products; i++) {
        struct device d;

        device_open(&d, engine_products[i], NULL);
        test(&d);
        device_close(&d);
    }
}

/* --- the operating system's group --------------------------------------------------------- */

static void words_of_the_console(void **state)
{
    struct client_payload p;
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    client_open(&c, &d.w);
    client_map(&p, 1);
    bh_cbor_text(&p.out, "d");
    bh_cbor_text(&p.out, "hi there");
    for (uint8_t op = 0; op <= 10; op = (uint8_t)(op + (op == 2 ? 6 : 2))) { /* 0, 2, 8, 10 */
        assert_true(client_ask(&c, op, BH_SMP_OS, BH_SMP_OS_ECHO, &p));
        assert_memory_equal(c.answer + BH_SMP_HEADER, "\xa1\x61r\x68hi there", 12);
        assert_int_equal(c.answer_len, BH_SMP_HEADER + 12);
    }
    /* an endless map, the key last, and things that nobody knows */
    client_map(&p, BH_CBOR_ENDLESS);
    bh_cbor_text(&p.out, "x");
    bh_cbor_head(&p.out, BH_CBOR_ARRAY, 1);
    bh_cbor_head(&p.out, BH_CBOR_MAP, 0);
    bh_cbor_flag(&p.out, "force", true);
    bh_cbor_text(&p.out, "d");
    bh_cbor_text(&p.out, "");
    bh_cbor_head(&p.out, BH_CBOR_SIMPLE, BH_CBOR_ENDLESS);
    assert_true(client_ask(&c, V2, BH_SMP_OS, BH_SMP_OS_ECHO, &p));
    assert_memory_equal(c.answer + BH_SMP_HEADER, "\xa1\x61r\x60", 4);
    /* no text at all, or no map */
    assert_true(client_ask(&c, V2, BH_SMP_OS, BH_SMP_OS_ECHO, NULL));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_INVALID);
    p.out.len = 0;
    bh_cbor_head(&p.out, BH_CBOR_UINT, 1);
    assert_true(client_ask(&c, V2, BH_SMP_OS, BH_SMP_OS_ECHO, &p));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_INVALID);

    assert_true(client_ask(&c, V2 | BH_SMP_WRITE, BH_SMP_OS, BH_SMP_OS_CONSOLE, NULL));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_OK);
    assert_true(client_ask(&c, V2, BH_SMP_OS, BH_SMP_OS_PARAMETERS, NULL));
    assert_int_equal(client_number(&c, "buf_size"), CLIENT_FRAME);
    assert_int_equal(client_number(&c, "buf_count"), 1);
    assert_true(client_ask(&c, V2, BH_SMP_OS, 8, NULL));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_NOT_SUPPORTED);
    assert_true(client_ask(&c, V2, 63, 0, NULL));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_NOT_SUPPORTED);
    assert_true(client_ask(&c, V2, BH_SMP_IMAGE, 99, NULL));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_NOT_SUPPORTED);
    assert_false(c.r.reset);
    assert_true(client_ask(&c, V1 | BH_SMP_WRITE, BH_SMP_OS, BH_SMP_OS_RESET, NULL));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_OK);
    assert_true(c.r.reset);
    device_close(&d);
}

static void to_device(void *context, uint8_t byte)
{
    (void)context;
    client_byte(&c, byte);
}

/* Answers get no answer, nor does what says that it is longer than it is. */
static void no_request_no_answer(void **state)
{
    static const struct {
        const char *message;
        uint32_t len;
    } not_requests[] = {
        { "\x01\0\0\0\0\0\0\x06", 8 },       { "\x03\0\0\0\0\0\0\x06", 8 },
        { "\x04\0\0\0\0\0\0\x06", 8 },       { "\x07\0\0\0\0\0\0\x06", 8 },
        { "\x08\0\0\x01\0\0\0\x06", 8 },     { "\x08\0\xff\xff\0\0\0\x06\xa0", 9 },
        { "\x08\0\0\x02\0\0\0\x06\xa0", 9 },
    };
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    client_open(&c, &d.w);
    for (size_t i = 0; i < sizeof not_requests / sizeof not_requests[0]; i++) {
        c.n_wire = 0;
        bh_smp_out((const uint8_t *)not_requests[i].message, not_requests[i].len, to_device, NULL);
        assert_int_equal(c.n_wire, 0);
    }
    device_close(&d);
}

/* --- uploads ------------------------------------------------------------------------------ */

/* From a device that works: the new image is tried, and the old one is the way back. */
static void installs_on_trial(struct device *d)
{
    assert_true(sim_world_boot(&d->w));
    client_open(&c, &d->w);
    upload(d, 0, 2, -1);
    assert_true(list());
    assert_true(client_has(&c, "pending") && !client_has(&c, "permanent"));
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_START);
    assert_int_equal(device_version(d, 0), 2);
    if (!d->w.product.plan->reverts)
        return;
    assert_int_equal(d->w.boot.journal.truth.state, BH_STATE_TRIAL);
    client_open(&c, &d->w);
    /* the secondary slot holds the way back */
    assert_false(client_upload(&c, d->image[0][3], d->len[0], 300, NULL, 0));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_BAD_STATE);
    assert_true(client_ask(&c, V2 | BH_SMP_WRITE, BH_SMP_IMAGE, BH_SMP_IMAGE_ERASE, NULL));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_BAD_STATE);
    for (int i = 0; i < 4 && d->w.boot.journal.truth.state == BH_STATE_TRIAL; i++)
        assert_true(sim_world_boot(&d->w));
    assert_int_equal(device_version(d, 0), 1);
    assert_int_equal(d->w.boot.journal.truth.outcome, BH_OUTCOME_REVERTED);
}

static void an_upload_is_installed(void **state)
{
    (void)state;
    each(installs_on_trial);
}

static void comes_back(struct device *d)
{
    for (uint8_t p = 0; p < d->w.product.n_pairs; p++)
        ruin(d, p);
    boots_to_recovery(d);
    client_open(&c, &d->w);
    assert_true(list());
    assert_false(client_has(&c, "active") || client_has(&c, "bootable"));
    for (uint8_t p = 0; p < d->w.product.n_pairs; p++)
        upload(d, p, 2, d->w.product.n_pairs > 1 ? p : -1);
    assert_true(sim_world_boot(&d->w));
    if (d->w.boot.action != BH_BOOT_START)
        fail_msg("%s: %s", d->w.product.name, bh_reason_text(d->w.boot.reason));
    for (uint8_t p = 0; p < d->w.product.n_pairs; p++)
        assert_int_equal(device_version(d, p), 2);
    assert_int_equal(d->w.boot.journal.truth.state, BH_STATE_IDLE);
    /* and stays */
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_START);
    assert_int_equal(device_version(d, 0), 2);
}

static void a_ruined_device_comes_back(void **state)
{
    (void)state;
    each(comes_back);
}

static struct bh_region secondary_page(struct device *d, uint32_t i)
{
    const struct bh_pair *pair = &d->w.pairs[0];

    return bh_region_part(&pair->secondary, pair->staged_off + i * pair->chunk, pair->chunk);
}

/* The secondary slot cannot be written: the first upload fails, the next takes the other way. */
static void over_a_dead_secondary(struct device *d)
{
    struct bh_region dead = secondary_page(d, 0);
    int tries = 0;

    if (d->w.product.n_pairs > 1)
        return;
    ruin(d, 0);
    sim_flash_decay(device_chip(&dead), dead.off, SIM_WORN);
    boots_to_recovery(d);
    client_open(&c, &d->w);
    while (!client_upload(&c, d->image[0][2], d->len[0], 300, NULL, -1) && ++tries < 3) {
        assert_int_equal(client_number(&c, "rc"), BH_SMP_UNKNOWN);
        assert_true(
            client_chunk(&c, d->image[0][2], 0, 300, d->w.pairs[0].image_max + 1, NULL, -1));
        assert_int_equal(client_number(&c, "rc"), BH_SMP_TOO_LARGE);
    }
    assert_true(tries < 2);
    assert_true(sim_world_boot(&d->w));
    if (d->w.boot.action != BH_BOOT_START)
        fail_msg("%s: %s", d->w.product.name, bh_reason_text(d->w.boot.reason));
    assert_int_equal(device_version(d, 0), 2);
    assert_int_equal(d->w.boot.journal.truth.state, BH_STATE_IDLE);
    assert_int_equal(d->w.boot.journal.truth.outcome, BH_OUTCOME_REPLACED);
}

static void a_dead_secondary_is_no_dead_end(void **state)
{
    (void)state;
    each(over_a_dead_secondary);
}

/* In the middle of a swap both images are spoiled: neither can be put together, and the journal
 * holds the act. The primary slot is all there is. */
static bool stuck(struct device *d)
{
    const struct bh_pair *pair = &d->w.pairs[0];
    const struct bh_record *truth = &d->w.boot.journal.truth;
    uint32_t end = pair->secondary.off + pair->secondary.len;

    if (d->w.product.n_pairs > 1 || !d->w.product.plan->reverts)
        return false;
    device_stage(d, 0, 2);
    device_request(d, 1, BH_REQUEST_PERMANENT, BH_OK);
    assert_true(sim_world_boot(&d->w));
    assert_true(sim_world_boot(&d->w)); /* the version that was confirmed last is 2 */
    assert_int_equal(device_version(d, 0), 2);
    device_stage(d, 0, 3);
    device_request(d, 1, BH_REQUEST_TEST, BH_OK);
    for (uint64_t at = 10; at < 200; at++) { /* somewhere in the steps */
        d->w.power.cut = (struct sim_cut){ .at = at, .when = SIM_CUT_BEFORE };
        if (!sim_world_boot(&d->w) && truth->state == BH_STATE_UPDATING && truth->step > 0)
            break;
        if (truth->state == BH_STATE_TRIAL)
            return false;
    }
    d->w.power.cut = (struct sim_cut){ .at = 0 };
    for (uint32_t off = 0; off < pair->primary.len; off += 256)
        device_poke(&pair->primary, off + 40, 0x55);
    for (uint32_t off = pair->secondary.off; off < end; off += 256)
        device_poke(&pair->secondary, off - pair->secondary.off + 40, 0x55);
    if (pair->spare.flash)
        for (uint32_t off = 0; off < pair->spare.len; off += 256)
            device_poke(&pair->spare, off + 40, 0x55);
    assert_true(sim_world_boot(&d->w));
    return d->w.boot.action == BH_BOOT_RECOVER && truth->state > BH_STATE_REQUESTED;
}

static unsigned n_stuck;

/* A journal of another layout is not ours to write: then nothing may be uploaded either. */
static void locked(struct device *d)
{
    uint64_t ops = d->w.power.ops;

    d->w.product.layout++;
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_RECOVER);
    client_open(&c, &d->w);
    ops = d->w.power.ops;
    assert_true(client_chunk(&c, d->image[0][3], 0, 300, d->len[0], NULL, -1));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_BAD_STATE);
    assert_int_equal(d->w.power.ops, ops);
    d->w.product.layout--;
    assert_true(sim_world_boot(&d->w));
}

/* Half an upload to the primary slot: the boots after it write nothing, and the next client is
 * served. */
static void half_direct(struct device *d)
{
    struct bh_journal j;

    /* as if attempts were left: a dead chip costs none */
    assert_int_equal(bh_product_journal(&d->w.product, &d->w.work, &j), BH_OK);
    j.truth.boots_left = 2;
    assert_int_equal(bh_journal_state(&j, &j.truth), BH_OK);
    client_open(&c, &d->w);
    assert_true(client_chunk(&c, d->image[0][3], 0, 300, d->len[0], NULL, -1));
    assert_true(c.r.direct);
    assert_true(client_chunk(&c, d->image[0][3], 0, 300, d->w.pairs[0].image_max + 1, NULL, -1));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_TOO_LARGE);
    for (int i = 0; i < 2; i++) {
        boots_to_recovery(d);
        assert_int_equal(d->w.power.ops, 0);
    }
}

/* version: of the image that is uploaded in the end: the act's old one, 2, or its new one, 3. */
static void over_an_act(struct device *d, uint8_t version)
{
    if (!stuck(d))
        return;
    n_stuck++;
    locked(d);
    half_direct(d);
    client_open(&c, &d->w);
    upload(d, 0, 1, -1);
    assert_true(c.r.direct);
    /* older than the one confirmed last: no way round that */
    boots_to_recovery(d);
    client_open(&c, &d->w);
    upload(d, 0, version, -1);
    assert_true(sim_world_boot(&d->w));
    if (d->w.boot.action != BH_BOOT_START)
        fail_msg("%s: %s", d->w.product.name, bh_reason_text(d->w.boot.reason));
    assert_int_equal(device_version(d, 0), version);
    assert_int_equal(d->w.boot.journal.truth.state, BH_STATE_IDLE);
    assert_int_equal(d->w.boot.journal.truth.outcome, BH_OUTCOME_REPLACED);
    /* from here on all is as ever */
    device_stage(d, 0, 4);
    device_request(d, 1, BH_REQUEST_TEST, BH_OK);
    device_boots(d, "4", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
}

/* With a part that puts images together, and without it. */
static void an_act_that_is_stuck_is_no_dead_end(void **state)
{
    (void)state;
    for (int rescue = 0; rescue < 2; rescue++) {
        n_stuck = 0;
        for (unsigned i = 0; i < n_engine_products; i++) {
            struct bh_product product = *engine_products[i];
            struct device d;

            product.rescue = rescue ? &bh_rescue : NULL;
            device_open(&d, &product, NULL);
            over_an_act(&d, rescue ? 2 : 3);
            device_close(&d);
        }
        assert_int_equal(n_stuck, 3);
    }
}

/* An image that the product does not accept changes nothing, however it came. */
static void refused(struct device *d)
{
    uint8_t bad[64];

    if (d->w.product.n_pairs > 1)
        return;
    client_open(&c, &d->w);
    memcpy(bad, d->image[0][2], sizeof bad);
    d->image[0][2][d->len[0] / 2] ^= 1;
    upload(d, 0, 2, 0); /* without a hash nobody can tell yet */
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_START);
    assert_int_equal(device_version(d, 0), 1);
    assert_int_equal(d->w.boot.journal.truth.outcome, BH_OUTCOME_REFUSED);
    assert_int_equal(d->w.boot.journal.truth.reason, BH_REASON_DIGEST);
    ruin(d, 0);
    boots_to_recovery(d);
    client_open(&c, &d->w);
    upload(d, 0, 2, 0);
    boots_to_recovery(d);
    client_open(&c, &d->w);
    upload(d, 0, 3, 2); /* image 2 is the secondary slot to some */
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(device_version(d, 0), 3);
}

static void what_does_not_verify_is_not_started(void **state)
{
    (void)state;
    each(refused);
}

/* The floor holds for what comes over the console: from a ruined device, too. */
static void the_floor_holds(void **state)
{
    static const uint32_t counters[] = { 6, 6 };

    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++) {
        struct device d;

        if (engine_products[i]->n_pairs > 1)
            continue;
        device_open(&d, engine_products[i], counters);
        device_stage(&d, 0, 3);
        device_request(&d, 1, BH_REQUEST_PERMANENT, BH_OK);
        assert_true(sim_world_boot(&d.w));
        assert_true(sim_world_boot(&d.w)); /* raises the floor to 9 */
        ruin(&d, 0);
        sim_flash_fill(device_chip(&d.w.pairs[0].secondary), d.w.pairs[0].secondary.off, "\0", 1);
        for (uint32_t off = 0; off < d.w.pairs[0].secondary.len; off += 128)
            device_poke(&d.w.pairs[0].secondary, off + 50, 0x33);
        boots_to_recovery(&d);
        client_open(&c, &d.w);
        upload(&d, 0, 2, -1);
        boots_to_recovery(&d);
        client_open(&c, &d.w);
        upload(&d, 0, 4, -1);
        assert_true(sim_world_boot(&d.w));
        assert_int_equal(d.w.boot.action, BH_BOOT_START);
        assert_int_equal(device_version(&d, 0), 4);
        device_close(&d);
    }
}

/* --- offsets, hashes, lengths -------------------------------------------------------------- */

static uint8_t staged_byte(struct device *d, uint32_t off)
{
    const struct bh_pair *pair = &d->w.pairs[0];

    return device_peek(&pair->secondary, pair->staged_off + off);
}

/* What comes twice, late or early is not taken, and the answer says what is. */
static void offsets_are_the_devices(void **state)
{
    uint8_t other[600];
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    client_open(&c, &d.w);
    memset(other, 0x5A, sizeof other);
    /* nothing is open: an upload has to begin */
    assert_true(client_chunk(&c, d.image[0][2], 300, 300, 0, NULL, -1));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_OK);
    assert_int_equal(client_number(&c, "off"), 0);
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, 0, NULL, -1)); /* no length */
    assert_int_equal(client_number(&c, "rc"), BH_SMP_INVALID);
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, d.len[0], NULL, -1));
    assert_int_equal(client_number(&c, "off"), 300);
    assert_true(client_chunk(&c, d.image[0][2], 600, 300, 0, NULL, -1)); /* early */
    assert_int_equal(client_number(&c, "rc"), BH_SMP_OK);
    assert_int_equal(client_number(&c, "off"), 300);
    assert_true(client_chunk(&c, d.image[0][2], 301, 300, 0, NULL, -1));
    assert_int_equal(client_number(&c, "off"), 300);
    assert_true(client_chunk(&c, d.image[0][2], 300, 300, 0, NULL, -1));
    assert_int_equal(client_number(&c, "off"), 600);
    assert_true(client_chunk(&c, other, 300, 300, 0, NULL, -1)); /* again, as other bytes */
    assert_int_equal(client_number(&c, "off"), 600);
    while (client_number(&c, "off") < d.len[0]) {
        uint32_t off = (uint32_t)client_number(&c, "off");

        assert_true(client_chunk(&c, d.image[0][2], off, bh_min(300, d.len[0] - off), 0, NULL, -1));
        assert_int_equal(client_number(&c, "rc"), BH_SMP_OK);
    }
    for (uint32_t i = 0; i < d.len[0]; i++)
        assert_int_equal(staged_byte(&d, i), d.image[0][2][i]);
    /* the last answer was lost, and its request comes again */
    assert_true(client_chunk(&c, d.image[0][2], d.len[0] - 10, 10, 0, NULL, -1));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_OK);
    assert_int_equal(client_number(&c, "off"), d.len[0]);
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(device_version(&d, 0), 2);
    device_close(&d);
}

static void not_past_the_end(void **state)
{
    struct device d;
    uint32_t max;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    client_open(&c, &d.w);
    max = d.w.pairs[0].image_max;
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, max + 1, NULL, -1));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_TOO_LARGE);
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, 0xFFFFFFF0u, NULL, -1));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_TOO_LARGE);
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, 299, NULL, -1));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_INVALID);
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, 300, NULL, 3));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_INVALID);
    /* 500 announced: 300 and 201 are one too many, and nothing of them is kept */
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, 500, NULL, -1));
    assert_int_equal(client_number(&c, "off"), 300);
    assert_true(client_chunk(&c, d.image[0][2], 300, 201, 0, NULL, -1));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_INVALID);
    assert_true(client_chunk(&c, d.image[0][2], 300, 100, 0, NULL, -1));
    assert_int_equal(client_number(&c, "off"), 400);
    /* the slot's last byte */
    assert_true(client_upload(&c, d.image[0][2], max, 512, NULL, -1));
    device_close(&d);
}

static void the_hash_is_looked_at(void **state)
{
    uint8_t sha[64];
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    client_open(&c, &d.w);
    sha_of(d.image[0][2], d.len[0], sha);
    assert_true(client_upload(&c, d.image[0][2], d.len[0], 300, sha, -1));
    sha[31] ^= 1;
    assert_false(client_upload(&c, d.image[0][2], d.len[0], 300, sha, -1));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_CORRUPT);
    assert_true(list());
    assert_false(client_has(&c, "pending")); /* what is broken is not asked for */
    /* and it is over: a client that goes on is told to begin again */
    assert_true(client_chunk(&c, d.image[0][2], d.len[0] - 10, 10, 0, NULL, -1));
    assert_int_equal(client_number(&c, "off"), 0);
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(device_version(&d, 0), 1);
    assert_int_equal(d.w.boot.journal.truth.state, BH_STATE_IDLE);
    device_close(&d);
}

/* The connection breaks and the client begins again: with the same hash it goes on where it was. */
static void a_broken_connection(void **state)
{
    uint8_t sha[64];
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    client_open(&c, &d.w);
    sha_of(d.image[0][2], d.len[0], sha);
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, d.len[0], sha, -1));
    assert_true(client_chunk(&c, d.image[0][2], 300, 300, 0, NULL, -1));
    client_byte(&c, 0x06); /* half a line, then nothing */
    client_byte(&c, 0x09);
    client_byte(&c, 'A');
    client_byte(&c, -1);
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, d.len[0], sha, -1));
    assert_int_equal(client_number(&c, "off"), 600);
    assert_true(client_upload(&c, d.image[0][2], d.len[0], 300, sha, -1));
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(device_version(&d, 0), 2);
    for (int i = 0; i < 4; i++)
        assert_true(sim_world_boot(&d.w));
    assert_int_equal(device_version(&d, 0), 1);

    /* without a hash, with another one, or of another length: it begins again */
    client_open(&c, &d.w);
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, d.len[0], sha, -1));
    assert_true(client_chunk(&c, d.image[0][2], 0, 200, d.len[0], NULL, -1));
    assert_int_equal(client_number(&c, "off"), 200);
    assert_true(client_chunk(&c, d.image[0][2], 0, 100, d.len[0], sha, -1));
    assert_int_equal(client_number(&c, "off"), 100);
    sha[0] ^= 1;
    assert_true(client_chunk(&c, d.image[0][2], 0, 90, d.len[0], sha, -1));
    assert_int_equal(client_number(&c, "off"), 90);
    assert_true(client_chunk(&c, d.image[0][2], 0, 80, d.len[0] - 1, sha, -1));
    assert_int_equal(client_number(&c, "off"), 80);
    device_close(&d);
}

/* A half-uploaded image is asked for by nobody, whatever was asked before. */
static void half_an_upload(void **state)
{
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    client_open(&c, &d.w);
    upload(&d, 0, 3, -1);
    assert_true(client_chunk(&c, d.image[0][2], 0, 300, d.len[0], NULL, -1));
    assert_true(list());
    assert_false(client_has(&c, "pending"));
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(device_version(&d, 0), 1);
    assert_int_equal(d.w.boot.journal.truth.state, BH_STATE_IDLE);
    device_close(&d);
}

/* --- test, confirm, erase, slots ----------------------------------------------------------- */

static void digest_of(struct device *d, uint8_t version, char digest[64])
{
    uint32_t end = d->len[0] - 40; /* the last 32 bytes are the stored digest */

    (void)end;
    memcpy(digest, d->image[0][version] + d->len[0] - 32, 32);
}

static void for_good_and_on_trial(void **state)
{
    char hash[64];
    struct device d;

    (void)state;
    device_open(&d, engine_products[1], NULL);
    client_open(&c, &d.w);
    assert_true(state_write(NULL, 0, false)); /* nothing was uploaded */
    assert_int_equal(client_number(&c, "rc"), BH_SMP_NOT_FOUND);
    upload(&d, 0, 2, -1);
    digest_of(&d, 2, hash);
    assert_true(state_write(hash, 32, true));
    assert_true(client_has(&c, "permanent") && client_has(&c, "images"));
    assert_true(state_write(hash, 32, false));
    assert_true(client_has(&c, "pending") && !client_has(&c, "permanent"));
    hash[3] ^= 1;
    assert_true(state_write(hash, 32, true));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_NOT_FOUND);
    assert_true(state_write(hash, 31, true));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_NOT_FOUND);
    assert_true(state_write("", 0, true)); /* an empty hash is none: what was uploaded */
    assert_true(client_has(&c, "permanent"));
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(device_version(&d, 0), 2);
    assert_int_equal(d.w.boot.journal.truth.state, BH_STATE_IDLE);

    /* during a trial there is nothing to ask for: the secondary slot holds the old image */
    client_open(&c, &d.w);
    upload(&d, 0, 3, 1);
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(d.w.boot.journal.truth.state, BH_STATE_TRIAL);
    client_open(&c, &d.w);
    assert_true(list());
    assert_true(client_has(&c, "confirmed")); /* the old one, in slot 1 */
    digest_of(&d, 3, hash);
    assert_true(state_write(hash, 32, true));
    assert_true(client_number(&c, "rc") > 0);
    assert_true(state_write(NULL, 0, true));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_NOT_FOUND);
    assert_int_equal(device_version(&d, 0), 3);
    device_close(&d);
}

/* How often a word is in the answer. */
static unsigned times(const char *word)
{
    unsigned n = 0;

    for (uint32_t i = 0; i + strlen(word) <= c.answer_len; i++)
        n += memcmp(c.answer + i, word, strlen(word)) == 0;
    return n;
}

/* An image that was kept for want of another is not confirmed; and of two that run, the one that is
 * not on trial is. */
static void what_is_confirmed(void **state)
{
    struct bh_journal j;
    struct bh_record rec;
    struct device d;

    (void)state;
    for (int kept = 0; kept < 2; kept++) {
        device_open(&d, engine_products[0], NULL);
        assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
        rec = j.truth;
        rec.outcome = kept ? BH_OUTCOME_KEPT : BH_OUTCOME_CONFIRMED;
        assert_int_equal(bh_journal_state(&j, &rec), BH_OK);
        client_open(&c, &d.w);
        assert_true(list());
        assert_int_equal(times("confirmed"), !kept);
        device_close(&d);
    }
    device_open(&d, engine_products[3], NULL);
    device_stage(&d, 0, 2);
    device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(d.w.boot.journal.truth.state, BH_STATE_TRIAL);
    client_open(&c, &d.w);
    assert_true(list());
    assert_int_equal(times("confirmed"), 2); /* the old image of the first pair, and the other */
    device_close(&d);
}

static void erasing(void **state)
{
    struct client_payload p;
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    client_open(&c, &d.w);
    upload(&d, 0, 2, -1);
    for (uint32_t slot = 0; slot < 4; slot++) {
        client_map(&p, 1);
        bh_cbor_number(&p.out, "slot", slot);
        assert_true(client_ask(&c, V2 | BH_SMP_WRITE, BH_SMP_IMAGE, BH_SMP_IMAGE_ERASE, &p));
        assert_int_equal(client_number(&c, "rc"), slot == 1 ? BH_SMP_OK : BH_SMP_INVALID);
    }
    for (uint32_t i = 0; i < d.w.pairs[0].image_max; i++)
        assert_int_equal(staged_byte(&d, i), 0xFF);
    assert_true(state_write(NULL, 0, true)); /* of what was uploaded nothing is left */
    assert_int_equal(client_number(&c, "rc"), BH_SMP_NOT_FOUND);
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(device_version(&d, 0), 1);
    assert_int_equal(d.w.boot.journal.truth.outcome, BH_OUTCOME_NONE);
    device_close(&d);
}

/* Large pages are erased before the first answer, small ones as data comes. */
static void erases_ahead(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        const struct bh_pair *pair;
        struct device d;
        struct bh_page page;

        device_open(&d, engine_products[i], NULL);
        pair = &d.w.pairs[0];
        assert_int_equal(bh_flash_page(pair->secondary.flash, pair->secondary.off, &page), BH_OK);
        device_poke(&pair->secondary, pair->staged_off + d.len[0] - 1, 0x5A);
        client_open(&c, &d.w);
        assert_true(client_chunk(&c, d.image[0][2], 0, 300, d.len[0], NULL, -1));
        assert_int_equal(staged_byte(&d, d.len[0] - 1),
                         page.len > 4096 ? pair->secondary.flash->erased : 0x5A);
        device_close(&d);
    }
}

/* The same file for another image is another upload. */
static void each_pair_by_itself(void **state)
{
    uint8_t sha[64];
    struct device d;

    (void)state;
    device_open(&d, engine_products[3], NULL);
    client_open(&c, &d.w);
    sha_of(d.image[1][2], d.len[1], sha);
    assert_true(client_chunk(&c, d.image[1][2], 0, 300, d.len[1], sha, 0));
    assert_true(client_chunk(&c, d.image[1][2], 0, 200, d.len[1], sha, 1));
    assert_int_equal(client_number(&c, "off"), 200);
    assert_int_equal(c.r.pair, 1);
    /* one is erased, and the other one is still there to be asked for */
    upload(&d, 0, 2, 0);
    upload(&d, 1, 2, 1);
    assert_true(client_ask(&c, V2 | BH_SMP_WRITE, BH_SMP_IMAGE, BH_SMP_IMAGE_ERASE, NULL));
    assert_int_equal(client_number(&c, "rc"), BH_SMP_OK);
    assert_true(state_write(NULL, 0, false));
    assert_true(client_has(&c, "pending"));
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(device_version(&d, 0), 1);
    assert_int_equal(device_version(&d, 1), 2);
    device_close(&d);
}

/* What comes after a silence is no part of what came before it. */
static void silence_ends_a_packet(void **state)
{
    static const char first[] = "\x06\x09"
                                "AAsIAAAB",
                      second[] = "AAEBAKCYMQ==\n";
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    for (int silent = 0; silent < 2; silent++) {
        client_open(&c, &d.w);
        for (size_t i = 0; i < sizeof first - 1; i++)
            client_byte(&c, first[i]);
        if (silent)
            client_byte(&c, -1);
        for (size_t i = 0; i < sizeof second - 1; i++)
            client_byte(&c, second[i]);
        assert_int_equal(c.n_wire == 0, silent);
    }
    /* a zero is no silence: a line that was just opened may have one, between two of a packet */
    client_open(&c, &d.w);
    for (size_t i = 0; i < sizeof first - 1; i++)
        client_byte(&c, first[i]);
    client_byte(&c, '\n');
    client_byte(&c, 0);
    client_byte(&c, 0x04);
    client_byte(&c, 0x14);
    for (size_t i = 0; i < sizeof second - 1; i++)
        client_byte(&c, second[i]);
    assert_true(c.n_wire > 0);
    device_close(&d);
}

static void the_bytes_of_a_list(void **state)
{
    struct device d;

    (void)state;
    device_open(&d, engine_products[3], NULL);
    client_open(&c, &d.w);
    /* the byte form of a list, in the order in which MCUboot has it */
    assert_true(list());
    assert_memory_equal(c.answer + BH_SMP_HEADER,
                        "\xa1\x66images\x9f\xbf\x65image\x00\x68"
                        "bootable\xf5\x69"
                        "confirmed\xf5\x66"
                        "active\xf5\x64slot\x00\x64hash\x58\x20",
                        59);
    assert_true(client_has(&c, "version\x65"
                               "1.0.0\xff"));
    device_close(&d);
}

/* --- asked for by the application ---------------------------------------------------------- */

static void by_the_application(struct device *d)
{
    assert_int_equal(bh_app_recover(&d->w.product, &d->w.work), BH_OK);
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_START);
    assert_int_equal(d->w.boot.journal.truth.state, BH_STATE_IDLE);
    assert_int_equal(d->w.boot.journal.truth.reason, BH_REASON_RECOVERY);
    assert_true(bh_recovery_asked(&d->w.boot.journal));
    assert_true(sim_world_boot(&d->w)); /* once */
    assert_int_equal(d->w.boot.action, BH_BOOT_START);
    assert_false(bh_recovery_asked(&d->w.boot.journal));
    if (!d->w.product.plan->reverts)
        return;
    device_stage(d, 0, 2);
    device_request(d, 1, BH_REQUEST_TEST, BH_OK);
    assert_int_equal(bh_app_recover(&d->w.product, &d->w.work),
                     d->w.product.mailbox ? BH_OK : BH_ERR_STATE);
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.journal.truth.state, BH_STATE_TRIAL);
    assert_int_equal(bh_app_recover(&d->w.product, &d->w.work), BH_ERR_STATE);
    assert_false(bh_recovery_asked(&d->w.boot.journal));
}

static void the_application_asks(void **state)
{
    (void)state;
    each(by_the_application);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_the_console),
        cmocka_unit_test(no_request_no_answer),
        cmocka_unit_test(an_upload_is_installed),
        cmocka_unit_test(a_ruined_device_comes_back),
        cmocka_unit_test(a_dead_secondary_is_no_dead_end),
        cmocka_unit_test(an_act_that_is_stuck_is_no_dead_end),
        cmocka_unit_test(what_does_not_verify_is_not_started),
        cmocka_unit_test(the_floor_holds),
        cmocka_unit_test(offsets_are_the_devices),
        cmocka_unit_test(not_past_the_end),
        cmocka_unit_test(the_hash_is_looked_at),
        cmocka_unit_test(a_broken_connection),
        cmocka_unit_test(half_an_upload),
        cmocka_unit_test(for_good_and_on_trial),
        cmocka_unit_test(what_is_confirmed),
        cmocka_unit_test(erasing),
        cmocka_unit_test(erases_ahead),
        cmocka_unit_test(each_pair_by_itself),
        cmocka_unit_test(silence_ends_a_packet),
        cmocka_unit_test(the_bytes_of_a_list),
        cmocka_unit_test(the_application_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

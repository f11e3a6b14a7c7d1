/* SPDX-License-Identifier: Apache-2.0 */
/* A client of a device's recovery, in a test's hands: what it sends, and what comes back. The
 * device is a simulated one, so its power can be cut at any operation. */
#ifndef BULKHEAD_TESTS_RECOVERY_CLIENT_H
#define BULKHEAD_TESTS_RECOVERY_CLIENT_H

#include "bulkhead/recovery.h"
#include "tests/engine/device.h"

#define CLIENT_FRAME 1024u
#define CLIENT_WIRE 8192u

struct client {
    struct sim_world *w;
    struct bh_recovery r;
    struct bh_smp_server server;
    struct bh_xmodem xmodem;
    uint8_t frame[CLIENT_FRAME];
    /* what the device sent since it was last looked at */
    uint8_t wire[CLIENT_WIRE];
    uint32_t n_wire;
    /* the last answer */
    uint8_t answer[CLIENT_FRAME];
    uint32_t answer_len; /* of its message; 0: none came */
    uint8_t seq;
};

/* The device has booted (w->boot), and waits. Powers it on again, for the operations to come. */
void client_open(struct client *c, struct sim_world *w);

/* One byte or silence. Not within sim_power_run(). */
void client_byte(struct client *c, int byte);

/* A payload in CBOR, built with bh_cbor_...(). */
struct client_payload {
    uint8_t bytes[CLIENT_FRAME];
    struct bh_cbor_out out;
};
void client_map(struct client_payload *p, uint32_t entries);
void client_put_bytes(struct client_payload *p, const char *key, const void *data, uint32_t len);

/* Send a request and take the answer. False: the power was cut. */
bool client_ask(struct client *c, uint8_t op, uint16_t group, uint8_t command,
                const struct client_payload *p);
/* A number of the answer's map, or -1. */
int64_t client_number(const struct client *c, const char *key);
/* The answer's payload has this text or these bytes anywhere. */
bool client_has(const struct client *c, const char *text);

/* One request of an upload. len 0: not said; sha NULL: not said; image < 0: not said. */
bool client_chunk(struct client *c, const uint8_t *data, uint32_t off, uint32_t n, uint32_t len,
                  const uint8_t *sha, int image);
/* All of a file, in chunks of so many bytes. False: the power was cut, or an answer refuses: then
 * client_number(c, "rc") tells. */
bool client_upload(struct client *c, const uint8_t *data, uint32_t len, uint32_t chunk,
                   const uint8_t *sha, int image);

#endif

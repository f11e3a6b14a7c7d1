/* SPDX-License-Identifier: Apache-2.0 */
/* host/smp.h - a client of MCUmgr's SMP over a line: this bootloader's recovery, MCUboot's, and
 * Zephyr's server.
 *
 *     struct smp_client c;
 *     int code = smp_open(&c, "/dev/ttyACM0", 115200, e);
 *     if (!code)
 *         code = smp_ask(&c, BH_SMP_READ, BH_SMP_IMAGE, BH_SMP_IMAGE_STATE, NULL, e);
 *     smp_close(&c);
 *
 * Packets and CBOR are read and written by the core's code, bulkhead/smp.h, that the bootloader
 * has. */
#ifndef HOST_SMP_H
#define HOST_SMP_H

#include "bulkhead/smp.h"
#include "host/line.h"

#define SMP_MESSAGE_MAX 4096u
#define SMP_ANSWER_MS 2500u /* without another wish: how long an answer may take */
#define SMP_TRIES 4u        /* how often a request is sent until it is given up */
#define SMP_ERASE_MS 40000u /* for an answer that a slot is erased before */

struct smp_client {
    struct host_line line;
    struct bh_smp_in in;
    uint8_t answer[SMP_MESSAGE_MAX]; /* the last one, header and payload */
    uint32_t answer_len;
    uint32_t message_max; /* bytes of a request that the server takes */
    unsigned wait_ms, tries;
    uint8_t seq;
    /* What comes between the packets: the console's text, as it comes. NULL: nobody listens. */
    void (*heard)(void *context, char c);
    void *context;
};

/* Connects, and asks the server what it takes; one that does not know that takes one line. HOST_OK,
 * or HOST_DEVICE and *e. Close it in both cases. */
int smp_open(struct smp_client *c, const char *port, unsigned baud, struct host_error *e);
void smp_close(struct smp_client *c);

/* A request's payload. */
struct smp_payload {
    uint8_t bytes[SMP_MESSAGE_MAX];
    struct bh_cbor_out out;
};
void smp_map(struct smp_payload *p, uint32_t entries);
void smp_put_bytes(struct smp_payload *p, const char *key, const void *data, uint32_t len);

/* Send a request until it is answered; p NULL: an empty map. HOST_OK: an answer came, and it tells
 * of no error. HOST_DEVICE and *e: none came, or it refuses. */
int smp_ask(struct smp_client *c, enum bh_smp_op op, uint16_t group, uint8_t command,
            const struct smp_payload *p, struct host_error *e);

/* A value of the answer's map, with what is in it at *in. False: it is not there. */
bool smp_find(const struct smp_client *c, const char *key, struct bh_cbor_item *value,
              struct bh_cbor *in);
/* The same, as a number, or fallback. */
uint32_t smp_number(const struct smp_client *c, const char *key, uint32_t fallback);

/* An image as a server lists it. */
struct smp_image {
    uint32_t image, slot;
    char version[32];
    uint8_t hash[64];
    uint32_t hash_len;
    bool bootable, confirmed, active, pending, permanent;
};
#define SMP_IMAGES_MAX 16u
/* The images of the last answer; how many. */
size_t smp_images(const struct smp_client *c, struct smp_image images[SMP_IMAGES_MAX]);

/* Send a file. image: a number, or -1: the first. first_ms: for the answer before which a slot
 * may be
 * erased. told: as far as it is. HOST_OK, or HOST_DEVICE and *e; HOST_VERIFY: what arrived is not
 * what was sent. */
int smp_upload(struct smp_client *c, const void *data, uint32_t len, int image, unsigned first_ms,
               void (*told)(void *context, uint32_t done), void *context, struct host_error *e);

/* What a code of SMP means. */
const char *smp_code_text(uint32_t rc);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/stream.h - write a region front to back from pieces of any size, erasing ahead.
 *
 *     err = bh_stream_open(&s, &slot, &work);
 *     err = bh_stream_write(&s, piece, piece_len);  ... any number of times
 *     err = bh_stream_close(&s);
 *
 * A page is erased when the first byte for it arrives, so nothing after the data is touched.
 * At most one unit is held back in RAM; close writes it, filled up with the erased value. */
#ifndef BULKHEAD_STREAM_H
#define BULKHEAD_STREAM_H

#include "bulkhead/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bh_stream {
    struct bh_region region;
    uint32_t written; /* bytes programmed, in whole units */
    uint32_t erased;  /* bytes from the start that are erased or written */
    uint32_t held;    /* bytes waiting in unit[] */
    uint8_t *unit;    /* one unit, in the memory lent */
    uint8_t *back;    /* back_len bytes to read back into, after it */
    uint32_t back_len;
    int err; /* of the first operation that failed: nothing is written after it */
};

/* The memory is lent until close. BH_ERR_PRODUCT: it is smaller than two units. */
BH_MUST_CHECK int bh_stream_open(struct bh_stream *s, const struct bh_region *region,
                                 struct bh_work *work);
/* Erase ahead now, by whole pages, up to the byte at end or beyond it; otherwise that is done as
 * data comes. An error is kept, as that of a write. */
BH_MUST_CHECK int bh_stream_erase(struct bh_stream *s, uint32_t end);
/* BH_ERR_RANGE if the region is full: nothing of this piece was written then. */
BH_MUST_CHECK int bh_stream_write(struct bh_stream *s, const void *data, uint32_t len);
BH_MUST_CHECK int bh_stream_close(struct bh_stream *s);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* host/picture/moves.h - one flash layout beside the next, drawn to scale, with an arrow from each
 * place to where it is after the change.
 *
 *     char *svg = picture_moves_svg(&before, &after, moves, n);
 *     ...
 *     free(svg);
 *
 * Parts are drawn in the order in which they were added; a part that contains others comes before
 * them. */
#ifndef HOST_PICTURE_MOVES_H
#define HOST_PICTURE_MOVES_H

#include "host/picture/picture.h"

enum picture_change {
    PICTURE_EQUAL,
    PICTURE_MOVED,
    PICTURE_RESIZED,
    PICTURE_GONE, /* it is on the left alone */
    PICTURE_NEW,  /* it is on the right alone */
};

/* A place before and after. */
struct picture_move {
    enum picture_change change;
    int old_device, old_part, new_device, new_part; /* -1: it is not there */
    const char *effect;                             /* what the change does, or NULL */
};

/* A whole SVG file: light, dark if the reader's screen is. free() it. */
char *picture_moves_svg(const struct picture *before, const struct picture *after,
                        const struct picture_move *moves, size_t n);

struct world_row;

/* Of two layouts, by the rows of world_compare(). free() it. */
char *picture_of_rows(const struct layout *before, const struct layout *after,
                      const struct world_row *rows, size_t n);

#endif

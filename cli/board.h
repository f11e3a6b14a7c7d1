/* SPDX-License-Identifier: Apache-2.0 */
/* cli/board.h - the emulated board of a product: the one whose chip its layout names. */
#ifndef CLI_BOARD_H
#define CLI_BOARD_H

#include "cli/cli.h"
#include "sim/board/board.h"

/* The board of a layout file or of a sample's name, with the product on it; cli_product_layout() is
 * its layout. select: also of one in which otadata chooses, which has no slot pairs. Otherwise the
 * error is shown: no such product, no emulated board with its chip, or a device that works
 * otherwise than the emulated chip. */
int cli_board(struct cli *cli, const char *word, bool select, struct board_kind *kind);

#endif

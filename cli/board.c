/* SPDX-License-Identifier: Apache-2.0 */
/* Which emulated board a layout's chip is, and why it may be none. */
#include "cli/board.h"

#include "cli/product.h"
#include "cli/values.h"
#include "host/chips/chips.h"

const char *cli_board_name(size_t i, const void *context)
{
    (void)context;
    return board_kinds[i] ? board_kinds[i]->name : NULL;
}

/* "The boards have the chips of stm32f407, ... and sifive_u." */
static void known(char *text, size_t size)
{
    size_t len = (size_t)snprintf(text, size, "Emulated are");

    for (size_t i = 0; board_kinds[i] && len < size; i++)
        len += (size_t)snprintf(text + len, size - len, "%s %s",
                                i == 0               ? ""
                                : board_kinds[i + 1] ? ","
                                                     : " and",
                                board_kinds[i]->name);
    if (len < size)
        snprintf(text + len, size - len,
                 "; 'bulkhead sim explore' and 'bulkhead boot' take any chip.");
}

static int not_emulated(struct cli *cli, const struct layout_device *d)
{
    char hint[256];

    known(hint, sizeof hint);
    return cli_fail(cli, HOST_BAD_INPUT, host_line(d->at.file, d->at.line, d->at.column), hint,
                    "no emulated board has the chip of device '%s'%s%s", d->name,
                    d->chip_name ? ", " : "", d->chip_name ? d->chip_name : "");
}

static int does_not_fit(struct cli *cli, const struct layout_device *d, enum board_fit fit)
{
    const char *hint = "'bulkhead sim explore' and 'bulkhead boot' take any geometry.";

    if (fit == BOARD_NO_CHIP)
        return cli_fail(cli, HOST_BAD_INPUT, host_line(d->at.file, d->at.line, d->at.column), hint,
                        "the emulated board has no flash chip for device '%s'", d->name);
    return cli_fail(cli, HOST_BAD_INPUT, host_line(d->at.file, d->at.line, d->at.column), hint,
                    "device '%s' has other units or another address than the emulated chip",
                    d->name);
}

/* The device that this flash is. */
static const struct layout_device *device_of(const struct layout *l, const struct bh_flash *flash)
{
    for (size_t i = 0; i < l->n_devices; i++)
        if (&l->devices[i].flash == flash)
            return &l->devices[i];
    return &l->devices[0];
}

int cli_board(struct cli *cli, const char *word, bool select, struct board_kind *kind)
{
    const struct bh_product *product =
        select ? cli_product_or_select(cli, word) : cli_product(cli, word);
    const struct layout *l = cli_product_layout(cli);
    const struct board_kind *model;
    const struct bh_flash *wrong;
    const struct layout_device *d;
    enum board_fit fit;

    if (!product)
        return cli->error.code;
    if (!product->bootloader.flash)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(l->path),
                        "Name its partition 'bootloader', or write 'bootloader: PARTITION'.",
                        "the layout has no bootloader that a board could run");
    d = device_of(l, product->bootloader.flash);
    model = d->chip && d->chip->board ? board_find(d->chip->board) : NULL;
    if (!model)
        return not_emulated(cli, d);
    if (cli_select(cli)) {
        fit = board_fit_devices(kind, model, &product->bootloader.flash, 1, &wrong);
        kind->product = product;
    } else {
        fit = board_fit(kind, model, product, &wrong);
    }
    return fit == BOARD_FITS ? HOST_OK : does_not_fit(cli, device_of(l, wrong), fit);
}

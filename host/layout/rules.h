/* SPDX-License-Identifier: Apache-2.0 */
/* host/layout/rules.h - between the files with rules. */
#ifndef HOST_LAYOUT_RULES_H
#define HOST_LAYOUT_RULES_H

#include "inner.h"

const struct bh_flash *device_flash(const struct layout *l, const struct layout_partition *p);

/* What a bootloader demands. */
void rules_boot(struct layout *l, const struct layout_options *options);
/* What plan 'select' needs. */
void rules_select(struct layout *l);
void rules_wolfboot(struct layout *l); /* mailbox: wolfboot */
/* What the core demands of the product that comes out. */
void rules_product(struct layout *l);

#endif

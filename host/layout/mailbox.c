/* SPDX-License-Identifier: Apache-2.0 */
/* The mailbox of a layout. A mailbox is functions without a context, and wolfBoot's has data: each
 * form of its trailers that was ever met has functions of its own; equal ones share them. */
#include "inner.h"

#include "bulkhead/mailbox_wolfboot.h"

#define FORMS_MAX 16u

static struct bh_wolfboot_trailer forms[FORMS_MAX];

#define FORM(n)                                                                                    \
    BH_MAILBOX_WOLFBOOT(plain_##n, &forms[n], BH_WOLFBOOT_UNIT_MAX);                               \
    BH_MAILBOX_WOLFBOOT(once_##n, &forms[n], BH_WOLFBOOT_UNIT_MAX_ONCE)
#define BOTH(n)                                                                                    \
    {                                                                                              \
        &plain_##n, &once_##n                                                                      \
    }

FORM(0);
FORM(1);
FORM(2);
FORM(3);
FORM(4);
FORM(5);
FORM(6);
FORM(7);
FORM(8);
FORM(9);
FORM(10);
FORM(11);
FORM(12);
FORM(13);
FORM(14);
FORM(15);

static const struct bh_mailbox *const boxes[FORMS_MAX][2] = {
    BOTH(0), BOTH(1), BOTH(2),  BOTH(3),  BOTH(4),  BOTH(5),  BOTH(6),  BOTH(7),
    BOTH(8), BOTH(9), BOTH(10), BOTH(11), BOTH(12), BOTH(13), BOTH(14), BOTH(15),
};

static bool equal(const struct bh_wolfboot_trailer *a, const struct bh_wolfboot_trailer *b)
{
    return a->sector == b->sector && a->skip == b->skip && a->home == b->home &&
           a->inverted == b->inverted && a->write_once == b->write_once;
}

struct bh_wolfboot_trailer product_trailer(const struct layout *l)
{
    uint32_t chunk = l->n_slots ? l->slots[0].chunk : 0;

    return (struct bh_wolfboot_trailer){ .sector = l->boot.wolfboot.sector ? l->boot.wolfboot.sector
                                                   : chunk                 ? chunk
                                                                           : 1,
                                         .skip = l->boot.wolfboot.skip,
                                         .home = l->boot.wolfboot.flags_home,
                                         .inverted = l->boot.wolfboot.flags_invert,
                                         .write_once = l->boot.wolfboot.write_once };
}

bool layout_trailer(const struct layout *l, struct bh_wolfboot_trailer *out)
{
    *out = product_trailer(l);
    return l->boot.mailbox == LAYOUT_MAILBOX_WOLFBOOT;
}

/* NULL: there is none, or too many forms were met. */
const struct bh_mailbox *product_mailbox(const struct layout *l)
{
    struct bh_wolfboot_trailer form = product_trailer(l);

    if (l->boot.mailbox == LAYOUT_MAILBOX_MCUBOOT)
        return &bh_mailbox_mcuboot;
    for (size_t i = 0; l->boot.mailbox == LAYOUT_MAILBOX_WOLFBOOT && i < FORMS_MAX; i++) {
        if (forms[i].sector && !equal(&forms[i], &form))
            continue;
        forms[i] = form;
        return boxes[i][form.write_once];
    }
    return NULL;
}

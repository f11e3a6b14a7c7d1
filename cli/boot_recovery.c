/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader's own recovery, on simulated flash: the bytes come from a pseudo-terminal or a
 * socket, and the power may go in the middle of them. */
#include "cli/boot_recovery.h"

#include "bulkhead/recovery.h"
#include "cli/product.h"
#include "host/line.h"

#define SLICE_MS 100u      /* how soon an interrupt is seen */
#define LAST_WORDS_MS 250u /* until the client has the last answer */

struct play {
    struct sim_world *w;
    struct host_line line;
    bool xmodem;
    struct bh_recovery r;
    struct bh_smp_server server;
    struct bh_xmodem x;
    uint8_t frame[1024];
    uint8_t core[SIM_WORK_LEN];
    struct bh_work work;
};

static void put(void *context, uint8_t c)
{
    struct play *p = context;

    host_line_write(&p->line, &c, 1);
}

/* The next byte, or -1 after so many milliseconds or an interrupt. */
static int next(struct play *p, uint32_t wait_ms)
{
    unsigned long long until = host_line_ms() + wait_ms;
    uint8_t c;

    while (host_line_ms() < until && !host_line_interrupted())
        if (host_line_read(&p->line, &c, 1, SLICE_MS) == 1)
            return c;
    return -1;
}

static void play(void *context)
{
    struct play *p = context;
    const struct bh_product *product = &p->w->product;

    bh_recovery_open(&p->r, &p->work, p->w->boot.action == BH_BOOT_START);
    if (p->xmodem)
        bh_xmodem_open(&p->x, &p->r, p->frame, put, p);
    else
        bh_smp_server_open(&p->server, &p->r, p->frame, sizeof p->frame, put, p);
    while (!p->r.reset && !host_line_interrupted()) {
        if (p->xmodem)
            bh_xmodem(&p->x, product, next(p, p->x.wait_ms));
        else
            bh_smp_server(&p->server, product, next(p, BH_SMP_SILENCE_MS));
    }
    (void)next(p, LAST_WORDS_MS);
}

int cli_boot_recovery(struct cli *cli, struct cli_device *d, bool *reset)
{
    const struct layout *l = cli_product_layout(cli);
    static struct play p;

    *reset = false;
    p = (struct play){ .w = &d->world };
    p.work = (struct bh_work){ p.core, sizeof p.core };
    p.xmodem = l && l->boot.recovery == LAYOUT_RECOVERY_XMODEM;
    if (host_line_serve(&p.line, cli_value(cli, "console"), &cli->error))
        return cli_error(cli);
    host_line_heed();
    cli_note(cli, "recovery by %s: console at %s", p.xmodem ? "XMODEM" : "SMP", p.line.name);
    if (!sim_power_run(&d->world.power, play, &p))
        cli_note(cli, "the power was cut");
    *reset = p.r.reset;
    host_line_close(&p.line);
    return HOST_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A bar on a terminal's last line, and nothing anywhere else. */
#define _POSIX_C_SOURCE 200809L
#include "cli/cli.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#define BAR 30u
#define REDRAW_MS 100u
#define ETA_MS 2000u /* sooner nobody can tell how long it takes */

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void draw(const struct cli_progress *p, uint64_t done)
{
    static const char full[] = "##############################";
    static const char empty[] = "..............................";

    if (!p->total) {
        fprintf(stderr, "\r%s %" PRIu64, p->label, done);
        return;
    }
    uint64_t percent = done >= p->total ? 100 : done * 100 / p->total;
    int filled = (int)(percent * BAR / 100);
    fprintf(stderr, "\r%s [%.*s%.*s] %3" PRIu64 " %%", p->label, filled, full, (int)BAR - filled,
            empty, percent);
    if (p->bytes && p->drawn_ms > p->begun_ms)
        fprintf(stderr, ", %.1f KB/s", (double)done / (double)(p->drawn_ms - p->begun_ms) / 1.024);
    if (done && done < p->total && p->drawn_ms - p->begun_ms > ETA_MS) /* at the pace until now */
        fprintf(stderr, ", %" PRIu64 " s left ",
                (p->drawn_ms - p->begun_ms) * (p->total - done) / done / 1000 + 1);
}

void cli_progress_begin(const struct cli *cli, struct cli_progress *p, const char *label,
                        uint64_t total)
{
    *p = (struct cli_progress){ .label = label,
                                .total = total,
                                .begun_ms = now_ms(),
                                .on = !cli->quiet && isatty(STDERR_FILENO) };
    cli_progress_update(p, 0);
}

void cli_progress_update(struct cli_progress *p, uint64_t done)
{
    uint64_t now = p->on ? now_ms() : 0;

    if (!p->on || now - p->drawn_ms < REDRAW_MS)
        return;
    p->drawn_ms = now;
    draw(p, done);
}

void cli_progress_end(struct cli_progress *p)
{
    if (p->on)
        fputs("\r\033[K", stderr);
    p->on = false;
}

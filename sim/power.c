/* SPDX-License-Identifier: Apache-2.0 */
/* Power: counts the operations of all devices on one supply, and goes away in the middle of one. */
#include "inner.h"

#include <setjmp.h>

void sim_power_on(struct sim_power *power)
{
    power->boots++;
    power->ops = 0;
    power->dark = false;
}

void sim_power_off(struct sim_power *power)
{
    power->dark = true;
}

bool sim_power_run(struct sim_power *power, void (*code)(void *context), void *context)
{
    jmp_buf home;

    if (power->home)
        sim_die("sim_power_run() within itself");
    sim_power_on(power);
    power->home = &home;
    if (setjmp(home)) {
        power->home = NULL;
        return false;
    }
    code(context);
    power->home = NULL;
    return true;
}

const struct sim_cut *sim_power_begin(struct sim_power *power)
{
    if (!power || ++power->ops != power->cut.at)
        return NULL;
    return &power->cut;
}

void sim_power_strike(struct sim_power *power)
{
    power->dark = true;
    power->cut.at = 0;
    if (power->home)
        longjmp(*(jmp_buf *)power->home, 1);
}

struct sim_cut sim_cut_draw(uint64_t seed, uint64_t ops, bool ecc)
{
    uint64_t r = sim_mix(seed);
    struct sim_cut cut = { .at = ops ? 1 + r % ops : 0 };

    r = sim_mix(r);
    cut.when = r % 4 == 0 ? SIM_CUT_BEFORE : r % 4 == 1 ? SIM_CUT_AFTER : SIM_CUT_TORN;
    cut.shape = (enum sim_shape)(r / 4 % (ecc ? SIM_SHAPES : SIM_FAULT));
    cut.unstable = r >> 63;
    cut.seed = sim_mix(r);
    cut.pulse = (uint32_t)sim_mix(cut.seed);
    return cut;
}

const char *sim_when_text(enum sim_when when)
{
    static const char *const texts[] = { "before", "inside", "after" };

    return texts[when];
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Flash drivers with a fault, over a simulated chip.
 *
 *     chip.flash.ops = &faulty_wrong;
 *     wrong_at = off;     the byte there is programmed wrongly, and no error is told */
#ifndef BULKHEAD_TESTS_ENGINE_FAULTY_H
#define BULKHEAD_TESTS_ENGINE_FAULTY_H

#include <string.h>

#include "sim/flash.h"

/* --- as ever, for what a fault leaves alone ------------------------------------------------- */

static inline int read_as_ever(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    return sim_flash_ops.read(f, off, buf, len);
}

static inline int program_as_ever(const struct bh_flash *f, uint32_t off, const void *buf,
                                  uint32_t len)
{
    return sim_flash_ops.program(f, off, buf, len);
}

static inline int erase_as_ever(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return sim_flash_ops.erase(f, off, len);
}

/* --- the n-th program or erase fails, once, of whichever chip and call ------------------------ */

static struct {
    uint64_t at, calls; /* at 0: none */
} failure;

static inline int failing_program(const struct bh_flash *f, uint32_t off, const void *buf,
                                  uint32_t len)
{
    return ++failure.calls == failure.at ? BH_ERR_IO : sim_flash_ops.program(f, off, buf, len);
}

static inline int failing_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return ++failure.calls == failure.at ? BH_ERR_IO : sim_flash_ops.erase(f, off, len);
}

static const struct bh_flash_ops faulty_failing = { .read = read_as_ever,
                                                    .program = failing_program,
                                                    .erase = failing_erase };

/* --- one byte is programmed wrongly ---------------------------------------------------------- */

static uint32_t wrong_at = UINT32_MAX;

static inline int program_wrongly(const struct bh_flash *f, uint32_t off, const void *buf,
                                  uint32_t len)
{
    uint8_t wrong[1024];

    if (len > sizeof wrong)
        return BH_ERR_IO;
    memcpy(wrong, buf, len);
    if (wrong_at - off < len)
        wrong[wrong_at - off] ^= 1;
    return sim_flash_ops.program(f, off, wrong, len);
}

static const struct bh_flash_ops faulty_wrong = { .read = read_as_ever,
                                                  .program = program_wrongly,
                                                  .erase = erase_as_ever };

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Cortex-M: what reset and faults do, and of the system control space (0xE000E000) VTOR, the reset
 * in AIRCR, and the MPU (ARMv7-M), of which only "execute never" has an effect, on RAM as a whole,
 * and on flash from some page on. And registers that do nothing. */
#include "inner.h"

#include <string.h>
#include <unicorn/unicorn.h>

#define SCS 0xE000E000u
#define VTOR 0xD08u
#define AIRCR 0xD0Cu
#define AIRCR_RESET 0x05FA0004u
#define HARD_FAULT 3u
#define SYST_CSR 0x010u
#define SYST_RVR 0x014u
#define SYST_CVR 0x018u
#define SYST_ENABLE 1u
#define SYST_COUNTFLAG (1u << 16)
#define MPU_TYPE 0xD90u
#define MPU_CTRL 0xD94u
#define MPU_RNR 0xD98u
#define MPU_RBAR 0xD9Cu /* and RASR; three aliases of both follow */
#define MPU_END 0xDBCu
#define REGIONS 8u
#define PAGE 4096u

/* b->reg: */
enum { CTRL = 232, RNR, RBAR, RASR = RBAR + REGIONS };

/* The first two words of flash are stack pointer and start; the table is there until VTOR says
 * otherwise. */
static void reset(struct board *b)
{
    uint32_t vector[2];

    b->vtor = b->kind->flash[0]->base;
    memcpy(vector, b->mapped, sizeof vector);
    board_set_register(b, UC_ARM_REG_SP, vector[0]);
    board_set_register(b, UC_ARM_REG_PC, vector[1] | 1u);
}

/* Exceptions that nobody enabled end in HardFault. */
static bool fault(struct board *b, uint32_t *handler)
{
    return uc_mem_read(b->uc, b->vtor + HARD_FAULT * 4, handler, 4) == UC_ERR_OK;
}

static const int registers[] = {
    UC_ARM_REG_R0,  UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3,   UC_ARM_REG_R4,  UC_ARM_REG_R5,
    UC_ARM_REG_R6,  UC_ARM_REG_R7, UC_ARM_REG_R8, UC_ARM_REG_R9,   UC_ARM_REG_R10, UC_ARM_REG_R11,
    UC_ARM_REG_R12, UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_XPSR, UC_ARM_REG_PC,
};

const struct board_cpu board_cortex_m4 = { UC_ARCH_ARM,
                                           UC_MODE_THUMB | UC_MODE_MCLASS,
                                           UC_CPU_ARM_CORTEX_M4,
                                           UC_ARM_REG_PC,
                                           UC_ARM_REG_LR,
                                           registers,
                                           BOARD_COUNT(registers),
                                           1,
                                           reset,
                                           fault };

const struct board_cpu board_cortex_m0 = { UC_ARCH_ARM,
                                           UC_MODE_THUMB | UC_MODE_MCLASS,
                                           UC_CPU_ARM_CORTEX_M0,
                                           UC_ARM_REG_PC,
                                           UC_ARM_REG_LR,
                                           registers,
                                           BOARD_COUNT(registers),
                                           1,
                                           reset,
                                           fault };

/* May what lies at addr be executed? The region with the highest number decides. */
static bool executable(const struct board *b, uint32_t addr)
{
    for (uint32_t i = REGIONS; i--;) {
        uint32_t rasr = b->reg[RASR + i], log2 = (rasr >> 1 & 31u) + 1;
        uint64_t len = (uint64_t)1 << log2, off = addr - (b->reg[RBAR + i] & ~(uint32_t)(len - 1));
        bool left_out = log2 >= 8 && rasr >> 8 >> (off >> (log2 - 3) & 7u) & 1u;

        if ((rasr & 1u) && off < len && !left_out)
            return !(rasr >> 28 & 1u);
    }
    return b->reg[CTRL] & 4u;
}

static void protect(struct board *b, uint32_t addr, uint32_t len, uint32_t how)
{
    if (len && uc_mem_protect(b->uc, addr, len, how))
        board_stop(b, BOARD_LOCKUP);
}

void board_guard(struct board *b)
{
    const struct bh_flash *flash = b->kind->flash[0];
    bool on = b->reg[CTRL] & 1u, guarded = on && !executable(b, b->kind->ram_addr);
    uint32_t runs = on ? 0 : flash->size;

    while (runs < flash->size && executable(b, flash->base + runs))
        runs += PAGE;
    if (guarded != b->guarded)
        protect(b, b->kind->ram_addr, b->kind->ram_len,
                guarded ? UC_PROT_READ | UC_PROT_WRITE : UC_PROT_ALL);
    if (runs != b->runs && b->mapped) {
        protect(b, flash->base, runs, UC_PROT_READ | UC_PROT_EXEC);
        protect(b, flash->base + runs, flash->size - runs, UC_PROT_READ);
    }
    b->guarded = guarded;
    b->runs = runs;
}

static uint32_t mpu_read(const struct board *b, uint32_t off)
{
    switch (off) {
    case MPU_TYPE: return REGIONS << 8;
    case MPU_CTRL: return b->reg[CTRL];
    case MPU_RNR: return b->reg[RNR];
    default: return b->reg[(off & 4u ? RBAR : RASR) + b->reg[RNR]];
    }
}

static void mpu_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case MPU_TYPE: return;
    case MPU_CTRL: b->reg[CTRL] = value & 7u; break;
    case MPU_RNR: b->reg[RNR] = value % REGIONS; break;
    default:
        if (!(off & 4u)) {
            b->reg[RASR + b->reg[RNR]] = value;
            break;
        }
        if (value & 0x10u) /* VALID: the region's number is in it */
            b->reg[RNR] = value % REGIONS;
        b->reg[RBAR + b->reg[RNR]] = value & ~0x1Fu;
    }
    board_guard(b);
}

static bool of_mpu(const struct board *b, uint32_t off)
{
    return b->kind->cpu == &board_cortex_m4 && off >= MPU_TYPE && off < MPU_END;
}

/* SysTick: has it turned once more since it was asked last? Turns are told one by one, also if many
 * passed at once, since the emulator waits in large steps. */
static uint32_t systick(struct board *b)
{
    uint32_t csr = *board_keep(b, SCS + SYST_CSR);
    uint64_t turn = ((uint64_t)*board_keep(b, SCS + SYST_RVR) + 1) * 1000 / b->time.khz;

    b->timed = true;
    if (!(csr & SYST_ENABLE) || board_us(b) - b->tick_us < turn)
        return csr;
    b->tick_us += turn;
    return csr | SYST_COUNTFLAG;
}

uint32_t board_scs_read(struct board *b, uint32_t off)
{
    if (off == SYST_CSR)
        return systick(b);
    if (of_mpu(b, off))
        return mpu_read(b, off);
    return off == VTOR ? b->vtor : off == AIRCR ? 0 : *board_keep(b, SCS + off);
}

void board_scs_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off == SYST_CVR || (off == SYST_CSR && (value & SYST_ENABLE)))
        b->tick_us = board_us(b);
    if (off == SYST_CVR)
        value = 0;
    if (off == VTOR) {
        b->vtor = value;
        b->started = value;
    } else if (of_mpu(b, off))
        mpu_write(b, off, value);
    else if (off != AIRCR)
        *board_keep(b, SCS + off) = value;
    if (off == AIRCR && (value & 0xFFFF0004u) == AIRCR_RESET)
        board_want_reset(b);
}

uint32_t board_none_read(struct board *b, uint32_t off)
{
    (void)b, (void)off;
    return 0;
}

void board_none_write(struct board *b, uint32_t off, uint32_t value)
{
    (void)b, (void)off, (void)value;
}

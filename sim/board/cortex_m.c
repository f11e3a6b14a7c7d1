/* SPDX-License-Identifier: Apache-2.0 */
/* Cortex-M: what reset, faults and the NMI do, and of the system control space (0xE000E000)
 * VTOR, the reset in AIRCR, and the MPU (ARMv6-M and ARMv7-M: RASR; ARMv8-M: RLAR), of which
 * two things have an effect: "execute never", in pages of 4 KB on RAM and flash, and "read
 * only", on flash. And registers that do nothing. */
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
#define MPU_RBAR 0xD9Cu /* and RASR or RLAR; three aliases of both follow */
#define MPU_END 0xDBCu
#define REGIONS 8u
#define PAGE 4096u

/* An exception's frame on the stack, and what lr holds then: back to the thread, its stack is
 * MSP. */
#define FRAME 8u
#define NMI 2u
#define EXC_RETURN 0xFFFFFFF9u

/* b->reg: LIMIT is RASR or RLAR */
enum { CTRL = 232, RNR, RBAR, LIMIT = RBAR + REGIONS };

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

#define CORTEX_M(which, has_vtor, has_mpu)                                                         \
    {                                                                                              \
        UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS, which, UC_ARM_REG_PC, UC_ARM_REG_LR,          \
            registers, BOARD_COUNT(registers), 1, has_vtor, has_mpu, reset, fault                  \
    }

/* Unicorn has no M0+: its instructions are those of the M0. */
const struct board_cpu board_cortex_m0 = CORTEX_M(UC_CPU_ARM_CORTEX_M0, false, BOARD_NO_MPU);
const struct board_cpu board_cortex_m0plus = CORTEX_M(UC_CPU_ARM_CORTEX_M0, true, BOARD_MPU_V7);
const struct board_cpu board_cortex_m4 = CORTEX_M(UC_CPU_ARM_CORTEX_M4, true, BOARD_MPU_V7);
const struct board_cpu board_cortex_m7 = CORTEX_M(UC_CPU_ARM_CORTEX_M7, true, BOARD_MPU_V7);
const struct board_cpu board_cortex_m33 = CORTEX_M(UC_CPU_ARM_CORTEX_M33, true, BOARD_MPU_V8);

/* --- the NMI ----------------------------------------------------------------------------- */

static const int frame_of[FRAME] = {
    UC_ARM_REG_R0,  UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3,
    UC_ARM_REG_R12, UC_ARM_REG_LR, UC_ARM_REG_PC, UC_ARM_REG_XPSR
};

/* What the emulator's processor does not do by itself: registers go to the stack, lr says how
 * to come back. The program is in no handler for the emulator, so its return ends in a fetch
 * from there. */
void board_nmi_begin(struct board *b)
{
    uint32_t frame[FRAME], handler;
    uint32_t sp = (board_get_register(b, UC_ARM_REG_SP) & ~7u) - (uint32_t)sizeof frame;

    for (uint32_t i = 0; i < FRAME; i++)
        frame[i] = board_get_register(b, frame_of[i]);
    if (board_get_register(b, UC_ARM_REG_SP) & 4u)
        frame[FRAME - 1] |= 1u << 9;
    if (uc_mem_write(b->uc, sp, frame, sizeof frame) ||
        uc_mem_read(b->uc, b->vtor + NMI * 4, &handler, sizeof handler)) {
        board_stop(b, BOARD_LOCKUP);
        return;
    }
    board_set_register(b, UC_ARM_REG_SP, sp);
    board_set_register(b, UC_ARM_REG_LR, EXC_RETURN);
    board_set_register(b, UC_ARM_REG_PC, handler | 1u);
}

bool board_nmi_over(struct board *b)
{
    uint32_t frame[FRAME], sp = board_get_register(b, UC_ARM_REG_SP);

    if ((board_get_register(b, UC_ARM_REG_PC) | 1u) != EXC_RETURN ||
        uc_mem_read(b->uc, sp, frame, sizeof frame))
        return false;
    sp += (uint32_t)sizeof frame + (frame[FRAME - 1] >> 9 & 1u) * 4;
    frame[FRAME - 2] |= 1u;
    frame[FRAME - 1] &= ~(1u << 9);
    for (uint32_t i = 0; i < FRAME; i++)
        board_set_register(b, frame_of[i], frame[i]);
    board_set_register(b, UC_ARM_REG_SP, sp);
    return true;
}

/* --- memory protection -------------------------------------------------------------------- */

struct access {
    bool write, execute;
};

/* Region i of ARMv7-M: what it lets the privileged program do at addr. False: it is not over it. */
static bool by_rasr(const struct board *b, uint32_t i, uint32_t addr, struct access *a)
{
    uint32_t rasr = b->reg[LIMIT + i], log2 = (rasr >> 1 & 31u) + 1, ap = rasr >> 24 & 7u;
    uint64_t len = (uint64_t)1 << log2, off = addr - (b->reg[RBAR + i] & ~(uint32_t)(len - 1));
    bool left_out = log2 >= 8 && rasr >> 8 >> (off >> (log2 - 3) & 7u) & 1u;

    if (!(rasr & 1u) || off >= len || left_out)
        return false;
    *a = (struct access){ ap >= 1 && ap <= 3, !(rasr >> 28 & 1u) };
    return true;
}

static bool by_rlar(const struct board *b, uint32_t i, uint32_t addr, struct access *a)
{
    uint32_t rbar = b->reg[RBAR + i], rlar = b->reg[LIMIT + i];

    if (!(rlar & 1u) || addr < (rbar & ~0x1Fu) || addr > (rlar | 0x1Fu))
        return false;
    *a = (struct access){ !(rbar & 4u), !(rbar & 1u) };
    return true;
}

/* What is allowed at addr? Of ARMv7-M's regions the one with the highest number decides; ARMv8-M's
 * do not lie over one another. */
static struct access allowed(const struct board *b, uint32_t addr)
{
    bool background = b->reg[CTRL] & 4u;
    struct access a = { background, background };

    if (!(b->reg[CTRL] & 1u))
        return (struct access){ true, true };
    for (uint32_t i = REGIONS; i--;)
        if (b->kind->cpu->mpu == BOARD_MPU_V8 ? by_rlar(b, i, addr, &a) : by_rasr(b, i, addr, &a))
            break;
    return a;
}

bool board_may_write(const struct board *b, uint32_t addr)
{
    return b->kind->cpu->mpu == BOARD_NO_MPU || allowed(b, addr).write;
}

static void protect(struct board *b, uint32_t addr, uint32_t len, uint32_t how)
{
    if (len && uc_mem_protect(b->uc, addr, len, how))
        board_stop(b, BOARD_LOCKUP);
}

/* May anything in this page be executed? Regions have at least 256 bytes, where they matter. */
static bool page_runs(const struct board *b, uint32_t addr)
{
    for (uint32_t off = 0; off < PAGE; off += 256)
        if (allowed(b, addr + off).execute)
            return true;
    return false;
}

/* RAM in runs of pages of a kind; done only if any differs from before: Unicorn forgets what it has
 * translated. */
static void guard_ram(struct board *b)
{
    uint32_t addr = b->kind->ram_addr, len = b->kind->ram_len, sum = 0x811C9DC5u, runs = 0;

    for (uint32_t off = 0; off < len; off += PAGE) {
        bool r = page_runs(b, addr + off);

        runs += r;
        sum = (sum ^ (r ? off + 1 : 0)) * 0x01000193u;
    }
    b->guarded = runs == 0;
    if (runs == len / PAGE)
        sum = 0;
    if (sum == b->ram_runs)
        return;
    b->ram_runs = sum;
    for (uint32_t off = 0, n; off < len; off += n) {
        bool r = page_runs(b, addr + off);

        for (n = PAGE; off + n < len && page_runs(b, addr + off + n) == r;)
            n += PAGE;
        protect(b, addr + off, n, r ? UC_PROT_ALL : UC_PROT_READ | UC_PROT_WRITE);
    }
}

static void show_flash(struct board *b, uint32_t runs, bool hidden)
{
    const struct bh_flash *flash = b->kind->flash[0];

    if (!b->mapped || (runs == b->runs && hidden == b->hidden))
        return;
    b->runs = runs;
    b->hidden = hidden;
    protect(b, flash->base, runs, hidden ? UC_PROT_NONE : UC_PROT_READ | UC_PROT_EXEC);
    protect(b, flash->base + runs, flash->size - runs, hidden ? UC_PROT_NONE : UC_PROT_READ);
}

void board_guard(struct board *b)
{
    const struct bh_flash *flash = b->kind->flash[0];
    uint32_t runs = 0;

    if (b->kind->cpu->mpu == BOARD_NO_MPU)
        return;
    while (runs < flash->size && allowed(b, flash->base + runs).execute)
        runs += PAGE;
    guard_ram(b);
    show_flash(b, runs, b->hidden);
}

void board_hide(struct board *b, bool hidden)
{
    show_flash(b, b->runs, hidden);
}

static uint32_t mpu_read(const struct board *b, uint32_t off)
{
    switch (off) {
    case MPU_TYPE: return REGIONS << 8;
    case MPU_CTRL: return b->reg[CTRL];
    case MPU_RNR: return b->reg[RNR];
    default: return b->reg[(off & 4u ? RBAR : LIMIT) + b->reg[RNR]];
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
            b->reg[LIMIT + b->reg[RNR]] = value;
            break;
        }
        if (b->kind->cpu->mpu == BOARD_MPU_V8) {
            b->reg[RBAR + b->reg[RNR]] = value;
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
    return b->kind->cpu->mpu != BOARD_NO_MPU && off >= MPU_TYPE && off < MPU_END;
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

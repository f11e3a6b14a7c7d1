/* SPDX-License-Identifier: Apache-2.0 */
/* What the bootloaders cost: bytes, stack, instructions. Everything is measured on the binaries in
 * build/firmware, on the emulated boards: sizes from the ELF file, stack by painting (the board's
 * RAM is noise at reset), instructions by counting them. A table for docs and `make bench`. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/board/inner.h"
#include "stand.h"

static const char *const bootloaders[] = { "boot", "boot-ed25519", "boot-rsa2048", "boot-lms" };
static const char *const algorithms[] = { "p256", "ed25519", "rsa2048", "lms" };

#define HEADER 0x200u

struct elf {
    struct host_bytes file;
    const Elf32_Ehdr *head;
    const Elf32_Shdr *section;
};

static struct elf elf_open(const char *board, const char *name)
{
    struct elf e = { .file = stand_firmware(board, name, ".elf") };

    e.head = (const Elf32_Ehdr *)(const void *)e.file.data;
    e.section = (const Elf32_Shdr *)(const void *)(e.file.data + e.head->e_shoff);
    return e;
}

/* The address of a global symbol; 0 if there is none. */
static uint32_t elf_symbol(const struct elf *e, const char *name)
{
    for (int i = 0; i < e->head->e_shnum; i++) {
        const Elf32_Shdr *s = &e->section[i];
        const char *strings = (const char *)e->file.data + e->section[s->sh_link].sh_offset;
        const Elf32_Sym *sym = (const Elf32_Sym *)(const void *)(e->file.data + s->sh_offset);

        if (s->sh_type != SHT_SYMTAB)
            continue;
        for (uint32_t n = s->sh_size / sizeof *sym; n; n--, sym++)
            if (strcmp(strings + sym->st_name, name) == 0)
                return sym->st_value;
    }
    return 0;
}

/* The word that the program finds at this address. */
static uint32_t elf_word(const struct elf *e, uint32_t addr)
{
    uint32_t word = 0;

    for (int i = 0; i < e->head->e_shnum; i++) {
        const Elf32_Shdr *s = &e->section[i];

        if (s->sh_type == SHT_PROGBITS && (s->sh_flags & SHF_ALLOC) && addr >= s->sh_addr &&
            addr - s->sh_addr < s->sh_size)
            memcpy(&word, e->file.data + s->sh_offset + (addr - s->sh_addr), 4);
    }
    return word;
}

/* Bytes of the sections that are stored (text, constants, values of variables), or of variables
 * that begin as zero. */
static uint32_t elf_bytes(const struct elf *e, uint32_t type)
{
    uint32_t sum = 0;

    for (int i = 0; i < e->head->e_shnum; i++)
        if (e->section[i].sh_type == type && (e->section[i].sh_flags & SHF_ALLOC))
            sum += e->section[i].sh_size;
    return sum;
}

/* A function that is timed: instructions from its first to its return, what it calls included. */
struct span {
    uint32_t entry;
    uint32_t back; /* where it returns to while it runs, otherwise 0 */
    uint64_t since;
    uint64_t sum; /* of all calls since power-on */
};

/* Within one that comes first, the others are not timed. */
struct timed {
    struct board *board;
    uint32_t application; /* the run ends here */
    struct span verify, update, final;
};

/* Does one begin or end here, or go on? */
static bool step(struct span *s, const struct board *b, uint32_t addr, uint32_t link)
{
    if (s->back && addr == s->back) {
        s->sum += b->instructions - s->since;
        s->back = 0;
        return false;
    }
    if (!s->back && addr == s->entry) {
        s->back = link & ~b->kind->cpu->thumb;
        s->since = b->instructions;
    }
    return s->back != 0;
}

static bool watch(void *context, uint32_t addr)
{
    struct timed *t = context;
    struct board *b = t->board;
    uint32_t link = 0;

    if (addr == t->verify.entry || addr == t->update.entry || addr == t->final.entry)
        link = board_get_register(b, b->kind->cpu->link);
    if (!step(&t->verify, b, addr, link) && !step(&t->update, b, addr, link))
        step(&t->final, b, addr, link);
    return addr == t->application;
}

/* The functions to be timed: bh_p256.verify and so on, and those of the hash. Offsets are those of the
 * structs on a 32-bit machine. */
static void set_up(struct timed *t, struct board *b, const struct elf *e, const char *algorithm)
{
    bool sha512 = strcmp(algorithm, "ed25519") == 0;
    uint32_t hash = elf_symbol(e, sha512 ? "bh_sha512" : "bh_sha256");
    uint32_t verify, thumb = b->kind->cpu->thumb;
    char name[32];

    snprintf(name, sizeof name, "bh_%s", algorithm);
    verify = elf_symbol(e, name);
    if (!hash || !verify)
        fail_msg("%s or its hash is not in the program", name);
    *t = (struct timed){ .board = b,
                         .verify = { .entry = elf_word(e, verify + 4) & ~thumb },
                         .update = { .entry = elf_word(e, hash + 8) & ~thumb },
                         .final = { .entry = elf_word(e, hash + 12) & ~thumb } };
    b->watch_context = t;
}

/* The first instruction of application 1.0.0 or 2.0.0. */
static uint32_t application_start(const struct stand *s, int major)
{
    const struct board_kind *kind = s->board.kind;
    uint32_t lies = kind->flash[0]->base + kind->product->pairs[0].primary.off;
    uint32_t payload = (kind->load_addr ? kind->load_addr : lies) + HEADER;
    uint32_t start;

    if (!kind->cpu->thumb)
        return payload;
    memcpy(&start, s->image[major].data + HEADER + 4, 4);
    return start & ~1u;
}

/* Power on, run to the first instruction of that application. */
static void boot(struct stand *s, struct timed *t, int major)
{
    board_hush(&s->board);
    t->application = application_start(s, major);
    t->verify.sum = t->update.sum = t->final.sum = 0;
    s->board.watch = watch;
    board_power_on(&s->board);
    if (board_run(&s->board) != BOARD_MARK)
        fail_msg("%s does not start the application:\n%s", s->board.kind->name, s->board.said);
    s->board.watch = NULL;
}

static void measure(const struct board_kind *kind, size_t algorithm)
{
    static struct stand s;
    struct elf e = elf_open(kind->name, bootloaders[algorithm]);
    struct board *b = &s.board;
    struct timed t;
    uint64_t hash, signature, rest;
    uint32_t stack;

    stand_open(&s, kind, bootloaders[algorithm]);
    b->swift = false;
    set_up(&t, b, &e, algorithms[algorithm]);
    boot(&s, &t, 1);
    boot(&s, &t, 1);
    signature = t.verify.sum;
    hash = t.update.sum + t.final.sum;
    rest = b->instructions - hash - signature;
    stack = board_stack_used(b);
    printf("%-10s %-8s %6u %5u", kind->name, algorithms[algorithm], elf_bytes(&e, SHT_PROGBITS),
           elf_bytes(&e, SHT_NOBITS));
    printf(" | %11llu %11llu %9llu %5.1f%%", (unsigned long long)hash,
           (unsigned long long)signature, (unsigned long long)rest,
           100.0 * (double)rest / (double)(hash + signature));
    stand_stage(&s, &s.image[2]);
    stand_boot(&s);
    stand_type(&s, "t\n");
    boot(&s, &t, 2);
    printf(" | %11llu", (unsigned long long)b->instructions);
    stack = board_stack_used(b) > stack ? board_stack_used(b) : stack;
    boot(&s, &t, 1);
    printf(" %11llu", (unsigned long long)b->instructions);
    stack = board_stack_used(b) > stack ? board_stack_used(b) : stack;
    printf(" | %5u\n", stack);
    fflush(stdout);
    stand_close(&s);
    host_bytes_free(&e.file);
}

int main(void)
{
    printf("                   bytes in flash and RAM; instructions of a boot with nothing pending:"
           "            of one that\n"
           "board      key      stored   RAM |        hash   signature      rest   r/h+s |"
           "     updates     reverts | stack\n");
    for (size_t i = 0; board_kinds[i]; i++)
        for (size_t a = 0; a < sizeof algorithms / sizeof algorithms[0]; a++)
            measure(board_kinds[i], a);
    return 0;
}

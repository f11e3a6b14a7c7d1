/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead new: a folder with everything that a product of one's own begins with. All texts are
 * made, and the layout is solved and checked, before the folder is. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulkhead/bytes.h"
#include "cli/cli.h"
#include "cli/new/templates.h"
#include "host/chips/chips.h"
#include "host/keys.h"
#include "host/layout/layout.h"

#define KB 1024u
#define TEXT_MAX 8192u
#define FILES_MAX 16u
#define NAME_LEN_MAX 32u

struct file {
    const char *name;
    mode_t mode;
    char text[TEXT_MAX];
    size_t len;
};

struct folder {
    const char *name; /* of the product, and of the folder */
    const struct chip *chip;
    const struct chip *nor; /* that holds the secondary slot; NULL: the chip itself does */
    const char *port;       /* Bulkhead's for these chips; NULL: the board is to be written */
    uint32_t header;
    struct file files[FILES_MAX];
    size_t n;
};

static struct file *begin(struct folder *d, const char *name, mode_t mode)
{
    struct file *f = &d->files[d->n++];

    f->name = name;
    f->mode = mode;
    return f;
}

__attribute__((format(printf, 2, 3))) static void put(struct file *f, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(f->text + f->len, TEXT_MAX - f->len, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= TEXT_MAX - f->len)
        abort(); /* TEXT_MAX is larger than any of these texts */
    f->len += (size_t)n;
}

/* ---- the layout ---- */

static uint32_t up(uint32_t n, uint32_t page)
{
    return (n + page - 1) / page * page;
}

/* Where the pages begin of which slots are made, if the chip has smaller ones first. */
static uint32_t large_pages(const struct chip *c)
{
    uint32_t off = 0;

    for (uint8_t i = 0; i + 1 < c->n_runs && c->runs[i].size < c->runs[i + 1].size; i++)
        off += c->runs[i].count * c->runs[i].size;
    return off;
}

/* Pages of one size, or the secondary slot on a second chip: a spare page is enough, as the first
 * of that slot. primary: its bytes. page: the larger one of the two chips. */
static void even_layout(const struct folder *d, struct file *f, uint32_t page, uint32_t boot,
                        uint32_t primary)
{
    char at[24] = "";

    if (d->chip->n_runs > 1)
        snprintf(at, sizeof at, ", at: 0x%x", large_pages(d->chip));
    put(f,
        "  bootloader: {size: %uK}\n"
        "  journal_a:  {size: auto}          # as long as the slots and the power cuts need\n"
        "  journal_b:  {size: auto}\n"
        "  primary:    {size: %uK%s}\n"
        "  secondary:  {size: %uK%s}          # a page more: the spare\n",
        boot / KB, primary / KB, at, (primary + page) / KB, d->nor ? ", region: external" : "");
}

/* Small pages first, then large ones: slots are made of the large ones, one of them is the scratch.
 * What differs is the journal. */
enum journal {
    JOURNAL_SHORT, /* a small page for each half; the rest of the small pages for the application */
    JOURNAL_LONG,  /* as many small pages as it needs */
    JOURNAL_LARGE, /* large pages, and all small ones for the bootloader */
    JOURNALS
};

static void uneven_layout(struct file *f, const struct chip *c, uint32_t boot, enum journal journal)
{
    const struct bh_page_run *first = &c->runs[0], *last = &c->runs[c->n_runs - 1];
    uint32_t others = journal == JOURNAL_LARGE ? 3 : 1; /* large pages that are no slot's */
    uint32_t slot = (last->count - others) / 2 * last->size;
    uint32_t small = c->size - last->count * last->size, used = boot + 2 * first->size;

    put(f, "  bootloader: {size: %uK}\n", (journal == JOURNAL_LARGE ? small : boot) / KB);
    if (journal != JOURNAL_SHORT)
        put(f,
            "  journal_a:  {size: auto}          # as long as the slots and the power cuts need\n"
            "  journal_b:  {size: auto}\n");
    else
        put(f, "  journal_a:  {size: %uK}\n  journal_b:  {size: %uK}\n", first->size / KB,
            first->size / KB);
    if (journal == JOURNAL_SHORT && small > used)
        put(f, "  settings:   {size: %uK}          # yours\n", (small - used) / KB);
    put(f,
        "  primary:    {size: %uK, at: 0x%x}\n"
        "  secondary:  {share_size: primary}\n"
        "  scratch:    {size: %uK}\n",
        slot / KB, small + (journal == JOURNAL_LARGE ? 2 * last->size : 0), last->size / KB);
}

static uint32_t largest_page(const struct folder *d)
{
    uint32_t page = d->nor ? d->nor->runs[0].size : 0;

    for (uint8_t i = 0; i < d->chip->n_runs; i++)
        if (d->chip->runs[i].size > page)
            page = d->chip->runs[i].size;
    return page;
}

/* primary: bytes of the slot; where pages differ, an enum journal. */
static void put_layout(const struct folder *d, struct file *f, uint32_t boot, uint32_t primary)
{
    const struct chip *c = d->chip;
    char pages[256];

    chip_pages_text(c, pages, sizeof pages);
    f->len = 0;
    put(f,
        "# The flash of %s. 'bulkhead layout map %s.layout.yml' draws it.\n"
        "layout: 1\nproduct: %s\n\ndevices:\n"
        "  internal: {chip: %s}   # %s; unit %u\n",
        d->name, d->name, d->name, c->name, pages, c->unit);
    if (d->nor)
        put(f, "  external: {chip: %s, driver: spi_nor}\n", d->nor->name);
    put(f, "\npartitions:                        # each begins where the one before it ends\n");
    if (c->n_runs == 1 || d->nor)
        even_layout(d, f, largest_page(d), boot, primary);
    else
        uneven_layout(f, c, boot, (enum journal)primary);
    put(f,
        "\nboot:\n  slots:\n"
        "    app: {primary: primary, secondary: secondary, spare: %s, format: mcuboot,\n"
        "          header: 0x%x}\n"
        "  journal: [journal_a, journal_b]\n"
        "  plan: swap\n"
        "  trial_boots: 1\n"
        "  mailbox: none                    # the application uses bulkhead/app.h\n"
        "  keys: [keys/release.pub.pem]\n",
        c->n_runs == 1 || d->nor ? "first of secondary" : "scratch", d->header);
}

/* The first error of the layout, to be freed; NULL: there is none. *address: of the
 * primary slot. */
static char *wrong(struct file *f, uint32_t *address)
{
    struct layout_options options = { .no_files = true };
    struct host_error e = { 0 };
    struct layout l;
    char *text = NULL;
    int code = layout_load_text(&l, "layout", f->text, f->len, &options, &e);

    for (size_t i = 0; code && !text && i < l.n_findings; i++)
        if (l.findings[i].severity == LAYOUT_ERROR)
            text = strdup(l.findings[i].text);
    if (code && !text)
        text = strdup(e.text);
    if (!code) {
        const struct layout_partition *p = &l.partitions[l.slots[0].primary];

        *address = l.devices[p->device].flash.base + p->off;
    }
    layout_free(&l);
    return text;
}

static int no_layout(struct cli *cli, const struct folder *d, char *why)
{
    int code = cli_fail(cli, HOST_BAD_LAYOUT, host_nowhere(),
                        "Write a layout by hand: docs/layout.md. A second flash chip may hold the "
                        "secondary slot.",
                        "no layout with two slots was found for %s: %s", d->chip->name,
                        why ? why : "its flash has too few pages");

    free(why);
    return code;
}

/* Pages of one size, or two chips: the largest slots for which all rules hold. */
static int even_slots(struct cli *cli, struct folder *d, struct file *f, uint32_t *address)
{
    uint32_t page = largest_page(d), boot = up(32 * KB, d->chip->runs[0].size);
    uint32_t before = d->chip->n_runs > 1 ? large_pages(d->chip) : boot;
    uint32_t room = d->chip->size > before ? d->chip->size - before : 0;
    uint32_t most = (d->nor ? room : room / 2) / page * page;
    char *text = NULL;

    for (uint32_t primary = most; primary >= page; primary -= page) {
        free(text);
        put_layout(d, f, boot, primary);
        text = wrong(f, address);
        if (!text)
            return HOST_OK;
    }
    return no_layout(cli, d, text);
}

static int find_layout(struct cli *cli, struct folder *d, struct file *f, uint32_t *address)
{
    const struct bh_page_run *first = &d->chip->runs[0], *last = &first[d->chip->n_runs - 1];
    char *text = NULL;

    if (d->chip->n_runs == 1 || d->nor)
        return even_slots(cli, d, f, address);
    for (uint32_t i = 0; i < JOURNALS && last->count >= (i == JOURNAL_LARGE ? 5u : 3u); i++) {
        free(text);
        put_layout(d, f, up(32 * KB, first->size), i);
        text = wrong(f, address);
        if (!text)
            return HOST_OK;
    }
    return no_layout(cli, d, text);
}

/* ---- the other files ---- */

/* Debian's package of the compiler. */
static const char *compiler(const struct chip *c)
{
    return strncmp(c->core, "rv", 2) == 0 ? "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf"
                                          : "gcc-arm-none-eabi libnewlib-arm-none-eabi";
}

/* The commands that write bootloader and application, for every tool that knows the chip. */
static char *flash_commands(const struct chip *c, uint32_t bootloader, uint32_t application)
{
    static const struct {
        const char *file;
        bool boot;
    } files[] = { { "build/check.bin", true },
                  { "build/boot.bin", true },
                  { "build/app.signed.bin", false } };
    char *made = NULL, text[512];
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);

    if (!out)
        abort();
    for (uint8_t i = 0; i < c->n_tools; i++) {
        fprintf(out, "\nWith %s:\n\n", c->tools[i].name);
        for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
            chip_command(&c->tools[i], files[k].file, files[k].boot ? bootloader : application,
                         c->base, text, sizeof text);
            fprintf(out, "    %s\n", text);
        }
    }
    if (fclose(out))
        abort();
    return made;
}

/* "cortex-m0+": the name of its toolchain file has no sign in it. */
static void toolchain(const struct chip *c, char *text, size_t size)
{
    const char *plus = strchr(c->core, '+');

    snprintf(text, size, "%.*s%s", (int)(plus ? plus - c->core : (long)strlen(c->core)), c->core,
             plus ? "plus" : "");
}

static void put_template(struct folder *d, const char *name, const char *template,
                         const struct new_word *words)
{
    char *text = new_fill(template, words);

    put(begin(d, name, 0644), "%s", text);
    free(text);
}

static void put_files(struct folder *d, uint32_t address)
{
    static const char yes[] = "";
    const struct chip *c = d->chip;
    bool riscv = strncmp(c->core, "rv", 2) == 0;
    char pages[256], unit[16], boot[16], app[16], chain[32];
    char *commands = flash_commands(c, c->base, address);
    const struct new_word words[] = {
        { "name", d->name },
        { "chip", c->name },
        { "toolchain", chain },
        { "compiler", compiler(c) },
        { "emulator", d->port && c->board ? " libunicorn2" : "" },
        { "port", d->port },
        { "own", d->port ? NULL : yes },
        { "ownbus", !d->port && d->nor ? yes : NULL },
        { "inside", d->port ? NULL : c->port }, /* it drives the flash on the chip alone */
        { "nor", d->nor ? d->nor->name : NULL },
        { "flash", d->nor ? "--flash chip.bin --flash nor.bin" : "--flash chip.bin" },
        { "board", d->port ? c->board : NULL },
        { "riscv", riscv && !d->port ? yes : NULL },
        { "blankreads", c->blank_faults ? NULL : yes },
        { "blankfaults", c->blank_faults ? yes : NULL },
        { "unit", unit },
        { "work", c->unit > 256 ? "2048" : "1024" }, /* four program units, at least */
        { "pages", pages },
        { "manual", c->manual ? c->manual : "the chip's reference manual" },
        { "note", c->note },
        { "commands", c->n_tools ? commands : NULL },
        { "nocommands", c->n_tools ? NULL : yes },
        { "bootaddress", boot },
        { "appaddress", app },
        { NULL, NULL },
    };

    chip_pages_text(c, pages, sizeof pages);
    toolchain(c, chain, sizeof chain);
    snprintf(unit, sizeof unit, "%u", c->unit);
    snprintf(boot, sizeof boot, "0x%08x", c->base);
    snprintf(app, sizeof app, "0x%08x", address);
    put_template(d, "CMakeLists.txt", "CMakeLists.txt", words);
    put_template(d, "CMakePresets.json", "CMakePresets.json", words);
    put_template(d, "main.c", "main.c", words);
    put_template(d, "README.md", "README.md", words);
    put_template(d, ".gitignore", "gitignore", words);
    put_template(d, ".github/workflows/check.yml", "github.yml", words);
    put_template(d, ".gitlab-ci.yml", "gitlab-ci.yml", words);
    if (!d->port) {
        put_template(d, "board/port.c", "port.c", words);
        put_template(d, "board/flash.c", "flash.c", words);
    }
    if (!d->port && d->nor)
        put_template(d, "board/external.c", "external.c", words);
    free(commands);
}

static int put_keys(struct cli *cli, struct folder *d)
{
    struct host_bytes private = { 0 }, public = { 0 };
    struct host_key key = { 0 };
    const struct host_key_type *type = host_key_type("ecdsa-p256");
    int code = host_key_new(type, &key, &cli->error);

    if (!code)
        code = host_key_private_pem(&key, NULL, &private, &cli->error);
    if (!code)
        code = host_key_public_pem(&key, &public, &cli->error);
    if (code) {
        cli_error(cli);
    } else {
        put(begin(d, "keys/release.pem", 0600), "%.*s", (int)private.len, (char *)private.data);
        put(begin(d, "keys/release.pub.pem", 0644), "%.*s", (int)public.len, (char *)public.data);
    }
    if (private.data)
        memset(private.data, 0, private.len);
    host_bytes_free(&private);
    host_bytes_free(&public);
    host_key_free(&key);
    return code;
}

/* ---- checks ---- */

static int check_name(struct cli *cli, const char *name)
{
    size_t len = strlen(name);
    bool good = len > 0 && len <= NAME_LEN_MAX && isalpha((unsigned char)name[0]);

    for (size_t i = 0; i < len; i++)
        good = good && (isalnum((unsigned char)name[i]) || name[i] == '_');
    if (!good)
        return cli_fail(
            cli, HOST_BAD_INPUT, host_nowhere(),
            "Use up to 32 letters, digits and '_', a letter first: it becomes a name in C.",
            "'%s' cannot be a product's name", name);
    if (access(name, F_OK) == 0)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(name), "Choose another name, or move it away.",
                        "exists already, and nothing in it was changed");
    return HOST_OK;
}

static int find_chip(struct cli *cli, struct folder *d)
{
    const char *name = cli_value(cli, "chip"), *near = chip_near(name);
    const struct chip *c = chip_find(name);

    d->chip = c;
    if (!c)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "'bulkhead layout chips' lists them.",
                        "no chip is called '%s'%s%s%s", name, near ? " (did you mean '" : "",
                        near ? near : "", near ? "'?)" : "");
    if (c->cannot)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "'bulkhead layout chips' lists the others.",
                        "Bulkhead cannot serve %s yet: %s", c->name, c->cannot);
    if (c->core && !c->mapped && c->port)
        return cli_fail(
            cli, HOST_BAD_INPUT, host_nowhere(),
            "Begin with the sample's layout: docs/layout.md has one of such a chip.",
            "images of %s run from RAM, and 'bulkhead new' makes layouts of images that "
            "run in place",
            c->name);
    if (c->jedec || !c->core || !c->mapped)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "Name the processor; the layout may name this as a second device.",
                        "%s is no processor that runs programs in its flash", c->name);
    d->header = chip_vector_alignment(c->vectors);
    if (d->header < 0x200)
        d->header = 0x200;
    return HOST_OK;
}

/* The chip beside it, if one is wanted. */
static int find_nor(struct cli *cli, struct folder *d)
{
    const char *name = cli_value(cli, "nor"), *near = name ? chip_near(name) : NULL;

    d->nor = name ? chip_find(name) : NULL;
    d->port = name ? d->chip->external : d->chip->port;
    if (!name || (d->nor && d->nor->jedec && !d->nor->cannot))
        return HOST_OK;
    if (d->nor)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "'bulkhead layout chips' lists them at its end.",
                        "%s is no serial NOR chip that Bulkhead can drive", d->nor->name);
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                    "'bulkhead layout chips' lists them at its end.",
                    "no chip is called '%s'%s%s%s", name, near ? " (did you mean '" : "",
                    near ? near : "", near ? "'?)" : "");
}

static int write_files(struct cli *cli, const struct folder *d)
{
    static const char *const folders[] = { "", "/keys", "/.github", "/.github/workflows",
                                           "/board" };
    size_t n = sizeof folders / sizeof folders[0] - (d->port != NULL); /* a port needs no board */
    char path[256];

    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s%s", d->name, folders[i]);
        if (mkdir(path, 0777))
            return cli_fail(cli, HOST_FAILED, host_in(path), NULL, "cannot be made: %s",
                            strerror(errno));
    }
    for (size_t i = 0; i < d->n; i++) {
        const struct file *f = &d->files[i];

        snprintf(path, sizeof path, "%s/%s", d->name, f->name);
        if (host_write_file(path, f->text, f->len, f->mode, false, &cli->error))
            return cli_error(cli);
    }
    return HOST_OK;
}

static int make(struct cli *cli, struct folder *d)
{
    char layout[NAME_LEN_MAX + 16];
    uint32_t address = 0;
    int code;

    snprintf(layout, sizeof layout, "%s.layout.yml", d->name);
    code = find_layout(cli, d, begin(d, layout, 0644), &address);
    if (code)
        return code;
    put_files(d, address);
    code = put_keys(cli, d);
    if (!code && !cli_has(cli, "dry-run"))
        code = write_files(cli, d);
    if (!code)
        cli_note(cli, "%s %s: %zu files; %s/README.md says what comes next%s",
                 cli_has(cli, "dry-run") ? "would make" : "made", d->name, d->n, d->name,
                 d->port ? "" : ". There is no port for this: board/ is to be filled in");
    return code;
}

static int run(struct cli *cli)
{
    struct folder *d = calloc(1, sizeof *d);
    int code;

    if (!d)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    d->name = cli->operands[0];
    code = check_name(cli, d->name);
    if (!code)
        code = find_chip(cli, d);
    if (!code)
        code = find_nor(cli, d);
    if (!code)
        code = make(cli, d);
    memset(d->files, 0, sizeof d->files); /* one is a private key */
    free(d);
    return code;
}

const struct cli_command cmd_new = {
    .noun = "new",
    .summary = "Begin a product of your own: layout, key, build, application",
    .description =
        "Makes a folder of that name: a layout with the largest two slots that the chip has room for, "
        "CMake files, a small application, a program that tries the flash driver, a fresh P-256 key "
        "whose private half version control ignores, a README with the chip's flash commands, and CI "
        "files for GitHub and GitLab. For a chip without a port there is a folder board as well: it "
        "compiles, and its functions answer with an error until they are filled in.",
    .operands =
        (const struct cli_operand[]){ { "NAME", "Of product and folder", false, false }, { 0 } },
    .options =
        (const struct cli_option[]){
            { "chip", 0, "CHIP", "Its chip; see 'bulkhead layout chips'", NULL, false, true },
            { "nor", 0, "CHIP", "A serial NOR chip beside it, which holds the secondary slot", NULL,
              false, false },
            CLI_DRY_RUN,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead new lamp --chip stm32f407xe", "A folder lamp" },
            { "bulkhead new tag --chip nrf52840 --nor mx25r64",
              "The next image is staged on a second chip" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};

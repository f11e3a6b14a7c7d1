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
#include "host/chips/chips.h"
#include "host/keys.h"
#include "host/layout/layout.h"

#define KB 1024u
#define TEXT_MAX 8192u
#define FILES_MAX 12u
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
    bool builds; /* there is a port that takes its product from a layout */
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

/* Pages of one size: a spare page is enough, as the first of the secondary slot. primary: its
 * bytes. */
static void even_layout(struct file *f, uint32_t page, uint32_t boot, uint32_t primary)
{
    put(f,
        "  bootloader: {size: %uK}\n"
        "  journal_a:  {size: auto}          # as long as the slots and the power cuts need\n"
        "  journal_b:  {size: auto}\n"
        "  primary:    {size: %uK}\n"
        "  secondary:  {size: %uK}          # a page more: the spare\n",
        boot / KB, primary / KB, (primary + page) / KB);
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
        "  internal: {chip: %s}   # %s; unit %u\n\n"
        "partitions:                        # each begins where the one before it ends\n",
        d->name, d->name, d->name, c->name, pages, c->unit);
    if (c->n_runs == 1)
        even_layout(f, c->runs[0].size, boot, primary);
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
        c->n_runs == 1 ? "first of secondary" : "scratch", d->header);
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

/* Pages of one size: the largest slots for which all rules hold. */
static int even_slots(struct cli *cli, struct folder *d, struct file *f, uint32_t *address)
{
    uint32_t page = d->chip->runs[0].size, boot = up(32 * KB, page);
    uint32_t most = d->chip->size > boot ? (d->chip->size - boot) / 2 / page * page : 0;
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

    if (d->chip->n_runs == 1)
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

static void put_build(struct folder *d)
{
    struct file *f = begin(d, "CMakeLists.txt", 0644);

    put(f,
        "# Bootloader and application of %s: what the layout says is built, linked and signed.\n"
        "cmake_minimum_required(VERSION 3.25)\n"
        "find_program(BULKHEAD_TOOL bulkhead REQUIRED)\n"
        "get_filename_component(bulkhead ${BULKHEAD_TOOL} REALPATH)\n"
        "get_filename_component(bulkhead ${bulkhead} DIRECTORY)\n"
        "get_filename_component(bulkhead ${bulkhead}/.. ABSOLUTE)\n"
        "set(CMAKE_TOOLCHAIN_FILE ${bulkhead}/share/bulkhead/firmware/cmake/%s.cmake CACHE FILEPATH \"\")\n"
        "list(APPEND CMAKE_PREFIX_PATH ${bulkhead})\n"
        "project(%s LANGUAGES C ASM)\n\n"
        "find_package(bulkhead REQUIRED COMPONENTS firmware)\n"
        "bulkhead_bootloader(boot LAYOUT %s.layout.yml PORT %s KEYS keys/release.pub.pem)\n"
        "set(version 1.0.0 CACHE STRING \"of the application\")\n"
        "bulkhead_application(app LAYOUT %s.layout.yml SLOT app PORT %s SOURCES main.c\n"
        "  VERSION ${version} KEY keys/release.pem)\n"
        "target_compile_definitions(app PRIVATE APP_VERSION=\"${version}\")\n",
        d->name, d->chip->core, d->name, d->name, d->chip->port, d->name, d->chip->port);
    f = begin(d, "CMakePresets.json", 0644);
    put(f,
        "{\n"
        "  \"version\": 6,\n"
        "  \"configurePresets\": [\n"
        "    { \"name\": \"release\", \"generator\": \"Ninja\", \"binaryDir\": \"${sourceDir}/build\",\n"
        "      \"cacheVariables\": { \"CMAKE_BUILD_TYPE\": \"MinSizeRel\",\n"
        "        \"CMAKE_INTERPROCEDURAL_OPTIMIZATION\": \"ON\" } }\n"
        "  ],\n"
        "  \"buildPresets\": [ { \"name\": \"release\", \"configurePreset\": \"release\" } ]\n"
        "}\n");
    f = begin(d, "main.c", 0644);
    put(f,
        "/* The application of %s: says its version on the console, and keeps itself. */\n"
        "#include \"bulkhead/app.h\"\n#include \"port.h\"\n\n"
        "static void put_text(const char *text)\n{\n    while (*text)\n        port_put(*text++);\n}\n\n"
        "_Noreturn void port_main(void)\n{\n"
        "    static uint8_t buffer[1024];\n"
        "    const struct bh_work work = { buffer, sizeof buffer };\n"
        "    struct bh_app_status status;\n\n"
        "    port_init();\n"
        "    put_text(\"%s \" APP_VERSION \"\\n\");\n"
        "    /* Look here whether the product works, before it is confirmed: else it is reverted. */\n"
        "    if (bh_app_status(port_product, &work, &status) == BH_OK && !status.confirmed)\n"
        "        put_text(bh_app_confirm(port_product, &work) == BH_OK ? \"confirmed\\n\" : \"not confirmed\\n\");\n"
        "    for (;;)\n        (void)port_get();\n}\n",
        d->name, d->name);
}

static void put_commands(const struct folder *d, struct file *f, uint32_t address)
{
    const struct chip *c = d->chip;
    char text[512];

    put(f, "\n## On the chip\n\nThe bootloader, then the application:\n");
    for (uint8_t i = 0; i < c->n_tools; i++) {
        put(f, "\nWith %s:\n\n", c->tools[i].name);
        chip_command(&c->tools[i], "build/boot.bin", c->base, c->base, text, sizeof text);
        put(f, "    %s\n", text);
        chip_command(&c->tools[i], "build/app.signed.bin", address, c->base, text, sizeof text);
        put(f, "    %s\n", text);
    }
}

static void put_readme(struct folder *d, uint32_t address)
{
    struct file *f = begin(d, "README.md", 0644);

    put(f,
        "# %s\n\nA product on %s, started and updated by Bulkhead.\n\n"
        "    bulkhead layout check %s.layout.yml\n"
        "    bulkhead layout map %s.layout.yml\n",
        d->name, d->chip->name, d->name, d->name);
    if (d->builds)
        put(f,
            "    cmake --preset release && cmake --build --preset release\n"
            "    bulkhead boot install %s.layout.yml --flash chip.bin build/app.signed.bin\n",
            d->name);
    if (d->builds && d->chip->board)
        put(f,
            "    bulkhead board run %s.layout.yml --bootloader build/boot.bin --flash chip.bin\n",
            d->name);
    put(f,
        "    bulkhead sim explore %s.layout.yml --seconds 60\n\n"
        "`keys/release.pem` is the private key: whoever has it can sign for this product. It is not for\n"
        "version control (.gitignore). Keep it where it cannot be lost: without it there are no updates.\n",
        d->name);
    if (d->builds)
        put_commands(d, f, address);
    else
        put(f,
            "\nBulkhead has no port for this chip that takes its product from a layout, so there is nothing\n"
            "to build yet. Write `port.c` and `flash.c` (Bulkhead's docs/porting.md and docs/firmware.md),\n"
            "and name their folder with PORT_DIR.\n");
}

static void put_rest(struct folder *d)
{
    struct file *f = begin(d, ".gitignore", 0644);

    put(f, "# private keys\nkeys/*.pem\n!keys/*.pub.pem\n\nbuild/\n*.bin\n");
    f = begin(d, ".github/workflows/check.yml", 0644);
    put(f,
        "name: check\non: [push, pull_request]\njobs:\n  layout:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - uses: actions/checkout@v4\n"
        "      # Install Bulkhead's package here: bulkhead must be on the PATH.\n"
        "      - run: bulkhead layout check %s.layout.yml\n"
        "      - run: bulkhead sim explore %s.layout.yml --scenario confirm --seconds 60\n",
        d->name, d->name);
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
    if (c->jedec || !c->core || !c->mapped)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "Name the processor; the layout may name this as a second device.",
                        "%s is no processor that runs programs in its flash", c->name);
    d->builds = c->port && (strcmp(c->port, "stm32f407") == 0 || strcmp(c->port, "stm32l476") == 0);
    d->header = chip_vector_alignment(c->vectors);
    if (d->header < 0x200)
        d->header = 0x200;
    return HOST_OK;
}

static int write_files(struct cli *cli, const struct folder *d)
{
    static const char *const folders[] = { "", "/keys", "/.github", "/.github/workflows" };
    char path[256];

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
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
    if (d->builds)
        put_build(d);
    put_readme(d, address);
    put_rest(d);
    code = put_keys(cli, d);
    if (!code && !cli_has(cli, "dry-run"))
        code = write_files(cli, d);
    if (!code)
        cli_note(cli, "%s %s: %zu files; %s/README.md says what comes next%s",
                 cli_has(cli, "dry-run") ? "would make" : "made", d->name, d->n, d->name,
                 d->builds ? "" : ". There is no port for this chip yet: nothing is built");
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
        "CMake files, a small application, a fresh P-256 key whose private half version control ignores, "
        "a README with the chip's flash commands, and a workflow that checks the layout. For chips "
        "without a port the layout can be checked, explored and played with; nothing is built.",
    .operands =
        (const struct cli_operand[]){ { "NAME", "Of product and folder", false, false }, { 0 } },
    .options =
        (const struct cli_option[]){
            { "chip", 0, "CHIP", "Its chip; see 'bulkhead layout chips'", NULL, false, true },
            CLI_DRY_RUN,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead new lamp --chip stm32f407xe", "A folder lamp" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout assemble: bootloader, applications and data in place, one file for
 * each device. */
#include <stdlib.h>
#include <string.h>

#include "cli/image.h"
#include "cli/layout.h"
#include "host/layout/assemble.h"
#include "host/layout/write.h"
#include "host/form.h"

/* ---- what goes where ---- */

/* A partition, or a slot pair: then its primary slot. */
static int find_place(struct cli *cli, const struct layout *l, const char *name, int *out)
{
    int slot = layout_find_slot(l, name);

    *out = layout_find_partition(l, name);
    if (slot >= 0)
        *out = l->slots[slot].primary;
    if (*out >= 0)
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_in(l->path), "'bulkhead layout show' lists them.",
                    "there is no partition and no slot pair '%s'", name);
}

/* --image NAME=FILE */
static int put_given(struct cli *cli, struct layout_assembly *a, const char *text)
{
    const char *equals = strchr(text, '=');
    char *name = strdup(text);
    int partition, code;

    if (!name)
        abort();
    if (!equals || equals == text || !equals[1]) {
        free(name);
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "Write it as app=build/app.signed.bin.",
                        "option --image: '%s' is not NAME=FILE", text);
    }
    name[equals - text] = 0;
    code = find_place(cli, a->l, name, &partition);
    free(name);
    if (code == HOST_OK && layout_put(a, partition, equals + 1, &cli->error))
        code = cli_error(cli);
    return code;
}

static int put_all(struct cli *cli, struct layout_assembly *a)
{
    const char *bootloader = cli_value(cli, "bootloader");

    if (bootloader && a->l->boot.bootloader < 0)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(a->l->path), "Name one 'bootloader'.",
                        "there is no partition for the bootloader");
    if (bootloader && layout_put(a, a->l->boot.bootloader, bootloader, &cli->error))
        return cli_error(cli);
    for (size_t i = 0; i < cli_count(cli, "image"); i++) {
        int code = put_given(cli, a, cli_nth(cli, "image", i)[0]);

        if (code)
            return code;
    }
    if (layout_put_named(a, &cli->error))
        return cli_error(cli);
    if (a->n == 0)
        return cli_fail(
            cli, HOST_BAD_INPUT, host_in(a->l->path),
            "Say --bootloader FILE and --image app=FILE, or write 'image:' in the layout.",
            "there is nothing to assemble");
    return HOST_OK;
}

/* ---- would the bootloader start it? ---- */

static bool in_slot(const struct layout *l, int partition, uint32_t *most)
{
    for (size_t i = 0; i < l->n_slots; i++)
        if (l->slots[i].primary == partition || l->slots[i].secondary == partition) {
            *most = l->slots[i].image_max;
            return true;
        }
    return false;
}

static int verify(struct cli *cli, const struct layout_assembly *a)
{
    static uint8_t memory[CLI_VERIFY_MEMORY];
    struct bh_work work = { memory, sizeof memory };
    struct layout_product p;
    int code = HOST_OK;

    if (cli_has(cli, "no-verify") || !a->l->boot.given || a->l->boot.plan == LAYOUT_SELECT)
        return HOST_OK;
    if (layout_product(a->l, &p, &cli->error))
        code = cli_error(cli);
    for (size_t i = 0; i < a->n && code == HOST_OK; i++) {
        struct bh_verified v;
        struct cli_view view;
        uint32_t most;

        if (!in_slot(a->l, a->pieces[i].partition, &most))
            continue;
        cli_view(&a->pieces[i].bytes, &view);
        if (bh_verify(&p.product.policy, &view.view, most, 0, &work, &v) != BH_VERDICT_GOOD)
            code = cli_fail(cli, HOST_VERIFY, host_in(a->pieces[i].file),
                            v.reason == BH_REASON_NO_IMAGE
                                ? host_form_hint(a->pieces[i].bytes.data, a->pieces[i].bytes.len)
                                : "'bulkhead image verify' says more; --no-verify takes it "
                                  "nevertheless.",
                            "the bootloader of this layout would not start it: %s",
                            v.reason == BH_REASON_READ ? "the file ends before the image does"
                                                       : bh_reason_text(v.reason));
    }
    layout_product_free(&p);
    return code;
}

/* ---- writing ---- */

/* All devices' files, made before the first is written. */
static int make_all(struct cli *cli, const struct layout_assembly *a, enum layout_output form,
                    const char *ending, uint32_t family, struct layout_files *files)
{
    for (int d = 0; d < (int)a->l->n_devices; d++) {
        char name[LAYOUT_NAME_MAX + 8];
        struct host_bytes bytes;

        if (!layout_assembled_any(a, d))
            continue;
        if (layout_assembled(a, d, form, family, &bytes, &cli->error))
            return cli_error(cli);
        snprintf(name, sizeof name, "%s.%s", a->l->devices[d].name, ending);
        layout_files_add(files, name, bytes.data, bytes.len);
    }
    return HOST_OK;
}

static int write_all(struct cli *cli, const struct layout_files *files)
{
    const char *folder = cli_value(cli, "output");
    bool dry = cli_has(cli, "dry-run");

    if (layout_files_write(files, folder, dry, NULL, &cli->error))
        return cli_error(cli);
    for (size_t i = 0; i < files->n; i++)
        cli_note(cli, "%s %s/%s, %zu bytes", dry ? "would write" : "wrote", folder,
                 files->list[i].name, files->list[i].len);
    return HOST_OK;
}

static int assemble(struct cli *cli, const struct layout *l)
{
    static const char *const endings[] = { "bin", "hex", "uf2" };
    const char *format = cli_value(cli, "format"), *family_name = cli_value(cli, "family");
    struct layout_assembly a = { .l = l };
    struct layout_files files = { 0 };
    enum layout_output form = LAYOUT_BIN;
    uint32_t family = 0;
    int code;

    while (strcmp(endings[form], format) != 0)
        form++;
    if (form == LAYOUT_UF2 && (!family_name || !layout_uf2_family(family_name, &family)))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "For instance --family rp2350-arm-s.",
                        family_name ? "UF2: '%s' is no family" : "UF2 needs a --family%s",
                        family_name ? family_name : "");
    code = put_all(cli, &a);
    if (code == HOST_OK)
        code = verify(cli, &a);
    if (code == HOST_OK)
        code = make_all(cli, &a, form, endings[form], family, &files);
    if (code == HOST_OK)
        code = write_all(cli, &files);
    layout_files_free(&files);
    layout_assembly_free(&a);
    return code;
}

static int run(struct cli *cli)
{
    struct layout l;
    int code = cli_layout_good(cli, &l, cli->operands[0], false);

    if (code == HOST_OK)
        code = assemble(cli, &l);
    layout_free(&l);
    return code;
}

const struct cli_command cmd_layout_assemble = {
    .noun = "layout",
    .verb = "assemble",
    .summary = "Put bootloader, applications and data into one file for each device",
    .description = "Every file must fit its partition; an image in a slot must be one that the "
                   "bootloader of this layout would start. Files come from --bootloader, from "
                   "--image, and from 'image:' in the layout. An empty device gets no file. bin "
                   "begins at the start of the device; hex has addresses, or offsets where the "
                   "device is not mapped.",
    .operands = (const struct cli_operand[]){ CLI_LAYOUT_OPERAND, { 0 } },
    .options =
        (const struct cli_option[]){
            { "output", 'o', "FOLDER", "Where the files go: DEVICE.bin, .hex or .uf2", NULL, false,
              true },
            CLI_LAYOUT_BOOTLOADER,
            { "image", 0, "NAME=FILE", "A file for a partition, or for the primary slot of a pair",
              NULL, true, false },
            { "format", 0, "bin|hex|uf2", "Form of the files", "bin", false, false },
            { "family", 0, "NAME", "uf2: family of the blocks, a name or a number", NULL, false,
              false },
            { "no-verify", 0, NULL, "Take images that the bootloader would not start", NULL, false,
              false },
            CLI_DRY_RUN,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout assemble -o build --bootloader boot.bin --image app=app.signed.bin "
              "lamp.layout.yml",
              "build/internal.bin" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_VERIFY),
    .run = run,
};

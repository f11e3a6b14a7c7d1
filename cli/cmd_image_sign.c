/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead image sign: header, TLVs, signatures and trailer around a binary. Options and bytes are
 * imgtool's where it has the same. */
#include "cli/cli.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "host/core_key.h"
#include "cli/device.h"
#include "cli/hex.h"
#include "cli/image.h"
#include "cli/product.h"
#include "cli/wolfboot.h"
#include "host/chips/chips.h"
#include "host/ihex.h"
#include "host/sign_mcuboot.h"
#include "host/uuid.h"

/* Everything that the options become, and what must be freed. */
struct job {
    struct host_sign sign;
    uint32_t counter, irqs;
    uint8_t vid[16], cid[16];
    struct bh_image_dependency *dependencies;
    struct host_sign_tlv *custom;
    struct host_key *keys;
    struct host_bytes input;
    const struct bh_product *product; /* NULL: not known */
    const struct layout *layout;      /* that the product is from; NULL: none */
    size_t slot;                      /* of the product */
    uint32_t base;                    /* address of the first byte, if has_base */
    bool has_base;
};

#define USAGE(cli, hint, ...) cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), hint, __VA_ARGS__)

static int out_of_memory(struct cli *cli)
{
    return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
}

static void *table(struct cli *cli, const char *option, size_t size)
{
    return calloc(cli_count(cli, option) + 1, size);
}

static int numbers(struct cli *cli, struct job *job)
{
    struct host_sign *s = &job->sign;
    uint32_t erased = 0xFF, sha = 0, hex = 0;

    if (cli_u32(cli, "header-size", &s->header_size) || cli_u32(cli, "slot-size", &s->slot_size) ||
        cli_u32(cli, "align", &s->align) || cli_u32(cli, "max-align", &s->max_align) ||
        cli_u32(cli, "max-sectors", &s->max_sectors) || cli_u32(cli, "rom-fixed", &s->rom_fixed) ||
        cli_u32(cli, "load-addr", &s->load_addr) || cli_u32(cli, "erased-value", &erased) ||
        cli_u32(cli, "hex-addr", &hex) || cli_u32(cli, "irqs", &job->irqs))
        return HOST_BAD_INPUT;
    if (job->irqs > 496)
        return USAGE(cli, "A Cortex-M has 496 at most.", "--irqs %u is out of range", job->irqs);
    if (cli_has(cli, "slot-size") && !s->slot_size)
        return USAGE(cli, "Leave it out if the slot is not known.", "a slot of 0 bytes");
    if (s->max_sectors > 0x10000)
        return USAGE(cli, "65536 at most.", "--max-sectors %u is out of range", s->max_sectors);
    s->erased = (uint8_t)erased;
    if (strcmp(cli_value(cli, "sha"), "auto") != 0)
        cli_u32(cli, "sha", &sha);
    s->sha = sha;
    return HOST_OK;
}

static void switches(struct cli *cli, struct host_sign *s)
{
    s->pad_header = cli_has(cli, "pad-header");
    s->overwrite_only = cli_has(cli, "overwrite-only");
    s->non_bootable = cli_has(cli, "non-bootable");
    s->pure = cli_has(cli, "pure");
    s->pad_signature = cli_has(cli, "pad-sig");
    s->boot_record = cli_value(cli, "boot-record");
    s->full_key = strcmp(cli_value(cli, "public-key-format"), "full") == 0;
    if (cli_has(cli, "pad") || cli_has(cli, "test"))
        s->trailer = HOST_TRAILER_PAD;
    if (cli_has(cli, "confirm"))
        s->trailer = HOST_TRAILER_CONFIRM;
}

static int counter(struct cli *cli, struct job *job)
{
    const char *text = cli_value(cli, "security-counter");
    const struct bh_version *v = &job->sign.version;

    if (!text)
        return HOST_OK;
    job->sign.counter = &job->counter;
    job->counter = ((uint32_t)v->major << 24) + ((uint32_t)v->minor << 16) + v->revision;
    return strcmp(text, "auto") == 0 ? HOST_OK : cli_u32(cli, "security-counter", &job->counter);
}

/* "1:1.2.3", or imgtool's "(1, 1.2.3+0)" */
static bool dependency(const char *text, struct bh_image_dependency *out)
{
    char version[48];
    unsigned image;
    int end = 0;

    bool ours = sscanf(text, "%3u:%47[0-9.+]%n", &image, version, &end) == 2 && !text[end];
    if (!ours) {
        end = 0;
        if (sscanf(text, " (%3u , %47[0-9.+] )%n", &image, version, &end) != 2 || !end || text[end])
            return false;
    }
    out->pair = (uint8_t)image;
    return image <= 255 && cli_version(version, &out->version);
}

static int dependencies(struct cli *cli, struct job *job)
{
    size_t n = cli_count(cli, "dependency");

    job->dependencies = table(cli, "dependency", sizeof *job->dependencies);
    if (!job->dependencies)
        return out_of_memory(cli);
    for (size_t i = 0; i < n; i++) {
        const char *text = cli_nth(cli, "dependency", i)[0];

        if (!dependency(text, &job->dependencies[i]))
            return USAGE(cli, "Write it as IMAGE:VERSION, for instance 1:1.2.3+4.",
                         "dependency '%s' cannot be read", text);
    }
    job->sign.dependencies = job->dependencies;
    job->sign.n_dependencies = n;
    return HOST_OK;
}

/* "0x0102ff" is bytes; any other text is itself. Shortens text in place. */
static bool value_bytes(char *text, const uint8_t **data, size_t *len)
{
    *data = (const uint8_t *)text;
    *len = strlen(text);
    if (strncmp(text, "0x", 2) != 0)
        return true;
    return cli_from_hex(text + 2, (uint8_t *)text, *len, len);
}

static int custom_tlv(struct cli *cli, struct job *job, const char *const *values)
{
    struct host_sign_tlv *tlv = &job->custom[job->sign.n_custom];
    char *text = strdup(values[1]);
    const uint8_t *data;
    size_t len;
    uint32_t type;

    if (!text)
        return out_of_memory(cli);
    bool readable = value_bytes(text, &data, &len);
    tlv->data = (uint8_t *)text; /* freed with the table */
    job->sign.n_custom++;
    if (!cli_parse_u32(values[0], &type) || type > UINT16_MAX)
        return USAGE(cli, "Write it as 0x00a0 to 0xfffe.", "custom TLV type '%s' cannot be read",
                     values[0]);
    if (!readable || len > UINT16_MAX)
        return USAGE(cli, "Write 0x and two hex digits per byte, or plain text.",
                     "value of custom TLV %s cannot be read", values[0]);
    tlv->type = (uint16_t)type;
    tlv->len = (uint16_t)len;
    return HOST_OK;
}

static int custom(struct cli *cli, struct job *job)
{
    int code = HOST_OK;

    job->custom = table(cli, "custom-tlv", sizeof *job->custom);
    if (!job->custom)
        return out_of_memory(cli);
    job->sign.custom = job->custom;
    for (size_t i = 0; !code && i < cli_count(cli, "custom-tlv"); i++)
        code = custom_tlv(cli, job, cli_nth(cli, "custom-tlv", i));
    return code;
}

static int product_ids(struct cli *cli, struct job *job)
{
    const char *vid = cli_value(cli, "vid"), *cid = cli_value(cli, "cid");

    if (vid && host_uuid(vid, host_uuid_dns, job->vid))
        job->sign.vid = job->vid;
    if (cid && !host_uuid(cid, job->sign.vid, job->cid))
        return USAGE(cli, "Say --vid too, or give a UUID.",
                     "class '%s' is a name, and names belong to a vendor", cid);
    if (cid)
        job->sign.cid = job->cid;
    return HOST_OK;
}

static int keys(struct cli *cli, struct job *job)
{
    size_t n = cli_count(cli, "key");

    job->keys = table(cli, "key", sizeof *job->keys);
    if (!job->keys)
        return out_of_memory(cli);
    job->sign.keys = job->keys;
    for (; job->sign.n_keys < n; job->sign.n_keys++)
        if (host_key_load(cli_nth(cli, "key", job->sign.n_keys)[0], cli_value(cli, "passphrase"),
                          &job->keys[job->sign.n_keys], &cli->error))
            return cli_error(cli);
    return HOST_OK;
}

/* A command signs for the one key, of which the public part is enough. */
static int signer(struct cli *cli, struct job *job)
{
    const char *command = cli_value(cli, "signer");

    if (!command)
        return HOST_OK;
    if (job->sign.n_keys != 1)
        return USAGE(cli, "Give its public key with --key.",
                     "--signer signs for one key, and --key was given %zu times", job->sign.n_keys);
    job->keys[0].signer = command;
    return HOST_OK;
}

static unsigned asked_sha(struct cli *cli)
{
    uint32_t sha = 0;

    if (strcmp(cli_value(cli, "sha"), "auto") != 0)
        cli_u32(cli, "sha", &sha);
    return sha;
}

/* --layout with a sample's name: what the sample demands of its images whatever the key is, since
 * 'boot' takes other keys for it: the digest, the keys' types, the size. */
static int product(struct cli *cli, struct job *job)
{
    const char *name = cli_value(cli, "layout");
    struct bh_key core;

    if (job->layout || !name)
        return HOST_OK;
    job->product = cli_product(cli, name);
    if (!job->product)
        return cli->error.code;
    for (size_t i = 0; i < job->sign.n_keys; i++)
        if (!host_core_key(&job->keys[i], &core))
            return cli_fail(cli, HOST_BAD_INPUT, host_in(cli_nth(cli, "key", i)[0]),
                            "Use a P-256, Ed25519, RSA or LMS key.",
                            "the bootloader cannot verify signatures of type %s",
                            job->keys[i].type->name);
    unsigned sha = host_product_sha(job->keys, job->sign.n_keys), asked = asked_sha(cli);
    if (job->sign.pure && !job->product->policy.pure)
        return USAGE(cli, "Leave out --pure.", "%s does not verify pure signatures", name);
    if (asked && asked != sha)
        return USAGE(cli, "Leave out --sha.", "%s with such keys computes SHA-%u, not SHA-%u", name,
                     sha, asked);
    job->sign.sha = job->sign.pure ? 0 : sha;
    return HOST_OK;
}

/* ---- of a layout ---- */

static int find_slot(struct cli *cli, struct job *job)
{
    const char *name = cli_value(cli, "slot");
    const struct layout *l = job->layout;
    char known[512] = "";
    size_t n = 0;
    int slot;

    for (size_t i = 0; i < l->n_slots && n < sizeof known; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "The slots are ",
                              l->slots[i].name);
    if (n < sizeof known)
        snprintf(known + n, sizeof known - n, ".");
    slot = name ? layout_find_slot(l, name) : l->n_slots == 1 ? 0 : LAYOUT_NONE;
    if (slot == LAYOUT_NONE && name)
        return USAGE(cli, known, "%s has no slot '%s'", l->path, name);
    if (slot == LAYOUT_NONE)
        return USAGE(cli, known, "%s has %zu slots: say --slot NAME", l->path, l->n_slots);
    job->slot = (size_t)slot;
    return HOST_OK;
}

/* A number that the layout says: an option may repeat it, not contradict it. */
static int agree(struct cli *cli, const struct job *job, const char *option, uint32_t value,
                 uint32_t *field)
{
    if (cli_has(cli, option) && *field != value)
        return USAGE(cli, "Leave it out, or change the layout.",
                     "--%s 0x%x contradicts %s, where slot '%s' has 0x%x", option, *field,
                     job->layout->path, job->layout->slots[job->slot].name, value);
    *field = value;
    return HOST_OK;
}

static int slot_numbers(struct cli *cli, struct job *job)
{
    const struct layout_slot *s = &job->layout->slots[job->slot];
    const struct bh_pair *pair = &job->product->pairs[job->slot];
    uint32_t unit = pair->secondary.flash->unit;
    unsigned asked = asked_sha(cli);

    if (pair->primary.flash->unit > unit)
        unit = pair->primary.flash->unit;
    if (agree(cli, job, "header-size", s->header, &job->sign.header_size) ||
        agree(cli, job, "slot-size", pair->primary.len, &job->sign.slot_size) ||
        (s->load && agree(cli, job, "load-addr", s->load_address, &job->sign.load_addr)))
        return HOST_BAD_INPUT;
    if (asked && asked != job->layout->boot.hash_bits)
        return USAGE(cli, "Leave it out, or change the layout.",
                     "--sha %u contradicts %s, whose hash is SHA-%u", asked, job->layout->path,
                     job->layout->boot.hash_bits);
    job->sign.sha = job->sign.pure ? 0 : job->layout->boot.hash_bits;
    if (!cli_has(cli, "align") && unit <= 32)
        job->sign.align = unit;
    /* Without a trailer the limit is the layout's largest image, which is looked at below. */
    if (job->sign.trailer == HOST_TRAILER_NONE)
        job->sign.slot_size = 0;
    if (!cli_has(cli, "vid") && s->has_vendor_id)
        job->sign.vid = s->vendor_id;
    if (!cli_has(cli, "cid") && s->has_class_id)
        job->sign.cid = s->class_id;
    return HOST_OK;
}

/* Is one of the keys given one that the bootloader has for this slot? It is asked before a key is
 * used: an LMS signature must not be made for nothing. */
static int slot_keys(struct cli *cli, const struct job *job)
{
    const struct layout_boot *boot = &job->layout->boot;
    const struct bh_policy *policy = &job->product->policy;
    bool known = false, second = false; /* a key of each kind, if the bootloader demands two */
    struct bh_key core;

    for (size_t i = 0; i < job->sign.n_keys; i++)
        for (uint8_t k = 0; k < policy->n_keys; k++)
            if (boot->keys[k].slots >> job->slot & 1u && host_core_key(&job->keys[i], &core) &&
                core.algo == policy->keys[k].algo && core.len == policy->keys[k].len &&
                memcmp(core.bytes, policy->keys[k].bytes, core.len) == 0)
                *(k >= policy->n_keys - policy->n_second ? &second : &known) = true;
    if (policy->allow_unsigned || (known && (second || !policy->second)))
        return HOST_OK;
    if (known)
        return cli_fail(cli, HOST_VERIFY, host_in(cli_nth(cli, "key", 0)[0]),
                        "Give --key twice: a key of the layout, then one with 'second: yes'.",
                        "the bootloader of %s demands a second signature, by a key that it has",
                        job->layout->path);
    if (!job->sign.n_keys)
        return USAGE(cli, "Give the private key with --key.",
                     "%s wants signed images, and no key was given", job->layout->path);
    return cli_fail(cli, HOST_VERIFY, host_in(cli_nth(cli, "key", 0)[0]),
                    "Sign with the private part of a key that the layout names under keys:.",
                    "the bootloader of %s has no such key for slot '%s' and would refuse the image",
                    job->layout->path, job->layout->slots[job->slot].name);
}

/* --layout with a file: everything that the layout says of an image. */
static int of_layout(struct cli *cli, struct job *job)
{
    const char *path = cli_value(cli, "layout");

    if (path && !cli_names_layout(path)) /* a sample's name, see product() */
        path = NULL;
    if (!path && cli_has(cli, "slot"))
        return USAGE(cli, "Say --layout FILE too.", "--slot names a slot of a layout file");
    if (!path)
        return HOST_OK;
    job->product = cli_layout_product(cli, path);
    if (!job->product)
        return cli->error.code;
    job->layout = cli_product_layout(cli);
    if (find_slot(cli, job))
        return cli->error.code;
    if (job->layout->slots[job->slot].format != LAYOUT_MCUBOOT)
        return USAGE(cli,
                     "This command makes MCUboot images; see also 'bulkhead image "
                     "sign-espressif'.",
                     "slot '%s' of %s has images of another format",
                     job->layout->slots[job->slot].name, job->layout->path);
    if (slot_numbers(cli, job) || slot_keys(cli, job))
        return cli->error.code;
    return HOST_OK;
}

/* ---- what was made ---- */

static int check_product_size(struct cli *cli, const struct job *job, size_t used)
{
    uint32_t most = job->product ? job->product->pairs[job->slot].image_max : UINT32_MAX;

    if (used <= most)
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[0]),
                    "Make it smaller, or the slot larger.",
                    "image of %zu bytes is larger than the %u bytes that a slot of %s can take",
                    used, most, job->product->name);
}

/* What the bootloader of the layout would say of the image, by its own code. Other images that it
 * depends on are not at hand: that is not judged. */
static int check_verdict(struct cli *cli, const struct job *job, const struct host_bytes *image,
                         size_t used)
{
    static uint8_t memory[CLI_VERIFY_MEMORY];
    struct bh_work work = { memory, sizeof memory };
    struct host_bytes bytes = { image->data, used };
    struct bh_verified verified;
    struct cli_view view;

    if (!job->layout)
        return HOST_OK;
    cli_view(&bytes, &view);
    if (bh_verify(&job->product->policy, &view.view, job->product->pairs[job->slot].image_max, 0,
                  &work, &verified) == BH_VERDICT_GOOD)
        return HOST_OK;
    return cli_fail(cli, HOST_VERIFY, host_in(cli->operands[0]),
                    "Nothing was written. 'bulkhead boot explain' says more of a reason.",
                    "the bootloader of %s would refuse the image: %s", job->layout->path,
                    bh_reason_text(verified.reason));
}

static int input(struct cli *cli, struct job *job)
{
    const char *path = cli->operands[0];
    struct host_ihex hex;

    if (host_read_file(path, &job->input, &cli->error))
        return cli_error(cli);
    if (job->input.len == 0)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(path), "Is it the right file?",
                        "file is empty");
    if (job->input.len > 4 && memcmp(job->input.data, "\177ELF", 4) == 0)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(path),
                        "Make a binary of it: objcopy -O binary IN.elf OUT.bin.",
                        "is an ELF file, not a binary");
    if (!host_ihex_name(path))
        return HOST_OK;
    if (host_ihex_parse(path, &job->input, &hex, &cli->error))
        return cli_error(cli);
    host_bytes_free(&job->input);
    job->input = hex.bytes;
    job->base = hex.base;
    job->has_base = true;
    if (job->sign.pad_header && hex.base && hex.base < job->sign.header_size)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(path), "Link the application further up.",
                        "begins at 0x%x: no room for a header of 0x%x before it", hex.base,
                        job->sign.header_size);
    if (job->sign.pad_header && hex.base)
        job->base -= job->sign.header_size;
    return HOST_OK;
}

/* The chip that the image is for, by --chip, or the product's if it has an emulated board. */
static const struct chip *chip_of(struct cli *cli, const struct job *job)
{
    const char *name = cli_value(cli, "chip");

    if (name)
        return chip_find(name);
    if (job->layout)
        return job->layout->devices[job->layout->partitions[job->layout->boot.bootloader].device]
            .chip;
    for (size_t i = 0; job->product && chip_at(i); i++)
        if (chip_at(i)->board && strcmp(chip_at(i)->board, job->product->name) == 0)
            return chip_at(i);
    return NULL;
}

static int check_chip(struct cli *cli)
{
    const char *name = cli_value(cli, "chip"), *near = name ? chip_near(name) : NULL;

    if (!name || chip_find(name))
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "'bulkhead layout chips' lists them.",
                    "no chip is called '%s'%s%s%s", name, near ? " (did you mean '" : "",
                    near ? near : "", near ? "'?)" : "");
}

/* Most chips with a Cortex-M3 or above demand this much, some 1024. */
#define VECTORS_USUAL 512u

/* Where a vector table lies is fixed when the application is linked; a header of another size
 * makes an image that verifies and then crashes at its first interrupt. What counts is the number
 * of interrupts that the chip has, not of those that the application uses. */
static void check_vectors(struct cli *cli, const struct job *job)
{
    const struct host_sign *s = &job->sign;
    size_t room = s->pad_header ? 0 : s->header_size;
    const struct chip *chip = chip_of(cli, job);
    struct host_vectors v = { 0 };
    char why[120];

    if (job->input.len > room)
        v = host_vectors_find(job->input.data + room, job->input.len - room);
    if ((!v.found && !cli_has(cli, "irqs")) || (chip && !chip->vectors))
        return;
    if (!v.found)
        cli_warn(cli,
                 "%s: --irqs tells of a vector table, and none is found where the payload begins. "
                 "Is it an application of a Cortex-M, and does the file begin as it is linked?",
                 cli->operands[0]);
    if (cli_has(cli, "irqs")) {
        v.align = host_vectors_align(16 + job->irqs);
        snprintf(why, sizeof why, "%u entries", 16 + job->irqs);
    } else if (chip) {
        v.align = chip_vector_alignment(chip->vectors);
        snprintf(why, sizeof why, "%u entries on %s", chip->vectors, chip->name);
    } else if (v.align < VECTORS_USUAL) {
        snprintf(why, sizeof why, "%u are in use; a chip with more than %u interrupts demands more",
                 v.entries, v.align / 4 - 16);
        v.align = VECTORS_USUAL;
    } else {
        snprintf(why, sizeof why, "about %u entries", v.entries);
    }
    if (s->header_size % v.align == 0)
        return;
    cli_warn(
        cli,
        "%s: payload begins with a vector table (%s); on Cortex-M3 and up it must lie on a "
        "multiple of 0x%x, but the header puts it at 0x%x. Say --header-size 0x%x and link the "
        "application for that, or say which chip it is for: --chip NAME, or --irqs N.",
        cli->operands[0], why, v.align, s->header_size,
        (s->header_size + v.align - 1) / v.align * v.align);
}

/* Intel HEX: the image and the fields of the trailer, without the padding between them. */
static int format_hex(struct cli *cli, const struct job *job, const struct host_bytes *image,
                      size_t used, struct host_bytes *out)
{
    const struct host_sign *s = &job->sign;
    uint32_t base = job->base, align = host_trailer_align(s);
    struct host_ihex_run runs[3] = { { 0, image->data, used } };
    size_t n = 1;

    if (!job->has_base && !cli_has(cli, "hex-addr"))
        return USAGE(cli, "Say --hex-addr ADDRESS.",
                     "Intel HEX output needs an address, and the input has none");
    if (cli_u32(cli, "hex-addr", &base))
        return HOST_BAD_INPUT;
    if (image->len > UINT32_MAX - base)
        return USAGE(cli, "Choose a lower --hex-addr.", "image ends beyond 4 GiB");
    runs[0].addr = base;
    if (s->trailer == HOST_TRAILER_CONFIRM && !s->overwrite_only) {
        size_t off = image->len - bh_round_up(16, align) - align;

        runs[n++] = (struct host_ihex_run){ base + (uint32_t)off, image->data + off, align };
    }
    if (s->trailer != HOST_TRAILER_NONE) {
        size_t off = image->len - 16;

        runs[n++] = (struct host_ihex_run){ base + (uint32_t)off, image->data + off, 16 };
    }
    if (host_ihex_format(runs, n, out, &cli->error))
        return cli_error(cli);
    return HOST_OK;
}

static int report(struct cli *cli, const struct job *job, const struct host_bytes *image,
                  size_t used)
{
    const struct bh_version *v = &job->sign.version;
    bool dry = cli_has(cli, "dry-run");

    if (cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddStringToObject(json, "file", cli->operands[1]);
        cJSON_AddBoolToObject(json, "written", !dry);
        cli_json_version(json, "version", v);
        cJSON_AddNumberToObject(json, "image_size", (double)used);
        cJSON_AddNumberToObject(json, "file_size", (double)image->len);
        cJSON_AddNumberToObject(json, "signatures", (double)job->sign.n_keys);
        cJSON_AddNumberToObject(json, "sha", host_sign_sha(&job->sign));
        return cli_json(cli, json);
    }
    cli_note(cli, "%s %s: version %u.%u.%u+%u, %zu bytes%s%s", dry ? "would write" : "wrote",
             cli->operands[1], v->major, v->minor, v->revision, v->build, used,
             image->len > used ? ", padded to a whole slot" : "",
             job->sign.n_keys ? "" : ", not signed");
    return HOST_OK;
}

static int write_image(struct cli *cli, const struct job *job, struct host_output *out)
{
    struct host_bytes image = { 0 }, text = { 0 };
    size_t used = 0;

    if (host_sign_mcuboot(&job->sign, job->input.data, job->input.len, &image, &used, &cli->error))
        return cli_error(cli);
    int code = check_product_size(cli, job, used);
    if (!code)
        code = check_verdict(cli, job, &image, used);
    if (!code && host_ihex_name(cli->operands[1]))
        code = format_hex(cli, job, &image, used, &text);
    const struct host_bytes *what = text.data ? &text : &image;
    if (!code && out && host_output_commit(out, what->data, what->len, &cli->error))
        code = cli_error(cli);
    if (!code)
        code = report(cli, job, &image, used);
    host_bytes_free(&image);
    host_bytes_free(&text);
    return code;
}

/* The output is opened before keys are used: an LMS signature must not be made for nothing. */
static int sign(struct cli *cli, struct job *job)
{
    bool dry = cli_has(cli, "dry-run");
    struct host_output out;

    check_vectors(cli, job);
    if (host_same_file(cli->operands[0], cli->operands[1]))
        return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[1]),
                        "Choose another output file.", "the image would replace its input");
    if (cli_spare_keys(cli, cli->operands[1]))
        return HOST_BAD_INPUT;
    if (dry && cli_has(cli, "signer"))
        return USAGE(cli, "Leave out --dry-run.", "a dry run would have the command sign");
    for (size_t i = 0; dry && i < job->sign.n_keys; i++)
        if (job->keys[i].type->signature == BH_SIG_LMS)
            return USAGE(cli, "Leave out --dry-run.",
                         "a dry run would use up a signature of the LMS key");
    if (host_output_open(&out, cli->operands[1], 0644, true, &cli->error))
        return cli_error(cli);
    int code = HOST_OK;
    if (!host_ihex_name(cli->operands[1]) && host_output_check(&out, "", 1, &cli->error))
        code = cli_error(cli); /* an image is binary: a zero byte is one of its */
    if (!code)
        code = write_image(cli, job, dry ? NULL : &out);
    host_output_cancel(&out);
    return code;
}

static void job_free(struct job *job)
{
    for (size_t i = 0; i < job->sign.n_keys; i++)
        host_key_free(&job->keys[i]);
    for (size_t i = 0; i < job->sign.n_custom; i++)
        free((void *)(uintptr_t)job->custom[i].data);
    free(job->keys);
    free(job->custom);
    free(job->dependencies);
    host_bytes_free(&job->input);
}

static int run(struct cli *cli)
{
    struct job job = { .sign = HOST_SIGN_DEFAULTS };
    const char *version = cli_value(cli, "version");
    int code;

    if (cli_take_output(cli, 1))
        return cli->error.code;
    if (cli_signs_wolfboot(cli))
        return cli_sign_wolfboot(cli);
    if (cli->error.code || cli_not_wolfboot(cli))
        return cli->error.code;
    if (!cli_version(version, &job.sign.version))
        return USAGE(cli, "Write it as 1, 1.2, 1.2.3 or 1.2.3+4; 255.255.65535 at most.",
                     "version '%s' cannot be read", version);
    job.sign.input = cli->operands[0];
    switches(cli, &job.sign);
    code = numbers(cli, &job) || counter(cli, &job) || dependencies(cli, &job) ||
                   custom(cli, &job) || product_ids(cli, &job) || keys(cli, &job) ||
                   signer(cli, &job) || of_layout(cli, &job) || input(cli, &job) ||
                   product(cli, &job) || check_chip(cli)
               ? cli->error.code
               : sign(cli, &job);
    job_free(&job);
    return code;
}

const struct cli_command cmd_image_sign = {
    .noun = "image",
    .verb = "sign",
    .summary = "Make a signed image of a binary, in MCUboot's or wolfBoot's format",
    .description =
        "Puts header, TLVs and signatures around a binary or Intel HEX file (by its ending .hex). "
        "The bytes are those of imgtool for the same options; the options are imgtool's too, "
        "except that --key may be repeated: each key signs, and a bootloader that knows any one "
        "of them accepts the image.\n\n"
        "A payload that begins with a Cortex-M vector table is checked: if the header puts it "
        "where the chip's VTOR cannot point to, there is a warning.\n\n"
        "With --format wolfboot, or for a layout's slot of that format, the image is one of "
        "wolfBoot's, with the bytes of its own sign tool. Options from --no-sign on are that tool's; its "
        "`--custom-tlv TAG LEN VALUE` is `--custom-tlv TAG LEN:VALUE` here, and its operands KEY and "
        "VERSION are --key and --version. The header is as long as the layout or --header-size says, "
        "else as the tool makes it for such a key, and never longer.",
    .operands =
        (const struct cli_operand[]){
            { "INPUT", "Binary or Intel HEX", false, false },
            { "OUTPUT", "The same as --output: imgtool names it so", true, false },
            { 0 },
        },
    .options =
        (const struct cli_option[]){
            { "key", 'k', "FILE",
              "Sign with this private key, a file or a pkcs11: URI; without one, only a digest",
              NULL, true, false },
            { "signer", 0, "COMMAND",
              "Let this shell command sign; --key is then the public part. It gets the "
              "digest (with --pure: the image) on standard input and prints the signature",
              NULL, false, false },
            { "layout", 'l', "LAYOUT",
              "Sign for a slot of this layout, which gives header, alignment, hash, load "
              "address, ids and the largest image; an image that its bootloader would refuse "
              "is not made. A sample's name gives hash and largest image alone: the key may be "
              "any",
              NULL, false, false },
            { "slot", 0, "NAME", "Which slot of the layout; not needed if it has one", NULL, false,
              false },
            { "output", 'o', "FILE",
              "The image; replaced if it exists; Intel HEX if it ends in .hex", NULL, false,
              false },
            { "format", 0, "auto|mcuboot|wolfboot",
              "Format of the image; auto is the layout's, or else MCUboot's", "auto", false,
              false },
            { "version", 'v', "VERSION",
              "major[.minor[.revision[+build]]]; for wolfBoot one number", NULL, false, true },
            { "header-size", 'H', "BYTES", "Where the payload begins", "0x200", false, false },
            { "pad-header", 0, NULL,
              "Put the header before the input; without it, the input must begin with zeros as "
              "room for it",
              NULL, false, false },
            { "slot-size", 'S', "BYTES",
              "Size of the slot: an image that is too large is refused; needed for --pad", NULL,
              false, false },
            { "align", 0, "1|2|4|8|16|32", "Program unit of the flash, for the trailer", "1", false,
              false },
            { "max-align", 0, "8|16|32", "Space of a trailer field; without it 8, or --align", NULL,
              false, false },
            { "max-sectors", 'M', "N", "Room for this many sectors in the trailer", "128", false,
              false },
            { "overwrite-only", 0, NULL, "The small trailer of a bootloader that does not swap",
              NULL, false, false },
            { "pad", 0, NULL, "Fill the slot and put the magic at its end", NULL, false, false },
            { "test", 0, NULL, "Like --pad: install once, for a trial", NULL, false, false },
            { "confirm", 0, NULL, "Like --pad, and mark it as confirmed", NULL, false, false },
            { "security-counter", 's', "N",
              "Counter against downgrades; auto makes it from the version", NULL, false, false },
            { "dependency", 'd', "IMAGE:VERSION",
              "Needs that image in at least that version; imgtool's '(1, 1.2.3)' works too", NULL,
              true, false },
            { "custom-tlv", 0, "TYPE VALUE",
              "Protected TLV of a vendor type; 0x... is bytes, anything else text; for wolfBoot "
              "LEN:NUMBER, with 1, 2, 4 or 8 bytes",
              NULL, true, false },
            { "boot-record", 0, "TYPE", "Protected boot record for attestation; software type",
              NULL, false, false },
            { "vid", 0, "ID", "Vendor: a UUID, or a domain name to make one of", NULL, false,
              false },
            { "cid", 0, "ID", "Class: a UUID, or a name to make one of within --vid", NULL, false,
              false },
            { "pure", 0, NULL, "Ed25519 over the whole image instead of its digest", NULL, false,
              false },
            { "pad-sig", 0, NULL,
              "Zeros after an ECDSA signature, so that all images of one size are equally long",
              NULL, false, false },
            { "sha", 0, "auto|256|384|512", "Digest; auto is the one that fits the key", "auto",
              false, false },
            { "public-key-format", 0, "hash|full", "How the image names its key", "hash", false,
              false },
            { "rom-fixed", 'F', "ADDRESS", "Runs only in a slot at this address", NULL, false,
              false },
            { "load-addr", 'L', "ADDRESS", "Is copied to RAM and runs there", NULL, false, false },
            { "non-bootable", 0, NULL, "Is not started by itself", NULL, false, false },
            { "erased-value", 'R', "0|0xff", "What erased flash reads as", "0xff", false, false },
            { "hex-addr", 'x', "ADDRESS", "Address of Intel HEX output", NULL, false, false },
            { "chip", 0, "CHIP",
              "The chip, for the vector table check; see 'bulkhead layout chips'", NULL, false,
              false },
            { "irqs", 0, "N",
              "Interrupts of the chip, for the vector table check, if --chip does not know it",
              NULL, false, false },
            { "no-sign", 0, NULL, "wolfBoot: a digest, and no signature", NULL, false, false },
            { "ed25519", 0, NULL, "wolfBoot: the key must be of this kind; so the next ones", NULL,
              false, false },
            { "ecc256", 0, NULL, "wolfBoot: ECDSA P-256", NULL, false, false },
            { "rsa2048", 0, NULL, "wolfBoot: RSA, PKCS#1 v1.5 over the bare digest", NULL, false,
              false },
            { "rsa2048enc", 0, NULL, "wolfBoot: the same with a DigestInfo", NULL, false, false },
            { "rsa3072", 0, NULL, "wolfBoot: as rsa2048", NULL, false, false },
            { "rsa3072enc", 0, NULL, "wolfBoot: as rsa2048enc", NULL, false, false },
            { "rsapss2048", 0, NULL, "wolfBoot: RSA, PSS", NULL, false, false },
            { "rsapss3072", 0, NULL, "wolfBoot: RSA, PSS", NULL, false, false },
            { "lms", 0, NULL, "wolfBoot: LMS", NULL, false, false },
            { "ml_dsa", 0, NULL, "wolfBoot: ML-DSA, of any length", NULL, false, false },
            { "sha256", 0, NULL, "wolfBoot: digest SHA-256, which is the usual one", NULL, false,
              false },
            { "sha384", 0, NULL, "wolfBoot: digest SHA-384", NULL, false, false },
            { "sha3", 0, NULL, "wolfBoot: digest SHA3-384", NULL, false, false },
            { "id", 0, "N", "wolfBoot: partition that it is for; 1 is what is started", "1", false,
              false },
            { "wolfboot-update", 0, NULL, "wolfBoot: an update of wolfBoot itself, --id 0", NULL,
              false, false },
            { "no-ts", 0, NULL, "wolfBoot: no timestamp, so that equal inputs give equal bytes",
              NULL, false, false },
            { "custom-tlv-buffer", 0, "TAG HEX", "wolfBoot: an entry of these bytes", NULL, true,
              false },
            { "custom-tlv-string", 0, "TAG TEXT", "wolfBoot: an entry of this text", NULL, true,
              false },
            { "sha-only", 0, NULL, "wolfBoot: write the digest, for who signs elsewhere", NULL,
              false, false },
            { "manual-sign", 0, "FILE", "wolfBoot: put in this signature, made elsewhere", NULL,
              false, false },
            CLI_PASSPHRASE,
            CLI_DRY_RUN,
            CLI_JSON,
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "bulkhead image sign -k root.pem -v 1.2.0 --pad-header app.bin app.signed.bin",
              "Sign a binary that was linked for 0x200 after the slot's start" },
            { "bulkhead image sign -k root.pem -v 1.2.0 --pad-header -S 128K --confirm app.bin "
              "slot.bin",
              "A whole slot, for factory programming" },
            { "bulkhead image sign -k root.pem -v 1.2.0 --layout lamp.layout.yml --pad-header app.bin "
              "app.signed.bin",
              "For the bootloader of that layout" },
            { "bulkhead image sign --format wolfboot -k wolfboot_signing_private_key.der -v 7 "
              "app.bin app_v7_signed.bin",
              "As wolfBoot's sign tool does it" },
            { "bulkhead image sign -k root.pub.pem --signer 'ssh signer sign-digest' -v 1.2.0 "
              "--pad-header app.bin app.signed.bin",
              "The private key is elsewhere" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says =
        CLI_SAYS([HOST_VERIFY] =
                     "the bootloader of the layout would refuse the image; the reason was shown"),
    .run = run,
};

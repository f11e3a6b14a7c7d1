/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys the language has, and what each takes. The reader checks by these tables, and the JSON
 * Schema is printed from them. docs/layout.md says what they mean. */
#include "inner.h"

#include "host/near.h"

#include <ctype.h>
#include <string.h>

#define END                                                                                        \
    {                                                                                              \
        NULL, FIELD_NAME, NULL, NULL, 0, 0, NULL, 0                                                \
    }
#define PLAIN(name, kind, help)                                                                    \
    {                                                                                              \
        name, kind, help, NULL, 0, 0, NULL, 0                                                      \
    }
#define CHOICE(name, words, help)                                                                  \
    {                                                                                              \
        name, FIELD_CHOICE, help, words, 0, 0, NULL, 0                                             \
    }
#define INTEGER(name, low, high, help)                                                             \
    {                                                                                              \
        name, FIELD_INTEGER, help, NULL, low, high, NULL, 0                                        \
    }
#define MAP(name, table, count, help)                                                              \
    {                                                                                              \
        name, FIELD_MAP, help, NULL, 0, 0, table, count                                            \
    }
#define MAPS(name, table, count, help)                                                             \
    {                                                                                              \
        name, FIELD_MAPS, help, NULL, 0, 0, table, count                                           \
    }
#define OWN(name, schema, help)                                                                    \
    {                                                                                              \
        name, FIELD_OWN, help, schema, 0, 0, NULL, 0                                               \
    }

#define ANY_SIZE "{\"$ref\":\"#/$defs/size\"}"
#define NUMBER_OR "{\"anyOf\":[{\"$ref\":\"#/$defs/size\"},"

const struct field fields_pm[] = {
    PLAIN("region", FIELD_NAME, "Partition Manager's region"),
    PLAIN("device", FIELD_TEXT, "Partition Manager's device"),
    PLAIN("driver", FIELD_TEXT, "Partition Manager's default driver (Kconfig)"),
    PLAIN("domain", FIELD_NAME, "Partition Manager's domain: CPUNET"),
    END,
};

const struct field fields_load[] = {
    PLAIN("address", FIELD_OFFSET, "Where in RAM"),
    PLAIN("size", FIELD_SIZE, "Bytes of RAM"),
    END,
};

const struct field fields_window[] = {
    PLAIN("address", FIELD_OFFSET, "Where in RAM"),
    PLAIN("size", FIELD_SIZE, "Bytes of RAM"),
    PLAIN("execute", FIELD_YES, "'no': code is not executed there; yes"),
    END,
};

const struct field fields_recovery[] = {
    CHOICE("protocol", "smp|xmodem", "What it speaks over the console; smp"),
    INTEGER("window", 1, 60000, "Milliseconds that each start waits for a byte that asks for it"),
    INTEGER("pin", 0, 1023, "A pin that asks for it while it is low, as the port numbers them"),
    PLAIN("magic", FIELD_OFFSET,
          "A word of RAM that asks for it, and outlives a reset: its address"),
    END,
};

const struct field fields_device[] = {
    PLAIN("chip", FIELD_TEXT,
          "A chip of the table: 'bulkhead layout chips'. Its geometry is taken"),
    PLAIN("size", FIELD_SIZE, "Bytes of the device: 512K"),
    OWN("pages", "{\"type\":[\"integer\",\"string\"]}",
        "Erase pages from the start up: 4K, or 4x16K, 64K, 3x128K"),
    INTEGER("unit", 1, 512, "Program unit in bytes: a power of two, 1 to 512"),
    INTEGER("erased", 0, 255, "What an erased byte reads as: 0xFF or 0"),
    OWN("mapped", NUMBER_OR "{\"enum\":[0,false,\"no\"]}]}",
        "Address of offset 0, or 'no': the processor cannot read it by itself"),
    INTEGER("vectors", 1, 1024, "Entries of the processor's vector table"),
    PLAIN("port", FIELD_TEXT, "Which port drives it"),
    PLAIN("driver", FIELD_TEXT,
          "What drives a device that is not the processor's own flash: spi_nor"),
    MAP("ram", fields_load, LOAD_N, "RAM of the processor; without it, the chip's"),
    PLAIN("rom_copies_to", FIELD_OFFSET,
          "A mask ROM copies the bootloader from this device to this address, and starts it there"),
    PLAIN("dts", FIELD_TEXT, "Its node in the devicetree: \"&flash0\""),
    MAP("pm", fields_pm, PM_N, "Partition Manager's words for it"),
    END,
};

const struct field fields_align[] = {
    PLAIN("start", FIELD_SIZE, "The start is at a multiple of this"),
    PLAIN("end", FIELD_SIZE, "The end is at a multiple of this"),
    END,
};

const struct field fields_placement[] = {
    PLAIN("before", FIELD_REFS,
          "Directly before this partition, or 'end'; of a list, the first there is"),
    PLAIN("after", FIELD_REFS,
          "Directly after this partition, or 'start'; of a list, the first there is"),
    MAP("align", fields_align, ALIGN_N, "Start or end at multiples"),
    PLAIN("align_next", FIELD_SIZE, "The partition that follows starts at a multiple of this"),
    END,
};

const struct field fields_esp[] = {
    PLAIN("type", FIELD_TEXT, "Type in ESP-IDF's table: app, data, or a number"),
    PLAIN("subtype", FIELD_TEXT, "Subtype in ESP-IDF's table: ota_0, nvs, or a number"),
    OWN("flags", "{\"type\":\"array\",\"items\":{\"enum\":[\"encrypted\",\"readonly\"]}}",
        "encrypted, readonly"),
    END,
};

const struct field fields_dts[] = {
    PLAIN("label", FIELD_NAME, "Label of the node: slot0_partition"),
    PLAIN("name", FIELD_TEXT, "The property 'label': image-0"),
    PLAIN("read_only", FIELD_YES, "The property 'read-only'"),
    END,
};

const struct field fields_rp2350[] = {
    INTEGER("id", 0, 0xFFFFFFFFu, "Id in the RP2350's table"),
    PLAIN("families", FIELD_TEXTS, "UF2 families that it accepts: rp2350-arm-s, data"),
    PLAIN("permissions", FIELD_TEXT, "Permissions"),
    PLAIN("link", FIELD_TEXT, "The partition that it is linked to"),
    PLAIN("flags", FIELD_TEXTS, "What is true of it: ignored_during_arm_boot"),
    END,
};

const struct field fields_partition[] = {
    OWN("size",
        NUMBER_OR "{\"enum\":[\"rest\",\"auto\"]},"
                  "{\"type\":\"string\",\"pattern\":\"^[1-9][0-9]* pages?$\"}]}",
        "32K, 0x8000, '3 pages', 'rest' of the gap, or 'auto': what the journal or the image needs"),
    OWN("share_size",
        "{\"anyOf\":[{\"$ref\":\"#/$defs/refs\"},{\"type\":\"object\",\"properties\":{\"one_of\":"
        "{\"$ref\":\"#/$defs/refs\"}},\"required\":[\"one_of\"],\"additionalProperties\":false}]}",
        "As large as this partition; of a list, the first there is"),
    PLAIN("at", FIELD_OFFSET, "Where it begins, from the start of its device"),
    PLAIN("address", FIELD_OFFSET, "Where it begins, as an address of the processor"),
    PLAIN("region", FIELD_REF, "Its device; without it, the first one"),
    MAP("placement", fields_placement, PLACE_N, "Where it is to be, by others"),
    PLAIN("span", FIELD_REFS, "It is a container: these lie in it, one after the other"),
    PLAIN("inside", FIELD_REFS, "The container that it lies in; of a list, the first there is"),
    OWN("pages", NUMBER_OR "{\"enum\":[false,\"no\"]}]}",
        "'no': it need not begin and end on page borders. A size: on multiples of this instead"),
    PLAIN("image", FIELD_TEXT, "File that lies in it; it must fit"),
    OWN("affiliation", "true", "Partition Manager's; not looked at"),
    OWN("extra_params", "true", "Partition Manager's; not looked at"),
    MAP("esp", fields_esp, ESP_N_, "ESP-IDF's words for it"),
    MAP("dts", fields_dts, DTS_N, "The devicetree's words for it"),
    PLAIN("pm", FIELD_NAME, "Partition Manager's name for it"),
    MAP("rp2350", fields_rp2350, RP_N, "The RP2350's words for it"),
    END,
};

const struct field fields_slot[] = {
    PLAIN("primary", FIELD_REF, "The partition that the application runs in"),
    PLAIN("secondary", FIELD_REF, "The partition that the next image is staged in"),
    OWN("spare", "{\"type\":\"string\"}",
        "A partition, 'first of secondary', 'last of secondary' or 'page before trailer of "
        "secondary': flash that an update overwrites first"),
    CHOICE("format", "mcuboot|wolfboot|espressif", "Format of its images"),
    PLAIN("header", FIELD_SIZE, "Bytes of the image's header, before the vector table"),
    PLAIN(
        "chunk", FIELD_SIZE,
        "Bytes that one step moves: whole pages of both slots; without it, as few as there can be"),
    PLAIN("image_max", FIELD_SIZE, "Most bytes of an image; without it, what the places allow"),
    INTEGER("vectors", 1, 1024,
            "Entries of the application's vector table; without it, the chip's"),
    PLAIN("optional", FIELD_YES, "A blank slot does not keep the first pair from starting"),
    MAP("load", fields_load, LOAD_N, "The image is copied to RAM and runs there"),
    PLAIN("vendor_id", FIELD_TEXT, "UUID, or a domain name: images of other vendors are refused"),
    PLAIN("class_id", FIELD_TEXT, "UUID, or a name: images of other devices are refused"),
    END,
};

const struct field fields_key[] = {
    PLAIN("file", FIELD_TEXT, "Public key, PEM"),
    PLAIN("slots", FIELD_REFS, "The slots that it may sign for; without it, all"),
    PLAIN("second", FIELD_YES,
          "Makes second signatures: every image needs one by such a key, and one by another"),
    END,
};

const struct field fields_wolfboot[] = {
    PLAIN("sector", FIELD_SIZE,
          "WOLFBOOT_SECTOR_SIZE of the applications; without it, the largest page of the slots"),
    PLAIN("skip", FIELD_SIZE,
          "Bytes after the trailer: TRAILER_SKIP, and with ENCRYPT key and nonce (44, 32 or 48)"),
    PLAIN("flags_home", FIELD_YES, "FLAGS_HOME: both trailers are in BOOT"),
    PLAIN("flags_invert", FIELD_YES, "FLAGS_INVERT: states for flash that is erased to 0x00"),
    PLAIN("write_once", FIELD_YES, "NVM_FLASH_WRITEONCE: two sectors in turn"),
    END,
};

const struct field fields_boot[] = {
    PLAIN("bootloader", FIELD_REF,
          "The bootloader's partition; without it, the one named bootloader or mcuboot"),
    MAPS("slots", fields_slot, SLOT_N, "Slot pairs; the first one is started"),
    OWN("journal",
        "{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":2,\"maxItems\":2}",
        "The two partitions that are the bootloader's memory"),
    INTEGER("cuts", 1, 1000, "Power cuts in one update that the journal has room for; 16"),
    CHOICE("plan", "swap|overwrite|select", "How an update is done"),
    CHOICE("mailbox", "none|mcuboot|wolfboot|otadata", "Where the application leaves its requests"),
    MAP("wolfboot", fields_wolfboot, WOLFBOOT_N,
        "mailbox: wolfboot: how the applications' wolfBoot was built"),
    INTEGER("trial_boots", 1, 255, "Starts of an unconfirmed image before it is reverted; 1"),
    CHOICE("format", "mcuboot|wolfboot|espressif", "Format of images, for slots that name none"),
    CHOICE("hash", "sha256|sha384|sha512", "The only digest accepted; sha256"),
    OWN("keys",
        "{\"type\":\"array\",\"items\":{\"anyOf\":[{\"type\":\"string\"},{\"$ref\":"
        "\"#/$defs/key\"}]},\"maxItems\":8}",
        "Public keys, PEM: files, or {file, slots, second}"),
    PLAIN("allow_unsigned", FIELD_YES, "Images need no signature: anybody may write one"),
    PLAIN("allow_downgrade", FIELD_YES, "A staged image may be older than the running one"),
    PLAIN("need_counter", FIELD_YES, "An image without a security counter is refused"),
    PLAIN("pure", FIELD_YES,
          "Signatures over the whole image (Ed25519) are accepted beside those over its digest"),
    PLAIN("rescue", FIELD_YES,
          "An act that a bad page stops: put one image together again from its pieces"),
    PLAIN("table", FIELD_REF, "plan: select: the partition of ESP-IDF's table"),
    PLAIN("rollback", FIELD_YES, "plan: select: a new application is on trial"),
    PLAIN(
        "anti_rollback", FIELD_YES,
        "plan: select: secure versions below the board's floor do not start; a confirm raises it"),
    CHOICE(
        "chip", "esp32|esp32s3|esp32c3|esp32c6",
        "plan: select: what applications are built for; without it, the chip of the table's device"),
    OWN("load",
        "{\"anyOf\":[{\"$ref\":\"#/$defs/window\"},{\"type\":\"array\",\"items\":{\"$ref\":"
        "\"#/$defs/window\"},\"minItems\":1,\"maxItems\":8}]}",
        "plan: select: RAM that segments are copied to: a place, or a list of them"),
    PLAIN("app_mcuboot", FIELD_TEXT,
          "Version of bootutil in the applications in the field: \"2.1\""),
    OWN("recovery",
        "{\"anyOf\":[{\"enum\":[\"none\",\"smp\",\"xmodem\"]},{\"$ref\":\"#/$defs/recovery\"}]}",
        "What takes an image over the console when nothing can be started, or when it is asked for"),
    INTEGER("watchdog", 0, 600000,
            "Milliseconds of the watchdog that the bootloader starts and feeds; 0: none"),
    CHOICE("clock", "reset|fast", "The clock that the bootloader works at"),
    CHOICE(
        "hand_over", "plain|reset",
        "reset: the application finds every register as after reset, and its vector table must be "
        "aligned"),
    CHOICE("protect", "no|until_reset",
           "until_reset: nobody programs or erases the bootloader's pages until the next reset"),
    INTEGER(
        "brown_out", 0, 5000,
        "Millivolts of supply below which the bootloader erases and writes nothing; 0: not asked"),
    MAP("boot_record", fields_load, LOAD_N,
        "RAM in which the application finds what was started, and why"),
    CHOICE("speed", "small|fast", "Which build of the cryptography"),
    END,
};

const struct field fields_top[] = {
    INTEGER("layout", 1, 1, "Version of the language: 1"),
    PLAIN("product", FIELD_NAME, "Name of the product; prefix of what is generated"),
    PLAIN("base", FIELD_TEXT, "A layout that this one overrides keys of"),
    MAPS("devices", fields_device, DEV_N, "Flash devices; the first one is the default"),
    MAPS("partitions", fields_partition, PART_N,
         "Partitions, in order: each begins where the one before it ends"),
    MAP("boot", fields_boot, BOOT_N, "What the bootloader does with them"),
    END,
};

/* ---- numbers ---- */

static int digit(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10
                                        : 99;
}

bool number_read(const char *text, uint64_t *out, bool *negative)
{
    bool hex;
    unsigned base, shift = 0;
    uint64_t v = 0;

    *negative = text[0] == '-';
    text += *negative;
    hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    text += hex ? 2 : 0;
    base = hex ? 16 : 10;
    if (digit(*text) >= (int)base || (!hex && text[0] == '0' && isdigit((unsigned char)text[1])))
        return false;
    for (; digit(*text) < (int)base; text++)
        v = v > UINT64_MAX >> 8 ? v : v * base + (unsigned)digit(*text);
    if (*text == 'K' || *text == 'M') {
        shift = *text == 'K' ? 10 : 20;
        text++;
    }
    *out = v > UINT64_MAX >> 28 ? UINT64_MAX >> 8 : v << shift;
    return *text == 0;
}

uint32_t node_u32(const struct node *n)
{
    uint64_t v = 0;
    bool negative;

    if (n)
        number_read(n->text, &v, &negative);
    return (uint32_t)v;
}

/* ---- one value ---- */

static bool is_yes(const char *text, bool *out)
{
    static const char *const words[] = { "no", "yes", "false", "true" };

    for (int i = 0; i < 4; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i & 1;
            return true;
        }
    return false;
}

bool node_yes(const struct node *n)
{
    bool yes = false;

    return n && is_yes(n->text, &yes) && yes;
}

/* The place of text in "a|b|c", or -1. */
static int place_of(const char *text, const char *choices)
{
    size_t len = strlen(text);
    int i = 0;

    for (const char *c = choices;; c++, i++) {
        if (strncmp(c, text, len) == 0 && (c[len] == '|' || !c[len]) && len)
            return i;
        c = strchr(c, '|');
        if (!c)
            return -1;
    }
}

int node_choice(const struct node *n, const char *choices)
{
    return n ? place_of(n->text, choices) : -1;
}

char *node_text(const struct node *n)
{
    return n ? n->text : NULL;
}

#define WORDS_MAX 8u

/* The words of "a|b|c". */
struct words {
    char *list[WORDS_MAX + 1]; /* NULL ends */
};

static struct words words_of(struct layout *l, const char *choices)
{
    struct words w = { { NULL } };

    for (size_t n = 0; choices && n < WORDS_MAX; n++) {
        w.list[n] = arena_text(&l->inner->arena, choices, strcspn(choices, "|"));
        choices = strchr(choices, '|');
        choices = choices ? choices + 1 : NULL;
    }
    return w;
}

static const char *nth_word(size_t i, const void *context)
{
    return ((const struct words *)context)->list[i];
}

static char *joined(struct layout *l, const struct words *w)
{
    char *out = arena_format(&l->inner->arena, "%s", "");

    for (size_t i = 0; w->list[i]; i++)
        out = arena_format(&l->inner->arena, "%s%s%s", out, i ? ", " : "", w->list[i]);
    return out;
}

void suggest(struct layout *l, struct layout_finding *f, const char *typed,
             const char *(*next)(size_t i, const void *context), const void *context)
{
    const char *near = host_near(typed, next, context);

    if (near)
        remedy(l, f, "Did you mean '%s'?", near);
}

bool number_check(struct layout *l, const struct node *n, const char *key, bool zero)
{
    uint64_t v = 0;
    bool negative = false, number = number_read(n->text, &v, &negative);
    struct layout_finding *f;

    if (number && !negative && v <= UINT32_MAX && (v || zero))
        return true;
    if (!number && isdigit((unsigned char)n->text[0])) {
        f = FAULT(l, "number", &n->at, "%s: '%s' is not a number", key, n->text);
        remedy(l, f, "Write it as 131072, 0x20000, 128K or 1M (K is 1024).");
    } else if (!number) {
        f = FAULT(l, "number", &n->at, "%s: '%s' is text, and a number is needed", key, n->text);
        remedy(l, f, "Write it as 131072, 0x20000, 128K or 1M (K is 1024).");
    } else if (negative) {
        f = FAULT(l, "number", &n->at, "%s: %s is negative", key, n->text);
        remedy(l, f, "Offsets and sizes count up from the start of the device.");
    } else if (v == 0) {
        f = FAULT(l, "number", &n->at, "%s: 0 is no size", key);
        remedy(l, f, "Write how many bytes it has, or take the partition away.");
    } else {
        f = FAULT(l, "number", &n->at, "%s: %s is more than 4294967295", key, n->text);
        remedy(l, f, "Offsets and sizes have 32 bits.");
    }
    return false;
}

static bool say_integer(struct layout *l, const struct node *n, const struct field *f)
{
    uint64_t v = 0;
    bool negative = false;

    if (!n->quoted && number_read(n->text, &v, &negative) && !negative && v >= f->low &&
        v <= f->high)
        return true;
    struct layout_finding *said =
        n->quoted ? FAULT(l, "number", &n->at, "%s: '%s' is text, and a number is needed", f->name,
                          n->text)
        : f->low == f->high
            ? FAULT(l, "number", &n->at, "%s: '%s' is not %u", f->name, n->text, f->low)
            : FAULT(l, "number", &n->at, "%s: '%s' is not a number from %u to %u", f->name, n->text,
                    f->low, f->high);
    if (n->quoted)
        remedy(l, said, "Write it without quotes.");
    else if (f->low == f->high)
        remedy(l, said, "This program knows one version of the language, %u.", f->low);
    return false;
}

static bool is_identifier(const char *text)
{
    size_t len = strlen(text);

    if (!len || len > LAYOUT_NAME_MAX || isdigit((unsigned char)text[0]))
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '_')
            return false;
    return true;
}

bool name_check(struct layout *l, const struct node *n, const char *what)
{
    if (is_identifier(n->text))
        return true;
    remedy(l, FAULT(l, "name", &n->at, "'%.80s' is no name of %s", n->text, what),
           "Use letters, digits and _, a letter first, %u at most: it becomes a name in C.",
           LAYOUT_NAME_MAX);
    return false;
}

/* A scalar, or a list of scalars. */
static bool say_texts(struct layout *l, const struct node *n, const char *key)
{
    if (n->kind == NODE_SCALAR && n->text[0])
        return true;
    if (n->kind == NODE_LIST) {
        for (const struct node *i = n->first; i; i = i->next)
            if (i->kind != NODE_SCALAR || !i->text[0]) {
                FAULT(l, "kind", &i->at, "%s: a name is needed here", key);
                return false;
            }
        return true;
    }
    FAULT(l, "kind", &n->at, "%s: a name or a list of names is needed", key);
    return false;
}

static bool say_choice(struct layout *l, const struct node *n, const struct field *f)
{
    struct words w;

    if (place_of(n->text, f->choices) >= 0)
        return true;
    w = words_of(l, f->choices);
    suggest(l,
            FAULT(l, "choice", &n->at, "%s: '%s' is none of %s", f->name, n->text, joined(l, &w)),
            n->text, nth_word, &w);
    return false;
}

static const char *kind_name(enum node_kind kind)
{
    return kind == NODE_SCALAR ? "a single value" : kind == NODE_LIST ? "a list" : "a map of keys";
}

/* Is it what the field takes? Says what is wrong with it. */
static bool fits(struct layout *l, const struct node *n, const struct field *f)
{
    bool map = f->kind == FIELD_MAP || f->kind == FIELD_MAPS, yes;

    if (f->kind == FIELD_OWN)
        return true;
    if (f->kind == FIELD_TEXTS || f->kind == FIELD_REFS)
        return say_texts(l, n, f->name);
    if (map != (n->kind == NODE_MAP) || (!map && n->kind != NODE_SCALAR)) {
        FAULT(l, "kind", &n->at, "%s: %s is here, and %s is needed", f->name, kind_name(n->kind),
              map ? kind_name(NODE_MAP) : kind_name(NODE_SCALAR));
        return false;
    }
    if (!map && !n->text[0]) {
        FAULT(l, "kind", &n->at, "%s: nothing is written here", f->name);
        return false;
    }
    switch (f->kind) {
    case FIELD_NAME: return name_check(l, n, f->name);
    case FIELD_SIZE: return number_check(l, n, f->name, false);
    case FIELD_OFFSET: return number_check(l, n, f->name, true);
    case FIELD_INTEGER: return say_integer(l, n, f);
    case FIELD_CHOICE: return say_choice(l, n, f);
    case FIELD_YES:
        if (is_yes(n->text, &yes))
            return true;
        FAULT(l, "choice", &n->at, "%s: '%s' is neither yes nor no", f->name, n->text);
        return false;
    default: return true;
    }
}

/* ---- one map ---- */

struct few {
    const struct field *fields;
    size_t n;
};

static const char *nth_field(size_t i, const void *context)
{
    const struct few *few = context;

    return i < few->n ? few->fields[i].name : NULL;
}

static char *all_fields(struct layout *l, const struct field *fields, size_t n)
{
    char *out = arena_format(&l->inner->arena, "%s", "");

    for (size_t i = 0; i < n; i++)
        out = arena_format(&l->inner->arena, "%s%s%s", out, i ? ", " : "", fields[i].name);
    return out;
}

void fields_take(struct layout *l, const struct node *map, const struct field *fields, size_t n,
                 const char *what, const struct node **got)
{
    memset(got, 0, n * sizeof *got);
    for (const struct node *v = map->first; v; v = v->next) {
        size_t i = 0;

        while (i < n && strcmp(fields[i].name, v->key->text) != 0)
            i++;
        if (i == n) {
            struct layout_finding *f =
                FAULT(l, "unknown-key", &v->key->at, "%s has no key '%s'", what, v->key->text);

            suggest(l, f, v->key->text, nth_field, &(struct few){ fields, n });
            if (f && !f->remedy)
                remedy(l, f, "It has: %s.", all_fields(l, fields, n));
        } else if (!got[i] && fits(l, v, &fields[i])) {
            got[i] = v;
        }
    }
}

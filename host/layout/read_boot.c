/* SPDX-License-Identifier: Apache-2.0 */
/* The section `boot:` as it is written. boot.c works out what follows from it. */
#include "inner.h"

#include "host/uuid.h"

#include <string.h>

static const char *nth_partition(size_t i, const void *context)
{
    const struct layout *l = context;

    return i < l->n_partitions ? l->partitions[i].name : NULL;
}

static const char *nth_slot(size_t i, const void *context)
{
    const struct layout *l = context;

    return i < l->n_slots ? l->slots[i].name : NULL;
}

/* A partition by name; what: "app: primary". */
static int partition_named(struct layout *l, const struct node *n, const char *what)
{
    int i = index_find(&l->inner->names, n->text);

    if (i == LAYOUT_NONE)
        suggest(l,
                FAULT(l, "unknown-name", &n->at, "%s: there is no partition '%s'", what, n->text),
                n->text, nth_partition, l);
    return i;
}

static bool has_key(const struct node *map, const char *name)
{
    for (const struct node *v = map->first; v; v = v->next)
        if (strcmp(v->key->text, name) == 0)
            return true;
    return false;
}

/* ---- slots ---- */

static void read_spare(struct layout *l, struct layout_slot *s, const struct node *n)
{
    static const struct {
        const char *text;
        enum layout_spare kind;
    } words[] = { { "first of secondary", LAYOUT_SPARE_FIRST },
                  { "last of secondary", LAYOUT_SPARE_LAST },
                  { "page before trailer of secondary", LAYOUT_SPARE_BEFORE_TRAILER } };

    s->spare_written = true;
    s->at_spare = n->at;
    if (n->kind != NODE_SCALAR) {
        FAULT(l, "kind", &n->at, "spare: a single value is needed");
        return;
    }
    for (size_t i = 0; i < 3; i++)
        if (strcmp(n->text, words[i].text) == 0)
            s->spare_kind = words[i].kind;
    if (s->spare_kind != LAYOUT_SPARE_NONE)
        return;
    if (strchr(n->text, ' ')) {
        remedy(
            l, FAULT(l, "choice", &n->at, "spare: '%s' is not understood", n->text),
            "Write a partition's name, 'first of secondary', 'last of secondary' or 'page before "
            "trailer of secondary'.");
        return;
    }
    s->spare = partition_named(l, n, "spare");
    if (s->spare != LAYOUT_NONE)
        s->spare_kind = LAYOUT_SPARE_PARTITION;
}

static void read_load(struct layout *l, struct layout_slot *s, const struct node *map)
{
    const struct node *got[LOAD_N];

    fields_take(l, map, fields_load, LOAD_N, "load", got);
    s->load = true;
    s->at_load = map->key->at;
    s->load_address = node_u32(got[LOAD_ADDRESS]);
    s->load_size = node_u32(got[LOAD_SIZE]);
    if (!has_key(map, "address") || !has_key(map, "size"))
        remedy(l, FAULT(l, "load", &map->at, "%s: load needs address and size", s->name),
               "Write 'load: {address: 0x20000000, size: 64K}'.");
}

static void read_id(struct layout *l, const struct node *n, const uint8_t *space, uint8_t id[16],
                    bool *has)
{
    *has = n != NULL;
    if (n && !host_uuid(n->text, space, id))
        remedy(l, FAULT(l, "choice", &n->at, "'%s' is no UUID", n->text),
               "A name needs the name of its vendor beside it: write vendor_id too.");
}

static void read_ids(struct layout *l, struct layout_slot *s, const struct node *const *got)
{
    read_id(l, got[SLOT_VENDOR_ID], host_uuid_dns, s->vendor_id, &s->has_vendor_id);
    read_id(l, got[SLOT_CLASS_ID], s->has_vendor_id ? s->vendor_id : NULL, s->class_id,
            &s->has_class_id);
}

static int slot_side(struct layout *l, const struct node *map, const struct node *n,
                     const char *which, const char *slot)
{
    if (n)
        return partition_named(l, n, which);
    if (!has_key(map, which))
        remedy(l, FAULT(l, "missing", &map->key->at, "%s: it has no %s slot", slot, which),
               "Write '%s: PARTITION'.", which);
    return LAYOUT_NONE;
}

static const uint32_t usual_header[] = {
    [LAYOUT_MCUBOOT] = 0x200,
    [LAYOUT_WOLFBOOT] = 0x100,
    [LAYOUT_ESPRESSIF] = 0x20,
};

static void read_slot(struct layout *l, struct layout_slot *s, const struct node *map,
                      const struct node *format)
{
    const struct node *got[SLOT_N];

    *s = (struct layout_slot){ .name = map->key->text, .at = map->key->at, .spare = LAYOUT_NONE };
    s->at_spare = s->at_header = s->at_image_max = map->key->at;
    fields_take(l, map, fields_slot, SLOT_N, "a slot pair", got);
    s->primary = slot_side(l, map, got[SLOT_PRIMARY], "primary", s->name);
    s->secondary = slot_side(l, map, got[SLOT_SECONDARY], "secondary", s->name);
    if (got[SLOT_SPARE])
        read_spare(l, s, got[SLOT_SPARE]);
    format = got[SLOT_FORMAT] ? got[SLOT_FORMAT] : format;
    if (!format && !has_key(map, "format"))
        remedy(
            l,
            FAULT(l, "missing", &map->key->at, "%s: the format of its images is missing", s->name),
            "Write 'format: mcuboot', 'wolfboot' or 'espressif'.");
    if (format)
        s->format = (enum layout_format)node_choice(format, "mcuboot|wolfboot|espressif");
    s->header = got[SLOT_HEADER] ? node_u32(got[SLOT_HEADER]) : usual_header[s->format];
    if (got[SLOT_HEADER])
        s->at_header = got[SLOT_HEADER]->at;
    s->chunk_written = node_u32(got[SLOT_CHUNK]);
    if (got[SLOT_CHUNK])
        s->at_chunk = got[SLOT_CHUNK]->at;
    s->image_max = node_u32(got[SLOT_IMAGE_MAX]);
    s->image_max_written = got[SLOT_IMAGE_MAX] != NULL;
    if (s->image_max_written)
        s->at_image_max = got[SLOT_IMAGE_MAX]->at;
    s->vectors = (uint16_t)node_u32(got[SLOT_VECTORS]);
    s->optional = node_yes(got[SLOT_OPTIONAL]);
    if (got[SLOT_LOAD])
        read_load(l, s, got[SLOT_LOAD]);
    read_ids(l, s, got);
}

static void read_slots(struct layout *l, const struct node *map, const struct node *format)
{
    l->slots = arena_get(&l->inner->arena, (BH_PAIRS_MAX + 1) * sizeof *l->slots);
    for (const struct node *n = map->first; n; n = n->next) {
        if (l->n_slots == BH_PAIRS_MAX) {
            FAULT(l, "limit", &n->key->at, "%s: more than %u slot pairs", n->key->text,
                  BH_PAIRS_MAX);
            return;
        }
        name_check(l, n->key, "a slot pair");
        if (n->kind != NODE_MAP)
            remedy(
                l,
                FAULT(l, "kind", &n->at, "%s: keys are needed, in { } or indented", n->key->text),
                "Write '%s: {primary: ..., secondary: ..., spare: ...}'.", n->key->text);
        else if (layout_find_slot(l, n->key->text) == LAYOUT_NONE)
            read_slot(l, &l->slots[l->n_slots++], n, format);
    }
}

/* ---- keys ---- */

static uint32_t key_slots(struct layout *l, const struct node *n)
{
    uint32_t bits = 0;

    for (const struct node *i = n->kind == NODE_LIST ? n->first : n; i;
         i = n->kind == NODE_LIST ? i->next : NULL) {
        int slot = layout_find_slot(l, i->text);

        if (slot == LAYOUT_NONE)
            suggest(l,
                    FAULT(l, "unknown-name", &i->at, "keys: there is no slot pair '%s'", i->text),
                    i->text, nth_slot, l);
        bits |= slot == LAYOUT_NONE ? UINT32_MAX : 1u << slot;
    }
    return bits;
}

static void read_key(struct layout *l, struct layout_boot *b, const struct node *n)
{
    const struct node *got[KEY_N] = { NULL }, *file = n;
    struct layout_key *k = &b->keys[b->n_keys];

    if (b->n_keys == LAYOUT_KEYS_MAX) {
        FAULT(l, "limit", &n->at, "keys: more than %u", LAYOUT_KEYS_MAX);
        return;
    }
    if (n->kind == NODE_MAP) {
        fields_take(l, n, fields_key, KEY_N, "a key", got);
        file = got[KEY_FILE];
    }
    if (!file || file->kind != NODE_SCALAR || !file->text[0]) {
        remedy(l, FAULT(l, "kind", &n->at, "keys: the file of a public key is needed here"),
               "Write 'keys/release.pub.pem', or '{file: keys/release.pub.pem, slots: [app]}'.");
        return;
    }
    k->path = file->text;
    k->at = file->at;
    k->slots = got[KEY_SLOTS] ? key_slots(l, got[KEY_SLOTS]) : UINT32_MAX;
    k->second = node_yes(got[KEY_SECOND]);
    b->n_keys++;
}

/* In the order of the product: keys that make second signatures after the others. */
static void second_last(struct layout_boot *b)
{
    struct layout_key all[LAYOUT_KEYS_MAX];
    uint8_t n = 0;

    memcpy(all, b->keys, sizeof all);
    for (unsigned second = 0; second < 2; second++)
        for (uint8_t i = 0; i < b->n_keys; i++)
            if (all[i].second == (second != 0))
                b->keys[n++] = all[i];
}

static void read_keys(struct layout *l, struct layout_boot *b, const struct node *n)
{
    b->at_keys = n->at;
    if (n->kind == NODE_SCALAR)
        read_key(l, b, n);
    else if (n->kind == NODE_MAP)
        FAULT(l, "kind", &n->at, "keys: a list of files is needed");
    for (const struct node *i = n->kind == NODE_LIST ? n->first : NULL; i; i = i->next)
        read_key(l, b, i);
    second_last(b);
}

/* ---- the rest ---- */

static void read_journal(struct layout *l, struct layout_boot *b, const struct node *n)
{
    const struct node *first = n->first, *second = first ? first->next : NULL;

    b->at_journal = n->at;
    if (n->kind != NODE_LIST || n->n != 2 || first->kind != NODE_SCALAR ||
        second->kind != NODE_SCALAR) {
        remedy(l, FAULT(l, "journal", &n->at, "journal: it is two partitions"),
               "Write 'journal: [journal_a, journal_b]'.");
        return;
    }
    b->journal[0] = partition_named(l, first, "journal");
    b->journal[1] = partition_named(l, second, "journal");
    if (b->journal[0] != b->journal[1] || b->journal[0] == LAYOUT_NONE)
        return;
    remedy(l, FAULT(l, "journal", &second->at, "journal: both are '%s'", second->text),
           "It needs two partitions: one is erased while the other one counts.");
    b->journal[1] = LAYOUT_NONE;
}

/* A place in RAM that segments go to. */
static void read_window(struct layout *l, struct layout_boot *b, const struct node *map)
{
    const struct node *got[WINDOW_N];
    struct layout_window *w = &b->windows[b->n_windows];

    if (map->kind != NODE_MAP) {
        remedy(l, FAULT(l, "kind", &map->at, "load: a place in RAM is needed"),
               "Write 'load: {address: 0x80000000, size: 256K}', or a list of such.");
        return;
    }
    if (b->n_windows == LAYOUT_WINDOWS_MAX) {
        FAULT(l, "limit", &map->at, "load: more than %u places", LAYOUT_WINDOWS_MAX);
        return;
    }
    fields_take(l, map, fields_window, WINDOW_N, "load", got);
    *w = (struct layout_window){ .at = map->at,
                                 .address = node_u32(got[WINDOW_ADDRESS]),
                                 .size = node_u32(got[WINDOW_SIZE]),
                                 .data = got[WINDOW_EXECUTE] && !node_yes(got[WINDOW_EXECUTE]) };
    if (!has_key(map, "address") || !has_key(map, "size"))
        remedy(l, FAULT(l, "load", &map->at, "boot: load needs address and size"),
               "Write 'load: {address: 0x80000000, size: 256K}'.");
    if (got[WINDOW_ADDRESS] && got[WINDOW_SIZE])
        b->n_windows++;
}

static void read_windows(struct layout *l, struct layout_boot *b, const struct node *n)
{
    b->at_load = n->key->at;
    if (n->kind != NODE_LIST)
        read_window(l, b, n);
    for (const struct node *i = n->kind == NODE_LIST ? n->first : NULL; i; i = i->next)
        read_window(l, b, i);
    if (n->kind == NODE_LIST && !n->first)
        remedy(l, FAULT(l, "load", &n->at, "boot: load names no place in RAM"),
               "Write 'load: {address: 0x80000000, size: 256K}', or leave it out.");
}

static void read_wolfboot(struct layout *l, struct layout_boot *b, const struct node *map)
{
    const struct node *got[WOLFBOOT_N];

    b->wolfboot.given = true;
    b->wolfboot.at = map->key->at;
    fields_take(l, map, fields_wolfboot, WOLFBOOT_N, "wolfboot", got);
    b->wolfboot.sector = node_u32(got[WOLFBOOT_SECTOR]);
    b->wolfboot.skip = node_u32(got[WOLFBOOT_SKIP]);
    b->wolfboot.flags_home = node_yes(got[WOLFBOOT_FLAGS_HOME]);
    b->wolfboot.flags_invert = node_yes(got[WOLFBOOT_FLAGS_INVERT]);
    b->wolfboot.write_once = node_yes(got[WOLFBOOT_WRITE_ONCE]);
}

/* One word, or a protocol and what asks for it. */
static void read_recovery(struct layout *l, struct layout_boot *b, const struct node *n)
{
    const struct node *got[RECOVERY_N];
    int word = n->kind == NODE_SCALAR ? node_choice(n, "none|smp|xmodem") : 1;

    b->at_recovery = n->at;
    if (n->kind == NODE_LIST || word < 0) {
        remedy(l, FAULT(l, "choice", &n->at, "recovery: none, smp or xmodem is needed"),
               "Write 'recovery: smp', or 'recovery: {protocol: smp, window: 200}'.");
        return;
    }
    b->recovery = (enum layout_recovery)word;
    if (n->kind == NODE_SCALAR)
        return;
    fields_take(l, n, fields_recovery, RECOVERY_N, "recovery", got);
    if (got[RECOVERY_PROTOCOL])
        b->recovery = (enum layout_recovery)(1 + node_choice(got[RECOVERY_PROTOCOL], "smp|xmodem"));
    b->recovery_window = node_u32(got[RECOVERY_WINDOW]);
    b->recovery_has_pin = got[RECOVERY_PIN] != NULL;
    b->recovery_pin = node_u32(got[RECOVERY_PIN]);
    b->recovery_has_magic = got[RECOVERY_MAGIC] != NULL;
    b->recovery_magic = node_u32(got[RECOVERY_MAGIC]);
}

static void read_record(struct layout *l, struct layout_boot *b, const struct node *map)
{
    const struct node *got[LOAD_N];

    fields_take(l, map, fields_load, LOAD_N, "boot_record", got);
    b->at_record = map->key->at;
    b->record_address = node_u32(got[LOAD_ADDRESS]);
    b->record_size = node_u32(got[LOAD_SIZE]);
    if (!has_key(map, "address") || !has_key(map, "size"))
        remedy(l, FAULT(l, "boot-record", &map->at, "boot_record needs address and size"),
               "Write 'boot_record: {address: 0x2003FF00, size: 256}'.");
}

/* A choice whose first word is the default. */
static int choice(const struct node *n, const char *choices)
{
    return n ? node_choice(n, choices) : 0;
}

static int read_bootloader(struct layout *l, const struct node *n)
{
    static const char *const usual[] = { "bootloader", "mcuboot" };
    int found = LAYOUT_NONE;

    if (n)
        return partition_named(l, n, "bootloader");
    for (size_t i = 0; i < 2 && found == LAYOUT_NONE; i++)
        found = index_find(&l->inner->names, usual[i]);
    return found;
}

void read_boot(struct layout *l, const struct node *map)
{
    static const uint16_t bits[] = { 256, 384, 512 };
    const struct node *got[BOOT_N];
    struct layout_boot *b = &l->boot;

    fields_take(l, map, fields_boot, BOOT_N, "boot", got);
    b->given = true;
    b->at = map->key->at;
    b->at_keys = b->at_mailbox = b->at_journal = b->at_hash = b->at;
    b->bootloader = read_bootloader(l, got[BOOT_BOOTLOADER]);
    b->plan = (enum layout_plan)choice(got[BOOT_PLAN], "swap|overwrite|select");
    b->mailbox = (enum layout_mailbox)choice(got[BOOT_MAILBOX], "none|mcuboot|wolfboot|otadata");
    if (got[BOOT_MAILBOX])
        b->at_mailbox = got[BOOT_MAILBOX]->at;
    b->wolfboot.at = b->at_mailbox;
    if (got[BOOT_WOLFBOOT])
        read_wolfboot(l, b, got[BOOT_WOLFBOOT]);
    b->format = (enum layout_format)choice(got[BOOT_FORMAT], "mcuboot|wolfboot|espressif");
    if (got[BOOT_SLOTS])
        read_slots(l, got[BOOT_SLOTS], got[BOOT_FORMAT]);
    if (got[BOOT_JOURNAL])
        read_journal(l, b, got[BOOT_JOURNAL]);
    b->cuts = got[BOOT_CUTS] ? node_u32(got[BOOT_CUTS]) : LAYOUT_CUTS;
    b->trial_boots = got[BOOT_TRIAL_BOOTS] ? (uint8_t)node_u32(got[BOOT_TRIAL_BOOTS]) : 1;
    b->hash_bits = bits[choice(got[BOOT_HASH], "sha256|sha384|sha512")];
    if (got[BOOT_HASH])
        b->at_hash = got[BOOT_HASH]->at;
    if (got[BOOT_KEYS])
        read_keys(l, b, got[BOOT_KEYS]);
    b->allow_unsigned = node_yes(got[BOOT_ALLOW_UNSIGNED]);
    b->allow_downgrade = node_yes(got[BOOT_ALLOW_DOWNGRADE]);
    b->need_counter = node_yes(got[BOOT_NEED_COUNTER]);
    b->pure = node_yes(got[BOOT_PURE]);
    b->rescue = node_yes(got[BOOT_RESCUE]);
    b->at_pure = got[BOOT_PURE] ? got[BOOT_PURE]->at : b->at;
    b->at_rescue = got[BOOT_RESCUE] ? got[BOOT_RESCUE]->at : b->at;
    b->table = got[BOOT_TABLE] ? partition_named(l, got[BOOT_TABLE], "table") : LAYOUT_NONE;
    b->rollback = node_yes(got[BOOT_ROLLBACK]);
    b->anti_rollback = node_yes(got[BOOT_ANTI_ROLLBACK]);
    b->chip = node_text(got[BOOT_CHIP]);
    b->at_chip = got[BOOT_CHIP] ? got[BOOT_CHIP]->at : b->at;
    b->at_load = b->at;
    if (got[BOOT_LOAD])
        read_windows(l, b, got[BOOT_LOAD]);
    b->app_mcuboot = node_text(got[BOOT_APP_MCUBOOT]);
    b->at_recovery = b->at;
    if (got[BOOT_RECOVERY])
        read_recovery(l, b, got[BOOT_RECOVERY]);
    b->watchdog = node_u32(got[BOOT_WATCHDOG]);
    b->at_watchdog = got[BOOT_WATCHDOG] ? got[BOOT_WATCHDOG]->at : b->at;
    b->clock_fast = choice(got[BOOT_CLOCK], "reset|fast") == 1;
    b->hand_over_reset = choice(got[BOOT_HAND_OVER], "plain|reset") == 1;
    b->protect = choice(got[BOOT_PROTECT], "no|until_reset") == 1;
    b->brown_out = node_u32(got[BOOT_BROWN_OUT]);
    b->at_record = b->at;
    if (got[BOOT_RECORD])
        read_record(l, b, got[BOOT_RECORD]);
    b->fast = choice(got[BOOT_SPEED], "small|fast") == 1;
}

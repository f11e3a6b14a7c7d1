/* SPDX-License-Identifier: Apache-2.0 */
/* MCUmgr's SMP, the side that answers. One request, one answer, in the same buffer; between two
 * requests nothing is kept but the upload.
 *
 * A request that is sent twice does no harm: an upload's data counts only at the offset that is
 * expected, which every answer tells. A client that begins again with the same file goes on where
 * it was, if the hash that it names is looked at in the end. */
#include "bulkhead/bytes.h"
#include "bulkhead/recovery.h"

#include <string.h>

#define SHA_LEN 32u
#define NO_ANSWER (-1) /* in place of a code: the answer is whole already */

/* What a request may carry. */
enum { OFF, LEN, IMAGE, SLOT, DATA, SHA, HASH, D, CONFIRM, FIELDS };

static const struct {
    char name[8];
    uint8_t kind; /* enum bh_cbor_kind */
} fields[FIELDS] = {
    { "off", BH_CBOR_UINT },   { "len", BH_CBOR_UINT },   { "image", BH_CBOR_UINT },
    { "slot", BH_CBOR_UINT },  { "data", BH_CBOR_BYTES }, { "sha", BH_CBOR_BYTES },
    { "hash", BH_CBOR_BYTES }, { "d", BH_CBOR_TEXT },     { "confirm", BH_CBOR_SIMPLE },
};

struct asked {
    uint32_t got; /* bit i: field i is there */
    struct bh_cbor_item is[FIELDS];
};

static bool has(const struct asked *a, uint32_t field)
{
    return a->got >> field & 1u;
}

/* No payload at all is an empty map, too. False: it is no map, or a field is not of its kind. */
static bool read_fields(const uint8_t *payload, uint32_t len, struct asked *a)
{
    struct bh_cbor c = { payload, payload + len };
    struct bh_cbor_item key, value;
    struct bh_cbor_map m;

    a->got = 0;
    if (len == 0)
        return true;
    if (!bh_cbor_next(&c, &value) || value.kind != BH_CBOR_MAP)
        return false;
    m = bh_cbor_map(&c, &value);
    while (bh_cbor_pair(&m, &key, &value)) {
        for (uint32_t f = 0; f < FIELDS; f++)
            if (bh_cbor_is(&key, fields[f].name)) {
                if (value.kind != fields[f].kind)
                    return false;
                a->is[f] = value;
                a->got |= 1u << f;
            }
        if (!bh_cbor_skip(&c, &value))
            return false;
    }
    return !m.broken;
}

static int code_of(int err)
{
    switch (err) {
    case BH_OK: return BH_SMP_OK;
    case BH_ERR_RANGE: return BH_SMP_INVALID;
    case BH_ERR_TOO_BIG: return BH_SMP_TOO_LARGE;
    case BH_ERR_STATE: return BH_SMP_BAD_STATE;
    case BH_ERR_ABSENT: return BH_SMP_NOT_FOUND;
    case BH_ERR_REFUSED: return BH_SMP_CORRUPT;
    case BH_ERR_LATER: return BH_SMP_BUSY;
    default: return BH_SMP_UNKNOWN;
    }
}

/* ---- images ---- */

/* What is to be told of the slots. */
struct told {
    uint32_t state, outcome, moving;
    uint32_t pending, permanent; /* bit i: pair i is asked for; and for good */
};

static int look(const struct bh_recovery *r, const struct bh_product *product, struct told *t)
{
    struct bh_wish wish = { 0 };
    struct bh_journal j;
    int err = bh_product_journal(product, r->work, &j);

    memset(t, 0, sizeof *t);
    if (err)
        return err;
    if (product->mailbox)
        err = product->mailbox->read(product->pairs, product->n_pairs, &wish);
    t->state = j.truth.state;
    t->outcome = j.truth.outcome;
    t->moving = bh_product_moving(product, &j.truth);
    if (t->state <= BH_STATE_REQUESTED &&
        bh_product_asked(product, &j.truth, &wish, &t->pending) == BH_REQUEST_PERMANENT)
        t->permanent = t->pending;
    return err;
}

static struct bh_view slot_view(const struct bh_pair *pair, uint32_t slot, bool backup)
{
    return slot == 0 ? bh_pair_primary(pair) : backup ? bh_pair_backup(pair) : bh_pair_staged(pair);
}

/* The image in a slot, with its digest if that has 32 bytes, as clients expect it. */
static bool image_in(const struct bh_product *product, uint32_t p, uint32_t slot, bool backup,
                     struct bh_image *image, uint8_t digest[SHA_LEN])
{
    const struct bh_policy *policy = &product->policy;
    const struct bh_pair *pair = &product->pairs[bh_pair_index(p)];
    struct bh_view view = slot_view(pair, slot, backup);

    if (bh_decode(policy, &view, pair->image_max, image))
        return false;
    if (image->hash_id != policy->hash->id || policy->hash->digest_len != SHA_LEN)
        image->hash_id = 0;
    return !image->hash_id || !bh_view_read(&view, image->digest_off, digest, SHA_LEN);
}

/* A number and the character after it. */
static char *put_decimal(char *at, uint32_t v, char after)
{
    char digits[10];
    uint32_t n = 0;

    do
        digits[n++] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    while (n)
        *at++ = digits[--n];
    *at = after;
    return at + 1;
}

static void put_version(struct bh_cbor_out *out, const struct bh_version *v)
{
    char text[24], *end = put_decimal(text, v->major, '.');

    end = put_decimal(end, v->minor, '.');
    end = put_decimal(end, v->revision, v->build ? '.' : '\0');
    if (v->build)
        put_decimal(end, v->build, '\0');
    bh_cbor_text(out, "version");
    bh_cbor_text(out, text);
}

/* What is said of an image, if it is so. */
enum { BOOTABLE, CONFIRMED, ACTIVE, PENDING, PERMANENT, FLAGS };
static const char flags[FLAGS][10] = { "bootable", "confirmed", "active", "pending", "permanent" };

static uint32_t flags_of(const struct bh_recovery *r, const struct told *t, uint32_t p,
                         uint32_t slot, bool trial)
{
    uint32_t pending = t->pending >> p & 1u, permanent = t->permanent >> p & 1u;

    if (slot == 1)
        return (uint32_t)trial << CONFIRMED | pending << PENDING | permanent << PERMANENT;
    if (!r->startable)
        return 0;
    return 1u << BOOTABLE | (pending ^ 1u) << ACTIVE |
           (uint32_t)(!trial && t->outcome != BH_OUTCOME_KEPT) << CONFIRMED;
}

static void put_image(struct bh_cbor_out *out, const struct bh_recovery *r,
                      const struct bh_product *product, const struct told *t, uint32_t p,
                      uint32_t slot)
{
    bool trial = t->state == BH_STATE_TRIAL && t->moving >> p & 1u;
    uint32_t are = flags_of(r, t, p, slot, trial);
    uint8_t digest[SHA_LEN];
    struct bh_image image;

    if (!image_in(product, p, slot, trial, &image, digest))
        return;
    bh_cbor_head(out, BH_CBOR_MAP, BH_CBOR_ENDLESS);
    if (bh_n_pairs(product->n_pairs) > 1)
        bh_cbor_number(out, "image", p);
    for (uint32_t f = 0; f < FLAGS; f++)
        if (are >> f & 1u)
            bh_cbor_flag(out, flags[f], true);
    bh_cbor_number(out, "slot", slot);
    if (image.hash_id) {
        bh_cbor_text(out, "hash");
        bh_cbor_bytes(out, BH_CBOR_BYTES, digest, SHA_LEN);
    }
    put_version(out, &image.version);
    bh_cbor_head(out, BH_CBOR_SIMPLE, BH_CBOR_ENDLESS);
}

static int list(const struct bh_recovery *r, const struct bh_product *product,
                struct bh_cbor_out *out)
{
    struct told t;
    int err = look(r, product, &t);

    if (err && err != BH_ERR_IO) /* what cannot be read asks for nothing */
        return code_of(err);
    bh_cbor_head(out, BH_CBOR_MAP, 1);
    bh_cbor_text(out, "images");
    bh_cbor_head(out, BH_CBOR_ARRAY, BH_CBOR_ENDLESS);
    for (uint32_t i = 0; i < 2u * bh_n_pairs(product->n_pairs); i++)
        put_image(out, r, product, &t, i / 2, i % 2);
    bh_cbor_head(out, BH_CBOR_SIMPLE, BH_CBOR_ENDLESS);
    return NO_ANSWER;
}

/* The pairs whose staged image has this hash. */
static uint32_t staged_as(const struct bh_product *product, const struct bh_cbor_item *hash)
{
    uint32_t which = 0;

    for (uint32_t p = 0; hash->value == SHA_LEN && p < bh_n_pairs(product->n_pairs); p++) {
        uint8_t digest[SHA_LEN];
        struct bh_image image;

        if (image_in(product, p, 1, false, &image, digest) && image.hash_id &&
            !memcmp(digest, hash->bytes, SHA_LEN))
            which |= 1u << p;
    }
    return which;
}

/* Test or confirm: of the staged image of that hash, and whatever else was uploaded. */
static int set_state(struct bh_recovery *r, const struct bh_product *product, const struct asked *a,
                     struct bh_cbor_out *out)
{
    bool confirm = has(a, CONFIRM) && a->is[CONFIRM].value == BH_CBOR_TRUE;
    uint32_t which = r->asked;
    int err = BH_ERR_ABSENT;

    if (has(a, HASH) && a->is[HASH].value) {
        which = staged_as(product, &a->is[HASH]);
        which = which ? which | r->asked : 0;
    }
    if (which)
        err = bh_app_request(product, r->work, (uint8_t)which,
                             confirm || !r->startable ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST);
    return err ? code_of(err) : list(r, product, out);
}

/* Clients number images of one pair by slot, 0 to 2, as MCUboot's recovery does. */
static uint32_t pair_of(const struct bh_product *product, const struct asked *a)
{
    uint32_t image = has(a, IMAGE) ? a->is[IMAGE].value : 0;

    return bh_n_pairs(product->n_pairs) == 1 && image <= 2 ? 0 : image;
}

static bool same_file(const struct bh_smp_server *s, const struct bh_product *product,
                      const struct asked *a)
{
    return s->has_sha && s->r->open && s->r->off && a->is[LEN].value == s->r->len &&
           pair_of(product, a) == s->r->pair && has(a, SHA) && a->is[SHA].value == SHA_LEN &&
           !memcmp(a->is[SHA].bytes, s->sha, SHA_LEN);
}

static int begin(struct bh_smp_server *s, const struct bh_product *product, const struct asked *a)
{
    s->has_sha = has(a, SHA) && a->is[SHA].value == SHA_LEN && bh_recovery_hashes(product);
    if (s->has_sha)
        memcpy(s->sha, a->is[SHA].bytes, SHA_LEN);
    if (a->is[DATA].value > a->is[LEN].value)
        return BH_ERR_RANGE;
    return bh_recovery_begin(s->r, product, pair_of(product, a), a->is[LEN].value);
}

static int upload(struct bh_smp_server *s, const struct bh_product *product, const struct asked *a,
                  struct bh_cbor_out *out)
{
    struct bh_recovery *r = s->r;
    const struct bh_cbor_item *data = &a->is[DATA];
    bool first = has(a, OFF) && a->is[OFF].value == 0;
    int err = BH_OK;

    if (!has(a, OFF) || !has(a, DATA) || (first && !has(a, LEN)))
        return BH_SMP_INVALID;
    if (first && !same_file(s, product, a))
        err = begin(s, product, a);
    if (!err && r->open && a->is[OFF].value == r->off) {
        err = bh_recovery_write(r, data->bytes, data->value);
        if (!err && r->off == r->len)
            err = bh_recovery_end(r, product, s->has_sha ? s->sha : NULL);
    }
    if (err)
        return err == BH_ERR_TOO_BIG && !first ? BH_SMP_INVALID : code_of(err);
    bh_cbor_head(out, BH_CBOR_MAP, 2);
    bh_cbor_number(out, "rc", BH_SMP_OK);
    bh_cbor_number(out, "off", r->off);
    return NO_ANSWER;
}

/* The staged image goes, and nothing is asked for it any more. */
static int erase(struct bh_recovery *r, const struct bh_product *product, const struct asked *a)
{
    uint32_t slot = has(a, SLOT) ? a->is[SLOT].value : 1, max;
    int err;

    if (slot % 2 != 1 || slot / 2 >= bh_n_pairs(product->n_pairs))
        return BH_SMP_INVALID;
    r->open = false;
    r->off = 0;
    r->asked &= ~(1u << slot / 2);
    max = product->pairs[bh_pair_index(slot / 2)].image_max;
    err = bh_stage_begin(&r->stage, product, (uint8_t)(slot / 2), max, r->work);
    if (!err)
        err = bh_stream_erase(&r->stage.stream, max);
    return code_of(err);
}

static int image_group(struct bh_smp_server *s, const struct bh_product *product, uint32_t command,
                       bool write, const struct asked *a, struct bh_cbor_out *out)
{
    switch (command) {
    case BH_SMP_IMAGE_STATE:
        return write ? set_state(s->r, product, a, out) : list(s->r, product, out);
    case BH_SMP_IMAGE_UPLOAD: return write ? upload(s, product, a, out) : BH_SMP_NOT_SUPPORTED;
    case BH_SMP_IMAGE_ERASE: return write ? erase(s->r, product, a) : BH_SMP_NOT_SUPPORTED;
    default: return BH_SMP_NOT_SUPPORTED;
    }
}

/* ---- the operating system's group ---- */

static int os_group(struct bh_smp_server *s, uint32_t command, const struct asked *a,
                    struct bh_cbor_out *out)
{
    switch (command) {
    case BH_SMP_OS_ECHO:
        if (!has(a, D))
            return BH_SMP_INVALID;
        bh_cbor_head(out, BH_CBOR_MAP, 1);
        bh_cbor_text(out, "r");
        bh_cbor_bytes(out, BH_CBOR_TEXT, a->is[D].bytes, a->is[D].value);
        return NO_ANSWER;
    case BH_SMP_OS_CONSOLE: return BH_SMP_OK;
    case BH_SMP_OS_RESET: s->r->reset = true; return BH_SMP_OK;
    case BH_SMP_OS_PARAMETERS:
        bh_cbor_head(out, BH_CBOR_MAP, 2);
        bh_cbor_number(out, "buf_size", s->in.room);
        bh_cbor_number(out, "buf_count", 1);
        return NO_ANSWER;
    default: return BH_SMP_NOT_SUPPORTED;
    }
}

static int obey(struct bh_smp_server *s, const struct bh_product *product, const uint8_t *header,
                const struct asked *a, struct bh_cbor_out *out)
{
    uint32_t command = header[BH_SMP_COMMAND];
    bool write = (header[BH_SMP_OP] & 7u) == BH_SMP_WRITE;

    switch (bh_load16_be(header + BH_SMP_GROUP)) {
    case BH_SMP_OS: return os_group(s, command, a, out);
    case BH_SMP_IMAGE: return image_group(s, product, command, write, a, out);
    default: return BH_SMP_NOT_SUPPORTED;
    }
}

/* A message that is no request gets no answer. */
static void answer(struct bh_smp_server *s, const struct bh_product *product, uint32_t len)
{
    uint8_t *m = s->in.buf;
    struct bh_cbor_out out = { m + BH_SMP_HEADER, 0, s->in.room - BH_SMP_HEADER };
    uint32_t payload = bh_load16_be(m + BH_SMP_LEN);
    struct asked a;
    int rc = BH_SMP_INVALID;

    if ((m[BH_SMP_OP] & 5u) || payload > len - BH_SMP_HEADER)
        return;
    if (read_fields(m + BH_SMP_HEADER, payload, &a))
        rc = obey(s, product, m, &a, &out);
    if (out.len > out.room)
        rc = BH_SMP_NO_MEMORY;
    if (rc != NO_ANSWER) {
        out.len = 0;
        bh_cbor_head(&out, BH_CBOR_MAP, 1);
        bh_cbor_number(&out, "rc", (uint32_t)rc);
    }
    m[BH_SMP_OP]++;
    bh_store16_be(m + BH_SMP_LEN, out.len);
    bh_smp_out(m, BH_SMP_HEADER + out.len, s->put, s->context);
}

void bh_smp_server_open(struct bh_smp_server *s, struct bh_recovery *r, uint8_t *frame,
                        uint32_t frame_len, bh_put_fn *put, void *context)
{
    memset(s, 0, sizeof *s);
    s->r = r;
    s->put = put;
    s->context = context;
    bh_smp_in_open(&s->in, frame, frame_len);
}

void bh_smp_server(struct bh_smp_server *s, const struct bh_product *product, int c)
{
    uint32_t len;

    if (c < 0) {
        bh_smp_in_open(&s->in, s->in.buf, s->in.room);
        return;
    }
    len = bh_smp_in(&s->in, (uint8_t)c);
    if (len)
        answer(s, product, len);
}

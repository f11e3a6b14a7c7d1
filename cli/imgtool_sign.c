/* SPDX-License-Identifier: Apache-2.0 */
/* imgtool sign, and create, which is the same. The original's checks in the original's order, so
 * that of several mistakes the same one is shown; but nothing is written before all of
 * them passed. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_mcuboot.h"
#include "cli/hex.h"
#include "cli/imgtool.h"
#include "cli/imgtool_sha.h"
#include "host/ihex.h"
#include "host/read_mcuboot.h"
#include "host/sign_mcuboot.h"
#include "host/table/table.h"
#include "host/uuid.h"

#define DEPENDENCIES_MAX 64u
#define CUSTOM_MAX (2u * IMGTOOL_WORDS)
#define TRAILER_SECTORS_MAX 0x100000

/* Everything that the options become, and what must be freed. */
struct job {
    struct host_sign sign;
    uint32_t counter;
    uint8_t vid[16], cid[16];
    struct bh_image_dependency dependencies[DEPENDENCIES_MAX];
    struct host_sign_tlv custom[CUSTOM_MAX];
    struct host_key key; /* type NULL: none */
    struct host_bytes input, fixed;
    int64_t base; /* address of the output's first byte, if has_base */
    bool has_base, has_fixed, pad;
};

/* ---- texts that are numbers ---- */

struct version {
    uint64_t part[4];
};

/* major[.minor[.revision[+build]]] without leading zeros, each as large as one likes. */
static bool read_version(const char *text, size_t len, struct version *out)
{
    static const char before[] = { 0, '.', '.', '+' };
    const char *end = text + len;

    *out = (struct version){ { 0 } };
    for (unsigned i = 0; i < 4; i++) {
        if (i && text == end)
            return true;
        if (i && *text++ != before[i])
            return false;
        if (text == end || !isdigit((unsigned char)*text))
            return false;
        if (*text == '0' && text + 1 < end && isdigit((unsigned char)text[1]))
            return false;
        for (; text < end && isdigit((unsigned char)*text); text++)
            if (out->part[i] <= UINT32_MAX)
                out->part[i] = out->part[i] * 10 + (unsigned)(*text - '0');
    }
    return text == end;
}

static bool fit_version(const struct version *v, struct bh_version *out)
{
    *out = (struct bh_version){ (uint8_t)v->part[0], (uint8_t)v->part[1], (uint16_t)v->part[2],
                                (uint32_t)v->part[3] };
    return v->part[0] <= UINT8_MAX && v->part[1] <= UINT8_MAX && v->part[2] <= UINT16_MAX &&
           v->part[3] <= UINT32_MAX;
}

static const char bad_version[] =
    "Invalid version number, should be maj.min.rev+build with later parts optional";

static int check_version(struct imgtool *t, const struct imgtool_option *o, const char *word)
{
    struct version v;

    return read_version(word, strlen(word), &v) ? 0 : imgtool_invalid(t, o, "%s", bad_version);
}

static int check_counter(struct imgtool *t, const struct imgtool_option *o, const char *word)
{
    return strcasecmp(word, "auto") == 0 ? 0 : imgtool_check_int(t, o, word);
}

static int check_header_size(struct imgtool *t, const struct imgtool_option *o, const char *word)
{
    int64_t size = 0;
    int code = imgtool_check_int(t, o, word);

    if (code)
        return code;
    imgtool_int(t, o->name, &size);
    return size >= 32 ? 0 : imgtool_invalid(t, o, "Minimum value for -H/--header-size is %u", 32u);
}

static int check_decimal(struct imgtool *t, const struct imgtool_option *o, const char *word)
{
    const char *digits = word + (*word == '-' || *word == '+');

    if (*digits && digits[strspn(digits, "0123456789")] == 0)
        return 0;
    return imgtool_invalid(t, o, "'%s' is not a valid integer.", word);
}

/* ---- dependencies: "(1, 1.2.3+4), (2, 1.0)" ---- */

/* The next "(NUMBER" from *at on. */
static bool next_image(const char **at, uint64_t *image)
{
    for (const char *p = *at; (p = strchr(p, '(')); p++)
        if (isdigit((unsigned char)p[1])) {
            *image = strtoull(p + 1, NULL, 10);
            *at = p + 1;
            return true;
        }
    return false;
}

/* The next ", VERSION)" from *at on. */
static bool next_version(const char **at, const char **text, size_t *len)
{
    for (const char *p = *at; (p = strchr(p, ',')); p++) {
        const char *begin = p + 1 + strspn(p + 1, " \t\r\n\v\f");

        *len = strspn(begin, "0123456789.+");
        if (*len && begin[*len] == ')') {
            *text = begin;
            *at = begin + *len;
            return true;
        }
    }
    return false;
}

static int check_dependencies(struct imgtool *t, const struct imgtool_option *o, const char *word)
{
    const char *at = word, *text;
    size_t images = 0, versions = 0, len;
    uint64_t image;
    struct version v;

    while (next_image(&at, &image))
        images++;
    if (!images)
        return imgtool_invalid(t, o, "Image dependency format is invalid: %s", word);
    for (at = word; next_version(&at, &text, &len);)
        versions++;
    if (images != versions)
        return imgtool_invalid(t, o,
                               "There's a mismatch between the number of dependency images\n"
                               "                and versions in: %s",
                               word);
    for (at = word; next_version(&at, &text, &len);)
        if (!read_version(text, len, &v))
            return imgtool_invalid(t, o, "%s", bad_version);
    return 0;
}

static int read_dependencies(struct imgtool *t, struct job *job)
{
    const char *word = imgtool_value(t, "dependencies"), *images = word, *versions = word, *text;
    struct version v;
    uint64_t image;
    size_t len;

    job->sign.dependencies = job->dependencies;
    while (word && next_image(&images, &image) && next_version(&versions, &text, &len)) {
        struct bh_image_dependency *d = &job->dependencies[job->sign.n_dependencies];

        if (job->sign.n_dependencies++ == DEPENDENCIES_MAX)
            return imgtool_fail(t, "more than %u dependencies", DEPENDENCIES_MAX);
        d->pair = (uint8_t)image;
        if (!read_version(text, len, &v) || !fit_version(&v, &d->version) || image > UINT8_MAX)
            return imgtool_fail(t,
                                "dependency (%llu, %.*s): a number is too large; image 255 and "
                                "version 255.255.65535+4294967295 are the largest",
                                (unsigned long long)image, (int)len, text);
    }
    return 0;
}

/* ---- custom TLVs ---- */

static const uint8_t predefined[] = {
    0x01, 0x02, 0x10, 0x11, 0x12, 0x20, 0x22, 0x23, 0x24, 0x25, 0x30, 0x31,
    0x32, 0x33, 0x34, 0x40, 0x50, 0x60, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75,
};

static int check_tag(struct imgtool *t, struct job *job, const char *word, int64_t *tag)
{
    if (!esp_int(word, strlen(word), tag))
        return imgtool_fail(t, "custom TLV type '%s' is not a number", word);
    for (size_t i = 0; i < job->sign.n_custom; i++)
        if (job->custom[i].type == *tag)
            return imgtool_usage(t, "Custom TLV 0x%llx already exists.", (unsigned long long)*tag);
    for (size_t i = 0; i < sizeof predefined; i++)
        if (predefined[i] == *tag)
            return imgtool_usage(t, "Custom TLV 0x%llx conflicts with predefined TLV.",
                                 (unsigned long long)*tag);
    if (*tag < 0xA0 || *tag > 0xFFFE)
        return imgtool_usage(t,
                             "Invalid custom TLV type value '0x%04llx', allowed value should be "
                             "between 0x00a0 and 0xfffe",
                             (unsigned long long)*tag);
    return 0;
}

/* "0x0102" is bytes, anything else is text. The caller frees out->data. */
static int tlv_value(struct imgtool *t, const char *text, struct host_bytes *out)
{
    size_t len = strlen(text);

    out->data = (uint8_t *)strdup(text);
    out->len = len;
    if (!out->data)
        return imgtool_fail(t, "out of memory");
    if (strncmp(text, "0x", 2) != 0)
        return 0;
    if (len % 2)
        return imgtool_usage(t, "Custom TLV length is odd.");
    return cli_from_hex(text + 2, out->data, len, &out->len)
               ? 0
               : imgtool_fail(t, "value '%s' of a custom TLV is not hexadecimal", text);
}

static int add_custom(struct imgtool *t, struct job *job, const char *const words[2], bool file)
{
    struct host_sign_tlv *tlv = &job->custom[job->sign.n_custom];
    struct host_bytes value = { NULL, 0 };
    int64_t tag;
    int code = check_tag(t, job, words[0], &tag);

    if (code)
        return code;
    if (file)
        code = host_read_file(words[1], &value, &t->error) ? imgtool_failed(t) : 0;
    else
        code = tlv_value(t, words[1], &value);
    tlv->type = (uint16_t)tag;
    tlv->data = value.data;
    tlv->len = (uint16_t)value.len;
    if (value.data)
        job->sign.n_custom++;
    if (!code && value.len > UINT16_MAX)
        code = imgtool_fail(t, "custom TLV %s has more than 65535 bytes", words[0]);
    return code;
}

static int read_custom(struct imgtool *t, struct job *job)
{
    static const char *const names[] = { "custom-tlv", "custom-tlv-file" };
    int code = 0;

    job->sign.custom = job->custom;
    for (int file = 0; file < 2; file++)
        for (size_t i = 0; !code && i < t->n_given; i++)
            if (strcmp(t->given[i].option->name, names[file]) == 0)
                code = add_custom(t, job, t->given[i].words, file);
    return code;
}

/* ---- base64, as Python's base64 module reads and writes it ---- */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* In place. What is no digit is passed over. A digit after the end is refused: Python 3.13 goes on
 * there, and earlier ones leave it out. */
static bool base64_decode(struct host_bytes *b)
{
    uint32_t bits = 0;
    size_t digits = 0, pads = 0, len = 0;
    bool ended = false;

    for (size_t i = 0; i < b->len; i++) {
        const char *digit = b->data[i] ? strchr(base64_digits, b->data[i]) : NULL;

        ended = ended || (b->data[i] == '=' && digits % 4 >= 2 && ++pads + digits % 4 == 4);
        if (!digit)
            continue;
        if (ended)
            return false;
        pads = 0;
        bits = bits << 6 | (uint32_t)(digit - base64_digits);
        if (++digits % 4 != 1)
            b->data[len++] = (uint8_t)(bits >> (6 - 2 * ((digits - 1) % 4)));
    }
    b->len = len;
    return digits % 4 == 0 || (digits % 4 >= 2 && pads + digits % 4 == 4);
}

static size_t base64_encode(const uint8_t *data, size_t len, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i += 3) {
        uint32_t v = (uint32_t)data[i] << 16 | (i + 1 < len ? (uint32_t)data[i + 1] << 8 : 0) |
                     (i + 2 < len ? data[i + 2] : 0);

        out[n++] = base64_digits[v >> 18];
        out[n++] = base64_digits[v >> 12 & 63];
        out[n++] = i + 1 < len ? base64_digits[v >> 6 & 63] : '=';
        out[n++] = i + 2 < len ? base64_digits[v & 63] : '=';
    }
    return n;
}

/* ---- from options to the job ---- */

static int not_yet(struct imgtool *t)
{
    const char *compression = imgtool_value(t, "compression"),
               *encrypt = imgtool_value(t, "encrypt");

    if (encrypt && *encrypt)
        return imgtool_usage(t, "--encrypt: encryption is not there yet.");
    if (compression && strcmp(compression, "disabled") != 0)
        return imgtool_usage(t, "--compression %s: compression is not there yet.", compression);
    return 0;
}

/* A number that goes into 32 bits of the image. */
static int address(struct imgtool *t, const char *name, uint32_t *out)
{
    int64_t v = *out;

    imgtool_int(t, name, &v);
    if (v < 0 || v > UINT32_MAX)
        return imgtool_fail(t, "--%s %lld is out of range", name, (long long)v);
    *out = (uint32_t)v;
    return 0;
}

static int slot(struct imgtool *t, struct job *job)
{
    int64_t size = 0, sectors = 128;

    imgtool_int(t, "slot-size", &size);
    if (job->pad && size > (int64_t)HOST_FILE_MAX)
        return imgtool_fail(t, "a whole slot of %lld bytes is more than %zu MiB", (long long)size,
                            HOST_FILE_MAX >> 20);
    job->sign.slot_size = (uint32_t)(size < 0 ? 0 : size > UINT32_MAX ? UINT32_MAX : size);
    if (imgtool_has(t, "max-sectors"))
        sectors = strtoll(imgtool_value(t, "max-sectors"), NULL, 10);
    if (sectors < 0 || sectors > TRAILER_SECTORS_MAX)
        return imgtool_fail(t, "--max-sectors %lld is out of range", (long long)sectors);
    job->sign.max_sectors = (uint32_t)sectors;
    return 0;
}

static int numbers(struct imgtool *t, struct job *job)
{
    struct host_sign *s = &job->sign;
    const char *align = imgtool_value(t, "align"), *most = imgtool_value(t, "max-align");
    const char *erased = imgtool_value(t, "erased-val");
    const char *counter = imgtool_value(t, "security-counter");
    struct version v;

    read_version(imgtool_value(t, "version"), strlen(imgtool_value(t, "version")), &v);
    if (!fit_version(&v, &s->version))
        return imgtool_fail(t, "version %s: 255.255.65535+4294967295 is the highest",
                            imgtool_value(t, "version"));
    s->align = align ? (uint32_t)atoi(align) : 1;
    s->max_align = most ? (uint32_t)atoi(most) : 0;
    s->erased = erased && strcmp(erased, "0") == 0 ? 0 : 0xFF;
    if (address(t, "header-size", &s->header_size) || address(t, "load-addr", &s->load_addr) ||
        address(t, "rom-fixed", &s->rom_fixed) || slot(t, job))
        return 1;
    if (s->header_size > UINT16_MAX)
        return imgtool_fail(t, "--header-size 0x%x is more than 0xffff", s->header_size);
    if (!counter)
        return 0;
    s->counter = &job->counter;
    job->counter = ((uint32_t)s->version.major << 24) + ((uint32_t)s->version.minor << 16) +
                   s->version.revision;
    return strcasecmp(counter, "auto") == 0 ? 0 : address(t, "security-counter", &job->counter);
}

static void switches(const struct imgtool *t, struct job *job)
{
    struct host_sign *s = &job->sign;
    const char *export = imgtool_value(t, "vector-to-sign");
    const char *format = imgtool_value(t, "public-key-format"),
               *endian = imgtool_value(t, "endian");

    s->as_imgtool = true;
    s->pad_header = imgtool_has(t, "pad-header");
    s->overwrite_only = imgtool_has(t, "overwrite-only");
    s->non_bootable = imgtool_has(t, "non-bootable");
    s->pure = imgtool_has(t, "pure");
    s->pad_signature = imgtool_has(t, "pad-sig");
    s->boot_record = imgtool_value(t, "boot-record");
    s->full_key = format && strcmp(format, "full") == 0;
    s->big_endian = endian && strcmp(endian, "big") == 0;
    job->pad = imgtool_has(t, "pad") || imgtool_has(t, "test") || imgtool_has(t, "confirm");
    if (export)
        s->export = strcmp(export, "digest") == 0 ? HOST_EXPORT_DIGEST : HOST_EXPORT_PAYLOAD;
}

static int input(struct imgtool *t, struct job *job)
{
    const char *path = t->arguments[0];
    size_t room = job->sign.pad_header ? 0 : job->sign.header_size;
    bool missing;
    int code = imgtool_read(t, path, &job->input, &job->base, &missing);

    if (missing)
        return imgtool_usage(t, "Input file not found");
    if (code)
        return code;
    if (!bh_all(job->input.data, 0, room < job->input.len ? room : job->input.len))
        return imgtool_usage(t, "Header padding was not requested and image does not start with "
                                "zeros");
    if (job->input.len < room)
        return imgtool_fail(t, "%s: %zu bytes are less than the header's %zu", path, job->input.len,
                            room);
    job->has_base = job->base >= 0;
    if (job->sign.pad_header && job->base > 0)
        job->base -= job->sign.header_size;
    return 0;
}

static int keys(struct imgtool *t, struct job *job)
{
    const char *key = imgtool_value(t, "key");

    if (!key || !*key)
        return 0;
    if (imgtool_load_key(t, key, &job->key))
        return 1;
    if (!job->key.has_private)
        return imgtool_usage(t, "Cannot sign with a public-only PEM; signing requires the private "
                                "key.");
    job->sign.keys = &job->key;
    job->sign.n_keys = 1;
    return 0;
}

static int fixed_signature(struct imgtool *t, struct job *job)
{
    const char *path = imgtool_value(t, "fix-sig"), *pub = imgtool_value(t, "fix-sig-pubkey");

    if (!path || !*path)
        return 0;
    if (host_read_file(path, &job->fixed, &t->error))
        return imgtool_failed(t);
    if (!base64_decode(&job->fixed) || job->fixed.len > UINT16_MAX)
        return imgtool_fail(t, "%s: not a signature in base64", path);
    if (!pub)
        return imgtool_usage(t, "public key of the fixed signature is not specified");
    job->has_fixed = true;
    if (job->sign.n_keys)
        return 0; /* refused below */
    if (imgtool_load_key(t, pub, &job->key))
        return 1;
    job->sign.signature = job->fixed.data;
    job->sign.signature_len = job->fixed.len;
    job->sign.keys = &job->key;
    job->sign.n_keys = 1;
    return 0;
}

static const char *signature_name(const struct host_key *key)
{
    switch (key->type->signature) {
    case BH_SIG_RSA2048: return "PKCS1_PSS_RSA2048_SHA256";
    case BH_SIG_RSA3072: return "PKCS1_PSS_RSA3072_SHA256";
    case BH_SIG_P256: return "ECDSA256_SHA256";
    case BH_SIG_P384: return "ECDSA384_SHA384";
    case BH_SIG_ED25519: return "ED25519";
    default: return "X25519";
    }
}

static int choose_sha(struct imgtool *t, struct job *job)
{
    const char *text = imgtool_value(t, "sha");
    const struct host_key *key = job->key.type ? &job->key : NULL;
    unsigned asked = !text || strcmp(text, "auto") == 0 ? 0 : (unsigned)atoi(text);

    if (job->sign.pure && asked)
        return imgtool_usage(t, "Pure signatures, currently, enforces preferred hash algorithm, "
                                "and forbids sha selection by user.");
    if (job->sign.pure && key && (key->type->signature != BH_SIG_ED25519 || !key->has_private))
        return imgtool_usage(t, "--pure is for private Ed25519 keys, not for %s",
                             signature_name(key));
    if (key && !key->type->signature && !key->has_private)
        return imgtool_usage(t, "Could not find allowed hash algorithms for X25519 public keys");
    if (key && asked && !imgtool_sha_fits(key, asked))
        return imgtool_usage(t, "Key %s can not be used with --sha %u; its own is SHA-%u",
                             signature_name(key), asked,
                             key->type->signature == BH_SIG_P384 ? 384 : 256);
    job->sign.sha = asked                                        ? asked
                    : key && key->type->signature == BH_SIG_P384 ? 384
                    : key && job->sign.pure                      ? 512
                                                                 : 256;
    return 0;
}

static size_t characters(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((uint8_t)*text & 0xC0) != 0x80;
    return n;
}

static bool printable(const char *text)
{
    for (; *text; text++)
        if ((uint8_t)*text < ' ' || *text == 0x7F)
            return false;
    return true;
}

static int product_ids(struct imgtool *t, struct job *job)
{
    const char *vid = imgtool_value(t, "vid"), *cid = imgtool_value(t, "cid");

    if (vid && (!printable(vid) || !host_uuid(vid, host_uuid_dns, job->vid)))
        return imgtool_fail(t, "--vid is neither a UUID nor a name");
    job->sign.vid = vid ? job->vid : NULL;
    if (cid && (!printable(cid) || !host_uuid(cid, job->sign.vid, job->cid)))
        return imgtool_fail(t, "--cid '%s' is a name, and names belong to a vendor: say --vid too",
                            cid);
    job->sign.cid = cid ? job->cid : NULL;
    return 0;
}

static int read_all(struct imgtool *t, struct job *job)
{
    const char *record = imgtool_value(t, "boot-record");
    int64_t load = 0, fixed = 0;
    int code;

    imgtool_int(t, "load-addr", &load);
    imgtool_int(t, "rom-fixed", &fixed);
    if (load && fixed)
        return imgtool_usage(t, "Can not set rom_fixed and load_addr at the same time");
    switches(t, job);
    code = numbers(t, job);
    if (!code)
        code = input(t, job);
    if (!code)
        code = keys(t, job);
    if (!code)
        code = not_yet(t);
    if (!code)
        code = read_custom(t, job);
    if (!code)
        code = fixed_signature(t, job);
    if (!code)
        code = choose_sha(t, job);
    if (!code && record && characters(record) > 12)
        code = imgtool_usage(t,
                             "'%s' is too long (%zu characters) for sw_type. Its maximum allowed "
                             "length is 12 characters.",
                             record, characters(record));
    if (!code)
        code = read_dependencies(t, job);
    if (!code)
        code = product_ids(t, job);
    return code;
}

/* ---- output ---- */

/* Image, image_ok and magic at their addresses, not the padding between them. */
static int format_hex(struct imgtool *t, const struct job *job, const struct host_bytes *image,
                      struct host_bytes *out)
{
    uint32_t align = host_trailer_align(&job->sign), magic_len = bh_round_up(16, align);
    uint64_t base = (uint64_t)job->base, end = base + job->sign.slot_size;
    struct host_ihex_run runs[3] = { { (uint32_t)base, image->data, image->len } };
    uint8_t ok[32], magic[16];
    size_t n = 1;

    if (base + image->len > UINT32_MAX || end > UINT32_MAX)
        return imgtool_fail(t, "the image ends beyond 4 GiB");
    if (job->pad && end < base + image->len + host_trailer_size(&job->sign))
        return imgtool_fail(t, "the trailer has no place: --slot-size is too small");
    memset(ok, job->sign.erased, sizeof ok);
    if (imgtool_has(t, "confirm"))
        ok[0] = 1;
    host_trailer_magic(align, magic);
    if (job->sign.big_endian && align != 8) {
        magic[0] = 0;
        magic[1] = (uint8_t)align;
    }
    if ((imgtool_has(t, "confirm") || imgtool_has(t, "test")) && !job->sign.overwrite_only)
        runs[n++] = (struct host_ihex_run){ (uint32_t)(end - magic_len - align), ok, align };
    if (job->pad)
        runs[n++] = (struct host_ihex_run){ (uint32_t)(end - sizeof magic), magic, sizeof magic };
    return host_ihex_format(runs, n, out, &t->error) ? imgtool_failed(t) : 0;
}

static uint16_t number16(const struct job *job, const uint8_t *p)
{
    return job->sign.big_endian ? (uint16_t)(p[0] << 8 | p[1]) : bh_load16(p);
}

/* The signature is the last TLV of an image that used bytes of data are. */
static void find_signature(const struct job *job, const uint8_t *data, size_t used,
                           const uint8_t **signature, size_t *len)
{
    size_t room = job->sign.pad_header ? job->sign.header_size : 0;
    size_t off = room + job->input.len + number16(job, data + BH_MCUBOOT_OFF_PROTECT_TLV_SIZE) +
                 BH_MCUBOOT_TLV_INFO_LEN;

    for (; off < used; off += *len) {
        *len = number16(job, data + off + 2);
        off += BH_MCUBOOT_TLV_ENTRY_LEN;
        *signature = data + off;
    }
}

static int save(struct imgtool *t, const struct job *job, const struct host_bytes *image,
                size_t used)
{
    const char *path = t->arguments[1], *sig_out = imgtool_value(t, "sig-out");
    struct host_bytes text = { NULL, 0 };
    const struct host_bytes *what = image;
    const uint8_t *signature = NULL;
    char base64[4 * HOST_SIGNATURE_MAX / 3 + 4];
    size_t len = 0;

    if (sig_out && !job->sign.n_keys)
        return imgtool_fail(t, "--sig-out: there is no signature; say --key");
    if (imgtool_is_hex(path)) {
        if (format_hex(t, job, image, &text))
            return 1;
        what = &text;
    }
    int code = imgtool_write(t, path, what->data, what->len);
    host_bytes_free(&text);
    if (code || !sig_out)
        return code;
    find_signature(job, image->data, used, &signature, &len);
    if (len > HOST_SIGNATURE_MAX)
        return imgtool_fail(t, "%s: the signature is too long", sig_out);
    return imgtool_write(t, sig_out, base64, base64_encode(signature, len, base64));
}

/* The original says on standard output what it signs. */
static void say(const struct job *job)
{
    const struct host_key *key = job->key.type ? &job->key : NULL;
    bool payload =
        key && key->has_private && key->type->signature != BH_SIG_ED25519 && key->type->signature;

    if (job->has_fixed && payload)
        puts("image.py: sign the payload");
    if (job->sign.export != HOST_EXPORT_IMAGE)
        printf("image.py: export %s\n",
               job->sign.export == HOST_EXPORT_DIGEST ? "digest" : "payload");
    else if (key && !job->has_fixed)
        printf("image.py: sign the %s\n", payload ? "payload" : "digest");
}

/* What can still be wrong when all else was checked. That the slot is too small is found out when
 * the image is signed; the other sizes are where the original fails to write a number. */
static int too_large(const struct imgtool *t, const struct job *job)
{
    size_t len = strlen(t->error.text);

    if (strncmp(t->error.text, "Image size", 10) != 0)
        return imgtool_failed(t);
    say(job);
    len -= len && t->error.text[len - 1] == '.';
    return imgtool_usage(t, "%.*s", (int)len, t->error.text);
}

static int make(struct imgtool *t, struct job *job)
{
    struct host_bytes image;
    bool hex = imgtool_is_hex(t->arguments[1]);
    size_t used;
    int64_t base = job->base;

    imgtool_int(t, "hex-addr", &base);
    if (hex && base < 0 && !job->has_base) {
        say(job);
        return imgtool_usage(t, "No address exists in input file neither was it provided by user");
    }
    if (hex && base < 0)
        return imgtool_fail(t, "%s: the image would begin before address 0", t->arguments[1]);
    job->base = base;
    if (job->pad && !hex)
        job->sign.trailer = imgtool_has(t, "confirm") ? HOST_TRAILER_CONFIRM : HOST_TRAILER_PAD;
    if (host_sign_mcuboot(&job->sign, job->input.data, job->input.len, &image, &used, &t->error))
        return too_large(t, job);
    say(job);
    int code = save(t, job, &image, used);
    host_bytes_free(&image);
    return code;
}

static int sign(struct imgtool *t, struct job *job)
{
    int code = read_all(t, job);

    if (code)
        return code;
    if (job->sign.export == HOST_EXPORT_IMAGE) {
        if (job->has_fixed && imgtool_has(t, "key"))
            return imgtool_usage(t,
                                 "Can not sign using key and provide fixed-signature at the same "
                                 "time");
        if (job->key.type && !job->key.type->signature) {
            say(job);
            return imgtool_fail(t, "X25519 keys cannot sign");
        }
    } else if (imgtool_has(t, "sig-out")) {
        return imgtool_fail(t, "--sig-out: there is no signature with --vector-to-sign");
    }
    return make(t, job);
}

static int run(struct imgtool *t)
{
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return imgtool_fail(t, "out of memory");
    job->sign = (struct host_sign)HOST_SIGN_DEFAULTS;
    int code = sign(t, job);
    for (size_t i = 0; i < job->sign.n_custom; i++)
        free((void *)(uintptr_t)job->custom[i].data);
    host_key_free(&job->key);
    host_bytes_free(&job->input);
    host_bytes_free(&job->fixed);
    free(job);
    return code;
}

#define NO_EFFECT "Of encryption, which is not there yet: has no effect."

const struct imgtool_command imgtool_sign = {
    .name = "sign",
    .summary = "Make a signed image of a binary",
    .description =
        "Make a signed image of a binary, or one with a digest only. A file is Intel HEX "
        "if its name ends in .hex.",
    .options =
        (const struct imgtool_option[]){
            { "vid", 0, 1, false, false, "TEXT", "Vendor: a UUID, or a domain name to make one of.",
              NULL },
            { "cid", 0, 1, false, false, "TEXT",
              "Class: a UUID, or a name to make one of within --vid.", NULL },
            { "vector-to-sign", 0, 1, false, false, "payload|digest",
              "Write what is to be signed elsewhere, not an image.", NULL },
            { "hmac-sha", 0, 1, false, false, "auto|256|512", NO_EFFECT, NULL },
            { "sha", 0, 1, false, false, "auto|256|384|512", "The digest; auto is the key's own.",
              NULL },
            { "sig-out", 0, 1, false, false, "filename",
              "Write the signature to this file too, in base64.", NULL },
            { "pure", 0, 0, false, false, NULL,
              "Ed25519 over the whole image instead of its digest.", NULL },
            { "fix-sig-pubkey", 0, 1, false, false, "filename",
              "The public key of the signature in --fix-sig.", NULL },
            { "fix-sig", 0, 1, false, false, "filename",
              "A signature made elsewhere, in base64; it is taken as it is.", NULL },
            { "key", 'k', 1, false, false, "filename", "The private key.", NULL },
            { "public-key-format", 0, 1, false, false, "hash|full", "How the image names its key.",
              NULL },
            { "max-align", 0, 1, false, false, "8|16|32", "Space of a field of the trailer.",
              NULL },
            { "align", 0, 1, false, false, "1|2|4|8|16|32",
              "Program unit that the trailer is made for.", NULL },
            { "version", 'v', 1, true, false, "TEXT", "major[.minor[.revision[+build]]].",
              check_version },
            { "security-counter", 's', 1, false, false, "TEXT",
              "Counter against downgrades; auto makes it from the version.", check_counter },
            { "dependencies", 'd', 1, false, false, "TEXT",
              "Other images that this one needs: \"(ID, VERSION), ...\".", check_dependencies },
            { "pad-sig", 0, 0, false, false, NULL, "Zeros after an ECDSA signature.", NULL },
            { "header-size", 'H', 1, true, false, "INTEGER", "Where the payload begins.",
              check_header_size },
            { "pad-header", 0, 0, false, false, NULL,
              "Put the header before the input, which otherwise begins with zeros as room for it.",
              NULL },
            { "slot-size", 'S', 1, true, false, "INTEGER",
              "Size of the slot, of the secondary one if they differ.", imgtool_check_int },
            { "pad", 0, 0, false, false, NULL, "Fill the slot and put the magic at its end.",
              NULL },
            { "test", 0, 0, false, false, NULL, "Like --pad: install for a trial.", NULL },
            { "confirm", 0, 0, false, false, NULL, "Like --pad, and mark it as confirmed.", NULL },
            { "max-sectors", 'M', 1, false, false, "INTEGER",
              "Room for this many sectors in the trailer; 128 if it is not given.", check_decimal },
            { "boot-record", 0, 1, false, false, "sw_type",
              "Boot record for attestation, of software of this type.", NULL },
            { "overwrite-only", 0, 0, false, false, NULL,
              "The small trailer of a bootloader that does not swap.", NULL },
            { "endian", 'e', 1, false, false, "little|big", "Of the numbers in the image.", NULL },
            { "clear", 'c', 0, false, false, NULL, NO_EFFECT, NULL },
            { "compression", 0, 1, false, false, "disabled|lzma2|lzma2armthumb",
              "Anything but disabled is not there yet.", NULL },
            { "encrypt-keylen", 0, 1, false, false, "128|256", NO_EFFECT, NULL },
            { "encrypt", 'E', 1, false, false, "filename", "Is not there yet.", NULL },
            { "save-enctlv", 0, 0, false, false, NULL, NO_EFFECT, NULL },
            { "rom-fixed", 'F', 1, false, false, "INTEGER", "Runs only in a slot at this address.",
              imgtool_check_int },
            { "load-addr", 'L', 1, false, false, "INTEGER", "Is copied to RAM and runs there.",
              imgtool_check_int },
            { "hex-addr", 'x', 1, false, false, "INTEGER", "Address of Intel HEX output.",
              imgtool_check_int },
            { "erased-val", 'R', 1, false, false, "0|0xff", "What erased flash reads as.", NULL },
            { "custom-tlv-file", 0, 2, false, true, "[tag] [filename]",
              "Protected TLV of a vendor type, its value in a file.", NULL },
            { "custom-tlv", 0, 2, false, true, "[tag] [value]",
              "Protected TLV of a vendor type; 0x... is bytes, anything else text.", NULL },
            { "non-bootable", 0, 0, false, false, NULL, "Is not started by itself.", NULL },
            { 0 },
        },
    .arguments = { "INFILE", "OUTFILE" },
    .run = run,
};

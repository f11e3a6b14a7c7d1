/* SPDX-License-Identifier: Apache-2.0 */
/* compile_chips CHIPS.TXT PORTS OUT.C - turns the table of chips into C, at build time.
 *
 * It refuses, with line and column, whatever contradicts itself: runs that do not add up, a name
 * that two rows answer to, a port that is not there, a row without a source, a unit or an erased
 * value that the core cannot serve and no word about it. All of it is said in one run, and nothing
 * is written unless all is well. docs/chips.md has the rules for people. */
#include "host/chips/chips.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum key {
    SOURCE,
    CORE,
    VECTORS,
    UNIT,
    ERASED,
    AT,
    RAM,
    TWICE,
    ECC,
    BLANK,
    ERASE,
    PORT,
    EXTERNAL,
    BOARD,
    CANNOT,
    NOTE,
    MANUAL,
    SIZABLE,
    N_KEYS
};

static const char *const key_names[N_KEYS] = {
    [SOURCE] = "source",   [CORE] = "core",     [VECTORS] = "vectors",
    [UNIT] = "unit",       [ERASED] = "erased", [AT] = "at",
    [RAM] = "ram",         [TWICE] = "twice",   [ECC] = "ecc",
    [BLANK] = "blank",     [ERASE] = "erase",   [PORT] = "port",
    [BOARD] = "board",     [CANNOT] = "cannot", [NOTE] = "note",
    [SIZABLE] = "sizable", [MANUAL] = "manual", [EXTERNAL] = "external",
};

#define TOOLS_MAX 16u
#define RUNS_MAX 16u
#define OTHERS_MAX 12u

/* A piece of the file and its place. text NULL: not written. */
struct value {
    char *text;
    unsigned line, column;
};

/* What a family says for all of its rows, and a row for itself. */
struct sheet {
    struct value key[N_KEYS], tool[TOOLS_MAX];
};

struct row {
    bool nor;
    struct value name, jedec_text, size_text, pages, ram_text, part, family;
    struct value others[OTHERS_MAX];
    size_t n_others;
    struct sheet sheet;
    /* the same as numbers */
    uint32_t jedec, size, base, ram_base, ram_size, erased, unit, vectors, erase_ms;
    bool mapped;
    struct bh_page_run runs[RUNS_MAX];
    size_t n_runs;
};

static struct {
    const char *file, *ports;
    char *text; /* all of the file, cut into pieces: values point into it */
    struct value tool_name[TOOLS_MAX], tool_command[TOOLS_MAX];
    size_t n_tools;
    struct row *rows;
    size_t n_rows;
    struct value family;
    struct sheet sheet; /* of the family that is being read */
    unsigned errors;
} the;

__attribute__((format(printf, 2, 3))) static void wrong(const struct value *at, const char *format,
                                                        ...)
{
    va_list args;

    fprintf(stderr, "%s:%u:%u: error: ", the.file, at->line, at->column);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    the.errors++;
}

/* ---- words and columns ---- */

/* Cut spaces off both ends; the column moves along. */
static struct value trimmed(struct value v)
{
    char *end;

    for (; isspace((unsigned char)*v.text); v.text++)
        v.column++;
    for (end = v.text + strlen(v.text); end > v.text && isspace((unsigned char)end[-1]); end--)
        ;
    *end = 0;
    return v;
}

/* The first word; *rest is what follows it. */
static struct value word(struct value line, struct value *rest)
{
    size_t n = strcspn(line.text, " \t");

    *rest = line;
    rest->text += n;
    rest->column += (unsigned)n;
    if (*rest->text) {
        *rest->text++ = 0;
        rest->column++;
    }
    *rest = trimmed(*rest);
    return line;
}

/* The next piece up to a separator, or text NULL. */
static struct value piece(struct value *rest, char separator)
{
    struct value v = *rest;
    char *end;

    if (!v.text)
        return v;
    end = strchr(v.text, separator);
    if (end) {
        *end = 0;
        rest->text = end + 1;
        rest->column += (unsigned)(end + 1 - v.text);
    } else
        rest->text = NULL;
    return trimmed(v);
}

static int key_of(const char *name)
{
    for (int k = 0; k < N_KEYS; k++)
        if (!strcmp(name, key_names[k]))
            return k;
    return -1;
}

static int tool_of(const char *name)
{
    for (size_t t = 0; t < the.n_tools; t++)
        if (!strcmp(name, the.tool_name[t].text))
            return (int)t;
    return -1;
}

/* ---- reading ---- */

/* "key value" into a sheet. again: may it have been said before (by the family)? */
static void set(struct sheet *sheet, struct value line, bool again)
{
    struct value rest, name = word(line, &rest);
    int k = key_of(name.text), t = tool_of(name.text);
    struct value *to = k >= 0 ? &sheet->key[k] : t >= 0 ? &sheet->tool[t] : NULL;

    if (!to)
        wrong(&name, "\"%s\" is neither a key nor a tool", name.text);
    else if (!*rest.text)
        wrong(&name, "\"%s\" has no value", name.text);
    else if (to->text && !again)
        wrong(&name, "\"%s\" is written twice", name.text);
    else if (k >= PORT && again && !strcmp(rest.text, "-"))
        *to = (struct value){ 0 }; /* the family has it, this row has not */
    else
        *to = rest;
}

static void read_tool(struct value rest)
{
    struct value command, name = word(rest, &command);

    if (the.n_tools == TOOLS_MAX || tool_of(name.text) >= 0 || key_of(name.text) >= 0)
        wrong(&name, "\"%s\" is one tool too many, or its name is taken", name.text);
    else if (!strstr(command.text, "{}"))
        wrong(&command, "the command of %s has no {}", name.text);
    else {
        the.tool_name[the.n_tools] = name;
        the.tool_command[the.n_tools++] = command;
    }
}

static void need(struct value *v, const struct value *line, const char *what)
{
    if (v->text && *v->text)
        return;
    wrong(v->text ? v : line, "the row has no %s", what);
    v->text = ""; /* nothing is written where something is wrong */
}

static void read_others(struct row *row, struct value list)
{
    while (list.text && *list.text) {
        struct value rest, one = word(list, &rest);

        if (row->n_others == OTHERS_MAX) {
            wrong(&one, "more than %u other names", OTHERS_MAX);
            return;
        }
        row->others[row->n_others++] = one;
        list = rest;
    }
}

static void read_row(struct value line, bool nor)
{
    struct value rest = line, v;
    struct row *row;

    the.rows = realloc(the.rows, (the.n_rows + 1) * sizeof *the.rows);
    row = &the.rows[the.n_rows++];
    *row = (struct row){ .nor = nor, .family = the.family, .sheet = the.sheet };
    row->name = piece(&rest, '|');
    if (nor)
        row->jedec_text = piece(&rest, '|');
    row->size_text = piece(&rest, '|');
    row->pages = piece(&rest, '|');
    if (!nor) {
        row->ram_text = piece(&rest, '|');
        row->part = piece(&rest, '|');
        need(&row->ram_text, &line, "RAM size, or - for none");
        need(&row->part, &line, "part, or - for none");
    }
    need(&row->name, &line, "name");
    need(&row->size_text, &line, "size");
    need(&row->pages, &line, "pages");
    v = piece(&rest, '|');
    if (v.text)
        read_others(row, v);
    for (v = piece(&rest, '|'); v.text; v = piece(&rest, '|'))
        set(&row->sheet, v, true);
}

static void read_line(struct value line)
{
    struct value rest, first;

    line = trimmed(line);
    if (!*line.text || *line.text == '#')
        return;
    first = word(line, &rest);
    if (!strcmp(first.text, "tool"))
        read_tool(rest);
    else if (!strcmp(first.text, "family")) {
        the.family = rest;
        the.sheet = (struct sheet){ 0 };
        if (!*rest.text)
            wrong(&first, "the family has no name");
    } else if (!the.family.text)
        wrong(&first, "\"%s\" is before the first family", first.text);
    else if (!strcmp(first.text, "chip") || !strcmp(first.text, "nor"))
        read_row(rest, first.text[0] == 'n');
    else {
        first.text[strlen(first.text)] = *rest.text ? ' ' : 0; /* the line whole again */
        set(&the.sheet, first, false);
    }
}

static bool read_file(void)
{
    FILE *in = fopen(the.file, "r");
    size_t room = 0;
    bool well = in && getdelim(&the.text, &room, '\0', in) >= 0;
    char *next = the.text;

    for (unsigned line = 1; well && next; line++) {
        char *text = next;

        next = strchr(text, '\n');
        if (next)
            *next++ = '\0';
        read_line((struct value){ text, line, 1 });
    }
    if (in)
        fclose(in);
    return well;
}

/* ---- numbers ---- */

/* Decimal or 0x, then K or M. All of text, or 0 and *bad. */
static uint32_t number(const char *text, bool *bad)
{
    char *end;
    unsigned long long n, times = 1;

    errno = 0;
    n = strtoull(text, &end, 0);
    if (end > text && (*end == 'K' || *end == 'M'))
        times = *end++ == 'K' ? 1024 : 1024 * 1024;
    if (end == text || *end || errno || !isdigit((unsigned char)*text) || n > UINT32_MAX / times) {
        *bad = true;
        return 0;
    }
    return (uint32_t)(n * times);
}

static uint32_t number_of(const struct value *v, const char *what)
{
    bool bad = false;
    uint32_t n = number(v->text, &bad);

    if (bad)
        wrong(v, "%s \"%s\" is no number", what, v->text);
    return n;
}

/* A key that must be there. */
static const struct value *given(const struct row *row, enum key key)
{
    static const struct value nothing = { "", 0, 0 };
    const struct value *v = &row->sheet.key[key];

    if (v->text)
        return v;
    wrong(&row->name, "%s: neither the row nor its family says \"%s\"", row->name.text,
          key_names[key]);
    return &nothing;
}

/* A key whose value is one of several words: its index. */
static size_t choice(const struct row *row, enum key key, const char *const *words)
{
    const struct value *v = given(row, key);
    size_t i;

    for (i = 0; words[i]; i++)
        if (!strcmp(v->text, words[i]))
            return i;
    if (*v->text)
        wrong(v, "%s \"%s\": only %s or %s%s%s", key_names[key], v->text, words[0], words[1],
              words[2] ? " or " : "", words[2] ? words[2] : "");
    return 0;
}

/* "4x16K, 64K, 3x128K" */
static void read_pages(struct row *row)
{
    struct value rest = row->pages, v;
    uint64_t sum = 0;

    for (v = piece(&rest, ','); v.text; v = piece(&rest, ',')) {
        char *x = strchr(v.text, 'x');
        bool bad = false;
        struct bh_page_run run = { 1, 0 };

        if (x) {
            *x = 0;
            run.count = number(v.text, &bad);
            *x = 'x';
        }
        run.size = number(x ? x + 1 : v.text, &bad);
        if (bad || !run.count || !run.size || row->n_runs == RUNS_MAX)
            wrong(&v, "pages \"%s\": wanted COUNTxSIZE or SIZE, at most %u runs", v.text, RUNS_MAX);
        else {
            row->runs[row->n_runs++] = run;
            sum += (uint64_t)run.count * run.size;
        }
    }
    if (sum != row->size)
        wrong(&row->pages, "%s: the pages add up to %" PRIu64 " bytes, the size is %" PRIu32,
              row->name.text, sum, row->size);
    for (size_t i = 0; i < row->n_runs; i++)
        if (row->unit && row->runs[i].size % row->unit)
            wrong(&row->pages, "%s: a page of %" PRIu32 " bytes is not made of units of %" PRIu32,
                  row->name.text, row->runs[i].size, row->unit);
}

/* ---- rules ---- */

static const char *const no_clear[] = { "no", "clear", NULL };
static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const no_yes_unknown[] = { "no", "yes", "?", NULL };
static const char *const blanks[] = { "readable", "faults", NULL };

/* A processor of ours and whether it can move its vectors. */
static const struct {
    const char *name;
    bool vtor;
} cores[] = {
    { "cortex-m0", false }, { "cortex-m0+", true }, { "cortex-m3", true }, { "cortex-m4", true },
    { "cortex-m7", true },  { "cortex-m33", true }, { "rv32imc", false },  { "rv32imac", false },
};

static void check_core(struct row *row)
{
    const struct value *v = given(row, CORE);

    row->vectors = number_of(given(row, VECTORS), "vectors");
    for (size_t i = 0; i < sizeof cores / sizeof cores[0]; i++) {
        if (strcmp(v->text, cores[i].name))
            continue;
        if (cores[i].vtor && (row->vectors < 17 || row->vectors > 512))
            wrong(&row->sheet.key[VECTORS], "%s: a %s has 16 vectors and its interrupts, not %s",
                  row->name.text, v->text, row->sheet.key[VECTORS].text);
        if (!cores[i].vtor && row->vectors)
            wrong(&row->sheet.key[VECTORS], "%s: a %s has no VTOR: vectors 0", row->name.text,
                  v->text);
        return;
    }
    if (row->nor ? strcmp(v->text, "-") != 0 : !row->sheet.key[CANNOT].text)
        wrong(v, "%s: no bootloader is built for %s; say why in \"cannot\"", row->name.text,
              v->text);
}

static void check_flash(struct row *row)
{
    const struct value *erased = given(row, ERASED), *unit = given(row, UNIT), *at = given(row, AT);
    bool cannot = row->sheet.key[CANNOT].text != NULL;

    row->size = number_of(&row->size_text, "size");
    row->unit = number_of(unit, "unit");
    row->erased = number_of(erased, "erased");
    if (row->unit == 0 || (row->unit & (row->unit - 1)) || row->unit > 4096)
        wrong(unit, "%s: unit %s is no power of two up to 4096", row->name.text, unit->text);
    else if (row->unit > BH_UNIT_MAX && !cannot)
        wrong(unit, "%s: the core takes units of at most %u bytes; say so in \"cannot\"",
              row->name.text, BH_UNIT_MAX);
    if (row->erased != 0xFF && row->erased != 0x00 && !cannot)
        wrong(erased, "%s: the core knows 0xFF and 0x00 alone; say so in \"cannot\"",
              row->name.text);
    row->mapped = strcmp(at->text, "no") != 0;
    row->base = row->mapped ? number_of(at, "at") : 0;
    if (row->mapped && row->size && row->base > UINT32_MAX - (row->size - 1))
        wrong(at, "%s: the flash does not end below 4 GB", row->name.text);
    read_pages(row);
}

static void check_ram(struct row *row)
{
    const struct value *ram = given(row, RAM);

    if (row->nor || !strcmp(row->ram_text.text, "-"))
        return;
    if (!strcmp(ram->text, "no")) {
        wrong(&row->ram_text, "%s: RAM has a size and no address", row->name.text);
        return;
    }
    row->ram_base = number_of(ram, "ram");
    row->ram_size = number_of(&row->ram_text, "RAM size");
    if (!row->ram_size || row->ram_base > UINT32_MAX - (row->ram_size - 1))
        wrong(&row->ram_text, "%s: RAM of %s at %s is no RAM", row->name.text, row->ram_text.text,
              ram->text);
}

/* A folder in ports/ of this name. */
static void check_folder(const struct row *row, enum key key)
{
    const struct value *v = &row->sheet.key[key];
    char path[1024];
    struct stat st;

    if (!v->text)
        return;
    snprintf(path, sizeof path, "%s/%s", the.ports, v->text);
    if (strchr(v->text, '/') || stat(path, &st) || !S_ISDIR(st.st_mode))
        wrong(v, "%s: %s \"%s\" is no folder in ports/", row->name.text, key_names[key], v->text);
    else if (key != PORT && !row->sheet.key[PORT].text)
        wrong(v, "%s: %s without a port", row->name.text,
              key == BOARD ? "a board" : "\"external\"");
}

static void check_row(struct row *row)
{
    const struct value *source = given(row, SOURCE), *erase = given(row, ERASE);

    for (const char *p = row->name.text; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && !strchr("-_", *p)) {
            wrong(&row->name, "name \"%s\": lower case letters, digits, - and _", row->name.text);
            break;
        }
    if (*source->text && strlen(source->text) < 12)
        wrong(source, "%s: \"%s\" is no source", row->name.text, source->text);
    check_core(row);
    check_flash(row);
    check_ram(row);
    choice(row, TWICE, no_clear);
    choice(row, ECC, no_yes_unknown);
    choice(row, BLANK, blanks);
    if (row->sheet.key[SIZABLE].text)
        choice(row, SIZABLE, no_yes);
    row->erase_ms = strcmp(erase->text, "?") ? number_of(erase, "erase") : 0;
    if (row->nor) {
        char *end;

        need(&row->jedec_text, &row->name, "JEDEC id");
        row->jedec = (uint32_t)strtoul(row->jedec_text.text, &end, 16);
        if (strlen(row->jedec_text.text) != 6 || *end || !row->jedec)
            wrong(&row->jedec_text, "%s: a JEDEC id is six hexadecimal digits, not \"%s\"",
                  row->name.text, row->jedec_text.text);
    }
    check_folder(row, PORT);
    check_folder(row, EXTERNAL);
    check_folder(row, BOARD);
    for (size_t t = 0; t < the.n_tools; t++)
        if (row->sheet.tool[t].text && !strcmp(row->sheet.tool[t].text, "=") &&
            (!row->part.text || !strcmp(row->part.text, "-")))
            wrong(&row->sheet.tool[t], "%s: %s knows it by its part, and the row has none",
                  row->name.text, the.tool_name[t].text);
}

/* Does a name or pattern of row a answer to a name of row b? */
static void check_name(const struct value *pattern, const struct row *a, const struct row *b)
{
    const struct value *hit = NULL;

    if (chip_match(pattern->text, b->name.text))
        hit = &b->name;
    for (size_t i = 0; !hit && i < b->n_others; i++)
        if (chip_match(pattern->text, b->others[i].text))
            hit = &b->others[i];
    if (hit)
        wrong(hit, "\"%s\" of %s is also \"%s\" of %s (line %u)", hit->text, b->name.text,
              pattern->text, a->name.text, pattern->line);
}

static void check_names(void)
{
    for (size_t i = 0; i < the.n_rows; i++)
        for (size_t j = 0; j < the.n_rows; j++) {
            const struct row *a = &the.rows[i], *b = &the.rows[j];

            if (i == j)
                continue;
            check_name(&a->name, a, b);
            for (size_t k = 0; k < a->n_others; k++)
                check_name(&a->others[k], a, b);
            if (j > i && a->jedec && a->jedec == b->jedec)
                wrong(&b->jedec_text, "%s has the JEDEC id of %s", b->name.text, a->name.text);
        }
}

/* ---- writing ---- */

static void put_string(FILE *out, const char *text)
{
    if (!text || !strcmp(text, "-")) {
        fputs("NULL", out);
        return;
    }
    fputc('"', out);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if (isprint((unsigned char)*text))
            fputc(*text, out);
        else
            fprintf(out, "\\%03o", (unsigned)(unsigned char)*text);
    fputc('"', out);
}

/* A tool's command with what the chip says for it in the place of {}. */
static void put_command(FILE *out, const struct row *row, size_t tool)
{
    const struct value *v = &row->sheet.tool[tool];
    const char *word = strcmp(v->text, "=") ? v->text : row->part.text;
    char *command = the.tool_command[tool].text, *hole = strstr(command, "{}");
    char line[1024];

    snprintf(line, sizeof line, "%.*s%s%s", (int)(hole - command), command, word, hole + 2);
    fputs("    { ", out);
    put_string(out, the.tool_name[tool].text);
    fputs(", ", out);
    put_string(out, line);
    fputs(" },\n", out);
}

static size_t put_lists(FILE *out, const struct row *row, size_t n)
{
    size_t tools = 0;

    fprintf(out, "static const struct bh_page_run runs%zu[] = {", n);
    for (size_t i = 0; i < row->n_runs; i++)
        fprintf(out, " { %" PRIu32 "u, %" PRIu32 "u },", row->runs[i].count, row->runs[i].size);
    fprintf(out, " };\nstatic const char *const others%zu[] = { ", n);
    for (size_t i = 0; i < row->n_others; i++) {
        put_string(out, row->others[i].text);
        fputs(", ", out);
    }
    fputs("0 };\n", out);
    for (size_t t = 0; t < the.n_tools; t++)
        tools += row->sheet.tool[t].text != NULL;
    if (tools)
        fprintf(out, "static const struct chip_tool tools%zu[] = {\n", n);
    for (size_t t = 0; t < the.n_tools; t++)
        if (row->sheet.tool[t].text)
            put_command(out, row, t);
    if (tools)
        fputs("};\n", out);
    return tools;
}

static void put_text(FILE *out, const char *field, const char *text)
{
    fprintf(out, "        .%s = ", field);
    put_string(out, text);
    fputs(",\n", out);
}

static void put_row(FILE *out, const struct row *row, size_t n, size_t tools)
{
    static const char *const known[] = { "CHIP_NO", "CHIP_YES", "CHIP_UNKNOWN" };
    const struct value *key = row->sheet.key;

    fputs("    {\n", out);
    put_text(out, "name", row->name.text);
    put_text(out, "family", row->family.text);
    put_text(out, "part", row->part.text);
    put_text(out, "source", key[SOURCE].text);
    put_text(out, "core", key[CORE].text);
    put_text(out, "port", key[PORT].text);
    put_text(out, "external", key[EXTERNAL].text);
    put_text(out, "board", key[BOARD].text);
    put_text(out, "cannot", key[CANNOT].text);
    put_text(out, "note", key[NOTE].text);
    put_text(out, "manual", key[MANUAL].text);
    fprintf(out, "        .others = others%zu,\n        .runs = runs%zu,\n        .n_runs = %zu,\n",
            n, n, row->n_runs);
    fprintf(out, "        .jedec = 0x%06" PRIx32 "u,\n        .size = %" PRIu32 "u,\n", row->jedec,
            row->size);
    fprintf(out, "        .unit = %" PRIu32 ",\n        .erased = 0x%" PRIx32 "u,\n", row->unit,
            row->erased);
    fprintf(out, "        .mapped = %d,\n        .base = 0x%" PRIx32 "u,\n", row->mapped,
            row->base);
    fprintf(out, "        .ram_base = 0x%" PRIx32 "u,\n        .ram_size = %" PRIu32 "u,\n",
            row->ram_base, row->ram_size);
    fprintf(out, "        .vectors = %" PRIu32 ",\n        .erase_ms = %" PRIu32 "u,\n",
            row->vectors, row->erase_ms);
    fprintf(out, "        .once = %d,\n        .ecc = %s,\n        .blank_faults = %d,\n",
            choice(row, TWICE, no_clear) == 0, known[choice(row, ECC, no_yes_unknown)],
            (int)choice(row, BLANK, blanks));
    fprintf(out, "        .sizable = %d,\n",
            key[SIZABLE].text && choice(row, SIZABLE, no_yes) == 1);
    if (tools)
        fprintf(out, "        .tools = tools%zu,\n        .n_tools = %zu,\n", n, tools);
    fputs("    },\n", out);
}

static bool write_file(const char *path)
{
    FILE *out = fopen(path, "w");
    size_t *tools = calloc(the.n_rows + 1, sizeof *tools);

    if (!out || !tools)
        return false;
    fputs("/* Made of host/chips/chips.txt by compile_chips; do not edit. */\n"
          "#include \"host/chips/chips.h\"\n\n",
          out);
    for (size_t i = 0; i < the.n_rows; i++)
        tools[i] = put_lists(out, &the.rows[i], i);
    fputs("\nconst struct chip chips_table[] = {\n", out);
    for (size_t i = 0; i < the.n_rows; i++)
        put_row(out, &the.rows[i], i, tools[i]);
    fprintf(out, "    { .name = 0 },\n};\n\nconst size_t chips_count = %zu;\n", the.n_rows);
    free(tools);
    return fclose(out) == 0;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: compile_chips CHIPS.TXT PORTS OUT.C\n", stderr);
        return 2;
    }
    the.file = argv[1];
    the.ports = argv[2];
    if (!read_file()) {
        fprintf(stderr, "compile_chips: %s: %s\n", the.file, strerror(errno));
        return 2;
    }
    for (size_t i = 0; i < the.n_rows; i++)
        check_row(&the.rows[i]);
    check_names();
    if (the.errors) {
        fprintf(stderr, "compile_chips: %u wrong, nothing written\n", the.errors);
        return 1;
    }
    if (!write_file(argv[3])) {
        fprintf(stderr, "compile_chips: %s: %s\n", argv[3], strerror(errno));
        return 2;
    }
    return 0;
}

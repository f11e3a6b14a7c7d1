/* SPDX-License-Identifier: Apache-2.0 */
/* The language's JSON Schema, printed from the tables that the reader checks by (fields.c). */
#include "write.h"

#include "inner.h"

#include <stdlib.h>
#include <string.h>

#define DRAFT "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""

static void put_choices(FILE *out, const char *choices)
{
    fputs("\"enum\": [\"", out);
    for (; *choices; choices++)
        fputs(*choices == '|' ? "\", \"" : (char[2]){ *choices, 0 }, out);
    fputs("\"]", out);
}

static void put_kind(FILE *out, const struct field *f)
{
    switch (f->kind) {
    case FIELD_NAME:
        fputs("\"type\": \"string\", \"pattern\": \"^[A-Za-z_][A-Za-z0-9_]{0,63}$\"", out);
        break;
    case FIELD_TEXT:
    case FIELD_REF: fputs("\"type\": [\"string\", \"number\"]", out); break;
    case FIELD_TEXTS:
    case FIELD_REFS: fputs("\"$ref\": \"#/$defs/refs\"", out); break;
    case FIELD_SIZE:
    case FIELD_OFFSET: fputs("\"$ref\": \"#/$defs/size\"", out); break;
    case FIELD_INTEGER:
        fprintf(out, "\"type\": \"integer\", \"minimum\": %u, \"maximum\": %u", f->low, f->high);
        break;
    case FIELD_YES: fputs("\"enum\": [true, false, \"yes\", \"no\"]", out); break;
    case FIELD_CHOICE: put_choices(out, f->choices); break;
    case FIELD_OWN:
    case FIELD_MAP:
    case FIELD_MAPS: break;
    }
}

static void put_help(FILE *out, const char *help)
{
    fputs("\"description\": \"", out);
    for (; *help; help++)
        fprintf(out, *help == '"' ? "\\%c" : "%c", *help);
    fputs("\"", out);
}

/* Which tables there are, as definitions that others refer to. */
static const struct {
    const struct field *fields;
    const char *name;
} tables[] = {
    { fields_device, "device" },
    { fields_pm, "pm" },
    { fields_partition, "partition" },
    { fields_placement, "placement" },
    { fields_align, "align" },
    { fields_esp, "esp" },
    { fields_dts, "dts" },
    { fields_rp2350, "rp2350" },
    { fields_boot, "boot" },
    { fields_slot, "slot" },
    { fields_wolfboot, "wolfboot" },
    { fields_load, "ram" },
    { fields_window, "window" },
    { fields_recovery, "recovery" },
    { fields_key, "key" },
};

static const char *name_of(const struct field *fields)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (tables[i].fields == fields)
            return tables[i].name;
    return "none";
}

static void put_field(FILE *out, const struct field *f)
{
    fprintf(out, "\"%s\": { ", f->name);
    put_help(out, f->help);
    fputs(", ", out);
    if (f->kind == FIELD_MAP)
        fprintf(out, "\"$ref\": \"#/$defs/%s\"", name_of(f->fields));
    else if (f->kind == FIELD_MAPS)
        fprintf(out, "\"type\": \"object\", \"additionalProperties\": { \"$ref\": \"#/$defs/%s\" }",
                name_of(f->fields));
    else if (f->kind == FIELD_OWN)
        fprintf(out, "\"allOf\": [%s]", f->choices);
    else
        put_kind(out, f);
    fputs(" }", out);
}

static void put_table(FILE *out, const struct field *fields, const char *indent)
{
    fprintf(out, "\"type\": \"object\", \"additionalProperties\": false, \"properties\": {");
    for (size_t i = 0; fields[i].name; i++) {
        fprintf(out, "%s\n%s  ", i ? "," : "", indent);
        put_field(out, &fields[i]);
    }
    fprintf(out, "\n%s}", indent);
}

char *layout_schema(void)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort();
    fputs("{\n  " DRAFT ",\n  \"title\": \"Bulkhead layout, version 1\",\n"
          "  \"required\": [\"layout\"],\n  ",
          out);
    put_table(out, fields_top, "  ");
    fputs(
        ",\n  \"$defs\": {\n"
        "    \"size\": { \"anyOf\": [{ \"type\": \"integer\", \"minimum\": 0 }, { \"type\": \"string\", "
        "\"pattern\": \"^(0x[0-9A-Fa-f]+|[0-9]+)[KM]?$\" }] },\n"
        "    \"refs\": { \"anyOf\": [{ \"type\": \"string\" }, { \"type\": \"array\", \"items\": "
        "{ \"type\": \"string\" } }] }",
        out);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        fprintf(out, ",\n    \"%s\": { ", tables[i].name);
        put_table(out, tables[i].fields, "    ");
        fputs(" }", out);
    }
    fputs("\n  }\n}\n", out);
    fclose(out);
    return text;
}

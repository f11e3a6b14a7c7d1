/* SPDX-License-Identifier: Apache-2.0 */
/* A program that does something to the partitions of a flash: from its words to its end. */
#include "cli/dropin_flash.h"

#include <stdio.h>
#include <string.h>

const char *const *dropin_esptool;

int dropin_failed(const struct dropin_run *r)
{
    fflush(stdout);
    fprintf(stderr, "%s\n", r->error.text);
    return r->quiet ? 2 : 1;
}

int dropin_fail(struct dropin_run *r, const char *text)
{
    host_fail(&r->error, HOST_FAILED, host_nowhere(), NULL, "%s", text);
    return dropin_failed(r);
}

int dropin_core_failed(struct dropin_run *r, int err)
{
    return host_target_failed(&r->target, &r->error) ? dropin_failed(r)
                                                     : dropin_fail(r, bh_error_text(err));
}

static const struct {
    const char *option;
    enum host_esptool_kind kind;
} esptool_arguments[] = {
    { "esptool-args", HOST_ESPTOOL_MAIN },
    { "esptool-write-args", HOST_ESPTOOL_WRITE },
    { "esptool-read-args", HOST_ESPTOOL_READ },
    { "esptool-erase-args", HOST_ESPTOOL_ERASE },
};

/* How esptool is to be called. */
static int read_esptool(struct dropin_run *r)
{
    const char *const *python = dropin_esptool;

    r->esptool.baud = dropin_value(&r->global, "baud");
    r->esptool.announce = true;
    for (; python && *python; python++)
        host_esptool_add(&r->esptool, HOST_ESPTOOL_PROGRAM, *python);
    for (size_t i = 0; i < sizeof esptool_arguments / sizeof esptool_arguments[0]; i++) {
        const struct dropin_given *g = dropin_find(&r->global, esptool_arguments[i].option);

        for (size_t k = 0; g && k < g->n; k++)
            if (!host_esptool_add(&r->esptool, esptool_arguments[i].kind, g->words[k]))
                return dropin_usage_error(&r->global, "argument --%s: too many arguments",
                                          esptool_arguments[i].option);
    }
    return 0;
}

int dropin_load(struct dropin_run *r, const struct dropin_subcommand *sub)
{
    const char *port = dropin_value(&r->global, "port");
    const char *file = dropin_value(&r->global, "partition-table-file");
    enum host_target_use use = sub->changes ? HOST_TARGET_CHANGE : HOST_TARGET_READ;
    int code = read_esptool(r);

    if (code)
        return code;
    if ((!file || !sub->table_is_enough) &&
        host_target_open(&r->target, port, use, &r->esptool, &r->error))
        return dropin_failed(r);
    return esp_load(&r->table, &r->options, file, &r->target, &r->error) ? dropin_failed(r) : 0;
}

/* A file that a command writes must not be one that it reads. */
static int spare_inputs(struct dropin_run *r, const char *output)
{
    const char *file = dropin_value(&r->global, "partition-table-file");

    if (!host_same_file(output, r->target.path) && !(file && host_same_file(output, file)))
        return 0;
    host_fail(&r->error, HOST_BAD_INPUT, host_in(output), "Choose another output file.",
              "the output would replace an input");
    return dropin_failed(r);
}

int dropin_read(struct dropin_run *r, const struct esp_row *row, const char *path)
{
    struct host_bytes bytes;

    if (spare_inputs(r, path))
        return r->quiet ? 2 : 1;
    if (esp_part_read(row, &r->target, &bytes, &r->error))
        return dropin_failed(r);
    int code = host_write_file(path, bytes.data, bytes.len, 0666, true, &r->error);
    host_bytes_free(&bytes);
    return code ? dropin_failed(r) : 0;
}

int dropin_write(struct dropin_run *r, const struct esp_row *row, const char *path,
                 bool ignore_readonly)
{
    struct host_bytes bytes;

    if (host_read_file(path, &bytes, &r->error))
        return dropin_failed(r);
    int code = esp_part_write(&r->table, row, &r->target, bytes.data, bytes.len, ignore_readonly,
                              &r->error);
    if (!code)
        code = host_target_commit(&r->target, &r->error);
    host_bytes_free(&bytes);
    return code ? dropin_failed(r) : 0;
}

int dropin_erase(struct dropin_run *r, const struct esp_row *row, bool ignore_readonly)
{
    if (esp_part_erase(&r->table, row, &r->target, ignore_readonly, &r->error) ||
        host_target_commit(&r->target, &r->error))
        return dropin_failed(r);
    return 0;
}

static int run_subcommand(struct dropin_run *r, const struct dropin_program *p,
                          const struct dropin_subcommand *sub, int argc, char **argv)
{
    r->sub =
        (struct dropin){ .program = r->global.program, .usage = p->usage, .options = sub->options };
    int code = dropin_parse(&r->sub, argc, argv);

    if (code || r->sub.help)
        return code;
    if (r->sub.n_operands)
        return dropin_usage_error(&r->sub, "unrecognized arguments: %s", r->sub.operands[0]);
    code = p->prepare(r, sub);
    return code ? code : sub->run(r);
}

static int run(struct dropin_run *r, const struct dropin_program *p, int argc, char **argv)
{
    const struct dropin_subcommand *sub = p->subcommands;
    int code = dropin_parse(&r->global, argc, argv);

    if (code || r->global.help)
        return code;
    r->quiet = dropin_find(&r->global, "quiet");
    if (r->global.n_operands == 0) {
        if (!r->quiet || !p->mute)
            printf("usage: %s %s", r->global.program, p->usage);
        return 1;
    }
    while (sub->name && strcmp(sub->name, r->global.operands[0]) != 0)
        sub++;
    if (!sub->name)
        return dropin_usage_error(&r->global, "argument operation: invalid choice: '%s'",
                                  r->global.operands[0]);
    return run_subcommand(r, p, sub, argc - r->global.used, argv + r->global.used);
}

int dropin_flash_main(const struct dropin_program *p, int argc, char **argv)
{
    struct dropin_run r = { .global = { .program = dropin_base(argv[0]),
                                        .usage = p->usage,
                                        .options = p->options,
                                        .stop_at_operand = true },
                            .options = esp_defaults() };
    int code = run(&r, p, argc - 1, argv + 1);

    host_target_close(&r.target);
    host_esptool_free(&r.esptool);
    esp_table_free(&r.table);
    esp_names_free(&r.options.names);
    return code;
}

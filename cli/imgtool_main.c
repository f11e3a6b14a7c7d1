/* SPDX-License-Identifier: Apache-2.0 */
/* imgtool COMMAND: find the command, read its options, run it. And what the commands share. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/dropin.h"
#include "cli/imgtool.h"
#include "host/ihex.h"

#define IMGTOOL_VERSION "2.5.0" /* whose options, output and exit codes these are */

static int show_version(struct imgtool *t)
{
    (void)t;
    puts(IMGTOOL_VERSION);
    return 0;
}

static const struct imgtool_option no_options[] = { { 0 } };

static const struct imgtool_command version = {
    .name = "version",
    .summary = "Print the version of imgtool that this program is like",
    .options = no_options,
    .run = show_version,
};

static const struct {
    const char *name;
    const struct imgtool_command *command;
} commands[] = {
    { "create", &imgtool_sign },           { "dumpinfo", &imgtool_dumpinfo },
    { "getpriv", &imgtool_getpriv },       { "getpub", &imgtool_getpub },
    { "getpubhash", &imgtool_getpubhash }, { "keygen", &imgtool_keygen },
    { "keyinfo", &imgtool_keyinfo },       { "sign", &imgtool_sign },
    { "verify", &imgtool_verify },         { "version", &version },
};
#define N_COMMANDS (sizeof commands / sizeof commands[0])

static const char *nth_command(size_t i, const void *context)
{
    (void)context;
    return i < N_COMMANDS ? commands[i].name : NULL;
}

static void help(FILE *out, const char *program)
{
    fprintf(out,
            "Usage: %s [OPTIONS] COMMAND [ARGS]...\n\n"
            "Options:\n  -h, --help  Show this message and exit.\n\nCommands:\n",
            program);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-10s  %s\n", commands[i].name, commands[i].command->summary);
}

static int run(struct imgtool *t, int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    int code;

    if (!word) {
        help(stderr, t->program);
        return 2;
    }
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        help(stdout, t->program);
        return 0;
    }
    if (word[0] == '-' && word[1])
        return imgtool_usage(t, "No such option '%s'.", word);
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, word) == 0)
            t->command = commands[i].command;
    if (!t->command) {
        const char *near = host_near(word, nth_command, NULL);

        if (near)
            return imgtool_usage(t, "No such command '%s'. Did you mean '%s'?", word, near);
        return imgtool_usage(t, "No such command '%s'.", word);
    }
    t->as = word;
    return imgtool_parse(t, argc - 2, argv + 2, &code) ? code : t->command->run(t);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int dropin_imgtool(int argc, char **argv)
{
    static struct imgtool t;

    t.program = base_name(argv[0]);
    signal(SIGPIPE, SIG_DFL);
    int code = run(&t, argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout))
        return imgtool_fail(&t, "cannot write to standard output");
    return code;
}

/* ---- shared by the commands ---- */

bool imgtool_is_hex(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash + 1 : path, '.');

    return dot && strcasecmp(dot, ".hex") == 0;
}

int imgtool_load_key(struct imgtool *t, const char *path, struct host_key *key)
{
    char password[HOST_PASSWORD_MAX];
    bool locked;

    if (host_key_load_locked(path, NULL, key, &locked, &t->error))
        return imgtool_failed(t);
    if (!locked)
        return 0;
    if (EVP_read_pw_string_min(password, 0, sizeof password - 1, "Enter key passphrase: ", 0))
        return imgtool_fail(t, "%s: no passphrase was entered", path);
    int code = host_key_load_locked(path, password, key, &locked, &t->error);
    OPENSSL_cleanse(password, sizeof password);
    return code ? imgtool_failed(t) : 0;
}

int imgtool_read(struct imgtool *t, const char *path, struct host_bytes *out, int64_t *base,
                 bool *missing)
{
    struct host_ihex hex;

    *base = -1;
    *missing = access(path, F_OK) != 0 && errno == ENOENT;
    if (*missing)
        return 1;
    if (host_read_file(path, out, &t->error))
        return imgtool_failed(t);
    if (!imgtool_is_hex(path))
        return 0;
    int code = host_ihex_parse(path, out, &hex, &t->error);
    host_bytes_free(out);
    if (code)
        return imgtool_failed(t);
    *out = hex.bytes;
    *base = hex.base;
    return 0;
}

int imgtool_write(struct imgtool *t, const char *path, const void *data, size_t len)
{
    if (path && *path)
        return host_write_file(path, data, len, 0666, true, &t->error) ? imgtool_failed(t) : 0;
    if (fwrite(data, 1, len, stdout) != len)
        return imgtool_fail(t, "cannot write to standard output");
    return 0;
}

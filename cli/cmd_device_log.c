/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead device log: a device's console, with the bootloader's lines in words. */
#include <cjson/cJSON.h>
#include <string.h>

#include "cli/boot_line.h"
#include "cli/remote.h"

struct text {
    char line[256];
    size_t n;
};

/* A line is whole. */
static int say(struct cli *cli, struct text *t)
{
    struct cli_boot_line line;
    char words[CLI_BOOT_LINE_TEXT];
    bool boot;

    t->line[t->n] = 0;
    boot = cli_boot_line_read(t->line, &line);
    t->n = 0;
    if (cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddStringToObject(json, "line", t->line);
        if (boot)
            cJSON_AddItemToObject(json, "boot", cli_boot_line_json(&line));
        return cli_json_line(cli, json);
    }
    puts(t->line);
    if (boot) {
        cli_boot_line_text(&line, words);
        printf("  %s\n", words);
    }
    fflush(stdout);
    return HOST_OK;
}

/* Nothing that a device says changes the terminal. */
static int hear(struct cli *cli, struct text *t, char c)
{
    if (c == '\r')
        return HOST_OK;
    if (c == '\n' || t->n == sizeof t->line - 1)
        return say(cli, t);
    t->line[t->n++] = (unsigned char)c < ' ' || (unsigned char)c > '~' ? '.' : c;
    return HOST_OK;
}

static int listen(struct cli *cli, struct host_line *line, uint32_t seconds)
{
    unsigned long long until = host_line_ms() + seconds * 1000ull;
    struct text text = { .n = 0 };
    int code = HOST_OK;

    while (!code && !host_line_interrupted() && (!seconds || host_line_ms() < until)) {
        char bytes[256];
        long n = host_line_read(line, bytes, sizeof bytes, 100);

        if (n < 0)
            return cli_fail(cli, HOST_DEVICE, host_in(line->name), "Connect it again.",
                            "the connection has gone");
        for (long i = 0; i < n && !code; i++)
            code = hear(cli, &text, bytes[i]);
    }
    return !code && text.n ? say(cli, &text) : code;
}

static int run(struct cli *cli)
{
    struct host_line line;
    uint32_t baud = 0, seconds = 0;
    int code;

    if (cli_u32(cli, "baud", &baud) || cli_u32(cli, "seconds", &seconds))
        return cli->error.code;
    if (host_line_dial(&line, cli_value(cli, "port"), baud, &cli->error))
        return cli_error(cli);
    host_line_heed();
    code = listen(cli, &line, seconds);
    host_line_close(&line);
    return code;
}

const struct cli_command cmd_device_log = {
    .noun = "device",
    .verb = "log",
    .summary = "Show what a device says on its console, the bootloader's lines in words",
    .options =
        (const struct cli_option[]){
            { "port", 'p', "PORT", "Serial port of the device, or socket:PATH", NULL, false, true },
            { "baud", 0, "N", "Rate of the port", "115200", false, false },
            { "seconds", 0, "N", "End after so long; without it, an interrupt ends it", NULL, false,
              false },
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead device log --port /dev/ttyACM0", "Why does it not start?" }, { 0 } },
    .exits = CLI_EXITS(HOST_DEVICE),
    .run = run,
};

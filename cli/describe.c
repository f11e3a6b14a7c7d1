/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the command tables, shared by help, man page and completion. */
#include "cli/frame.h"

#include <string.h>

void cli_option_label(const struct cli_option *o, char *text, size_t size)
{
    char letter[8] = "    ";

    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    snprintf(text, size, "%s--%s%s%s", letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
}

void cli_option_text(const struct cli_option *o, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s%s%s%s", o->help, o->many ? "; may be repeated" : "",
             o->required ? " (required)" : "", o->fallback ? " (default: " : "",
             o->fallback ? o->fallback : "", o->fallback ? ")" : "");
}

static size_t put(char *text, size_t size, size_t used, const char *before, const char *word,
                  const char *after)
{
    int n = used < size ? snprintf(text + used, size - used, "%s%s%s", before, word, after) : 0;

    return used + (n > 0 ? (size_t)n : 0);
}

void cli_usage(const struct cli_command *c, char *text, size_t size)
{
    size_t used = put(text, size, 0, "bulkhead ", c->noun, "");

    if (c->verb)
        used = put(text, size, used, " ", c->verb, "");
    for (size_t i = 0; c->options && c->options[i].name; i++)
        if (c->options[i].required) {
            used = put(text, size, used, " --", c->options[i].name, " ");
            used = put(text, size, used, "", c->options[i].arg, "");
        }
    used = put(text, size, used, " [OPTIONS]", "", "");
    for (const struct cli_operand *o = c->operands; o && o->name; o++)
        used = put(text, size, used, o->optional ? " [" : " ", o->name,
                   o->many ? (o->optional ? "...]" : "...") : (o->optional ? "]" : ""));
}

const char *cli_exit_text(const struct cli_command *c, int code)
{
    static const char *const texts[] = {
        [HOST_OK] = "done",
        [HOST_FAILED] = "could not be done: a file, memory or permission",
        [HOST_BAD_INPUT] = "wrong usage, or an input that is not what it should be",
        [HOST_BAD_LAYOUT] = "partitions contradict each other or the device",
        [HOST_DEVICE] = "the flash or the connection to it failed",
        [HOST_VERIFY] = "an image was refused; the reason was shown",
    };
    unsigned always = 1u << HOST_OK | 1u << HOST_FAILED | 1u << HOST_BAD_INPUT;

    if (code < 0 || code > HOST_VERIFY)
        return NULL;
    if (c->says && c->says[code])
        return c->says[code];
    return (always | c->exits) & 1u << code ? texts[code] : NULL;
}

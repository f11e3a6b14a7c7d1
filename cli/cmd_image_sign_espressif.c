/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead image sign-espressif: Secure Boot V2 signatures, as espsecure makes them. */
#include "cli/cli.h"

#include <stdlib.h>

#include "cli/image.h"
#include "host/sign_espressif.h"

static int sign(struct cli *cli, const struct host_key *keys, size_t n)
{
    const char *path = cli->operands[0], *output = cli_value(cli, "output");
    struct host_bytes in, out;
    int code;

    if (host_read_file(path, &in, &cli->error))
        return cli_error(cli);
    if (in.len == 0) {
        host_bytes_free(&in);
        return cli_fail(cli, HOST_BAD_INPUT, host_in(path), "Is it the right file?",
                        "file is empty");
    }
    if (in.data[0] != BH_ESPRESSIF_MAGIC)
        cli_warn(cli, "%s is no image of Espressif's: it does not begin with e9", path);
    code = host_espressif_sign(&in, keys, n, cli_has(cli, "append"), &out, &cli->error);
    host_bytes_free(&in);
    if (code)
        return cli_error(cli);
    code = cli_write(cli, output, out.data, out.len, cli_has(cli, "force"));
    host_bytes_free(&out);
    return code;
}

static int run(struct cli *cli)
{
    size_t n = cli_count(cli, "key"), loaded = 0;
    struct host_key *keys = calloc(n, sizeof *keys);
    int code = keys ? cli_spare_keys(cli, cli_value(cli, "output"))
                    : cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");

    while (!code && loaded < n) {
        code = host_key_load(cli_nth(cli, "key", loaded)[0], cli_value(cli, "passphrase"),
                             &keys[loaded], &cli->error);
        if (code)
            cli_error(cli);
        else
            loaded++;
    }
    if (!code)
        code = sign(cli, keys, n);
    while (loaded)
        host_key_free(&keys[--loaded]);
    free(keys);
    return code;
}

const struct cli_command cmd_image_sign_espressif = {
    .noun = "image",
    .verb = "sign-espressif",
    .summary = "Sign an image of Espressif's for Secure Boot V2",
    .description =
        "The image is padded to 4 KiB and gets a sector with one signature block for each key. "
        "A sector that is there already is replaced, or kept and added to.",
    .operands = (const struct cli_operand[]){ { "IMAGE", "What to sign", false, false }, { 0 } },
    .options =
        (const struct cli_option[]){
            { "key", 'k', "FILE", "Private key, RSA-3072 or ECDSA P-256; up to three", NULL, true,
              true },
            { "output", 'o', "FILE", "The signed image", NULL, false, true },
            { "append", 0, NULL, "Keep the signatures that are there", NULL, false, false },
            { "passphrase", 0, "SOURCE", "Of encrypted key files: env:NAME, file:PATH or ask", NULL,
              false, false },
            CLI_FORCE,
            CLI_DRY_RUN,
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "bulkhead image sign-espressif -k key.pem app.bin -o app.signed.bin",
              "one signature" },
            { 0 },
        },
    .run = run,
};

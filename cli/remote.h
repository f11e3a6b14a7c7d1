/* SPDX-License-Identifier: Apache-2.0 */
/* cli/remote.h - what the commands of 'bulkhead device' share: the device at the other end of a
 * line, and its images in words.
 *
 *     int code = cli_remote_open(cli, &client);
 *     if (!code)
 *         code = cli_remote_ask(cli, &client, BH_SMP_READ, BH_SMP_IMAGE, BH_SMP_IMAGE_STATE, NULL);
 *     smp_close(&client);
 */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include "cli/cli.h"
#include "host/smp.h"

#define CLI_REMOTE_OPTIONS                                                                         \
    { "port", 'p', "PORT", "Serial port of the device, or socket:PATH", NULL, false, true },       \
        { "baud", 0, "N", "Rate of the port", "115200", false, false },                            \
    {                                                                                              \
        "timeout", 0, "MS", "How long an answer may take", "2500", false, false                    \
    }

/* Errors are shown already. Close it in both cases. */
int cli_remote_open(struct cli *cli, struct smp_client *c);
int cli_remote_ask(struct cli *cli, struct smp_client *c, enum bh_smp_op op, uint16_t group,
                   uint8_t command, const struct smp_payload *p);
/* Show the images of the last answer, as text or as JSON. */
int cli_remote_show(struct cli *cli, const struct smp_client *c);
/* Test (or confirm, for good) what the command line names: a hash, or nothing. Shows the list. */
int cli_remote_set_state(struct cli *cli, bool confirm);

#endif

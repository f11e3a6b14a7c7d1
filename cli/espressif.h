/* SPDX-License-Identifier: Apache-2.0 */
/* cli/espressif.h - what 'image info' and 'image verify' do for Espressif's format. */
#ifndef CLI_ESPRESSIF_H
#define CLI_ESPRESSIF_H

#include "cli/cli.h"

/* Does it begin like one? */
bool cli_is_espressif(const struct host_bytes *file);
/* Everything that it says of itself. */
int cli_espressif_info(struct cli *cli, const struct host_bytes *file);

#endif

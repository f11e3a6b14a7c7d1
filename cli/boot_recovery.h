/* SPDX-License-Identifier: Apache-2.0 */
/* cli/boot_recovery.h - the recovery of a device that 'bulkhead boot run' plays, for clients at the
 * other end of a line. */
#ifndef CLI_BOOT_RECOVERY_H
#define CLI_BOOT_RECOVERY_H

#include "cli/device.h"

/* After a boot of the world that started nothing: take an image over --console, by the protocol of
 * the layout, until the client asks for a reset. *reset: it did; otherwise an interrupt came, or
 * the power was cut. HOST_OK, or the error is shown. */
int cli_boot_recovery(struct cli *cli, struct cli_device *d, bool *reset);

#endif

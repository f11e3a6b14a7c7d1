/* SPDX-License-Identifier: Apache-2.0 */
/* cli/wolfboot.h - wolfBoot's images in the image commands. */
#ifndef CLI_WOLFBOOT_H
#define CLI_WOLFBOOT_H

#include "cli/cli.h"
#include "bulkhead/image.h"
#include "host/layout/layout.h"
#include "host/io.h"

/* image sign: are the images to be in wolfBoot's format? By --format, or by the layout's slot. */
bool cli_signs_wolfboot(struct cli *cli);
int cli_sign_wolfboot(struct cli *cli);
/* HOST_OK: none of the options that only this format has was given. */
int cli_not_wolfboot(struct cli *cli);

/* image info */
int cli_wolfboot_info(struct cli *cli, const struct host_bytes *file);

/* boot status: what the trailers of a product with wolfBoot's mailbox say, and what wolfBoot would
 * do next. Nothing for other products. */
struct cli_device;
void cli_wolfboot_trailers(struct cli *cli, struct cli_device *d);

/* The reader for the file's header: --header-size, or what the file has beside its payload. NULL:
 * neither tells, and the error is shown. */
const struct bh_image_format *cli_wolfboot_reader(struct cli *cli, const struct host_bytes *file);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* cli/image.h - what the image commands share. */
#ifndef CLI_IMAGE_H
#define CLI_IMAGE_H

#include "bulkhead/image.h"
#include "cli/cli.h"
#include "host/keys.h"

/* Memory lent to the core for any image at all: a signature's length is a number of 16 bits. */
#define CLI_VERIFY_MEMORY (BH_WORK_MIN + 0x10000u)

extern const struct bh_image_format *const cli_image_formats[]; /* all there are; NULL ends */

/* major[.minor[.revision[+build]]], no leading zeros; false if it cannot be read or is
 * too large. */
bool cli_version(const char *text, struct bh_version *out);
void cli_json_version(struct cJSON *json, const char *name, const struct bh_version *v);

/* An image file, or an Intel HEX file of one (by its ending), as bytes. Refuses an empty one. */
int cli_read_image(struct cli *cli, const char *path, struct host_bytes *out);

/* May output be written? Not if it is one of the files given by --key. HOST_OK, or the error is
 * shown. */
int cli_spare_keys(struct cli *cli, const char *output);

/* The same bytes as a flash that cannot be written, for the core. Holds pointers into itself: it
 * must stay where it is. */
struct cli_view {
    struct bh_flash flash;
    struct bh_region region;
    struct bh_view view;
};
void cli_view(const struct host_bytes *bytes, struct cli_view *v);

#endif

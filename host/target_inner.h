/* SPDX-License-Identifier: Apache-2.0 */
/* host/target_inner.h - the kinds of targets behind host/target.h. */
#ifndef HOST_TARGET_INNER_H
#define HOST_TARGET_INNER_H

#include "host/target.h"

int host_target_open_file(struct host_target *t, const char *path, enum host_target_use use,
                          struct host_error *e);
int host_target_commit_file(struct host_target *t, struct host_error *e);

int host_target_open_serial(struct host_target *t, const char *port, struct host_error *e);
int host_target_commit_serial(struct host_target *t, struct host_error *e);

/* The flash over bytes, of 4 KiB pages. */
void host_target_describe(struct host_target *t, const struct bh_flash_ops *ops);

#endif

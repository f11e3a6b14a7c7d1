/* SPDX-License-Identifier: Apache-2.0 */
/* The boot record in RAM, for the application: of record.c, to be called if BOOT_RECORD_LEN. */
#ifndef BOOT_RECORD_H
#define BOOT_RECORD_H

#include "bulkhead/boot.h"

void record(struct bh_work *work, const struct bh_boot *boot);

#endif

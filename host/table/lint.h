/* SPDX-License-Identifier: Apache-2.0 */
/* host/table/lint.h - parts of esp_lint(), each in its own file. */
#ifndef HOST_TABLE_LINT_H
#define HOST_TABLE_LINT_H

#include "table.h"

/* Where rows lie: gaps, the bootloaders, the end of the flash. */
void esp_lint_place(struct esp_table *t, const struct esp_options *o);

#endif

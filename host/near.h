/* SPDX-License-Identifier: Apache-2.0 */
/* host/near.h - "did you mean": what a person may have wanted to write.
 *
 *     const char *near = host_near("partion", nth_key, table);      "partition", or NULL */
#ifndef HOST_NEAR_H
#define HOST_NEAR_H

#include <stddef.h>

/* The nearest of what is there to what was typed, or NULL if nothing is near. next(i, context)
 * names the i-th candidate; NULL ends. */
const char *host_near(const char *typed, const char *(*next)(size_t i, const void *context),
                      const void *context);

#endif

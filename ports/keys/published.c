/* SPDX-License-Identifier: Apache-2.0 */
/* All development keys at once, for tools: whoever finds one of them in a product must warn. The
 * build compiles each key's file with a name of its own. */
#include "development.h"

extern const struct bh_key development_ed25519, development_lms, development_rsa2048;

const struct bh_key *const published_keys[] = { &development_key, &development_ed25519,
                                                &development_lms, &development_rsa2048, NULL };

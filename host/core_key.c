/* SPDX-License-Identifier: Apache-2.0 */
#include "host/core_key.h"

#include <string.h>

bool host_core_key(const struct host_key *key, struct bh_key *core)
{
    static const struct bh_signature_algo *const all[] = { &bh_p256, &bh_ed25519, &bh_rsa2048,
                                                           &bh_rsa3072, &bh_lms };

    *core = (struct bh_key){ NULL, { 0 }, key->bytes, (uint16_t)key->len };
    memcpy(core->id, key->id, sizeof core->id);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i]->id == key->type->signature)
            core->algo = all[i];
    return core->algo != NULL;
}

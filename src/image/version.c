/* SPDX-License-Identifier: Apache-2.0 */
/* Compare versions: major, minor, revision, and the build number if the product says so. */
#include "bulkhead/image.h"

static int order(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

/* The parts in front of the build number, as one number that sorts as they do. */
static uint32_t front(const struct bh_version *v)
{
    return (uint32_t)v->major << 24 | (uint32_t)v->minor << 16 | v->revision;
}

int bh_version_compare(const struct bh_version *a, const struct bh_version *b, bool with_build)
{
    int by_front = order(front(a), front(b));

    return by_front || !with_build ? by_front : order(a->build, b->build);
}

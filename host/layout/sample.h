/* SPDX-License-Identifier: Apache-2.0 */
/* host/layout/sample.h - the sample products: layout files that come with the tool, found by name.
 *
 *     char *path = layout_sample("stm32f407");
 *     if (path)
 *         ... layout_load(&l, path, ...) ...
 *     free(path);
 *
 * No list of them is compiled in: a name is short for NAME.layout.yml in the first of these
 * folders that is there:
 *
 *     what the environment's BULKHEAD_PRODUCTS says, and then no other;
 *     ../share/bulkhead/products, from the folder of the program, where the tool is installed;
 *     products/ of the source folder that the program was built in, above its own folder. */
#ifndef HOST_LAYOUT_SAMPLE_H
#define HOST_LAYOUT_SAMPLE_H

#include <stddef.h>

/* The folder, without a last '/'; NULL: there is none. free() it. */
char *layout_samples_folder(void);
/* The layout file of that name, or NULL. free() it. */
char *layout_sample(const char *name);

/* All names, in the order of the alphabet. */
struct layout_samples {
    char **names;
    size_t n;
};
void layout_samples(struct layout_samples *out);
void layout_samples_free(struct layout_samples *samples);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* tests/samples/samples.h - the sample products for tests, from their layouts, as the tool
 * has them.
 *
 *     struct sample s;
 *     sample_open(&s, "stm32f407");     fails the test that runs if it is not a good layout
 *     ... s.built.product ...
 *     sample_close(&s); */
#ifndef TESTS_SAMPLES_H
#define TESTS_SAMPLES_H

#include "host/layout/layout.h"

/* The product points into itself and the layout: copy it not. */
struct sample {
    struct layout layout;
    struct layout_product built;
};

/* Where otadata chooses s->built.select is the product. */
void sample_open(struct sample *s, const char *name);
void sample_close(struct sample *s);

/* test() once with each sample that moves images; of all there are at least six. */
void samples_each(void (*test)(struct sample *s, void *context), void *context);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Load a sample by its name, or fail the test that runs. */
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/layout/sample.h"

void sample_open(struct sample *s, const char *name)
{
    char *path = layout_sample(name);
    struct host_error e = { 0 };

    if (!path)
        fail_msg("there is no products/%s.layout.yml", name);
    if (layout_load(&s->layout, path, NULL, &e))
        fail_msg("%s: %s; 'bulkhead layout check' says more", path,
                 s->layout.n_findings ? s->layout.findings[0].text : e.text);
    if (s->layout.boot.plan == LAYOUT_SELECT ? layout_select(&s->layout, &s->built, &e)
                                             : layout_product(&s->layout, &s->built, &e))
        fail_msg("%s: %s", path, e.text);
    free(path);
}

void sample_close(struct sample *s)
{
    layout_product_free(&s->built);
    layout_free(&s->layout);
}

void samples_each(void (*test)(struct sample *s, void *context), void *context)
{
    struct layout_samples names;
    struct sample s;

    layout_samples(&names);
    assert_true(names.n >= 6);
    for (size_t i = 0; i < names.n; i++) {
        sample_open(&s, names.names[i]);
        if (s.layout.boot.plan != LAYOUT_SELECT)
            test(&s, context);
        sample_close(&s);
    }
    layout_samples_free(&names);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A product scaled down is the same to the engine. Linked with the engine as it is ("scaling"): two
 * sizes give the same verdict, and what the rule says stays, stays. Linked with a planted mistake
 * ("mutant WHY"): it is found on the whole product and on both sizes, by the same laws. */
#include "../samples/samples.h"
#include "sim/explore/explore.h"
#include "sim/explore/products.h"
#include "sim/explore/scale.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIOS 2u
static const char *const scenarios[SCENARIOS] = { "confirm", "revert" };

/* With one chunk between the first and the last, no two neighbours are both in the middle: a
 * mistake that marks steps too early then breaks no law of wear, and breaks it with two. */
static const struct explore_scale sizes[] = { { .between = 2, .page = 256 },
                                              { .between = 2, .page = 1024 },
                                              { .between = 4, .page = 512 } };
#define N_SIZES (sizeof sizes / sizeof sizes[0])

static int failures;

#define CHECK(what, ...)                                                                           \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            printf("FAILED: %s: ", #what);                                                         \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

/* --- verdicts ------------------------------------------------------------------------------ */

struct verdict {
    uint32_t laws; /* bit i: law i was broken */
    uint64_t cuts;
    bool complete;
};

static void hear(void *context, const struct explore_task *task, const struct explore_result *r)
{
    struct verdict *v = context;

    (void)task;
    v->laws |= 1u << r->law;
}

/* bound: states, 0: to the end. */
static struct verdict judge(const struct bh_product *product, uint32_t work_len, bool sparse,
                            uint64_t bound)
{
    struct verdict v = { 0, 0, true };
    static struct explore_result r;
    const char *why;

    for (unsigned i = 0; i < SCENARIOS; i++) {
        struct explore_task task = { .product = product,
                                     .mode = EXPLORE_SWEEP,
                                     .scenario = explore_scenario_named(scenarios[i]),
                                     .cuts = 1,
                                     .sparse = sparse,
                                     .n_shards = 1,
                                     .max_states = bound,
                                     .work_len = work_len,
                                     .found = hear,
                                     .found_context = &v };

        if (!explore_run(&task, &r, &why)) {
            /* a mistake that breaks the first boot already */
            v.laws |= 1u << LAW_NONE;
            continue;
        }
        v.cuts += r.cuts;
        v.complete = v.complete && r.complete;
    }
    return v;
}

static void print_laws(uint32_t laws)
{
    for (int law = 0; law < EXPLORE_LAWS; law++)
        if (laws >> law & 1u)
            printf(" %s", law ? explore_law_name((enum explore_law)law) : "(no boot at all)");
}

/* --- what stays ---------------------------------------------------------------------------- */

static uint32_t chunks(const struct bh_pair *pair)
{
    return (pair->image_max + pair->chunk - 1) / pair->chunk;
}

/* Where the spare is: -1 outside of the secondary slot, 0 at its start, 1 after the cells. */
static int spare_place(const struct bh_pair *pair)
{
    if (!pair->spare.flash || pair->spare.flash != pair->secondary.flash ||
        pair->spare.off < pair->secondary.off ||
        pair->spare.off >= pair->secondary.off + pair->secondary.len)
        return -1;
    return pair->spare.off != pair->secondary.off;
}

static void same_device(const char *name, const struct bh_flash *a, const struct bh_flash *b)
{
    CHECK(a->unit == b->unit && a->erased == b->erased && a->mapped == b->mapped, "%s", name);
    CHECK((a->ops && a->ops->blank) == (b->ops && b->ops->blank), "%s", name);
}

static void look_at(const struct bh_product *whole, const struct explore_scaled *s,
                    const struct explore_scale *how)
{
    const struct bh_product *small = &s->product;

    CHECK(small->plan == whole->plan && small->mailbox == whole->mailbox, "%s", whole->name);
    CHECK(small->rescue == whole->rescue && small->n_pairs == whole->n_pairs, "%s", whole->name);
    CHECK(small->trial_boots == whole->trial_boots, "%s", whole->name);
    same_device(whole->name, whole->journal[0].flash, small->journal[0].flash);
    for (uint8_t i = 0; i < whole->n_pairs; i++) {
        const struct bh_pair *a = &whole->pairs[i], *b = &small->pairs[i];
        uint32_t n = chunks(a), most = how->between + 2;

        same_device(whole->name, a->primary.flash, b->primary.flash);
        same_device(whole->name, a->secondary.flash, b->secondary.flash);
        CHECK((a->primary.flash == a->secondary.flash) == (b->primary.flash == b->secondary.flash),
              "%s", whole->name);
        CHECK(chunks(b) == (n < most ? n : most) || chunks(b) > most, "%s: %u of %u", whole->name,
              chunks(b), n);
        CHECK(chunks(b) <= n, "%s", whole->name);
        CHECK((a->staged_off == 0) == (b->staged_off == 0), "%s", whole->name);
        CHECK(spare_place(a) == spare_place(b), "%s", whole->name);
        CHECK((a->primary.len > n * a->chunk) == (b->primary.len > chunks(b) * b->chunk), "%s",
              whole->name);
        CHECK((a->image_max % a->chunk == 0) == (b->image_max % b->chunk == 0), "%s", whole->name);
        CHECK(a->optional == b->optional, "%s", whole->name);
    }
}

static const struct explore_scaled *scaled(const struct bh_product *whole, unsigned size)
{
    const char *why = "";
    struct explore_scaled *s = explore_scale(whole, &sizes[size], &why);

    CHECK(s, "%s: %s", whole->name, why);
    return s;
}

/* A small product, or a sample from its layout, which lives as long as the program. */
static const struct bh_product *named(const char *name)
{
    static struct sample samples[4];
    static size_t n;
    const struct bh_product *small = explore_product_named(name);

    for (size_t i = 0; !small && i < n; i++)
        if (strcmp(samples[i].built.product.name, name) == 0)
            small = &samples[i].built.product;
    if (small)
        return small;
    if (n == sizeof samples / sizeof samples[0]) {
        printf("FAILED: there is no room for the sample %s\n", name);
        exit(EXIT_FAILURE);
    }
    sample_open(&samples[n], name);
    return &samples[n++].built.product;
}

/* --- the engine as it is ------------------------------------------------------------------- */

static void as_it_is(void)
{
    static const char *const names[] = { "stm32f407", "nrf52840",   "nrf51",    "nrf51mail",
                                         "ratio16",   "ratio1to16", "slot128k", "tiny1",
                                         "tiny3",     "unit512",    "blind",    "offset",
                                         "twin",      "mailtwin",   "option",   "over",
                                         "mail4",     "saveover" };

    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        const struct bh_product *whole = named(names[n]);

        for (unsigned i = 0; i < N_SIZES; i++) {
            const struct explore_scaled *s = scaled(whole, i);
            struct verdict v;

            if (!s)
                continue;
            look_at(whole, s, &sizes[i]);
            v = judge(&s->product, s->work_len, true, 0);
            CHECK(v.laws == 0 && v.complete && v.cuts > 100,
                  "%s at size %u: laws 0x%x, %" PRIu64 " cuts", names[n], i, v.laws, v.cuts);
            explore_scale_free((struct explore_scaled *)s);
        }
    }
}

/* --- a planted mistake --------------------------------------------------------------------- */

static void with_mistake(const char *why)
{
    static const char *const names[] = { "slot128k", "ratio16", "stm32f407" };
    unsigned found = 0;

    printf("planted: %s\n", why);
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        const struct bh_product *product = named(names[n]);
        struct verdict whole = judge(product, 0, true, 20000), at[N_SIZES];

        printf("%s: whole:", names[n]);
        print_laws(whole.laws);
        found += whole.laws != 0;
        for (unsigned i = 0; i < N_SIZES; i++) {
            const struct explore_scaled *s = scaled(product, i);

            at[i] = judge(&s->product, s->work_len, true, 0);
            printf("; size %u:", i);
            print_laws(at[i].laws);
            explore_scale_free((struct explore_scaled *)s);
        }
        printf("\n");
        for (unsigned i = 0; i < N_SIZES; i++) {
            CHECK((at[i].laws != 0) == (whole.laws != 0), "%s: the verdict of size %u differs",
                  names[n], i);
            CHECK(at[i].laws == at[0].laws, "%s: the laws of size %u differ", names[n], i);
        }
        CHECK((whole.laws & ~at[0].laws) == 0,
              "%s: the whole breaks a law that the small one keeps", names[n]);
    }
    CHECK(found > 0, "nothing was found on any whole product");
}

/* scaling             nothing may be found
 * scaling mutant WHY  the same must be found everywhere */
int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "mutant") == 0)
        with_mistake(argv[2]);
    else
        as_it_is();
    printf("%d failures\n", failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* cli/sim_proof.h - what is explored of a product that somebody is to rely on: all of it scaled
 * down, and the whole of it as it is, within a time; and the report of it.
 *
 *     struct proof proof = { .cli = cli, .product = product, .jobs = 1, .seconds = 120 };
 *     code = proof_run(&proof);
 *     if (!code && folder)
 *         code = proof_report(&proof, folder);
 *     proof_free(&proof); */
#ifndef CLI_SIM_PROOF_H
#define CLI_SIM_PROOF_H

#include "cli/sim.h"
#include "sim/explore/scale.h"

#define PROOF_ROWS_MAX 160u

struct proof_part {
    const char *name;    /* short, for JUnit and JSON */
    const char *title;   /* a line */
    const char *options; /* of 'bulkhead sim explore' that does the same for one scenario */
    enum explore_mode mode;
    enum explore_flash flash;
    uint8_t cuts, deaths, hands;
    bool sparse;
    bool whole;  /* on the product as it is; the others on the one scaled down, if it is large */
    bool rescue; /* claimed of products with the rescue part alone */
    const char *scenarios; /* " confirm revert "; NULL: every one that fits */
    unsigned weight;       /* of the time */
};
extern const struct proof_part proof_parts[];
extern const unsigned n_proof_parts;

/* One scenario of a part; or a part that was left alone. */
struct proof_row {
    const struct proof_part *part;
    const struct explore_scenario *scenario; /* NULL: the application does what it likes */
    const char *skipped;                     /* why, or NULL */
    struct explore_result result;
    unsigned passes, passes_done; /* of a whole product: every Nth cut, beginning with each of N */
    double budget;                /* seconds that it was given */
    char *replay;                 /* a law was broken: the command that shows it */
};

struct proof {
    struct cli *cli;
    const struct bh_product *product;
    struct explore_scaled *scaled; /* NULL: it is small enough as it is, or... */
    const char *not_scaled;        /* ...it cannot be scaled down, and why */
    unsigned jobs;
    double seconds;    /* at most, about; 0: until all is done */
    uint64_t max_cuts; /* at most for each scenario of the whole product; 0: no bound */
    uint64_t seed;
    struct proof_row *rows;
    unsigned n;
    bool violation, complete;
    uint64_t cuts, boots, deaths, hands, states;
    double took;
};

/* HOST_OK, also if a law was broken; or an error, which is shown. */
int proof_run(struct proof *p);
/* report.html and junit.xml into a folder. */
int proof_report(struct proof *p, const char *folder);
/* Can that be done? Asked before the work begins. */
int proof_report_possible(struct proof *p, const char *folder);
void proof_free(struct proof *p);

/* "clean", "clean so far", "LAW BROKEN", "not looked at" */
const char *proof_verdict(const struct proof_row *row);
/* How much of a row was done, 0 to 1; negative: cannot be said. */
double proof_covered(const struct proof_row *row);

/* cmd_sim_explore.c: one row as a line of JSON, or of the table. */
int proof_say(const struct proof *p, const struct proof_row *row);

#endif

/* cm_turn.h: when did a share turn? The single change point of a dated sequence of hits and misses, by maximum
 * likelihood, with a permutation test and a bootstrap interval.
 * Reach for it for the year of change of a reorientation. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_TURN_H
#define CM_TURN_H

#include "stats/cm_bootstrap.h"

typedef struct cm_turn_unit {
    double time;      /* calendar year, or any other; equal times stay together */
    double weight;    /* > 0: 1, or the unit's fraction */
    uint64_t cluster; /* units of equal cluster are drawn together for the interval */
    bool hit;
} cm_turn_unit;

typedef struct cm_turn {
    size_t n;
    double time; /* the first time of the new level; of equal likelihoods the earliest. NaN where no split
                    leaves `least` units on each side, and with it all below */
    size_t units_before, units_after;
    double before, after;        /* shares by weight */
    double log_likelihood_ratio; /* of the split against one share, ≥ 0; weights scaled to a mean of 1 */
    double p;                    /* hits permuted over the dates with the search repeated:
                                    (1 + as large)/(1 + permutations); NaN where all units are hits or none is */
    double low, high;            /* percentiles of the time over cluster bootstrap replicates, each a time that occurs;
                                    NaN with fewer than 2 clusters */
    double moved;                /* share of the replicates in which the level moved the same way as in the data */
} cm_turn;

/* The maximum over all splits between distinct times with at least `least` (≥ 1) units on each side (Hinkley and
 * Hinkley 1970). */
cm_status cm_turn_find(const cm_turn_unit *units, size_t n, size_t least, const cm_resampling *how,
                       cm_turn *result) CM_MUST_USE;

#endif

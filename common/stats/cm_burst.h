/* cm_burst.h: when did something come thick and fast? Kleinberg's automaton on batches: r relevant of d in each bin.
 * Reach for it for accessions, agreements, topics by month. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_BURST_H
#define CM_BURST_H

#include "stats/cm_series.h"

typedef struct cm_burst_options {
    double s;      /* ratio of neighbouring states' shares, > 1; 2 usually */
    double gamma;  /* price of going up a state, ≥ 0; 1 usually */
    size_t states; /* at most, 2 … 32; 2 usually */
} cm_burst_options;
#define CM_BURST_USUAL ((cm_burst_options){.s = 2, .gamma = 1, .states = 2})

typedef struct cm_burst {
    size_t first, last; /* indexes of the bins, both within */
    int level;     /* ≥ 1: a maximal run of bins in this state or a higher one; runs of level 2 lie within level 1 */
    double weight; /* Σ over its bins of the cost saved against the state below */
} cm_burst;

typedef struct cm_bursts {
    size_t n;         /* bins used: those with a total above 0 */
    size_t states;    /* that there are: state i needs a share p·s^i below 1. 1: nothing can burst */
    double base;      /* p = Σ relevant / Σ totals; NaN where Σ totals is 0 */
    int *state;       /* of each bin as given, −1 for those left out; NULL where n of the input is 0 */
    double cost;      /* of the optimal sequence, binomial coefficients included */
    cm_burst *bursts; /* by first bin, then by level */
    size_t count;
} cm_bursts;
void cm_bursts_clear(cm_bursts *bursts);
static inline void cm_bursts_cleanup(cm_bursts *bursts)
{
    cm_bursts_clear(bursts);
}

/* The cheapest state sequence, by Viterbi (Kleinberg 2002, §3): in state i a batch costs −ln Bin(r; d, p·s^i), going up
 * by k states costs k·γ·ln n, down nothing; it starts in state 0. Of equal costs the lower states. Values 0 ≤ relevant
 * ≤ totals ≤ 1e15, fractions allowed. RESOURCE_EXHAUSTED where n·states > 1e8. */
cm_status cm_burst_find(const double *relevant, const double *totals, size_t n, const cm_burst_options *options,
                        cm_bursts *result) CM_MUST_USE;

#endif

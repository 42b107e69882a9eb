/* cm_levels.h: a trend or levels? Compares a constant, a trend in time and steps between levels by BIC.
 * Reach for it before a sentence says "rising": where levels win, say the levels. Conventions: stats/cm_series.h. Any
 * thread. */
#ifndef CM_LEVELS_H
#define CM_LEVELS_H

#include "stats/cm_change.h"

typedef enum cm_shape { CM_SHAPE_NONE = 0, CM_SHAPE_CONSTANT, CM_SHAPE_TREND, CM_SHAPE_LEVELS } cm_shape;

typedef struct cm_levels {
    size_t n;            /* bins used */
    cm_shape shape;      /* the smallest BIC; NONE where there are fewer than 4 bins or no variation; of equal ones the
                            simpler */
    double bic_constant; /* −2·lnL/c + k·ln n; k: 1 constant, 2 trend, levels: changes + 1 levels + changes places.
                            L2: n·ln(RSS/n) for −2·lnL/c and one more parameter each. NaN where shape is NONE */
    double bic_trend;    /* NaN also where the trend model has no maximum (separated shares) */
    double bic_levels;   /* the best number of changes, 1 … most; NaN where no change fits */
    double overdispersion; /* c: the mean over neighbours of (difference)²/(its variance under the model), at least 1;
                              1 for L2 */
    size_t changes;        /* of the best levels */
    cm_segments levels;    /* of the best levels; empty where bic_levels is NaN */
} cm_levels;
void cm_levels_clear(cm_levels *levels);

/* `cost` fixes the family: L2 (straight line), POISSON (log-linear trend of counts), BINOMIAL (logistic trend of
 * values[i] of totals[i]); EXPONENTIAL is INVALID_ARGUMENT. `most` changes (1 … 10, usually 2), segments of at least
 * `least` bins. Times increase. A bin without value, or without total where totals are used, is left out. */
cm_status cm_levels_compare(const double *times, const double *values, const double *totals, size_t n, cm_cost cost,
                            size_t most, size_t least, cm_levels *result) CM_MUST_USE;

#endif

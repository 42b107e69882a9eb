/* cm_analysis.h: everything that is said about one series of a user's own, in one call: trend, slope, changes, bursts,
 * smoothing, forecast.
 * Reach for it behind `cityneg trends analyze`. Conventions: stats/cm_series.h; nothing is NaN but what those headers
 * say. Any thread.
 *
 * A series is rows in order of time. Everything runs on `values`; with `totals` (hits of how many) the bursts, and
 * `share` with what is said of values/totals, come on top. `index` is always a row. */
#ifndef CM_ANALYSIS_H
#define CM_ANALYSIS_H

#include "stats/cm_burst.h"
#include "stats/cm_change.h"
#include "stats/cm_cusum.h"
#include "stats/cm_levels.h"
#include "stats/cm_logistic.h"
#include "stats/cm_mann_kendall.h"
#include "stats/cm_persistence.h"
#include "stats/cm_pettitt.h"
#include "stats/cm_sen.h"
#include "stats/cm_smooth.h"

/* One series. `times` are numbers that grow from row to row (calendar years, or days), or NULL: the row's position. */
typedef struct cm_series {
    const double *times;
    const double *values; /* NaN: missing */
    const double *totals; /* NULL: none; NaN: missing; values ≤ totals */
    size_t n;
} cm_series;

typedef struct cm_analysis_options {
    double level;             /* of every interval: 0.95 */
    size_t season;            /* --season: rows in a period, 2 … CM_SEASON_MOST; 0: no seasons */
    bool exact;               /* --changes was given: the optimum of so many changes, else PELT */
    size_t changes;           /* --changes */
    cm_change_options change; /* --cost (L2, Poisson, exponential) and --penalty; totals stay NULL */
    cm_burst_options burst;   /* --s, --gamma */
    size_t steps;             /* rows to forecast, at most 1,000 */
    cm_resampling resampling; /* of the CUSUM test */
} cm_analysis_options;

/* 95 %, no seasons, PELT with L2 and MBIC, s = 2 and γ = 1, 12 steps, the usual resampling. */
cm_analysis_options cm_analysis_usual(void);

/* What is said of the shares values/totals, by row. */
typedef struct cm_share_analysis {
    size_t n;                     /* rows with a value and a total above 0 */
    double estimate;              /* Σ values / Σ totals over these; NaN where there is none */
    cm_mann_kendall mann_kendall; /* of the shares */
    cm_sen sen;                   /* of the shares, by time */
    cm_logistic logistic;         /* odds ratio per unit of time, binomial and quasi-binomial */
    cm_levels levels;             /* constant, logistic trend or up to two steps: which fits by BIC */
} cm_share_analysis;

typedef struct cm_analysis {
    size_t rows, n, missing;          /* rows given; with a value; without */
    double mean, median, least, most; /* of the values; NaN where n is 0 */
    cm_mann_kendall mann_kendall;
    cm_mann_kendall hamed_rao;  /* mann_kendall_hamed_rao: all lags */
    cm_mann_kendall yue_wang;   /* mann_kendall_yue_wang: all lags */
    cm_persistence persistence; /* of the values, by season where there are some: mann_kendall_ar1 */
    cm_sen sen;                 /* time is the row's position: per row */
    cm_sen sen_by_time;         /* per unit of `times`; equals `sen` where times are NULL */
    bool seasonal;              /* options.season was given: the next two are defined, else zero */
    cm_mann_kendall seasonal_mann_kendall;
    cm_sen seasonal_sen; /* slope per period */
    cm_pettitt pettitt;
    cm_cusum cusum;
    cm_segments segments; /* change_points are segments.segments[k ≥ 1].first; segments[].mean */
    cm_levels levels;     /* constant, straight line or up to two steps (L2), by BIC; shape NONE
                             also above 5,000 rows, here and in `share` */
    bool with_totals;     /* totals were given: the next two are defined, else zero */
    cm_bursts bursts;
    cm_share_analysis share;
    cm_smooth ses, holt_winters, holt; /* holt_winters is zero without seasons */
    cm_smooth_kind forecast_kind;      /* of these that are fitted, the one with the least AICc; SES where none is */
    size_t steps;                      /* forecasts; 0 where no model could be fitted */
    double *forecast_times;            /* the last time and so many median steps of time, in the unit of `times` */
    cm_forecast *forecasts;
    cm_backtest backtest; /* of forecast_kind */
} cm_analysis;
void cm_analysis_clear(cm_analysis *analysis);
static inline void cm_analysis_cleanup(cm_analysis *analysis)
{
    cm_analysis_clear(analysis);
}

/* INVALID_ARGUMENT names what is wrong with the series or an option; too few values are no error, they leave members
 * undefined. Takes about a second for 2,000 rows, ten for 20,000; RESOURCE_EXHAUSTED above 20,000. On failure
 * `analysis` is as it was. */
cm_status cm_analyze(const cm_series *series, const cm_analysis_options *options, cm_analysis *analysis) CM_MUST_USE;

#endif

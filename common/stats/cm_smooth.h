/* cm_smooth.h: what comes next if things go on? Exponential smoothing by likelihood: simple (SES), Holt with a damped
 * trend, Holt–Winters with additive seasons; forecasts with intervals and a backtest.
 * Reach for it for forecasts, and show the backtest beside them. For seasons that multiply, take logarithms first.
 * Conventions: stats/cm_series.h. Any thread.
 *
 * The models are the innovations state-space models ANN, AAdN and AAA (Hyndman, Koehler, Ord, Snyder 2008, ch. 2):
 *   e = y − ŷ, ŷ = l + φb + s_{−m}; l ← l + φb + αe; b ← φb + βe; s ← s_{−m} + γe; in the usual region
 *   0 < α < 1, 0 < β < α, 0 < γ < 1 − α (no nearer to its ends than 0.0001), 0.8 ≤ φ ≤ 0.98 (1 for Holt–Winters).
 * For given parameters the best initial states are found exactly by least squares; the parameters by a search that is
 * the same every time. A missing value has no error: the states move on without it. */
#ifndef CM_SMOOTH_H
#define CM_SMOOTH_H

#include "stats/cm_series.h"

typedef enum cm_smooth_kind { CM_SMOOTH_SES, CM_SMOOTH_HOLT_DAMPED, CM_SMOOTH_HOLT_WINTERS } cm_smooth_kind;

enum { CM_SEASON_MOST = 60 };

typedef struct cm_smooth {
    cm_smooth_kind kind;
    size_t n;      /* values used */
    size_t period; /* of Holt–Winters, else 1 */
    bool fitted;   /* false with fewer than 3 (SES), 6 (Holt), 2·period + 3 (Holt–Winters) values; all doubles
                      are then NaN */
    double alpha, beta, gamma, phi; /* NaN for those that the model has not */
    double level, trend;            /* at the end of the series; trend NaN for SES */
    double season[CM_SEASON_MOST];  /* of the next `period` values, summing to 0; 0 without seasons */
    double sse;                     /* Σ of squared one-step errors */
    double sigma2;                  /* sse/(n − number of parameters and initial states), at least 1 */
    double log_likelihood;          /* −n/2·(ln(2π·sse/n) + 1); NaN where sse is 0 */
    double aicc;                    /* NaN where n is too small for it, or sse is 0 */
} cm_smooth;

/* RESOURCE_EXHAUSTED where n·(period + 1)² > 2e7. INVALID_ARGUMENT for |y| > 1e100, and for a period outside 2 …
 * CM_SEASON_MOST with Holt–Winters (it is not used otherwise). */
cm_status cm_smooth_fit(const double *values, size_t n, cm_smooth_kind kind, size_t period,
                        cm_smooth *model) CM_MUST_USE;

/* One-step errors with given parameters and initial states, which are in `model` (level, trend, season before the
 * first value); `errors` has room for n, NaN at missing values. Returns Σ of squares. Leaves the final states there. */
double cm_smooth_run(const double *values, size_t n, cm_smooth *model, double *errors);

typedef struct cm_forecast {
    double mean, low, high; /* normal interval with the model's variance at that step (Hyndman and others 2008, table
                               6.1); parameters are taken as known. NaN where the model is not fitted */
} cm_forecast;

/* Of the next `steps` values. */
cm_status cm_smooth_forecast(const cm_smooth *model, size_t steps, double level, cm_forecast *forecasts) CM_MUST_USE;

typedef struct cm_backtest {
    size_t origins; /* from which a forecast was made and could be checked, by the naive one too */
    double mase; /* mean |one-step error| over the mean |x_t − x_{t−period}| of the first part (Hyndman and Koehler
                    2006); NaN where there is no origin, or that mean is 0 or too small for a ratio */
    double naive_mase; /* the same of the seasonal naive forecast (plain naive where the period is 1) */
    bool better; /* mase < naive_mase; where false, a forecast must say that it does no better than the naive one */
} cm_backtest;

/* Rolling origin: a model fitted to the first two thirds (all but 60 values, where that is more) forecasts the rest one
 * step ahead, its states moving on, its parameters not. */
cm_status cm_smooth_backtest(const double *values, size_t n, cm_smooth_kind kind, size_t period,
                             cm_backtest *result) CM_MUST_USE;

#endif

#include "stats/cm_persistence.h"

#include "base/cm_memory.h"
#include "stats/cm_glm.h"
#include "stats/cm_normal.h"
#include "stats/cm_order.h"
#include "stats/cm_sen.h"

/* Below LEAST values there is no correction for the bias. What is left of a straight line below ROUNDING is rounding.
 */
enum { LEAST = 6 };
static const double MOST_RHO = 0.95, ROUNDING = 1e-12, MOST_DF = 1e6, SURE = 1.96, PI = 3.14159265358979323846;

/* Ranks within each season, less their mean and divided by their number: −½ … ½. Missing places stay missing. */
static void rank_seasons(const double *values, size_t n, size_t period, double *ranks)
{
    CM_FREE double *kept = cm_realloc(NULL, n, sizeof *kept);

    for (size_t season = 0; season < period && season < n; season++) {
        size_t count = 0;
        for (size_t i = season; i < n; i += period)
            if (!isnan(values[i]))
                kept[count++] = values[i];
        cm_ranks(kept, count, kept);
        double m = (double)count;
        count = 0;
        for (size_t i = season; i < n; i += period)
            ranks[i] = isnan(values[i]) ? NAN : (kept[count++] - (m + 1) / 2) / m;
    }
}

/* Takes Sen's line from the ranks, and then their mean. False where nothing is left but rounding. */
static cm_status detrend(double *x, size_t n, size_t period, bool *varies)
{
    double mean = 0, count = 0, largest = 0;
    cm_sen sen;

    if (period > 1)
        CM_TRY(cm_sen_slope_seasonal(x, n, period, 0.95, &sen));
    else
        CM_TRY(cm_sen_slope_by_index(x, n, 0.95, &sen));
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            continue;
        x[i] -= cm_defined(sen.slope) ? sen.slope * (double)(i / period) : 0;
        mean += x[i];
        count++;
    }
    for (size_t i = 0; i < n; i++) {
        x[i] -= mean / count;
        largest = fmax(largest, fabs(x[i]));
    }
    *varies = largest > ROUNDING;
    return cm_ok();
}

/* Mean product of neighbours in place over mean square, so that it is the usual r1 where none is missing. */
static double neighbours_alike(const double *x, size_t n, double count)
{
    double squares = 0, products = 0, pairs = 0;

    for (size_t i = 0; i < n; i++) {
        squares += isnan(x[i]) ? 0 : x[i] * x[i];
        if (i > 0 && !isnan(x[i]) && !isnan(x[i - 1])) {
            products += x[i] * x[i - 1];
            pairs++;
        }
    }
    return pairs > 0 ? products / pairs * (count - 1) / squares : NAN;
}

static double ratio_of(double rho, double share, size_t count)
{
    double n = (double)count, sum = 0, power = share * rho;

    for (double k = 1; k < n - 2 && power > 1e-17; k++, power *= rho)
        sum += (n - k) * (n - k - 1) * (n - k - 2) * 6 / PI * asin(power / 2);
    return sum > 0 ? 1 + 2 / (n * (n - 1) * (n - 2)) * sum : 1;
}

double cm_persistence_dispersion(const double *times, const double *counts, const double *totals, size_t n)
{
    if (n < LEAST)
        return NAN;
    cm_glm fit = cm_glm_fit(totals ? CM_GLM_BINOMIAL : CM_GLM_POISSON, times, counts, totals, n);
    return fit.maximum ? fit.pearson / (double)(n - 2) : NAN;
}

/* `memory`: what r1 says of it, without regard to dispersion. */
static void see_room(cm_persistence *p, double memory, double dispersion)
{
    bool known = p->n >= LEAST && cm_defined(dispersion);
    bool alike = memory > SURE / sqrt((double)p->n);

    p->room = known && !alike ? fmin(1, fmax(0, dispersion - 0.5)) : 1;
    p->share = known ? fmax(0.5, 1 - 1 / dispersion) : 1;
}

cm_status cm_persistence_measure(const double *values, size_t n, size_t period, double dispersion,
                                 cm_persistence *result)
{
    CM_TRY(cm_series_check("values", values, n));
    if (period < 1)
        return cm_fail(CM_INVALID_ARGUMENT, "period: 0 is no number of seasons; give 1 for none, 12 for months");
    CM_FREE double *x = cm_realloc(NULL, n, sizeof *x);
    cm_persistence p = {.r1 = NAN};
    bool varies;
    rank_seasons(values, n, period, x);
    for (size_t i = 0; i < n; i++)
        p.n += !isnan(x[i]);
    CM_TRY(detrend(x, n, period, &varies));
    double m = (double)p.n;
    if (p.n >= LEAST && varies)
        p.r1 = neighbours_alike(x, n, m);
    double memory = cm_defined(p.r1) ? fmin(MOST_RHO, fmax(0, (m * 2 * sin(PI / 6 * p.r1) + 2) / (m - 5))) : 0;
    see_room(&p, memory, dispersion);
    p.rho = fmin(MOST_RHO, p.room * memory / p.share);
    p.ratio = ratio_of(p.rho, p.share, p.n);
    p.effective = m * (1 - p.rho) / (1 + p.rho);
    p.df = fmin(MOST_DF, fmax(1, p.effective - 2 - (double)period) / (p.room * p.room));
    *result = p;
    return cm_ok();
}

double cm_persistence_p(const cm_persistence *persistence, double statistic)
{
    return cm_t_two_sided(statistic / sqrt(persistence->ratio), persistence->df);
}

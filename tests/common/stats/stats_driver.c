/* stats_driver: answers questions about series on standard input, a line each, for comparison with other programs'
 * answers (reference.py). A line is a method and its arguments: numbers, and arrays as a count and as many numbers.
 * The answer is a line of numbers, or `error` and a message. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_agreement.h"
#include "stats/cm_burst.h"
#include "stats/cm_change.h"
#include "stats/cm_diversity.h"
#include "stats/cm_fdr.h"
#include "stats/cm_garwood.h"
#include "stats/cm_jensen_shannon.h"
#include "stats/cm_logistic.h"
#include "stats/cm_mann_kendall.h"
#include "stats/cm_normal.h"
#include "stats/cm_persistence.h"
#include "stats/cm_pettitt.h"
#include "stats/cm_sen.h"
#include "stats/cm_smooth.h"
#include "stats/cm_special.h"
#include "stats/cm_wilson.h"

static char *rest; /* of the line */

static double number(void)
{
    char *end;
    double value = strtod(rest, &end);

    if (end == rest) {
        fprintf(stderr, "a number was expected at: %.40s\n", rest);
        exit(2);
    }
    rest = end;
    return value;
}

static size_t whole(void)
{
    return (size_t)number();
}

static double *array(size_t *n)
{
    *n = whole();
    double *values = cm_realloc(NULL, *n, sizeof *values);
    for (size_t i = 0; i < *n; i++)
        values[i] = number();
    return values;
}

static void say(double value)
{
    printf(" %.17g", value);
}

static cm_status mann_kendall(const char *method)
{
    cm_mann_kendall r;
    size_t n, option = strcmp(method, "mk") == 0 ? 0 : whole();
    CM_FREE double *x = array(&n);

    if (strcmp(method, "mk") == 0)
        CM_TRY(cm_mann_kendall_test(x, n, &r));
    else if (strcmp(method, "mk_seasonal") == 0)
        CM_TRY(cm_mann_kendall_seasonal(x, n, option, &r));
    else if (strcmp(method, "mk_hamed_rao") == 0)
        CM_TRY(cm_mann_kendall_hamed_rao(x, n, option, &r));
    else
        CM_TRY(cm_mann_kendall_yue_wang(x, n, option, &r));
    say(r.s), say(r.var_s), say(r.z), say(r.p), say(r.tau);
    return cm_ok();
}

static cm_status persistence(const char *method)
{
    size_t n, period = whole();
    double statistic = number(), dispersion = number();
    CM_FREE double *x = array(&n);
    cm_persistence p;

    (void)method;
    CM_TRY(cm_persistence_measure(x, n, period, dispersion, &p));
    say(p.r1), say(p.rho), say(p.ratio), say(p.effective), say(p.df), say(cm_persistence_p(&p, statistic));
    return cm_ok();
}

/* Times, counts, and totals (none: of counts alone). */
static cm_status dispersion(const char *method)
{
    size_t n, m, k;
    CM_FREE double *times = array(&n), *counts = array(&m), *totals = array(&k);

    (void)method;
    say(cm_persistence_dispersion(times, counts, k > 0 ? totals : NULL, n));
    return cm_ok();
}

static cm_status sen(const char *method)
{
    cm_sen r;
    size_t n, m, option = strcmp(method, "sen_seasonal") == 0 ? whole() : 0;
    CM_FREE double *x = array(&n);
    CM_FREE double *times = strcmp(method, "sen_times") == 0 ? array(&m) : NULL;

    if (times)
        CM_TRY(cm_sen_slope(times, x, n, 0.95, &r));
    else if (option > 0)
        CM_TRY(cm_sen_slope_seasonal(x, n, option, 0.95, &r));
    else
        CM_TRY(cm_sen_slope_by_index(x, n, 0.95, &r));
    say(r.slope), say(r.intercept), say(r.low), say(r.high);
    return cm_ok();
}

/* cost least penalty|changes values [totals] */
static cm_status change(const char *method)
{
    cm_cost cost = (cm_cost)whole();
    size_t least = whole();
    double given = number();
    cm_change_options o = {.cost = cost, .penalty = CM_PENALTY_GIVEN, .given = given, .least = least};
    size_t n, m;
    CM_FREE double *x = array(&n);
    CM_FREE double *totals = o.cost == CM_COST_BINOMIAL ? array(&m) : NULL;
    CM_AUTO(cm_segments) r = {0};

    o.totals = totals;
    if (strcmp(method, "pelt") == 0)
        CM_TRY(cm_change_pelt(x, n, &o, &r));
    else
        CM_TRY(cm_change_exact(x, n, (size_t)given, &o, &r));
    say(r.cost);
    for (size_t k = 1; k < r.count; k++)
        say((double)r.segments[k].first);
    return cm_ok();
}

static cm_status pettitt(const char *method)
{
    cm_pettitt r;
    size_t n;
    CM_FREE double *x = array(&n);

    CM_TRY(cm_pettitt_test(x, n, &r));
    say(r.k), say(r.p), say((double)r.index);
    return cm_ok();
}

static cm_status mix(const char *method)
{
    size_t n, m;
    double r, order = strcmp(method, "hill") == 0 ? number() : 0;
    CM_FREE double *a = array(&n);
    CM_FREE double *b = strcmp(method, "jensen_shannon") == 0 ? array(&m) : NULL;

    if (b)
        CM_TRY(cm_jensen_shannon(a, b, n, &r));
    else if (strcmp(method, "entropy") == 0)
        CM_TRY(cm_entropy(a, n, &r));
    else if (strcmp(method, "hhi") == 0)
        CM_TRY(cm_hhi(a, n, &r));
    else if (strcmp(method, "hill") == 0)
        CM_TRY(cm_hill(a, n, order, &r));
    else
        CM_TRY(cm_van_der_eijk(a, n, &r));
    say(r);
    return cm_ok();
}

static cm_status interval(const char *method)
{
    uint64_t k = whole();
    double of = number(), level = number();

    if (strcmp(method, "wilson") == 0) {
        cm_share r;
        CM_TRY(cm_wilson(k, (uint64_t)of, level, &r));
        say(r.low), say(r.high);
    } else {
        cm_rate r;
        CM_TRY(cm_garwood(k, of, level, &r));
        say(r.low), say(r.high);
    }
    return cm_ok();
}

static cm_status fdr(const char *method)
{
    size_t n;
    CM_FREE double *p = array(&n);

    CM_TRY(cm_fdr(p, n, p));
    for (size_t i = 0; i < n; i++)
        say(p[i]);
    return cm_ok();
}

static cm_status logistic(const char *method)
{
    cm_logistic r;
    size_t n;
    CM_FREE double *times = array(&n);
    CM_FREE double *hits = array(&n);
    CM_FREE double *totals = array(&n);

    CM_TRY(cm_logistic_trend(times, hits, totals, n, 0.95, &r));
    say(r.separated), say(r.slope), say(r.error), say(r.p), say(r.p_likelihood), say(r.dispersion);
    say(r.quasi_error), say(r.quasi_p), say(r.odds_low), say(r.odds_high), say(r.quasi_low), say(r.quasi_high);
    return cm_ok();
}

static cm_status distribution(const char *method)
{
    double x = number(), a = number(), b = number();

    if (strcmp(method, "normal") == 0)
        say(cm_normal_upper(x)), say(cm_normal_quantile(a));
    else if (strcmp(method, "chi2") == 0)
        say(cm_chi2_cdf(x, a)), say(cm_chi2_upper(x, a)), say(cm_chi2_quantile(b, a));
    else if (strcmp(method, "t") == 0)
        say(cm_t_two_sided(x, a)), say(cm_t_cdf(x, a)), say(cm_t_quantile(b, a));
    else
        say(cm_f_upper(x, a, b));
    return cm_ok();
}

/* kind period steps values */
static cm_status smooth(const char *method)
{
    cm_smooth_kind kind = (cm_smooth_kind)whole();
    size_t period = whole(), steps = whole(), n;
    CM_FREE double *x = array(&n);
    CM_FREE cm_forecast *ahead = cm_realloc(NULL, steps, sizeof *ahead);
    cm_smooth r;

    CM_TRY(cm_smooth_fit(x, n, kind, period, &r));
    CM_TRY(cm_smooth_forecast(&r, steps, 0.95, ahead));
    say(r.alpha), say(r.beta), say(r.gamma), say(r.phi), say(r.level), say(r.trend), say(r.sse), say(r.aicc);
    for (size_t h = 0; h < steps; h++)
        say(ahead[h].mean), say(ahead[h].low), say(ahead[h].high);
    return cm_ok();
}

/* kind period steps alpha beta gamma phi level trend seasons values */
static cm_status smooth_run(const char *method)
{
    cm_smooth m = {.kind = (cm_smooth_kind)whole(), .fitted = true};
    m.period = whole();
    size_t steps = whole(), seasons, n;
    m.alpha = number(), m.beta = number(), m.gamma = number(), m.phi = number(), m.level = number(), m.trend = number();
    CM_FREE double *season = array(&seasons);
    CM_FREE double *x = array(&n);
    CM_FREE double *errors = cm_realloc(NULL, n, sizeof *errors);
    CM_FREE cm_forecast *ahead = cm_realloc(NULL, steps, sizeof *ahead);

    memcpy(m.season, season, (seasons < CM_SEASON_MOST ? seasons : CM_SEASON_MOST) * sizeof *season);
    m.sse = cm_smooth_run(x, n, &m, errors);
    m.sigma2 = m.sse / (double)n;
    CM_TRY(cm_smooth_forecast(&m, steps, 0.95, ahead));
    say(m.sse);
    for (size_t h = 0; h < steps; h++)
        say(ahead[h].mean), say(ahead[h].low), say(ahead[h].high);
    return cm_ok();
}

/* s gamma states relevant totals */
static cm_status burst(const char *method)
{
    double s = number(), gamma = number();
    cm_burst_options o = {.s = s, .gamma = gamma, .states = whole()};
    size_t n;
    CM_FREE double *relevant = array(&n);
    CM_FREE double *totals = array(&n);
    CM_AUTO(cm_bursts) r = {0};

    CM_TRY(cm_burst_find(relevant, totals, n, &o, &r));
    say(r.cost);
    for (size_t i = 0; i < n; i++)
        say(r.state[i]);
    return cm_ok();
}

static const struct {
    const char *name;
    cm_status (*answer)(const char *method);
} METHODS[] = {
    {"mk", mann_kendall},
    {"mk_seasonal", mann_kendall},
    {"mk_hamed_rao", mann_kendall},
    {"mk_yue_wang", mann_kendall},
    {"persistence", persistence},
    {"dispersion", dispersion},
    {"sen", sen},
    {"sen_times", sen},
    {"sen_seasonal", sen},
    {"pelt", change},
    {"exact", change},
    {"pettitt", pettitt},
    {"jensen_shannon", mix},
    {"entropy", mix},
    {"hhi", mix},
    {"hill", mix},
    {"van_der_eijk", mix},
    {"wilson", interval},
    {"garwood", interval},
    {"fdr", fdr},
    {"logistic", logistic},
    {"normal", distribution},
    {"chi2", distribution},
    {"t", distribution},
    {"f", distribution},
    {"smooth", smooth},
    {"smooth_run", smooth_run},
    {"burst", burst},
};

static void answer(char *line)
{
    char *end = strchr(line, ' ');

    if (end)
        *end = '\0';
    rest = end ? end + 1 : line + strlen(line);
    for (size_t k = 0; k < sizeof METHODS / sizeof *METHODS; k++) {
        if (strcmp(METHODS[k].name, line) != 0)
            continue;
        cm_status status = METHODS[k].answer(line);
        if (!cm_is_ok(status))
            printf("error %s", cm_status_message(status));
        cm_status_clear(&status);
        putchar('\n');
        return;
    }
    fprintf(stderr, "%s is no method\n", line);
    exit(2);
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;

    while ((length = getline(&line, &capacity, stdin)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        answer(line);
    }
    free(line);
    return 0;
}

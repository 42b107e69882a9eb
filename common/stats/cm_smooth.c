#include "stats/cm_smooth.h"

#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_least_squares.h"
#include "stats/cm_minimum.h"
#include "stats/cm_normal.h"

static const double WORK_MOST = 2e7;
/* How near the parameters may come to the ends of their ranges. */
static const double EDGE = 1e-4, PHI_LEAST = 0.8, PHI_MOST = 0.98;
enum { STEPS_MOST = 100000, CHECKED_MOST = 60 };

static bool has_trend(cm_smooth_kind kind)
{
    return kind != CM_SMOOTH_SES;
}

static bool has_season(cm_smooth_kind kind)
{
    return kind == CM_SMOOTH_HOLT_WINTERS;
}

/* Free initial states: level, trend, and all seasons but one, since they sum to 0. */
static size_t states_of(const cm_smooth *m)
{
    return 1 + has_trend(m->kind) + (has_season(m->kind) ? m->period - 1 : 0);
}

static size_t parameters_of(cm_smooth_kind kind)
{
    return kind == CM_SMOOTH_SES ? 1 : 3;
}

/* The recursion over values less `offset`, or over zeros where values is NULL; errors go to `errors`. */
static double run(const double *values, double offset, const double *pattern, size_t n, cm_smooth *m, double *errors)
{
    double level = m->level, trend = has_trend(m->kind) ? m->trend : 0, sse = 0;
    double phi = has_trend(m->kind) ? m->phi : 0, beta = has_trend(m->kind) ? m->beta : 0;
    double gamma = has_season(m->kind) ? m->gamma : 0, *season = m->season;
    size_t period = has_season(m->kind) ? m->period : 1, now = 0;

    for (size_t t = 0; t < n; t++) {
        double ahead = level + phi * trend, error = 0;
        if (isnan(pattern[t])) {
            errors[t] = NAN;
        } else {
            error = (values ? values[t] - offset : 0) - ahead - season[now];
            errors[t] = error;
            sse += error * error;
        }
        level = ahead + m->alpha * error;
        trend = phi * trend + beta * error;
        season[now] += gamma * error;
        now = now + 1 == period ? 0 : now + 1;
    }
    m->level = level;
    m->trend = has_trend(m->kind) ? trend : NAN;
    if (now > 0) {
        double turned[CM_SEASON_MOST];
        for (size_t i = 0; i < period; i++)
            turned[i] = season[(now + i) % period];
        memcpy(season, turned, period * sizeof *turned);
    }
    return sse;
}

double cm_smooth_run(const double *values, size_t n, cm_smooth *model, double *errors)
{
    return run(values, 0, values, n, model, errors);
}

/* A fit under way: the values and room for the least-squares problem of the initial states. */
typedef struct fitting {
    const double *values;
    size_t n, present, states;
    double offset;
    cm_smooth shape;                        /* kind and period */
    double *matrix, *errors, *right, *best; /* best: the initial states of the last evaluation */
} fitting;

static void fitting_cleanup(fitting *f)
{
    free(f->matrix);
    free(f->errors);
    free(f->right);
    free(f->best);
}

static void set_parameters(cm_smooth *m, const double *at)
{
    double width = 1 - 2 * EDGE;

    m->alpha = EDGE + width * at[0];
    if (!has_trend(m->kind))
        return;
    m->beta = m->alpha * (EDGE + width * at[1]);
    m->phi = has_season(m->kind) ? 1 : PHI_LEAST + (PHI_MOST - PHI_LEAST) * at[2];
    if (has_season(m->kind))
        m->gamma = (1 - m->alpha) * (EDGE + width * at[2]);
}

/* State k of the initial ones is 1, or all are given. */
static void set_states(cm_smooth *m, const double *states)
{
    size_t at = 0;

    m->level = states[at++];
    m->trend = has_trend(m->kind) ? states[at++] : NAN;
    memset(m->season, 0, sizeof m->season);
    if (!has_season(m->kind))
        return;
    for (size_t i = 0; i + 1 < m->period; i++) {
        m->season[i] = states[at++];
        m->season[m->period - 1] -= m->season[i];
    }
}

/* Keeps the errors at values that are there. */
static void keep_present(const fitting *f, double sign, double *column)
{
    size_t kept = 0;

    for (size_t t = 0; t < f->n; t++)
        if (!isnan(f->values[t]))
            column[kept++] = sign * f->errors[t];
}

/* Errors are linear in the initial states: those from zero states, less what each state adds, make least squares. */
static double profile(const double *at, void *context)
{
    fitting *f = context;
    cm_smooth m = f->shape;
    double unit[CM_SEASON_MOST + 2];

    set_parameters(&m, at);
    memset(unit, 0, sizeof unit);
    set_states(&m, unit);
    run(f->values, f->offset, f->values, f->n, &m, f->errors);
    keep_present(f, 1, f->right);
    for (size_t k = 0; k < f->states; k++) {
        unit[k] = 1;
        set_states(&m, unit);
        run(NULL, 0, f->values, f->n, &m, f->errors);
        keep_present(f, -1, f->matrix + k * f->present);
        unit[k] = 0;
    }
    return cm_least_squares(f->matrix, f->right, f->present, f->states, f->best);
}

static void finish(fitting *f, const double *at, cm_smooth *model)
{
    cm_smooth m = f->shape;

    profile(at, f);
    set_parameters(&m, at);
    set_states(&m, f->best);
    m.sse = run(f->values, f->offset, f->values, f->n, &m, f->errors);
    m.level += f->offset;
    double mean = 0;
    for (size_t i = 0; has_season(m.kind) && i < m.period; i++)
        mean += m.season[i] / (double)m.period;
    for (size_t i = 0; has_season(m.kind) && i < m.period; i++)
        m.season[i] -= mean;
    m.level += mean;
    double n = (double)f->present, k = (double)(parameters_of(m.kind) + f->states);
    m.n = f->present;
    m.fitted = true;
    m.sigma2 = m.sse / fmax(n - k, 1);
    if (m.sse > 0) {
        m.log_likelihood = -n / 2 * (log(2 * M_PI * m.sse / n) + 1);
        if (n - k - 2 > 0)
            m.aicc = -2 * m.log_likelihood + 2 * (k + 1) + 2 * (k + 1) * (k + 2) / (n - k - 2);
    }
    *model = m;
}

static cm_smooth unfitted(cm_smooth_kind kind, size_t period)
{
    cm_smooth m = {.kind = kind,
                   .period = has_season(kind) ? period : 1,
                   .alpha = NAN,
                   .beta = NAN,
                   .gamma = NAN,
                   .phi = NAN,
                   .level = NAN,
                   .trend = NAN,
                   .sse = NAN,
                   .sigma2 = NAN,
                   .log_likelihood = NAN,
                   .aicc = NAN};

    for (size_t i = 0; i < CM_SEASON_MOST; i++)
        m.season[i] = NAN;
    return m;
}

static size_t least_values(const cm_smooth *m)
{
    return m->kind == CM_SMOOTH_SES ? 3 : m->kind == CM_SMOOTH_HOLT_DAMPED ? 6 : 2 * m->period + 3;
}

static cm_status check(const double *values, size_t n, cm_smooth_kind kind, size_t period)
{
    if (kind > CM_SMOOTH_HOLT_WINTERS)
        return cm_fail(CM_INVALID_ARGUMENT, "kind: %d is no smoothing model", (int)kind);
    if (has_season(kind) && (period < 2 || period > CM_SEASON_MOST))
        return cm_fail(CM_INVALID_ARGUMENT, "season: %zu is out of range; give 2 to %d", period, CM_SEASON_MOST);
    CM_TRY(cm_series_check_size("values", values, n));
    double states = has_season(kind) ? (double)period + 1 : 2;
    if ((double)n * states * states > WORK_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "values: %zu are too many for this model; give at most %.0f", n,
                       floor(WORK_MOST / (states * states)));
    return cm_ok();
}

cm_status cm_smooth_fit(const double *values, size_t n, cm_smooth_kind kind, size_t period, cm_smooth *model)
{
    CM_TRY(check(values, n, kind, period));
    CM_AUTO(fitting) f = {.values = values, .n = n, .shape = unfitted(kind, period)};
    memset(f.shape.season, 0, sizeof f.shape.season);
    f.errors = cm_realloc(NULL, n, sizeof *f.errors);
    f.present = cm_series_present(values, n, f.errors, NULL);
    f.offset = f.present > 0 ? cm_mean(f.errors, f.present) : 0;
    f.states = states_of(&f.shape);
    if (f.present < least_values(&f.shape)) {
        *model = unfitted(kind, period);
        model->n = f.present;
        return cm_ok();
    }
    f.matrix = cm_realloc(NULL, f.present * f.states, sizeof *f.matrix);
    f.right = cm_realloc(NULL, f.present, sizeof *f.right);
    f.best = cm_realloc(NULL, f.states, sizeof *f.best);
    double at[CM_MINIMUM_AXES];
    cm_minimum(profile, &f, parameters_of(kind), at);
    finish(&f, at, model);
    return cm_ok();
}

cm_status cm_smooth_forecast(const cm_smooth *model, size_t steps, double level, cm_forecast *forecasts)
{
    CM_TRY(cm_level_check("level", level));
    if (steps > STEPS_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "steps: %zu are too many; give at most %d", steps, STEPS_MOST);
    double z = cm_normal_quantile(0.5 + level / 2), trend_share = 0, power = 1, variance = 1;
    for (size_t h = 1; h <= steps; h++) {
        if (!model->fitted) {
            forecasts[h - 1] = (cm_forecast){NAN, NAN, NAN};
            continue;
        }
        double half = z * sqrt(model->sigma2 * variance), impulse = model->alpha;
        power *= has_trend(model->kind) ? model->phi : 0;
        trend_share += power;
        double mean = model->level;
        if (has_trend(model->kind)) {
            mean += trend_share * model->trend;
            impulse += model->beta * trend_share;
        }
        if (has_season(model->kind)) {
            mean += model->season[(h - 1) % model->period];
            impulse += h % model->period == 0 ? model->gamma : 0;
        }
        forecasts[h - 1] = (cm_forecast){mean, mean - half, mean + half};
        variance += impulse * impulse;
    }
    return cm_ok();
}

/* Mean |x_t − x_{t−period}| over the first n values, where both are there; NaN where never. */
static double naive_error(const double *values, size_t first, size_t n, size_t period)
{
    double sum = 0;
    size_t count = 0;

    for (size_t t = first > period ? first : period; t < n; t++) {
        double error = fabs(values[t] - values[t - period]);
        if (isnan(error))
            continue;
        sum += error;
        count++;
    }
    return count > 0 ? sum / (double)count : NAN;
}

cm_status cm_smooth_backtest(const double *values, size_t n, cm_smooth_kind kind, size_t period, cm_backtest *result)
{
    cm_smooth model;
    size_t checked = n / 3 < CHECKED_MOST ? n / 3 : CHECKED_MOST, begin = n - checked;
    cm_backtest b = {.mase = NAN, .naive_mase = NAN};

    CM_TRY(check(values, n, kind, period));
    CM_TRY(cm_smooth_fit(values, begin, kind, period, &model));
    double scale = naive_error(values, 0, begin, model.period);
    if (model.fitted && checked > 0 && scale > 0) {
        double errors[CHECKED_MOST], sum = 0, naive = 0;
        cm_smooth_run(values + begin, checked, &model, errors);
        for (size_t t = 0; t < checked; t++) {
            double naive_one = fabs(values[begin + t] - values[begin + t - model.period]);
            if (isnan(errors[t]) || isnan(naive_one))
                continue;
            b.origins++;
            sum += fabs(errors[t]);
            naive += naive_one;
        }
        if (b.origins > 0) {
            b.better = sum < naive;
            sum = sum / (double)b.origins / scale;
            naive = naive / (double)b.origins / scale;
            if (isfinite(sum) && isfinite(naive)) {
                b.mase = sum;
                b.naive_mase = naive;
            }
        }
    }
    *result = b;
    return cm_ok();
}

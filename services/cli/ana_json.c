#include "cli/ana_json.h"

#include <math.h>

#include "base/cm_memory.h"

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(size_t value)
{
    return json_integer((json_int_t)value);
}

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static json_t *mann_kendall(const cm_mann_kendall *mk)
{
    json_t *j = json_object();

    put(j, "s", json_integer((json_int_t)mk->s));
    put(j, "var_s", number(mk->var_s));
    put(j, "tau", number(mk->tau));
    put(j, "z", number(mk->z));
    put(j, "p", number(mk->p));
    return j;
}

/* The plain or seasonal test with the error and the degrees of freedom that autocorrelation leaves. */
static json_t *adjusted(const cm_analysis *a)
{
    const cm_persistence *p = &a->persistence;
    double z = a->seasonal ? a->seasonal_mann_kendall.z : a->mann_kendall.z;
    json_t *j = json_object();

    put(j, "z", number(z / sqrt(p->ratio)));
    put(j, "p", number(cm_persistence_p(p, z)));
    put(j, "r1", number(p->r1));
    put(j, "rho", number(p->rho));
    put(j, "effective_n", number(p->effective));
    put(j, "df", number(p->df));
    return j;
}

static json_t *sen(const cm_sen *s)
{
    json_t *j = json_object();

    put(j, "slope", number(s->slope));
    put(j, "intercept", number(s->intercept));
    put(j, "low", number(s->low));
    put(j, "high", number(s->high));
    return j;
}

static json_t *time_of(const ana_series *series, size_t index)
{
    return index < series->n ? json_string(series->labels[index]) : json_null();
}

static json_t *change(const ana_series *series, size_t index)
{
    json_t *j = json_object();

    put(j, "index", count(index));
    put(j, "time", time_of(series, index));
    return j;
}

static void put_changes(json_t *j, const ana_series *series, const cm_segments *segments)
{
    json_t *points = json_array(), *parts = json_array();

    for (size_t i = 0; i < segments->count; i++) {
        const cm_segment *s = &segments->segments[i];
        json_t *part = json_object();
        if (i > 0)
            json_array_append_new(points, change(series, s->first));
        put(part, "first", count(s->first));
        put(part, "last", count(s->last));
        put(part, "from", time_of(series, s->first));
        put(part, "to", time_of(series, s->last));
        put(part, "n", count(s->n));
        put(part, "mean", number(s->mean));
        json_array_append_new(parts, part);
    }
    put(j, "change_points", points);
    put(j, "segments", parts);
}

static json_t *bursts(const ana_series *series, const cm_bursts *b)
{
    json_t *j = json_object(), *states = json_array(), *runs = json_array();

    for (size_t i = 0; i < series->n; i++)
        json_array_append_new(states, json_integer(b->state ? b->state[i] : -1));
    for (size_t i = 0; i < b->count; i++) {
        json_t *run = json_object();
        put(run, "from", time_of(series, b->bursts[i].first));
        put(run, "to", time_of(series, b->bursts[i].last));
        put(run, "level", json_integer(b->bursts[i].level));
        put(run, "weight", number(b->bursts[i].weight));
        json_array_append_new(runs, run);
    }
    put(j, "states", states);
    put(j, "cost", number(b->cost));
    put(j, "bursts", runs);
    return j;
}

static json_t *smooth(const cm_smooth *m)
{
    json_t *j = json_object();

    if (!m->fitted) {
        json_decref(j);
        return json_null();
    }
    put(j, "alpha", number(m->alpha));
    if (m->kind != CM_SMOOTH_SES) {
        put(j, "beta", number(m->beta));
        put(j, "trend", number(m->trend));
    }
    if (m->kind == CM_SMOOTH_HOLT_DAMPED)
        put(j, "phi", number(m->phi));
    if (m->kind == CM_SMOOTH_HOLT_WINTERS) {
        json_t *season = json_array();
        put(j, "gamma", number(m->gamma));
        for (size_t i = 0; i < m->period; i++)
            json_array_append_new(season, number(m->season[i]));
        put(j, "season", season);
    }
    put(j, "level", number(m->level));
    put(j, "sse", number(m->sse));
    put(j, "aicc", number(m->aicc));
    return j;
}

static void put_forecast(json_t *j, const ana_series *series, const cm_analysis *a)
{
    static const char *const kinds[] = {"ses", "holt_damped", "holt_winters"};
    json_t *all = json_array(), *test = json_object();

    for (size_t i = 0; i < a->steps; i++) {
        json_t *one = json_object();
        put(one, "time", series->times ? number(a->forecast_times[i]) : count(series->n + i));
        put(one, "mean", number(a->forecasts[i].mean));
        put(one, "low", number(a->forecasts[i].low));
        put(one, "high", number(a->forecasts[i].high));
        json_array_append_new(all, one);
    }
    put(j, "forecast_model", a->steps ? json_string(kinds[a->forecast_kind]) : json_null());
    put(j, "forecast", all);
    put(test, "origins", count(a->backtest.origins));
    put(test, "mase", number(a->backtest.mase));
    put(test, "naive_mase", number(a->backtest.naive_mase));
    put(test, "better_than_naive", json_boolean(a->backtest.better));
    put(j, "backtest", test);
}

static json_t *share(const cm_share_analysis *s)
{
    json_t *j = json_object();

    put(j, "n", count(s->n));
    put(j, "estimate", number(s->estimate));
    put(j, "mann_kendall", mann_kendall(&s->mann_kendall));
    put(j, "sen", sen(&s->sen));
    put(j, "odds_ratio", number(s->logistic.odds_ratio));
    put(j, "odds_low", number(s->logistic.quasi_low));
    put(j, "odds_high", number(s->logistic.quasi_high));
    put(j, "quasi_p", number(s->logistic.quasi_p));
    return j;
}

static void note(json_t *notes, char *text)
{
    json_array_append_new(notes, json_string(text));
    free(text);
}

/* What somebody should know before reading the numbers. */
static json_t *notes(const ana_series *series, const cm_analysis *a)
{
    json_t *all = json_array();

    if (a->missing > 0)
        note(all, cm_format("%zu of %zu values are missing; they are left out, and keep their place in time",
                            a->missing, a->rows));
    if (series->no_date)
        note(all, cm_format("time '%s' is no date (2015, 2015-12 or 2015-12-06): rows stand for time, all equally far "
                            "apart",
                            series->no_date));
    if (series->mixed_dates)
        note(all, cm_format("times are of mixed precision: a partial date counts from its first day"));
    if (a->n == 0)
        note(all, cm_format("there is no value: nothing can be said"));
    else if (a->n == 1)
        note(all, cm_format("there is one value: no trend, change or forecast follows from it"));
    else if (a->least == a->most)
        note(all, cm_format("all %zu values are equal", a->n));
    return all;
}

json_t *ana_json(const ana_series *series, const cm_analysis_options *options, const cm_analysis *a)
{
    json_t *j = json_object(), *pettitt = json_object(), *cusum = json_object();

    put(j, "n", count(a->n));
    put(j, "missing", count(a->missing));
    put(j, "notes", notes(series, a));
    put(j, "mean", number(a->mean));
    put(j, "median", number(a->median));
    put(j, "mann_kendall", mann_kendall(&a->mann_kendall));
    put(j, "mann_kendall_hamed_rao", mann_kendall(&a->hamed_rao));
    put(j, "mann_kendall_yue_wang", mann_kendall(&a->yue_wang));
    put(j, "mann_kendall_ar1", adjusted(a));
    put(j, "sen", sen(&a->sen));
    if (series->times)
        put(j, "sen_by_time", sen(&a->sen_by_time));
    if (a->seasonal) {
        put(j, "season", count(options->season));
        put(j, "seasonal_mann_kendall", mann_kendall(&a->seasonal_mann_kendall));
        put(j, "seasonal_sen", sen(&a->seasonal_sen));
    }
    put(pettitt, "k", number(a->pettitt.k));
    put(pettitt, "p", number(a->pettitt.p));
    put(pettitt, "index", count(a->pettitt.index));
    put(pettitt, "time", time_of(series, a->pettitt.index));
    put(j, "pettitt", pettitt);
    put(cusum, "range", number(a->cusum.range));
    put(cusum, "p", number(a->cusum.p));
    put(cusum, "index", count(a->cusum.index));
    put(j, "cusum", cusum);
    put_changes(j, series, &a->segments);
    if (a->with_totals) {
        put(j, "bursts", bursts(series, &a->bursts));
        put(j, "share", share(&a->share));
    }
    put(j, "ses", smooth(&a->ses));
    put(j, "holt", smooth(&a->holt));
    put(j, "holt_winters", smooth(&a->holt_winters));
    put_forecast(j, series, a);
    return j;
}

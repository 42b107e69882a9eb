#include "trends/trd_forecast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "journal/cm_resource.h"
#include "stats/cm_smooth.h"
#include "trends/trd_finding.h"
#include "trends/trd_published.h"
#include "trends/trd_series.h"

enum { STEPS = 3, STEPS_MOST = 20 };

static const char DASH[] = "–";

/* The tested bins in order; what was not covered, or too few for a share, is missing. */
typedef struct course {
    double *values;
    size_t n;
    int per, last; /* bins a year, and the last bin: year × per + k */
    bool share;
} course;

static int per_of(const char *time)
{
    return strchr(time, 'Q') ? 4 : strlen(time) == 7 ? 12 : 1;
}

static int bin_of(const char *time, int per)
{
    int year = (int)strtol(time, NULL, 10);

    return per == 4    ? year * 4 + (int)strtol(time + 6, NULL, 10) - 1
           : per == 12 ? year * 12 + (int)strtol(time + 5, NULL, 10) - 1
                       : year;
}

static cm_status read_period(const TrdFinding *f, cm_arena *arena, TrdForecast *forecast)
{
    for (size_t i = 0; f && i < f->n_details; i++) {
        const TrdDetail *d = f->details[i];
        const char *dash = strcmp(d->name, "tested_period") == 0 ? strstr(d->text, DASH) : NULL;
        if (!dash || (f->n_series && strchr(f->series[0]->time, 's')))
            continue;
        forecast->from = cm_arena_strndup(arena, d->text, (size_t)(dash - d->text));
        forecast->to = cm_arena_strdup(arena, dash + strlen(DASH));
        return cm_ok();
    }
    return cm_fail(CM_FAILED_PRECONDITION, "%s has no tested course to go on from%s%s", forecast->trend,
                   f && *f->untested ? ": " : "", f ? f->untested : "");
}

/* The course that is told shares its points with the finding. */
static course course_of(const TrdFinding *f, TrdForecast *forecast, cm_arena *arena)
{
    course c = {.per = per_of(forecast->to), .share = strcmp(f->estimate_of, "share") == 0};
    int first = bin_of(forecast->from, c.per);

    c.last = bin_of(forecast->to, c.per);
    c.n = c.last >= first ? (size_t)(c.last - first + 1) : 0;
    c.values = cm_arena_take(arena, (c.n + 1) * sizeof *c.values);
    for (size_t i = 0; i < c.n; i++)
        c.values[i] = NAN;
    forecast->course = cm_arena_take(arena, (f->n_series + 1) * sizeof *forecast->course);
    for (size_t i = 0; i < f->n_series; i++) {
        TrdSeriesPoint *p = f->series[i];
        int bin = bin_of(p->time, c.per);
        if (bin < first || bin > c.last || !p->covered ||
            (c.share && trd_parts(p->seen_total) < trd_parts(TRD_LEAST_TOTAL)))
            continue;
        c.values[bin - first] = c.share ? p->seen_count / p->seen_total : p->seen_count;
        forecast->course[forecast->n_course++] = p;
    }
    return c;
}

/* Of the models that can be fitted that with the least AICc; the first where it is not defined. */
static cm_status choose(const course *c, cm_smooth *best)
{
    int kinds = c->per > 1 ? 3 : 2;

    *best = (cm_smooth){.fitted = false};
    for (int kind = CM_SMOOTH_SES; kind < kinds; kind++) {
        cm_smooth model;
        CM_TRY(cm_smooth_fit(c->values, c->n, (cm_smooth_kind)kind, (size_t)c->per, &model));
        if (model.fitted && (!best->fitted || model.aicc < best->aicc))
            *best = model;
    }
    return cm_ok();
}

static double within(const course *c, double value)
{
    value = value < 0 ? 0 : value;
    return c->share && value > 1 ? 1 : value;
}

static cm_status add_points(const course *c, const cm_smooth *model, size_t steps, cm_arena *arena,
                            TrdForecast *forecast)
{
    cm_forecast next[STEPS_MOST];

    CM_TRY(cm_smooth_forecast(model, steps, 0.95, next));
    forecast->points = cm_arena_take(arena, steps * sizeof *forecast->points);
    for (size_t i = 0; i < steps; i++) {
        TrdForecastPoint *p = CM_NEW(arena, TrdForecastPoint);
        p->time = trd_bin_text(arena, c->per, 1, c->last + 1 + (int)i);
        p->mean = within(c, next[i].mean);
        p->low = within(c, next[i].low);
        p->high = within(c, next[i].high);
        forecast->points[forecast->n_points++] = p;
    }
    return cm_ok();
}

static void say(const course *c, const cm_backtest *test, cm_arena *arena, TrdForecast *f)
{
    const TrdForecastPoint *p = f->points[0];
    double scale = c->share ? 100 : 1;
    char *next = cm_arena_format(arena,
                                 "If the recorded course of %s%s%s goes on, %s is %s%s (%s to %s with a "
                                 "probability of 95 %% under the model)",
                                 f->from, DASH, f->to, p->time, CM_FIGURE(scale * p->mean, 3), c->share ? " %" : "",
                                 CM_FIGURE(scale * p->low, 3), CM_FIGURE(scale * p->high, 3));

    if (!f->mase)
        f->sentence = cm_arena_format(arena, "%s; its past is too short to say how good such forecasts are.", next);
    else if (test->better)
        f->sentence = cm_arena_format(arena,
                                      "%s; in %zu forecast%s of its past the error (MASE) was %.2f, that of the naive "
                                      "forecast %.2f.",
                                      next, test->origins, test->origins == 1 ? "" : "s", test->mase, test->naive_mase);
    else
        f->sentence =
            cm_arena_format(arena,
                            "%s; it does no better than the naive forecast, which says that nothing changes: "
                            "in %zu forecast%s of its past the error (MASE) was %.2f, that of the naive one %.2f.",
                            next, test->origins, test->origins == 1 ? "" : "s", test->mase, test->naive_mase);
}

cm_status trd_forecast_of(const TrdFinding *finding, size_t steps, cm_arena *arena, TrdForecast *forecast)
{
    static const char *const models[] = {"ses", "holt_damped", "holt_winters"};
    cm_smooth model;
    cm_backtest test;

    CM_TRY(read_period(finding, arena, forecast));
    course c = course_of(finding, forecast, arena);
    CM_TRY(choose(&c, &model));
    if (!model.fitted)
        return cm_fail(CM_FAILED_PRECONDITION, "%s: no model can be fitted to %zu bins from %s to %s", forecast->trend,
                       c.n, forecast->from, forecast->to);
    forecast->model = (char *)models[model.kind];
    CM_TRY(add_points(&c, &model, steps, arena, forecast));
    CM_TRY(cm_smooth_backtest(c.values, c.n, model.kind, (size_t)c.per, &test));
    forecast->origins = (int64_t)test.origins;
    forecast->mase = trd_number(arena, test.mase);
    forecast->naive_mase = trd_number(arena, test.naive_mase);
    forecast->better_than_naive = forecast->mase && test.better;
    forecast->evidence = finding->evidence_of_total;
    forecast->inputs_digest = finding->inputs_digest;
    say(&c, &test, arena, forecast);
    return cm_ok();
}

cm_status trd_forecast_add(const char *question, TrdFinding *finding, cm_arena *arena)
{
    if (!finding->p || finding->sensitivity || *finding->collection || finding->n_series == 0 ||
        per_of(finding->series[0]->time) > 1)
        return cm_ok();
    TrdForecast *forecast = CM_NEW(arena, TrdForecast);
    forecast->trend = trd_published_name(arena, question, finding->category, finding->collection);
    cm_status status = trd_forecast_of(finding, STEPS, arena, forecast);
    if (status.code == CM_FAILED_PRECONDITION) {
        cm_status_clear(&status);
        return cm_ok();
    }
    forecast->n_course = 0; /* the finding itself has its series, its rows and their digest */
    forecast->evidence = forecast->inputs_digest = "";
    if (cm_is_ok(status))
        finding->forecast = forecast;
    return status;
}

cm_status trd_forecast_make(const TrdTrend *trend, size_t steps, cm_arena *arena, TrdForecast *forecast)
{
    forecast->trend = trend->name;
    return trd_forecast_of(trend->finding, steps, arena, forecast);
}

cm_status trd_get_forecast(cm_call *call, const TrdGetForecastRequest *request, TrdForecast *response)
{
    static const char *const patterns[] = {"trends/{trend}", NULL};
    TrdTrend *trend;

    CM_TRY(cm_name_check(patterns, "name", request->name));
    if (request->steps < 0 || request->steps > STEPS_MOST)
        return cm_invalid("steps", "%d is none or too many; give 1 … %d, or 0 for %d", (int)request->steps, STEPS_MOST,
                          STEPS);
    CM_TRY(trd_published_get(cm_call_lent(call), request->name, 0, cm_call_arena(call), &trend));
    if (!trend)
        return cm_not_found("trend", request->name);
    return trd_forecast_make(trend, request->steps ? (size_t)request->steps : STEPS, cm_call_arena(call), response);
}

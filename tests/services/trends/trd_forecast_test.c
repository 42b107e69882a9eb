/* Forecasts go on from the tested course, and say where they are no better than saying that nothing changes. */
#include "trd_bed.h"

#include "trends/trd_forecast.h"

enum { FIRST = 1990, YEARS = 30 };

/* A trend whose value of a year is given by a function, of 100 units a year, tested throughout. */
static TrdTrend *trend_of(cm_arena *arena, double (*value)(int i), bool share)
{
    TrdTrend *trend = CM_NEW(arena, TrdTrend);
    TrdDetail *period = CM_NEW(arena, TrdDetail);
    TrdFinding *f = CM_NEW(arena, TrdFinding);

    trend->name = "trends/t";
    trend->finding = f;
    f->estimate_of = share ? "share" : "";
    period->name = "tested_period";
    period->text = cm_arena_format(arena, "%d–%d", FIRST, FIRST + YEARS - 1);
    f->details = cm_arena_copy(arena, &period, sizeof period);
    f->n_details = 1;
    f->series = cm_arena_take(arena, (YEARS + 1) * sizeof *f->series);
    for (int i = 0; i <= YEARS; i++) { /* the last one is unfinished: not in the tested period */
        TrdSeriesPoint *p = CM_NEW(arena, TrdSeriesPoint);
        p->time = cm_arena_format(arena, "%d", FIRST + i);
        p->total = share ? 100 : value(i);
        p->count = i == YEARS ? 0 : share ? 100 * value(i) : value(i);
        p->covered = true;
        p->seen_count = p->count;
        p->seen_total = p->total;
        f->series[f->n_series++] = p;
    }
    return trend;
}

/* Numbers between −1 and 1 without an order, the same every time. */
static double noise(int i)
{
    unsigned x = (unsigned)i * 2654435761u;

    x = (x ^ (x >> 15)) * 2246822519u;
    return (double)((x ^ (x >> 13)) % 2001) / 1000 - 1;
}

static double around_a_level(int i)
{
    return 0.4 + 0.1 * noise(i);
}

static double walking(int i)
{
    double sum = 500;

    for (int k = 0; k <= i; k++)
        sum += 20 * noise(k);
    return sum;
}

static double nearly_all(int i)
{
    return i % 2 ? 1 : 0.97;
}

static void noise_around_a_level_is_forecast_better_than_naively(void **state)
{
    CM_ARENA(arena);
    TrdForecast f = CITYNEG__TRENDS__V1__FORECAST__INIT;

    assert_ok(trd_forecast_make(trend_of(arena, around_a_level, true), 2, arena, &f));
    assert_int_equal(f.n_points, 2);
    assert_string_equal(f.points[0]->time, "2020"); /* not 2021: the unfinished year is forecast, too */
    assert_near(f.points[0]->mean, 0.4, 0.05);
    assert_true(f.points[0]->low < 0.35 && f.points[0]->high > 0.45);
    assert_true(f.better_than_naive);
    assert_true(f.mase->value < f.naive_mase->value);
    assert_null(strstr(f.sentence, "no better"));
}

static void a_random_walk_is_said_to_be_forecast_no_better_than_naively(void **state)
{
    CM_ARENA(arena);
    TrdForecast f = CITYNEG__TRENDS__V1__FORECAST__INIT;

    assert_ok(trd_forecast_make(trend_of(arena, walking, false), 3, arena, &f));
    assert_non_null(f.mase);
    assert_true(f.better_than_naive == (f.mase->value < f.naive_mase->value));
    assert_true((strstr(f.sentence, "it does no better than the naive forecast") != NULL) == !f.better_than_naive);
    assert_true(f.points[2]->high - f.points[2]->low > f.points[0]->high - f.points[0]->low);
}

static void shares_stay_shares(void **state)
{
    CM_ARENA(arena);
    TrdForecast f = CITYNEG__TRENDS__V1__FORECAST__INIT;

    assert_ok(trd_forecast_make(trend_of(arena, nearly_all, true), 20, arena, &f));
    for (size_t i = 0; i < f.n_points; i++)
        assert_true(f.points[i]->low >= 0 && f.points[i]->high <= 1);
}

static void a_forecast_tells_the_series_behind_it_and_its_rows(void **state)
{
    CM_ARENA(arena);
    TrdForecast f = CITYNEG__TRENDS__V1__FORECAST__INIT;
    TrdTrend *trend = trend_of(arena, around_a_level, true);

    trend->finding->evidence_of_total = "channel-mix/*";
    trend->finding->inputs_digest = "00ff";
    trend->finding->series[3]->covered = false;
    trend->finding->series[4]->seen_total = 4; /* too few for a share */
    assert_ok(trd_forecast_make(trend, 2, arena, &f));
    assert_string_equal(f.evidence, "channel-mix/*");
    assert_string_equal(f.inputs_digest, "00ff");
    assert_int_equal(f.n_course, YEARS - 2);
    for (size_t i = 0; i < f.n_course; i++) /* each as the trend has it, without what was not looked at */
        assert_ptr_equal(f.course[i], trend->finding->series[i < 3 ? i : i + 2]);
}

static void what_was_not_tested_has_no_forecast(void **state)
{
    CM_ARENA(arena);
    TrdForecast f = CITYNEG__TRENDS__V1__FORECAST__INIT;
    TrdTrend *trend = trend_of(arena, around_a_level, true);

    trend->finding->n_details = 0;
    trend->finding->untested = "set by what was collected";
    assert_fails(trd_forecast_make(trend, 1, arena, &f), CM_FAILED_PRECONDITION, "set by what was collected");
    trend->finding = NULL;
    assert_fails(trd_forecast_make(trend, 1, arena, &f), CM_FAILED_PRECONDITION, "no tested course");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_around_a_level_is_forecast_better_than_naively),
        cmocka_unit_test(a_random_walk_is_said_to_be_forecast_no_better_than_naively),
        cmocka_unit_test(shares_stay_shares),
        cmocka_unit_test(a_forecast_tells_the_series_behind_it_and_its_rows),
        cmocka_unit_test(what_was_not_tested_has_no_forecast),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

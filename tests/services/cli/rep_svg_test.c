/* The plots of the report's page: bars from the first covered year on, and forecasts beyond the last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/cm_arena.h"
#include "base/cm_message.h"
#include "cli/rep_html.h"
#include "cli/rep_svg.h"

enum { FIRST = 1913, YEARS = 113, COVERED_FROM = 2010 };

typedef struct bed {
    cm_arena *arena;
    TrdFinding *finding;
} bed;

static GoogleDoubleValue *number(bed *b, double value)
{
    GoogleDoubleValue *n = CM_NEW(b->arena, GoogleDoubleValue);

    n->value = value;
    return n;
}

/* A share of 1913 … 2025: 3 units in 1913, and from 2010 on 1 of 4 a year. */
static int set_up(void **state)
{
    static bed b;

    b.arena = cm_arena_new();
    b.finding = CM_NEW(b.arena, TrdFinding);
    b.finding->category = "digital";
    b.finding->estimate_of = "share";
    b.finding->estimate = number(&b, 0.25);
    b.finding->series = cm_arena_zero(b.arena, YEARS * sizeof *b.finding->series);
    b.finding->n_series = YEARS;
    for (int i = 0; i < YEARS; i++) {
        TrdSeriesPoint *p = b.finding->series[i] = CM_NEW(b.arena, TrdSeriesPoint);
        p->time = cm_arena_format(b.arena, "%d", FIRST + i);
        p->covered = FIRST + i >= COVERED_FROM;
        p->count = p->covered ? 1 : 0;
        p->total = p->covered ? 4 : i == 0 ? 3 : 0;
    }
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    cm_arena_free(((bed *)*state)->arena);
    return 0;
}

static void forecast(bed *b)
{
    TrdForecast *f = b->finding->forecast = CM_NEW(b->arena, TrdForecast);

    f->points = cm_arena_zero(b->arena, 3 * sizeof *f->points);
    f->n_points = 3;
    f->sentence = "Where it may go from here";
    for (int i = 0; i < 3; i++) {
        TrdForecastPoint *p = f->points[i] = CM_NEW(b->arena, TrdForecastPoint);
        p->time = cm_arena_format(b->arena, "%d", FIRST + YEARS + i);
        p->mean = 0.25, p->low = 0.125, p->high = 0.5;
    }
}

static const char *drawn(bed *b)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    rep_svg_series(out, b->finding);
    fclose(out);
    const char *kept = cm_arena_strdup(b->arena, text);
    free(text);
    return kept;
}

static size_t times_in(const char *text, const char *word)
{
    size_t count = 0;

    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

static void bars_begin_where_somebody_looked(void **state)
{
    bed *b = *state;
    const char *svg = drawn(b);

    assert_int_equal(times_in(svg, "<rect class=\"c\""), FIRST + YEARS - COVERED_FROM);
    assert_int_equal(times_in(svg, "<rect class=\"u\""), 0);
    assert_non_null(strstr(svg, ">2010; before it 3 of 1913 on, not covered<"));
    assert_non_null(strstr(svg, ">2025</text>"));
    assert_non_null(strstr(svg, "<title>2010: 1 of 4 (25.0 %)</title>"));
}

static void what_nobody_covered_begins_at_its_first_unit(void **state)
{
    bed *b = *state;

    for (int i = 0; i < YEARS; i++) {
        b->finding->series[i]->covered = false;
        b->finding->series[i]->total = i >= 100 ? 4 : 0;
        b->finding->series[i]->count = i >= 100;
    }
    const char *svg = drawn(b);
    assert_int_equal(times_in(svg, "<rect class=\"u\""), 13);
    assert_non_null(strstr(svg, ">2013</text>"));
    for (int i = 0; i < YEARS; i++)
        b->finding->series[i]->total = b->finding->series[i]->count = 0;
    assert_int_equal(times_in(drawn(b), "<rect"), 1); /* nothing at all: the last year */
}

static void forecasts_stand_behind_the_last_bar(void **state)
{
    bed *b = *state;

    forecast(b);
    const char *svg = drawn(b);
    /* 16 bars and 3 forecasts share 514 points; the largest value is the upper end, 50 %, of 72 points' height. */
    assert_int_equal(times_in(svg, "<circle"), 3);
    assert_non_null(strstr(svg, ">50 %</text>"));
    assert_non_null(strstr(svg, ">2028</text>"));
    assert_non_null(strstr(svg, "<title>2026, forecast: 25.0 % (12.5 to 50.0)</title>"));
    assert_non_null(strstr(svg, "x1=\"492.37\" x2=\"492.37\" y1=\"60.00\" y2=\"6.00\"")); /* 46 + 16.5 · 514/19 */
}

static void the_page_says_what_the_forecast_says(void **state)
{
    bed *b = *state;
    TrdReport *report = CM_NEW(b->arena, TrdReport);
    TrdQuestionAnswer *question = CM_NEW(b->arena, TrdQuestionAnswer);
    char *text;
    size_t size;

    forecast(b);
    b->finding->sentence = "A <sentence> & more";
    question->question = "channel-mix";
    question->title = "Through which channels";
    question->findings = &b->finding;
    question->n_findings = 1;
    report->questions = &question;
    report->n_questions = 1;
    FILE *out = open_memstream(&text, &size);
    rep_html(out, report);
    fclose(out);
    assert_non_null(strstr(text, "<p class=\"soft\">Where it may go from here</p>"));
    assert_non_null(strstr(text, "A &lt;sentence&gt; &amp; more"));
    assert_null(strstr(text, "http:")); /* nothing is fetched */
    assert_null(strstr(text, "<script"));
    assert_int_equal(times_in(text, "<circle"), 4);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bars_begin_where_somebody_looked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_covered_begins_at_its_first_unit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forecasts_stand_behind_the_last_bar, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_page_says_what_the_forecast_says, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The report at a terminal: what is shown of a question, in lines that fit, and sparklines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "base/cm_arena.h"
#include "base/cm_message.h"
#include "base/cm_utf8.h"
#include "cli/rep_spark.h"
#include "cli/rep_text.h"

typedef struct bed {
    cm_arena *arena;
    TrdReport *report;
    TrdQuestionAnswer *question;
} bed;

static int set_up(void **state)
{
    static bed b;

    b.arena = cm_arena_new();
    b.report = CM_NEW(b.arena, TrdReport);
    b.question = CM_NEW(b.arena, TrdQuestionAnswer);
    b.question->question = "channel-mix";
    b.question->title = "Through which channels";
    b.question->findings = cm_arena_zero(b.arena, 32 * sizeof *b.question->findings);
    b.report->questions = cm_arena_zero(b.arena, sizeof *b.report->questions);
    b.report->questions[0] = b.question;
    b.report->n_questions = 1;
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    cm_arena_free(((bed *)*state)->arena);
    return 0;
}

static GoogleDoubleValue *number(bed *b, double value)
{
    GoogleDoubleValue *n = CM_NEW(b->arena, GoogleDoubleValue);

    n->value = value;
    return n;
}

/* A share of 25 of 100 in six years, the first of which nobody looked at. */
static TrdFinding *add(bed *b, const char *category, const char *collection)
{
    static const double counts[] = {9, 1, 2, 3, 4, 6};
    TrdFinding *f = CM_NEW(b->arena, TrdFinding);

    f->category = cm_arena_strdup(b->arena, category);
    f->collection = cm_arena_strdup(b->arena, collection);
    f->estimate_of = "share";
    f->n = 25;
    f->total = 100;
    f->estimate = number(b, 0.25);
    f->cluster_low = number(b, 0.201);
    f->cluster_high = number(b, 0.3);
    f->series = cm_arena_zero(b->arena, 6 * sizeof *f->series);
    for (int i = 0; i < 6; i++) {
        f->series[i] = CM_NEW(b->arena, TrdSeriesPoint);
        f->series[i]->time = cm_arena_format(b->arena, "%d", 2000 + i);
        f->series[i]->count = counts[i];
        f->series[i]->total = 10;
        f->series[i]->covered = i > 0;
    }
    f->n_series = 6;
    b->question->findings[b->question->n_findings++] = f;
    return f;
}

static char *print(bed *b, rep_style style)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    rep_text(out, b->report, style);
    fclose(out);
    return text;
}

static size_t occurrences(const char *text, const char *part)
{
    size_t n = 0;

    while ((text = strstr(text, part))) {
        n++;
        text += strlen(part);
    }
    return n;
}

static void a_finding_has_its_estimate_interval_and_the_years_that_were_covered(void **state)
{
    bed *b = *state;

    add(b, "virtual", "")->p = number(b, 0.004);
    char *text = print(b, (rep_style){0});
    assert_non_null(strstr(text, "  virtual  25.0 % [20.1, 30.0]"));
    assert_non_null(strstr(text, "2001 ▂▃▅▆█ 2005"));
    assert_non_null(strstr(text, "n 25 of 100, p 0.004"));
    free(text);
}

static void no_line_is_longer_than_the_terminal(void **state)
{
    bed *b = *state;

    for (int i = 0; i < 3; i++) {
        TrdFinding *f = add(b, i ? "virtual" : "a-category-whose-name-is-so-long-that-it-has-a-line-of-its-own", "");
        f->sentence =
            "Among 100 recorded entries with a known channel, 25.0 % were virtual (20.1 to 30.0 by resampling); over "
            "2001–2005 steps between levels fit better than a steady trend: 10 % from 2001, 60 % from 2004.";
        f->untested = i ? "fewer than 5 units of it, or of all others, in tested years" : "another reason";
    }
    b->report->limits = cm_arena_zero(b->arena, sizeof *b->report->limits);
    b->report->limits[0] =
        "Curated facts are a sample chosen by people: a share in them is no share in the world, and the "
        "rows say first where people looked.";
    b->report->n_limits = 1;
    static const int widths[] = {70, 90, 120};
    for (int i = 0; i < 3; i++) {
        char *text = print(b, (rep_style){.width = widths[i]}), *rest = text, *line;
        while ((line = strsep(&rest, "\n"))) {
            if (strstr(line, "cityneg trends evidence"))
                continue; /* to be copied: it stays whole */
            if (cm_utf8_width(line) > widths[i])
                fail_msg("%d columns: %s", cm_utf8_width(line), line);
        }
        free(text);
    }
}

static void a_reason_that_all_share_is_said_once(void **state)
{
    bed *b = *state;

    for (int i = 0; i < 4; i++)
        add(b, "virtual", "")->untested = "nobody was looking";
    char *same = print(b, (rep_style){0});
    assert_int_equal(occurrences(same, "not tested: nobody was looking"), 1);
    free(same);
    add(b, "virtual", "")->untested = "too few";
    char *mixed = print(b, (rep_style){0});
    assert_int_equal(occurrences(mixed, "nobody was looking"), 4);
    assert_int_equal(occurrences(mixed, "too few"), 1);
    free(mixed);
}

static void collections_and_what_ranks_low_are_shown_only_when_asked_for(void **state)
{
    bed *b = *state;

    for (int i = 0; i < 10; i++)
        add(b, "virtual", "");
    add(b, "virtual", "climate");
    TrdFinding *divergence = add(b, "jsd", "");
    divergence->n_series = 0;
    char *foremost = print(b, (rep_style){0});
    assert_int_equal(occurrences(foremost, "  virtual"), 8);
    assert_int_equal(occurrences(foremost, "jsd"), 1); /* one number of the whole question */
    assert_non_null(strstr(foremost, "… 3 more"));
    free(foremost);
    char *all = print(b, (rep_style){.all = true});
    assert_int_equal(occurrences(all, "  virtual"), 11);
    assert_non_null(strstr(all, "virtual · climate"));
    assert_null(strstr(all, "more (by"));
    free(all);
}

static void there_are_colours_only_where_they_are_wanted(void **state)
{
    bed *b = *state;

    add(b, "virtual", "");
    char *plain = print(b, (rep_style){0}), *coloured = print(b, (rep_style){.colour = true});
    assert_null(strchr(plain, '\033'));
    assert_non_null(strstr(coloured, "\033[1mvirtual\033[0m"));
    free(plain);
    free(coloured);
}

static void a_sparkline_scales_to_the_largest_value_and_shows_gaps(void **state)
{
    static const double values[] = {0, 4, NAN, 8}, flat[] = {0, 0}, many[] = {1, 3, 8, 8, NAN, NAN};
    cm_text text = {0};

    rep_spark(&text, values, 4, 24);
    assert_string_equal(cm_text_get(&text), "▁▅·█");
    cm_text_clear(&text);
    rep_spark(&text, flat, 2, 24);
    assert_string_equal(cm_text_get(&text), "▁▁");
    cm_text_clear(&text);
    rep_spark(&text, many, 6, 3); /* 2 of 8, 8 of 8, a gap */
    assert_string_equal(cm_text_get(&text), "▃█·");
    cm_text_clear(&text);
    rep_spark(&text, many, 0, 3);
    assert_string_equal(cm_text_get(&text), "");
    cm_text_clear(&text);
}

#define REP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REP_TEST(a_finding_has_its_estimate_interval_and_the_years_that_were_covered),
        REP_TEST(no_line_is_longer_than_the_terminal),
        REP_TEST(a_reason_that_all_share_is_said_once),
        REP_TEST(collections_and_what_ranks_low_are_shown_only_when_asked_for),
        REP_TEST(there_are_colours_only_where_they_are_wanted),
        cmocka_unit_test(a_sparkline_scales_to_the_largest_value_and_shows_gaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

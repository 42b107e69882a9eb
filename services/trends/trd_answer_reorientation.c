/* Towards whom the partnerships of a set of cities turn: the share of new pairs whose foreign party's state is on one
 * side of a grouping, under the edition that is asked first and, as sensitivity, under every other. */
#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "stats/cm_logistic.h"
#include "stats/cm_turn.h"
#include "trends/trd_answer.h"
#include "trends/trd_focal.h"
#include "trends/trd_groupings.h"
#include "trends/trd_mix.h"
#include "trends/trd_partners.h"
#include "trends/trd_trend.h"

enum { TESTED_FROM = 1992, LEAST_EACH_SIDE = 10 };

static const char QUESTION[] = "reorientation";
static const char YEAR_OF_CHANGE[] = "year of change, ";
static const char MAIN_GROUPING[] = "ru-unfriendly";

/* One way to tell states apart. */
typedef struct sides {
    const trd_edition *editions;
    size_t edition_count;
    const trd_edition *fixed; /* one edition for all dates; NULL: the one in force then */
    const char *grouping;
    bool outside; /* what is counted */
    bool sensitivity;
} sides;

static const char *side_of(const sides *s, const trd_pair *pair)
{
    const trd_edition *edition = s->fixed;

    if (!*pair->state)
        return "";
    if (!edition && pair->date.precision == CM_PRECISION_NONE)
        return "undated"; /* cannot be judged by an edition in force then */
    if (!edition)
        edition = trd_grouping_at(s->editions, s->edition_count, s->grouping, pair->date);
    return !edition ? "" : trd_edition_has(edition, pair->state) ? "inside" : "outside";
}

static void as_units(const sides *s, const trd_pair *pairs, size_t count, trd_unit *units)
{
    for (size_t i = 0; i < count; i++)
        units[i] = (trd_unit){.resource = pairs[i].agreement->name,
                              .cluster = pairs[i].city,
                              .date = pairs[i].date,
                              .group = "",
                              .category = side_of(s, &pairs[i]),
                              .collection = pairs[i].agreement->collection,
                              .certainty = pairs[i].agreement->certainty,
                              .weight = pairs[i].weight};
}

/* Shares where the collections were looking; of Russian cities from 1992 on. */
static trd_series tested_series(trd_report *report, const trd_scope *scope, const trd_category *category)
{
    trd_series series = trd_scope_series(report, scope, category);

    for (int bin = series.from; !report->focal && bin <= series.to && bin / series.per < TESTED_FROM; bin++)
        series.covered[bin - series.from] = false;
    return series;
}

static bool year_is_tested(const trd_series *series, const trd_scope *scope, int year)
{
    return year >= series->from && year <= series->to && series->covered[year - series->from] &&
           (!scope->unfinished || year < scope->unfinished);
}

/* The most likely single year of change, a finding of its own since it has a p of its own; `scope` is by years. */
static cm_status add_turn(trd_report *report, const trd_scope *scope, const trd_category *category,
                          trd_findings *findings)
{
    const trd_tally *tally = scope->tally;
    trd_series series = tested_series(report, scope, category);
    CM_FREE cm_turn_unit *units = cm_alloc((tally->count + 1) * sizeof *units);
    size_t n = 0;
    uint64_t cluster = 0;
    cm_turn turn;

    for (size_t i = 0; i < tally->count; i++) {
        const trd_unit *u = &tally->counts[i];
        cluster += i > 0 && strcmp(tally->counts[i - 1].cluster, u->cluster) != 0; /* pairs are in order of cities */
        bool known = strcmp(u->category, "inside") == 0 || strcmp(u->category, "outside") == 0;
        if (!known || u->date.precision == CM_PRECISION_NONE || !year_is_tested(&series, scope, u->date.year) ||
            (*scope->collection && strcmp(u->collection, scope->collection) != 0))
            continue;
        units[n++] = (cm_turn_unit){.time = u->date.year,
                                    .weight = (double)u->weight / TRD_WHOLE,
                                    .cluster = cluster,
                                    .hit = strcmp(u->category, category->parts[0]) == 0};
    }
    if (n == 0)
        return cm_ok();
    CM_TRY(cm_turn_find(units, n, LEAST_EACH_SIDE, &CM_RESAMPLING_USUAL, &turn));
    char *name = cm_arena_format(report->arena, "%s%s", YEAR_OF_CHANGE, category->name);
    TrdFinding *f = trd_finding_add(report, findings, QUESTION, name, scope->collection);
    f->n = f->total = (double)turn.n;
    f->estimate = trd_number(report->arena, turn.time);
    f->estimate_of = "year";
    if (!f->estimate) {
        f->untested = "fewer than 10 units on each side of any year, or no variation";
        return cm_ok();
    }
    trd_interval(report->arena, turn.low, turn.high, &f->cluster_low, &f->cluster_high);
    trd_detail(report, f, "share_before", turn.before, NAN, NAN);
    trd_detail(report, f, "share_from_then", turn.after, NAN, NAN);
    trd_trend_note(report, f, "change-point permutation", turn.p, 0);
    trd_sentence(report, f,
                 "Of %zu recorded new partnerships in covered years, the most likely single year of change is %.0f "
                 "(%.0f to %.0f by resampling cities): %.0f %% before, %.0f %% from then; where rows are thin the year "
                 "says where collectors looked",
                 turn.n, turn.time, turn.low, turn.high, 100 * turn.before, 100 * turn.after);
    return cm_ok();
}

static cm_status add_logistic(trd_report *report, const trd_series *series, const trd_scope *scope, TrdFinding *f)
{
    trd_bins bins = trd_series_tested(series, true, scope->unfinished, report->arena);
    cm_logistic logistic;

    if (bins.n < 3)
        return cm_ok();
    CM_TRY(cm_logistic_trend(bins.times, bins.counts, bins.totals, bins.n, 0.95, &logistic));
    if (!logistic.separated)
        trd_detail(report, f, "odds_ratio_a_year", logistic.odds_ratio, logistic.quasi_low, logistic.quasi_high);
    return cm_ok();
}

/* `by_year` is the tally whatever the bins: the year of change is looked for in years. */
static cm_status add_scope(trd_report *report, const trd_tally *tally, const trd_tally *by_year, const sides *s,
                           const trd_category *category, const char *collection, trd_findings *findings)
{
    trd_scope scope = trd_scope_of(report, tally, "", collection);
    TrdFinding *f = trd_finding_add(report, findings, QUESTION, category->name, collection);

    f->sensitivity = s->sensitivity;
    CM_TRY(trd_scope_fill(report, &scope, category, f));
    f->low = f->high = NULL; /* weights are fractions */
    if (trd_scope_set_by_collection(&scope, category)) {
        f->untested = "set by what was collected: every collection holds only such units, or none";
    } else {
        trd_series series = tested_series(report, &scope, category);
        CM_TRY(trd_trend_test(report, f, &series, TRD_SHARES, scope.unfinished, 0));
        CM_TRY(add_logistic(report, &series, &scope, f));
        if (!s->sensitivity) {
            trd_scope years = trd_scope_of(report, by_year, "", collection);
            CM_TRY(add_turn(report, &years, category, findings));
        }
    }
    if (f->estimate)
        trd_sentence(report, f,
                     "Among %s recorded first agreements of %s with parties of other states, "
                     "%.1f %% were with states %s%s",
                     CM_FIGURE(scope.total, 6), trd_focal_words(report), 100 * f->estimate->value, category->name,
                     f->cluster_low ? cm_arena_format(report->arena, " (%.1f to %.1f by resampling cities)",
                                                      100 * f->cluster_low->value, 100 * f->cluster_high->value)
                                    : "");
    return cm_ok();
}

/* The pairs that fit: by their first agreement, the states of the city and of the party, an institution in it. */
static size_t keep_fitting(const trd_report *report, trd_pair *pairs, size_t count)
{
    const trd_filter *filter = report->filter;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const trd_agreement *a = pairs[i].agreement;
        const char *states[] = {trd_focal_of(report), pairs[i].state}, *actors[] = {pairs[i].city, pairs[i].party};
        trd_filter institution = *filter, state = *filter;
        institution.state = state.institution = "";
        if (trd_filter_agreement(&institution, a, pairs[i].date) && trd_filter_names(&state, actors, states, 2))
            pairs[kept++] = pairs[i];
    }
    return kept;
}

static cm_status add_sides(trd_report *report, const trd_pair *pairs, size_t count, const sides *s,
                           trd_findings *findings)
{
    const char *parts[] = {s->outside ? "outside" : "inside", NULL};
    const char *label = s->fixed ? s->fixed->label : "in-force";
    trd_category category = {.parts = parts};
    trd_unit *units = cm_arena_zero(report->arena, (count + 1) * sizeof *units);
    size_t collections;

    category.name = cm_arena_format(report->arena, "%s %s/%s", parts[0], s->grouping, label);
    as_units(s, pairs, count, units);
    trd_tally by_year = {.counts = units, .count = count, .units = units, .unit_count = count, .step = 1},
              tally = by_year;
    tally.counts = tally.units = trd_bin_units(report->arena, report->per, units, count);
    tally.per = report->per;
    const char **names = trd_collections(report, &tally, "", &collections);
    for (size_t i = 0; i <= collections; i++)
        if (i == 0 || *names[i - 1])
            CM_TRY(add_scope(report, &tally, &by_year, s, &category, i ? names[i - 1] : "", findings));
    return cm_ok();
}

/* What a category's name says: "outside ru-unfriendly/2022-10-29", "inside brics/in-force"; a year of change is of the
 * pairs that it was found in. *fits is false where it names no edition that is known. */
static sides sides_of(const trd_edition *editions, size_t count, const char *category, cm_arena *arena, bool *fits)
{
    sides s = {.editions = editions, .edition_count = count};

    if (strncmp(category, YEAR_OF_CHANGE, strlen(YEAR_OF_CHANGE)) == 0)
        category += strlen(YEAR_OF_CHANGE);
    s.outside = strncmp(category, "outside ", 8) == 0;
    char *name = cm_arena_strdup(arena, category + (s.outside ? 8 : 7)), *slash = strchr(name, '/');
    *fits = slash && (s.outside || strncmp(category, "inside ", 7) == 0);
    if (!*fits)
        return s;
    *slash = '\0';
    s.grouping = name;
    *fits = strcmp(slash + 1, "in-force") == 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(editions[i].grouping, name) == 0 && strcmp(editions[i].label, slash + 1) == 0) {
            s.fixed = &editions[i];
            *fits = true;
        }
    return s;
}

static trd_unit edition_unit(const trd_edition *edition, cm_arena *arena)
{
    return (trd_unit){.resource = cm_arena_format(arena, "groupings/%s/editions/%s", edition->grouping, edition->label),
                      .date = edition->date,
                      .group = "",
                      .category = "edition",
                      .collection = ""};
}

/* The whole are all pairs, and the editions that tell them apart. */
cm_status trd_evidence_reorientation(trd_report *report, const char *category, bool whole, trd_unit **units,
                                     size_t *count)
{
    cm_arena *arena = report->arena;
    trd_agreement *agreements;
    trd_edition *editions;
    trd_pair *pairs;
    size_t n, edition_count, pair_count;
    bool fits, both = strncmp(category, YEAR_OF_CHANGE, strlen(YEAR_OF_CHANGE)) == 0; /* sides of the year */

    CM_TRY(trd_agreements_read(trd_at(report), arena, &agreements, &n));
    CM_TRY(trd_groupings_read(trd_at(report), arena, &editions, &edition_count));
    trd_partners_pair(agreements, n, trd_focal_of(report), arena, &pairs, &pair_count);
    pair_count = keep_fitting(report, pairs, pair_count);
    *units = cm_arena_zero(arena, (pair_count + edition_count + 1) * sizeof **units);
    *count = 0;
    if (strlen(category) < 8)
        return cm_ok();
    sides s = sides_of(editions, edition_count, category, arena, &fits);
    trd_unit *all = cm_arena_zero(arena, (pair_count + 1) * sizeof *all);
    if (fits)
        as_units(&s, pairs, pair_count, all);
    for (size_t i = 0; fits && i < pair_count; i++) {
        bool hit = strcmp(all[i].category, s.outside ? "outside" : "inside") == 0, other = !hit && *all[i].category;
        if (!hit && !whole && !(other && both))
            continue;
        all[i].category = hit ? category : all[i].category;
        (*units)[(*count)++] = all[i];
    }
    for (size_t i = 0; fits && whole && i < edition_count; i++)
        if (strcmp(editions[i].grouping, s.grouping) == 0 && (!s.fixed || s.fixed == &editions[i]))
            (*units)[(*count)++] = edition_unit(&editions[i], arena);
    return cm_ok();
}

cm_status trd_answer_reorientation(trd_report *report, trd_findings *findings, int *family)
{
    trd_agreement *agreements;
    trd_edition *editions;
    trd_pair *pairs;
    size_t count, edition_count, pair_count;

    (void)family; /* one share, and sensitivity results that never enter q */
    CM_TRY(trd_agreements_read(trd_at(report), report->arena, &agreements, &count));
    CM_TRY(trd_groupings_read(trd_at(report), report->arena, &editions, &edition_count));
    trd_partners_pair(agreements, count, trd_focal_of(report), report->arena, &pairs, &pair_count);
    pair_count = keep_fitting(report, pairs, pair_count);
    const trd_edition *newest = trd_grouping_at(editions, edition_count, MAIN_GROUPING, (cm_date){0});
    if (!newest)
        return cm_ok();
    sides s = {editions, edition_count, newest, MAIN_GROUPING, true, false};
    CM_TRY(add_sides(report, pairs, pair_count, &s, findings));
    s.sensitivity = true;
    for (size_t i = 0; i < edition_count; i++) {
        s.grouping = editions[i].grouping;
        s.outside = strcmp(s.grouping, MAIN_GROUPING) == 0;
        s.fixed = &editions[i];
        if (s.fixed != newest)
            CM_TRY(add_sides(report, pairs, pair_count, &s, findings));
        bool last = i + 1 == edition_count || strcmp(editions[i + 1].grouping, s.grouping) != 0;
        s.fixed = NULL;
        if (last)
            CM_TRY(add_sides(report, pairs, pair_count, &s, findings));
    }
    return cm_ok();
}

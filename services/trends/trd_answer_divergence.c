/* Where a city's stance differs from its own state's: the share of opposed pairs, and the mean difference by issue. */
#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "trends/trd_answer.h"
#include "trends/trd_mix.h"
#include "trends/trd_positions.h"
#include "trends/trd_trend.h"

static const char QUESTION[] = "city-state-divergence";

static int difference(const trd_divergence *pair)
{
    return pair->city->stance - pair->state->stance;
}

/* Signs differ; zero opposes nothing. */
static bool opposed(const trd_divergence *pair)
{
    return pair->city->stance * pair->state->stance < 0;
}

/* Pairs as units that hang together by issue. What has no pair is unknown. */
static void as_units(const trd_divergence *pairs, size_t count, trd_unit *units)
{
    for (size_t i = 0; i < count; i++) {
        const trd_position *city = pairs[i].city;
        units[i] = (trd_unit){.resource = city->name,
                              .cluster = city->issue,
                              .date = city->date,
                              .group = "",
                              .category = !pairs[i].state      ? ""
                                          : opposed(&pairs[i]) ? "opposed"
                                                               : "not_opposed",
                              .collection = city->collection,
                              .certainty = city->certainty,
                              .weight = TRD_WHOLE};
    }
}

/* The pairs whose city's stance fits. It names no institution. */
static size_t keep_fitting(const trd_filter *filter, trd_divergence *pairs, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const trd_position *city = pairs[i].city;
        if (trd_filter_fits(filter, city->certainty, city->date) &&
            trd_filter_names(filter, &city->actor, &city->state, 1))
            pairs[kept++] = pairs[i];
    }
    return kept;
}

/* Of the collection, and dated as precisely as the bins. */
static bool in_scope(const trd_report *report, const trd_divergence *pair, const char *collection)
{
    return pair->state && trd_bin_of(report->per, pair->city->date) > TRD_BIN_COARSE &&
           (!*collection || strcmp(pair->city->collection, collection) == 0);
}

static int by_size(const void *a, const void *b)
{
    const trd_divergence *x = *(const trd_divergence *const *)a, *y = *(const trd_divergence *const *)b;
    int dx = abs(difference(x)), dy = abs(difference(y));

    return dx != dy ? dy - dx : strcmp(x->city->name, y->city->name);
}

/* The foremost pairs, with both stances and where they are recorded. */
static void add_list(trd_report *report, const trd_divergence *pairs, size_t count, const char *collection,
                     TrdFinding *finding)
{
    enum { FOREMOST = 20 };
    CM_FREE const trd_divergence **ranked = cm_alloc((count + 1) * sizeof *ranked);
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if (in_scope(report, &pairs[i], collection))
            ranked[n++] = &pairs[i];
    qsort(ranked, n, sizeof *ranked, by_size);
    for (size_t i = 0; i < n && i < FOREMOST; i++) {
        const trd_divergence *p = ranked[i];
        char *name = cm_arena_format(report->arena, "pair_%02zu", i + 1), at[CM_DATE_TEXT], state_at[CM_DATE_TEXT];
        trd_detail(report, finding, name, difference(p), NAN, NAN);
        finding->details[finding->n_details - 1]->text =
            cm_arena_format(report->arena, "%s on %s: %+d (%s, %s), %s %+d (%s, %s)", p->city->actor, p->city->issue,
                            p->city->stance, cm_date_format(p->city->date, at), p->city->name, p->state->actor,
                            p->state->stance, cm_date_format(p->state->date, state_at), p->state->name);
    }
}

static cm_status add_opposed(trd_report *report, const trd_tally *tally, const trd_divergence *pairs, size_t count,
                             const char *collection, trd_findings *findings)
{
    const trd_category category = {.name = "opposed"};
    trd_scope scope = trd_scope_of(report, tally, "", collection);
    TrdFinding *f = trd_finding_add(report, findings, QUESTION, "opposed", collection);

    CM_TRY(trd_scope_fill(report, &scope, &category, f));
    trd_series series = trd_scope_series(report, &scope, &category);
    CM_TRY(trd_trend_test(report, f, &series, TRD_SHARES, scope.unfinished, 0));
    add_list(report, pairs, count, collection, f);
    if (!f->estimate)
        return cm_ok();
    trd_sentence(report, f,
                 "Among %s recorded pairs of a city's and its own state's stance on one issue, %.1f %% were opposed%s; "
                 "conflicts are what the collectors looked for",
                 CM_FIGURE(scope.total, 6), 100 * f->estimate->value,
                 f->cluster_low ? cm_arena_format(report->arena, " (%.1f to %.1f by resampling issues)",
                                                  100 * f->cluster_low->value, 100 * f->cluster_high->value)
                                : "");
    return cm_ok();
}

/* The mean of city minus state over an issue's pairs. */
static cm_status add_issue(trd_report *report, const trd_tally *tally, const trd_divergence *pairs, size_t count,
                           const char *collection, const char *issue, trd_findings *findings)
{
    trd_scope scope = trd_scope_of(report, tally, "", collection);
    TrdFinding *f = trd_finding_add(report, findings, QUESTION, issue, collection);
    int step = tally->step;
    trd_series series = trd_series_new(report->arena, scope.from - scope.from % step, scope.to - scope.to % step, step);
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        if (!in_scope(report, &pairs[i], collection))
            continue;
        bool this = strcmp(pairs[i].city->issue, issue) == 0;
        trd_series_add(&series, trd_bin_of(report->per, pairs[i].city->date), this ? 1 : 0, 1, true);
        f->n += this;
        sum += this ? difference(&pairs[i]) : 0;
    }
    series.per = report->per > 1 ? report->per : 1;
    trd_series shown = trd_scope_series(report, &scope, &(trd_category){.name = "opposed"});
    memcpy(series.covered, shown.covered, trd_series_bins(&series) * sizeof *series.covered);
    f->total = scope.total;
    f->estimate = trd_number(report->arena, sum / f->n);
    f->estimate_of = "mean";
    trd_finding_series(report, f, &series);
    f->from = trd_bin_text(report->arena, report->per, 1, scope.from);
    f->to = trd_bin_text(report->arena, report->per, 1, scope.to);
    f->unknown = scope.unknown;
    f->undated = scope.undated;
    f->untested = "a mean over few pairs of one issue has no trend";
    trd_sentence(report, f, "On %s, %s recorded %s of city and state differ by %+.1f on average (city minus state)",
                 trd_words(report->arena, issue), CM_FIGURE(f->n, 6), f->n == 1 ? "pair" : "pairs", f->estimate->value);
    return cm_ok();
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static cm_status add_issues(trd_report *report, const trd_tally *tally, const trd_divergence *pairs, size_t count,
                            const char *collection, trd_findings *findings)
{
    CM_FREE const char **issues = cm_alloc((count + 1) * sizeof *issues);
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if (in_scope(report, &pairs[i], collection))
            issues[n++] = pairs[i].city->issue;
    qsort(issues, n, sizeof *issues, by_name);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(issues[i - 1], issues[i]) != 0)
            CM_TRY(add_issue(report, tally, pairs, count, collection, issues[i], findings));
    return cm_ok();
}

cm_status trd_answer_divergence(trd_report *report, trd_findings *findings, int *family)
{
    trd_position *positions;
    trd_divergence *pairs;
    size_t count, pair_count, collections;

    (void)family; /* shares of opposed pairs stand by themselves */
    CM_TRY(trd_positions_read(trd_at(report), report->arena, &positions, &count));
    trd_positions_pair(positions, count, report->arena, &pairs, &pair_count);
    pair_count = keep_fitting(report->filter, pairs, pair_count);
    trd_unit *units = cm_arena_zero(report->arena, (pair_count + 1) * sizeof *units);
    as_units(pairs, pair_count, units);
    const trd_unit *binned = trd_bin_units(report->arena, report->per, units, pair_count);
    trd_tally tally = {.counts = binned,
                       .count = pair_count,
                       .units = binned,
                       .unit_count = pair_count,
                       .step = report->per > 1 ? 1 : 10,
                       .per = report->per};
    const char **names = trd_collections(report, &tally, "", &collections);
    for (size_t i = 0; i <= collections; i++) {
        const char *collection = i ? names[i - 1] : "";
        if (i && !*collection)
            continue;
        CM_TRY(add_opposed(report, &tally, pairs, pair_count, collection, findings));
        CM_TRY(add_issues(report, &tally, pairs, pair_count, collection, findings));
    }
    return cm_ok();
}

static trd_unit stance_unit(const trd_divergence *pair, const trd_position *p, const char *category, const char *order)
{
    return (trd_unit){.resource = p->name,
                      .date = p->date,
                      .group = "",
                      .category = category,
                      .collection = pair->city->collection,
                      .certainty = p->certainty,
                      .weight = p == pair->city ? TRD_WHOLE : 0, /* the pair counts once, by its city */
                      .order = order};
}

/* Whether a pair lies behind the category: "opposed", or the pairs on an issue. */
static bool behind(const trd_divergence *pair, const char *category)
{
    return pair->state && (strcmp(category, "opposed") == 0 ? opposed(pair) : strcmp(category, pair->city->issue) == 0);
}

/* Both stances of each pair that fits, by size of the difference; the whole are all pairs, and what has none. */
cm_status trd_evidence_divergence(trd_report *report, const char *category, bool whole, trd_unit **units, size_t *count)
{
    cm_arena *arena = report->arena;
    trd_position *positions;
    trd_divergence *pairs;
    size_t n, pair_count;

    CM_TRY(trd_positions_read(trd_at(report), arena, &positions, &n));
    trd_positions_pair(positions, n, arena, &pairs, &pair_count);
    pair_count = keep_fitting(report->filter, pairs, pair_count);
    *units = cm_arena_zero(arena, (2 * pair_count + 1) * sizeof **units);
    *count = 0;
    for (size_t i = 0; i < pair_count; i++) {
        const trd_divergence *pair = &pairs[i];
        if (!whole && !behind(pair, category))
            continue;
        const char *name = !whole ? category : !pair->state ? "" : opposed(pair) ? "opposed" : "not_opposed";
        int gap = pair->state ? abs(difference(pair)) : 0;
        const char *order = cm_arena_format(arena, "%d %s", 4 - gap, pair->city->name);
        (*units)[(*count)++] = stance_unit(pair, pair->city, name, order);
        if (pair->state)
            (*units)[(*count)++] = stance_unit(pair, pair->state, name, order);
    }
    return cm_ok();
}

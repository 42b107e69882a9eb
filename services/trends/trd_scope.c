#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_bootstrap.h"
#include "trends/trd_facts.h"
#include "trends/trd_mix.h"

static bool within(const trd_unit *u, const char *group, const char *collection)
{
    return strcmp(u->group, group) == 0 && (!*collection || strcmp(u->collection, collection) == 0);
}

static bool counts_in(const trd_scope *scope, const trd_unit *u)
{
    return within(u, scope->group, scope->collection) && *u->category && u->date.precision != CM_PRECISION_NONE;
}

static int per_of(const trd_tally *tally)
{
    return tally->per > 1 ? tally->per : 1;
}

static double weight_of(const trd_unit *u)
{
    return (double)u->weight / TRD_WHOLE;
}

static bool named(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static bool is_part(const trd_category *category, const char *name)
{
    return category->parts ? named(category->parts, name) : strcmp(category->name, name) == 0;
}

/* Adds a name in order, once; `names` has room. */
static size_t insert(const char **names, size_t count, const char *name)
{
    size_t at = count;

    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return count;
    while (at > 0 && strcmp(names[at - 1], name) > 0) {
        names[at] = names[at - 1];
        at--;
    }
    names[at] = name;
    return count + 1;
}

typedef const char *(*field_of)(const trd_unit *unit);

static const char *group_of(const trd_unit *u)
{
    return u->group;
}

static const char *collection_of(const trd_unit *u)
{
    return u->collection;
}

static const char *category_of(const trd_unit *u)
{
    return u->category;
}

/* Distinct non-empty values of a field among the tally's units; NULL for group or collection: any. */
static const char **distinct(trd_report *report, const trd_tally *tally, const char *group, const char *collection,
                             field_of field, bool known, size_t *count)
{
    const char **names = NULL;
    size_t n = 0, capacity = 0;

    for (size_t i = 0; i < tally->count; i++) {
        const trd_unit *u = &tally->counts[i];
        if ((group && strcmp(u->group, group) != 0) || (collection && strcmp(u->collection, collection) != 0) ||
            (known && (!*u->category || u->date.precision == CM_PRECISION_NONE)))
            continue;
        CM_GROW(names, capacity, n + 1);
        n = insert(names, n, field(u));
    }
    *count = n;
    const char **kept = cm_arena_copy(report->arena, names, n * sizeof *names);
    free(names);
    return kept;
}

const char **trd_groups(trd_report *report, const trd_tally *tally, size_t *count)
{
    return distinct(report, tally, NULL, NULL, group_of, false, count);
}

const char **trd_collections(trd_report *report, const trd_tally *tally, const char *group, size_t *count)
{
    return distinct(report, tally, group, NULL, collection_of, false, count);
}

const char **trd_categories(trd_report *report, const trd_tally *tally, const char *group, const char *collection,
                            size_t *count)
{
    const char **all = distinct(report, tally, group, *collection ? collection : NULL, category_of, false, count);

    if (*count && !**all) { /* the unknown category is none */
        --*count;
        return all + 1;
    }
    return all;
}

/* The first year that no test sees: the last of a coverage that does not reach the year's end. */
static int unfinished_of(const trd_report *report, const trd_scope *scope)
{
    int first = 0;

    for (size_t i = 0; i < scope->contributors; i++) {
        const trd_collection_info *info =
            trd_coverage_of(&report->coverage, scope->contributing[i], scope->tally->memberships);
        if (info && !info->to_the_end && (!first || info->to < first))
            first = info->to;
    }
    return first;
}

/* Sums of fractions in whole parts are exact; what is left of a double's rounding is taken off. */
static double exact(double weight)
{
    double whole = round(weight);

    return fabs(weight - whole) < 1e-9 ? whole : weight;
}

trd_scope trd_scope_of(trd_report *report, const trd_tally *tally, const char *group, const char *collection)
{
    trd_scope scope = {.tally = tally, .group = group, .collection = collection};

    for (size_t i = 0; i < tally->count; i++) {
        const trd_unit *u = &tally->counts[i];
        if (!within(u, group, collection))
            continue;
        if (!*u->category) {
            scope.unknown += weight_of(u);
        } else if (u->date.precision == CM_PRECISION_NONE) {
            scope.undated += weight_of(u);
            scope.coarse += u->date.year == TRD_BIN_COARSE ? weight_of(u) : 0;
        } else {
            scope.total += weight_of(u);
            scope.certainties[u->certainty < 4 ? u->certainty : 0] += weight_of(u);
            scope.from = !scope.from || u->date.year < scope.from ? u->date.year : scope.from;
            scope.to = u->date.year > scope.to ? u->date.year : scope.to;
        }
    }
    scope.contributing =
        distinct(report, tally, group, *collection ? collection : NULL, collection_of, true, &scope.contributors);
    scope.unfinished = unfinished_of(report, &scope);
    return scope;
}

static bool seen(const trd_report *report, const trd_scope *scope, const trd_unit *u)
{
    const trd_collection_info *info = trd_coverage_of(&report->coverage, u->collection, scope->tally->memberships);

    int year = u->date.year / per_of(scope->tally);

    return info && year >= info->from && year <= info->to;
}

/* Covered where every contributing collection that has a coverage was looking in all years of the bin that lie within
 * the series; collections without any are no part of it. */
static bool bin_covered(const trd_report *report, const trd_scope *scope, int year)
{
    bool any = false;

    for (size_t i = 0; i < scope->contributors; i++) {
        const trd_collection_info *info =
            trd_coverage_of(&report->coverage, scope->contributing[i], scope->tally->memberships);
        if (!info)
            continue;
        int first = year > scope->from ? year : scope->from;
        int last = year + scope->tally->step - 1 < scope->to ? year + scope->tally->step - 1 : scope->to;
        if (first / per_of(scope->tally) < info->from || last / per_of(scope->tally) > info->to)
            return false;
        any = true;
    }
    return any;
}

static int bin_start(int year, int step)
{
    return year - year % step;
}

trd_series trd_scope_series(trd_report *report, const trd_scope *scope, const trd_category *category)
{
    int step = scope->tally->step;
    trd_series series = trd_series_new(report->arena, scope->from ? bin_start(scope->from, step) : 1,
                                       scope->from ? bin_start(scope->to, step) : 0, step);

    series.per = per_of(scope->tally);
    for (size_t i = 0; i < scope->tally->count; i++) {
        const trd_unit *u = &scope->tally->counts[i];
        if (!counts_in(scope, u) || (category->against && !named(category->against, u->category)))
            continue;
        double weight = weight_of(u);
        trd_series_add(&series, u->date.year, is_part(category, u->category) ? weight : 0, weight,
                       seen(report, scope, u));
    }
    for (size_t i = 0; i < trd_series_bins(&series); i++)
        series.covered[i] = bin_covered(report, scope, series.from + (int)i * step);
    return series;
}

double trd_scope_sum(const trd_scope *scope, const trd_category *category)
{
    double sum = 0;

    for (size_t i = 0; i < scope->tally->count; i++)
        if (counts_in(scope, &scope->tally->counts[i]) && is_part(category, scope->tally->counts[i].category))
            sum += weight_of(&scope->tally->counts[i]);
    return sum;
}

static uint64_t cluster_number(const char *name)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash;
}

static cm_status fill_cluster(trd_report *report, const trd_scope *scope, const trd_category *category,
                              TrdFinding *finding)
{
    const trd_tally *tally = scope->tally;
    CM_FREE uint64_t *clusters = cm_alloc(tally->unit_count * sizeof *clusters);
    CM_FREE bool *hits = cm_alloc(tally->unit_count * sizeof *hits);
    CM_FREE double *weights = cm_alloc(tally->unit_count * sizeof *weights);
    cm_cluster_share share;
    size_t n = 0;

    for (size_t i = 0; i < tally->unit_count; i++) {
        if (!counts_in(scope, &tally->units[i]))
            continue;
        clusters[n] = cluster_number(tally->units[i].cluster);
        hits[n] = is_part(category, tally->units[i].category);
        weights[n++] = weight_of(&tally->units[i]);
    }
    CM_TRY(cm_bootstrap_share_of_units(clusters, hits, weights, n, &CM_RESAMPLING_USUAL, &share));
    trd_interval(report->arena, share.low, share.high, &finding->cluster_low, &finding->cluster_high);
    return cm_ok();
}

cm_status trd_scope_fill(trd_report *report, const trd_scope *scope, const trd_category *category, TrdFinding *finding)
{
    trd_category shown = *category;
    shown.against = NULL;
    trd_series series = trd_scope_series(report, scope, &shown);

    CM_TRY(trd_report_go_on(report));
    CM_TRY(trd_finding_share(report, finding, exact(trd_scope_sum(scope, category)), scope->total));
    trd_finding_series(report, finding, &series);
    if (scope->from) {
        finding->from = trd_bin_text(report->arena, series.per, 1, scope->from);
        finding->to = trd_bin_text(report->arena, series.per, 1, scope->to);
    }
    finding->unknown = scope->unknown;
    finding->undated = scope->undated;
    if (scope->coarse > 0)
        trd_detail(report, finding, "dated_less_precisely_than_bins", scope->coarse, NAN, NAN);
    trd_finding_certainties(report, finding, scope->certainties);
    return scope->tally->units && scope->total > 0 ? fill_cluster(report, scope, category, finding) : cm_ok();
}

bool trd_scope_set_by_collection(const trd_scope *scope, const trd_category *category)
{
    if (*scope->collection || scope->contributors < 2)
        return false;
    for (size_t k = 0; k < scope->contributors; k++) {
        bool with = false, without = false;
        for (size_t i = 0; i < scope->tally->count; i++) {
            const trd_unit *u = &scope->tally->counts[i];
            if (!counts_in(scope, u) || strcmp(u->collection, scope->contributing[k]) != 0)
                continue;
            if (is_part(category, u->category))
                with = true;
            else
                without = true;
        }
        if (with && without)
            return false;
    }
    double sum = trd_scope_sum(scope, category);
    return sum > 0 && sum < scope->total;
}

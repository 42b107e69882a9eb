/* The balance of power between cities and their states: what each city's rests on, ranked, year by year. */
#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "trends/trd_answer.h"
#include "trends/trd_influences.h"

static const char QUESTION[] = "power-balance", NO_INDEX[] = "no_index";

enum { AMONG_ALL, WITHIN_STATE, SIDES, PARTS = 3 };

static const char *const part_names[SIDES][PARTS] = {{"autonomy", "economic", "political"},
                                                     {"autonomy", "economic_within_state", "political_within_state"}};

/* The measures of each part; autonomy has one. */
static const trd_measure measures_of[PARTS][2] = {
    {TRD_AUTONOMY, TRD_AUTONOMY}, {TRD_TIER, TRD_GDP_SHARE}, {TRD_MEMBERSHIPS, TRD_MISSIONS}};

/* One city in one year: where each measure stands (NULL: nowhere), the parts and the index (NaN: missing). */
typedef struct placing {
    const trd_power_rank *ranks[SIDES][TRD_MEASURES];
    double parts[SIDES][PARTS], index[SIDES];
} placing;

typedef struct balance {
    cm_arena *arena;
    trd_influences in;
    trd_values sorted[SIDES][TRD_MEASURES];
    int from, to;      /* years */
    placing *placings; /* by year, then city */
} balance;

static const placing *placing_of(const balance *b, size_t city, int year)
{
    return &b->placings[(size_t)(year - b->from) * b->in.city_count + city];
}

/* Where all cities stand by one measure in one year; autonomy is their states'. */
static void place_measure(balance *b, int year, int side, trd_measure measure, placing *placings)
{
    trd_values values = b->sorted[side][measure];
    trd_power_rank *ranks;
    size_t count;

    if (measure == TRD_MEMBERSHIPS) {
        values = trd_influences_memberships(&b->in, year, b->arena);
        trd_power_sort(values.items, values.count, side == WITHIN_STATE);
    }
    trd_power_ranks(values.items, values.count, year, side == WITHIN_STATE && measure != TRD_AUTONOMY, b->arena, &ranks,
                    &count);
    for (size_t i = 0; i < b->in.city_count; i++) {
        const trd_power_city *city = &b->in.cities[i];
        placings[i].ranks[side][measure] =
            trd_power_find(ranks, count, measure == TRD_AUTONOMY ? city->state : city->name);
    }
}

static void place_year(balance *b, int year)
{
    placing *placings = &b->placings[(size_t)(year - b->from) * b->in.city_count];

    for (int side = 0; side < SIDES; side++) {
        for (int m = 0; m < TRD_MEASURES; m++)
            place_measure(b, year, side, (trd_measure)m, placings);
        for (size_t i = 0; i < b->in.city_count; i++) {
            const trd_power_rank *const *ranks = placings[i].ranks[side];
            for (int part = 0; part < PARTS; part++)
                placings[i].parts[side][part] =
                    trd_power_part(ranks[measures_of[part][0]], ranks[measures_of[part][1]]);
            placings[i].index[side] = trd_power_index(placings[i].parts[side]);
        }
    }
}

static cm_status weigh(trd_moment at, cm_arena *arena, balance *b)
{
    *b = (balance){.arena = arena};
    CM_TRY(trd_influences_read(at, arena, &b->in));
    trd_influences_years(&b->in, &b->from, &b->to);
    for (int side = 0; side < SIDES; side++)
        for (int m = 0; m < TRD_MEASURES; m++) {
            trd_values *v = &b->sorted[side][m];
            v->count = b->in.of[m].count;
            v->items = cm_arena_copy(arena, b->in.of[m].items, v->count * sizeof *v->items);
            trd_power_sort(v->items, v->count, side == WITHIN_STATE && m != TRD_AUTONOMY);
        }
    size_t years = b->from <= b->to ? (size_t)(b->to - b->from + 1) : 0;
    b->placings = cm_arena_zero(arena, (years * b->in.city_count + 1) * sizeof *b->placings);
    for (int year = b->from; year <= b->to; year++)
        place_year(b, year);
    return cm_ok();
}

static bool has_part(const placing *p)
{
    return !isnan(p->parts[AMONG_ALL][0]) || !isnan(p->parts[AMONG_ALL][1]) || !isnan(p->parts[AMONG_ALL][2]);
}

static bool has_index(const placing *p)
{
    return !isnan(p->index[AMONG_ALL]);
}

/* The newest year in which a city has an index, or any part; 0: none. */
static int newest(const balance *b, size_t city, bool (*has)(const placing *))
{
    int year = b->to;

    while (year >= b->from && !has(placing_of(b, city, year)))
        year--;
    return year >= b->from ? year : 0;
}

/* ---- words ---- */

/* "Alpha of 2024 (0 years old), 318.5th of 335": one measure as it stands; "" where it does not. */
static const char *rank_text(const trd_power_rank *rank, int year, bool first, cm_arena *arena)
{
    if (!rank)
        return "";
    return cm_arena_format(arena, "%s%s of %d (%d year%s old), rank %g of %zu", first ? "" : "; ", rank->value->text,
                           rank->value->year, year - rank->value->year, year - rank->value->year == 1 ? "" : "s",
                           rank->rank, rank->n);
}

static const char *part_text(const placing *p, int side, int part, int year, cm_arena *arena)
{
    const trd_power_rank *one = p->ranks[side][measures_of[part][0]], *other = p->ranks[side][measures_of[part][1]];

    if (!one && !other)
        return "missing";
    if (one == other)
        return rank_text(one, year, true, arena);
    return cm_arena_format(arena, "%s%s", rank_text(one, year, true, arena), rank_text(other, year, !one, arena));
}

static void detail_with(trd_report *report, TrdFinding *f, const char *name, double value, const char *text)
{
    trd_detail(report, f, name, value, NAN, NAN);
    f->details[f->n_details - 1]->text = (char *)text;
}

static void add_parts(trd_report *report, TrdFinding *f, const placing *p, int year)
{
    for (int side = 0; side < SIDES; side++)
        for (int part = side == AMONG_ALL ? 0 : 1; part < PARTS; part++)
            detail_with(report, f, part_names[side][part], p->parts[side][part],
                        part_text(p, side, part, year, report->arena));
    if (!isnan(p->index[WITHIN_STATE]))
        trd_detail(report, f, "index_within_state", p->index[WITHIN_STATE], NAN, NAN);
}

/* "0.71", "missing". */
static const char *number_text(double value, cm_arena *arena)
{
    return isnan(value) ? "missing" : cm_arena_format(arena, "%.2f", value);
}

/* "autonomy 0.71, economic 0.93, political missing". */
static const char *parts_text(const placing *p, cm_arena *arena)
{
    const double *parts = p->parts[AMONG_ALL];

    return cm_arena_format(arena, "autonomy %s, economic %s, political %s", number_text(parts[0], arena),
                           number_text(parts[1], arena), number_text(parts[2], arena));
}

/* ---- findings ---- */

static double undated_of(const balance *b, size_t city)
{
    double count = 0;

    for (int m = 0; m < TRD_MEASURES; m++)
        for (size_t i = 0; m != TRD_AUTONOMY && i < b->in.of[m].count; i++)
            count += b->in.of[m].items[i].year == 0 && strcmp(b->in.of[m].items[i].owner, b->in.cities[city].name) == 0;
    return count;
}

/* The years with a part: whether there is an index. */
static void add_years(trd_report *report, const balance *b, size_t city, TrdFinding *f)
{
    int from = b->from, to = newest(b, city, has_part);

    while (!has_part(placing_of(b, city, from)))
        from++;
    trd_series series = trd_series_new(report->arena, from, to, 1);
    for (int year = from; year <= to; year++) {
        const placing *p = placing_of(b, city, year);
        trd_series_add(&series, year, has_index(p), has_part(p), false);
        f->n += has_index(p);
        f->total += has_part(p);
        if (has_index(p))
            trd_detail(report, f, cm_arena_format(report->arena, "index_%d", year), p->index[AMONG_ALL], NAN, NAN);
    }
    trd_finding_series(report, f, &series);
    f->from = cm_arena_format(report->arena, "%04d", from);
    f->to = cm_arena_format(report->arena, "%04d", to);
}

static void add_city(trd_report *report, const balance *b, size_t city, int year, trd_findings *findings)
{
    const placing *p = placing_of(b, city, year);
    const char *name = trd_collection(b->in.cities[city].name);
    TrdFinding *f = trd_finding_add(report, findings, QUESTION, name, "");

    f->estimate = trd_number(report->arena, p->index[AMONG_ALL]);
    f->estimate_of = "index";
    f->untested = "an index moves with who else is on the lists";
    f->undated = undated_of(b, city);
    add_parts(report, f, p, year);
    add_years(report, b, city, f);
    trd_sentence(report, f, "In %d the index of %s within %s was %.2f among all recorded cities (%s)", year, name,
                 trd_collection(b->in.cities[city].state), p->index[AMONG_ALL], parts_text(p, report->arena));
}

/* Cities without an index: how many lack what in the last year, and the parts that each has. */
static cm_status add_others(trd_report *report, const balance *b, trd_findings *findings)
{
    static const char *const lacks[PARTS] = {"without_autonomy", "without_economic", "without_political"};
    TrdFinding *f = trd_finding_add(report, findings, QUESTION, NO_INDEX, "");
    double n = 0, lacking[PARTS] = {0};

    f->untested = "how many lack a part tells what was collected";
    for (size_t i = 0; i < b->in.city_count; i++) {
        if (newest(b, i, has_index))
            continue;
        n++;
        f->undated += undated_of(b, i);
        for (int part = 0; part < PARTS; part++)
            lacking[part] += b->from > b->to || isnan(placing_of(b, i, b->to)->parts[AMONG_ALL][part]);
    }
    CM_TRY(trd_finding_share(report, f, n, (double)b->in.city_count));
    for (int part = 0; part < PARTS; part++)
        trd_detail(report, f, lacks[part], lacking[part], NAN, NAN);
    for (size_t i = 0; i < b->in.city_count; i++) {
        int year = newest(b, i, has_index) ? 0 : newest(b, i, has_part);
        if (year)
            trd_detail_text(
                report, f, trd_collection(b->in.cities[i].name),
                cm_arena_format(report->arena, "%d: %s", year, parts_text(placing_of(b, i, year), report->arena)));
    }
    trd_sentence(report, f, "%.0f of %zu recorded cities have no index, since a part of it is missing", n,
                 b->in.city_count);
    return cm_ok();
}

static cm_date in_year(int year)
{
    return year ? (cm_date){.year = year, .precision = CM_PRECISION_YEAR} : (cm_date){.precision = CM_PRECISION_NONE};
}

/* A city is in the state asked for. A rank needs everybody's values, so that no other filter leaves one. */
static bool city_fits(const trd_filter *filter, const trd_power_city *city)
{
    return filter->certainty == TYP_CERTAINTY_UNSPECIFIED && trd_filter_names(filter, &city->name, &city->state, 1);
}

cm_status trd_answer_power(trd_report *report, trd_findings *findings, int *family)
{
    balance b;

    (void)family; /* nothing is tested */
    CM_TRY(weigh(trd_at(report), report->arena, &b));
    for (size_t i = 0; i < b.in.city_count; i++) {
        int year = newest(&b, i, has_index);
        if (year && city_fits(report->filter, &b.in.cities[i]) &&
            trd_filter_fits(report->filter, TYP_CERTAINTY_UNSPECIFIED, in_year(year)))
            add_city(report, &b, i, year, findings);
    }
    return b.in.city_count > 0 && !trd_filter_picks(report->filter) ? add_others(report, &b, findings) : cm_ok();
}

/* ---- evidence ---- */

static trd_unit evidence_unit(const char *resource, const char *collection, TypCertainty certainty, cm_date date,
                              const char *category)
{
    return (trd_unit){.resource = resource,
                      .cluster = resource,
                      .date = date,
                      .group = "",
                      .category = category,
                      .collection = collection,
                      .certainty = certainty,
                      .weight = TRD_WHOLE};
}

/* Whether an owner's values lie behind the category: the city's own, or its state's. Ranks rest on everybody's. */
static bool behind(const balance *b, const char *owner, const char *category, bool whole)
{
    if (whole)
        return true;
    bool others = strcmp(category, NO_INDEX) == 0;

    for (size_t i = 0; i < b->in.city_count; i++) {
        const trd_power_city *city = &b->in.cities[i];
        bool asked = others ? !newest(b, i, has_index) : strcmp(trd_collection(city->name), category) == 0;
        if (asked && (strcmp(city->name, owner) == 0 || strcmp(city->state, owner) == 0))
            return true;
    }
    return false;
}

cm_status trd_evidence_power(trd_report *report, const char *category, bool whole, trd_unit **units, size_t *count)
{
    cm_arena *arena = report->arena;
    balance b;
    trd_unit *found = NULL;
    size_t n = 0, capacity = 0;

    CM_TRY(weigh(trd_at(report), arena, &b));
    for (int m = 0; m < TRD_MEASURES; m++)
        for (size_t i = 0; i < b.in.of[m].count; i++) {
            const trd_power_value *v = &b.in.of[m].items[i];
            if (!behind(&b, v->owner, category, whole))
                continue;
            CM_GROW(found, capacity, n + 1);
            found[n++] = evidence_unit(v->resource, v->collection, v->certainty, in_year(v->year), category);
        }
    for (size_t i = 0; i < b.in.membership_count; i++) {
        const trd_membership *m = &b.in.memberships[i];
        if (!behind(&b, m->actor, category, whole))
            continue;
        CM_GROW(found, capacity, n + 1);
        found[n++] = evidence_unit(m->name, m->collection, m->certainty, m->from, category);
    }
    *units = cm_arena_copy(arena, found, n * sizeof *found);
    *count = n;
    free(found);
    return cm_ok();
}

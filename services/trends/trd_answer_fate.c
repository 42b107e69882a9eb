/* What becomes of partnerships between cities: where they stand at each year's end, how often they are suspended or
 * ended per year at risk, and for which reasons. */
#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "stats/cm_garwood.h"
#include "trends/trd_answer.h"
#include "trends/trd_fate.h"
#include "trends/trd_mix.h"

static const char QUESTION[] = "partnership-fate";
static const char UNTESTED[] =
    "suspensions were looked for because they happened: no rate of a sample is one in the world";

typedef struct partnership {
    const trd_agreement *agreement;
    trd_life life;
} partnership;

typedef struct fates {
    trd_report *report;
    int per; /* bins in a year, at least 1 */
    partnership *items;
    size_t count;
    const char *collection; /* "" for all together */
} fates;

static bool in_scope(const fates *fate, const partnership *p)
{
    return !*fate->collection || strcmp(p->agreement->collection, fate->collection) == 0;
}

static int32_t first_of(int year)
{
    return trd_bin_first_day(1, year);
}

static int32_t last_of(int year)
{
    return trd_bin_last_day(1, year);
}

static int bin_of_day(int per, int32_t day)
{
    return trd_bin_of(per, cm_date_of_day(day));
}

static trd_series new_series(const fates *fate, int from, int to)
{
    trd_series series = trd_series_new(fate->report->arena, from, to, 1);

    series.per = fate->per;
    return series;
}

/* Whether some of its time lies in the coverage of its collection. */
static bool has_time(const partnership *p, const trd_collection_info *info)
{
    int32_t first = first_of(info->from), end = last_of(info->to) + 1;

    for (size_t i = 0; i < p->life.interval_count; i++) {
        const trd_interval_open *open = &p->life.intervals[i];
        if ((open->from > first ? open->from : first) < (open->to < end ? open->to : end))
            return true;
    }
    return false;
}

/* Marks the bins that all contributing collections with a coverage were looking in. Those of dated units contribute;
 * `rate`: only where they also give time. */
static void cover(const fates *fate, bool rate, trd_series *series)
{
    for (int bin = series->from; bin <= series->to; bin++) {
        bool any = false, all = true;
        for (size_t i = 0; i < fate->count; i++) {
            const partnership *p = &fate->items[i];
            const trd_collection_info *info = trd_coverage_of(&fate->report->coverage, p->agreement->collection, false);
            if (!in_scope(fate, p) || !p->life.dated || !info || (rate && !has_time(p, info)))
                continue;
            any = true;
            all &= bin / fate->per >= info->from && bin / fate->per <= info->to;
        }
        series->covered[bin - series->from] = any && all;
    }
}

static void set_period(const fates *fate, TrdFinding *finding, const trd_series *series)
{
    trd_finding_series(fate->report, finding, series);
    if (series->from > series->to)
        return;
    finding->from = trd_bin_text(fate->report->arena, fate->per, 1, series->from);
    finding->to = trd_bin_text(fate->report->arena, fate->per, 1, series->to);
}

/* ---- where they stand ---- */

/* The bins of the first and of the last dated step. */
static void period_of(const fates *fate, int *from, int *to)
{
    *from = 1;
    *to = 0;
    for (size_t i = 0; i < fate->count; i++) {
        const trd_life *life = &fate->items[i].life;
        if (!in_scope(fate, &fate->items[i]) || !life->dated)
            continue;
        int first = bin_of_day(fate->per, life->steps[0].day);
        int last = bin_of_day(fate->per, life->steps[life->step_count - 1].day);
        bool none = *to == 0;
        *from = none || first < *from ? first : *from;
        *to = none || last > *to ? last : *to;
    }
}

static double undated_of(const fates *fate)
{
    double sum = 0;

    for (size_t i = 0; i < fate->count; i++)
        sum += in_scope(fate, &fate->items[i]) && !fate->items[i].life.dated;
    return sum;
}

static cm_status add_standing(const fates *fate, trd_standing state, const char *category, trd_findings *findings)
{
    TrdFinding *f = trd_finding_add(fate->report, findings, QUESTION, category, fate->collection);
    double certainties[4] = {0}, n = 0, total = 0;
    int from, to;

    period_of(fate, &from, &to);
    trd_series series = new_series(fate, from, to);
    for (size_t i = 0; i < fate->count; i++) {
        const partnership *p = &fate->items[i];
        trd_standing at;
        if (!in_scope(fate, p) || !p->life.dated)
            continue;
        total++;
        certainties[p->agreement->certainty < 4 ? p->agreement->certainty : 0]++;
        if (trd_life_at(&p->life, INT32_MAX, &at))
            n += at == state;
        for (int bin = from; bin <= to; bin++)
            if (trd_life_at(&p->life, trd_bin_last_day(fate->per, bin), &at))
                trd_series_add(&series, bin, at == state, 1, false);
    }
    CM_TRY(trd_finding_share(fate->report, f, n, total));
    cover(fate, false, &series);
    set_period(fate, f, &series);
    f->undated = undated_of(fate);
    trd_finding_certainties(fate->report, f, certainties);
    f->untested = (char *)UNTESTED;
    if (total > 0)
        trd_sentence(fate->report, f, "Of %s recorded partnerships of cities with a dated life, %s (%.1f %%) are %s",
                     CM_FIGURE(total, 6), CM_FIGURE(n, 6), 100 * n / total, trd_words(fate->report->arena, category));
    return cm_ok();
}

/* ---- how often they stop ---- */

/* Time and events of one interval within the coverage of the agreement's collection, by bin. */
static void at_risk(const trd_interval_open *interval, const trd_collection_info *info, NegAgreementStatus stop,
                    trd_series *series, double *events, double *days)
{
    int32_t from = interval->from, to = interval->to, first = first_of(info->from), end = last_of(info->to) + 1;

    if (interval->closed == stop && to >= first && to < end) {
        ++*events;
        trd_series_add(series, bin_of_day(series->per, to), 1, 0, false);
    }
    from = from < first ? first : from;
    to = to > end ? end : to;
    for (int bin = from < to ? bin_of_day(series->per, from) : 1; from < to && bin <= bin_of_day(series->per, to - 1);
         bin++) {
        int32_t a = trd_bin_first_day(series->per, bin), b = trd_bin_last_day(series->per, bin) + 1;
        a = a < from ? from : a;
        b = b > to ? to : b;
        *days += b - a;
        trd_series_add(series, bin, 0, (b - a) / 365.25, false);
    }
}

/* Bins of the coverages that could contribute: the widest series that time or events may fall in. */
static void widest(const fates *fate, int *from, int *to)
{
    *from = 1;
    *to = 0;
    for (size_t i = 0; i < fate->count; i++) {
        const partnership *p = &fate->items[i];
        const trd_collection_info *info = trd_coverage_of(&fate->report->coverage, p->agreement->collection, false);
        if (!in_scope(fate, p) || !p->life.dated || !info)
            continue;
        bool none = *to == 0;
        int first = info->from * fate->per, last = info->to * fate->per + fate->per - 1;
        *from = none || first < *from ? first : *from;
        *to = none || last > *to ? last : *to;
    }
}

/* Only the bins that have time at risk or an event, and those between. */
static trd_series narrowed(const fates *fate, const trd_series *series)
{
    int from = series->from, to = series->to;

    while (from <= to && series->total[from - series->from] <= 0 && series->count[from - series->from] <= 0)
        from++;
    while (to >= from && series->total[to - series->from] <= 0 && series->count[to - series->from] <= 0)
        to--;
    trd_series kept = new_series(fate, from, to);
    for (int bin = from; bin <= to; bin++)
        trd_series_add(&kept, bin, series->count[bin - series->from], series->total[bin - series->from], false);
    return kept;
}

static cm_status add_rate(const fates *fate, NegAgreementStatus stop, const char *category, const char *words,
                          trd_findings *findings)
{
    TrdFinding *f = trd_finding_add(fate->report, findings, QUESTION, category, fate->collection);
    double events = 0, days = 0;
    int from, to;
    cm_rate rate;

    widest(fate, &from, &to);
    trd_series wide = new_series(fate, from, to);
    for (size_t i = 0; i < fate->count; i++) {
        const partnership *p = &fate->items[i];
        const trd_collection_info *info = trd_coverage_of(&fate->report->coverage, p->agreement->collection, false);
        if (!in_scope(fate, p))
            continue;
        f->unknown += p->life.dated && p->life.interval_count == 0; /* its start has no date */
        for (size_t k = 0; info && p->life.dated && k < p->life.interval_count; k++)
            at_risk(&p->life.intervals[k], info, stop, &wide, &events, &days);
    }
    f->n = events;
    f->total = days / 365.25;
    f->undated = undated_of(fate);
    trd_series series = narrowed(fate, &wide);
    cover(fate, true, &series);
    set_period(fate, f, &series);
    f->untested = (char *)UNTESTED;
    CM_TRY(cm_garwood((uint64_t)events, f->total, 0.95, &rate));
    f->estimate = trd_number(fate->report->arena, 1000 * rate.estimate);
    f->estimate_of = "rate";
    trd_interval(fate->report->arena, 1000 * rate.low, 1000 * rate.high, &f->low, &f->high);
    if (f->estimate)
        trd_sentence(fate->report, f,
                     "%s %s in %.0f recorded partnership years: %.2g per 1,000 years (%.2g to %.2g) among partnerships "
                     "that were looked for, not in the world",
                     CM_FIGURE(events, 6), words, f->total, f->estimate->value, 1000 * rate.low, 1000 * rate.high);
    return cm_ok();
}

/* ---- why ---- */

static trd_unit reason_unit(const partnership *p, const trd_step *step, cm_arena *arena)
{
    trd_unit unit = {.resource = p->agreement->name,
                     .cluster = p->agreement->name,
                     .date = step->date,
                     .group = step->status == NEG_AGREEMENT_STATUS_ENDED ? "ended" : "suspended",
                     .category = "",
                     .collection = p->agreement->collection,
                     .certainty = p->agreement->certainty,
                     .weight = TRD_WHOLE};

    if (step->basis != NEG_STATUS_BASIS_UNSPECIFIED)
        unit.category = cm_enum_code(&NegStatusBasis_descriptor, step->basis, arena);
    return unit;
}

static cm_status add_reasons(const fates *fate, const char *group, trd_findings *findings)
{
    static const char *const bases[] = {"political", "legal", "expiry", "practical"};
    trd_unit *units = NULL;
    size_t count = 0, capacity = 0;

    for (size_t i = 0; i < fate->count; i++)
        for (size_t k = 0; k < fate->items[i].agreement->step_count; k++) {
            const trd_step *step = &fate->items[i].agreement->steps[k];
            if (step->status != NEG_AGREEMENT_STATUS_SUSPENDED && step->status != NEG_AGREEMENT_STATUS_ENDED)
                continue;
            CM_GROW(units, capacity, count + 1);
            units[count++] = reason_unit(&fate->items[i], step, fate->report->arena);
        }
    const trd_unit *binned = trd_bin_units(fate->report->arena, fate->per, units, count);
    trd_tally tally = {
        .counts = binned, .count = count, .units = binned, .unit_count = count, .step = 1, .per = fate->per};
    trd_scope scope = trd_scope_of(fate->report, &tally, group, fate->collection);
    cm_status status = cm_ok();
    bool any = !*fate->collection || scope.total + scope.unknown + scope.undated > 0;
    for (size_t i = 0; any && cm_is_ok(status) && i < 4; i++) {
        const trd_category category = {.name = bases[i]};
        char *name = cm_arena_format(fate->report->arena, "%s/%s", group, bases[i]);
        TrdFinding *f = trd_finding_add(fate->report, findings, QUESTION, name, fate->collection);
        status = trd_scope_fill(fate->report, &scope, &category, f);
        f->untested = (char *)UNTESTED;
        if (f->estimate)
            trd_sentence(fate->report, f, "Of %s recorded steps '%s' with a basis, %s (%.1f %%) were %s",
                         CM_FIGURE(scope.total, 6), group, CM_FIGURE(f->n, 6), 100 * f->estimate->value, bases[i]);
    }
    free(units);
    return status;
}

static cm_status add_scope(const fates *fate, trd_findings *findings)
{
    CM_TRY(add_standing(fate, TRD_RUNNING, "not_known_to_have_stopped", findings));
    CM_TRY(add_standing(fate, TRD_SUSPENDED, "suspended", findings));
    CM_TRY(add_standing(fate, TRD_ENDED, "ended", findings));
    CM_TRY(add_rate(fate, NEG_AGREEMENT_STATUS_SUSPENDED, "suspensions_per_1000_years", "suspensions", findings));
    CM_TRY(add_rate(fate, NEG_AGREEMENT_STATUS_ENDED, "direct_endings_per_1000_years", "direct endings", findings));
    CM_TRY(add_reasons(fate, "suspended", findings));
    return add_reasons(fate, "ended", findings);
}

static cm_date first_step(const trd_life *life)
{
    return life->dated ? cm_date_of_day(life->steps[0].day) : (cm_date){.precision = CM_PRECISION_NONE};
}

/* Partnerships that fit, dated by their first step. */
static cm_status read_fitting(trd_report *report, fates *fate)
{
    trd_agreement *agreements;
    size_t count;

    CM_TRY(trd_agreements_read(trd_at(report), report->arena, &agreements, &count));
    fate->items = cm_arena_take(report->arena, (count + 1) * sizeof *fate->items);
    for (size_t i = 0; i < count; i++) {
        partnership p = {&agreements[i], trd_life_of(&agreements[i], report->arena)};
        if (trd_agreement_of_cities(&agreements[i]) &&
            trd_filter_agreement(report->filter, &agreements[i], first_step(&p.life)))
            fate->items[fate->count++] = p;
    }
    return cm_ok();
}

/* Whether an earlier partnership is of the same collection. */
static bool seen_before(const fates *fate, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(fate->items[i].agreement->collection, fate->items[index].agreement->collection) == 0)
            return true;
    return false;
}

cm_status trd_answer_fate(trd_report *report, trd_findings *findings, int *family)
{
    fates fate = {.report = report, .per = report->per > 1 ? report->per : 1, .collection = ""};

    (void)family; /* nothing is tested */
    CM_TRY(read_fitting(report, &fate));
    CM_TRY(add_scope(&fate, findings));
    for (size_t i = 0; i < fate.count; i++) {
        fate.collection = fate.items[i].agreement->collection;
        if (*fate.collection && !seen_before(&fate, i))
            CM_TRY(add_scope(&fate, findings));
    }
    return cm_ok();
}

/* ---- evidence ---- */

static const char *standing_name(trd_standing state)
{
    static const char *const names[] = {"not_known_to_have_stopped", "suspended", "ended"};

    return names[state];
}

static trd_unit evidence_unit(const trd_agreement *agreement, const char *category, cm_date date)
{
    return (trd_unit){.resource = agreement->name,
                      .cluster = agreement->name,
                      .date = date,
                      .group = "",
                      .category = category,
                      .collection = agreement->collection,
                      .certainty = agreement->certainty,
                      .weight = TRD_WHOLE};
}

/* What of one partnership lies behind a category: where it stands, each time that it was stopped while its collection
 * was looking, each step with a basis; the whole are all partnerships, or all steps of a group. Adds to `found`, which
 * has room for as many as it has steps, and one. */
static void add_evidence(const fates *fate, const partnership *p, const char *category, bool whole, trd_unit *found,
                         size_t *count)
{
    const trd_collection_info *info = trd_coverage_of(&fate->report->coverage, p->agreement->collection, false);
    bool suspensions = strncmp(category, "suspensions_", 12) == 0;
    NegAgreementStatus stop = suspensions ? NEG_AGREEMENT_STATUS_SUSPENDED : NEG_AGREEMENT_STATUS_ENDED;
    trd_standing state;

    if (whole && !*category) {
        found[(*count)++] = evidence_unit(p->agreement, "", first_step(&p->life));
    } else if (whole || strchr(category, '/')) {
        for (size_t k = 0; k < p->agreement->step_count; k++)
            if (p->agreement->steps[k].status == NEG_AGREEMENT_STATUS_SUSPENDED ||
                p->agreement->steps[k].status == NEG_AGREEMENT_STATUS_ENDED)
                found[(*count)++] = reason_unit(p, &p->agreement->steps[k], fate->report->arena);
    } else if (suspensions || strncmp(category, "direct_endings_", 15) == 0) {
        for (size_t i = 0; info && p->life.dated && i < p->life.interval_count; i++)
            if (p->life.intervals[i].closed == stop && p->life.intervals[i].to >= first_of(info->from) &&
                p->life.intervals[i].to <= last_of(info->to))
                found[(*count)++] = evidence_unit(p->agreement, category, cm_date_of_day(p->life.intervals[i].to));
    } else if (p->life.dated && trd_life_at(&p->life, INT32_MAX, &state) &&
               strcmp(standing_name(state), category) == 0) {
        found[(*count)++] = evidence_unit(p->agreement, category, trd_agreement_signed(p->agreement));
    }
}

cm_status trd_evidence_fate(trd_report *report, const char *category, bool whole, trd_unit **units, size_t *count)
{
    fates fate = {.report = report, .per = 1, .collection = ""};
    size_t capacity = 0;
    trd_unit *found = NULL;

    CM_TRY(read_fitting(report, &fate));
    *count = 0;
    for (size_t i = 0; i < fate.count; i++) {
        CM_GROW(found, capacity, *count + 1 + fate.items[i].agreement->step_count);
        add_evidence(&fate, &fate.items[i], category, whole, found, count);
    }
    *units = cm_arena_copy(report->arena, found, *count * sizeof *found);
    free(found);
    return cm_ok();
}

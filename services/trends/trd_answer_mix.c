/* The questions that count mixes: format, capacity, channel, topic. */
#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "stats/cm_jensen_shannon.h"
#include "trends/trd_answer.h"
#include "trends/trd_facts.h"
#include "trends/trd_merges.h"
#include "trends/trd_mix.h"

/* The sums of a question as units without a resource: what cells hold. */
static cm_status sums(trd_report *report, const char *question, trd_tally *tally)
{
    trd_cell *cells;
    size_t count;

    CM_TRY(trd_cells(report->db, question, report->arena, &cells, &count));
    trd_unit *units = cm_arena_zero(report->arena, (count + 1) * sizeof *units);
    for (size_t i = 0; i < count; i++) {
        units[i] = (trd_unit){.resource = "",
                              .cluster = "",
                              .group = cells[i].group,
                              .category = cells[i].category,
                              .collection = cells[i].collection,
                              .certainty = cells[i].certainty,
                              .weight = cells[i].weight};
        if (cells[i].day != TRD_UNDATED)
            units[i].date = cm_date_of_day(cells[i].day);
    }
    tally->counts = units;
    tally->count = count;
    return cm_ok();
}

cm_status trd_tally_of(trd_report *report, const char *question, bool clusters, trd_tally *tally)
{
    trd_unit *units;

    trd_merges merges;

    /* A cell's day does not tell how precisely a date is known, nor who was merged with whom. */
    CM_TRY(trd_merges_read(report->db, report->arena, &merges));
    bool single = trd_filter_picks(report->filter) || report->per > 1 || merges.count > 0;

    *tally = (trd_tally){.step = 1, .per = report->per};
    if (!single)
        CM_TRY(sums(report, question, tally));
    if (!single && !clusters)
        return cm_ok();
    CM_TRY(trd_facts_units(trd_at(report), trd_question_find(question), report->filter, report->arena, &units,
                           &tally->unit_count));
    tally->units = trd_bin_units(report->arena, report->per, units, tally->unit_count);
    if (single) {
        tally->counts = tally->units;
        tally->count = tally->unit_count;
    }
    if (!clusters)
        tally->units = NULL;
    return cm_ok();
}

/* ---- formats ---- */

typedef struct differing {
    const trd_filter *filter;
    cm_arena *arena;
    double n, differ;
} differing;

static void note_fit(void *context, const trd_unit *unit)
{
    *(trd_unit *)context = *unit;
}

static cm_status compare_derived(void *context, const char *resource, const EvtEvent *event)
{
    differing *d = context;
    const NegNegotiation *n = event->negotiation;
    trd_unit unit;

    trd_format_units(event, d->arena, note_fit, &unit);
    if (!trd_filter_unit(d->filter, &unit, event))
        return cm_ok();
    if (n->format != NEG_FORMAT_UNSPECIFIED && n->derived_format != NEG_FORMAT_UNSPECIFIED) {
        d->n++;
        d->differ += n->format != n->derived_format;
    }
    return cm_ok();
}

cm_status trd_answer_format(trd_report *report, trd_findings *findings, int *family)
{
    static const char *const many[] = {"multilateral", "multilevel", NULL};
    static const trd_category categories[] = {
        {.name = "bilateral"},
        {.name = "multilateral"},
        {.name = "multilevel", .tested = true, .alone = true, .against = many},
    };
    const trd_plan plan = {.question = "format-mix",
                           .label = "",
                           .group = "",
                           .categories = categories,
                           .count = 3,
                           .what = "negotiations"};
    trd_tally tally;
    differing d = {.filter = report->filter, .arena = report->arena};

    CM_TRY(trd_tally_of(report, "format-mix", true, &tally));
    size_t first = findings->count;
    CM_TRY(trd_mix_group(report, &tally, &plan, findings, family));
    CM_TRY(trd_facts_each(trd_at(report), "negotiation", compare_derived, &d));
    for (size_t i = first; i < findings->count && i < first + plan.count; i++) {
        trd_detail(report, findings->items[i], "format_derived_from_participants", d.n, NAN, NAN);
        trd_detail(report, findings->items[i], "format_recorded_otherwise", d.differ, NAN, NAN);
    }
    return cm_ok();
}

cm_status trd_answer_capacity(trd_report *report, trd_findings *findings, int *family)
{
    static const trd_category categories[] = {
        {.name = "state_authority", .tested = true},
        {.name = "network_member", .tested = true},
        {.name = "own_right", .tested = true},
    };
    const trd_plan plan = {.question = "capacity-mix",
                           .label = "",
                           .group = "",
                           .categories = categories,
                           .count = 3,
                           .what = "participations of cities and regions"};
    trd_tally tally;

    CM_TRY(trd_tally_of(report, "capacity-mix", true, &tally));
    return trd_mix_group(report, &tally, &plan, findings, family);
}

cm_status trd_answer_channel(trd_report *report, trd_findings *findings, int *family)
{
    static const char *const digital[] = {"virtual", "hybrid", "platform", NULL};
    static const trd_category categories[] = {
        {.name = "in_person", .tested = true}, {.name = "virtual", .tested = true},
        {.name = "hybrid", .tested = true},    {.name = "correspondence", .tested = true},
        {.name = "platform", .tested = true},  {.name = "digital", .parts = digital, .tested = true, .alone = true},
    };
    const trd_plan plan = {.question = "channel-mix",
                           .label = "",
                           .group = "",
                           .categories = categories,
                           .count = 6,
                           .what = "entries with a known channel"};
    trd_tally tally;

    CM_TRY(trd_tally_of(report, "channel-mix", true, &tally));
    return trd_mix_group(report, &tally, &plan, findings, family);
}

/* ---- topics ---- */

static uint32_t number_of(const char *const *names, size_t count, const char *name)
{
    uint32_t i = 0;

    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

/* The units of a collection ("" for all) as rows of two windows: bilateral and other. */
static size_t mix_rows(const trd_tally *tally, const char *collection, const char *const *names, size_t categories,
                       cm_mix_row *rows)
{
    size_t n = 0;
    uint64_t cluster = 0;

    for (size_t i = 0; i < tally->unit_count; i++) {
        const trd_unit *u = &tally->units[i];
        cluster += i == 0 || strcmp(tally->units[i - 1].cluster, u->cluster) != 0;
        if (!*u->category || u->date.precision == CM_PRECISION_NONE ||
            (*collection && strcmp(u->collection, collection) != 0))
            continue;
        rows[n++] = (cm_mix_row){.cluster = cluster,
                                 .category = number_of(names, categories, u->category),
                                 .window = strcmp(u->group, "bilateral") != 0,
                                 .weight = (double)u->weight / TRD_WHOLE};
    }
    return n;
}

/* Formats coincide with collections where none of them has both groups. */
static bool formats_collected(trd_report *report, const trd_tally *tally, const char *collection)
{
    trd_scope a = trd_scope_of(report, tally, "bilateral", collection);
    trd_scope b = trd_scope_of(report, tally, "other", collection);

    for (size_t i = 0; i < a.contributors; i++)
        for (size_t k = 0; k < b.contributors; k++)
            if (strcmp(a.contributing[i], b.contributing[k]) == 0)
                return false;
    return true;
}

/* The bins of the first and of the last unit of either. */
static void set_period(trd_report *report, const trd_scope *a, const trd_scope *b, TrdFinding *finding)
{
    int from = !b->from || (a->from && a->from < b->from) ? a->from : b->from, to = a->to > b->to ? a->to : b->to;

    if (!from)
        return;
    finding->from = trd_bin_text(report->arena, report->per, 1, from);
    finding->to = trd_bin_text(report->arena, report->per, 1, to);
}

static cm_status compare_topics(trd_report *report, const trd_tally *tally, const trd_scope *a, const trd_scope *b,
                                TrdFinding *f)
{
    const char *collection = a->collection;
    cm_jensen_shannon_result result;
    size_t one, two;
    const char **first = trd_categories(report, tally, "bilateral", collection, &one);
    const char **second = trd_categories(report, tally, "other", collection, &two);
    const char **names = cm_arena_take(report->arena, (one + two + 1) * sizeof *names);
    memcpy(names, first, one * sizeof *names);
    size_t categories = one;
    for (size_t i = 0; i < two; i++)
        if (number_of(names, categories, second[i]) == categories)
            names[categories++] = second[i];
    CM_FREE cm_mix_row *rows = cm_alloc((tally->unit_count + 1) * sizeof *rows);
    cm_mix mix = {rows, mix_rows(tally, collection, names, categories, rows), categories};
    CM_TRY(cm_jensen_shannon_test(&mix, &CM_RESAMPLING_USUAL, &result));
    f->estimate = trd_number(report->arena, result.divergence);
    f->estimate_of = "divergence";
    trd_interval(report->arena, result.low, result.high, &f->cluster_low, &f->cluster_high);
    trd_detail(report, f, "chance_mean", result.chance_mean, NAN, result.chance_high);
    bool collected = formats_collected(report, tally, collection);
    if (collected)
        f->untested = "set by what was collected: formats coincide with collections";
    trd_sentence(report, f,
                 "The topics of %s bilateral and %s other recorded negotiations diverge by %.2f (0 equal, 1 disjoint); "
                 "by chance alone %.2f would be expected%s",
                 CM_FIGURE(a->total, 6), CM_FIGURE(b->total, 6), result.divergence, result.chance_mean,
                 collected ? "; that is as much a difference between collectors as between formats" : "");
    return cm_ok();
}

static cm_status add_divergence(trd_report *report, const trd_tally *tally, const char *collection,
                                trd_findings *findings)
{
    trd_scope a = trd_scope_of(report, tally, "bilateral", collection);
    trd_scope b = trd_scope_of(report, tally, "other", collection);

    if (*collection && (a.total <= 0 || b.total <= 0))
        return cm_ok();
    TrdFinding *f = trd_finding_add(report, findings, "topic-mix", "jsd", collection);
    f->n = a.total;
    f->total = a.total + b.total;
    f->unknown = a.unknown + b.unknown;
    f->undated = a.undated + b.undated;
    set_period(report, &a, &b, f);
    return a.total > 0 && b.total > 0 ? compare_topics(report, tally, &a, &b, f) : cm_ok();
}

cm_status trd_answer_topic(trd_report *report, trd_findings *findings, int *family)
{
    static const char *const groups[] = {"bilateral", "other"};
    trd_tally tally;
    size_t count;

    CM_TRY(trd_tally_of(report, "topic-mix", true, &tally));
    for (size_t i = 0; i < 2; i++) {
        const trd_plan plan = {.question = "topic-mix",
                               .label = i ? "other/" : "bilateral/",
                               .group = groups[i],
                               .what = "negotiations",
                               .split = true};
        CM_TRY(trd_mix_group(report, &tally, &plan, findings, family));
    }
    CM_TRY(add_divergence(report, &tally, "", findings));
    const char **collections = trd_collections(report, &tally, "other", &count);
    for (size_t i = 0; i < count; i++)
        if (*collections[i])
            CM_TRY(add_divergence(report, &tally, collections[i], findings));
    return cm_ok();
}

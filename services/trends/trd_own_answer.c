#include "trends/trd_own_answer.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "trends/trd_bin.h"
#include "trends/trd_facts.h"
#include "trends/trd_groupings.h"
#include "trends/trd_merges.h"
#include "trends/trd_mix.h"
#include "trends/trd_report.h"
#include "trends/trd_trend.h"

/* In place of a state whether it is inside the grouping's edition. */
static cm_status apply_grouping(trd_report *report, const trd_own *own, trd_unit *units, size_t count)
{
    const trd_edition *edition = NULL;
    trd_edition *editions;
    size_t edition_count;

    if (!*own->asked->grouping)
        return cm_ok();
    CM_TRY(trd_groupings_read(trd_at(report), report->arena, &editions, &edition_count));
    for (size_t i = 0; i < edition_count; i++)
        if (strcmp(own->asked->grouping, cm_arena_format(report->arena, "groupings/%s/editions/%s",
                                                         editions[i].grouping, editions[i].label)) == 0)
            edition = &editions[i];
    for (size_t i = 0; i < count; i++) {
        const char *state = cm_arena_format(report->arena, "states/%s", units[i].category);
        if (*units[i].category)
            units[i].category = !edition ? "" : trd_edition_has(edition, state) ? "inside" : "outside";
    }
    return cm_ok();
}

/* "units of 'Meetings'", and, with a focal state, of which facts only. */
static const char *what_of(const trd_report *report, const trd_own *own)
{
    const char *focal = own->asked->focal;

    return cm_arena_format(report->arena, "units of '%s'%s%s%s", own->asked->title,
                           *focal ? " that name an actor of " : "", trd_collection(focal),
                           *focal ? " (of what names none nothing is asked)" : "");
}

/* Only counted: as a whole, no share of itself. */
static cm_status add_counts(trd_report *report, const trd_own *own, const trd_tally *tally, const char *collection,
                            trd_findings *findings)
{
    const trd_category all = {.name = "all"};
    trd_scope scope = trd_scope_of(report, tally, "", collection);
    TrdFinding *f = trd_finding_add(report, findings, own->id, "all", collection);

    CM_TRY(trd_scope_fill(report, &scope, &all, f));
    f->estimate = f->low = f->high = NULL;
    f->estimate_of = "";
    trd_series series = trd_scope_series(report, &scope, &all);
    CM_TRY(trd_trend_test(report, f, &series, TRD_COUNTS, scope.unfinished, 0));
    trd_sentence(report, f, "%s %s are recorded with a date, %s without", CM_FIGURE(scope.total, 6),
                 what_of(report, own), CM_FIGURE(scope.undated, 6));
    return cm_ok();
}

static cm_status add_all_counts(trd_report *report, const trd_own *own, const trd_tally *tally, trd_findings *findings)
{
    size_t count;
    const char **collections = trd_collections(report, tally, "", &count);

    CM_TRY(add_counts(report, own, tally, "", findings));
    for (size_t i = 0; i < count; i++)
        if (*collections[i])
            CM_TRY(add_counts(report, own, tally, collections[i], findings));
    return cm_ok();
}

/* Whether some fact has several categories: fractions have no Wilson interval. */
static bool is_split(const trd_tally *tally)
{
    for (size_t i = 0; i < tally->unit_count; i++)
        if (tally->units[i].weight != TRD_WHOLE)
            return true;
    return false;
}

static cm_status add_shares(trd_report *report, const trd_own *own, const trd_tally *tally, trd_findings *findings,
                            int *family)
{
    const trd_plan plan = {
        .question = own->id, .label = "", .group = "", .what = what_of(report, own), .split = is_split(tally)};

    return trd_mix_group(report, tally, &plan, findings, family);
}

/* Sums from the cells, single units from the facts where shares are resampled. The cells do not know who was merged
 * with whom: then the facts are counted. */
static cm_status count_units(trd_report *report, const trd_own *own, bool shares, trd_tally *tally)
{
    trd_merges merges;
    trd_unit *units;

    CM_TRY(trd_merges_read(report->db, report->arena, &merges));
    if (merges.count || shares) {
        CM_TRY(trd_own_evidence(report, own, &units, &tally->unit_count));
        tally->units = trd_bin_units(report->arena, own->per, units, tally->unit_count);
    }
    if (merges.count) {
        tally->counts = tally->units;
        tally->count = tally->unit_count;
    } else {
        CM_TRY(trd_own_tally(report->db, own, report->arena, &units, &tally->count));
        CM_TRY(apply_grouping(report, own, units, tally->count));
        tally->counts = units;
    }
    if (!shares)
        tally->units = NULL;
    return cm_ok();
}

static cm_status answer(trd_report *report, const trd_own *own, trd_findings *findings)
{
    trd_tally tally = {.step = 1, .per = own->per, .memberships = strcmp(own->kind, "membership") == 0};
    bool shares = own->category || own->states;
    int family = 0;

    CM_TRY(count_units(report, own, shares, &tally));
    return shares ? add_shares(report, own, &tally, findings, &family) : add_all_counts(report, own, &tally, findings);
}

static cm_status answer_one(cm_db *db, cm_arena *arena, const trd_own *own, TrdQuestionAnswer **answered)
{
    trd_report report = {.db = db, .arena = arena, .filter = &trd_filter_none, .per = own->per};
    TrdQuestionAnswer *q = CM_NEW(arena, TrdQuestionAnswer);
    trd_findings findings = {0};

    CM_TRY(trd_coverage_read(trd_now(db), arena, &report.coverage));
    cm_status s = answer(&report, own, &findings);
    q->question = (char *)own->id;
    q->title = own->asked->title;
    q->findings = cm_arena_copy(arena, findings.items, findings.count * sizeof *findings.items);
    q->n_findings = findings.count;
    free(findings.items);
    if (cm_is_ok(s))
        s = trd_report_finish(&report, q);
    free(report.tests);
    *answered = q;
    cm_status_prefix(&s, "%s", own->id);
    return s;
}

cm_status trd_own_answers(cm_db *db, cm_arena *arena, const char *id, TrdReport *report)
{
    trd_own_kept *all;
    size_t count;

    CM_TRY(trd_own_all(db, false, arena, &all, &count));
    TrdQuestionAnswer **questions = cm_arena_take(arena, (report->n_questions + count + 1) * sizeof *questions);
    if (report->n_questions)
        memcpy(questions, report->questions, report->n_questions * sizeof *questions);
    report->questions = questions;
    for (size_t i = 0; i < count; i++)
        if (all[i].asked->active && (!id || strcmp(id, all[i].own.id) == 0))
            CM_TRY(answer_one(db, arena, &all[i].own, &questions[report->n_questions++]));
    return cm_ok();
}

/* ---- evidence ---- */

typedef struct gathering {
    trd_report *report;
    const trd_own *own;
    const char *resource; /* whose units are gathered now, and its event */
    const EvtEvent *event;
    trd_unit *units;
    size_t count, capacity;
} gathering;

static void gather_unit(void *context, const trd_unit *unit)
{
    gathering *g = context;
    cm_arena *arena = g->report->arena;

    if (!trd_filter_unit(g->report->filter, unit, g->event))
        return;
    CM_GROW(g->units, g->capacity, g->count + 1);
    trd_unit *kept = &g->units[g->count++];
    *kept = *unit;
    kept->resource = cm_arena_strdup(arena, g->resource);
    kept->cluster = cm_arena_strdup(arena, unit->cluster);
    kept->category = cm_arena_strdup(arena, unit->category);
    kept->collection = cm_arena_strdup(arena, unit->collection);
}

static cm_status gather_fact(void *context, const char *resource, const EvtEvent *event)
{
    gathering *g = context;
    CM_ARENA(scratch);

    g->resource = resource;
    g->event = event;
    trd_own_units(g->own, event, scratch, gather_unit, g);
    return cm_ok();
}

cm_status trd_own_evidence(trd_report *report, const trd_own *own, trd_unit **units, size_t *count)
{
    gathering g = {.report = report, .own = own};
    cm_status s = trd_facts_each(trd_at(report), own->kind, gather_fact, &g);

    *units = cm_arena_copy(report->arena, g.units, g.count * sizeof *g.units);
    *count = g.count;
    free(g.units);
    CM_TRY(s);
    return apply_grouping(report, own, *units, *count);
}

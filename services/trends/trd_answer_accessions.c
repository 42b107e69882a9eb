/* Who joins institutions: counts by year for each institution, and the mix of states. */
#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "stats/cm_diversity.h"
#include "trends/trd_answer.h"
#include "trends/trd_facts.h"
#include "trends/trd_mix.h"
#include "trends/trd_trend.h"

static const char AUTHORITATIVE[] = "gcom-accessions";

/* The file of accessions is authoritative for its own institution: others' rows of it are left out, whichever rows are
 * asked for. */
cm_status trd_accessions_leave_out(trd_report *report, const trd_unit *units, size_t unit_count, trd_unit *kept,
                                   size_t *count)
{
    trd_cell *cells;
    size_t cell_count;

    CM_TRY(trd_cells(report->db, "accessions", report->arena, &cells, &cell_count));
    *count = 0;
    for (size_t i = 0; i < unit_count; i++) {
        const trd_unit *u = &units[i];
        bool theirs = false;
        for (size_t k = 0; !theirs && strcmp(u->collection, AUTHORITATIVE) != 0 && k < cell_count; k++)
            theirs = strcmp(cells[k].collection, AUTHORITATIVE) == 0 && strcmp(cells[k].group, u->group) == 0;
        if (!theirs)
            kept[(*count)++] = *u;
    }
    return cm_ok();
}

/* The same units with one category: the institution as a whole. */
static void as_whole(const trd_tally *tally, trd_unit *whole)
{
    for (size_t i = 0; i < tally->count; i++) {
        whole[i] = tally->counts[i];
        whole[i].category = "all";
    }
}

static cm_status add_diversity(trd_report *report, const trd_tally *tally, const char *institution,
                               const char *collection, TrdFinding *finding)
{
    size_t count;
    const char **states = trd_categories(report, tally, institution, collection, &count);
    double *sums = cm_arena_zero(report->arena, (count + 1) * sizeof *sums), hhi, hill;
    trd_scope scope = trd_scope_of(report, tally, institution, collection);

    for (size_t i = 0; i < count; i++)
        sums[i] = trd_scope_sum(&scope, &(trd_category){.name = states[i]});
    CM_TRY(cm_hhi(sums, count, &hhi));
    CM_TRY(cm_hill(sums, count, 1, &hill));
    trd_detail(report, finding, "hhi", hhi, NAN, NAN);
    trd_detail(report, finding, "effective_states", hill, NAN, NAN);
    return cm_ok();
}

/* Counts by year of the institution as a whole. */
static cm_status add_institution(trd_report *report, const trd_tally *tally, const trd_tally *whole,
                                 const char *institution, const char *collection, trd_findings *findings)
{
    const char *name = trd_collection(institution);
    const trd_category all = {.name = "all"};
    trd_scope scope = trd_scope_of(report, whole, institution, collection);
    TrdFinding *f = trd_finding_add(report, findings, "accessions", name, collection);

    CM_TRY(trd_scope_fill(report, &scope, &all, f));
    f->estimate = f->low = f->high = NULL; /* a whole is no share of itself */
    f->estimate_of = "";
    CM_TRY(add_diversity(report, tally, institution, collection, f));
    trd_series series = trd_scope_series(report, &scope, &all);
    CM_TRY(trd_trend_test(report, f, &series, TRD_COUNTS, scope.unfinished, 0));
    if (scope.total > 0)
        trd_sentence(report, f, "%s accessions to %s are recorded with a date, %s without", CM_FIGURE(scope.total, 6),
                     name, CM_FIGURE(scope.undated, 6));
    else
        trd_sentence(report, f, "%s accessions to %s are recorded, none with a date", CM_FIGURE(scope.undated, 6),
                     name);
    return cm_ok();
}

static cm_status add_states(trd_report *report, const trd_tally *tally, const char *institution, const char *collection,
                            trd_findings *findings)
{
    size_t count;
    const char **states = trd_categories(report, tally, institution, collection, &count);
    trd_scope scope = trd_scope_of(report, tally, institution, collection);

    for (size_t i = 0; i < count; i++) {
        const trd_category state = {.name = states[i]};
        char *name = cm_arena_format(report->arena, "%s/%s", trd_collection(institution), states[i]);
        TrdFinding *f = trd_finding_add(report, findings, "accessions", name, collection);
        CM_TRY(trd_scope_fill(report, &scope, &state, f));
        if (f->estimate)
            trd_sentence(report, f, "Of %s dated accessions to %s, %s (%.1f %%) came from %s",
                         CM_FIGURE(scope.total, 6), trd_collection(institution), CM_FIGURE(f->n, 6),
                         100 * f->estimate->value, states[i]);
    }
    return cm_ok();
}

cm_status trd_answer_accessions(trd_report *report, trd_findings *findings, int *family)
{
    trd_tally all, tally, whole;
    size_t institutions, collections;

    (void)family; /* counts of institutions do not sum to one */
    CM_TRY(trd_tally_of(report, "accessions", false, &all));
    trd_unit *kept = cm_arena_take(report->arena, (all.count + 1) * sizeof *kept);
    trd_unit *wholes = cm_arena_take(report->arena, (all.count + 1) * sizeof *wholes);
    tally = whole = (trd_tally){.counts = kept, .memberships = true, .step = 1, .per = report->per};
    CM_TRY(trd_accessions_leave_out(report, all.counts, all.count, kept, &tally.count));
    whole.count = tally.count;
    as_whole(&tally, wholes);
    whole.counts = wholes;
    const char **names = trd_groups(report, &tally, &institutions);
    for (size_t i = 0; i < institutions; i++) {
        const char **from = trd_collections(report, &tally, names[i], &collections);
        for (size_t k = 0; k <= collections; k++) {
            const char *collection = k ? from[k - 1] : "";
            if (k && !*collection)
                continue;
            CM_TRY(add_institution(report, &tally, &whole, names[i], collection, findings));
            CM_TRY(add_states(report, &tally, names[i], collection, findings));
        }
    }
    return cm_ok();
}

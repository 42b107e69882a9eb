#include "trends/trd_mix.h"

#include <string.h>

#include "base/cm_text.h"
#include "trends/trd_trend.h"

static const char *collected(trd_report *report, const char *collection)
{
    return *collection
               ? cm_arena_format(report->arena, " of collection %s", trd_coverage_label(&report->coverage, collection))
               : "";
}

/* The sentence before q is known; what the test says is added at the end of the report (trd_report.c). */
static void say(trd_report *report, const trd_scope *scope, const trd_plan *plan, const trd_category *category,
                TrdFinding *finding)
{
    const char *name = trd_words(report->arena, category->name);

    if (scope->total <= 0) {
        trd_sentence(report, finding, "No recorded %s%s can be dated and told apart", plan->what,
                     collected(report, scope->collection));
        return;
    }
    char *share =
        cm_arena_format(report->arena, "Among %s recorded %s%s%s%s, %.1f %% were %s", CM_FIGURE(scope->total, 6),
                        plan->what, *plan->group ? " (" : "", *plan->group ? plan->group : "", *plan->group ? ")" : "",
                        100 * finding->estimate->value, name);
    char *sure = finding->cluster_low
                     ? cm_arena_format(report->arena, " (%.1f to %.1f by resampling)",
                                       100 * finding->cluster_low->value, 100 * finding->cluster_high->value)
                     : "";
    trd_sentence(report, finding, "%s%s%s", share, sure, collected(report, scope->collection));
}

static cm_status test(trd_report *report, const trd_scope *scope, const trd_category *category, TrdFinding *finding,
                      int family)
{
    if (trd_scope_set_by_collection(scope, category)) {
        finding->untested = "set by what was collected: every collection holds only such units, or none";
        return cm_ok();
    }
    if (!category->tested)
        return cm_ok();
    trd_series series = trd_scope_series(report, scope, category);
    return trd_trend_test(report, finding, &series, TRD_SHARES, scope->unfinished, category->alone ? 0 : family);
}

static cm_status add_scope(trd_report *report, const trd_tally *tally, const trd_plan *plan, const char *collection,
                           trd_findings *findings, int family)
{
    trd_scope scope = trd_scope_of(report, tally, plan->group, collection);

    for (size_t i = 0; i < plan->count; i++) {
        const trd_category *category = &plan->categories[i];
        char *name = cm_arena_format(report->arena, "%s%s", plan->label, category->name);
        TrdFinding *finding = trd_finding_add(report, findings, plan->question, name, collection);
        CM_TRY(trd_scope_fill(report, &scope, category, finding));
        if (plan->split)
            finding->low = finding->high = NULL;
        CM_TRY(test(report, &scope, category, finding, family));
        say(report, &scope, plan, category, finding);
    }
    return cm_ok();
}

/* Of an open list only what occurs in the collection is given. */
static trd_plan occurring(trd_report *report, const trd_tally *tally, const trd_plan *plan, const char *collection)
{
    size_t count;
    const char **names = trd_categories(report, tally, plan->group, collection, &count);
    trd_category *categories = cm_arena_zero(report->arena, (count + 1) * sizeof *categories);
    trd_plan open = *plan;

    for (size_t i = 0; i < count; i++)
        categories[i] = (trd_category){.name = names[i], .tested = true};
    open.categories = categories;
    open.count = count;
    return open;
}

cm_status trd_mix_group(trd_report *report, const trd_tally *tally, const trd_plan *plan, trd_findings *findings,
                        int *family)
{
    size_t count;
    const char **collections = trd_collections(report, tally, plan->group, &count);

    for (size_t i = 0; i <= count; i++) {
        const char *collection = i ? collections[i - 1] : "";
        if (i && !*collection)
            continue; /* units without a collection stand in all together only */
        trd_plan here = plan->categories ? *plan : occurring(report, tally, plan, collection);
        CM_TRY(add_scope(report, tally, &here, collection, findings, ++*family));
    }
    return cm_ok();
}

#include "trends/trd_changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_resource.h"
#include "trends/trd_evidence.h"
#include "trends/trd_facts.h"
#include "trends/trd_page.h"
#include "trends/trd_published.h"
#include "trends/trd_service.h"
#include "trends/trd_trends.h"

enum { PAGE = 20, LARGEST_PAGE = 100, ROWS_SHOWN = 20 };

/* ---- the values of one trend ---- */

cm_status trd_list_trend_revisions(cm_call *call, const TrdListTrendRevisionsRequest *request,
                                   TrdListTrendRevisionsResponse *response)
{
    static const char *const patterns[] = {"trends/{trend}", NULL};
    cm_arena *arena = cm_call_arena(call);
    const trd_state *state = cm_call_state(call);
    const char *query = cm_arena_format(arena, "values of %s", request->name), *last;
    int limit;

    CM_TRY(cm_name_check(patterns, "name", request->name));
    CM_TRY(trd_page_size(request->page_size, PAGE, LARGEST_PAGE, &limit));
    CM_TRY(trd_page_after(state->journal, query, request->page_token, arena, &last));
    int64_t before = strtoll(last, NULL, 10); /* 0: from the newest */
    response->trends = cm_arena_take(arena, (size_t)limit * sizeof *response->trends);
    while ((int)response->n_trends < limit) {
        cm_row *row;
        CM_TRY(cm_journal_newest(cm_call_lent(call), request->name, before, arena, &row));
        if (!row)
            break;
        CM_TRY(trd_published_unpack(row, arena, &response->trends[response->n_trends++]));
        before = row->recorded_at - 1;
        if (row->revision > 1)
            response->next_page_token =
                trd_page_token(state->journal, query, cm_arena_format(arena, "%lld", (long long)before), arena);
        else
            response->next_page_token = "";
    }
    if (response->n_trends == 0 && !*request->page_token)
        return cm_not_found("trend", request->name);
    if ((int)response->n_trends < limit)
        response->next_page_token = "";
    return cm_ok();
}

/* ---- what moved ---- */

static bool equal(const GoogleDoubleValue *a, const GoogleDoubleValue *b)
{
    return a && b ? a->value == b->value : a == b;
}

/* Whether the numbers say the same, tests aside. */
static bool same_counts(const TrdTrend *before, const TrdTrend *after)
{
    const TrdFinding *a = before->finding, *b = after->finding;

    if (!a || !b)
        return a == b;
    return a->n == b->n && a->total == b->total && a->unknown == b->unknown && a->undated == b->undated &&
           equal(a->estimate, b->estimate) && equal(a->low, b->low) && equal(a->cluster_low, b->cluster_low) &&
           equal(a->cluster_high, b->cluster_high);
}

static bool is_asked(const TrdGetChangesRequest *request, const char *question)
{
    bool asked = request->n_questions == 0;

    for (size_t i = 0; !asked && i < request->n_questions; i++)
        asked = strcmp(request->questions[i], question) == 0;
    return asked;
}

typedef struct comparing {
    cm_db *db;
    cm_arena *arena;
    const TrdGetChangesRequest *request;
    TrdChanges *changes;
    size_t capacity;
    trd_evidence *fresh;      /* what was recorded since */
    trd_evidence *now, *then; /* all that counts, and counted; NULL where nothing ended since */
    int64_t as_of;
} comparing;

/* A question of one's own may have been deleted: nobody knows any more what it counted. */
static bool is_asked_still(const comparing *c, const char *question)
{
    cm_status s = trd_check_question(c->db, "question", question);
    bool known = cm_is_ok(s);

    cm_status_clear(&s);
    return known;
}

/* The rows that count now and are new, and those that counted then and do so no longer. */
static cm_status tell_rows(comparing *c, const TrdTrend *before, const TrdTrend *after, TrdTrendChange *change)
{
    trd_evidence_page page;

    if (after->finding) {
        CM_TRY(trd_evidence_list(c->fresh, after->finding->evidence, "", ROWS_SHOWN, &page));
        change->rows = page.rows;
        change->n_rows = page.count;
        change->more = (int32_t)page.more;
    }
    if (before && before->finding && c->then && is_asked_still(c, before->question)) {
        CM_TRY(trd_evidence_left(c->now, c->then, before->finding->evidence, ROWS_SHOWN, &page));
        change->left = page.rows;
        change->n_left = page.count;
        change->more_left = (int32_t)page.more;
    }
    return cm_ok();
}

static cm_status compare(comparing *c, const char *name)
{
    TrdTrend *before, *after;

    CM_TRY(trd_published_get(c->db, name, 0, c->arena, &after));
    if (!after || !is_asked(c->request, after->question) ||
        after->update_time->seconds * 1000000 + after->update_time->nanos / 1000 <= c->as_of)
        return cm_ok();
    CM_TRY(trd_published_get(c->db, name, c->as_of, c->arena, &before));
    if (before && before->withdrawn)
        before = NULL;
    if (!before && after->withdrawn)
        return cm_ok(); /* it came and went */
    if (before && same_counts(before, after)) {
        c->changes->only_tests++;
        return cm_ok();
    }
    TrdTrendChange *change = CM_NEW(c->arena, TrdTrendChange);
    change->before = before;
    change->after = after;
    CM_TRY(tell_rows(c, before, after, change));
    CM_GROW(c->changes->changes, c->capacity, c->changes->n_changes + 1);
    c->changes->changes[c->changes->n_changes++] = change;
    return cm_ok();
}

static cm_status all_names(cm_db *db, cm_arena *arena, const char ***names, size_t *count)
{
    const char **found = NULL;
    size_t capacity = 0;
    cm_rows rows;

    *count = 0;
    CM_TRY(cm_db_query(db, "SELECT name FROM trends ORDER BY name", CM_NONE, &rows));
    while (cm_rows_next(&rows)) {
        CM_GROW(found, capacity, *count + 1);
        found[(*count)++] = cm_arena_strdup(arena, cm_rows_text(&rows, 0));
    }
    *names = cm_arena_copy(arena, found, *count * sizeof *found);
    free(found);
    return cm_rows_end(&rows);
}

static cm_status compare_all(comparing *c)
{
    const char **names;
    size_t count;

    CM_TRY(all_names(c->db, c->arena, &names, &count));
    for (size_t i = 0; i < count; i++)
        CM_TRY(compare(c, names[i]));
    return cm_ok();
}

static cm_status check_published(cm_db *db, int64_t as_of)
{
    char text[CM_TIME_TEXT];
    int64_t first;

    CM_TRY(cm_db_integer(db, "SELECT MIN(recorded_at) FROM journal", CM_NONE, 0, &first));
    if (!first)
        return cm_fail(CM_FAILED_PRECONDITION, "as_of: no report has been published yet");
    if (first > as_of)
        return cm_fail(CM_FAILED_PRECONDITION, "as_of: no report had been published by then; the first was at %s",
                       cm_time_format(first, text));
    return cm_ok();
}

cm_status trd_get_changes(cm_call *call, const TrdGetChangesRequest *request, TrdChanges *response)
{
    trd_report report = {.db = cm_call_lent(call), .arena = cm_call_arena(call), .filter = &trd_filter_none};
    trd_report earlier = report;
    trd_evidence fresh, now, then;
    comparing c = {.db = report.db, .arena = report.arena, .request = request, .changes = response, .fresh = &fresh};
    int64_t ended;

    for (size_t i = 0; i < request->n_questions; i++)
        CM_TRY(
            trd_check_question(report.db, cm_arena_format(report.arena, "questions[%zu]", i), request->questions[i]));
    CM_TRY(cm_resource_as_of(&request->base, &c.as_of));
    if (!c.as_of)
        return cm_invalid("as_of", "is missing; give the time of the earlier report");
    CM_TRY(cm_journal_seal(report.db, NULL, c.as_of));
    CM_TRY(check_published(report.db, c.as_of));
    CM_TRY(trd_evidence_begin(&report, c.as_of, &fresh));
    CM_TRY(trd_evidence_begin(&report, 0, &now));
    earlier.as_of = c.as_of;
    CM_TRY(trd_evidence_begin(&earlier, 0, &then));
    CM_TRY(trd_facts_former(trd_at(&earlier), &ended));
    if (ended) {
        c.now = &now;
        c.then = &then;
    }
    CM_TRY(trd_facts_erased(trd_at(&earlier), c.arena, &response->erased, &response->n_erased));
    cm_status s = compare_all(&c);
    void *kept = cm_arena_copy(c.arena, response->changes, response->n_changes * sizeof *response->changes);
    free(response->changes);
    response->changes = kept;
    return s;
}

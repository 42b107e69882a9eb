#include "trends/trd_service.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/trends/v1/trends.grpc-c.h"
#include "journal/cm_resource.h"
#include "trends/trd_alert.h"
#include "trends/trd_changes.h"
#include "trends/trd_evidence.h"
#include "trends/trd_focal.h"
#include "trends/trd_forecast.h"
#include "trends/trd_kept.h"
#include "trends/trd_network.h"
#include "trends/trd_own_answer.h"
#include "trends/trd_own_service.h"
#include "trends/trd_page.h"
#include "trends/trd_question.h"
#include "trends/trd_report.h"
#include "trends/trd_ties.h"
#include "trends/trd_trends.h"
#include "trends/trd_watch.h"

enum { PAGE = 100, LARGEST_PAGE = 1000 };

static const char *const topics[] = {"cityneg.registry.events.v1", "cityneg.negotiations.events.v1"};

/* ---- progress ---- */

static cm_status source_progress(cm_db *db, const char *topic, cm_arena *arena, TrdSourceProgress **answer)
{
    TrdSourceProgress *source = CM_NEW(arena, TrdSourceProgress);
    cm_feed_position *positions;
    int count;
    char epoch[CM_UUID_TEXT] = "";

    CM_TRY(cm_feed_positions(db, topic, arena, &positions, &count));
    source->topic = (char *)topic;
    source->parts = cm_arena_take(arena, ((size_t)count + 1) * sizeof *source->parts);
    for (int i = 0; i < count; i++) {
        TrdPartProgress *part = CM_NEW(arena, TrdPartProgress);
        part->part = positions[i].at.part;
        part->seq = positions[i].at.seq;
        source->rows += part->seq;
        source->parts[source->n_parts++] = part;
        cm_uuid_format(positions[i].epoch, epoch);
    }
    source->epoch = cm_arena_strdup(arena, epoch);
    CM_TRY(cm_feed_aside(db, topic, &source->rows_aside));
    source->rows -= source->rows_aside;
    *answer = source;
    return cm_ok();
}

static cm_status get_progress(cm_call *call, const TrdGetProgressRequest *request, TrdProgress *response)
{
    cm_db *db = cm_call_lent(call);
    cm_arena *arena = cm_call_arena(call);

    response->sources = cm_arena_take(arena, 2 * sizeof *response->sources);
    for (int i = 0; i < 2; i++)
        CM_TRY(source_progress(db, topics[i], arena, &response->sources[response->n_sources++]));
    CM_TRY(cm_db_integer(db, "SELECT COUNT(*) FROM facts", CM_NONE, 0, &response->facts));
    return cm_db_integer(db, "SELECT COUNT(*) FROM cells", CM_NONE, 0, &response->cells);
}

/* ---- questions and report ---- */

static cm_status list_questions(cm_call *call, const TrdListQuestionsRequest *request,
                                TrdListQuestionsResponse *response)
{
    cm_arena *arena = cm_call_arena(call);

    response->questions = cm_arena_take(arena, (size_t)trd_question_count * sizeof *response->questions);
    for (int i = 0; i < trd_question_count; i++) {
        TrdQuestion *q = CM_NEW(arena, TrdQuestion);
        q->question = (char *)trd_questions[i].name;
        q->title = (char *)trd_questions[i].title;
        q->unit = (char *)trd_questions[i].unit;
        q->dated_by = (char *)trd_questions[i].dated_by;
        q->additive = trd_questions[i].units != NULL;
        response->questions[response->n_questions++] = q;
    }
    return cm_ok();
}

/* Adds the answers to users' own questions that were asked for. */
static cm_status answer_own(cm_call *call, const TrdGetReportRequest *request, int per, const trd_filter *filter,
                            TrdReport *report)
{
    CM_ARENA(arena);

    for (size_t i = 0; i < request->n_questions; i++) {
        CM_FREE char *field = cm_format("questions[%zu]", i), *name = cm_format("questions/%s", request->questions[i]);
        trd_own_kept *kept;
        if (trd_question_find(request->questions[i]))
            continue;
        CM_TRY(trd_own_find(cm_call_lent(call), name, arena, &kept));
        if (!kept)
            return cm_invalid(field, "'%s' is no question; ListQuestions and ListOwnQuestions name them",
                              request->questions[i]);
        if (trd_filter_picks(filter))
            return cm_invalid(field, "'%s' has the filter that it was asked with; ask a new question with another",
                              request->questions[i]);
        if (request->bin && per != kept->own.per)
            return cm_invalid(
                "bin", "%s is counted in bins of its own; leave bin out, or ask a new question with another", name);
        if (!kept->asked->active)
            return cm_fail(CM_FAILED_PRECONDITION, "%s: %lld facts are counted, and more are to come; ask again later",
                           name, (long long)kept->asked->filled);
        CM_TRY(trd_own_answers(cm_call_lent(call), cm_call_arena(call), request->questions[i], report));
    }
    return cm_ok();
}

/* The report is always made whole, since q is; then only what was asked for is answered. */
static void keep_asked(const TrdGetReportRequest *request, TrdReport *report)
{
    size_t kept = 0;

    for (size_t i = 0; i < report->n_questions; i++) {
        bool asked = request->n_questions == 0;
        for (size_t k = 0; !asked && k < request->n_questions; k++)
            asked = strcmp(request->questions[k], report->questions[i]->question) == 0;
        if (asked)
            report->questions[kept++] = report->questions[i];
    }
    report->n_questions = kept;
}

/* A focal set is of questions about partners. */
static cm_status read_focal(cm_call *call, const TrdGetReportRequest *request, const char **focal)
{
    bool has = request->n_questions == 0;

    CM_TRY(trd_focal_read(cm_call_lent(call), request->focal, cm_call_arena(call), focal));
    for (size_t i = 0; i < request->n_questions; i++)
        has |= trd_focal_has(request->questions[i]);
    if (*request->focal && !has)
        return cm_invalid("focal", "%s is of reorientation, which is not asked for; ask for it, or leave focal out",
                          request->focal);
    return cm_ok();
}

static bool caller_gone(void *lent)
{
    return cm_call_cancelled(lent);
}

static cm_status get_report(cm_call *call, const TrdGetReportRequest *request, TrdReport *response)
{
    trd_state *state = cm_call_state(call);
    cm_arena *arena = cm_call_arena(call);
    trd_how how = {.stop = {caller_gone, call}};
    const char *focal;
    trd_filter filter;

    CM_TRY(trd_bin_per("bin", request->bin, &how.per));
    CM_TRY(trd_filter_read(cm_call_lent(call), request->filter, arena, &filter));
    CM_TRY(read_focal(call, request, &focal));
    CM_TRY(trd_kept_report(state->kept, cm_call_lent(call), &how, arena, response));
    CM_TRY(answer_own(call, request, how.per, &filter, response));
    CM_TRY(trd_report_filter(cm_call_lent(call), &how, arena, &filter, response));
    if (focal)
        CM_TRY(trd_report_focal(cm_call_lent(call), &how, arena, &filter, focal, response));
    response->filter = request->filter;
    response->focal = request->focal;
    keep_asked(request, response);
    return cm_ok();
}

/* ---- evidence ---- */

/* Facts may be a little newer than this machine's clock says. */
static cm_status read_since(cm_db *db, const TrdListEvidenceRequest *request, int64_t *since)
{
    int64_t newest, now = cm_clock_wall_us();
    char given[CM_TIME_TEXT], latest[CM_TIME_TEXT];

    CM_TRY(cm_resource_time(&request->base, "recorded_since", since));
    if (*since <= now)
        return cm_ok();
    CM_TRY(cm_db_integer(db, "SELECT MAX(recorded) FROM facts", CM_NONE, 0, &newest));
    if (*since <= newest)
        return cm_ok();
    return cm_invalid("recorded_since", "%s has not come yet; give a time up to now, %s, or leave it out",
                      cm_time_format(*since, given), cm_time_format(now, latest));
}

/* What is listed; a token is of that. */
static const char *query_of(const TrdListEvidenceRequest *request, cm_arena *arena)
{
    TrdListEvidenceRequest *query = cm_message_copy(&request->base, arena);

    query->page_size = 0;
    query->page_token = "";
    cm_bytes packed = cm_message_pack(&query->base, arena);
    return cm_base64(packed.data, packed.size, true, arena);
}

/* The focal set that a finding was made for. */
static cm_status read_evidence_focal(cm_db *db, const TrdListEvidenceRequest *request, trd_report *report)
{
    CM_TRY(trd_focal_read(db, request->focal, report->arena, &report->focal));
    const char *slash = strchr(request->evidence, '/');
    const char *question =
        cm_arena_strndup(report->arena, request->evidence, slash ? (size_t)(slash - request->evidence) : 0);
    if (*request->focal && !trd_focal_has(question))
        return cm_invalid("focal", "%s is of reorientation, which this evidence is not of; leave focal out",
                          request->focal);
    return cm_ok();
}

/* What makes a network has no category and no filter but its window's. */
static cm_status list_of_network(cm_call *call, const TrdListEvidenceRequest *request, trd_evidence *evidence,
                                 const char *after, int limit, trd_evidence_page *page)
{
    trd_unit *units;
    size_t count;

    if (*request->evidence)
        return cm_invalid("evidence", "%.80s is asked for beside a network; give one of them", request->evidence);
    if (request->filter)
        return cm_invalid("filter", "is of findings; a network has that of its window");
    CM_TRY(trd_ties_evidence(cm_call_lent(call), "network", request->network, request->actors, request->n_actors, call,
                             cm_call_arena(call), &units, &count));
    return trd_evidence_list_units(evidence, units, count, after, limit, page);
}

static cm_status list_evidence(cm_call *call, const TrdListEvidenceRequest *request, TrdListEvidenceResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    const trd_state *state = cm_call_state(call);
    trd_report report = {.db = cm_call_lent(call), .arena = arena};
    const char *query = query_of(request, arena), *after;
    trd_filter filter;
    trd_evidence evidence;
    trd_evidence_page page;
    int64_t since;
    int limit;

    CM_TRY(trd_page_size(request->page_size, PAGE, LARGEST_PAGE, &limit));
    CM_TRY(read_since(report.db, request, &since));
    CM_TRY(trd_page_after(state->journal, query, request->page_token, arena, &after));
    CM_TRY(trd_filter_read(cm_call_lent(call), request->filter, arena, &filter));
    report.filter = &filter;
    CM_TRY(read_evidence_focal(report.db, request, &report));
    CM_TRY(trd_evidence_begin(&report, since, &evidence));
    if (request->n_actors && !request->network)
        return cm_invalid("actors", "are nodes of a network; give its window as network");
    if (request->network)
        CM_TRY(list_of_network(call, request, &evidence, after, limit, &page));
    else
        CM_TRY(trd_evidence_list(&evidence, request->evidence, after, limit, &page));
    response->rows = page.rows;
    response->n_rows = page.count;
    if (page.more)
        response->next_page_token = trd_page_token(state->journal, query, page.last, arena);
    return cm_ok();
}

static const TrdTrendsService rows = {
    .get_progress = {.handler = get_progress, .lane = CM_READER, .role = CM_MAY_READ, .largest = 1 << 10},
    .list_questions = {.handler = list_questions, .lane = CM_INLINE, .role = CM_MAY_READ, .largest = 1 << 10},
    .get_report = {.handler = get_report, .lane = CM_READER, .role = CM_MAY_READ, .largest = 4 << 10},
    .get_trend = {.handler = trd_get_trend, .lane = CM_READER, .role = CM_MAY_READ, .largest = 1 << 10},
    .list_trends = {.handler = trd_list_trends, .lane = CM_READER, .role = CM_MAY_READ, .largest = 4 << 10},
    .list_trend_revisions = {.handler = trd_list_trend_revisions,
                             .lane = CM_READER,
                             .role = CM_MAY_READ,
                             .largest = 1 << 10},
    .get_changes = {.handler = trd_get_changes, .lane = CM_READER, .role = CM_MAY_READ, .largest = 4 << 10},
    .watch_trends = {.open = trd_watch_open,
                     .message = trd_watch_message,
                     .writable = trd_watch_writable,
                     .done = trd_watch_done,
                     .lane = CM_READER,
                     .role = CM_MAY_READ,
                     .largest = 1 << 10,
                     .endless = true},
    .create_alert = {.handler = trd_create_alert, .lane = CM_WRITER, .role = CM_MAY_WRITE, .largest = 4 << 10},
    .get_alert = {.handler = trd_get_alert, .lane = CM_READER, .role = CM_MAY_READ, .largest = 1 << 10},
    .list_alerts = {.handler = trd_list_alerts, .lane = CM_READER, .role = CM_MAY_READ, .largest = 1 << 10},
    .delete_alert = {.handler = trd_delete_alert, .lane = CM_WRITER, .role = CM_MAY_WRITE, .largest = 1 << 10},
    .get_forecast = {.handler = trd_get_forecast, .lane = CM_READER, .role = CM_MAY_READ, .largest = 1 << 10},
    .get_network = {.handler = trd_get_network, .lane = CM_BACKGROUND, .role = CM_MAY_READ, .largest = 4 << 10},
    .compare_networks = {.handler = trd_compare_networks,
                         .lane = CM_BACKGROUND,
                         .role = CM_MAY_READ,
                         .largest = 8 << 10},
    .create_own_question = {.handler = trd_create_own_question,
                            .lane = CM_WRITER,
                            .role = CM_MAY_WRITE,
                            .largest = 16 << 10},
    .get_own_question = {.handler = trd_get_own_question, .lane = CM_READER, .role = CM_MAY_READ, .largest = 1 << 10},
    .list_own_questions = {.handler = trd_list_own_questions,
                           .lane = CM_READER,
                           .role = CM_MAY_READ,
                           .largest = 1 << 10},
    .delete_own_question = {.handler = trd_delete_own_question,
                            .lane = CM_WRITER,
                            .role = CM_MAY_WRITE,
                            .largest = 1 << 10},
    .list_evidence = {.handler = list_evidence, .lane = CM_READER, .role = CM_MAY_READ, .largest = 8 << 10},
};

cm_service trd_service(trd_state *state)
{
    return trd_trends_service(&rows, state);
}

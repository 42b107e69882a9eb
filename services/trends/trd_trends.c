#include "trends/trd_trends.h"

#include <string.h>

#include "journal/cm_resource.h"
#include "trends/trd_own_store.h"
#include "trends/trd_page.h"
#include "trends/trd_published.h"
#include "trends/trd_question.h"
#include "trends/trd_service.h"

enum { PAGE = 100, LARGEST_PAGE = 1000 };

static const char *const patterns[] = {"trends/{trend}", NULL};

cm_status trd_check_question(cm_db *db, const char *field, const char *question)
{
    CM_ARENA(arena);
    trd_own_kept *kept;

    if (!*question || trd_question_find(question))
        return cm_ok();
    CM_TRY(trd_own_find(db, cm_arena_format(arena, "questions/%s", question), arena, &kept));
    if (!kept)
        return cm_invalid(field, "'%.80s' is no question; ListQuestions and ListOwnQuestions name them", question);
    return cm_ok();
}

cm_status trd_get_trend(cm_call *call, const TrdGetTrendRequest *request, TrdTrend *response)
{
    TrdTrend *trend;
    int64_t as_of;

    CM_TRY(cm_name_check(patterns, "name", request->name));
    CM_TRY(cm_resource_as_of(&request->base, &as_of));
    if (as_of)
        CM_TRY(cm_journal_seal(cm_call_lent(call), request->name, as_of));
    CM_TRY(trd_published_get(cm_call_lent(call), request->name, as_of, cm_call_arena(call), &trend));
    if (!trend)
        return cm_not_found("trend", request->name);
    *response = *trend;
    return cm_ok();
}

cm_status trd_list_trends(cm_call *call, const TrdListTrendsRequest *request, TrdListTrendsResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    const trd_state *state = cm_call_state(call);
    const char *after;
    int64_t as_of;
    int limit;

    CM_TRY(trd_check_question(cm_call_lent(call), "question", request->question));
    CM_TRY(cm_resource_as_of(&request->base, &as_of));
    CM_TRY(trd_page_size(request->page_size, PAGE, LARGEST_PAGE, &limit));
    const char *query = cm_arena_format(arena, "trends %s %lld", request->question, (long long)as_of);
    CM_TRY(trd_page_after(state->journal, query, request->page_token, arena, &after));
    if (as_of) {
        CM_TRY(cm_journal_seal(cm_call_lent(call), NULL, as_of));
        CM_TRY(trd_published_list_as_of(cm_call_lent(call), request->question, after, limit + 1, as_of, arena,
                                        &response->trends, &response->n_trends));
    } else {
        CM_TRY(trd_published_list(cm_call_lent(call), request->question, after, limit + 1, arena, &response->trends,
                                  &response->n_trends));
    }
    if (response->n_trends > (size_t)limit) {
        response->n_trends = (size_t)limit;
        response->next_page_token = trd_page_token(state->journal, query, response->trends[limit - 1]->name, arena);
    }
    return cm_ok();
}

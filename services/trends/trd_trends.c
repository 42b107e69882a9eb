#include "trends/trd_trends.h"

#include <string.h>

#include "journal/cm_resource.h"
#include "trends/trd_own_store.h"
#include "trends/trd_published.h"
#include "trends/trd_question.h"

enum { PAGE = 100, LARGEST_PAGE = 1000 };

static const char *const patterns[] = {"trends/{trend}", NULL};

cm_status trd_check_question(cm_db *db, const char *question)
{
    CM_ARENA(arena);
    trd_own_kept *kept;

    if (!*question || trd_question_find(question))
        return cm_ok();
    CM_TRY(trd_own_find(db, cm_arena_format(arena, "questions/%s", question), arena, &kept));
    if (!kept)
        return cm_invalid("question", "'%.80s' is no question; ListQuestions and ListOwnQuestions name them", question);
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

/* "question\ntime\n": which list it is. A token is that and the last name of the page before. */
static const char *list_of(cm_arena *arena, const TrdListTrendsRequest *request, int64_t as_of)
{
    return cm_arena_format(arena, "%s\n%lld\n", request->question, (long long)as_of);
}

static char *token_of(cm_arena *arena, const char *list, const char *name)
{
    const char *text = cm_arena_format(arena, "%s%s", list, name);

    return cm_base64(text, strlen(text), true, arena);
}

static cm_status wrong_token(const char *token)
{
    return cm_invalid("page_token", "'%.80s' is not from an earlier page of this list", token);
}

static cm_status parse_token(cm_arena *arena, const TrdListTrendsRequest *request, const char *list, const char **after)
{
    uint8_t *bytes;
    size_t size, length = strlen(list);

    *after = "";
    if (!*request->page_token)
        return cm_ok();
    cm_status decoded = cm_base64_decode(request->page_token, arena, &bytes, &size);
    if (!cm_is_ok(decoded)) {
        cm_status_clear(&decoded);
        return wrong_token(request->page_token);
    }
    const char *text = cm_arena_strndup(arena, (const char *)bytes, size);
    if (strncmp(text, list, length) != 0 || !text[length])
        return wrong_token(request->page_token);
    *after = text + length;
    return cm_ok();
}

cm_status trd_list_trends(cm_call *call, const TrdListTrendsRequest *request, TrdListTrendsResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    const char *after, *list;
    int64_t as_of;

    CM_TRY(trd_check_question(cm_call_lent(call), request->question));
    CM_TRY(cm_resource_as_of(&request->base, &as_of));
    list = list_of(arena, request, as_of);
    if (request->page_size < 0)
        return cm_invalid("page_size", "%d is negative; give 1 … %d, or 0 for %d", request->page_size, LARGEST_PAGE,
                          PAGE);
    CM_TRY(parse_token(arena, request, list, &after));
    if (as_of)
        CM_TRY(cm_journal_seal(cm_call_lent(call), NULL, as_of));
    size_t limit = request->page_size == 0             ? PAGE
                   : request->page_size > LARGEST_PAGE ? LARGEST_PAGE
                                                       : (size_t)request->page_size;
    if (as_of)
        CM_TRY(trd_published_list_as_of(cm_call_lent(call), request->question, after, (int)limit + 1, as_of, arena,
                                        &response->trends, &response->n_trends));
    else
        CM_TRY(trd_published_list(cm_call_lent(call), request->question, after, (int)limit + 1, arena,
                                  &response->trends, &response->n_trends));
    if (response->n_trends > limit) {
        response->n_trends = limit;
        response->next_page_token = token_of(arena, list, response->trends[limit - 1]->name);
    }
    return cm_ok();
}

#include "negotiations/neg_queries.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_date.h"
#include "journal/cm_actor.h"
#include "journal/cm_resource.h"
#include "negotiations/neg_actors.h"
#include "negotiations/neg_compare.h"
#include "negotiations/neg_dyads.h"
#include "negotiations/neg_force.h"
#include "negotiations/neg_kinds.h"
#include "negotiations/neg_names.h"
#include "negotiations/neg_thread.h"

enum { CLAIMS = 1000, CLAIMS_OF_ALL = 100000, PAGE = 100, PAGE_MAX = 1000 };

/* ---- ListAgreements ---- */

static bool holds_on(const ProtobufCMessage *resource, const void *day)
{
    return neg_force_holds((const NegAgreement *)resource, *(const int32_t *)day);
}

cm_status neg_list_agreements(cm_call *call, const NegListAgreementsRequest *request,
                              NegListAgreementsResponse *response)
{
    cm_date date;
    cm_status s = cm_date_parse(request->in_force_on, &date);

    if (!cm_is_ok(s)) {
        cm_status told = cm_invalid("in_force_on", "%s", cm_status_message(s));
        cm_status_clear(&s);
        return told;
    }
    if (date.precision == CM_PRECISION_NONE)
        return cm_resource_list(call, &neg_agreement_kind, &request->base, &response->base);
    int32_t day = cm_date_middle_day(date);
    return cm_resource_list_where(call, &neg_agreement_kind, &request->base, &response->base, holds_on, &day);
}

/* ---- CompareCityState ---- */

static cm_status wrong_name(const char *field, const char *name, TypActorKind kind, const char *right)
{
    if (cm_actor_kind(name) == kind)
        return cm_ok();
    return cm_invalid(field, "\"%.160s\" is no %s; give %s", name, field, right);
}

static cm_status find_state(cm_db *db, const NegCompareCityStateRequest *request, int64_t as_of, cm_arena *arena,
                            const char **state)
{
    TypActorSnapshot known;
    bool is_known;

    CM_TRY(wrong_name("city", request->city, TYP_ACTOR_KIND_CITY, "cities/{city}"));
    if (*request->issue)
        CM_TRY(cm_name_check(neg_issue_patterns, "issue", request->issue));
    *state = request->state;
    if (*request->state)
        return wrong_name("state", request->state, TYP_ACTOR_KIND_STATE, "states/{state}");
    if (as_of)
        return cm_invalid("state", "give states/{state} with as_of: which state %s was known to be in then is not kept",
                          request->city);
    TypActorSnapshot_init(&known);
    CM_TRY(neg_actors_find(db, request->city, arena, &known, &is_known));
    if (!is_known)
        return cm_not_found("actor", request->city);
    if (!*known.state)
        return cm_invalid("state", "the state of %s is not known; give states/{state}", request->city);
    *state = known.state;
    return cm_ok();
}

typedef struct claims {
    NegPosition **positions; /* in order of issues */
    size_t count;
} claims;

static cm_status claim_names(cm_db *db, const char *actor, const char *issue, cm_names *names)
{
    cm_rows rows;

    CM_TRY(cm_db_query(db,
                       "SELECT name FROM positions WHERE actor = $1 AND ($2 = '' OR issue = $2) ORDER BY issue, name "
                       "LIMIT $3",
                       CM_WITH(cm_v_text(actor), cm_v_text(issue), cm_v_int(CLAIMS + 1)), &rows));
    while (cm_rows_next(&rows))
        cm_names_add(names, cm_arena_strdup(names->arena, cm_rows_text(&rows, 0)));
    return cm_rows_end(&rows);
}

static bool is_claim_of(const NegPosition *position, const char *actor, const char *issue)
{
    return position && !position->retraction && strcmp(position->actor, actor) == 0 &&
           (!*issue || strcmp(position->issue, issue) == 0);
}

static int by_issue(const void *a, const void *b)
{
    const NegPosition *x = *(NegPosition *const *)a, *y = *(NegPosition *const *)b;
    int order = strcmp(x->issue, y->issue);

    return order ? order : strcmp(x->name, y->name);
}

static cm_status too_many_claims(const char *actor)
{
    return cm_fail(CM_RESOURCE_EXHAUSTED, "%s made more than %d claims; name an issue", actor, CLAIMS);
}

/* Whose a position was at a time, only the journal knows: all that there were by then are looked at. */
static cm_status name_claims(cm_db *db, const char *actor, const char *issue, int64_t as_of, cm_names *names)
{
    if (!as_of)
        CM_TRY(claim_names(db, actor, issue, names));
    else
        CM_TRY(cm_resource_names_as_of(db, "positions/", as_of, CLAIMS_OF_ALL + 1, names));
    if (as_of && names->count > CLAIMS_OF_ALL)
        return cm_fail(CM_RESOURCE_EXHAUSTED,
                       "as_of: there were more than %d positions; list those of the city by then", CLAIMS_OF_ALL);
    return !as_of && names->count > CLAIMS ? too_many_claims(actor) : cm_ok();
}

static cm_status read_claims(cm_db *db, const char *actor, const char *issue, int64_t as_of, cm_arena *arena,
                             claims *read)
{
    cm_names names = {.arena = arena};

    CM_TRY(name_claims(db, actor, issue, as_of, &names));
    *read = (claims){cm_arena_take(arena, (CLAIMS + 1) * sizeof(NegPosition *)), 0};
    for (size_t i = 0; i < names.count; i++) {
        ProtobufCMessage *position;
        CM_TRY(cm_resource_find_as_of(db, &neg_position_kind, names.names[i], as_of, arena, &position));
        if (!is_claim_of((NegPosition *)position, actor, issue))
            continue;
        if (read->count == CLAIMS)
            return too_many_claims(actor);
        read->positions[read->count++] = (NegPosition *)position;
    }
    qsort(read->positions, read->count, sizeof *read->positions, by_issue);
    return cm_ok();
}

/* The claims on the issue from `from` on; answers where the next issue begins. */
static size_t end_of_issue(const claims *all, size_t from)
{
    size_t i = from;

    while (i < all->count && strcmp(all->positions[i]->issue, all->positions[from]->issue) == 0)
        i++;
    return i;
}

/* Where the state's claims on an issue begin; its count where there are none. */
static size_t find_issue(const claims *all, const char *issue)
{
    size_t i = 0;

    while (i < all->count && strcmp(all->positions[i]->issue, issue) != 0)
        i++;
    return i;
}

static cm_status name_issue(cm_db *db, int64_t as_of, cm_arena *arena, NegIssueComparison *comparison)
{
    ProtobufCMessage *issue;

    CM_TRY(cm_resource_find_as_of(db, &neg_issue_kind, comparison->issue, as_of, arena, &issue));
    if (issue)
        comparison->display_name = ((NegIssue *)issue)->display_name;
    return cm_ok();
}

cm_status neg_compare_city_state(cm_call *call, const NegCompareCityStateRequest *request,
                                 NegCompareCityStateResponse *response)
{
    cm_db *db = cm_call_lent(call);
    cm_arena *arena = cm_call_arena(call);
    const char *state;
    claims city, of_state;
    int64_t as_of;

    CM_TRY(cm_resource_as_of(&request->base, &as_of));
    CM_TRY(find_state(db, request, as_of, arena, &state));
    if (as_of)
        CM_TRY(cm_journal_seal(db, NULL, as_of));
    CM_TRY(read_claims(db, request->city, request->issue, as_of, arena, &city));
    CM_TRY(read_claims(db, state, request->issue, as_of, arena, &of_state));
    response->city = cm_arena_strdup(arena, request->city);
    response->state = cm_arena_strdup(arena, state);
    response->issues = cm_arena_take(arena, (city.count + 1) * sizeof *response->issues);
    for (size_t from = 0, next; from < city.count; from = next) {
        NegIssueComparison *comparison = CM_NEW(arena, NegIssueComparison);
        next = end_of_issue(&city, from);
        comparison->issue = city.positions[from]->issue;
        size_t at = find_issue(&of_state, comparison->issue);
        neg_compare(city.positions + from, next - from, of_state.positions + at, end_of_issue(&of_state, at) - at,
                    arena, comparison);
        CM_TRY(name_issue(db, as_of, arena, comparison));
        response->issues[response->n_issues++] = comparison;
    }
    return cm_ok();
}

/* ---- ListDyads ---- */

/* A token is the negotiation's etag and the number of the next pair: a change of the negotiation ends the list. */
static cm_status read_token(const char *token, const NegNegotiation *n, int64_t *from)
{
    char *end;

    *from = 0;
    if (!*token)
        return cm_ok();
    *from = strtoll(token, &end, 10);
    if (end == token || *end != '-' || *from < 0)
        return cm_invalid("page_token", "\"%.80s\" is no token; give the next_page_token of the page before", token);
    if (strcmp(end + 1, n->etag) != 0)
        return cm_fail(CM_ABORTED, "page_token: %s has changed since the page before; begin again", n->name);
    return cm_ok();
}

cm_status neg_list_dyads(cm_call *call, const NegListDyadsRequest *request, NegListDyadsResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    ProtobufCMessage *found;
    int64_t from, as_of;

    CM_TRY(cm_name_check(neg_negotiation_patterns, "negotiation", request->negotiation));
    if (*request->actor)
        CM_TRY(cm_name_check(cm_actor_patterns, "actor", request->actor));
    if (request->page_size < 0)
        return cm_invalid("page_size", "%d is negative; give 1 to %d, or 0 for %d", request->page_size, PAGE_MAX, PAGE);
    CM_TRY(cm_resource_as_of(&request->base, &as_of));
    if (as_of)
        CM_TRY(cm_journal_seal(cm_call_lent(call), request->negotiation, as_of));
    CM_TRY(
        cm_resource_find_as_of(cm_call_lent(call), &neg_negotiation_kind, request->negotiation, as_of, arena, &found));
    if (!found)
        return cm_not_found("negotiation", request->negotiation);
    const NegNegotiation *negotiation = (const NegNegotiation *)found;
    CM_TRY(read_token(request->page_token, negotiation, &from));
    size_t size = request->page_size == 0         ? PAGE
                  : request->page_size > PAGE_MAX ? PAGE_MAX
                                                  : (size_t)request->page_size;
    neg_dyads(negotiation, request->actor, from, size, arena, response);
    if (from + (int64_t)response->n_dyads < response->total)
        response->next_page_token =
            cm_arena_format(arena, "%lld-%s", (long long)(from + (int64_t)response->n_dyads), negotiation->etag);
    return cm_ok();
}

/* ---- GetThread ---- */

cm_status neg_get_thread(cm_call *call, const NegGetThreadRequest *request, NegGetThreadResponse *response)
{
    int64_t as_of;

    CM_TRY(cm_name_check(neg_entry_patterns, "name", request->name));
    CM_TRY(cm_resource_as_of(&request->base, &as_of));
    if (as_of)
        CM_TRY(cm_journal_seal(cm_call_lent(call), request->name, as_of));
    return neg_thread_read(cm_call_lent(call), request->name, as_of, cm_call_arena(call), response);
}

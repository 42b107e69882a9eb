#include "negotiations/neg_fetch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cityneg/journal/v1/journal.grpc-c.h"
#include "negotiations/neg_actors.h"
#include "negotiations/neg_state.h"

/* The registry answers in milliseconds; one that hangs must not keep the background threads. */
enum { MOST_AT_ONCE = 1000, MOST_MISSING = 32, RETRY_MS = 1000, WAIT_MS = 3000 };

/* Names to ask about, and where the request has them. */
typedef struct question {
    cm_call *call;
    cm_arena *arena;
    const cm_names *names;
    size_t *unknown; /* indices in names */
    size_t count;
    const char *epoch;
    int most_missing; /* after which it asks no further */
    cm_violations missing;
    neg_fetched *fetched;
} question;

/* On a reader. */
static cm_status find_unknown(void *argument, void *lent)
{
    question *q = argument;

    q->count = 0;
    for (size_t i = 0; i < q->names->count; i++) {
        bool known;
        CM_TRY(neg_actors_known(lent, q->names->names[i], &known));
        if (!known)
            q->unknown[q->count++] = i;
    }
    return cm_ok();
}

static cm_status away(const question *q, cm_status cause)
{
    cm_status s = cm_fail(CM_UNAVAILABLE, "the registry could not be asked about %s%s: %s; repeat the request",
                          q->names->names[q->unknown[0]], q->count > 1 ? " and others" : "", cm_status_message(cause));

    cm_status_clear(&cause);
    cm_status_reason(&s, "REGISTRY_UNAVAILABLE");
    cm_status_retry(&s, RETRY_MS);
    return s;
}

static cm_channel *registry(const question *q)
{
    return ((neg_state *)cm_call_state(q->call))->registry;
}

/* The epoch is asked first: what is answered after it is at least as new. */
static cm_status ask_epoch(question *q)
{
    JrnGetJournalRequest request;
    JrnJournal *journal;

    JrnGetJournalRequest_init(&request);
    CM_TRY(jrn_journal_service_get_journal(registry(q), &(cm_call_options){.parent = q->call, .timeout_ms = WAIT_MS},
                                           &request, q->arena, &journal));
    q->epoch = journal->epoch;
    return cm_ok();
}

static void keep(question *q, const size_t *asked, const RegBatchGetActorsResponse *response)
{
    for (size_t i = 0; i < response->n_actors; i++) {
        const RegActor *actor = response->actors[i];
        if (actor->retraction) {
            cm_violations_add(&q->missing, q->names->fields[asked[i]],
                              "%.160s is deleted in the registry; undelete it there, or name another", actor->name);
            cm_names_add(&q->fetched->missing, q->names->names[asked[i]]);
            continue;
        }
        q->fetched->snapshots[q->fetched->count++] =
            neg_actors_snapshot(actor, strtoll(actor->etag, NULL, 10), q->epoch, q->arena);
    }
}

/* Notes that the actor which the registry could not find is missing, and takes it off the list; false where it names
 * none of the list. */
static bool note_missing(question *q, size_t *asked, size_t *count, const char *name)
{
    for (size_t i = 0; name && i < *count; i++) {
        if (strcmp(q->names->names[asked[i]], name) != 0)
            continue;
        cm_violations_add(&q->missing, q->names->fields[asked[i]],
                          "%.160s does not exist in the registry; create it there first, or name another", name);
        cm_names_add(&q->fetched->missing, q->names->names[asked[i]]);
        memmove(asked + i, asked + i + 1, (*count - i - 1) * sizeof *asked);
        (*count)--;
        return true;
    }
    return false;
}

/* Asks about some of the names, leaving out those that turn out to be missing. */
static cm_status ask_batch(question *q, size_t *asked, size_t count)
{
    while (count && q->missing.count < q->most_missing) {
        RegBatchGetActorsRequest request;
        RegBatchGetActorsResponse *response;
        RegBatchGetActorsRequest_init(&request);
        request.names = cm_arena_take(q->arena, count * sizeof *request.names);
        request.n_names = count;
        for (size_t i = 0; i < count; i++)
            request.names[i] = (char *)q->names->names[asked[i]];
        cm_status s = reg_registry_service_batch_get_actors(
            registry(q), &(cm_call_options){.parent = q->call, .timeout_ms = WAIT_MS}, &request, q->arena, &response);
        if (cm_is_ok(s)) {
            keep(q, asked, response);
            return s;
        }
        if (s.code != CM_NOT_FOUND || !note_missing(q, asked, &count, s.error->resource_name))
            return s;
        cm_status_clear(&s);
    }
    return cm_ok();
}

static cm_status ask(question *q)
{
    CM_TRY(ask_epoch(q));
    for (size_t from = 0; from < q->count; from += MOST_AT_ONCE) {
        size_t count = q->count - from < MOST_AT_ONCE ? q->count - from : MOST_AT_ONCE;
        size_t *asked = cm_arena_copy(q->arena, q->unknown + from, count * sizeof *asked);
        CM_TRY(ask_batch(q, asked, count));
    }
    return cm_ok();
}

static neg_fetched *place_of(cm_call *call)
{
    neg_fetched *fetched = cm_call_data(call);

    if (!fetched) {
        fetched = cm_arena_zero(cm_call_arena(call), sizeof *fetched);
        cm_call_set_data(call, fetched);
    }
    fetched->count = 0;
    fetched->missing = (cm_names){.arena = cm_call_arena(call)};
    return fetched;
}

static cm_status fetch(question *q)
{
    const neg_state *state = cm_call_state(q->call);

    if (!q->names->count)
        return cm_ok();
    q->unknown = cm_arena_take(q->arena, q->names->count * sizeof *q->unknown);
    CM_TRY(cm_run_and_wait(cm_journal_readers(state->journal), find_unknown, q));
    if (!q->count)
        return cm_ok();
    q->fetched->snapshots = cm_arena_take(q->arena, q->count * sizeof *q->fetched->snapshots);
    cm_status s = ask(q);
    if (cm_is_ok(s))
        return s;
    cm_violations_clear(&q->missing);
    return away(q, s);
}

cm_status neg_fetch(cm_call *call, const cm_names *names)
{
    question q = {.call = call,
                  .arena = cm_call_arena(call),
                  .names = names,
                  .most_missing = MOST_MISSING,
                  .fetched = place_of(call)};

    CM_TRY(fetch(&q));
    return cm_violations_status(&q.missing);
}

cm_status neg_fetch_each(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request)
{
    cm_names names = {.arena = cm_call_arena(call)};
    question q = {
        .call = call, .arena = names.arena, .names = &names, .most_missing = INT_MAX, .fetched = place_of(call)};

    cm_resource_actors(kind, request, &names);
    CM_TRY(fetch(&q));
    cm_violations_clear(&q.missing); /* they are told of the resources that name them */
    return cm_ok();
}

cm_status neg_fetch_request(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request)
{
    const ProtobufCFieldDescriptor *partial = cm_message_field(request->descriptor, "return_partial_success");
    cm_names names = {.arena = cm_call_arena(call)};

    if (partial && cm_field_is_set(request, partial))
        return neg_fetch_each(call, kind, request);
    cm_resource_actors(kind, request, &names);
    return neg_fetch(call, &names);
}

static const TypActorSnapshot *fetched_of(cm_call *call, const char *actor)
{
    const neg_fetched *fetched = cm_call_data(call);

    for (size_t i = 0; fetched && i < fetched->count; i++)
        if (strcmp(fetched->snapshots[i]->actor, actor) == 0)
            return fetched->snapshots[i];
    return NULL;
}

static bool is_missing(cm_call *call, const char *actor)
{
    const neg_fetched *fetched = cm_call_data(call);

    for (size_t i = 0; fetched && i < fetched->missing.count; i++)
        if (strcmp(fetched->missing.names[i], actor) == 0)
            return true;
    return false;
}

cm_status neg_fetch_snapshot(cm_resource_context *context, const char *actor, TypActorSnapshot *snapshot)
{
    const TypActorSnapshot *fetched = fetched_of(context->call, actor);
    bool known;
    cm_db *db;

    if (is_missing(context->call, actor))
        return cm_not_found("actor", actor);
    if (fetched) {
        CM_TRY(cm_tx_write(context->tx, &db));
        CM_TRY(neg_actors_put(db, fetched, -1));
    }
    CM_TRY(neg_actors_find(cm_tx_db(context->tx), actor, context->arena, snapshot, &known));
    if (known)
        return cm_ok();
    cm_status s = cm_fail(CM_UNAVAILABLE, "%s is not known here yet; repeat the request", actor);
    cm_status_reason(&s, "ACTOR_NOT_KNOWN_YET");
    cm_status_retry(&s, RETRY_MS);
    return s;
}

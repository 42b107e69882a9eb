#include "negotiations/neg_service.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "negotiations/neg_agreement_status.h"
#include "negotiations/neg_bulk.h"
#include "negotiations/neg_checks.h"
#include "negotiations/neg_fetch.h"
#include "negotiations/neg_kinds.h"
#include "negotiations/neg_log.h"
#include "negotiations/neg_mentions.h"
#include "negotiations/neg_phase.h"
#include "negotiations/neg_queries.h"

enum { SMALL = 16 << 10, ONE = 256 << 10, MANY = 4 << 20 };

/* A standard method with the types of its messages: `act` is one of cm_resource's. */
#define METHOD(function, act, Request, Response, kind)                                                                 \
    static cm_status function(cm_call *call, const Request *request, Response *response)                               \
    {                                                                                                                  \
        return cm_resource_##act(call, &neg_##kind##_kind, &request->base, &response->base);                           \
    }
#define PREPARE(function, Request, kind)                                                                               \
    static cm_status function(cm_call *call, const Request *request)                                                   \
    {                                                                                                                  \
        return neg_fetch_request(call, &neg_##kind##_kind, &request->base);                                            \
    }

#define LISTED(kind, kinds, Kind, Kinds)                                                                               \
    METHOD(list_##kinds, list, NegList##Kinds##Request, NegList##Kinds##Response, kind)                                \
    METHODS(kind, kinds, Kind, Kinds)
#define METHODS(kind, kinds, Kind, Kinds)                                                                              \
    METHOD(get_##kind, get, NegGet##Kind##Request, Neg##Kind, kind)                                                    \
    METHOD(create_##kind, create, NegCreate##Kind##Request, Neg##Kind, kind)                                           \
    METHOD(update_##kind, update, NegUpdate##Kind##Request, Neg##Kind, kind)                                           \
    METHOD(create_##kinds, batch_create, NegBatchCreate##Kinds##Request, NegBatchCreate##Kinds##Response, kind)        \
    METHOD(update_##kinds, batch_update, NegBatchUpdate##Kinds##Request, NegBatchUpdate##Kinds##Response, kind)

/* Of kinds that name actors, which may have to be asked for before. */
#define PREPARES(kind, kinds, Kind, Kinds)                                                                             \
    PREPARE(before_create_##kind, NegCreate##Kind##Request, kind)                                                      \
    PREPARE(before_update_##kind, NegUpdate##Kind##Request, kind)                                                      \
    PREPARE(before_create_##kinds, NegBatchCreate##Kinds##Request, kind)                                               \
    PREPARE(before_update_##kinds, NegBatchUpdate##Kinds##Request, kind)

LISTED(source, sources, Source, Sources)
LISTED(collection, collections, Collection, Collections)
LISTED(issue, issues, Issue, Issues)
LISTED(negotiation, negotiations, Negotiation, Negotiations)
PREPARES(negotiation, negotiations, Negotiation, Negotiations)
LISTED(entry, entries, Entry, Entries)
PREPARES(entry, entries, Entry, Entries)
LISTED(position, positions, Position, Positions)
PREPARES(position, positions, Position, Positions)
METHODS(agreement, agreements, Agreement, Agreements)
PREPARES(agreement, agreements, Agreement, Agreements)

/* ---- AdvancePhase ---- */

static cm_status parse_advance(cm_call *call, const NegAdvancePhaseRequest *request, cm_date *date)
{
    cm_violations wrong = {0};
    cm_check check = {cm_call_arena(call), &wrong};
    char *text = request->date;

    neg_check_code(check, "phase", &NegPhase_descriptor, (int)request->phase, NEG_REQUIRED);
    *date = neg_check_dated(check, "date", &text);
    return cm_violations_status(&wrong);
}

static cm_status advance_phase(cm_call *call, const NegAdvancePhaseRequest *request, NegNegotiation *response)
{
    const cm_resource_kind *kind = &neg_negotiation_kind;
    ProtobufCMessage *before;
    bool repeated;
    cm_date date;

    CM_TRY(parse_advance(call, request, &date));
    CM_TRY(cm_resource_repeat(call, kind, &request->base, &response->base, &repeated));
    if (repeated)
        return cm_ok();
    CM_TRY(cm_resource_load(call, kind, request->name, request->etag, &before));
    NegNegotiation *after = cm_message_copy(before, cm_call_arena(call));
    CM_TRY(neg_phase_advance(after, request->phase, date, cm_call_arena(call)));
    return cm_resource_save(call, kind, &request->base, "phase_changed", before, &after->base, &response->base);
}

/* ---- ChangeAgreementStatus ---- */

static cm_status parse_step(cm_call *call, const NegChangeAgreementStatusRequest *request, NegStatusStep **step)
{
    cm_violations wrong = {0};

    if (!request->step)
        return cm_invalid("step", "missing; give the status, its date, and why");
    *step = cm_message_copy(&request->step->base, cm_call_arena(call));
    neg_check_step((cm_check){cm_call_arena(call), &wrong}, "step.", *step);
    return cm_violations_status(&wrong);
}

static cm_status before_change_agreement_status(cm_call *call, const NegChangeAgreementStatusRequest *request)
{
    cm_names names = {.arena = cm_call_arena(call)};

    if (request->step)
        neg_mention_deciders(request->step, &names);
    return neg_fetch(call, &names);
}

/* What is wrong with the newest step is told where the request has it. */
static void name_step(cm_status *s, const NegAgreement *agreement)
{
    CM_FREE char *there = cm_format("agreement.status_history[%zu].", agreement->n_status_history - 1);

    for (cm_violation *v = s->error ? s->error->violations : NULL; v; v = v->next) {
        if (strncmp(v->field, there, strlen(there)) != 0)
            continue;
        char *here = cm_format("step.%s", v->field + strlen(there));
        free(v->field);
        v->field = here;
    }
}

static cm_status change_agreement_status(cm_call *call, const NegChangeAgreementStatusRequest *request,
                                         NegAgreement *response)
{
    const cm_resource_kind *kind = &neg_agreement_kind;
    ProtobufCMessage *before;
    NegStatusStep *step = NULL;
    bool repeated;

    CM_TRY(parse_step(call, request, &step));
    CM_TRY(cm_resource_repeat(call, kind, &request->base, &response->base, &repeated));
    if (repeated)
        return cm_ok();
    CM_TRY(cm_resource_load(call, kind, request->name, request->etag, &before));
    NegAgreement *after = cm_message_copy(before, cm_call_arena(call));
    CM_TRY(neg_agreement_advance(after, step, cm_call_arena(call)));
    cm_status s =
        cm_resource_save(call, kind, &request->base, "status_changed", before, &after->base, &response->base);
    name_step(&s, after);
    return s;
}

/* ---- deletion, history, erasure ---- */

static const cm_resource_kind *const kinds[] = {
    &neg_source_kind, &neg_collection_kind, &neg_issue_kind,     &neg_negotiation_kind,
    &neg_entry_kind,  &neg_position_kind,   &neg_agreement_kind, NULL};

#define RETRACT(kind, Kind)                                                                                            \
    static cm_status retract_##kind(cm_call *call, const NegRetract##Kind##Request *request, Neg##Kind *response)      \
    {                                                                                                                  \
        return cm_resource_retract(call, kinds, &neg_##kind##_kind, &request->base, &response->base);                  \
    }

#define DELETE(kind, Kind)                                                                                             \
    static cm_status delete_##kind(cm_call *call, const NegDelete##Kind##Request *request, Neg##Kind *response)        \
    {                                                                                                                  \
        return cm_resource_delete(call, kinds, &neg_##kind##_kind, &request->base, &response->base);                   \
    }                                                                                                                  \
    METHOD(undelete_##kind, undelete, NegUndelete##Kind##Request, Neg##Kind, kind)

DELETE(source, Source)
DELETE(collection, Collection)
DELETE(issue, Issue)
DELETE(negotiation, Negotiation)
DELETE(entry, Entry)
DELETE(position, Position)
DELETE(agreement, Agreement)

RETRACT(negotiation, Negotiation)
RETRACT(entry, Entry)
RETRACT(position, Position)
RETRACT(agreement, Agreement)

static cm_status list_revisions(cm_call *call, const NegListRevisionsRequest *request,
                                NegListRevisionsResponse *response)
{
    return cm_resource_list_revisions(call, kinds, &request->base, &response->base);
}

static cm_status erase(cm_call *call, const NegEraseRequest *request, NegEraseResponse *response)
{
    return cm_resource_erase(call, kinds, &request->base, &response->base);
}

cm_status neg_service_resume(cm_journal *journal)
{
    return cm_resource_erase_pending(journal, kinds);
}

/* ---- the rows ---- */

#define READ(function)                                                                                                 \
    {                                                                                                                  \
        .handler = function, .lane = CM_READER, .role = CM_MAY_READ, .largest = SMALL                                  \
    }
#define WRITE(function, size)                                                                                          \
    {                                                                                                                  \
        .handler = function, .lane = CM_WRITER, .touches = cm_resource_touches, .role = CM_MAY_WRITE, .largest = size  \
    }
#define TAKE_BACK(function)                                                                                            \
    {                                                                                                                  \
        .handler = function, .lane = CM_WRITER, .role = CM_MAY_WRITE, .largest = SMALL                                 \
    }
#define ASK_AND_WRITE(function, size)                                                                                  \
    {                                                                                                                  \
        .handler = function, .prepare = before_##function, .lane = CM_WRITER, .touches = cm_resource_touches,          \
        .role = CM_MAY_WRITE, .largest = size                                                                          \
    }

static const NegNegotiationsService rows = {
    .get_source = READ(get_source),
    .list_sources = READ(list_sources),
    .create_source = WRITE(create_source, ONE),
    .update_source = WRITE(update_source, ONE),
    .batch_create_sources = WRITE(create_sources, MANY),
    .batch_update_sources = WRITE(update_sources, MANY),
    .delete_source = TAKE_BACK(delete_source),
    .undelete_source = TAKE_BACK(undelete_source),

    .get_collection = READ(get_collection),
    .list_collections = READ(list_collections),
    .create_collection = WRITE(create_collection, ONE),
    .update_collection = WRITE(update_collection, ONE),
    .batch_create_collections = WRITE(create_collections, MANY),
    .batch_update_collections = WRITE(update_collections, MANY),
    .delete_collection = TAKE_BACK(delete_collection),
    .undelete_collection = TAKE_BACK(undelete_collection),

    .get_issue = READ(get_issue),
    .list_issues = READ(list_issues),
    .create_issue = WRITE(create_issue, ONE),
    .update_issue = WRITE(update_issue, ONE),
    .batch_create_issues = WRITE(create_issues, MANY),
    .batch_update_issues = WRITE(update_issues, MANY),
    .delete_issue = TAKE_BACK(delete_issue),
    .undelete_issue = TAKE_BACK(undelete_issue),

    .get_negotiation = READ(get_negotiation),
    .list_negotiations = READ(list_negotiations),
    .create_negotiation = ASK_AND_WRITE(create_negotiation, ONE),
    .update_negotiation = ASK_AND_WRITE(update_negotiation, ONE),
    .batch_create_negotiations = ASK_AND_WRITE(create_negotiations, MANY),
    .batch_update_negotiations = ASK_AND_WRITE(update_negotiations, MANY),
    .delete_negotiation = TAKE_BACK(delete_negotiation),
    .undelete_negotiation = TAKE_BACK(undelete_negotiation),

    .get_entry = READ(get_entry),
    .list_entries = READ(list_entries),
    .create_entry = ASK_AND_WRITE(create_entry, ONE),
    .update_entry = ASK_AND_WRITE(update_entry, ONE),
    .batch_create_entries = ASK_AND_WRITE(create_entries, MANY),
    .batch_update_entries = ASK_AND_WRITE(update_entries, MANY),
    .delete_entry = TAKE_BACK(delete_entry),
    .undelete_entry = TAKE_BACK(undelete_entry),

    .get_position = READ(get_position),
    .list_positions = READ(list_positions),
    .create_position = ASK_AND_WRITE(create_position, ONE),
    .update_position = ASK_AND_WRITE(update_position, ONE),
    .batch_create_positions = ASK_AND_WRITE(create_positions, MANY),
    .batch_update_positions = ASK_AND_WRITE(update_positions, MANY),
    .delete_position = TAKE_BACK(delete_position),
    .undelete_position = TAKE_BACK(undelete_position),

    .get_agreement = READ(get_agreement),
    .list_agreements = READ(neg_list_agreements),
    .create_agreement = ASK_AND_WRITE(create_agreement, ONE),
    .update_agreement = ASK_AND_WRITE(update_agreement, ONE),
    .batch_create_agreements = ASK_AND_WRITE(create_agreements, MANY),
    .batch_update_agreements = ASK_AND_WRITE(update_agreements, MANY),
    .delete_agreement = TAKE_BACK(delete_agreement),
    .undelete_agreement = TAKE_BACK(undelete_agreement),

    .compare_city_state = READ(neg_compare_city_state),
    .list_dyads = READ(neg_list_dyads),
    .get_thread = READ(neg_get_thread),

    .advance_phase = WRITE(advance_phase, SMALL),
    .change_agreement_status = ASK_AND_WRITE(change_agreement_status, ONE),

    .retract_negotiation = TAKE_BACK(retract_negotiation),
    .retract_entry = TAKE_BACK(retract_entry),
    .retract_position = TAKE_BACK(retract_position),
    .retract_agreement = TAKE_BACK(retract_agreement),
    .list_revisions = READ(list_revisions),
    .erase = {.handler = erase, .lane = CM_WRITER, .role = CM_MAY_ADMIN, .largest = SMALL},

    .log_entries = {.open = neg_log_open,
                    .message = neg_log_message,
                    .half_close = neg_log_half_close,
                    .done = neg_log_done,
                    .lane = CM_BACKGROUND,
                    .role = CM_MAY_WRITE,
                    .largest = ONE},

    .bulk_log = {.open = neg_bulk_open,
                 .message = neg_bulk_message,
                 .half_close = neg_bulk_half_close,
                 .writable = neg_bulk_writable,
                 .done = neg_bulk_done,
                 .lane = CM_BACKGROUND,
                 .role = CM_MAY_WRITE,
                 .largest = MANY},
};

cm_service neg_service(neg_state *state)
{
    return neg_negotiations_service(&rows, state);
}

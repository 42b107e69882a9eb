#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "cli/imp_facts.h"
#include "cli/imp_steps.h"

/* The steps of all agreements, as read, gathered before the agreements that they belong to. */
typedef struct steps {
    cm_arena *arena;
    struct {
        const char *agreement;
        NegStatusStep *step;
    } * rows;
    size_t count, capacity;
    imp_sink *sink; /* of the agreements that they belong to */
} steps;

static cm_status gather_step(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    steps *all = context;
    NegStatusStep *step = CM_NEW(all->arena, NegStatusStep);
    bool fine = true;

    step->date = cm_arena_strdup(all->arena, cm_table_field(table, "date"));
    CM_TRY(imp_code(session, origin, &NegAgreementStatus_descriptor, "status", cm_table_field(table, "status"),
                    &step->status, &fine));
    if (fine)
        CM_TRY(imp_code(session, origin, &NegStatusBasis_descriptor, "basis", cm_table_field(table, "basis"),
                        &step->basis, &fine));
    step->reason = cm_arena_strdup(all->arena, cm_table_field(table, "reason"));
    step->n_decided_by = imp_split(all->arena, cm_table_field(table, "decided_by"), &step->decided_by);
    imp_citations(session, all->arena, cm_table_field(table, "sources"), &step->n_sources, &step->sources);
    if (!fine)
        return cm_ok();
    CM_GROW(all->rows, all->capacity, all->count + 1);
    all->rows[all->count].agreement = cm_arena_strdup(all->arena, cm_table_field(table, "agreement"));
    all->rows[all->count++].step = step;
    return cm_ok();
}

static void put_steps(cm_arena *arena, NegAgreement *agreement, const char *id, const steps *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->rows[i].agreement, id) == 0)
            imp_step_add(arena, agreement, all->rows[i].step);
}

static cm_status put_agreement(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    const steps *all = context;
    imp_sink *sink = all->sink;
    cm_arena *arena = imp_sink_arena(sink);
    NegAgreement *a = imp_sink_resource(sink);
    const char *id = cm_table_field(table, "id"), *negotiation = cm_table_field(table, "negotiation");
    bool fine = true;

    a->name = cm_arena_format(arena, "agreements/%s", id);
    CM_TRY(imp_code(session, origin, &NegAgreementKind_descriptor, "kind", cm_table_field(table, "kind"), &a->kind,
                    &fine));
    a->n_parties = imp_split(arena, cm_table_field(table, "parties"), &a->parties);
    a->n_topics = imp_split(arena, cm_table_field(table, "topics"), &a->topics);
    if (*negotiation)
        a->negotiation = cm_arena_format(arena, "negotiations/%s", negotiation);
    a->note = cm_arena_strdup(arena, cm_table_field(table, "note"));
    put_steps(arena, a, id, all);
    imp_citations(session, arena, cm_table_field(table, "sources"), &a->n_sources, &a->sources);
    a->collection = cm_arena_strdup(arena, imp_collection(cm_table_field(table, "sources"), ""));
    return fine ? imp_sink_put(sink, &a->base, origin) : cm_ok();
}

cm_status imp_facts_agreements(imp_session *session, const char *folder)
{
    static const char *const step[] = {"agreement", "date", "status", "reason", "decided_by", "basis", "sources", NULL};
    static const char *const agreement[] = {"id", "kind", "parties", "topics", "negotiation", "note", "sources", NULL};
    steps all = {.arena = cm_arena_new()};

    cm_status status = imp_fact_rows(session, folder, "agreement_status.tsv", step, gather_step, &all, NULL);
    if (cm_is_ok(status)) {
        all.sink =
            imp_sink_new(session, session->negotiations, &neg_negotiations_service_desc, "BatchUpdateAgreements");
        status = imp_fact_rows(session, folder, "agreements.tsv", agreement, put_agreement, &all, all.sink);
    }
    free(all.rows);
    cm_arena_free(all.arena);
    return status;
}

#include <string.h>

#include "base/cm_date.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "cli/imp_facts.h"
#include "cli/imp_names.h"

/* The steps of all agreements, as read, gathered before the agreements that they belong to. */
typedef struct steps {
    cm_arena *arena;
    struct {
        const char *agreement;
        NegStatusStep *step;
    } *rows;
    size_t count, capacity;
} steps;

static cm_status gather_step(imp_session *session, cm_table *table, imp_origin origin, steps *all)
{
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

static cm_status gather_steps(imp_session *session, const char *folder, steps *all)
{
    static const char *const required[] = {"agreement", "date", "status", "reason", "decided_by", "basis", "sources",
                                           NULL};
    CM_FREE char *path = cm_format("%s/agreement_status.tsv", folder);
    cm_table *table;
    imp_origin origin;
    bool more;

    CM_TRY(imp_open(session, path, '\t', required, &table));
    for (;;) {
        CM_TRY(imp_next(session, table, &origin, &more));
        if (!more)
            break;
        CM_TRY(gather_step(session, table, origin, all));
    }
    imp_close(session, table);
    return cm_ok();
}

/* When a step happened, for putting the steps of one agreement in order; a date that is wrong stays where it is, for the
 * service to refuse. */
static cm_date when(const NegStatusStep *step)
{
    cm_date date = {0};
    cm_status status = cm_date_parse(step->date, &date);

    cm_status_clear(&status);
    return date;
}

static void put_steps(cm_arena *arena, NegAgreement *agreement, const char *id, const steps *all)
{
    size_t count = 0;

    for (size_t i = 0; i < all->count; i++)
        count += strcmp(all->rows[i].agreement, id) == 0;
    agreement->status_history = cm_arena_take(arena, (count + 1) * sizeof *agreement->status_history);
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->rows[i].agreement, id) != 0)
            continue;
        NegStatusStep *step = all->rows[i].step;
        size_t at = agreement->n_status_history++;
        while (at > 0) {
            NegStatusStep *before = agreement->status_history[at - 1];
            int order = cm_date_compare(when(before), when(step));
            if (order < 0 || (order == 0 && before->status <= step->status))
                break;
            agreement->status_history[at] = before;
            at--;
        }
        agreement->status_history[at] = step;
    }
}

static cm_status put_agreement(imp_session *session, cm_table *table, imp_sink *sink, imp_origin origin,
                               const steps *all)
{
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
    static const char *const required[] = {"id", "kind", "parties", "topics", "negotiation", "note", "sources", NULL};
    CM_FREE char *path = cm_format("%s/agreements.tsv", folder);
    steps all = {.arena = cm_arena_new()};
    cm_table *table;
    imp_origin origin;
    bool more;

    CM_TRY(gather_steps(session, folder, &all));
    CM_TRY(imp_open(session, path, '\t', required, &table));
    imp_sink *sink = imp_sink_new(session, session->negotiations, &neg_negotiations_service_desc,
                                  "BatchUpdateAgreements");
    for (;;) {
        CM_TRY(imp_next(session, table, &origin, &more));
        if (!more)
            break;
        CM_TRY(put_agreement(session, table, sink, origin, &all));
    }
    CM_TRY(imp_sink_end(sink));
    imp_close(session, table);
    free(all.rows);
    cm_arena_free(all.arena);
    return cm_ok();
}

/* ---- dated pairs of sister cities ---- */

static const char PAIRS_SOURCE[] = "wikidata-p190";

/* A step of the pair's life; `year` is "" for unknown. */
static NegStatusStep *pair_step(imp_session *session, cm_arena *arena, const char *year, NegAgreementStatus status)
{
    NegStatusStep *step = CM_NEW(arena, NegStatusStep);

    step->date = cm_arena_strdup(arena, year);
    step->status = status;
    imp_citations(session, arena, PAIRS_SOURCE, &step->n_sources, &step->sources);
    return step;
}

/* The city that has this Wikidata id, or a new one named by it. */
static cm_status pair_city(imp_session *session, imp_sink *cities, imp_origin origin, const char *qid,
                           const char *display_name, cm_arena *arena, char **name)
{
    const char *known = imp_actor_by_id(session, "wikidata", qid);
    cm_arena *memory = imp_sink_arena(cities);

    *name = known ? cm_arena_strdup(arena, known) : cm_arena_format(arena, "cities/%s", imp_slug(arena, qid));
    if (known)
        return cm_ok();
    RegActor *actor = imp_sink_resource(cities);
    actor->name = cm_arena_strdup(memory, *name);
    actor->display_name = cm_arena_strdup(memory, *display_name ? display_name : qid);
    actor->external_ids = cm_arena_take(memory, sizeof *actor->external_ids);
    actor->external_ids[0] = CM_NEW(memory, RegExternalId);
    actor->external_ids[0]->scheme = "wikidata";
    actor->external_ids[0]->value = cm_arena_strdup(memory, qid);
    actor->n_external_ids = 1;
    imp_id_add(session, "wikidata", qid, *name);
    return imp_sink_put(cities, &actor->base, origin);
}

static cm_status put_pair(imp_session *session, cm_table *table, imp_sink *cities, imp_sink *agreements,
                          imp_origin origin)
{
    cm_arena *arena = imp_sink_arena(agreements);
    NegAgreement *a = imp_sink_resource(agreements);
    const char *qid_a = cm_table_field(table, "qid_a"), *qid_b = cm_table_field(table, "qid_b");
    const char *start = cm_table_field(table, "start_year"), *stop = cm_table_field(table, "end_year");

    a->parties = cm_arena_take(arena, 2 * sizeof *a->parties);
    CM_TRY(pair_city(session, cities, origin, qid_a, cm_table_field(table, "name_a"), arena, &a->parties[0]));
    CM_TRY(pair_city(session, cities, origin, qid_b, cm_table_field(table, "name_b"), arena, &a->parties[1]));
    a->n_parties = 2;
    a->name = cm_arena_format(arena, "agreements/p190-%s-%s", imp_slug(arena, qid_a), imp_slug(arena, qid_b));
    a->kind = NEG_AGREEMENT_KIND_SISTER_CITY;
    a->status_history = cm_arena_take(arena, 2 * sizeof *a->status_history);
    a->status_history[a->n_status_history++] =
        pair_step(session, arena, strcmp(start, "0") == 0 ? "" : start, NEG_AGREEMENT_STATUS_SIGNED);
    if (*stop && strcmp(stop, "3000") != 0)
        a->status_history[a->n_status_history++] = pair_step(session, arena, stop, NEG_AGREEMENT_STATUS_ENDED);
    imp_citations(session, arena, PAIRS_SOURCE, &a->n_sources, &a->sources);
    a->collection = "collections/wikidata-p190-dated-pairs";
    return imp_sink_put(agreements, &a->base, origin);
}

cm_status imp_pairs(imp_session *session, const char *path)
{
    static const char *const required[] = {"qid_a", "name_a", "qid_b", "name_b", "start_year", "end_year", NULL};
    cm_table *table;
    imp_origin origin;
    bool more;

    CM_TRY(imp_ids(session, NULL));
    CM_TRY(imp_put_source(session, PAIRS_SOURCE, "https://www.wikidata.org/wiki/Property:P190", "Wikidata",
                          "Twinned administrative bodies (P190) with dates", "reported", "CC0-1.0"));
    CM_TRY(imp_put_collection(session, "wikidata_P190_dated_pairs", "1946", "2015", "sample",
                              "pairs that Wikidata dates; few from 2010 on"));
    CM_TRY(imp_open(session, path, '\t', required, &table));
    imp_sink *cities = imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateActors");
    imp_sink *agreements = imp_sink_new(session, session->negotiations, &neg_negotiations_service_desc,
                                        "BatchUpdateAgreements");
    imp_sink_after(agreements, cities);
    for (;;) {
        CM_TRY(imp_next(session, table, &origin, &more));
        if (!more)
            break;
        CM_TRY(put_pair(session, table, cities, agreements, origin));
    }
    CM_TRY(imp_sink_end(agreements));
    CM_TRY(imp_sink_end(cities));
    imp_close(session, table);
    return cm_ok();
}

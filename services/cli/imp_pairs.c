#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "cli/imp_facts.h"
#include "cli/imp_steps.h"

static const char SOURCE[] = "wikidata-p190";

/* The agreements of a file, in order of their first rows: rows of the same two cities are one agreement. */
typedef struct pairs {
    cm_arena *arena;
    NegAgreement **agreements;
    imp_origin *origins;
    size_t count, capacity, origin_capacity;
    imp_sink *cities;
} pairs;

/* A step of the pair's life; `year` is "" for unknown. */
static NegStatusStep *pair_step(imp_session *session, cm_arena *arena, const char *year, NegAgreementStatus status)
{
    NegStatusStep *step = CM_NEW(arena, NegStatusStep);

    step->date = cm_arena_strdup(arena, year);
    step->status = status;
    imp_citations(session, arena, SOURCE, &step->n_sources, &step->sources);
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

/* The agreement of that name, or a new one at the end of the list. */
static NegAgreement *agreement_of(pairs *all, const char *name, imp_origin origin)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->agreements[i]->name, name) == 0)
            return all->agreements[i];
    CM_GROW(all->agreements, all->capacity, all->count + 1);
    CM_GROW(all->origins, all->origin_capacity, all->count + 1);
    NegAgreement *a = CM_NEW(all->arena, NegAgreement);
    a->name = cm_arena_strdup(all->arena, name);
    origin.row = cm_arena_strdup(all->arena, origin.row);
    all->origins[all->count] = origin;
    all->agreements[all->count++] = a;
    return a;
}

static cm_status gather_row(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    pairs *all = context;
    cm_arena *arena = all->arena;
    const char *qid_a = cm_table_field(table, "qid_a"), *qid_b = cm_table_field(table, "qid_b");
    const char *start = cm_table_field(table, "start_year"), *stop = cm_table_field(table, "end_year");
    NegAgreement *a = agreement_of(
        all, cm_arena_format(arena, "agreements/p190-%s-%s", imp_slug(arena, qid_a), imp_slug(arena, qid_b)), origin);

    a->parties = cm_arena_take(arena, 2 * sizeof *a->parties);
    CM_TRY(pair_city(session, all->cities, origin, qid_a, cm_table_field(table, "name_a"), arena, &a->parties[0]));
    CM_TRY(pair_city(session, all->cities, origin, qid_b, cm_table_field(table, "name_b"), arena, &a->parties[1]));
    a->n_parties = 2;
    a->kind = NEG_AGREEMENT_KIND_SISTER_CITY;
    a->collection = "collections/wikidata-p190-dated-pairs";
    imp_citations(session, arena, SOURCE, &a->n_sources, &a->sources);
    imp_step_add(arena, a,
                 pair_step(session, arena, strcmp(start, "0") == 0 ? "" : start, NEG_AGREEMENT_STATUS_SIGNED));
    if (*stop && strcmp(stop, "3000") != 0)
        imp_step_add(arena, a, pair_step(session, arena, stop, NEG_AGREEMENT_STATUS_ENDED));
    return cm_ok();
}

cm_status imp_pairs(imp_session *session, const char *path)
{
    static const char *const required[] = {"qid_a", "name_a", "qid_b", "name_b", "start_year", "end_year", NULL};
    pairs all = {.arena = cm_arena_new()};

    CM_TRY(imp_ids(session, NULL));
    CM_TRY(imp_put_source(session, SOURCE, "https://www.wikidata.org/wiki/Property:P190", "Wikidata",
                          "Twinned administrative bodies (P190) with dates", "reported", "CC0-1.0"));
    CM_TRY(imp_put_collection(session, "wikidata_P190_dated_pairs", "1946", "2015", "sample",
                              "pairs that Wikidata dates; few from 2010 on"));
    all.cities = imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateActors");
    CM_TRY(imp_rows(session, path, '\t', required, gather_row, &all, all.cities)); /* cities before what names them */
    imp_sink *agreements =
        imp_sink_new(session, session->negotiations, &neg_negotiations_service_desc, "BatchUpdateAgreements");
    for (size_t i = 0; i < all.count; i++)
        CM_TRY(imp_sink_put(agreements, &all.agreements[i]->base, all.origins[i]));
    CM_TRY(imp_sink_end(agreements));
    free(all.agreements);
    free(all.origins);
    cm_arena_free(all.arena);
    return cm_ok();
}

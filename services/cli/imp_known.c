#include <ctype.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "cli/imp_facts.h"
#include "cli/imp_names.h"

const char *imp_state(const imp_session *session, const char *code)
{
    char upper[8];
    size_t length = strlen(code);

    if (length == 0 || length >= sizeof upper)
        return NULL;
    for (size_t i = 0; i <= length; i++)
        upper[i] = (char)toupper((unsigned char)code[i]);
    return imp_names_get(session->states, upper);
}

static void add_external_id(cm_arena *arena, RegActor *actor, const char *scheme, const char *value)
{
    if (!*value)
        return;
    actor->external_ids[actor->n_external_ids] = CM_NEW(arena, RegExternalId);
    actor->external_ids[actor->n_external_ids]->scheme = cm_arena_strdup(arena, scheme);
    actor->external_ids[actor->n_external_ids++]->value = cm_arena_strdup(arena, value);
}

/* One row of samples/states.tsv: actor, name, iso2, iso3, m49. */
static cm_status put_state(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    cm_arena *arena = imp_sink_arena(sink);
    RegActor *actor = imp_sink_resource(sink);
    const char *name = cm_table_field(table, "actor");
    const char *iso2 = cm_table_field(table, "iso2"), *iso3 = cm_table_field(table, "iso3");

    actor->name = cm_arena_strdup(arena, name);
    actor->display_name = cm_arena_strdup(arena, cm_table_field(table, "name"));
    actor->external_ids = cm_arena_take(arena, 3 * sizeof *actor->external_ids);
    add_external_id(arena, actor, "iso-3166-1-alpha-2", iso2);
    add_external_id(arena, actor, "iso-3166-1-alpha-3", iso3);
    add_external_id(arena, actor, "un-m49", cm_table_field(table, "m49"));
    if (*iso2)
        imp_names_put(session->states, iso2, name);
    if (*iso3)
        imp_names_put(session->states, iso3, name);
    return imp_sink_put(sink, &actor->base, origin);
}

cm_status imp_states(imp_session *session)
{
    CM_FREE char *samples = imp_samples();
    CM_FREE char *path = cm_format("%s/states.tsv", samples);

    return session->states ? cm_ok() : imp_states_file(session, path);
}

cm_status imp_states_file(imp_session *session, const char *path)
{
    static const char *const required[] = {"actor", "name", "iso2", "iso3", NULL};
    imp_sink *sink = imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateActors");

    if (!session->states)
        session->states = imp_names_new();
    return imp_rows(session, path, '\t', required, put_state, sink, sink);
}

void imp_id_add(imp_session *session, const char *scheme, const char *value, const char *actor)
{
    CM_FREE char *key = cm_format("%s:%s", scheme, value);

    if (!session->ids)
        session->ids = imp_names_new();
    imp_names_put(session->ids, key, actor);
}

const char *imp_actor_by_id(const imp_session *session, const char *scheme, const char *value)
{
    CM_FREE char *key = cm_format("%s:%s", scheme, value);

    return imp_names_get(session->ids, key);
}

cm_status imp_ids(imp_session *session, struct imp_names *taken)
{
    cm_call_options patiently = IMP_PATIENTLY;
    CM_ARENA(token_arena);
    CM_ARENA(arena);
    char *token = cm_arena_strdup(token_arena, "");

    do {
        RegListActorsRequest request = CITYNEG__REGISTRY__V1__LIST_ACTORS_REQUEST__INIT;
        RegListActorsResponse *response;
        request.page_size = 1000;
        request.page_token = token;
        cm_arena_reset(arena);
        CM_TRY(reg_registry_service_list_actors(session->registry, &patiently, &request, arena, &response));
        for (size_t i = 0; i < response->n_actors; i++) {
            RegActor *actor = response->actors[i];
            if (taken)
                imp_names_put(taken, actor->name, "");
            for (size_t k = 0; k < actor->n_external_ids; k++)
                imp_id_add(session, actor->external_ids[k]->scheme, actor->external_ids[k]->value, actor->name);
        }
        token = cm_arena_strdup(token_arena, response->next_page_token);
    } while (*token);
    return cm_ok();
}

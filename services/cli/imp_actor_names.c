#include "cli/imp_actor_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"

enum { ASKED = 500 }; /* actors at once */

static int by_actor(const void *a, const void *b)
{
    const imp_actor_name *x = a, *y = b;
    int order = strcmp(x->actor, y->actor);

    return order ? order : (x->origin.line > y->origin.line) - (x->origin.line < y->origin.line);
}

/* A bare name is one of which nothing but the text is known. */
static bool is_bare(const RegActorName *name)
{
    return !*name->language && name->kind == REG_NAME_KIND_UNSPECIFIED && !*name->from && !*name->to;
}

/* Whether the actor has the name already; a bare one becomes what is told of it. */
static bool has(RegActor *actor, const RegActorName *name)
{
    if (is_bare(name) && strcmp(actor->display_name, name->text) == 0)
        return true;
    for (size_t i = 0; i < actor->n_names; i++) {
        RegActorName *known = actor->names[i];
        if (strcmp(known->text, name->text) != 0)
            continue;
        if (is_bare(name) || (strcmp(known->language, name->language) == 0 && known->kind == name->kind))
            return true;
        if (is_bare(known)) {
            *known = *name;
            return true;
        }
    }
    return false;
}

static void add(RegActor *actor, const RegActorName *name, cm_arena *arena)
{
    RegActorName **names = cm_arena_take(arena, (actor->n_names + 1) * sizeof *names);

    if (actor->n_names)
        memcpy(names, actor->names, actor->n_names * sizeof *names);
    names[actor->n_names++] = cm_arena_copy(arena, name, sizeof *name);
    actor->names = names;
}

/* The names of one actor, put as an update of its names alone. */
static cm_status put(imp_sink *sink, RegActor *known, const imp_actor_name *names, size_t count, cm_arena *arena)
{
    RegActor *actor = imp_sink_resource(sink);

    for (size_t i = 0; i < count; i++)
        if (!has(known, &names[i].is))
            add(known, &names[i].is, arena);
    const RegActor *copy = cm_message_copy(&known->base, imp_sink_arena(sink));
    actor->name = copy->name;
    actor->names = copy->names;
    actor->n_names = copy->n_names;
    return imp_sink_put(sink, &actor->base, names[0].origin);
}

/* Those of the first actors, as many as are asked for at once; *used says how many names that were. */
static cm_status put_some(imp_session *session, imp_sink *sink, const imp_actor_name *names, size_t count, size_t *used)
{
    CM_ARENA(arena);
    cm_call_options patiently = IMP_PATIENTLY;
    RegBatchGetActorsRequest request = CITYNEG__REGISTRY__V1__BATCH_GET_ACTORS_REQUEST__INIT;
    RegBatchGetActorsResponse *response;
    size_t starts[ASKED + 1];

    request.names = cm_arena_take(arena, ASKED * sizeof *request.names);
    for (*used = 0; *used < count; ++*used) {
        if (*used > 0 && strcmp(names[*used].actor, names[*used - 1].actor) == 0)
            continue;
        if (request.n_names == ASKED)
            break;
        starts[request.n_names] = *used;
        request.names[request.n_names++] = (char *)names[*used].actor;
    }
    starts[request.n_names] = *used;
    CM_TRY(reg_registry_service_batch_get_actors(session->registry, &patiently, &request, arena, &response));
    for (size_t i = 0; i < response->n_actors; i++)
        CM_TRY(put(sink, response->actors[i], &names[starts[i]], starts[i + 1] - starts[i], arena));
    return cm_ok();
}

cm_status imp_actor_names_put(imp_session *session, imp_sink *actors, imp_actor_name *names, size_t count)
{
    if (count)
        qsort(names, count, sizeof *names, by_actor);
    for (size_t at = 0, used; at < count; at += used)
        CM_TRY(put_some(session, actors, names + at, count - at, &used));
    return cm_ok();
}

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "cli/imp_facts.h"
#include "cli/imp_names.h"

/* Columns of GeoNames' dump, see its readme. */
enum {
    ID = 0,
    NAME = 1,
    ASCII_NAME = 2,
    NAMES = 3,
    LATITUDE = 4,
    LONGITUDE = 5,
    CLASS = 6,
    COUNTRY = 8,
    POPULATION = 14,
    COLUMNS = 19,
    NAMES_MOST = 1000
};

static const char SOURCE[] = "geonames";

/* Splits a line at its tabs; answers how many fields it has. */
static int split(char *line, char *fields[COLUMNS])
{
    int count = 0;

    for (;;) {
        char *tab = strchr(line, '\t');
        if (count < COLUMNS)
            fields[count] = line;
        count++;
        if (!tab)
            return count;
        *tab = '\0';
        line = tab + 1;
    }
}

/* The name of a place that the registry does not know yet: its name and state; where that is taken by another place,
 * also its GeoNames id. Places come in any order, so that "taken" is what the registry and this import hold. */
static char *new_name(imp_session *session, cm_arena *arena, imp_names *taken, char *const *fields, const char *state)
{
    const char *code = strchr(state, '/') + 1;
    char *slug = cm_slug(*fields[ASCII_NAME] ? fields[ASCII_NAME] : fields[NAME], arena);
    char *plain = *slug ? cm_arena_format(arena, "cities/%s-%s", slug, code) : NULL;

    if (!plain || imp_names_get(taken, plain))
        plain = cm_arena_format(arena, "cities/%s-%s-%s", *slug ? slug : "geonames", fields[ID], code);
    imp_names_put(taken, plain, fields[ID]);
    imp_id_add(session, "geonames", fields[ID], plain);
    return plain;
}

/* The names between commas, each once, without languages: those come with the alternate names. */
static void add_names(RegActor *actor, const char *list, cm_arena *arena)
{
    size_t most = 1;

    for (const char *c = list; *c; c++)
        most += *c == ',';
    actor->names = cm_arena_take(arena, most * sizeof *actor->names);
    for (const char *at = list; *at && actor->n_names < NAMES_MOST;) {
        size_t length = strcspn(at, ",");
        char *text = cm_arena_strndup(arena, at, length);
        bool known = length == 0 || strcmp(text, actor->display_name) == 0;
        for (size_t i = 0; i < actor->n_names && !known; i++)
            known = strcmp(actor->names[i]->text, text) == 0;
        if (!known) {
            actor->names[actor->n_names] = CM_NEW(arena, RegActorName);
            actor->names[actor->n_names++]->text = text;
        }
        at += length + (at[length] == ',');
    }
}

typedef struct places {
    imp_sink *sink;
    imp_names *taken; /* names that the registry and this import hold */
} places;

static cm_status put_place(imp_session *session, const places *to, imp_origin origin, char *const *fields)
{
    imp_sink *sink = to->sink;
    cm_arena *arena = imp_sink_arena(sink);
    const char *state = imp_state(session, fields[COUNTRY]);
    const char *known = imp_actor_by_id(session, "geonames", fields[ID]);
    RegActor *actor = imp_sink_resource(sink);

    if (!state) {
        CM_FREE char *reason = cm_format("country code: '%s' is no state in the registry", fields[COUNTRY]);
        return imp_reject(session, origin, reason);
    }
    /* What is known keeps the name that it has; its place and its size are GeoNames' to tell. */
    actor->name = known ? cm_arena_strdup(arena, known) : new_name(session, arena, to->taken, fields, state);
    if (!known) {
        actor->display_name = cm_arena_strdup(arena, fields[NAME]);
        actor->state = cm_arena_strdup(arena, state);
        actor->external_ids = cm_arena_take(arena, sizeof *actor->external_ids);
        actor->external_ids[0] = CM_NEW(arena, RegExternalId);
        actor->external_ids[0]->scheme = "geonames";
        actor->external_ids[0]->value = cm_arena_strdup(arena, fields[ID]);
        actor->n_external_ids = 1;
        imp_citations(session, arena, SOURCE, &actor->n_sources, &actor->sources);
        add_names(actor, fields[NAMES], arena);
    }
    if (*fields[LATITUDE] && *fields[LONGITUDE]) {
        actor->location = CM_NEW(arena, RegLatLng);
        actor->location->latitude = strtod(fields[LATITUDE], NULL);
        actor->location->longitude = strtod(fields[LONGITUDE], NULL);
    }
    actor->populations = cm_arena_take(arena, sizeof *actor->populations);
    actor->populations[0] = CM_NEW(arena, RegPopulation);
    actor->populations[0]->count = strtoll(fields[POPULATION], NULL, 10);
    actor->n_populations = actor->populations[0]->count > 0;
    return imp_sink_put(sink, &actor->base, origin);
}

static cm_status put_line(imp_session *session, imp_origin origin, void *context)
{
    CM_FREE char *line = cm_strdup(origin.row);
    char *fields[COLUMNS];
    int count = split(line, fields);

    if (!cm_utf8_valid(origin.row, strlen(origin.row), NULL))
        return imp_reject(session, origin, "not UTF-8");
    if (count != COLUMNS) {
        CM_FREE char *reason = cm_format("%d columns; GeoNames' dump has %d, separated by tabs", count, COLUMNS);
        return imp_reject(session, origin, reason);
    }
    if (*fields[CLASS] && strcmp(fields[CLASS], "P") != 0)
        return cm_ok(); /* a mountain, a lake, a county */
    return put_place(session, context, origin, fields);
}

cm_status imp_geonames(imp_session *session, const char *path)
{
    places to = {.taken = imp_names_new()};

    cm_status status = imp_states(session);
    if (cm_is_ok(status))
        status = imp_ids(session, to.taken);
    if (cm_is_ok(status))
        status = imp_put_source(session, SOURCE, "https://www.geonames.org", "GeoNames",
                                "GeoNames geographical database", "checked", "CC-BY-4.0");
    if (cm_is_ok(status)) {
        to.sink = imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateActors");
        status = imp_lines_of(session, path, put_line, &to, to.sink);
    }
    imp_names_free(to.taken);
    return status;
}

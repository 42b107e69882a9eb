#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cli/imp_actor_names.h"
#include "cli/imp_facts.h"

static const char SOURCE[] = "iso-codes";

typedef struct gathering {
    imp_session *session;
    cm_arena *arena;
    imp_sink *sink;
    imp_actor_name *names;
    size_t count, capacity;
} gathering;

static const char *text_of(const json_t *item, const char *name)
{
    const char *text = json_string_value(json_object_get(item, name));

    return text ? text : "";
}

/* The items of FOLDER/FILE, whose one member is `list`. */
static cm_status read_list(const char *folder, const char *file, const char *list, json_t **document, json_t **items)
{
    CM_FREE char *path = cm_format("%s/%s", folder, file);
    json_error_t error;

    *document = json_load_file(path, 0, &error);
    if (!*document)
        return cm_fail(error.line < 0 ? CM_NOT_FOUND : CM_INVALID_ARGUMENT,
                       "%s: %s; give the folder of iso-codes, such as /usr/share/iso-codes/json", path, error.text);
    *items = json_object_get(*document, list);
    if (json_is_array(*items))
        return cm_ok();
    json_decref(*document);
    return cm_fail(CM_INVALID_ARGUMENT, "%s has no list \"%s\"; give the folder of iso-codes", path, list);
}

/* One call for each item, with what it is as its row and its number in place of a line. */
static cm_status each(gathering *g, const char *folder, const char *file, const char *list,
                      cm_status (*visit)(gathering *g, const json_t *item, imp_origin origin))
{
    json_t *document, *items, *item;
    cm_status s = cm_ok();
    size_t i;

    CM_TRY(read_list(folder, file, list, &document, &items));
    cli_progress_start(&g->session->progress, file, (int64_t)json_array_size(items));
    json_array_foreach (items, i, item) {
        CM_FREE char *row = json_dumps(item, JSON_COMPACT);
        g->session->rows++;
        if (cm_is_ok(s))
            s = visit(g, item, (imp_origin){file, (long)i + 1, cm_arena_strdup(g->arena, row)});
        cli_progress_step(&g->session->progress, (int64_t)i + 1, (int64_t)i + 1);
    }
    cli_progress_end(&g->session->progress);
    json_decref(document);
    return s;
}

static void note_name(gathering *g, const char *actor, const char *text, RegNameKind kind, imp_origin origin)
{
    if (!*text)
        return;
    CM_GROW(g->names, g->capacity, g->count + 1);
    imp_actor_name *name = &g->names[g->count++];
    *name = (imp_actor_name){.actor = actor, .origin = origin};
    RegActorName_init(&name->is);
    name->is.text = cm_arena_strdup(g->arena, text);
    name->is.language = "en";
    name->is.kind = kind;
}

static cm_status take_state(gathering *g, const json_t *item, imp_origin origin)
{
    const char *code = text_of(item, "alpha_2"), *state = imp_state(g->session, code);

    if (!state) {
        CM_FREE char *reason = cm_format("alpha_2: '%s' is no state in the registry", code);
        return imp_reject(g->session, origin, reason);
    }
    note_name(g, state, text_of(item, "name"), REG_NAME_KIND_UNSPECIFIED, origin);
    note_name(g, state, text_of(item, "common_name"), REG_NAME_KIND_UNSPECIFIED, origin);
    note_name(g, state, text_of(item, "official_name"), REG_NAME_KIND_OFFICIAL, origin);
    return cm_ok();
}

/* The name of the region with this code, in the arena; "ru-ta" of "RU-TA" where it is not there yet. */
static char *region_of(const gathering *g, const char *code, cm_arena *arena)
{
    const char *known = imp_actor_by_id(g->session, "iso-3166-2", code);
    char *name = cm_arena_format(arena, "regions/%s", code);

    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return known ? cm_arena_strdup(arena, known) : name;
}

/* "NX" within AZ is AZ-NX. */
static const char *parent_code(const char *code, const char *parent, cm_arena *arena)
{
    return strchr(parent, '-') ? parent : cm_arena_format(arena, "%.2s-%s", code, parent);
}

static cm_status take_region(gathering *g, const json_t *item, imp_origin origin)
{
    cm_arena *arena = imp_sink_arena(g->sink);
    const char *code = text_of(item, "code"), *parent = text_of(item, "parent");
    CM_FREE char *country = cm_format("%.2s", code);
    const char *state = imp_state(g->session, country);

    if (!state) {
        CM_FREE char *reason = cm_format("code: '%s' is of no state in the registry", code);
        return imp_reject(g->session, origin, reason);
    }
    if (imp_actor_by_id(g->session, "iso-3166-2", code)) {
        note_name(g, cm_arena_strdup(g->arena, imp_actor_by_id(g->session, "iso-3166-2", code)), text_of(item, "name"),
                  REG_NAME_KIND_UNSPECIFIED, origin);
        g->names[g->count - 1].is.language = ""; /* mostly as it is called there */
        return cm_ok();
    }
    RegActor *region = imp_sink_resource(g->sink);
    region->name = region_of(g, code, arena);
    region->display_name = cm_arena_strdup(arena, text_of(item, "name"));
    region->state = cm_arena_strdup(arena, state);
    region->parent = *parent ? region_of(g, parent_code(code, parent, arena), arena) : "";
    region->note = cm_arena_strdup(arena, text_of(item, "type"));
    region->external_ids = cm_arena_take(arena, sizeof *region->external_ids);
    region->external_ids[0] = CM_NEW(arena, RegExternalId);
    region->external_ids[0]->scheme = "iso-3166-2";
    region->external_ids[0]->value = cm_arena_strdup(arena, code);
    region->n_external_ids = 1;
    imp_citations(g->session, arena, SOURCE, &region->n_sources, &region->sources);
    return imp_sink_put(g->sink, &region->base, origin);
}

static cm_status take_all(gathering *g, const char *folder)
{
    CM_TRY(each(g, folder, "iso_3166-1.json", "3166-1", take_state));
    CM_TRY(each(g, folder, "iso_3166-2.json", "3166-2", take_region));
    return imp_actor_names_put(g->session, g->sink, g->names, g->count);
}

cm_status imp_iso(imp_session *session, const char *folder)
{
    CM_ARENA(arena);
    gathering g = {.session = session, .arena = arena};

    CM_TRY(imp_states(session));
    CM_TRY(imp_ids(session, NULL));
    CM_TRY(imp_put_source(session, SOURCE, "https://salsa.debian.org/iso-codes-team/iso-codes", "Debian",
                          "iso-codes: names and codes of states and subdivisions", "checked", "LGPL-2.1-or-later"));
    g.sink = imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateActors");
    cm_status s = take_all(&g, folder);
    free(g.names);
    if (cm_is_ok(s))
        return imp_sink_end(g.sink);
    imp_sink_free(g.sink);
    return s;
}

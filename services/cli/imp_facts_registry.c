#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "cli/imp_facts.h"
#include "cli/imp_names.h"

static cm_status each_row(imp_session *session, const char *folder, const char *file, const char *const *required,
                          const char *method, imp_row put)
{
    imp_sink *sink = imp_sink_new(session, session->registry, &reg_registry_service_desc, method);

    return imp_fact_rows(session, folder, file, required, put, sink, sink);
}

static char *text(imp_sink *sink, cm_table *table, const char *column)
{
    return cm_arena_strdup(imp_sink_arena(sink), cm_table_field(table, column));
}

static void put_id(imp_session *session, cm_arena *arena, RegActor *actor, const char *scheme, const char *value)
{
    if (!*value)
        return;
    RegExternalId *id = CM_NEW(arena, RegExternalId);
    id->scheme = cm_arena_strdup(arena, scheme);
    id->value = cm_arena_strdup(arena, value);
    actor->external_ids[actor->n_external_ids++] = id;
    imp_id_add(session, scheme, value, actor->name);
}

static cm_status put_actor(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    cm_arena *arena = imp_sink_arena(sink);
    RegActor *actor = imp_sink_resource(sink);
    const char *country = cm_table_field(table, "country");
    const char *state = *country ? imp_state(session, country) : "";

    if (!state) {
        CM_FREE char *reason = cm_format("country: '%s' is no ISO 3166-1 code of a state in the registry", country);
        return imp_reject(session, origin, reason);
    }
    actor->name = text(sink, table, "actor");
    actor->display_name = text(sink, table, "name");
    actor->state = cm_arena_strdup(arena, state);
    actor->note = text(sink, table, "note");
    actor->external_ids = cm_arena_take(arena, 2 * sizeof *actor->external_ids);
    put_id(session, arena, actor, "geonames", cm_table_field(table, "geonameid"));
    put_id(session, arena, actor, "wikidata", cm_table_field(table, "wikidata"));
    return imp_sink_put(sink, &actor->base, origin);
}

static cm_status put_institution(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    cm_arena *arena = imp_sink_arena(sink);
    RegActor *actor = imp_sink_resource(sink);
    RegInstitution *institution = CM_NEW(arena, RegInstitution);

    actor->name = text(sink, table, "actor");
    actor->display_name = text(sink, table, "name");
    actor->institution = institution;
    institution->founded = text(sink, table, "founded");
    institution->ended = text(sink, table, "ended");
    institution->type = text(sink, table, "type");
    institution->seat = text(sink, table, "seat");
    institution->n_topics = imp_split(arena, cm_table_field(table, "topics"), &institution->topics);
    imp_citations(session, arena, cm_table_field(table, "sources"), &actor->n_sources, &actor->sources);
    actor->collection = cm_arena_strdup(arena, imp_collection(cm_table_field(table, "sources"), ""));
    return imp_sink_put(sink, &actor->base, origin);
}

cm_status imp_facts_actors(imp_session *session, const char *folder)
{
    static const char *const actor[] = {"actor", "name", "country", "geonameid", "wikidata", "note", NULL};
    static const char *const institution[] = {"actor", "name",   "founded", "ended", "type",
                                              "seat",  "topics", "sources", NULL};

    CM_TRY(each_row(session, folder, "institutions.tsv", institution, "BatchUpdateActors", put_institution));
    return each_row(session, folder, "actors.tsv", actor, "BatchUpdateActors", put_actor);
}

static const char *after_slash(const char *name)
{
    const char *slash = strchr(name, '/');

    return slash ? slash + 1 : name;
}

static cm_status put_membership(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    cm_arena *arena = imp_sink_arena(sink);
    RegMembership *m = imp_sink_resource(sink);
    bool fine = true;

    m->institution = text(sink, table, "institution");
    m->name = cm_arena_format(arena, "%s/memberships/%s", cm_table_field(table, "actor"), after_slash(m->institution));
    CM_TRY(imp_code(session, origin, &RegMembershipStatus_descriptor, "status", cm_table_field(table, "status"),
                    &m->status, &fine));
    m->from = text(sink, table, "from");
    m->to = text(sink, table, "to");
    imp_citations(session, arena, cm_table_field(table, "sources"), &m->n_sources, &m->sources);
    m->collection = cm_arena_strdup(arena, imp_collection(cm_table_field(table, "sources"), ""));
    return fine ? imp_sink_put(sink, &m->base, origin) : cm_ok();
}

cm_status imp_facts_memberships(imp_session *session, const char *folder)
{
    static const char *const required[] = {"actor", "institution", "status", "from", "to", "sources", NULL};

    return each_row(session, folder, "memberships.tsv", required, "BatchUpdateMemberships", put_membership);
}

static cm_status put_influence(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    cm_arena *arena = imp_sink_arena(sink);
    RegInfluence *influence = imp_sink_resource(sink);
    const char *value = cm_table_field(table, "value"), *year = cm_table_field(table, "year");
    char *end;
    bool fine = true;

    CM_TRY(imp_code(session, origin, &RegMeasure_descriptor, "measure", cm_table_field(table, "measure"),
                    &influence->measure, &fine));
    influence->name = cm_arena_format(arena, "%s/influences/%s%s%s", cm_table_field(table, "city"),
                                      imp_slug(arena, cm_table_field(table, "measure")), *year ? "-" : "", year);
    influence->year = (int32_t)strtol(year, &end, 10);
    double number = strtod(value, &end);
    if (*value && *end == '\0') {
        influence->number = CM_NEW(arena, GoogleDoubleValue);
        influence->number->value = number;
    } else {
        influence->tier = cm_arena_strdup(arena, value);
    }
    influence->unit = text(sink, table, "unit");
    imp_citations(session, arena, cm_table_field(table, "sources"), &influence->n_sources, &influence->sources);
    influence->collection = cm_arena_strdup(arena, imp_collection(cm_table_field(table, "sources"), ""));
    return fine ? imp_sink_put(sink, &influence->base, origin) : cm_ok();
}

cm_status imp_facts_influence(imp_session *session, const char *folder)
{
    static const char *const required[] = {"city", "year", "measure", "value", "unit", "sources", NULL};

    return each_row(session, folder, "influence.tsv", required, "BatchUpdateInfluences", put_influence);
}

/* ---- groupings: the members of an edition are gathered from a table of their own ---- */

/* States with since, "ru@2001;cn@2001;", by "grouping/edition". */
static cm_status gather_member(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_names *members = context;
    CM_FREE char *key = cm_format("%s/%s", cm_table_field(table, "grouping"), cm_table_field(table, "edition"));
    const char *before = imp_names_get(members, key);
    CM_FREE char *after =
        cm_format("%s%s@%s;", before ? before : "", cm_table_field(table, "state"), cm_table_field(table, "since"));

    imp_names_put(members, key, after);
    return cm_ok();
}

static void put_members(cm_arena *arena, RegGroupingEdition *edition, const char *list)
{
    char **parts;
    size_t count = imp_split(arena, list, &parts);

    edition->members = cm_arena_take(arena, (count + 1) * sizeof *edition->members);
    for (size_t i = 0; i < count; i++) {
        RegGroupingMember *member = CM_NEW(arena, RegGroupingMember);
        char *at = strchr(parts[i], '@');
        *at = '\0';
        member->state = parts[i];
        member->since = at + 1;
        edition->members[edition->n_members++] = member;
    }
}

typedef struct editions {
    imp_sink *sink;
    imp_names *members;
} editions;

static cm_status put_edition(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    editions *all = context;
    cm_arena *arena = imp_sink_arena(all->sink);
    RegGroupingEdition *edition = imp_sink_resource(all->sink);
    const char *grouping = cm_table_field(table, "grouping"), *date = cm_table_field(table, "edition");
    CM_FREE char *key = cm_format("%s/%s", grouping, date);
    const char *list = imp_names_get(all->members, key);

    edition->name = cm_arena_format(arena, "groupings/%s/editions/%s", grouping, date);
    edition->display_name = text(all->sink, table, "name");
    edition->basis = text(all->sink, table, "basis");
    put_members(arena, edition, list ? list : "");
    imp_citations(session, arena, cm_table_field(table, "sources"), &edition->n_sources, &edition->sources);
    edition->collection = cm_arena_strdup(arena, "collections/groupings");
    return imp_sink_put(all->sink, &edition->base, origin);
}

cm_status imp_facts_groupings(imp_session *session, const char *folder)
{
    static const char *const member[] = {"grouping", "edition", "state", "since", NULL};
    static const char *const edition[] = {"grouping", "edition", "name", "basis", "sources", NULL};
    editions all = {.members = imp_names_new()};

    cm_status status = imp_fact_rows(session, folder, "grouping_members.tsv", member, gather_member, all.members, NULL);
    if (cm_is_ok(status)) {
        all.sink = imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateGroupingEditions");
        status = imp_fact_rows(session, folder, "groupings.tsv", edition, put_edition, &all, all.sink);
    }
    imp_names_free(all.members);
    return status;
}

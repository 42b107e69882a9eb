#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "cli/imp_facts.h"

static const char SOURCE[] = "gcom-accessions";
static const char INSTITUTION[] = "institutions/global-covenant-of-mayors";
static const char COLLECTION[] = "collections/gcom-accessions";

static char *text(cm_arena *arena, cm_table *table, const char *column)
{
    return cm_arena_strdup(arena, cm_table_field(table, column));
}

/* A number, or *known false where the field is empty, "-" or "null"; anything else rejects the row. A single comma is a
 * decimal point: the file has both. */
static cm_status number(imp_session *session, imp_origin origin, cm_table *table, const char *column, double *value,
                        bool *known, bool *fine)
{
    CM_FREE char *field = cm_strdup(cm_table_field(table, column));
    char *comma = strchr(field, ','), *end;

    *known = *field && strcmp(field, "-") != 0 && strcmp(field, "null") != 0;
    if (!*known)
        return cm_ok();
    if (comma)
        *comma = '.';
    *value = strtod(field, &end);
    if (*end == '\0')
        return cm_ok();
    *fine = false;
    CM_FREE char *reason = cm_format("%s: '%s' is no number; give one, or - where it is not known", column, field);
    return imp_reject(session, origin, reason);
}

static cm_status put_authority(imp_session *session, cm_table *table, imp_sink *sink, imp_origin origin,
                               const char *name, const char *state, bool *fine)
{
    cm_arena *arena = imp_sink_arena(sink);
    RegActor *actor = imp_sink_resource(sink);
    double latitude = 0, longitude = 0, population = 0;
    bool has_latitude, has_longitude, has_population;

    CM_TRY(number(session, origin, table, "lat", &latitude, &has_latitude, fine));
    if (*fine)
        CM_TRY(number(session, origin, table, "lon", &longitude, &has_longitude, fine));
    if (*fine)
        CM_TRY(number(session, origin, table, "population", &population, &has_population, fine));
    if (!*fine)
        return cm_ok();
    actor->name = cm_arena_strdup(arena, name);
    actor->display_name = text(arena, table, "name");
    actor->state = cm_arena_strdup(arena, state);
    actor->collection = (char *)COLLECTION;
    actor->external_ids = cm_arena_take(arena, sizeof *actor->external_ids);
    actor->external_ids[0] = CM_NEW(arena, RegExternalId);
    actor->external_ids[0]->scheme = "gcom";
    actor->external_ids[0]->value = text(arena, table, "organisation_id");
    actor->n_external_ids = 1;
    if (has_latitude && has_longitude) {
        actor->location = CM_NEW(arena, RegLatLng);
        actor->location->latitude = latitude;
        actor->location->longitude = longitude;
    }
    if (has_population) {
        actor->populations = cm_arena_take(arena, sizeof *actor->populations);
        actor->populations[0] = CM_NEW(arena, RegPopulation);
        actor->populations[0]->count = (int64_t)population;
        actor->n_populations = 1;
    }
    imp_citations(session, arena, SOURCE, &actor->n_sources, &actor->sources);
    return imp_sink_put(sink, &actor->base, origin);
}

typedef struct sinks {
    imp_sink *actors, *memberships;
} sinks;

static cm_status put_row(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    const sinks *to = context;
    imp_sink *memberships = to->memberships;
    cm_arena *arena = imp_sink_arena(memberships);
    const char *iso2 = cm_table_field(table, "iso2");
    const char *state = imp_state(session, iso2);
    bool fine = true;

    if (!state) {
        CM_FREE char *reason = cm_format("iso2: '%s' is no ISO 3166-1 code of a state in the registry", iso2);
        return imp_reject(session, origin, reason);
    }
    char *name = cm_arena_format(arena, "cities/gcom-%s-%s", imp_slug(arena, cm_table_field(table, "organisation_id")),
                                 strchr(state, '/') + 1);
    CM_TRY(put_authority(session, table, to->actors, origin, name, state, &fine));
    if (!fine)
        return cm_ok();
    RegMembership *m = imp_sink_resource(memberships);
    m->name = cm_arena_format(arena, "%s/memberships/gcom", name);
    m->institution = (char *)INSTITUTION;
    m->status = REG_MEMBERSHIP_STATUS_MEMBER;
    m->from = text(arena, table, "adhesion_date");
    m->note = text(arena, table, "adhesion_type");
    m->collection = (char *)COLLECTION;
    imp_citations(session, arena, SOURCE, &m->n_sources, &m->sources);
    return imp_sink_put(memberships, &m->base, origin);
}

/* What the rows refer to, for a registry that has not seen other facts. */
static cm_status prepare(imp_session *session)
{
    CM_TRY(imp_states(session));
    CM_TRY(imp_put_source(session, SOURCE, "https://data.jrc.ec.europa.eu/dataset/jrc-com-ndc-com",
                          "European Commission, Joint Research Centre",
                          "Global Covenant of Mayors: local authorities that joined", "checked", "CC-BY-4.0"));
    CM_TRY(imp_put_collection(session, "gcom_accessions", "2008", "2023", "census",
                              "Covenant of Mayors accessions in the file of the European Commission; 2023 ends before "
                              "the year does"));
    imp_sink *sink = imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateActors");
    RegActor *institution = imp_sink_resource(sink);
    institution->name = (char *)INSTITUTION;
    institution->display_name = "Global Covenant of Mayors for Climate and Energy";
    CM_TRY(imp_sink_put(sink, &institution->base, (imp_origin){"the importer's own resources", 0, ""}));
    return imp_sink_end(sink);
}

cm_status imp_gcom(imp_session *session, const char *path)
{
    static const char *const required[] = {"organisation_id", "name",          "iso2", "lat", "lon",
                                           "population",      "adhesion_date", NULL};

    CM_TRY(prepare(session));
    sinks to = {imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateActors"),
                imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateMemberships")};
    imp_sink_after(to.memberships, to.actors);
    CM_TRY(imp_rows(session, path, '\t', required, put_row, &to, to.memberships));
    return imp_sink_end(to.actors);
}

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "cli/imp_facts.h"

static const char SOURCE[] = "lai-2014";
static const int years[] = {1990, 2000, 2010, 2014};

static cm_status put_year(imp_session *session, cm_table *table, imp_sink *sink, imp_origin origin, const char *state,
                          int year)
{
    cm_arena *arena = imp_sink_arena(sink);
    RegAutonomyProfile *profile = imp_sink_resource(sink);
    CM_FREE char *column = cm_format("D_LAI_%d", year);
    const char *field = cm_table_field(table, column);
    char *end;

    if (!*field)
        return cm_ok(); /* not measured that year */
    profile->name = cm_arena_format(arena, "%s/autonomyProfiles/%d", state, year);
    profile->index = CM_NEW(arena, GoogleDoubleValue);
    profile->index->value = strtod(field, &end);
    if (*end) {
        CM_FREE char *reason = cm_format("%s: '%s' is no number; give 0 … 100 or leave it out", column, field);
        return imp_reject(session, origin, reason);
    }
    imp_citations(session, arena, SOURCE, &profile->n_sources, &profile->sources);
    return imp_sink_put(sink, &profile->base, origin);
}

static cm_status put_row(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    const char *code = cm_table_field(table, "country_code");
    const char *state = imp_state(session, code);

    if (!state) {
        CM_FREE char *reason =
            cm_format("country_code: '%s' is no ISO 3166-1 alpha-3 code of a state in the registry", code);
        return imp_reject(session, origin, reason);
    }
    for (size_t i = 0; i < sizeof years / sizeof *years; i++)
        CM_TRY(put_year(session, table, sink, origin, state, years[i]));
    return cm_ok();
}

cm_status imp_lai(imp_session *session, const char *path)
{
    static const char *const required[] = {"country_code", "D_LAI_1990", "D_LAI_2000",
                                           "D_LAI_2010",   "D_LAI_2014", NULL};

    CM_TRY(imp_states(session));
    CM_TRY(imp_put_source(session, SOURCE, "https://local-autonomy.andreasladner.ch",
                          "Ladner, Keuffer, Baldersheim and partners", "Local Autonomy Index, release of 2014",
                          "checked", ""));
    imp_sink *sink =
        imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateAutonomyProfiles");
    return imp_rows(session, path, ',', required, put_row, sink, sink);
}

#include <ctype.h>
#include <string.h>

#include "base/cm_date.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cli/imp_actor_names.h"
#include "cli/imp_facts.h"

/* Columns of GeoNames' alternate names, see its readme: 8 of the older file, 10 with the period. */
enum { PLACE = 1, LANGUAGE = 2, NAME = 3, PREFERRED = 4, HISTORIC = 7, FROM = 8, TO = 9, LEAST = 8, MOST = 10 };

typedef struct gathering {
    cm_arena *arena;
    imp_actor_name *names;
    size_t count, capacity;
} gathering;

static int split(char *line, char *fields[MOST])
{
    int count = 0;

    for (char *next = line; next; count++) {
        char *field = strsep(&next, "\t");
        if (count < MOST)
            fields[count] = field;
    }
    return count;
}

/* A language is two or three letters, and what may follow a hyphen. Longer words say that the text is something else: a
 * postal code, an address on the web. */
static bool is_language(const char *text)
{
    size_t letters = 0;

    while (islower((unsigned char)text[letters]))
        letters++;
    return (letters == 2 || letters == 3) && (!text[letters] || text[letters] == '-');
}

/* A year or a date; other words ("14th century") say less than a date has to. */
static char *date_of(const char *text, cm_arena *arena)
{
    cm_date date;
    cm_status s = cm_date_parse(text, &date);
    bool fine = cm_is_ok(s);

    cm_status_clear(&s);
    return fine ? cm_arena_strdup(arena, text) : "";
}

static cm_status take_line(imp_session *session, imp_origin origin, void *context)
{
    gathering *g = context;
    CM_FREE char *line = cm_strdup(origin.row);
    char *fields[MOST];
    int count = split(line, fields);

    if (count != LEAST && count != MOST) {
        CM_FREE char *reason =
            cm_format("%d columns; GeoNames' alternate names have 8 or 10, separated by tabs", count);
        return imp_reject(session, origin, reason);
    }
    const char *actor = imp_actor_by_id(session, "geonames", fields[PLACE]);
    if (!actor || (*fields[LANGUAGE] && !is_language(fields[LANGUAGE])))
        return cm_ok(); /* of another place, or no name */
    CM_GROW(g->names, g->capacity, g->count + 1);
    imp_actor_name *name = &g->names[g->count++];
    name->actor = actor;
    name->origin = (imp_origin){session->progress.what, origin.line, cm_arena_strdup(g->arena, origin.row)};
    RegActorName_init(&name->is);
    name->is.text = cm_arena_strdup(g->arena, fields[NAME]);
    name->is.language = cm_arena_strdup(g->arena, fields[LANGUAGE]);
    name->is.kind = *fields[HISTORIC] == '1'    ? REG_NAME_KIND_FORMER
                    : *fields[PREFERRED] == '1' ? REG_NAME_KIND_OFFICIAL
                                                : REG_NAME_KIND_UNSPECIFIED;
    name->is.from = count == MOST ? date_of(fields[FROM], g->arena) : "";
    name->is.to = count == MOST ? date_of(fields[TO], g->arena) : "";
    return cm_ok();
}

cm_status imp_alternate_names(imp_session *session, const char *path)
{
    CM_ARENA(arena);
    gathering g = {.arena = arena};

    CM_TRY(imp_ids(session, NULL));
    cm_status s = imp_lines_of(session, path, take_line, &g, NULL);
    imp_sink *sink = imp_sink_new(session, session->registry, &reg_registry_service_desc, "BatchUpdateActors");
    if (cm_is_ok(s))
        s = imp_actor_names_put(session, sink, g.names, g.count);
    free(g.names);
    if (cm_is_ok(s))
        return imp_sink_end(sink);
    imp_sink_free(sink);
    return s;
}

#include <string.h>

#include "cli/cli_kinds.h"
#include "cli/imp_facts.h"
#include "cli/imp_json.h"
#include "cli/imp_map.h"

typedef struct lines {
    imp_sink *sink;
    const ProtobufCMessageDescriptor *message;
    const imp_map *map;
    bool is_checked; /* the columns of the table */
} lines;

/* Rejects a line, with why it is no resource. */
static cm_status reject(imp_session *session, imp_origin origin, cm_status why)
{
    cm_status written = imp_reject(session, origin, cm_status_message(why));

    cm_status_clear(&why);
    return written;
}

static cm_status put_json(imp_session *session, imp_origin origin, const lines *to, json_t *json)
{
    ProtobufCMessage *resource = NULL;
    cm_status s = imp_json_resource(to->message, json, imp_sink_arena(to->sink), &resource);

    return cm_is_ok(s) ? imp_sink_put(to->sink, resource, origin) : reject(session, origin, s);
}

static cm_status put_line(imp_session *session, imp_origin origin, void *context)
{
    const lines *to = context;
    const char *name;
    json_t *json, *value;
    cm_status s = imp_json_read(origin.row, strlen(origin.row), &json);

    if (!cm_is_ok(s))
        return reject(session, origin, s);
    json_t *resource = json_object();
    json_object_foreach (json, name, value)
        imp_map_put(to->map, name, value, resource);
    s = put_json(session, origin, to, resource);
    json_decref(resource);
    json_decref(json);
    return s;
}

static cm_status put_row(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    lines *to = context;
    json_t *resource = json_object();
    cm_status s = cm_ok();

    for (int i = 0; !to->is_checked && i < cm_table_columns(table) && cm_is_ok(s); i++)
        s = imp_map_check(to->map, cm_table_header(table, i));
    to->is_checked = true;
    for (int i = 0; i < cm_table_columns(table) && cm_is_ok(s); i++) {
        json_t *value = json_string(cm_table_get(table, i));
        imp_map_put(to->map, cm_table_header(table, i), value, resource);
        json_decref(value);
    }
    if (cm_is_ok(s))
        s = put_json(session, origin, to, resource);
    json_decref(resource);
    return s;
}

/* Tables are called so; anything else is JSON Lines. */
static bool is_table(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (strcmp(dot, ".csv") == 0 || strcmp(dot, ".tsv") == 0);
}

cm_status imp_lines(imp_session *session, const char *plural, const char *path)
{
    static const char *const required[] = {NULL};
    const cli_kind *kind = cli_kind_find(plural);
    cm_channel *channel = kind->registry ? session->registry : session->negotiations;
    CM_ARENA(arena);
    imp_map *map;

    CM_TRY(imp_map_new(kind->message, session->rules, session->rule_count, arena, &map));
    lines to = {imp_sink_new(session, channel, kind->service, kind->batch_update), kind->message, map, false};
    return is_table(path) ? imp_rows(session, path, 0, required, put_row, &to, to.sink)
                          : imp_lines_of(session, path, put_line, &to, to.sink);
}

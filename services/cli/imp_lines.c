#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cli/cli_kinds.h"
#include "cli/imp_facts.h"

typedef struct lines {
    imp_sink *sink;
    const ProtobufCMessageDescriptor *message;
} lines;

static cm_status put_line(imp_session *session, imp_origin origin, void *context)
{
    const lines *to = context;
    ProtobufCMessage *resource = NULL;
    json_error_t error;
    json_t *json = json_loads(origin.row, 0, &error);

    if (!json) {
        CM_FREE char *reason = cm_format("no JSON: column %d: %s", error.column, error.text);
        return imp_reject(session, origin, reason);
    }
    json_object_del(json, "etag"); /* of the store that it was exported from */
    cm_status status = cm_message_from_json(to->message, json, imp_sink_arena(to->sink), &resource);
    json_decref(json);
    if (!cm_is_ok(status)) {
        cm_status written = imp_reject(session, origin, cm_status_message(status));
        cm_status_clear(&status);
        return written;
    }
    return imp_sink_put(to->sink, resource, origin);
}

cm_status imp_lines(imp_session *session, const char *plural, const char *path)
{
    const cli_kind *kind = cli_kind_find(plural);
    cm_channel *channel = kind->registry ? session->registry : session->negotiations;
    lines to = {imp_sink_new(session, channel, kind->service, kind->batch_update), kind->message};

    return imp_lines_of(session, path, put_line, &to, to.sink);
}

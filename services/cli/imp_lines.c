#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cli/cli_kinds.h"
#include "cli/imp_facts.h"

static cm_status put_line(imp_session *session, imp_sink *sink, const ProtobufCMessageDescriptor *message,
                          imp_origin origin)
{
    ProtobufCMessage *resource = NULL;
    json_error_t error;
    json_t *json = json_loads(origin.row, 0, &error);

    if (!json) {
        CM_FREE char *reason = cm_format("no JSON: column %d: %s", error.column, error.text);
        return imp_reject(session, origin, reason);
    }
    json_object_del(json, "etag"); /* of the store that it was exported from */
    cm_status status = cm_message_from_json(message, json, imp_sink_arena(sink), &resource);
    json_decref(json);
    if (!cm_is_ok(status)) {
        cm_status written = imp_reject(session, origin, cm_status_message(status));
        cm_status_clear(&status);
        return written;
    }
    return imp_sink_put(sink, resource, origin);
}

static bool blank(const char *line)
{
    while (isspace((unsigned char)*line))
        line++;
    return *line == '\0';
}

cm_status imp_lines(imp_session *session, const char *plural, const char *path)
{
    const cli_kind *kind = cli_kind_find(plural);
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0;
    long number = 0;
    ssize_t length;
    int64_t at = 0;
    cm_status status = cm_ok();

    if (!file)
        return cm_fail(CM_NOT_FOUND, "%s cannot be read: %s", path, strerror(errno));
    cm_channel *channel = kind->registry ? session->registry : session->negotiations;
    imp_sink *sink = imp_sink_new(session, channel, kind->service, kind->batch_update);
    cli_progress_start(&session->progress, path, 0);
    while (cm_is_ok(status) && (length = getline(&line, &capacity, file)) >= 0) {
        number++;
        at += length;
        if (length > 0 && line[length - 1] == '\n')
            line[length - 1] = '\0';
        if (blank(line))
            continue;
        session->rows++;
        cli_progress_step(&session->progress, session->progress.done + 1, at);
        status = put_line(session, sink, kind->message, (imp_origin){path, number, line});
    }
    free(line);
    fclose(file);
    CM_TRY(status);
    CM_TRY(imp_sink_end(sink));
    cli_progress_end(&session->progress);
    return cm_ok();
}

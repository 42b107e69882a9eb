#include "cli/cli_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_message_known.h"

void cli_rows_head(FILE *out, cli_format format, const ProtobufCMessageDescriptor *message)
{
    CM_ARENA(arena);

    if (format != CLI_CSV)
        return;
    for (unsigned i = 0; i < message->n_fields; i++)
        fprintf(out, "%s%s", i ? "," : "", cm_json_name(message->fields[i].name, arena));
    putc('\n', out);
}

static void put_cell(FILE *out, const json_t *value)
{
    if (!value || json_is_null(value))
        return;
    if (json_is_string(value)) {
        cli_csv_field(out, json_string_value(value));
        return;
    }
    CM_FREE char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    cli_csv_field(out, text);
}

static void put_cells(FILE *out, const ProtobufCMessageDescriptor *message, const json_t *json)
{
    CM_ARENA(arena);

    for (unsigned i = 0; i < message->n_fields; i++) {
        if (i)
            putc(',', out);
        put_cell(out, json_object_get(json, cm_json_name(message->fields[i].name, arena)));
    }
}

cm_status cli_rows_put(FILE *out, cli_format format, const ProtobufCMessage *message)
{
    json_t *json;

    CM_TRY(cm_message_to_json(message, &json));
    if (format == CLI_CSV)
        put_cells(out, message->descriptor, json);
    else
        json_dumpf(json, out, JSON_COMPACT);
    putc('\n', out);
    json_decref(json);
    return cm_ok();
}

cm_status cli_rows_end(FILE *out, const char *path)
{
    if (fflush(out) == 0 && !ferror(out))
        return cm_ok();
    return cm_fail(errno == ENOSPC ? CM_RESOURCE_EXHAUSTED : CM_UNAVAILABLE, "%s cannot be written: %s", path,
                   strerror(errno));
}

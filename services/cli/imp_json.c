#include "cli/imp_json.h"

cm_status imp_json_read(const char *text, size_t length, json_t **json)
{
    json_error_t error;

    *json = json_loadb(text, length, 0, &error);
    return *json ? cm_ok() : cm_fail(CM_INVALID_ARGUMENT, "no JSON: column %d: %s", error.column, error.text);
}

cm_status imp_json_resource(const ProtobufCMessageDescriptor *message, json_t *json, cm_arena *arena,
                            ProtobufCMessage **resource)
{
    json_object_del(json, "etag");
    return cm_message_from_json(message, json, arena, resource);
}

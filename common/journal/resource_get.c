#include "journal/resource.h"

static cm_status get(cm_db *db, const cm_resource_kind *kind, const char *field, const char *name, cm_arena *arena,
                     ProtobufCMessage **resource)
{
    CM_TRY(cm_name_check(kind->patterns, field, name));
    CM_TRY(cm_resource_find(db, kind, name, arena, resource));
    return *resource ? cm_ok() : cm_not_found(kind->type, name);
}

cm_status cm_resource_get(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                          ProtobufCMessage *response)
{
    ProtobufCMessage *resource;

    CM_TRY(get(cm_call_lent(call), kind, "name", cm_message_string(request, "name"), cm_call_arena(call), &resource));
    resource_answer_one(response, resource);
    return cm_ok();
}

cm_status cm_resource_batch_get(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                ProtobufCMessage *response)
{
    cm_arena *arena = cm_call_arena(call);
    size_t count;
    const char *const *names = resource_strings(request, "names", &count);
    ProtobufCMessage **resources = cm_arena_take(arena, count * sizeof *resources);

    if (count > RESOURCE_BATCH)
        return cm_invalid("names", "%zu names; give at most %d", count, RESOURCE_BATCH);
    for (size_t i = 0; i < count; i++) {
        const char *field = cm_arena_format(arena, "names[%zu]", i);
        cm_status s = get(cm_call_lent(call), kind, field, names[i], arena, &resources[i]);
        if (s.code == CM_NOT_FOUND)
            cm_status_prefix(&s, "%s", field);
        CM_TRY(s);
    }
    resource_answer_many(response, kind->plural, resources, count);
    return cm_ok();
}

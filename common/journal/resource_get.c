#include "journal/resource.h"

static cm_status find(cm_db *db, const cm_resource_kind *kind, const char *name, int64_t as_of, cm_arena *arena,
                      ProtobufCMessage **resource)
{
    resource_revision *found;

    if (!as_of)
        return cm_resource_find(db, kind, name, arena, resource);
    CM_TRY(resource_as_of(db, kind, name, as_of, arena, &found));
    *resource = found ? resource_stamped(found, arena) : NULL;
    return cm_ok();
}

static cm_status get(cm_db *db, const cm_resource_kind *kind, const char *name, int64_t as_of, cm_arena *arena,
                     ProtobufCMessage **resource)
{
    CM_TRY(find(db, kind, name, as_of, arena, resource));
    if (*resource)
        return cm_ok();
    cm_status s = resource_missing(db, kind, name);
    resource_say_time(&s, as_of);
    return s;
}

cm_status cm_resource_get(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                          ProtobufCMessage *response)
{
    const char *name = cm_message_string(request, "name");
    cm_db *db = cm_call_lent(call);
    ProtobufCMessage *resource;
    int64_t as_of;

    CM_TRY(cm_name_check(kind->patterns, "name", name));
    CM_TRY(cm_resource_as_of(request, &as_of));
    if (as_of)
        CM_TRY(cm_journal_seal(db, name, as_of));
    CM_TRY(get(db, kind, name, as_of, cm_call_arena(call), &resource));
    resource_answer_one(response, resource);
    return cm_ok();
}

cm_status cm_resource_batch_get(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                ProtobufCMessage *response)
{
    cm_arena *arena = cm_call_arena(call);
    cm_db *db = cm_call_lent(call);
    size_t count;
    const char *const *names = resource_strings(request, "names", &count);
    ProtobufCMessage **resources = cm_arena_take(arena, count * sizeof *resources);
    int64_t as_of;

    if (count > RESOURCE_BATCH)
        return cm_invalid("names", "%zu names; give at most %d", count, RESOURCE_BATCH);
    CM_TRY(cm_resource_as_of(request, &as_of));
    if (as_of)
        CM_TRY(cm_journal_seal(db, NULL, as_of));
    for (size_t i = 0; i < count; i++) {
        const char *field = cm_arena_format(arena, "names[%zu]", i);
        CM_TRY(cm_name_check(kind->patterns, field, names[i]));
        cm_status s = get(db, kind, names[i], as_of, arena, &resources[i]);
        if (s.code == CM_NOT_FOUND)
            cm_status_prefix(&s, "%s", field);
        CM_TRY(s);
    }
    resource_answer_many(response, kind->plural, resources, count);
    return cm_ok();
}

#include <string.h>

#include "journal/cm_refusal.h"
#include "journal/resource.h"

cm_status cm_resource_find_as_of(cm_db *db, const cm_resource_kind *kind, const char *name, int64_t as_of,
                                 cm_arena *arena, ProtobufCMessage **resource)
{
    resource_revision *found;

    if (!as_of)
        return cm_resource_find(db, kind, name, arena, resource);
    CM_TRY(resource_as_of(db, kind, name, as_of, arena, &found));
    *resource = found ? resource_stamped(found, arena) : NULL;
    return cm_ok();
}

/* Every resource has a first revision; names below "positions/" lie before "positions0". */
cm_status cm_resource_names_as_of(cm_db *db, const char *prefix, int64_t as_of, int most, cm_names *names)
{
    char *end = cm_arena_strdup(names->arena, prefix);
    cm_rows rows;

    end[strlen(end) - 1]++;
    CM_TRY(cm_db_query(db,
                       "SELECT resource FROM journal WHERE resource > $1 AND resource < $2 AND revision = 1 "
                       "AND recorded_at <= $3 ORDER BY resource LIMIT $4",
                       CM_WITH(cm_v_text(prefix), cm_v_text(end), cm_v_int(as_of), cm_v_int(most)), &rows));
    while (cm_rows_next(&rows))
        cm_names_add(names, cm_arena_strdup(names->arena, cm_rows_text(&rows, 0)));
    return cm_rows_end(&rows);
}

static cm_status get(cm_db *db, const cm_resource_kind *kind, const char *name, int64_t as_of, cm_arena *arena,
                     ProtobufCMessage **resource)
{
    CM_TRY(cm_resource_find_as_of(db, kind, name, as_of, arena, resource));
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

static cm_status get_item(cm_db *db, const cm_resource_kind *kind, const char *field, const char *name, int64_t as_of,
                          cm_arena *arena, ProtobufCMessage **resource)
{
    CM_TRY(cm_name_check(kind->patterns, field, name));
    return get(db, kind, name, as_of, arena, resource);
}

static bool take_refusal(cm_status *s, size_t index, cm_arena *arena, TypRefusal **refusals, size_t *count)
{
    if (s->code != CM_NOT_FOUND && s->code != CM_INVALID_ARGUMENT)
        return false;
    refusals[(*count)++] = cm_refusal((int64_t)index, s, arena);
    cm_status_clear(s);
    return true;
}

cm_status cm_resource_batch_get(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                ProtobufCMessage *response)
{
    cm_arena *arena = cm_call_arena(call);
    cm_db *db = cm_call_lent(call);
    bool partial = resource_bool(request, "return_partial_success");
    size_t count, found = 0, refused = 0;
    const char *const *names = resource_strings(request, "names", &count);
    int64_t as_of;

    if (count > RESOURCE_BATCH)
        return cm_invalid("names", "%zu names; give at most %d", count, RESOURCE_BATCH);
    CM_TRY(cm_resource_as_of(request, &as_of));
    if (as_of)
        CM_TRY(cm_journal_seal(db, NULL, as_of));
    ProtobufCMessage **resources = cm_arena_take(arena, count * sizeof *resources);
    TypRefusal **refusals = cm_arena_take(arena, count * sizeof *refusals);
    for (size_t i = 0; i < count; i++) {
        const char *field = cm_arena_format(arena, "names[%zu]", i);
        cm_status s = get_item(db, kind, field, names[i], as_of, arena, &resources[found]);
        if (cm_is_ok(s))
            found++;
        else if (!partial || !take_refusal(&s, i, arena, refusals, &refused)) {
            if (s.code == CM_NOT_FOUND)
                cm_status_prefix(&s, "%s", field);
            return s;
        }
    }
    resource_answer_many(response, kind->plural, resources, found);
    if (refused)
        resource_answer_many(response, "refusals", (ProtobufCMessage **)refusals, refused);
    return cm_ok();
}

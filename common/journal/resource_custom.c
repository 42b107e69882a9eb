/* What methods beyond the standard ones are made of: answer a repeated request, load, save. */
#include <string.h>

#include "journal/resource.h"

cm_status cm_resource_repeat(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                             ProtobufCMessage *response, bool *repeated)
{
    resource_work work;

    CM_TRY(resource_begin(&work, call, kind, request));
    CM_TRY(resource_repeat(&work, repeated));
    if (*repeated && work.count)
        resource_answer_one(response, work.answers[0]);
    return cm_ok();
}

cm_status cm_resource_load(cm_call *call, const cm_resource_kind *kind, const char *name, const char *etag,
                           ProtobufCMessage **resource)
{
    cm_arena *arena = cm_call_arena(call);
    resource_revision *newest;

    CM_TRY(cm_name_check(kind->patterns, "name", name));
    CM_TRY(resource_newest(cm_tx_db(cm_call_lent(call)), kind, name, arena, &newest));
    if (!newest)
        return resource_missing(cm_tx_db(cm_call_lent(call)), kind, name);
    CM_TRY(resource_check_etag(name, etag, newest));
    if (resource_retraction(newest->body))
        return resource_refuse_retracted(name);
    *resource = resource_stamped(newest, arena);
    return cm_ok();
}

static cm_status save(resource_work *work, const char *verb, bool is_new, ProtobufCMessage *after)
{
    const cm_resource_context *context = &work->context;
    resource_revision *newest = NULL;

    if (!is_new)
        CM_TRY(resource_newest(cm_tx_db(context->tx), work->kind, cm_message_string(after, "name"), context->arena,
                               &newest));
    return resource_change(work, NULL, cm_arena_format(context->arena, "%s.", work->kind->singular), verb, newest,
                           after);
}

cm_status cm_resource_save(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                           const char *verb, const ProtobufCMessage *before, ProtobufCMessage *after,
                           ProtobufCMessage *response)
{
    resource_work work;

    CM_TRY(resource_begin(&work, call, kind, request));
    CM_TRY(resource_finish(&work, save(&work, verb, !before, after)));
    resource_answer_one(response, work.answers[0]);
    return cm_ok();
}

static cm_status save_all(resource_work *work, const char *verb, ProtobufCMessage *const *after, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CM_TRY(save(work, verb, false, after[i]));
    return cm_ok();
}

cm_status cm_resource_save_all(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                               const char *verb, ProtobufCMessage *const *after, size_t count,
                               ProtobufCMessage *response)
{
    resource_work work;

    CM_TRY(resource_begin(&work, call, kind, request));
    CM_TRY(resource_finish(&work, save_all(&work, verb, after, count)));
    resource_answer_one(response, work.answers[0]);
    return cm_ok();
}

static void add_actors(const cm_resource_kind *kind, const ProtobufCMessage *request, const char *where,
                       cm_names *names)
{
    const ProtobufCMessage *resource = resource_message(request, kind->singular);

    names->prefix = cm_arena_format(names->arena, "%s%s.", where, kind->singular);
    if (resource)
        kind->actors(resource, names);
    names->prefix = NULL;
}

void cm_resource_actors(const cm_resource_kind *kind, const ProtobufCMessage *request, cm_names *names)
{
    size_t count;
    ProtobufCMessage *const *requests = resource_messages(request, "requests", &count);

    if (!kind->actors)
        return;
    for (size_t i = 0; i < count; i++)
        add_actors(kind, requests[i], cm_arena_format(names->arena, "requests[%zu].", i), names);
    if (!count)
        add_actors(kind, request, "", names);
}

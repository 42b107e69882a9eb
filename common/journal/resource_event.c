#include <string.h>

#include "journal/resource.h"

/* The member of Event's oneof that carries this kind; NULL where it has none. */
static const ProtobufCFieldDescriptor *member(const cm_resource_kind *kind)
{
    for (unsigned i = 0; i < EvtEvent_descriptor.n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &EvtEvent_descriptor.fields[i];
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && field->descriptor == kind->message)
            return field;
    }
    return NULL;
}

cm_status resource_event_pack(const cm_resource_kind *kind, const ProtobufCMessage *body, const cm_names *changed,
                              TypActorSnapshot **actors, size_t actor_count, cm_arena *arena, cm_bytes *payload)
{
    const ProtobufCFieldDescriptor *field = member(kind);
    EvtEvent event;

    if (!field)
        return cm_fail(CM_INTERNAL, "Event has no member for %s", kind->message->name);
    EvtEvent_init(&event);
    *(const ProtobufCMessage **)cm_field_at(&event.base, field) = body;
    cm_field_mark(&event.base, field);
    event.changed = (char **)changed->names;
    event.n_changed = changed->count;
    event.actors = actors;
    event.n_actors = actor_count;
    *payload = cm_message_pack(&event.base, arena);
    return cm_ok();
}

cm_status resource_event_unpack(const cm_resource_kind *kind, cm_bytes payload, cm_arena *arena,
                                ProtobufCMessage **body)
{
    const ProtobufCFieldDescriptor *field = member(kind);
    ProtobufCMessage *event;
    cm_status s = cm_message_unpack(&EvtEvent_descriptor, payload, arena, &event);

    if (cm_is_ok(s) && field && cm_field_is_set(event, field)) {
        *body = *(ProtobufCMessage **)cm_field_at(event, field);
        return cm_ok();
    }
    cm_status_clear(&s);
    return cm_fail(CM_DATA_LOSS, "%zu bytes in the journal are no event of a %s; verify the store", payload.size,
                   kind->type);
}

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

cm_status resource_event_pack(const cm_resource_kind *kind, const ProtobufCMessage *body, const EvtEvent *about,
                              cm_arena *arena, cm_bytes *payload)
{
    const ProtobufCFieldDescriptor *field = member(kind);
    EvtEvent event = *about;

    if (!field)
        return cm_fail(CM_INTERNAL, "Event has no member for %s", kind->message->name);
    if (body) {
        *(const ProtobufCMessage **)cm_field_at(&event.base, field) = body;
        cm_field_mark(&event.base, field);
    }
    *payload = cm_message_pack(&event.base, arena);
    return cm_ok();
}

cm_status resource_event_read(const cm_resource_kind *kind, cm_bytes payload, cm_arena *arena, EvtEvent **event,
                              ProtobufCMessage **body)
{
    const ProtobufCFieldDescriptor *field = member(kind);
    ProtobufCMessage *message;
    cm_status s = cm_message_unpack(&EvtEvent_descriptor, payload, arena, &message);

    *body = NULL;
    if (cm_is_ok(s)) {
        *event = (EvtEvent *)message;
        if ((*event)->resource_case == EVT_EVENT_RESOURCE_NOT_SET)
            return cm_ok();
        if (field && cm_field_is_set(message, field)) {
            *body = *(ProtobufCMessage **)cm_field_at(message, field);
            return cm_ok();
        }
    }
    cm_status_clear(&s);
    return cm_fail(CM_DATA_LOSS, "%zu bytes in the journal are no event of a %s; verify the store", payload.size,
                   kind->type);
}

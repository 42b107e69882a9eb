/* The rich errors of wire.h: cm_status to google.rpc.Status and back. */
#include <string.h>

#include "base/cm_message.h"
#include "google/rpc/error_details.grpc-c.h"
#include "google/rpc/status.grpc-c.h"
#include "wire.h"

#define DOMAIN "cityneg"
#define TYPE_URL "type.googleapis.com/"
enum { DETAILS_MAX = 5, TEXT_MAX = 768, VIOLATIONS_MAX = 3072 };

/* Bytes of the text that are sent: whole characters. */
static size_t fitting(const char *text, size_t most)
{
    size_t length = strnlen(text, most + 1);

    if (length <= most)
        return length;
    for (length = most; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80; length--)
        continue;
    return length;
}

grpc_slice cm_wire_message(cm_status status)
{
    const char *text = cm_status_message(status);

    return grpc_slice_from_copied_buffer(text, fitting(text, TEXT_MAX));
}

static GoogleAny *as_any(const ProtobufCMessage *message, cm_arena *arena)
{
    GoogleAny *any = CM_NEW(arena, GoogleAny);
    cm_bytes packed = cm_message_pack(message, arena);

    any->type_url = cm_arena_format(arena, TYPE_URL "%s", message->descriptor->name);
    any->value = (ProtobufCBinaryData){packed.size, (uint8_t *)packed.data};
    return any;
}

static const ProtobufCMessage *error_info(const cm_error *error, cm_arena *arena)
{
    GoogleRpcErrorInfo *info = CM_NEW(arena, GoogleRpcErrorInfo);

    info->reason = error->reason;
    info->domain = cm_arena_strdup(arena, DOMAIN);
    return &info->base;
}

static void add_violation(GoogleRpcBadRequest *bad, char *field, char *description, cm_arena *arena)
{
    GoogleRpcBadRequestFieldViolation *one = CM_NEW(arena, GoogleRpcBadRequestFieldViolation);

    one->field = field;
    one->description = description;
    bad->field_violations[bad->n_field_violations++] = one;
}

static const ProtobufCMessage *bad_request(const cm_error *error, cm_arena *arena)
{
    GoogleRpcBadRequest *bad = CM_NEW(arena, GoogleRpcBadRequest);
    size_t count = 0, bytes = 0;

    for (const cm_violation *v = error->violations; v; v = v->next)
        count++;
    bad->field_violations = cm_arena_take(arena, (count + 1) * sizeof *bad->field_violations);
    for (const cm_violation *v = error->violations; v; v = v->next) {
        char *description = cm_arena_strndup(arena, v->description, fitting(v->description, TEXT_MAX));
        bytes += strlen(v->field) + strlen(description) + 8;
        if (bytes > VIOLATIONS_MAX) {
            size_t left = count - bad->n_field_violations;
            add_violation(bad, cm_arena_strdup(arena, ""), cm_arena_format(arena, "and %zu more are wrong", left),
                          arena);
            break;
        }
        add_violation(bad, v->field, description, arena);
    }
    return &bad->base;
}

static const ProtobufCMessage *retry_info(const cm_error *error, cm_arena *arena)
{
    GoogleRpcRetryInfo *retry = CM_NEW(arena, GoogleRpcRetryInfo);

    retry->retry_delay = CM_NEW(arena, GoogleDuration);
    retry->retry_delay->seconds = error->retry_ms / 1000;
    retry->retry_delay->nanos = (int32_t)(error->retry_ms % 1000) * 1000000;
    return &retry->base;
}

static const ProtobufCMessage *resource_info(const cm_error *error, cm_arena *arena)
{
    GoogleRpcResourceInfo *info = CM_NEW(arena, GoogleRpcResourceInfo);

    info->resource_type = error->resource_type;
    info->resource_name = error->resource_name ? error->resource_name : info->resource_name;
    return &info->base;
}

static const ProtobufCMessage *quota_failure(const cm_error *error, cm_arena *arena)
{
    GoogleRpcQuotaFailure *failure = CM_NEW(arena, GoogleRpcQuotaFailure);
    GoogleRpcQuotaFailureViolation *one = CM_NEW(arena, GoogleRpcQuotaFailureViolation);

    one->subject = error->quota_subject;
    one->description = error->quota;
    failure->violations = cm_arena_copy(arena, &one, sizeof one);
    failure->n_violations = 1;
    return &failure->base;
}

grpc_slice cm_wire_details(cm_status status)
{
    const cm_error *error = status.error;

    if (!error ||
        (!error->reason && !error->violations && error->retry_ms < 0 && !error->resource_type && !error->quota_subject))
        return grpc_empty_slice();
    CM_ARENA(arena);
    GoogleRpcStatus *rich = CM_NEW(arena, GoogleRpcStatus);
    rich->code = (int32_t)status.code;
    rich->message = cm_arena_strndup(arena, error->message, fitting(error->message, TEXT_MAX));
    rich->details = cm_arena_take(arena, DETAILS_MAX * sizeof *rich->details);
    if (error->reason)
        rich->details[rich->n_details++] = as_any(error_info(error, arena), arena);
    if (error->violations)
        rich->details[rich->n_details++] = as_any(bad_request(error, arena), arena);
    if (error->retry_ms >= 0)
        rich->details[rich->n_details++] = as_any(retry_info(error, arena), arena);
    if (error->resource_type)
        rich->details[rich->n_details++] = as_any(resource_info(error, arena), arena);
    if (error->quota_subject)
        rich->details[rich->n_details++] = as_any(quota_failure(error, arena), arena);
    return cm_wire_pack(&rich->base);
}

static ProtobufCMessage *any_as(const GoogleAny *any, const ProtobufCMessageDescriptor *descriptor, cm_arena *arena)
{
    const char *slash = strrchr(any->type_url, '/');
    ProtobufCMessage *message = NULL;

    if (strcmp(slash ? slash + 1 : any->type_url, descriptor->name) != 0)
        return NULL;
    cm_status outcome = cm_message_unpack(descriptor, (cm_bytes){any->value.data, any->value.len}, arena, &message);
    if (cm_is_ok(outcome))
        return message;
    cm_status_clear(&outcome); /* a detail that cannot be read is no detail; the code and the message stand */
    return NULL;
}

static void add_detail(cm_status *status, const GoogleAny *any, cm_arena *arena)
{
    ProtobufCMessage *found;

    if ((found = any_as(any, &GoogleRpcErrorInfo_descriptor, arena)))
        cm_status_reason(status, ((GoogleRpcErrorInfo *)found)->reason);
    if ((found = any_as(any, &GoogleRpcRetryInfo_descriptor, arena))) {
        const GoogleDuration *delay = ((GoogleRpcRetryInfo *)found)->retry_delay;
        cm_status_retry(status, delay ? delay->seconds * 1000 + delay->nanos / 1000000 : 0);
    }
    if ((found = any_as(any, &GoogleRpcResourceInfo_descriptor, arena)))
        cm_status_resource(status, ((GoogleRpcResourceInfo *)found)->resource_type,
                           ((GoogleRpcResourceInfo *)found)->resource_name);
    if ((found = any_as(any, &GoogleRpcQuotaFailure_descriptor, arena)) &&
        ((GoogleRpcQuotaFailure *)found)->n_violations)
        cm_status_quota(status, ((GoogleRpcQuotaFailure *)found)->violations[0]->subject,
                        ((GoogleRpcQuotaFailure *)found)->violations[0]->description);
    if ((found = any_as(any, &GoogleRpcBadRequest_descriptor, arena))) {
        const GoogleRpcBadRequest *bad = (GoogleRpcBadRequest *)found;
        for (size_t i = 0; i < bad->n_field_violations; i++)
            cm_status_violation(status, bad->field_violations[i]->field, bad->field_violations[i]->description);
    }
}

cm_status cm_wire_status(int code, const char *message, const grpc_slice *details)
{
    ProtobufCMessage *rich = NULL;

    if (code == CM_OK)
        return cm_ok();
    cm_status status = cm_fail((cm_code)code, "%s", message);
    if (!details)
        return status;
    CM_ARENA(arena);
    cm_bytes packed = {GRPC_SLICE_START_PTR(*details), GRPC_SLICE_LENGTH(*details)};
    cm_status outcome = cm_message_unpack(&GoogleRpcStatus_descriptor, packed, arena, &rich);
    if (!cm_is_ok(outcome)) {
        cm_status_clear(&outcome); /* as above */
        return status;
    }
    for (size_t i = 0; i < ((GoogleRpcStatus *)rich)->n_details; i++)
        add_detail(&status, ((GoogleRpcStatus *)rich)->details[i], arena);
    return status;
}

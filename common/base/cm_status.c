#include "base/cm_status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"

static cm_status fail(cm_code code, char *message)
{
    cm_error *error = cm_alloc(sizeof *error);

    *error = (cm_error){.message = message, .retry_ms = -1};
    return (cm_status){code, error};
}

cm_status cm_fail(cm_code code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *message = cm_vformat(format, args);
    va_end(args);
    return fail(code, message);
}

cm_status cm_invalid(const char *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *description = cm_vformat(format, args);
    va_end(args);
    cm_status s = fail(CM_INVALID_ARGUMENT, cm_format("%s: %s", field, description));
    cm_status_violation(&s, field, description);
    free(description);
    return s;
}

cm_status cm_not_found(const char *type, const char *name)
{
    cm_status s = cm_fail(CM_NOT_FOUND, "%s does not exist", name);
    cm_status_resource(&s, type, name);
    return s;
}

cm_status cm_already_exists(const char *type, const char *name)
{
    cm_status s = cm_fail(CM_ALREADY_EXISTS, "%s exists already", name);
    cm_status_resource(&s, type, name);
    return s;
}

static void set(char **at, const char *value)
{
    free(*at);
    *at = value ? cm_strdup(value) : NULL;
}

void cm_status_reason(cm_status *s, const char *reason)
{
    if (s->error)
        set(&s->error->reason, reason);
}

void cm_status_retry(cm_status *s, int64_t milliseconds)
{
    if (s->error)
        s->error->retry_ms = milliseconds;
}

void cm_status_resource(cm_status *s, const char *type, const char *name)
{
    if (!s->error)
        return;
    set(&s->error->resource_type, type);
    set(&s->error->resource_name, name);
}

void cm_status_quota(cm_status *s, const char *subject, const char *quota)
{
    if (!s->error)
        return;
    set(&s->error->quota_subject, subject);
    set(&s->error->quota, quota);
}

static cm_violation *new_violation(const char *field, char *description)
{
    cm_violation *v = cm_alloc(sizeof *v);

    *v = (cm_violation){.field = cm_strdup(field), .description = description};
    return v;
}

void cm_status_violation(cm_status *s, const char *field, const char *description)
{
    if (!s->error)
        return;
    cm_violation **end = &s->error->violations;
    while (*end)
        end = &(*end)->next;
    *end = new_violation(field, cm_strdup(description));
}

void cm_status_prefix(cm_status *s, const char *format, ...)
{
    if (!s->error)
        return;
    va_list args;
    va_start(args, format);
    char *context = cm_vformat(format, args);
    va_end(args);
    char *message = cm_format("%s: %s", context, s->error->message);
    free(context);
    free(s->error->message);
    s->error->message = message;
}

const char *cm_status_message(cm_status s)
{
    return s.error ? s.error->message : "";
}

static cm_violation *copy_violations(const cm_violation *from)
{
    cm_violation *first = NULL, **end = &first;

    for (; from; from = from->next, end = &(*end)->next)
        *end = new_violation(from->field, cm_strdup(from->description));
    return first;
}

cm_status cm_status_copy(cm_status s)
{
    if (!s.error)
        return s;
    cm_status copy = fail(s.code, cm_strdup(s.error->message));
    set(&copy.error->reason, s.error->reason);
    set(&copy.error->resource_type, s.error->resource_type);
    set(&copy.error->resource_name, s.error->resource_name);
    set(&copy.error->quota_subject, s.error->quota_subject);
    set(&copy.error->quota, s.error->quota);
    copy.error->retry_ms = s.error->retry_ms;
    copy.error->violations = copy_violations(s.error->violations);
    return copy;
}

void cm_status_within(cm_status *s, const char *prefix)
{
    if (!s->error || !s->error->violations)
        return;
    for (cm_violation *v = s->error->violations; v; v = v->next) {
        char *field = cm_format("%s%s", prefix, v->field);
        free(v->field);
        v->field = field;
    }
    char *message = cm_format("%s%s", prefix, s->error->message);
    free(s->error->message);
    s->error->message = message;
}

static void free_violations(cm_violation *v)
{
    while (v) {
        cm_violation *next = v->next;
        free(v->field);
        free(v->description);
        free(v);
        v = next;
    }
}

void cm_status_clear(cm_status *s)
{
    cm_error *e = s->error;

    if (e) {
        free(e->message);
        free(e->reason);
        free(e->resource_type);
        free(e->resource_name);
        free(e->quota_subject);
        free(e->quota);
        free_violations(e->violations);
        free(e);
    }
    *s = cm_ok();
}

const char *cm_code_name(cm_code code)
{
    static const char *const names[] = {
        "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
        "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED"};
    static _Thread_local char other[24];

    if ((unsigned)code < sizeof names / sizeof *names)
        return names[code];
    snprintf(other, sizeof other, "CODE_%d", (int)code);
    return other;
}

void cm_violations_add(cm_violations *v, const char *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    cm_violation *added = new_violation(field, cm_vformat(format, args));
    va_end(args);
    if (v->last)
        v->last->next = added;
    else
        v->first = added;
    v->last = added;
    v->count++;
}

cm_status cm_violations_status(cm_violations *v)
{
    if (!v->first)
        return cm_ok();
    char *message = v->count == 1
                        ? cm_format("%s: %s", v->first->field, v->first->description)
                        : cm_format("%s: %s (and %d more)", v->first->field, v->first->description, v->count - 1);
    cm_status s = fail(CM_INVALID_ARGUMENT, message);
    s.error->violations = v->first;
    *v = (cm_violations){0};
    return s;
}

static bool has_field(const cm_violations *v, const char *field)
{
    for (const cm_violation *one = v->first; one; one = one->next)
        if (strcmp(one->field, field) == 0)
            return true;
    return false;
}

void cm_violations_move(cm_violations *to, const char *prefix, cm_violations *from)
{
    for (const cm_violation *v = from->first; v; v = v->next) {
        char *field = cm_format("%s%s", prefix, v->field);
        if (!has_field(to, field))
            cm_violations_add(to, field, "%s", v->description);
        free(field);
    }
    cm_violations_clear(from);
}

cm_violations cm_violations_take(cm_status *s)
{
    cm_violations taken = {0};

    if (s->error) {
        taken.first = s->error->violations;
        s->error->violations = NULL;
    }
    for (cm_violation *v = taken.first; v; v = v->next) {
        taken.last = v;
        taken.count++;
    }
    cm_status_clear(s);
    return taken;
}

void cm_violations_clear(cm_violations *v)
{
    free_violations(v->first);
    *v = (cm_violations){0};
}

/* What requests say of the time whose state they ask for. */
#include "base/cm_clock.h"
#include "google/protobuf/timestamp.grpc-c.h"
#include "journal/resource.h"

enum { NANOS = 1000000000 };
static const int64_t LAST_SECOND = 253402300799; /* of the year 9999, where Timestamp ends */

static cm_status take_time(const char *field, const GoogleTimestamp *given, int64_t *time)
{
    if (given->nanos < 0 || given->nanos >= NANOS)
        return cm_invalid(field, "%d nanoseconds; give 0 to %d", given->nanos, NANOS - 1);
    if (given->seconds < 0 || given->seconds > LAST_SECOND)
        return cm_invalid(field, "%lld seconds since 1970; give 0 to %lld", (long long)given->seconds,
                          (long long)LAST_SECOND);
    *time = given->seconds * 1000000 + given->nanos / 1000;
    if (!*time) /* no time at all; nothing was recorded then anyway */
        *time = 1;
    return cm_ok();
}

cm_status cm_resource_time(const ProtobufCMessage *request, const char *field, int64_t *time)
{
    const ProtobufCMessage *given = resource_message(request, field);

    *time = 0;
    return given ? take_time(field, (const GoogleTimestamp *)given, time) : cm_ok();
}

cm_status cm_resource_as_of(const ProtobufCMessage *request, int64_t *as_of)
{
    return cm_resource_time(request, "as_of", as_of);
}

void resource_say_time(cm_status *s, int64_t as_of)
{
    char time[CM_TIME_TEXT];

    if (as_of)
        cm_status_prefix(s, "as of %s", cm_time_format(as_of, time));
}

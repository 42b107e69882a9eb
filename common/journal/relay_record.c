#include "journal/relay_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "journal/cm_frame.h"

enum { HEADERS_MAX = 14 };

/* What the value is: on the topic of trends a Trend, whether it tells a trend, a question or an alert. */
static bool carries_trends(const char *topic)
{
    return strcmp(topic, "cityneg.trends.v1") == 0;
}

static const char *schema_of(const char *topic)
{
    return carries_trends(topic) ? "cityneg.trends.v1.Trend" : "cityneg.events.v1.Event";
}

int relay_record_message(const char *topic)
{
    return carries_trends(topic) ? 19 : 0; /* Trend in trends.proto, Event in events.proto */
}

static void add(cm_record *record, const char *key, const char *value)
{
    cm_header *header = (cm_header *)record->headers + record->header_count++;

    *header = (cm_header){key, value, strlen(value)};
}

cm_bytes relay_record_key(const char *resource)
{
    const char *slash = strchr(resource, '/');

    slash = slash ? strchr(slash + 1, '/') : NULL;
    return (cm_bytes){(const uint8_t *)resource, slash ? (size_t)(slash - resource) : strlen(resource)};
}

static size_t headers_size(const cm_record *record)
{
    size_t size = 0;

    for (int i = 0; i < record->header_count; i++)
        size += strlen(record->headers[i].key) + record->headers[i].size + 10; /* two lengths */
    return size;
}

cm_record relay_record_of(const cm_row *row, const char *source, const char *topic, int largest, cm_arena *arena)
{
    char text[CM_UUID_TEXT], time[CM_TIME_TEXT];
    cm_record record = {
        .topic = topic,
        .part = row->at.part,
        .timestamp = row->recorded_at / 1000,
        .key = relay_record_key(row->resource),
        .value = row->payload,
        .headers = cm_arena_take(arena, HEADERS_MAX * sizeof(cm_header)),
    };

    add(&record, "ce_specversion", "1.0");
    add(&record, "ce_id", cm_arena_strdup(arena, cm_uuid_format(row->id, text)));
    add(&record, "ce_source", source);
    add(&record, "ce_type", row->type);
    add(&record, "ce_time", cm_arena_strdup(arena, cm_time_format(row->recorded_at, time)));
    add(&record, "ce_subject", row->resource);
    add(&record, "ce_partitionkey", cm_arena_strndup(arena, (const char *)record.key.data, record.key.size));
    add(&record, "ce_sequence", cm_arena_format(arena, "%lld", (long long)row->at.seq));
    add(&record, "ce_dataschema", schema_of(topic));
    add(&record, "ce_revision", cm_arena_format(arena, "%lld", (long long)row->revision));
    if (*row->event_time)
        add(&record, "ce_eventtime", row->event_time);
    add(&record, "content-type", "application/protobuf");
    if (*row->traceparent)
        add(&record, "traceparent", row->traceparent);
    if (record.key.size + record.value.size + headers_size(&record) > (size_t)largest) {
        add(&record, "ce_dataref", cm_arena_format(arena, "%s/%d/%lld", source, row->at.part, (long long)row->at.seq));
        record.value = (cm_bytes){NULL, 0};
    }
    return record;
}

static cm_status need(const cm_record *record, const char *key, cm_arena *arena, const char **value)
{
    *value = cm_record_header(record, key, arena);
    if (*value)
        return cm_ok();
    return cm_fail(CM_INVALID_ARGUMENT, "%s [%d] at offset %lld: the record has no header %s", record->topic,
                   record->part, (long long)record->offset, key);
}

static cm_status need_number(const cm_record *record, const char *key, cm_arena *arena, int64_t *number)
{
    const char *text;
    char *end;

    CM_TRY(need(record, key, arena, &text));
    errno = 0;
    *number = strtoll(text, &end, 10);
    if (errno || *end || *number < 1)
        return cm_fail(CM_INVALID_ARGUMENT, "%s [%d] at offset %lld: %s: \"%s\" is no count from 1 on", record->topic,
                       record->part, (long long)record->offset, key, text);
    return cm_ok();
}

/* The epoch is the last segment of the source: /cityneg/registry/<epoch>. */
static cm_status read_epoch(const cm_record *record, cm_arena *arena, cm_uuid *epoch)
{
    const char *source, *slash;

    CM_TRY(need(record, "ce_source", arena, &source));
    slash = strrchr(source, '/');
    return cm_uuid_parse(slash ? slash + 1 : source, epoch);
}

cm_status relay_record_read(const cm_record *record, cm_arena *arena, cm_row *row, bool *whole)
{
    const char *id, *time, *event_time = cm_record_header(record, "ce_eventtime", arena);
    const char *traceparent = cm_record_header(record, "traceparent", arena);

    *row = (cm_row){.at = {.part = record->part},
                    .event_time = event_time ? event_time : "",
                    .actor = "",
                    .request_id = "",
                    .traceparent = traceparent ? traceparent : "",
                    .payload = cm_unframed(record->value)};
    CM_TRY(need(record, "ce_id", arena, &id));
    CM_TRY(cm_uuid_parse(id, &row->id));
    CM_TRY(read_epoch(record, arena, &row->epoch));
    CM_TRY(need(record, "ce_type", arena, &row->type));
    CM_TRY(need(record, "ce_subject", arena, &row->resource));
    CM_TRY(need(record, "ce_time", arena, &time));
    CM_TRY(cm_time_parse(time, &row->recorded_at));
    CM_TRY(need_number(record, "ce_sequence", arena, &row->at.seq));
    CM_TRY(need_number(record, "ce_revision", arena, &row->revision));
    *whole = !cm_record_header(record, "ce_dataref", arena);
    return cm_ok();
}

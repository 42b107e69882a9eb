#include "kafka/kafka_record.h"

#include <string.h>

static cm_bytes copied(const void *bytes, size_t size, cm_arena *arena)
{
    return (cm_bytes){bytes ? cm_arena_copy(arena, bytes, size) : NULL, size};
}

static void copy_headers(const rd_kafka_headers_t *from, cm_record *record, cm_arena *arena)
{
    int count = (int)rd_kafka_header_cnt(from);
    cm_header *headers = cm_arena_zero(arena, (size_t)count * sizeof *headers);
    const char *key;
    const void *value;
    size_t size;

    for (int i = 0; i < count && !rd_kafka_header_get_all(from, (size_t)i, &key, &value, &size); i++)
        headers[i] = (cm_header){cm_arena_strdup(arena, key), copied(value, size, arena).data, size};
    record->headers = headers;
    record->header_count = count;
}

cm_record kafka_record_of(const rd_kafka_message_t *message, cm_arena *arena)
{
    rd_kafka_timestamp_type_t kind;
    rd_kafka_headers_t *headers;
    cm_record record = {
        .topic = cm_arena_strdup(arena, rd_kafka_topic_name(message->rkt)),
        .part = message->partition,
        .offset = message->offset,
        .timestamp = rd_kafka_message_timestamp(message, &kind),
        .key = copied(message->key, message->key_len, arena),
        .value = copied(message->payload, message->len, arena),
    };

    if (!rd_kafka_message_headers(message, &headers))
        copy_headers(headers, &record, arena);
    return record;
}

rd_kafka_headers_t *kafka_record_headers(const cm_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new((size_t)record->header_count);

    for (int i = 0; i < record->header_count; i++)
        rd_kafka_header_add(headers, record->headers[i].key, -1, record->headers[i].value,
                            (ssize_t)record->headers[i].size);
    return headers;
}

const char *cm_record_header(const cm_record *record, const char *key, cm_arena *arena)
{
    for (int i = 0; i < record->header_count; i++)
        if (!strcmp(record->headers[i].key, key))
            return record->headers[i].value ? cm_arena_strndup(arena, record->headers[i].value, record->headers[i].size)
                                            : "";
    return NULL;
}

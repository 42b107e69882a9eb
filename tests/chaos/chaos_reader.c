/* chaos_reader: prints what a journal or a topic holds, a line a row, for the checker to compare.
 *
 *   chaos_reader journal ADDRESS           part seq id epoch resource revision request_id payload-digest
 *   chaos_reader topic BOOTSTRAP TOPIC N   part offset first-offset seq id epoch resource payload-digest
 *
 * Digests are SHA-256 of the payload in hexadecimal; columns are separated by tabs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "journal/relay_record.h"
#include "rpc/cm_channel.h"

enum { STREAM_MS = 120000, WATERMARK_MS = 10000, QUIET_US = 15000000, AT_ONCE = 1000 };

static void print_digest(cm_bytes payload)
{
    uint8_t digest[CM_SHA256];
    char text[2 * CM_SHA256 + 1];

    cm_sha256(&payload, 1, digest);
    cm_hex(digest, sizeof digest, text);
    printf("\t%s\n", text);
}

/* ---- a journal ---- */

static void print_row(const JrnRow *row)
{
    char id[CM_UUID_TEXT] = "";
    cm_uuid uuid;

    if (row->id.len == sizeof uuid.bytes) {
        memcpy(uuid.bytes, row->id.data, sizeof uuid.bytes);
        cm_uuid_format(uuid, id);
    }
    printf("%d\t%lld\t%s\t%s\t%s\t%lld\t%s", row->part, (long long)row->seq, id, row->epoch, row->resource,
           (long long)row->revision, row->request_id);
    print_digest((cm_bytes){row->payload.data, row->payload.len});
}

static cm_status print_rows(cm_client_stream *stream)
{
    JrnReadResponse *response;
    CM_ARENA(arena);

    do {
        cm_arena_reset(arena);
        CM_TRY(jrn_journal_service_read_receive(stream, arena, &response));
        for (size_t i = 0; response && i < response->n_rows; i++)
            print_row(response->rows[i]);
    } while (response);
    return cm_client_stream_finish(stream);
}

static cm_status read_journal(const char *address)
{
    JrnReadRequest request;
    cm_channel *channel;
    cm_client_stream *stream;

    JrnReadRequest_init(&request);
    CM_TRY(cm_channel_new(address, NULL, &channel));
    cm_status s = jrn_journal_service_read_open(
        channel, &(cm_call_options){.timeout_ms = STREAM_MS, .wait_for_ready = true}, &request, &stream);
    if (cm_is_ok(s)) {
        s = print_rows(stream);
        cm_client_stream_free(stream);
    }
    cm_channel_free(channel);
    return s;
}

/* ---- a topic ---- */

typedef struct topic {
    cm_consumer *consumer;
    const char *name;
    int partitions;
    int64_t *first, *next, *read; /* offsets a partition */
} topic;

static cm_status print_record(const topic *t, const cm_record *record, cm_arena *arena)
{
    char id[CM_UUID_TEXT], epoch[CM_UUID_TEXT];
    cm_row row;
    bool whole;

    CM_TRY(relay_record_read(record, arena, &row, &whole));
    printf("%d\t%lld\t%lld\t%lld\t%s\t%s\t%s", record->part, (long long)record->offset,
           (long long)t->first[record->part], (long long)row.at.seq, cm_uuid_format(row.id, id),
           cm_uuid_format(row.epoch, epoch), row.resource);
    print_digest(row.payload);
    return cm_ok();
}

static bool is_read(const topic *t)
{
    for (int part = 0; part < t->partitions; part++)
        if (t->read[part] < t->next[part])
            return false;
    return true;
}

static cm_status print_records(topic *t)
{
    int64_t last_us = cm_clock_monotonic_us();
    cm_record *records;
    int count;
    CM_ARENA(arena);

    while (!is_read(t)) {
        cm_arena_reset(arena);
        CM_TRY(cm_consumer_poll(t->consumer, 500, AT_ONCE, arena, &records, &count));
        for (int i = 0; i < count; i++) {
            CM_TRY(print_record(t, &records[i], arena));
            t->read[records[i].part] = records[i].offset + 1;
        }
        if (count)
            last_us = cm_clock_monotonic_us();
        else if (cm_clock_monotonic_us() - last_us > QUIET_US)
            return cm_fail(CM_UNAVAILABLE, "%s: its newest records did not come", t->name);
    }
    return cm_ok();
}

static cm_status read_records(topic *t)
{
    for (int part = 0; part < t->partitions; part++) {
        CM_TRY(cm_consumer_watermarks(t->consumer, t->name, part, WATERMARK_MS, &t->first[part], &t->next[part]));
        t->read[part] = t->first[part];
    }
    CM_TRY(cm_consumer_assign(t->consumer, t->name, t->partitions, t->first));
    return print_records(t);
}

static cm_status read_topic(const cm_cluster *kafka, const char *name, int partitions)
{
    CM_ARENA(arena);
    size_t size = (size_t)partitions * sizeof(int64_t);
    topic t = {.name = name,
               .partitions = partitions,
               .first = cm_arena_zero(arena, size),
               .next = cm_arena_zero(arena, size),
               .read = cm_arena_zero(arena, size)};

    CM_TRY(cm_consumer_new(kafka, &t.consumer));
    cm_status s = read_records(&t);
    cm_consumer_free(t.consumer);
    return s;
}

static cm_status read_topic_at(const char *bootstrap, const char *name, int partitions)
{
    cm_cluster *kafka;
    cm_status s;

    CM_TRY(cm_cluster_new(bootstrap, NULL, 0, NULL, &kafka));
    s = read_topic(kafka, name, partitions);
    cm_cluster_free(kafka);
    return s;
}

int main(int argc, char **argv)
{
    cm_status s;

    cm_log_start("chaos_reader", CM_WARN);
    if (argc == 3 && strcmp(argv[1], "journal") == 0)
        s = read_journal(argv[2]);
    else if (argc == 5 && strcmp(argv[1], "topic") == 0)
        s = read_topic_at(argv[2], argv[3], atoi(argv[4]));
    else
        s = cm_fail(CM_INVALID_ARGUMENT, "give journal ADDRESS, or topic BOOTSTRAP TOPIC PARTITIONS");
    if (cm_is_ok(s))
        return 0;
    cm_log_failure(CM_ERROR, "nothing could be read", &s);
    return 1;
}

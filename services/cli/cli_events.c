#include "cli/cli_events.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/events/v1/events.grpc-c.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cityneg/trends/v1/trends.grpc-c.h"
#include "cli/cli_output.h"
#include "journal/cm_frame.h"
#include "kafka/cm_kafka.h"

enum { BROKER_WAIT_MS = 10000, POLL_MS = 1000, POLL_RECORDS = 1000 };

const cm_option cli_tail_options[] = {
    CLI_ADDRESSES,
    {.name = "kafka",
     .kind = CM_OPTION_TEXT,
     .value = "BOOTSTRAP",
     .preset = "127.0.0.1:9092",
     .help = "where the broker serves"},
    CM_CLUSTER_OPTIONS,
    {.name = "last",
     .letter = 'n',
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "10",
     .least = 0,
     .most = 1e9,
     .help = "begin with so many of each partition that are there already"},
    {.name = "count",
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "0",
     .least = 0,
     .most = 1e9,
     .help = "end after so many; 0: go on for ever"},
    {NULL},
};

const cm_option cli_events_options[] = {
    CLI_ADDRESSES,
    {.name = "kafka",
     .kind = CM_OPTION_TEXT,
     .value = "BOOTSTRAP",
     .preset = "127.0.0.1:9092",
     .help = "where the broker serves"},
    CM_CLUSTER_OPTIONS,
    {.name = "follow", .letter = 'f', .kind = CM_OPTION_FLAG, .help = "go on with what is published from now on"},
    {.name = "output",
     .letter = 'o',
     .kind = CM_OPTION_TEXT,
     .value = "FORMAT",
     .preset = "table",
     .choices = "table|json",
     .help = "a line an event, or its headers and all of it as JSON Lines"},
    {NULL},
};

/* What is read: all partitions of a topic, each up to where it ended when the reading began. */
typedef struct reading {
    cm_consumer *consumer;
    const char *topic;
    const ProtobufCMessageDescriptor *message; /* of the values */
    int parts;
    int64_t *from, *to; /* offsets, by partition: the next one, and the end */
    bool follow;
    int64_t last;  /* of each partition to begin with; < 0: all */
    int64_t limit; /* of records to print; 0: none */
    int64_t printed;
    cli_format format;
} reading;

/* What the value says; null where it is no message of its topic, which is then said beside it. */
static json_t *body_of(const reading *r, const cm_record *record, cm_arena *arena, json_t *line)
{
    ProtobufCMessage *event;
    json_t *body = NULL;
    cm_status s = cm_message_unpack(r->message, cm_unframed(record->value), arena, &event);

    if (cm_is_ok(s))
        s = cm_message_to_json(event, &body);
    if (cm_is_ok(s))
        return body;
    json_object_set_new(line, "problem", json_string(cm_status_message(s)));
    cm_status_clear(&s);
    return json_null();
}

static void print_json(const reading *r, const cm_record *record, cm_arena *arena)
{
    json_t *headers = json_object();
    json_t *line = json_pack("{s:i, s:I, s:o}", "partition", record->part, "offset", (json_int_t)record->offset,
                             "headers", headers);

    for (int i = 0; i < record->header_count; i++)
        json_object_set_new(headers, record->headers[i].key,
                            json_stringn(record->headers[i].value, record->headers[i].size));
    json_object_set_new(line, "event", body_of(r, record, arena, line));
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static const char *header(const cm_record *record, const char *key, cm_arena *arena)
{
    const char *value = cm_record_header(record, key, arena);

    return value ? value : "";
}

static void print_record(const reading *r, const cm_record *record, cm_arena *arena)
{
    if (r->format == CLI_JSON) {
        print_json(r, record, arena);
        return;
    }
    printf("%3d %8" PRId64 "  %-27s  %-45s  %s\n", record->part, record->offset, header(record, "ce_time", arena),
           header(record, "ce_type", arena), header(record, "ce_subject", arena));
}

static bool at_end(const reading *r)
{
    for (int i = 0; i < r->parts; i++)
        if (r->from[i] < r->to[i])
            return false;
    return !r->follow;
}

static bool is_enough(const reading *r)
{
    return r->limit && r->printed >= r->limit;
}

static cm_status find_ends(reading *r)
{
    for (int i = 0; i < r->parts; i++)
        CM_TRY(cm_consumer_watermarks(r->consumer, r->topic, i, BROKER_WAIT_MS, &r->from[i], &r->to[i]));
    for (int i = 0; r->last >= 0 && i < r->parts; i++)
        r->from[i] = r->to[i] - r->last > r->from[i] ? r->to[i] - r->last : r->from[i];
    return cm_consumer_assign(r->consumer, r->topic, r->parts, r->from);
}

static cm_status read_all(reading *r)
{
    CM_ARENA(arena);

    CM_TRY(find_ends(r));
    while (!at_end(r) && !is_enough(r)) {
        cm_record *records;
        int count;
        cm_arena_reset(arena);
        CM_TRY(cm_consumer_poll(r->consumer, POLL_MS, POLL_RECORDS, arena, &records, &count));
        for (int i = 0; i < count && !is_enough(r); i++) {
            if (!r->follow && records[i].offset >= r->to[records[i].part])
                continue;
            print_record(r, &records[i], arena);
            r->from[records[i].part] = records[i].offset + 1;
            r->printed++;
        }
        fflush(stdout);
    }
    return cm_ok();
}

/* The topic and how many partitions it has, as the service's journal says. */
static cm_status get_journal(const cm_arguments *arguments, const char *service, cm_arena *arena, JrnJournal **journal)
{
    JrnGetJournalRequest request = CITYNEG__JOURNAL__V1__GET_JOURNAL_REQUEST__INIT;
    cm_channel *channel;

    CM_TRY(cli_channel(arguments, service, &channel));
    cm_status status = jrn_journal_service_get_journal(channel, NULL, &request, arena, journal);
    cm_channel_free(channel);
    return status;
}

/* What a service's topic carries; NULL where it is no service. */
static const ProtobufCMessageDescriptor *message_of(const char *service)
{
    if (strcmp(service, "trends") == 0)
        return &TrdTrend_descriptor;
    return strcmp(service, "registry") == 0 || strcmp(service, "negotiations") == 0 ? &EvtEvent_descriptor : NULL;
}

static cm_status read_service(const cm_arguments *arguments, reading *r)
{
    const char *const *words;
    CM_ARENA(arena);
    JrnJournal *journal;
    cm_cluster *kafka;

    cm_arguments_words(arguments, &words);
    r->message = message_of(words[0]);
    if (!r->message)
        return cm_fail(CM_INVALID_ARGUMENT, "events: '%s' publishes none; give registry, negotiations or trends",
                       words[0]);
    CM_TRY(get_journal(arguments, words[0], arena, &journal));
    size_t size = journal->n_heads * sizeof(int64_t);
    r->topic = journal->topic;
    r->parts = (int)journal->n_heads;
    r->from = cm_arena_take(arena, size);
    r->to = cm_arena_take(arena, size);
    CM_TRY(cm_cluster_of_arguments(arguments, &kafka));
    if (!kafka)
        return cm_fail(CM_INVALID_ARGUMENT, "--kafka: 'none' has no events; give HOST:PORT");
    cm_status status = cm_consumer_new(kafka, &r->consumer);
    if (cm_is_ok(status))
        status = read_all(r);
    cm_consumer_free(r->consumer);
    cm_cluster_free(kafka);
    return status;
}

cm_status cli_events(const cli_command *command, const cm_arguments *arguments)
{
    reading r = {.last = -1,
                 .follow = cm_arguments_flag(arguments, "follow"),
                 .format = cli_format_of(cm_arguments_text(arguments, "output"))};

    return read_service(arguments, &r);
}

cm_status cli_tail(const cli_command *command, const cm_arguments *arguments)
{
    reading r = {.last = cm_arguments_integer(arguments, "last"),
                 .limit = cm_arguments_integer(arguments, "count"),
                 .follow = true,
                 .format = CLI_JSON};

    return read_service(arguments, &r);
}

#include "cli/cli_dlq.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cli/cli_channel.h"
#include "kafka/cm_kafka.h"

enum { BROKER_WAIT_MS = 10000, POLL_MS = 1000, POLL_RECORDS = 500, FLUSH_MS = 100 };

const cm_option cli_dlq_options[] = {
    CLI_ADDRESSES,
    {.name = "kafka",
     .kind = CM_OPTION_TEXT,
     .value = "BOOTSTRAP",
     .preset = "127.0.0.1:9092",
     .help = "where the broker serves"},
    CM_CLUSTER_OPTIONS,
    {NULL},
};

typedef struct letters {
    cm_cluster *kafka;
    cm_consumer *consumer;
    cm_producer *producer; /* NULL: they are listed */
    const char *topic;
    int parts;
    int64_t *from, *to;
    int64_t seen;
    cm_status failed; /* of what was sent again */
} letters;

static const char *header(const cm_record *record, const char *key, cm_arena *arena)
{
    const char *value = cm_record_header(record, key, arena);

    return value ? value : "";
}

static void print_letter(const cm_record *letter, cm_arena *arena)
{
    printf("%s [%s] offset %s  %s  %-12s  %s\n", header(letter, "dlq_topic", arena),
           header(letter, "dlq_partition", arena), header(letter, "dlq_offset", arena),
           header(letter, "dlq_time", arena), header(letter, "dlq_consumer", arena), header(letter, "dlq_why", arena));
}

static void on_delivered(void *context, void *tag, int32_t part, int64_t offset, cm_status outcome)
{
    letters *l = context;

    if (cm_is_ok(l->failed))
        l->failed = outcome;
    else
        cm_status_clear(&outcome);
}

/* Where it was, as it was. */
static cm_status send_again(letters *l, const cm_record *letter, cm_arena *arena)
{
    cm_header *headers = cm_arena_take(arena, (size_t)(letter->header_count + 1) * sizeof *headers);
    cm_record record = *letter;

    record.topic = header(letter, "dlq_topic", arena);
    record.part = atoi(header(letter, "dlq_partition", arena));
    record.headers = headers;
    record.header_count = 0;
    for (int i = 0; i < letter->header_count; i++)
        if (strncmp(letter->headers[i].key, "dlq_", 4) != 0)
            headers[record.header_count++] = letter->headers[i];
    CM_TRY(cm_producer_send(l->producer, &record, NULL));
    while (cm_producer_waiting(l->producer)) {
        cm_producer_poll(l->producer, FLUSH_MS);
        CM_TRY(cm_producer_fatal(l->producer));
    }
    return cm_ok();
}

static bool at_end(const letters *l)
{
    for (int i = 0; i < l->parts; i++)
        if (l->from[i] < l->to[i])
            return false;
    return true;
}

static cm_status take(letters *l, const cm_record *letter, cm_arena *arena)
{
    l->from[letter->part] = letter->offset + 1;
    if (letter->offset >= l->to[letter->part])
        return cm_ok();
    l->seen++;
    if (l->producer)
        return send_again(l, letter, arena);
    print_letter(letter, arena);
    return cm_ok();
}

static cm_status read_all(letters *l)
{
    CM_ARENA(arena);

    CM_TRY(cm_consumer_new(l->kafka, &l->consumer));
    for (int i = 0; i < l->parts; i++)
        CM_TRY(cm_consumer_watermarks(l->consumer, l->topic, i, BROKER_WAIT_MS, &l->from[i], &l->to[i]));
    CM_TRY(cm_consumer_assign(l->consumer, l->topic, l->parts, l->from));
    while (!at_end(l)) {
        cm_record *records;
        int count;
        cm_arena_reset(arena);
        CM_TRY(cm_consumer_poll(l->consumer, POLL_MS, POLL_RECORDS, arena, &records, &count));
        for (int i = 0; i < count; i++)
            CM_TRY(take(l, &records[i], arena));
    }
    return cm_ok();
}

/* The topic and its partitions, as the service's journal says. */
static cm_status find_topic(const cm_arguments *arguments, cm_arena *arena, letters *l)
{
    JrnGetJournalRequest request = CITYNEG__JOURNAL__V1__GET_JOURNAL_REQUEST__INIT;
    const char *const *words;
    cm_channel *channel;
    JrnJournal *journal;

    cm_arguments_words(arguments, &words);
    if (strcmp(words[0], "registry") != 0 && strcmp(words[0], "negotiations") != 0)
        return cm_fail(CM_INVALID_ARGUMENT, "dlq: '%s' has no dead letters; give registry or negotiations", words[0]);
    CM_TRY(cli_channel(arguments, words[0], &channel));
    cm_status status = jrn_journal_service_get_journal(channel, NULL, &request, arena, &journal);
    cm_channel_free(channel);
    CM_TRY(status);
    l->topic = cm_arena_format(arena, "%s.dlq", journal->topic);
    l->parts = (int)journal->n_heads;
    l->from = cm_arena_zero(arena, journal->n_heads * sizeof *l->from);
    l->to = cm_arena_zero(arena, journal->n_heads * sizeof *l->to);
    return cm_ok();
}

static cm_status run(const cm_arguments *arguments, bool again, letters *l)
{
    CM_TRY(cm_cluster_of_arguments(arguments, &l->kafka));
    if (!l->kafka)
        return cm_fail(CM_INVALID_ARGUMENT, "--kafka: 'none' has no dead letters; give HOST:PORT");
    CM_TRY(cm_kafka_topic(l->kafka, l->topic, l->parts, false, BROKER_WAIT_MS));
    if (again)
        CM_TRY(cm_producer_new(l->kafka, on_delivered, l, 0, &l->producer));
    CM_TRY(read_all(l));
    cm_status failed = l->failed;
    l->failed = cm_ok();
    return failed;
}

static cm_status work(const cm_arguments *arguments, bool again)
{
    CM_ARENA(arena);
    letters l = {0};

    CM_TRY(find_topic(arguments, arena, &l));
    cm_status status = run(arguments, again, &l);
    cm_producer_free(l.producer);
    cm_consumer_free(l.consumer);
    cm_cluster_free(l.kafka);
    cm_status_clear(&l.failed);
    if (cm_is_ok(status))
        fprintf(stderr, "%" PRId64 " dead letters%s\n", l.seen, again ? ", sent again" : "");
    return status;
}

cm_status cli_dlq_list(const cli_command *command, const cm_arguments *arguments)
{
    return work(arguments, false);
}

cm_status cli_dlq_replay(const cli_command *command, const cm_arguments *arguments)
{
    return work(arguments, true);
}

#include "cli/cli_dlq.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cli/cli_channel.h"
#include "kafka/cm_kafka.h"

enum { BROKER_WAIT_MS = 10000, POLL_MS = 1000, POLL_RECORDS = 500 };

/* Who follows whom. */
static const char *const consumers[] = {"negotiations", "trends"};
enum { CONSUMERS = 2 };

const cm_option cli_dlq_options[] = {
    CLI_ADDRESSES,
    {.name = "kafka",
     .kind = CM_OPTION_TEXT,
     .value = "BOOTSTRAP",
     .preset = "127.0.0.1:9092",
     .help = "where the broker serves; none: ask the services that put rows aside"},
    CM_CLUSTER_OPTIONS,
    {NULL},
};

typedef struct letters {
    cm_cluster *kafka;
    cm_consumer *consumer;
    const char *service; /* whose events they are about */
    bool listed;         /* else they are applied again */
    const char *topic;
    int parts;
    int64_t *from, *to;
    int64_t seen, unreadable;
    cm_arena *arena; /* of what is kept until the end */
    JrnReplayDeadLettersRequest asked[CONSUMERS];
    size_t room[CONSUMERS];
} letters;

static const char *header(const cm_record *record, const char *key, cm_arena *arena)
{
    const char *value = cm_record_header(record, key, arena);

    return value ? value : "";
}

static void print_letter(const cm_record *letter, cm_arena *arena)
{
    const char *sequence = header(letter, "dlq_sequence", arena);

    printf("%s [%s] %s %s  %s  %-12s  %s\n", header(letter, "dlq_topic", arena), header(letter, "dlq_partition", arena),
           *sequence ? "seq" : "offset", *sequence ? sequence : header(letter, "dlq_offset", arena),
           header(letter, "dlq_time", arena), header(letter, "dlq_consumer", arena), header(letter, "dlq_why", arena));
}

static bool is_known(const JrnReplayDeadLettersRequest *request, const char *id)
{
    for (size_t i = 0; i < request->n_ids; i++)
        if (strcmp(request->ids[i], id) == 0)
            return true;
    return false;
}

/* Has a consumer apply it again, once. */
static void ask(letters *l, int consumer, const char *id)
{
    JrnReplayDeadLettersRequest *request = &l->asked[consumer];

    if (is_known(request, id))
        return;
    if (request->n_ids == l->room[consumer]) {
        l->room[consumer] = l->room[consumer] * 2 + POLL_RECORDS;
        char **more = cm_arena_take(l->arena, l->room[consumer] * sizeof *more);
        for (size_t k = 0; k < request->n_ids; k++)
            more[k] = request->ids[k];
        request->ids = more;
    }
    request->ids[request->n_ids++] = cm_arena_strdup(l->arena, id);
}

/* A row is applied again by the service that put it aside. A record that nobody could read is not sent once more: what
 * it says may have been erased since, and what its journal has every consumer reads there. */
static cm_status take_row(letters *l, const cm_record *letter, cm_arena *arena)
{
    const char *consumer = header(letter, "dlq_consumer", arena);
    int i = 0;

    if (!*header(letter, "dlq_sequence", arena)) {
        l->unreadable++;
        return cm_ok();
    }
    while (i < CONSUMERS && strcmp(consumers[i], consumer) != 0)
        i++;
    if (i == CONSUMERS)
        return cm_fail(CM_FAILED_PRECONDITION, "%s [%d] at offset %" PRId64 ": '%s' is no service that puts rows aside",
                       letter->topic, letter->part, letter->offset, consumer);
    ask(l, i, header(letter, "dlq_id", arena));
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
    if (!l->listed)
        return take_row(l, letter, arena);
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
static cm_status find_topic(const cm_arguments *arguments, letters *l)
{
    JrnGetJournalRequest request = CITYNEG__JOURNAL__V1__GET_JOURNAL_REQUEST__INIT;
    const char *const *words;
    cm_channel *channel;
    JrnJournal *journal;

    cm_arguments_words(arguments, &words);
    if (strcmp(words[0], "registry") != 0 && strcmp(words[0], "negotiations") != 0)
        return cm_fail(CM_INVALID_ARGUMENT, "dlq: '%s' has no dead letters; give registry or negotiations", words[0]);
    l->service = words[0];
    CM_TRY(cli_channel(arguments, l->service, &channel));
    cm_status status = jrn_journal_service_get_journal(channel, NULL, &request, l->arena, &journal);
    cm_channel_free(channel);
    CM_TRY(status);
    l->topic = journal->topic;
    l->parts = (int)journal->n_heads;
    l->from = cm_arena_zero(l->arena, journal->n_heads * sizeof *l->from);
    l->to = cm_arena_zero(l->arena, journal->n_heads * sizeof *l->to);
    return cm_ok();
}

static cm_status take_listed(letters *l, int consumer, const JrnDeadLetter *letter)
{
    char when[CM_TIME_TEXT];

    if (strcmp(letter->topic, l->topic) != 0)
        return cm_ok();
    l->seen++;
    if (!l->listed) {
        ask(l, consumer, letter->id);
        return cm_ok();
    }
    cm_time_format(letter->put_aside_at->seconds * 1000000 + letter->put_aside_at->nanos / 1000, when);
    printf("%s [%d] seq %" PRId64 "  %s  %-12s  %s\n", letter->topic, letter->part, letter->seq, when,
           consumers[consumer], letter->why);
    return cm_ok();
}

/* What one consumer has put aside, as it says itself. */
static cm_status read_consumer(const cm_arguments *arguments, letters *l, int consumer)
{
    JrnListDeadLettersRequest request = CITYNEG__JOURNAL__V1__LIST_DEAD_LETTERS_REQUEST__INIT;
    JrnListDeadLettersResponse *page;
    cm_channel *channel;
    cm_status status;

    CM_TRY(cli_channel(arguments, consumers[consumer], &channel));
    do {
        status = jrn_journal_service_list_dead_letters(channel, NULL, &request, l->arena, &page);
        for (size_t i = 0; cm_is_ok(status) && i < page->n_letters; i++)
            status = take_listed(l, consumer, page->letters[i]);
        if (cm_is_ok(status))
            request.page_token = page->next_page_token;
    } while (cm_is_ok(status) && *request.page_token);
    cm_channel_free(channel);
    cm_status_prefix(&status, "%s", consumers[consumer]);
    return status;
}

/* Without Kafka there are rows alone: records came from nowhere. */
static cm_status read_consumers(const cm_arguments *arguments, letters *l)
{
    for (int i = 0; i < CONSUMERS; i++)
        if (strcmp(consumers[i], l->service) != 0)
            CM_TRY(read_consumer(arguments, l, i));
    return cm_ok();
}

static cm_status read_letters(const cm_arguments *arguments, letters *l)
{
    CM_TRY(cm_cluster_of_arguments(arguments, &l->kafka));
    if (!l->kafka)
        return read_consumers(arguments, l);
    l->topic = cm_arena_format(l->arena, "%s.dlq", l->topic);
    CM_TRY(cm_kafka_topic(l->kafka, l->topic, l->parts, false, BROKER_WAIT_MS));
    return read_all(l);
}

static cm_status replay_at(const cm_arguments *arguments, const char *consumer,
                           const JrnReplayDeadLettersRequest *request, cm_arena *arena, int64_t *left)
{
    JrnReplayDeadLettersResponse *response;
    cm_channel *channel;

    CM_TRY(cli_channel(arguments, consumer, &channel));
    cm_status status = jrn_journal_service_replay_dead_letters(channel, NULL, request, arena, &response);
    cm_channel_free(channel);
    cm_status_prefix(&status, "%s", consumer);
    CM_TRY(status);
    for (size_t i = 0; i < response->n_left; i++)
        printf("%s [%d] seq %" PRId64 "  %s  %s\n", response->left[i]->topic, response->left[i]->part,
               response->left[i]->seq, consumer, response->left[i]->why);
    fprintf(stderr, "%s: %" PRId64 " rows applied, %zu not, %" PRId64 " were settled before\n", consumer,
            response->applied, response->n_left,
            (int64_t)request->n_ids - response->applied - (int64_t)response->n_left);
    *left += (int64_t)response->n_left;
    return cm_ok();
}

static cm_status replay(const cm_arguments *arguments, letters *l)
{
    int64_t left = 0;

    for (int i = 0; i < CONSUMERS; i++)
        if (l->asked[i].n_ids)
            CM_TRY(replay_at(arguments, consumers[i], &l->asked[i], l->arena, &left));
    if (l->unreadable)
        fprintf(stderr, "%" PRId64 " records that could not be read: the journal has what they may have said\n",
                l->unreadable);
    if (left)
        return cm_fail(CM_FAILED_PRECONDITION, "%" PRId64 " rows cannot be applied yet", left);
    return cm_ok();
}

static cm_status work(const cm_arguments *arguments, bool listed)
{
    CM_ARENA(arena);
    letters l = {.listed = listed, .arena = arena};

    for (int i = 0; i < CONSUMERS; i++)
        JrnReplayDeadLettersRequest_init(&l.asked[i]);
    CM_TRY(find_topic(arguments, &l));
    cm_status status = read_letters(arguments, &l);
    cm_consumer_free(l.consumer);
    cm_cluster_free(l.kafka);
    CM_TRY(status);
    fprintf(stderr, "%" PRId64 " dead letters\n", l.seen);
    return listed ? cm_ok() : replay(arguments, &l);
}

cm_status cli_dlq_list(const cli_command *command, const cm_arguments *arguments)
{
    return work(arguments, true);
}

cm_status cli_dlq_replay(const cli_command *command, const cm_arguments *arguments)
{
    return work(arguments, false);
}

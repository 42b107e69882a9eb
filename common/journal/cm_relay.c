/* One thread carries a journal, or the partitions that other replicas leave to it, to its topic. It has two states:
 * away, in which it tries again and again to learn where to go on, and carrying, which ends with whatever is wrong with
 * the producer, and when other partitions are to be carried. So every trouble has one answer: make the producer anew
 * and ask the topic. */
#include "journal/cm_relay.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "journal/relay.h"
#include "journal/relay_truth.h"

enum {
    TOPIC_MS = 2000, /* a broker's answers are waited for that long, and so is the relay's end */
    TRUTH_MS = 10000,
    BACKOFF_MOST_MS = 3000,
    REST_MS = 500,
};

bool relay_is_stopping(cm_relay *relay)
{
    bool stopping;

    pthread_mutex_lock(&relay->lock);
    stopping = relay->stopping;
    pthread_mutex_unlock(&relay->lock);
    return stopping;
}

static void set_producer(cm_relay *relay, cm_producer *producer)
{
    pthread_mutex_lock(&relay->lock);
    relay->producer = producer;
    pthread_mutex_unlock(&relay->lock);
}

/* From the writer's thread after a commit, and from whoever stops the relay. */
static void wake(void *context)
{
    cm_relay *relay = context;

    pthread_mutex_lock(&relay->lock);
    if (relay->producer)
        cm_producer_wake(relay->producer);
    pthread_mutex_unlock(&relay->lock);
}

/* ---- away ---- */

/* Topics of events keep 30 days; what else a journal is carried to holds the newest value of each key. */
static bool is_compacted(const char *topic)
{
    return !strstr(topic, ".events.");
}

static void resume_part(cm_relay *relay, int number, const relay_truth *truth)
{
    static const char *const verdicts[] = {"it was never written", "retention emptied it", "its newest record is known",
                                           "its newest record is of another epoch",
                                           "the journal lost its newest record"};
    relay_part *part = &relay->parts[number];
    int64_t after = part->again ? 0 : truth->after;
    char numbers[2][24];

    snprintf(numbers[0], sizeof numbers[0], "%d", number);
    snprintf(numbers[1], sizeof numbers[1], "%lld", (long long)after);
    CM_LOG(CM_DEBUG, "the relay goes on", "topic", cm_journal_topic(relay->journal), "partition", numbers[0], "after",
           numbers[1], "why", part->again ? "the broker is new" : verdicts[truth->verdict]);
    part->queued = after;
    part->next = truth->next;
    part->again = false;
    part->carried = true;
    part->leaves = false;
    part->known_us = 0;
    atomic_store(&part->acknowledged, after);
}

/* The store was restored, or failed over, while nobody remembered what it had: what consumers know is another past. */
static cm_status begin_epoch_where_lost(cm_relay *relay, relay_truth *truths)
{
    bool lost = false;

    for (int part = 0; part < relay->partitions; part++)
        lost |= truths[part].verdict == RELAY_LOST;
    if (!lost)
        return cm_ok();
    CM_TRY(cm_journal_begin_epoch(relay->journal, relay->epoch, "Kafka has records that the journal has not"));
    relay->epoch = cm_journal_epoch(relay->journal);
    for (int part = 0; part < relay->partitions; part++)
        truths[part].after = 0;
    return cm_ok();
}

/* Finds out where each partition goes on, and makes the producer that goes on. */
static cm_status resume(cm_relay *relay)
{
    const char *topic = cm_journal_topic(relay->journal);
    cm_producer *producer;
    relay_truth *truths;

    cm_arena_reset(relay->arena);
    truths = cm_arena_zero(relay->arena, (size_t)relay->partitions * sizeof *truths);
    CM_TRY(cm_kafka_topic(relay->kafka, topic, relay->partitions, is_compacted(topic), TOPIC_MS));
    relay->epoch = cm_journal_epoch(relay->journal);
    CM_TRY(relay_truth_find(relay->journal, relay->db, relay->kafka, TRUTH_MS, truths));
    CM_TRY(begin_epoch_where_lost(relay, truths));
    CM_TRY(cm_producer_new(relay->kafka, relay_delivered, relay, relay->largest, &producer));
    for (int part = 0; part < relay->partitions; part++)
        if (cm_claims_held(relay->claims, part))
            resume_part(relay, part, truths + part);
    relay->progress = false;
    set_producer(relay, producer);
    return cm_ok();
}

/* One line for every change of state, however often an attempt fails. Owns `outcome`. */
static void tell(cm_relay *relay, cm_status outcome)
{
    cm_status before;

    pthread_mutex_lock(&relay->lock);
    before = relay->state;
    relay->state = cm_status_copy(outcome);
    pthread_mutex_unlock(&relay->lock);
    if (before.code != outcome.code && cm_is_ok(outcome))
        CM_LOG(CM_INFO, "events go to Kafka", "topic", cm_journal_topic(relay->journal), "bootstrap",
               cm_cluster_bootstrap(relay->kafka));
    else if (before.code != outcome.code || !relay->told)
        CM_LOG(outcome.code == CM_UNAVAILABLE ? CM_WARN : CM_ERROR, "events wait for Kafka", "topic",
               cm_journal_topic(relay->journal), "bootstrap", cm_cluster_bootstrap(relay->kafka), "code",
               cm_code_name(outcome.code), "message", cm_status_message(outcome));
    relay->told = true;
    cm_status_clear(&before);
    cm_status_clear(&outcome);
}

static void pause_for(cm_relay *relay, int milliseconds)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&relay->lock);
    while (!relay->stopping && pthread_cond_timedwait(&relay->change, &relay->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&relay->lock);
}

static void back_off(cm_relay *relay)
{
    pause_for(relay, relay->backoff_ms);
    relay->backoff_ms = relay->backoff_ms < BACKOFF_MOST_MS / 2 ? relay->backoff_ms * 2 : BACKOFF_MOST_MS;
}

static void drop_producer(cm_relay *relay)
{
    cm_producer *producer = relay->producer;

    set_producer(relay, NULL);
    cm_producer_free(producer);
    cm_status_clear(&relay->broken);
    for (int part = 0; part < relay->partitions; part++)
        relay->parts[part].carried = false;
}

/* What comes after the producer is gone. A lost connection is tried again; whether Kafka is away shows then. Anything
 * that hits again without a record in between is told, and slowed down. */
static void recover(cm_relay *relay, cm_status why)
{
    if (relay->progress) {
        relay->backoff_ms = RELAY_BACKOFF_LEAST_MS;
        cm_status_clear(&why);
        return;
    }
    if (why.code == CM_UNAVAILABLE)
        cm_status_clear(&why);
    else
        tell(relay, why);
    back_off(relay);
}

/* Other replicas carry everything, which is as good as carrying it. */
static void rest(cm_relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    cm_status_clear(&relay->state);
    relay->state = cm_ok();
    pthread_mutex_unlock(&relay->lock);
    pause_for(relay, REST_MS);
}

static void *work(void *argument)
{
    cm_relay *relay = argument;
    bool any;

    while (!relay_is_stopping(relay)) {
        cm_status s = relay_share_take(relay, &any);

        if (cm_is_ok(s) && !any) {
            rest(relay);
            continue;
        }
        if (cm_is_ok(s))
            s = resume(relay);
        if (!cm_is_ok(s)) {
            tell(relay, s);
            back_off(relay);
            continue;
        }
        tell(relay, cm_ok());
        s = relay_carry(relay);
        relay_save_watermark(relay);
        drop_producer(relay);
        if (!cm_is_ok(s))
            recover(relay, s);
    }
    return NULL;
}

/* ---- start and end ---- */

static void free_relay(cm_relay *relay)
{
    cm_claims_close(relay->claims);
    if (relay->db)
        cm_db_close(relay->db);
    cm_arena_free(relay->arena);
    pthread_cond_destroy(&relay->change);
    pthread_mutex_destroy(&relay->lock);
    cm_status_clear(&relay->state);
    free(relay->parts);
    free(relay);
}

static cm_status load_watermark(cm_relay *relay)
{
    for (int part = 0; part < relay->partitions; part++) {
        int64_t seq;
        CM_TRY(cm_journal_sent(relay->db, part, &seq));
        relay->parts[part].saved = seq;
        atomic_store(&relay->parts[part].acknowledged, seq);
    }
    return cm_ok();
}

static cm_status start_thread(cm_relay *relay)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    error = pthread_create(&relay->thread, NULL, work, relay);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "the relay's thread could not be started: %s", strerror(error));
    pthread_setname_np(relay->thread, "relay");
    return cm_ok();
}

cm_status cm_relay_start(cm_journal *journal, const cm_cluster *kafka, cm_relay **relay)
{
    cm_relay *made = cm_alloc(sizeof *made);
    cm_status s;

    made->journal = journal;
    made->kafka = kafka;
    made->largest = CM_RECORD_LARGEST;
    made->arena = cm_arena_new();
    made->partitions = cm_journal_partitions(journal);
    made->parts = cm_alloc((size_t)made->partitions * sizeof *made->parts);
    made->state = cm_fail(CM_UNAVAILABLE, "Kafka at %s has not answered yet", cm_cluster_bootstrap(kafka));
    made->backoff_ms = RELAY_BACKOFF_LEAST_MS;
    atomic_store(&made->oldest_us, INT64_MAX);
    pthread_mutex_init(&made->lock, NULL);
    cm_condition_init(&made->change);
    s = cm_store_reader(cm_journal_store(journal), &made->db);
    if (cm_is_ok(s))
        s = load_watermark(made);
    if (cm_is_ok(s))
        s = relay_share_open(made);
    if (cm_is_ok(s))
        s = start_thread(made);
    if (!cm_is_ok(s)) {
        free_relay(made);
        return s;
    }
    made->watch = cm_journal_watch(journal, wake, made);
    *relay = made;
    return cm_ok();
}

int64_t cm_relay_acknowledged(const cm_relay *relay, int part)
{
    return atomic_load(&relay->parts[part].acknowledged);
}

cm_status cm_relay_state(cm_relay *relay)
{
    cm_status state;

    pthread_mutex_lock(&relay->lock);
    state = cm_status_copy(relay->state);
    pthread_mutex_unlock(&relay->lock);
    return state;
}

void cm_relay_stop(cm_relay *relay, int wait_ms)
{
    if (!relay)
        return;
    pthread_mutex_lock(&relay->lock);
    relay->stopping = true;
    relay->stop_us = cm_clock_monotonic_us() + (int64_t)wait_ms * 1000;
    pthread_cond_signal(&relay->change);
    pthread_mutex_unlock(&relay->lock);
    wake(relay);
    pthread_join(relay->thread, NULL);
    cm_journal_unwatch(relay->journal, relay->watch);
    free_relay(relay);
}

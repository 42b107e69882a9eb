/* One thread, round after round: records from Kafka, a comparison with the journal when it is time, and rows from the
 * journal for what is missing. */
#include "journal/cm_feed.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "journal/feed.h"

enum { LARGEST_BATCH = 1000, ASK_FIRST_MS = 250, WAIT_MOST_MS = 500 };

bool feed_is_stopping(cm_feed *feed)
{
    bool stopping;

    pthread_mutex_lock(&feed->lock);
    stopping = feed->stopping;
    pthread_mutex_unlock(&feed->lock);
    return stopping;
}

void feed_tell(cm_feed *feed, cm_code *told, const char *good, const char *bad, cm_status outcome)
{
    if (*told != outcome.code && cm_is_ok(outcome))
        CM_LOG(CM_INFO, good, "topic", feed->options.topic);
    else if (*told != outcome.code)
        CM_LOG(CM_WARN, bad, "topic", feed->options.topic, "code", cm_code_name(outcome.code), "message",
               cm_status_message(outcome));
    *told = outcome.code;
    cm_status_clear(&outcome);
}

/* Until the next thing that is due. */
static int wait_ms(const cm_feed *feed)
{
    int64_t now = cm_clock_monotonic_us(), next = now + WAIT_MOST_MS * 1000;

    if (feed->ask_us < next)
        next = feed->ask_us;
    if (feed->letters_us < next)
        next = feed->letters_us;
    for (int part = 0; part < feed->partitions; part++)
        if (feed->parts[part].fill && feed->parts[part].due_us < next)
            next = feed->parts[part].due_us;
    return next > now ? (int)((next - now + 999) / 1000) : 0;
}

void feed_wait(cm_feed *feed, int milliseconds)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)milliseconds * 1000000; /* less than a second */
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&feed->lock);
    if (!feed->stopping)
        pthread_cond_timedwait(&feed->change, &feed->lock, &until);
    pthread_mutex_unlock(&feed->lock);
}

static void round_of(cm_feed *feed)
{
    cm_arena_reset(feed->arena);
    feed_share(feed);
    if (feed->consumer && feed->partitions && (feed->assigned || cm_clock_monotonic_us() >= feed->assign_us))
        feed_kafka_poll(feed, wait_ms(feed));
    else
        feed_wait(feed, wait_ms(feed));
    if (!feed_is_stopping(feed) && cm_clock_monotonic_us() >= feed->ask_us)
        feed_compare(feed);
    if (!feed_is_stopping(feed))
        feed_fill(feed);
    if (!feed_is_stopping(feed))
        feed_dead_send(feed);
}

static void *work(void *argument)
{
    cm_feed *feed = argument;

    while (!feed_is_stopping(feed))
        round_of(feed);
    return NULL;
}

static void free_feed(cm_feed *feed)
{
    feed_dead_close(feed);
    cm_consumer_free(feed->consumer);
    cm_group_free(feed->group);
    cm_claims_close(feed->claims);
    cm_arena_free(feed->arena);
    pthread_cond_destroy(&feed->change);
    pthread_mutex_destroy(&feed->lock);
    free((char *)feed->options.topic);
    free(feed->parts);
    free(feed->batch);
    free(feed);
}

static cm_status start_thread(cm_feed *feed)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    error = pthread_create(&feed->thread, NULL, work, feed);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "the feed's thread could not be started: %s", strerror(error));
    pthread_setname_np(feed->thread, "feed");
    return cm_ok();
}

static cm_feed *new_feed(const cm_feed_options *options)
{
    cm_feed *feed = cm_alloc(sizeof *feed);

    feed->options = *options;
    feed->options.topic = cm_strdup(options->topic);
    if (!feed->options.largest_batch)
        feed->options.largest_batch = LARGEST_BATCH;
    feed->batch = cm_alloc((size_t)feed->options.largest_batch * sizeof *feed->batch);
    feed->arena = cm_arena_new();
    feed->kafka_told = feed->journal_told = CM_UNKNOWN;
    feed->store_told = CM_OK;
    feed->ask_ms = ASK_FIRST_MS;
    pthread_mutex_init(&feed->lock, NULL);
    cm_condition_init(&feed->change);
    return feed;
}

cm_status cm_feed_start(const cm_feed_options *options, cm_feed **feed)
{
    cm_feed *made = new_feed(options);
    cm_status s = feed_load(made);

    if (cm_is_ok(s))
        s = feed_kafka_open(made);
    if (made->partitions) /* what is known lets Kafka begin; the journal is asked a little later */
        made->ask_us = cm_clock_monotonic_us() + ASK_FIRST_MS * 1000;
    if (cm_is_ok(s))
        s = start_thread(made);
    if (!cm_is_ok(s)) {
        free_feed(made);
        return s;
    }
    feed_lag_add(made);
    feed_join(made);
    *feed = made;
    return s;
}

void cm_feed_stop(cm_feed *feed)
{
    if (!feed)
        return;
    feed_lag_remove(feed);
    feed_leave(feed);
    pthread_mutex_lock(&feed->lock);
    feed->stopping = true;
    pthread_cond_signal(&feed->change);
    if (feed->consumer)
        cm_consumer_wake(feed->consumer);
    if (feed->stream)
        cm_client_stream_cancel(feed->stream);
    pthread_mutex_unlock(&feed->lock);
    pthread_join(feed->thread, NULL);
    free_feed(feed);
}

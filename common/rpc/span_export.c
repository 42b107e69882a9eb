#include "span_export.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "span_message.h"

enum { QUEUE = 2048, BATCH = 512, DELAY_MS = 1000, SEND_MS = 10000, LAST_MS = 2000 };

struct span_export {
    cm_channel *channel;
    char *service;
    size_t most, batch;
    int delay_ms;
    cm_metrics *metrics;
    cm_counter sent, dropped;
    pthread_t thread;
    bool reached; /* the last batch was taken; of the thread */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    rpc_span *first, **last;
    size_t count;
    int64_t end_us; /* monotonic: after it nothing is sent; 0: goes on */
};

void rpc_span_free(rpc_span *span)
{
    free(span->peer);
    free(span->state);
    free(span);
}

void span_export_put(span_export *e, rpc_span *span)
{
    pthread_mutex_lock(&e->lock);
    bool fits = e->count < e->most;
    if (fits) {
        span->next = NULL;
        *e->last = span;
        e->last = &span->next;
        if (++e->count == e->batch || e->count == 1)
            pthread_cond_signal(&e->changed);
    }
    pthread_mutex_unlock(&e->lock);
    if (fits)
        return;
    cm_count(&e->dropped, 1);
    rpc_span_free(span);
}

/* ---- the thread ---- */

static void wait_until(span_export *e, int64_t due_us)
{
    struct timespec due = {due_us / 1000000, due_us % 1000000 * 1000};

    pthread_cond_timedwait(&e->changed, &e->lock, &due);
}

/* The next batch, once it is full or its first span has waited long enough; NULL at the end. */
static rpc_span *take(span_export *e, size_t *count)
{
    pthread_mutex_lock(&e->lock);
    while (e->count == 0 && !e->end_us)
        pthread_cond_wait(&e->changed, &e->lock);
    int64_t due_us = cm_clock_monotonic_us() + (int64_t)e->delay_ms * 1000;
    while (e->count < e->batch && !e->end_us && cm_clock_monotonic_us() < due_us)
        wait_until(e, due_us);
    rpc_span *batch = e->first;
    rpc_span **end = &batch;
    for (*count = 0; *count < e->batch && *end; ++*count)
        end = &(*end)->next;
    e->first = *end;
    *end = NULL;
    e->count -= *count;
    if (!e->first)
        e->last = &e->first;
    pthread_mutex_unlock(&e->lock);
    return *count ? batch : NULL;
}

static int64_t time_to_send(span_export *e)
{
    pthread_mutex_lock(&e->lock);
    int64_t end_us = e->end_us;
    pthread_mutex_unlock(&e->lock);
    if (!end_us)
        return SEND_MS;
    int64_t left_ms = (end_us - cm_clock_monotonic_us()) / 1000;
    return left_ms < SEND_MS ? left_ms : SEND_MS;
}

/* Says once that the collector is gone, and once that it is back. */
static void tell(span_export *e, cm_status outcome)
{
    if (cm_is_ok(outcome) && !e->reached)
        CM_LOG(CM_INFO, "spans are sent", "collector", cm_channel_target(e->channel));
    bool reached = cm_is_ok(outcome);
    if (!reached && e->reached)
        cm_log_failure(CM_WARN, "spans are dropped, since the collector does not take them", &outcome);
    cm_status_clear(&outcome);
    e->reached = reached;
}

static void send_batch(span_export *e, const rpc_span *batch, size_t count)
{
    CM_ARENA(arena);
    OtelCollectorExportTraceServiceResponse *answer = NULL;
    int64_t timeout_ms = time_to_send(e);
    uint64_t rejected = count;

    if (timeout_ms > 0) {
        /* A collector knows a span by its ids, so that one that comes twice is one. */
        cm_call_options options = {.timeout_ms = timeout_ms, .idempotent = true};
        cm_status outcome = otel_collector_trace_service_export(
            e->channel, &options, span_message(batch, count, e->service, arena), arena, &answer);
        if (cm_is_ok(outcome))
            rejected = answer->partial_success ? (uint64_t)answer->partial_success->rejected_spans : 0;
        tell(e, outcome);
    }
    rejected = rejected < count ? rejected : count;
    cm_count(&e->dropped, rejected);
    cm_count(&e->sent, count - rejected);
}

static void *run(void *argument)
{
    span_export *e = argument;
    rpc_span *batch;
    size_t count;

    while ((batch = take(e, &count))) {
        send_batch(e, batch, count);
        for (rpc_span *next; batch; batch = next) {
            next = batch->next;
            rpc_span_free(batch);
        }
    }
    return NULL;
}

/* ---- life ---- */

static void tell_sent(void *context, cm_metric_out *out)
{
    CM_METRIC(out, (double)cm_counted(&((span_export *)context)->sent));
}

static void tell_dropped(void *context, cm_metric_out *out)
{
    CM_METRIC(out, (double)cm_counted(&((span_export *)context)->dropped));
}

static void add_metrics(span_export *e)
{
    cm_metrics_add(e->metrics, &(cm_metric){"cityneg_spans_sent_total", "Spans that the collector took.", CM_COUNTER,
                                            tell_sent, e});
    cm_metrics_add(e->metrics, &(cm_metric){"cityneg_spans_dropped_total",
                                            "Spans for which there was no room, or that the collector did not take.",
                                            CM_COUNTER, tell_dropped, e});
}

cm_status span_export_new(const cm_tracer_options *options, span_export **made)
{
    cm_channel *channel;

    *made = NULL;
    CM_TRY(cm_channel_new(options->endpoint, NULL, &channel));
    span_export *e = cm_alloc(sizeof *e);
    *e = (span_export){.channel = channel,
                       .service = cm_strdup(options->service ? options->service : ""),
                       .most = options->queue ? options->queue : QUEUE,
                       .batch = options->batch ? options->batch : BATCH,
                       .delay_ms = options->delay_ms ? options->delay_ms : DELAY_MS,
                       .metrics = options->metrics,
                       .reached = true};
    if (e->batch > e->most)
        e->batch = e->most;
    e->last = &e->first;
    pthread_mutex_init(&e->lock, NULL);
    cm_condition_init(&e->changed);
    if (e->metrics)
        add_metrics(e);
    if (pthread_create(&e->thread, NULL, run, e) != 0)
        abort();
    pthread_setname_np(e->thread, "spans");
    *made = e;
    return cm_ok();
}

void span_export_free(span_export *e)
{
    if (!e)
        return;
    pthread_mutex_lock(&e->lock);
    e->end_us = cm_clock_monotonic_us() + (int64_t)LAST_MS * 1000;
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->lock);
    pthread_join(e->thread, NULL);
    if (e->metrics)
        cm_metrics_remove(e->metrics, e);
    cm_channel_free(e->channel);
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
    free(e->service);
    free(e);
}

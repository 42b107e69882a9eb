/* Traces, as a collector of our own receives them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_digest.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "echo_server.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.grpc-c.h"
#include "rpc/cm_tracer.h"

/* ---- the collector: keeps every span ---- */

typedef struct collector {
    cm_server *server;
    char target[32];
    cm_arena *arena;
    pthread_mutex_t lock; /* guards all below */
    OtelTraceSpan *spans[1000];
    int count, requests, largest;
    char service[32];
} collector;

static cm_status take(cm_call *call, const OtelCollectorExportTraceServiceRequest *request,
                      OtelCollectorExportTraceServiceResponse *response)
{
    collector *c = cm_call_state(call);
    const OtelTraceResourceSpans *sender = request->resource_spans[0];
    const OtelTraceScopeSpans *made = sender->scope_spans[0];

    pthread_mutex_lock(&c->lock);
    c->requests++;
    for (size_t i = 0; i < made->n_spans && c->count < 1000; i++)
        c->spans[c->count++] = cm_message_copy(&made->spans[i]->base, c->arena);
    if ((int)made->n_spans > c->largest)
        c->largest = (int)made->n_spans;
    snprintf(c->service, sizeof c->service, "%s", sender->resource->attributes[0]->value->string_value);
    pthread_mutex_unlock(&c->lock);
    return cm_ok();
}

static void collector_start(collector *c)
{
    static const OtelCollectorTraceService rows = {.export = {.handler = take, .lane = CM_INLINE}};
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_service service = otel_collector_trace_service(&rows, c);

    *c = (collector){.lock = PTHREAD_MUTEX_INITIALIZER, .arena = cm_arena_new()};
    ASSERT_OK(cm_server_new(&(cm_server_options){.listen = listen}, &c->server));
    ASSERT_OK(cm_server_add(c->server, &service));
    ASSERT_OK(cm_server_start(c->server));
    snprintf(c->target, sizeof c->target, "127.0.0.1:%d", cm_server_port(c->server, 0));
}

static void collector_stop(collector *c)
{
    cm_server_free(c->server);
    cm_arena_free(c->arena);
}

static const OtelTraceSpan *find(const collector *c, const char *name, OtelTraceSpanSpanKind kind)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->spans[i]->name, name) == 0 && c->spans[i]->kind == kind)
            return c->spans[i];
    fail_msg("there is no span %s of kind %d", name, (int)kind);
    return NULL;
}

static bool same(ProtobufCBinaryData a, ProtobufCBinaryData b)
{
    return a.len == b.len && a.len > 0 && memcmp(a.data, b.data, a.len) == 0;
}

/* ---- what is traced ---- */

typedef struct bed {
    collector collector;
    cm_metrics *metrics;
    cm_tracer *tracer;
    echo_server echo;
} bed;

static void set_up(bed *b, const cm_tracer_options *options)
{
    cm_tracer_options with = *options;

    collector_start(&b->collector);
    with.endpoint = with.endpoint ? with.endpoint : b->collector.target;
    with.service = "cityneg-echo";
    with.metrics = b->metrics = cm_metrics_new();
    ASSERT_OK(cm_tracer_new(&with, &b->tracer));
    cm_interceptor server = cm_tracer_server(b->tracer);
    cm_client_interceptor client = cm_tracer_client(b->tracer);
    echo_start(&b->echo, &(cm_server_options){.interceptors = &server, .interceptor_count = 1});
    cm_channel_free(b->echo.channel);
    ASSERT_OK(cm_channel_new(b->echo.target, &(cm_channel_options){.interceptors = &client, .interceptor_count = 1},
                             &b->echo.channel));
}

/* Everything has been sent afterwards. */
static void finish(bed *b)
{
    echo_stop(&b->echo);
    cm_tracer_free(b->tracer);
    pthread_mutex_lock(&b->collector.lock); /* what its threads wrote under the lock is seen from here on */
    pthread_mutex_unlock(&b->collector.lock);
}

static void tear_down(bed *b)
{
    cm_metrics_free(b->metrics);
    collector_stop(&b->collector);
}

static cm_status call(bed *b, echo_method method, const char *traceparent, cm_arena *arena)
{
    EchoSayResponse *response;
    const cm_metadatum header = {"traceparent", traceparent, traceparent ? strlen(traceparent) : 0};

    return echo_call(&b->echo, method, "x",
                     &(cm_call_options){.metadata = &header, .metadata_count = traceparent ? 1 : 0}, arena, &response);
}

/* What the handler of Hold knew as its place. */
static char *held_trace(bed *b)
{
    pthread_mutex_lock(&b->echo.lock);
    char *trace = cm_strdup(b->echo.held_trace);
    pthread_mutex_unlock(&b->echo.lock);
    return trace;
}

#define SERVICE "cityneg.testing.echo.EchoService/"
#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

static void a_chain_of_calls_is_one_trace(void **state)
{
    CM_ARENA(arena);
    char hex[40];
    bed b;

    set_up(&b, &(cm_tracer_options){0});
    echo_release(&b.echo);
    ASSERT_OK(call(&b, echo_echo_service_relay, NULL, arena));
    CM_FREE char *held = held_trace(&b);
    finish(&b);
    const OtelTraceSpan *asked = find(&b.collector, SERVICE "Relay", OTEL_TRACE_SPAN_KIND_CLIENT);
    const OtelTraceSpan *relay = find(&b.collector, SERVICE "Relay", OTEL_TRACE_SPAN_KIND_SERVER);
    const OtelTraceSpan *passed = find(&b.collector, SERVICE "Hold", OTEL_TRACE_SPAN_KIND_CLIENT);
    const OtelTraceSpan *hold = find(&b.collector, SERVICE "Hold", OTEL_TRACE_SPAN_KIND_SERVER);
    assert_int_equal(b.collector.count, 4);
    assert_string_equal(b.collector.service, "cityneg-echo");
    assert_int_equal(asked->trace_id.len, 16);
    assert_int_equal(asked->span_id.len, 8);
    assert_int_equal(asked->parent_span_id.len, 0);
    assert_true(same(relay->parent_span_id, asked->span_id));
    assert_true(same(passed->parent_span_id, relay->span_id));
    assert_true(same(hold->parent_span_id, passed->span_id));
    for (int i = 0; i < 4; i++) {
        const OtelTraceSpan *span = b.collector.spans[i];
        assert_true(same(span->trace_id, asked->trace_id));
        assert_int_equal(span->flags, 1);
        assert_true(span->start_time_unix_nano <= span->end_time_unix_nano);
        assert_null(span->status);
    }
    /* What the handler knows as its place is its span: that is what journal rows keep. */
    cm_hex(hold->span_id.data, 8, hex);
    assert_memory_equal(held + 36, hex, 16);
    tear_down(&b);
}

static void a_caller_s_trace_goes_on(void **state)
{
    CM_ARENA(arena);
    char hex[40];
    bed b;

    set_up(&b, &(cm_tracer_options){0});
    ASSERT_OK(call(&b, echo_echo_service_say, "00-" TRACE "-" SPAN "-01", arena));
    finish(&b);
    const OtelTraceSpan *say = find(&b.collector, SERVICE "Say", OTEL_TRACE_SPAN_KIND_SERVER);
    assert_int_equal(b.collector.count, 1); /* the header was given, so that the channel adds none */
    assert_string_equal(cm_hex(say->trace_id.data, 16, hex), TRACE);
    assert_string_equal(cm_hex(say->parent_span_id.data, 8, hex), SPAN);
    tear_down(&b);
}

static void what_the_caller_does_not_sample_is_passed_on_and_not_sent(void **state)
{
    CM_ARENA(arena);
    bed b;

    set_up(&b, &(cm_tracer_options){0});
    echo_release(&b.echo);
    ASSERT_OK(call(&b, echo_echo_service_relay, "00-" TRACE "-" SPAN "-00", arena));
    CM_FREE char *held = held_trace(&b);
    assert_string_equal(held, "00-" TRACE "-" SPAN "-00");
    ASSERT_OK(call(&b, echo_echo_service_say, "00-" TRACE "-" SPAN "-01", arena));
    finish(&b);
    assert_int_equal(b.collector.count, 1);
    find(&b.collector, SERVICE "Say", OTEL_TRACE_SPAN_KIND_SERVER);
    tear_down(&b);
}

static void a_header_that_is_none_begins_a_trace(void **state)
{
    CM_ARENA(arena);
    bed b;

    set_up(&b, &(cm_tracer_options){0});
    ASSERT_OK(call(&b, echo_echo_service_say, "00-" TRACE "-0000000000000000-01", arena));
    finish(&b);
    const OtelTraceSpan *say = find(&b.collector, SERVICE "Say", OTEL_TRACE_SPAN_KIND_SERVER);
    assert_int_equal(say->parent_span_id.len, 0);
    tear_down(&b);
}

static void a_failure_is_an_error_of_who_is_to_blame(void **state)
{
    CM_ARENA(arena);
    EchoSayRequest *request = CM_NEW(arena, EchoSayRequest);
    EchoSayResponse *response;
    bed b;

    set_up(&b, &(cm_tracer_options){0});
    request->failure = CM_NEW(arena, EchoFailure);
    request->failure->code = CM_NOT_FOUND;
    ASSERT_FAILS(echo_echo_service_say(b.echo.channel, NULL, request, arena, &response), CM_NOT_FOUND, "");
    request->failure->code = CM_INTERNAL;
    ASSERT_FAILS(echo_echo_service_store(b.echo.channel, NULL, request, arena, &response), CM_INTERNAL, "");
    finish(&b);
    assert_null(find(&b.collector, SERVICE "Say", OTEL_TRACE_SPAN_KIND_SERVER)->status);
    const OtelTraceStatus *asked = find(&b.collector, SERVICE "Say", OTEL_TRACE_SPAN_KIND_CLIENT)->status;
    const OtelTraceStatus *store = find(&b.collector, SERVICE "Store", OTEL_TRACE_SPAN_KIND_SERVER)->status;
    assert_non_null(asked);
    assert_int_equal(asked->code, OTEL_TRACE_STATUS_CODE_ERROR);
    assert_string_equal(asked->message, "NOT_FOUND");
    assert_non_null(store);
    assert_string_equal(store->message, "INTERNAL");
    tear_down(&b);
}

/* The number in the line of a counter. */
static int counted(bed *b, const char *name)
{
    cm_text text = {0};
    int value = -1;

    cm_metrics_write(b->metrics, &text);
    CM_FREE char *start = cm_format("\n%s{} ", name);
    const char *at = strstr(text.data, start);
    if (at)
        value = atoi(at + strlen(start));
    cm_text_clear(&text);
    return value;
}

static void spans_leave_in_batches(void **state)
{
    CM_ARENA(arena);
    bed b;

    set_up(&b, &(cm_tracer_options){.batch = 10, .delay_ms = 60000});
    for (int i = 0; i < 25; i++)
        ASSERT_OK(call(&b, echo_echo_service_say, NULL, arena));
    finish(&b);
    assert_int_equal(b.collector.count, 50);
    assert_int_equal(b.collector.requests, 5);
    assert_int_equal(b.collector.largest, 10);
    tear_down(&b);
}

static void what_finds_no_collector_is_dropped_and_counted(void **state)
{
    CM_ARENA(arena);
    bed b;

    set_up(&b, &(cm_tracer_options){.endpoint = "127.0.0.1:1", .queue = 8, .batch = 8, .delay_ms = 60000});
    for (int i = 0; i < 20; i++)
        ASSERT_OK(call(&b, echo_echo_service_say, NULL, arena));
    echo_stop(&b.echo);
    assert_true(counted(&b, "cityneg_spans_dropped_total") >= 40 - 8 - 8);
    assert_int_equal(counted(&b, "cityneg_spans_sent_total"), 0);
    cm_tracer_free(b.tracer);
    assert_int_equal(b.collector.requests, 0);
    tear_down(&b);
}

static void what_makes_no_sense_is_refused(void **state)
{
    cm_tracer *tracer;

    ASSERT_FAILS(cm_tracer_new(&(cm_tracer_options){.endpoint = "collector"}, &tracer), CM_INVALID_ARGUMENT,
                 "'collector' is no target");
    ASSERT_FAILS(cm_tracer_new(&(cm_tracer_options){.endpoint = "127.0.0.1:1", .ratio = 1.5}, &tracer),
                 CM_INVALID_ARGUMENT, "1.5 is no share");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_of_calls_is_one_trace),
        cmocka_unit_test(a_caller_s_trace_goes_on),
        cmocka_unit_test(what_the_caller_does_not_sample_is_passed_on_and_not_sent),
        cmocka_unit_test(a_header_that_is_none_begins_a_trace),
        cmocka_unit_test(a_failure_is_an_error_of_who_is_to_blame),
        cmocka_unit_test(spans_leave_in_batches),
        cmocka_unit_test(what_finds_no_collector_is_dropped_and_counted),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

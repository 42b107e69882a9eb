/* What interceptors see of calls on both sides, and what they may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "echo_server.h"

/* Writes down what happens, as `name:word` in the order of time. */
typedef struct diary {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    cm_text text;
    size_t received, sent; /* bytes */
    int ends;
} diary;

typedef struct writer {
    diary *diary;
    const char *name;
    const char *refuses; /* the path of a method; NULL: none */
} writer;

static void write_down(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void write_down(writer *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    CM_FREE char *word = cm_vformat(format, args);
    va_end(args);
    pthread_mutex_lock(&w->diary->lock);
    cm_text_format(&w->diary->text, "%s:%s ", w->name, word);
    pthread_mutex_unlock(&w->diary->lock);
}

static void count_bytes(writer *w, size_t received, size_t sent)
{
    pthread_mutex_lock(&w->diary->lock);
    w->diary->received += received;
    w->diary->sent += sent;
    pthread_mutex_unlock(&w->diary->lock);
}

static void wake(writer *w)
{
    pthread_mutex_lock(&w->diary->lock);
    w->diary->ends++;
    pthread_cond_broadcast(&w->diary->changed);
    pthread_mutex_unlock(&w->diary->lock);
}

static cm_status began(void *context, cm_call *call, void **kept)
{
    writer *w = context;

    assert_null(*kept);
    assert_non_null(cm_call_peer(call));
    *kept = w;
    write_down(w, "began");
    if (w->refuses && strcmp(cm_call_method(call), w->refuses) == 0)
        return cm_fail(CM_ABORTED, "not today");
    return cm_ok();
}

static void received(void *context, void *kept, size_t bytes)
{
    assert_ptr_equal(context, kept);
    count_bytes(kept, bytes, 0);
}

static void sent(void *context, void *kept, size_t bytes)
{
    assert_ptr_equal(context, kept);
    count_bytes(kept, 0, bytes);
}

static void ended(void *context, cm_call *call, void *kept, cm_code code)
{
    assert_ptr_equal(context, kept);
    write_down(context, "%s", cm_code_name(code));
    wake(context);
}

static cm_status client_began(void *context, cm_outgoing *call, void **kept)
{
    writer *w = context;

    assert_null(*kept);
    *kept = w;
    write_down(w, "began");
    if (w->refuses && strcmp(cm_outgoing_method(call)->path, w->refuses) == 0)
        return cm_fail(CM_ABORTED, "not to %s", cm_outgoing_target(call));
    if (cm_outgoing_has(call, "x-echo-initial"))
        return cm_ok();
    return cm_outgoing_add(call, "x-echo-initial", w->name, strlen(w->name));
}

static void client_ended(void *context, const cm_outgoing *call, void *kept, cm_code code)
{
    assert_ptr_equal(context, kept);
    write_down(context, "%s", cm_code_name(code));
    wake(context);
}

typedef struct bed {
    echo_server echo;
    diary server_diary, client_diary;
    writer server[2], client[2];
    cm_channel *channel;
} bed;

static void set_up(bed *b, const char *server_refuses, const char *client_refuses, size_t most_calls)
{
    *b = (bed){.server_diary = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER},
               .client_diary = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER},
               .server = {{&b->server_diary, "a", NULL}, {&b->server_diary, "b", server_refuses}},
               .client = {{&b->client_diary, "a", NULL}, {&b->client_diary, "b", client_refuses}}};
    cm_interceptor server[2];
    cm_client_interceptor client[2];
    for (int i = 0; i < 2; i++) {
        server[i] = (cm_interceptor){began, received, sent, ended, &b->server[i]};
        client[i] = (cm_client_interceptor){client_began, received, sent, client_ended, &b->client[i]};
    }
    echo_start(&b->echo,
               &(cm_server_options){.interceptors = server, .interceptor_count = 2, .most_calls = most_calls});
    ASSERT_OK(cm_channel_new(b->echo.target, &(cm_channel_options){.interceptors = client, .interceptor_count = 2},
                             &b->channel));
}

static void tear_down(bed *b)
{
    cm_channel_free(b->channel);
    echo_stop(&b->echo);
    cm_text_clear(&b->server_diary.text);
    cm_text_clear(&b->client_diary.text);
}

/* Waits until so many interceptors have ended: an answer may arrive before the server knows that it has left. */
static void wait_for_ends(diary *d, int ends)
{
    pthread_mutex_lock(&d->lock);
    while (d->ends < ends)
        pthread_cond_wait(&d->changed, &d->lock);
    pthread_mutex_unlock(&d->lock);
}

static bool is_written(diary *d, const char *part)
{
    pthread_mutex_lock(&d->lock);
    bool found = strstr(cm_text_get(&d->text), part) != NULL;
    pthread_mutex_unlock(&d->lock);
    return found;
}

static void assert_written(diary *d, const char *all)
{
    pthread_mutex_lock(&d->lock);
    CM_FREE char *text = cm_strdup(cm_text_get(&d->text));
    pthread_mutex_unlock(&d->lock);
    assert_string_equal(text, all);
}

static size_t bytes_of(diary *d, const size_t *count)
{
    pthread_mutex_lock(&d->lock);
    size_t bytes = *count;
    pthread_mutex_unlock(&d->lock);
    return bytes;
}

static cm_status say(bed *b, echo_method method, const char *text, cm_received *metadata, cm_arena *arena)
{
    EchoSayRequest *request = CM_NEW(arena, EchoSayRequest);
    EchoSayResponse *response;

    request->text = cm_arena_strdup(arena, text);
    return method(b->channel, &(cm_call_options){.received = metadata}, request, arena, &response);
}

static void they_run_in_order_and_end_in_the_opposite_order(void **state)
{
    CM_ARENA(arena);
    cm_received metadata = {.arena = arena};
    bed b;

    set_up(&b, NULL, NULL, 0);
    ASSERT_OK(say(&b, echo_echo_service_say, "hello", &metadata, arena));
    wait_for_ends(&b.server_diary, 2);
    assert_written(&b.client_diary, "a:began b:began b:OK a:OK ");
    assert_written(&b.server_diary, "a:began b:began b:OK a:OK ");
    assert_int_equal(bytes_of(&b.server_diary, &b.server_diary.received), 2 * 7);
    assert_int_equal(bytes_of(&b.server_diary, &b.server_diary.sent), 2 * 7);
    assert_int_equal(bytes_of(&b.client_diary, &b.client_diary.received), 2 * 7);
    assert_int_equal(bytes_of(&b.client_diary, &b.client_diary.sent), 2 * 7);
    bool told = false; /* what the first one added has come to the handler, which sends it back */
    for (size_t i = 0; i < metadata.initial_count; i++)
        if (strcmp(metadata.initial[i].key, "x-echo-initial") == 0) {
            assert_string_equal(metadata.initial[i].value, "a");
            told = true;
        }
    assert_true(told);
    tear_down(&b);
}

static void a_server_s_refuses_before_the_handler_runs(void **state)
{
    CM_ARENA(arena);
    bed b;

    set_up(&b, "/cityneg.testing.echo.EchoService/Store", NULL, 0);
    ASSERT_FAILS(say(&b, echo_echo_service_store, "x", NULL, arena), CM_ABORTED, "not today");
    wait_for_ends(&b.server_diary, 1);
    assert_written(&b.server_diary, "a:began b:began a:ABORTED ");
    assert_int_equal(ECHO_READ(&b.echo, prepared), 0);
    ASSERT_OK(say(&b, echo_echo_service_say, "x", NULL, arena));
    tear_down(&b);
}

static void a_refused_stream_runs_no_callback(void **state)
{
    CM_ARENA(arena);
    cm_client_stream *stream;
    EchoSayResponse *response;
    bed b;

    set_up(&b, "/cityneg.testing.echo.EchoService/Chat", NULL, 0);
    ASSERT_OK(echo_echo_service_chat_open(b.channel, NULL, &stream));
    ASSERT_OK(echo_echo_service_chat_receive(stream, arena, &response));
    assert_null(response);
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_ABORTED, "not today");
    cm_client_stream_free(stream);
    wait_for_ends(&b.server_diary, 1);
    assert_written(&b.server_diary, "a:began b:began a:ABORTED ");
    assert_written(&b.client_diary, "a:began b:began b:ABORTED a:ABORTED ");
    assert_int_equal(ECHO_READ(&b.echo, streams_open), 0);
    assert_int_equal(ECHO_READ(&b.echo, streams_done), 0);
    tear_down(&b);
}

static void a_client_s_refuses_before_anything_is_sent(void **state)
{
    CM_ARENA(arena);
    cm_client_stream *stream;
    bed b;

    set_up(&b, NULL, "/cityneg.testing.echo.EchoService/Say", 0);
    ASSERT_FAILS(say(&b, echo_echo_service_say, "x", NULL, arena), CM_ABORTED, "not to 127.0.0.1:");
    assert_written(&b.client_diary, "a:began b:began a:ABORTED ");
    assert_written(&b.server_diary, "");
    tear_down(&b);
    set_up(&b, NULL, "/cityneg.testing.echo.EchoService/Chat", 0);
    ASSERT_FAILS(echo_echo_service_chat_open(b.channel, NULL, &stream), CM_ABORTED, "not to 127.0.0.1:");
    tear_down(&b);
}

static void a_stream_s_messages_are_seen_one_by_one(void **state)
{
    CM_ARENA(arena);
    EchoSayRequest request;
    EchoSayResponse *response;
    cm_client_stream *stream;
    bed b;

    set_up(&b, NULL, NULL, 0);
    ASSERT_OK(echo_echo_service_collect_open(b.channel, NULL, &stream));
    EchoSayRequest_init(&request);
    request.text = (char *)"abc";
    for (int i = 0; i < 3; i++)
        ASSERT_OK(echo_echo_service_collect_send_request(stream, &request));
    ASSERT_OK(echo_echo_service_collect_close_and_receive(stream, arena, &response));
    cm_client_stream_free(stream);
    wait_for_ends(&b.server_diary, 2);
    assert_written(&b.server_diary, "a:began b:began b:OK a:OK ");
    assert_written(&b.client_diary, "a:began b:began b:OK a:OK ");
    assert_int_equal(bytes_of(&b.server_diary, &b.server_diary.received), 2 * 3 * 5);
    assert_int_equal(bytes_of(&b.client_diary, &b.client_diary.sent), 2 * 3 * 5);
    assert_int_equal(bytes_of(&b.server_diary, &b.server_diary.sent),
                     bytes_of(&b.client_diary, &b.client_diary.received));
    tear_down(&b);
}

static void what_limits_refuse_is_seen_too(void **state)
{
    CM_ARENA(arena);
    cm_client_stream *stream;
    EchoExpandRequest request;
    bed b;

    set_up(&b, NULL, NULL, 1);
    EchoExpandRequest_init(&request);
    ASSERT_OK(echo_echo_service_expand_open(b.channel, NULL, &request, &stream));
    ECHO_WAIT(&b.echo, b.echo.streams_open == 1);
    ASSERT_FAILS(say(&b, echo_echo_service_say, "x", NULL, arena), CM_RESOURCE_EXHAUSTED, "1 calls already");
    wait_for_ends(&b.server_diary, 2);
    assert_true(is_written(&b.server_diary, "b:RESOURCE_EXHAUSTED a:RESOURCE_EXHAUSTED "));
    cm_client_stream_free(stream);
    wait_for_ends(&b.server_diary, 4);
    assert_true(is_written(&b.server_diary, "b:CANCELLED a:CANCELLED "));
    ASSERT_OK(say(&b, echo_echo_service_say, "x", NULL, arena));
    tear_down(&b);
}

static void more_than_a_few_are_refused(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_interceptor many[CM_INTERCEPTORS_MAX + 1] = {0};
    cm_server *server;

    ASSERT_FAILS(
        cm_server_new(
            &(cm_server_options){.listen = listen, .interceptors = many, .interceptor_count = CM_INTERCEPTORS_MAX + 1},
            &server),
        CM_INVALID_ARGUMENT, "17 are too many");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_run_in_order_and_end_in_the_opposite_order),
        cmocka_unit_test(a_server_s_refuses_before_the_handler_runs),
        cmocka_unit_test(a_refused_stream_runs_no_callback),
        cmocka_unit_test(a_client_s_refuses_before_anything_is_sent),
        cmocka_unit_test(a_stream_s_messages_are_seen_one_by_one),
        cmocka_unit_test(what_limits_refuse_is_seen_too),
        cmocka_unit_test(more_than_a_few_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "echo_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_message.h"

/* ---- a writer lane that repeats: what a handler did in its first run must leave no trace ---- */

static void writer_submit(cm_executor *executor, cm_task *task)
{
    echo_server *echo = (echo_server *)((char *)executor - offsetof(echo_server, writer));

    pthread_mutex_lock(&echo->lock);
    cm_task **end = &echo->writes;
    while (*end)
        end = &(*end)->next;
    task->next = NULL;
    *end = task;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->lock);
}

static cm_task *next_write(echo_server *echo)
{
    pthread_mutex_lock(&echo->lock);
    while (!echo->writes && !echo->writer_ends)
        pthread_cond_wait(&echo->changed, &echo->lock);
    cm_task *task = echo->writes;
    if (task)
        echo->writes = task->next;
    pthread_mutex_unlock(&echo->lock);
    return task;
}

static void *write_all(void *argument)
{
    cm_task *task;

    while ((task = next_write(argument))) {
        cm_status first = task->run(task, argument);
        cm_status_clear(&first);
        task->done(task, task->run(task, argument));
    }
    return NULL;
}

/* ---- its life ---- */

void echo_start(echo_server *echo, const cm_server_options *options)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_server_options with = options ? *options : (cm_server_options){0};

    *echo = (echo_server){.writer.submit = writer_submit};
    pthread_mutex_init(&echo->lock, NULL);
    pthread_cond_init(&echo->changed, NULL);
    assert_int_equal(pthread_create(&echo->writer_thread, NULL, write_all, echo), 0);
    ASSERT_OK(cm_pool_new(&(cm_pool_options){.name = "echo", .threads = 4}, &echo->background));
    with.listen = with.listen ? with.listen : listen;
    with.lanes[CM_WRITER] = &echo->writer;
    with.lanes[CM_BACKGROUND] = cm_pool_executor(echo->background);
    ASSERT_OK(cm_server_new(&with, &echo->server));
    cm_service service = echo_service(echo);
    ASSERT_OK(cm_server_add(echo->server, &service));
    ASSERT_OK(cm_server_start(echo->server));
    if (strncmp(with.listen[0], "unix:", 5) == 0)
        snprintf(echo->target, sizeof echo->target, "%s", with.listen[0]);
    else
        snprintf(echo->target, sizeof echo->target, "127.0.0.1:%d", cm_server_port(echo->server, 0));
    ASSERT_OK(cm_channel_new(echo->target, NULL, &echo->channel));
}

void echo_stop(echo_server *echo)
{
    cm_channel_free(echo->channel);
    cm_server_free(echo->server);
    cm_pool_free(echo->background);
    pthread_mutex_lock(&echo->lock);
    echo->writer_ends = true;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->lock);
    pthread_join(echo->writer_thread, NULL);
    pthread_cond_destroy(&echo->changed);
    pthread_mutex_destroy(&echo->lock);
}

int echo_read(echo_server *echo, const void *field, size_t size)
{
    int value = 0;

    assert_in_range(size, 1, sizeof value);
    pthread_mutex_lock(&echo->lock);
    memcpy(&value, field, size);
    pthread_mutex_unlock(&echo->lock);
    return value;
}

void echo_forget_sent(echo_server *echo)
{
    pthread_mutex_lock(&echo->lock);
    echo->messages_sent = 0;
    pthread_mutex_unlock(&echo->lock);
}

void echo_release(echo_server *echo)
{
    pthread_mutex_lock(&echo->lock);
    echo->released = true;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->lock);
}

void echo_assert_code(cm_status status, cm_code code, const char *text, const char *file, int line)
{
    if (status.code != code || (text && !strstr(cm_status_message(status), text))) {
        fprintf(stderr, "%s:%d: %s: %s, not %s: %s\n", file, line, cm_code_name(status.code), cm_status_message(status),
                cm_code_name(code), text ? text : "");
        _fail(file, line);
    }
    cm_status_clear(&status);
}

cm_status echo_call(const echo_server *echo, echo_method method, const char *text, const cm_call_options *options,
                    cm_arena *arena, EchoSayResponse **response)
{
    EchoSayRequest *request = CM_NEW(arena, EchoSayRequest);

    request->text = cm_arena_strdup(arena, text);
    return method(echo->channel, options, request, arena, response);
}

/* echo_server.h: a real server of EchoService on a free port of loopback, with a channel to it. Reach for it in tests
 * of common/rpc. */
#ifndef ECHO_SERVER_H
#define ECHO_SERVER_H

#include <pthread.h>

#include "echo.grpc-c.h"
#include "rpc/cm_server.h"

typedef struct echo_server {
    cm_server *server;
    cm_channel *channel;
    cm_pool *background;
    cm_executor writer; /* runs each task twice before it is done */
    pthread_t writer_thread;
    char target[64];

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    cm_task *writes;
    bool writer_ends;
    bool released; /* Hold may answer */
    int held;      /* calls of Hold that ever waited */
    int holding;   /* those that wait now */
    char held_trace[64];
    int relaying; /* calls of Relay */
    cm_code relayed_code;
    int collected; /* half-closes of Collect */
    int prepared, stored_runs;
    int streams_open, streams_done;
    int messages_sent; /* by Expand */
    int woken;         /* how often a stream of Expand had room or was woken */
    bool seen_cancelled;
    cm_code done_code;  /* of the last stream */
    cm_call *expanding; /* referenced; NULL: none */
} echo_server;

/* `options` may be NULL; its listen and lanes are set here. */
void echo_start(echo_server *echo, const cm_server_options *options);
void echo_stop(echo_server *echo);

/* Waits until `condition` holds of the echo_server `e`. */
#define ECHO_WAIT(e, condition)                                                                                        \
    do {                                                                                                               \
        pthread_mutex_lock(&(e)->lock);                                                                                \
        while (!(condition))                                                                                           \
            pthread_cond_wait(&(e)->changed, &(e)->lock);                                                              \
        pthread_mutex_unlock(&(e)->lock);                                                                              \
    } while (0)

/* The service with all its rows; of which the handler of Say. */
cm_service echo_service(echo_server *echo);
cm_status echo_say(cm_call *call, const EchoSayRequest *request, EchoSayResponse *response);

/* A number or flag of the echo_server `e`, read under its lock. */
#define ECHO_READ(e, field) echo_read((e), &(e)->field, sizeof(e)->field)
int echo_read(echo_server *echo, const void *field, size_t size);

/* Starts the count of messages_sent again. */
void echo_forget_sent(echo_server *echo);

/* Lets calls of Hold answer. */
void echo_release(echo_server *echo);

/* Ends the test where the status is a failure; ends the status where it is the failure that is expected. */
#define ASSERT_OK(status) echo_assert_code((status), CM_OK, NULL, __FILE__, __LINE__)
#define ASSERT_FAILS(status, code, text) echo_assert_code((status), (code), (text), __FILE__, __LINE__)
void echo_assert_code(cm_status status, cm_code code, const char *text, const char *file, int line);

/* One call of Say, Store or Hold. */
typedef cm_status (*echo_method)(cm_channel *channel, const cm_call_options *options, const EchoSayRequest *request,
                                 cm_arena *arena, EchoSayResponse **response);
cm_status echo_call(const echo_server *echo, echo_method method, const char *text, const cm_call_options *options,
                    cm_arena *arena, EchoSayResponse **response);

#endif

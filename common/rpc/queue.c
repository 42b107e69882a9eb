#include "queue.h"

#include <grpc/grpc_security.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"

#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *address);
void __tsan_release(void *address);
const char *__tsan_default_options(void);
#define TAKE_OVER(event) __tsan_acquire(event)
#define HAND_OVER(event) __tsan_release(event)

/* C-core is not built with the sanitizer: what it does within itself is not looked at. */
const char *__tsan_default_options(void)
{
    return "ignore_noninstrumented_modules=1";
}
#else
#define TAKE_OVER(event) ((void)(event))
#define HAND_OVER(event) ((void)(event))
#endif

void cm_event_hand_over(cm_event *event)
{
    HAND_OVER(event);
}

void cm_event_start(cm_event *event, grpc_call *call, const grpc_op *ops, size_t count)
{
    HAND_OVER(event);
    if (grpc_call_start_batch(call, ops, count, event, NULL) != GRPC_CALL_OK)
        abort();
}

#ifdef __SANITIZE_ADDRESS__
enum { SPARES_MAX = 0 }; /* or it would not see what is used after it was given up */
#else
enum { SPARES_MAX = 64 };
#endif

enum {
    LATER_EVENTS = 64, /* that are drawn before what is to be done later is done all the same */
    LATER_AGAIN = 16   /* requests that are refused after one that did not pay */
};

struct cm_queue {
    cm_event knocked; /* first: it leads to its queue */
    atomic_bool knocking;
    grpc_call *knock; /* a batch of nothing is complete at once, and its event is drawn */
    grpc_completion_queue *core;
    pthread_t thread;
    cm_alarm *alarms; /* by due time; of the queue's thread */
    atomic_bool ending;
    atomic_uint_fast64_t steps; /* into C-core and out of it: odd while what was drawn is dealt with */
    /* Of the queue's thread. */
    cm_spare *spares;
    int spare_count;
    cm_later *later, **later_end;
    int later_events;  /* drawn since there is something to be done later */
    int later_refused; /* requests that are still to be refused */
};

static _Thread_local cm_queue *own; /* of a queue's thread: its queue */

static void ring_due(cm_queue *queue)
{
    bool all = atomic_load(&queue->ending);

    while (queue->alarms && (all || queue->alarms->due_us <= cm_clock_monotonic_us())) {
        cm_alarm *alarm = queue->alarms;
        queue->alarms = alarm->next;
        alarm->ring(alarm);
    }
}

static gpr_timespec next_due(const cm_queue *queue)
{
    if (!queue->alarms)
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    int64_t left = queue->alarms->due_us - cm_clock_monotonic_us();
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(left > 0 ? left : 0, GPR_TIMESPAN));
}

bool cm_queue_later(cm_later *later)
{
    if (!own || own->later_refused > 0) {
        if (own)
            own->later_refused--;
        return false;
    }
    if (!own->later) {
        own->later_end = &own->later;
        own->later_events = 0;
    }
    later->next = NULL;
    *own->later_end = later;
    own->later_end = &later->next;
    return true;
}

static void run_later(cm_queue *queue)
{
    cm_later *later = queue->later;

    if (queue->later_events == 0)
        queue->later_refused = LATER_AGAIN;
    queue->later = NULL;
    while (later) {
        cm_later *next = later->next;
        later->run(later);
        later = next;
    }
}

bool cm_queue_put_spare(cm_spare *spare)
{
    if (!own || own->spare_count >= SPARES_MAX)
        return false;
    spare->next = own->spares;
    own->spares = spare;
    own->spare_count++;
    return true;
}

cm_spare *cm_queue_take_spare(void)
{
    cm_spare *spare = own ? own->spares : NULL;

    if (spare) {
        own->spares = spare->next;
        own->spare_count--;
    }
    return spare;
}

static void end_spares(void)
{
    cm_spare *spare;

    while ((spare = cm_queue_take_spare()))
        spare->end(spare);
}

static void step(cm_queue *queue)
{
    atomic_store_explicit(&queue->steps, atomic_load_explicit(&queue->steps, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static void *draw(void *argument)
{
    cm_queue *queue = argument;

    own = queue;
    for (;;) {
        gpr_timespec until = queue->later ? gpr_inf_past(GPR_CLOCK_MONOTONIC) : next_due(queue);
        grpc_event drawn = grpc_completion_queue_next(queue->core, until, NULL);
        if (drawn.type == GRPC_QUEUE_SHUTDOWN)
            break;
        step(queue);
        if (drawn.type == GRPC_OP_COMPLETE) {
            cm_event *event = drawn.tag;
            TAKE_OVER(event);
            queue->later_events++;
            event->fire(event, drawn.success != 0);
        }
        if (queue->later && (drawn.type == GRPC_QUEUE_TIMEOUT || queue->later_events >= LATER_EVENTS))
            run_later(queue);
        ring_due(queue);
        step(queue);
    }
    run_later(queue);
    ring_due(queue);
    end_spares();
    return NULL;
}

static void knocked(cm_event *event, bool ok)
{
    atomic_store(&((cm_queue *)event)->knocking, false);
}

/* A call that is never made, on a channel that never connects. */
static grpc_call *call_nowhere(grpc_completion_queue *core)
{
    grpc_arg unseen = {.type = GRPC_ARG_INTEGER, .key = (char *)GRPC_ARG_ENABLE_CHANNELZ, .value.integer = 0};
    grpc_channel_credentials *credentials = grpc_insecure_credentials_create();
    grpc_channel *channel = grpc_channel_create("unix:nowhere", credentials, &(grpc_channel_args){1, &unseen});
    grpc_call *call = grpc_channel_create_call(channel, NULL, 0, core, grpc_slice_from_static_string("/"), NULL,
                                               gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);

    grpc_channel_destroy(channel);
    grpc_channel_credentials_release(credentials);
    return call;
}

cm_queue *cm_queue_new(const char *thread_name)
{
    cm_queue *queue = cm_alloc(sizeof *queue);

    queue->core = grpc_completion_queue_create_for_next(NULL);
    queue->knocked.fire = knocked;
    queue->knock = call_nowhere(queue->core);
    if (pthread_create(&queue->thread, NULL, draw, queue) != 0)
        abort();
    pthread_setname_np(queue->thread, thread_name);
    return queue;
}

void cm_queue_free(cm_queue *queue)
{
    if (!queue)
        return;
    atomic_store(&queue->ending, true);
    grpc_call_unref(queue->knock);
    grpc_completion_queue_shutdown(queue->core);
    pthread_join(queue->thread, NULL);
    grpc_completion_queue_destroy(queue->core);
    free(queue);
}

grpc_completion_queue *cm_queue_core(const cm_queue *queue)
{
    return queue->core;
}

uint64_t cm_queue_steps(const cm_queue *queue)
{
    return atomic_load_explicit(&queue->steps, memory_order_relaxed);
}

int64_t cm_queue_worked_us(const cm_queue *queue)
{
    clockid_t clock;
    struct timespec now;

    if (pthread_getcpuclockid(queue->thread, &clock) != 0 || clock_gettime(clock, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void cm_queue_knock(cm_queue *queue)
{
    if (atomic_exchange(&queue->knocking, true))
        return;
    cm_event_start(&queue->knocked, queue->knock, NULL, 0);
}

void cm_queue_alarm(cm_queue *queue, cm_alarm *alarm)
{
    cm_alarm **at = &queue->alarms;

    while (*at && (*at)->due_us <= alarm->due_us)
        at = &(*at)->next;
    alarm->next = *at;
    *at = alarm;
}

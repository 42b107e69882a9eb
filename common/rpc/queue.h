/* queue.h: a completion queue of C-core with the thread that draws its events, and alarms on that thread. Reach for it
 * in whatever starts batches: the batch's tag is a cm_event, which fires on the queue's thread. Internal.
 *
 * What fires never blocks: that thread also does the transport's input and output. */
#ifndef QUEUE_H
#define QUEUE_H

#include <grpc/grpc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lives in its owner until it has fired. `ok` is the batch's success. */
typedef struct cm_event cm_event;
struct cm_event {
    void (*fire)(cm_event *event, bool ok);
};

/* Starts a batch of a call that is bound to a queue; `event` fires when it is complete. Aborts where C-core refuses:
 * the batch was then put together wrongly. */
void cm_event_start(cm_event *event, grpc_call *call, const grpc_op *ops, size_t count);

/* Says to the thread sanitizer that the event's owner is handed to C-core, which it does not see into. cm_event_start
 * does so; whoever gives an event to C-core otherwise calls it before. */
void cm_event_hand_over(cm_event *event);

/* Something to be done later on a queue's thread. */
typedef struct cm_alarm cm_alarm;
struct cm_alarm {
    void (*ring)(cm_alarm *alarm);
    int64_t due_us; /* monotonic */
    cm_alarm *next;
};

typedef struct cm_queue cm_queue;

/* Starts the thread. gRPC has been initialised. */
cm_queue *cm_queue_new(const char *thread_name);

/* Waits until every event has fired, rings every alarm that is left, then ends the thread. Nothing may start a batch
 * any more, neither events nor alarms. */
void cm_queue_free(cm_queue *queue);

grpc_completion_queue *cm_queue_core(const cm_queue *queue);

/* How often C-core has come back with an event, or for want of one, and was asked again: odd while what it brought is dealt
 * with. And how long the thread has computed in all. From any thread. */
uint64_t cm_queue_steps(const cm_queue *queue);
int64_t cm_queue_worked_us(const cm_queue *queue);

/* Sends an event that does nothing, so that a thread that draws events at all comes back. From one thread at a time. */
void cm_queue_knock(cm_queue *queue);

/* Something to be done on a queue's own thread once no more events are at hand, before it waits for others. */
typedef struct cm_later cm_later;
struct cm_later {
    void (*run)(cm_later *later);
    cm_later *next;
};

/* For what is cheaper when more has come together. False where this is no queue's thread, or where nothing came in the
 * meantime the last time: it is better done at once. */
bool cm_queue_later(cm_later *later);

/* Objects that wait to be used again, all of one kind, on the thread of a queue. */
typedef struct cm_spare cm_spare;
struct cm_spare {
    void (*end)(cm_spare *spare); /* frees its owner */
    cm_spare *next;
};

/* Keeps the object; false where this is no queue's thread, or its queue has enough of them: the caller frees it. */
bool cm_queue_put_spare(cm_spare *spare);

/* What was put back last on this thread; NULL where there is nothing. */
cm_spare *cm_queue_take_spare(void);

/* Only from the queue's own thread. */
void cm_queue_alarm(cm_queue *queue, cm_alarm *alarm);

#endif

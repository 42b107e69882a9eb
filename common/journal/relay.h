/* relay.h: the parts of the relay as they see each other. Reach for it in cm_relay.c and relay_*.c only. */
#ifndef CM_RELAY_INTERNAL_H
#define CM_RELAY_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "journal/cm_relay.h"
#include "kafka/cm_kafka.h"

typedef struct relay_part {
    int64_t queued;               /* the newest seq given to the producer */
    _Atomic int64_t acknowledged; /* the newest seq that the broker has */
    int64_t next;                 /* the offset that the next record gets, at least */
    int64_t saved;                /* the watermark in the store */
    bool again;                   /* the broker is another one than was asked: send from the start */
} relay_part;

struct cm_relay {
    cm_journal *journal;
    const cm_cluster *kafka;
    cm_db *db;
    cm_arena *arena;
    cm_watch *watch;
    pthread_t thread;
    relay_part *parts;
    int partitions;
    cm_status broken; /* what a delivery told */
    bool progress;    /* something was delivered since the relay resumed */
    bool told;        /* something was logged */
    int backoff_ms;
    int64_t saved_us;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t change;
    cm_producer *producer; /* NULL while away */
    cm_status state;       /* as it was logged last */
    bool stopping;
    int64_t stop_us; /* when the end comes at the latest */
};

/* cm_relay.c */
bool relay_is_stopping(cm_relay *relay);

/* relay_carry.c, on the relay's thread */
enum { RELAY_BACKOFF_LEAST_MS = 100 };
void relay_delivered(void *context, void *tag, int32_t part, int64_t offset, cm_status outcome); /* a cm_delivered */
cm_status relay_carry(cm_relay *relay) CM_MUST_USE; /* OK: the relay ends; else the producer has to be made anew */
void relay_save_watermark(cm_relay *relay);

#endif

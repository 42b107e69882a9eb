/* relay.h: the parts of the relay as they see each other. Reach for it in cm_relay.c and relay_*.c only. */
#ifndef CM_RELAY_INTERNAL_H
#define CM_RELAY_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "journal/cm_relay.h"
#include "kafka/cm_kafka.h"
#include "store/cm_claims.h"

typedef struct relay_part {
    bool carried;                 /* by this relay, since it resumed last; nothing else here counts where not */
    bool leaves;                  /* another relay is to have it: nothing more is queued */
    int64_t queued;               /* the newest seq given to the producer */
    _Atomic int64_t acknowledged; /* the newest seq that the broker has */
    int64_t next;                 /* the offset that the next record gets, at least */
    int64_t saved;                /* the watermark in the store */
    bool again;                   /* the broker is another one than was asked: send from the start */
    int64_t known_us;             /* when this producer's newest record was taken; 0: none was */
} relay_part;

struct cm_relay {
    cm_journal *journal;
    const cm_cluster *kafka;
    cm_db *db;
    cm_claims *claims; /* on partitions */
    int64_t claimed_us;
    cm_arena *arena;
    cm_watch *watch;
    pthread_t thread;
    relay_part *parts;
    int partitions;
    int largest;      /* record, and batch of records, that the broker takes, as far as is known */
    cm_status broken; /* what a delivery told */
    bool progress;    /* something was delivered since the relay resumed */
    bool told;        /* something was logged */
    int backoff_ms;
    int64_t saved_us;
    cm_uuid epoch; /* what is carried */

    _Atomic int64_t unsent, oldest_us; /* as relay_backlog.c counted them last */
    atomic_int carries;

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
/* Until the relay ends or has other partitions to carry (OK), or the producer has to be made anew. */
cm_status relay_carry(cm_relay *relay) CM_MUST_USE;
void relay_save_watermark(cm_relay *relay);

/* relay_backlog.c, on the relay's thread */
cm_status relay_count_backlog(cm_relay *relay) CM_MUST_USE;

/* relay_share.c, on the relay's thread: which partitions are this relay's. A record that waits longer for the broker
 * than the producer allows is given up, and that is less than a lease: a relay that stood still sends nothing late. */
cm_status relay_share_open(cm_relay *relay) CM_MUST_USE;
/* Renews the claims, now and then. *same: what is carried is still what may be carried. What is beyond an even share is
 * given to others once the broker has all of it. */
cm_status relay_share_keep(cm_relay *relay, bool *same) CM_MUST_USE;
/* Renews at once; *any where there is something to carry. */
cm_status relay_share_take(cm_relay *relay, bool *any) CM_MUST_USE;

#endif

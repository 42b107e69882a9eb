/* feed.h: the parts of a feed as they see each other. Reach for it in cm_feed.c and feed_*.c only.
 *
 * Rows come from two sides, Kafka and JournalService, and meet in feed_take: it drops what was seen, batches what is
 * next, and marks a partition for filling where something is missing. Filling is the answer to everything: a gap, a
 * topic that is behind, a row that could not be applied. Kafka's offset is only a hint of where to read on. */
#ifndef CM_FEED_INTERNAL_H
#define CM_FEED_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "journal/cm_feed.h"
#include "kafka/cm_group.h"
#include "kafka/cm_kafka.h"
#include "store/cm_claims.h"

enum { FEED_OFFSET_NONE = -1 }; /* a row that does not come from Kafka */

typedef struct feed_part {
    bool ours;                         /* this feed follows it; else that of another replica does */
    int64_t seq, offset;               /* applied: the newest row, and the next record to read */
    int64_t queued_seq, queued_offset; /* with what is in the batch */
    int64_t told_offset;               /* what the consumer group was told */
    int64_t head;                      /* of the journal, as it said last */
    bool heard;                        /* a record came since the last comparison with the journal */
    bool fill;                         /* its rows come from the journal, from `due_us` on; Kafka's are not looked at */
    bool held;                         /* a row of it could not be applied; cleared when filling begins */
    int64_t due_us;
    int backoff_ms; /* 0: nothing is wrong */
    int failures;   /* of the row after `seq`, by itself, for a reason that a repeat does not mend */
} feed_part;

struct cm_feed {
    cm_feed_options options;
    pthread_t thread;
    cm_arena *arena; /* of one round */
    cm_uuid epoch;
    feed_part *parts;
    int partitions;    /* 0: no position is known, nor the journal's epoch */
    cm_claims *claims; /* on as many partitions as `claimed` */
    int claimed;
    int64_t claim_us; /* when they are renewed */
    cm_group *group;  /* over the same partitions; NULL where there is none */
    int64_t group_us; /* when it is joined, after it could not be */
    cm_row *batch;
    int batched;

    cm_uuid doubted, stale; /* an epoch that records had and the journal has not; and one that it certainly has not */
    int64_t ask_us;         /* when the journal is asked for its heads */
    int ask_ms;
    int64_t assign_us; /* when the consumer is assigned, where it is not */
    bool assigned;
    cm_code kafka_told, journal_told, store_told; /* the states that were logged last */

    cm_producer *dead;      /* of dead letters; NULL before the first */
    cm_status dead_outcome; /* of the letters under way */
    int64_t letters_us;     /* when letters that wait for Kafka are looked for; INT64_MAX: there are none */
    int letters_backoff_ms;
    cm_code letters_told;

    _Atomic int64_t behind_rows, behind_since_us; /* as feed_lag.c says them; since 0: it is level */
    _Atomic int64_t aside_rows, aside_waiting;    /* letters in the store; those that Kafka has not taken */
    atomic_llong aside_total;                     /* put aside since the start */

    cm_feed *next; /* of its journal's feeds; guarded by the journal's `feeding` */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t change;
    bool stopping;
    cm_consumer *consumer;    /* NULL where there is no Kafka */
    cm_client_stream *stream; /* of the filling under way */
};

/* cm_feed.c */
bool feed_is_stopping(cm_feed *feed);
void feed_wait(cm_feed *feed, int milliseconds); /* less than a second; ends early where the feed does */
void feed_tell(cm_feed *feed, cm_code *told, const char *good, const char *bad, cm_status outcome); /* owns outcome */

/* feed_apply.c */
cm_status feed_load(cm_feed *feed) CM_MUST_USE; /* the positions of the store */
cm_status feed_adopt(cm_feed *feed, cm_uuid epoch,
                     int partitions) CM_MUST_USE; /* leaves what came from another epoch */
void feed_take(cm_feed *feed, const cm_row *row, bool whole, int64_t next_offset);
void feed_flush(cm_feed *feed);
void feed_fill_later(feed_part *part);                                        /* with backoff */
cm_status feed_move_position(cm_feed *feed, cm_db *db, int part) CM_MUST_USE; /* ABORTED: another feed did */
void feed_reload(cm_feed *feed, cm_status s); /* the positions of the store, since another feed moved them; owns s */

/* feed_share.c: which partitions are this feed's. feed_share is called where nothing is under way: partitions come,
 * with the positions of the store, and go. feed_keep only keeps those that there are. Both do something now and then.
 */
void feed_share(cm_feed *feed);
void feed_keep(cm_feed *feed);

/* feed_lag.c: the numbers of how far it is behind; feed_lag_say after what changes them, on the feed's thread. */
void feed_lag_add(cm_feed *feed);
void feed_lag_remove(cm_feed *feed);
void feed_lag_say(cm_feed *feed);

/* feed_aside.c: what can't be applied or read becomes a letter in the store, in the transaction that moves the position
 * past it. On the feed's thread, but for feed_overtake: within a batch, before `row` is applied. */
bool feed_gives_up(feed_part *part, const cm_row *row, cm_code code); /* counts the failure */
cm_status feed_put_row_aside(cm_feed *feed, const cm_row *row, cm_status why) CM_MUST_USE;
void feed_put_record_aside(cm_feed *feed, const cm_record *record, cm_status *why); /* ends `why` */
cm_status feed_has_letters(cm_feed *feed, cm_db *db, bool *any) CM_MUST_USE;
cm_status feed_overtake(cm_feed *feed, cm_db *db, const cm_row *row) CM_MUST_USE;
cm_status feed_forget_letters(cm_feed *feed, cm_db *db) CM_MUST_USE; /* of rows of another epoch */
void feed_count_letters(cm_feed *feed);                              /* for the metrics */

/* feed_letter.c: a letter as the dead-letter topic gets it, packed, in the arena. */
cm_bytes feed_letter_of_row(const cm_feed *feed, const cm_row *row, cm_uuid id, const char *why, cm_arena *arena);
cm_bytes feed_letter_of_record(const cm_feed *feed, const cm_record *record, cm_uuid id, const char *why,
                               cm_arena *arena);
cm_status feed_letter_unpack(cm_bytes packed, const char *topic, cm_arena *arena, cm_record *letter) CM_MUST_USE;

/* feed_dead.c: letters from the store to their topic, until it has taken them. */
void feed_dead_send(cm_feed *feed); /* those that are due */
void feed_dead_close(cm_feed *feed);

/* feed_replay.c */
void feed_join(cm_feed *feed); /* its journal's feeds */
void feed_leave(cm_feed *feed);

/* feed_kafka.c */
cm_status feed_kafka_open(cm_feed *feed) CM_MUST_USE;
void feed_kafka_poll(cm_feed *feed, int wait_ms);

/* feed_journal.c */
void feed_compare(cm_feed *feed); /* asks the journal for epoch and heads, and marks what is behind */
void feed_fill(cm_feed *feed);    /* what is due */

#endif

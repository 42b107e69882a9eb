/* journal.h: the parts of the journal as they see each other. Reach for it in journal_*.c only. */
#ifndef CM_JOURNAL_INTERNAL_H
#define CM_JOURNAL_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/cm_date.h"
#include "journal/cm_tx.h"

/* The newest row of a partition; all zero before the first. No row will be recorded at `recorded_at` or before: it is
 * the newest row's, or later where somebody was told what was there at a later time (journal_as_of.c). */
typedef struct journal_head {
    int64_t seq, recorded_at;
    uint8_t hash[CM_SHA256];
} journal_head;

/* What the store's history is called. Former ones stay until the end, since somebody may still read them. */
typedef struct journal_epoch_name journal_epoch_name;
struct journal_epoch_name {
    cm_uuid epoch;
    char text[CM_UUID_TEXT], *source;
    journal_epoch_name *former;
};

/* Tasks in the order in which they came. */
typedef struct journal_queue {
    cm_task *first, **end;
} journal_queue;

struct cm_watch {
    void (*notify)(void *context);
    void *context;
    cm_watch *next;
};

struct cm_tx {
    cm_journal *journal;
    journal_head *before; /* heads as they were when the task's savepoint opened */
    int64_t scrub;        /* the journal's, likewise */
    bool writes;          /* the task's savepoint is open; or would be, where it is bare */
    bool bare;            /* the batch's tasks have no savepoints */
    bool spoilt;          /* so it has to run again, with them: one failed after it had written */
    bool undo;            /* the task is undone though it succeeds */
};

struct cm_journal {
    cm_executor writer, readers;
    cm_store *store;
    char *service, *topic;
    _Atomic(journal_epoch_name *) epoch;
    int partitions, largest_batch;
    int64_t (*clock)(void);

    pthread_mutex_t lock; /* guards waiting, late and stopping */
    pthread_cond_t something;
    journal_queue waiting;
    journal_queue late; /* submitted after the stop: done with UNAVAILABLE */
    bool stopping;
    bool started;
    pthread_t thread;
    bool shared; /* other programs append to the same store */

    cm_db *db;                  /* this and what follows: the writer's thread */
    journal_head *heads;        /* with what the batch has appended so far */
    journal_head *durable;      /* as committed */
    cm_uuid read_epoch;         /* what the store said with the heads */
    int64_t session;            /* of the connection on which they were read */
    bool lost;                  /* the store has not what was committed: it needs a new epoch */
    int64_t newest;             /* recorded_at of the newest committed row of any partition */
    int64_t scrub;              /* when something was deleted that may still lie in the store's files; 0: nothing was */
    int careful;                /* so many batches more have savepoints: a bare one was spoilt */
    bool erases;                /* some name may be in `erased` */
    int look_ms;                /* how long to wait for tasks before it looks at the heads */
    _Atomic int64_t *committed; /* durable's seq, for every thread */
    cm_tx tx;

    pthread_mutex_t watching; /* guards watches; held while they are notified */
    cm_watch *watches;

    pthread_rwlock_t feeding; /* guards feeds; held for reading while one applies again what it had put aside */
    struct cm_feed *feeds;

    cm_pool *pool;
};

/* journal_schema.c */
extern const cm_migrations journal_migrations;
cm_status journal_load(cm_journal *journal, int partitions) CM_MUST_USE; /* or make: identity and heads */

/* journal_heads.c: on the writer's thread. journal_lock_heads is the first statement of a batch; where the store is
 * shared, it waits for batches of other programs. journal_look_at_heads learns of what others have appended. Both fail
 * with UNAVAILABLE, and set `lost`, where the store has not what was committed: a failover that lost commits, or an old
 * copy. */
cm_status journal_load_heads(cm_journal *journal) CM_MUST_USE;
cm_status journal_lock_heads(cm_journal *journal) CM_MUST_USE;
cm_status journal_look_at_heads(cm_journal *journal) CM_MUST_USE;
cm_status journal_save_heads(cm_journal *journal) CM_MUST_USE;  /* of partitions that moved */
void journal_undo_heads(cm_journal *journal);                   /* to the committed ones */
void journal_publish(cm_journal *journal);                      /* the heads are committed: tells everybody */
void journal_publish_epoch(cm_journal *journal, cm_uuid epoch); /* the same, where they are of a new epoch */
/* Whether a batch whose COMMIT nobody answered was committed. UNAVAILABLE and UNKNOWN where that is not to be found. */
cm_status journal_find_out(cm_journal *journal, bool *committed) CM_MUST_USE;

/* Reads heads and epoch within a transaction that nobody else appends in, and takes them for the truth. */
cm_status journal_take_heads(cm_journal *journal) CM_MUST_USE;

/* journal_epoch.c: any thread; on the writer's thread, where nothing is under way, a new one after a loss. */
void journal_set_epoch(cm_journal *journal, cm_uuid epoch);
void journal_free_epochs(cm_journal *journal);
cm_status journal_mend(cm_journal *journal) CM_MUST_USE;

/* journal_writer.c */
cm_status journal_writer_start(cm_journal *journal) CM_MUST_USE;
void journal_writer_stop(cm_journal *journal);

/* journal_requests.c: removes some of the requests that were answered more than 24 hours ago, in the transaction that a
 * batch of so many tasks is about to commit. */
cm_status journal_forget_requests(cm_journal *journal, int batch) CM_MUST_USE;

/* journal_erase.c: whether a row of that type says that its resource was erased. */
bool journal_says_erased(const char *type);

/* journal_erase.c: after a commit, where something was erased. */
void journal_scrub(cm_journal *journal);
cm_status journal_scrub_at_start(cm_journal *journal) CM_MUST_USE; /* who was here before may have been killed */

/* journal_readers.c */
cm_status journal_readers_start(cm_journal *journal, int threads) CM_MUST_USE;

/* journal_watch.c */
void journal_notify(cm_journal *journal);

/* journal_verify.c: how far a partition's chain was recomputed; zero but for `part` before the first row. A step takes
 * up to `limit` rows more; *complete where it came to the newest row and that is the one in the partition's head. */
typedef struct journal_chain {
    int part;
    int64_t seq;
    uint8_t hash[CM_SHA256];
} journal_chain;
cm_status journal_chain_step(cm_db *db, journal_chain *chain, int limit, bool *complete) CM_MUST_USE;

/* journal_hash.c */
void journal_payload_digest(cm_bytes salt, cm_bytes payload, uint8_t digest[CM_SHA256]);

/* journal_read.c: the columns that journal_row takes a cm_row from, in this order. */
#define JOURNAL_COLUMNS                                                                                                \
    "part, seq, id, type, resource, revision, event_time, recorded_at, actor, request_id, traceparent, payload, "      \
    "salt, payload_digest, hash"
enum { JOURNAL_COLUMN_COUNT = 15 };
cm_status journal_row(const cm_rows *rows, cm_uuid epoch, cm_arena *arena, cm_row *row) CM_MUST_USE;
cm_status journal_epoch(cm_db *db, cm_uuid *epoch) CM_MUST_USE;

#endif

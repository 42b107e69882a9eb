/* journal.h: the parts of the journal as they see each other. Reach for it in journal_*.c only. */
#ifndef CM_JOURNAL_INTERNAL_H
#define CM_JOURNAL_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/cm_date.h"
#include "base/cm_metrics.h"
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

typedef struct journal_lane journal_lane;

struct cm_tx {
    journal_lane *lane;
    journal_head *before; /* heads as they were when the task's savepoint opened */
    int64_t scrub;        /* the lane's, likewise */
    bool writes;          /* the task's savepoint is open; or would be, where it is bare */
    bool bare;            /* the batch's tasks have no savepoints, and its statements are not waited for */
    bool spoilt;          /* so it has to run again, with them: one failed after it had written, or a statement */
    bool undo;            /* the task is undone though it succeeds */
};

/* A writer: a thread with a connection, and the heads of the partitions that its batch holds. The first lane runs tasks
 * that may touch anything, with all heads held. Where the store is shared, the others run those that say what they
 * change, with the heads of that; one that turns out to need more goes to the first. */
struct journal_lane {
    cm_journal *journal;
    bool holds_all;
    pthread_t thread;
    bool started;

    journal_queue waiting; /* this and what follows: guarded by the journal's lock */
    pthread_cond_t something;
    bool stopping;

    cm_db *db;           /* this and what follows: the lane's thread */
    bool *held;          /* by the batch, a partition each */
    journal_head *heads; /* with what the batch has appended so far */
    journal_head *base;  /* as committed when the batch began */
    journal_head *known; /* as known before these were read, in which epoch */
    cm_uuid known_epoch;
    cm_uuid epoch;   /* what the store said with the heads */
    int64_t session; /* of the connection on which they were read */
    int64_t newest;  /* recorded_at of the newest row of any partition that was committed when the batch began */
    bool lost;       /* the store has not what was committed: it needs a new epoch */
    bool outside;    /* the task needs a partition that is not held */
    int64_t scrub;   /* when something was deleted that may still lie in the store's files; 0: nothing was */
    int careful;     /* so many batches more have savepoints: a bare one was spoilt */
    int look_ms;     /* how long to wait for tasks before it looks at the heads */
    cm_tx tx;
};

struct cm_journal {
    cm_executor writer, readers;
    cm_store *store;
    char *service, *topic;
    _Atomic(journal_epoch_name *) epoch;
    int partitions, largest_batch;
    int64_t (*clock)(void);
    bool shared; /* other programs append to the same store */

    pthread_mutex_t lock; /* guards late, stopping, and what lanes say of it */
    journal_queue late;   /* submitted after the stop: done with UNAVAILABLE */
    bool stopping;
    journal_lane *lanes;
    int lane_count;
    bool erases;      /* some name may be in `erased`; the first lane's thread, always where the store is shared */
    cm_counter again; /* tasks that had to run again with all heads held */

    pthread_mutex_t heading;    /* guards durable, and epoch's changes together with it */
    journal_head *durable;      /* as committed */
    _Atomic int64_t *committed; /* durable's seq, for every thread */

    pthread_mutex_t watching; /* guards watches; held while they are notified */
    cm_watch *watches;

    pthread_rwlock_t feeding; /* guards feeds; held for reading while one applies again what it had put aside */
    struct cm_feed *feeds;

    cm_pool *pool;
};

/* journal_schema.c */
extern const cm_migrations journal_migrations;
cm_status journal_load(cm_journal *journal, int partitions) CM_MUST_USE; /* or make: identity and heads */

/* journal_heads.c: on the lane's thread. journal_lock_heads is the first statement of a batch; where the store is
 * shared, it locks the heads that the lane holds and waits for batches that hold them. journal_look_at_heads learns of
 * what others have appended. Both fail with UNAVAILABLE, and set `lost`, where the store has not what was committed: a
 * failover that lost commits, or an old copy. */
cm_status journal_load_heads(journal_lane *lane) CM_MUST_USE;
cm_status journal_lock_heads(journal_lane *lane) CM_MUST_USE;
cm_status journal_look_at_heads(journal_lane *lane) CM_MUST_USE;
cm_status journal_save_heads(journal_lane *lane) CM_MUST_USE; /* of partitions that moved */
void journal_undo_heads(journal_lane *lane);                  /* to the committed ones */
void journal_publish(journal_lane *lane);                     /* the heads are committed: tells everybody */
/* The heads were read as committed, in that epoch: the same, unless another lane has learned of an epoch meanwhile. */
void journal_publish_read(journal_lane *lane, cm_uuid epoch);
/* Whether a batch whose COMMIT nobody answered was committed. UNAVAILABLE and UNKNOWN where that is not to be found. */
cm_status journal_find_out(journal_lane *lane, bool *committed) CM_MUST_USE;

/* Reads heads and epoch within a transaction that nobody else appends in, and takes them for the truth. */
cm_status journal_take_heads(journal_lane *lane) CM_MUST_USE;

/* journal_epoch.c: any thread; on a lane's thread, where nothing of it is under way, a new one after a loss. */
void journal_set_epoch(cm_journal *journal, cm_uuid epoch);
void journal_free_epochs(cm_journal *journal);
cm_status journal_mend(journal_lane *lane) CM_MUST_USE;

/* journal_writer.c: lanes with their connections, the first one before the store is loaded; who does what. */
cm_status journal_lanes_open(cm_journal *journal) CM_MUST_USE;
cm_status journal_lanes_fill(cm_journal *journal) CM_MUST_USE; /* once it is known how many partitions there are */
cm_status journal_writer_start(cm_journal *journal) CM_MUST_USE;
void journal_writer_stop(cm_journal *journal);
void journal_lanes_close(cm_journal *journal);

/* journal_lane.c: runs tasks in one transaction; every one is done afterwards, or was handed to the first lane, where
 * it runs again. */
typedef struct journal_batch {
    cm_task **tasks;
    cm_status *outcomes;
    bool *again; /* the task runs again, in the first lane */
    int count, room;
    bool singly; /* where it fails, its tasks may be tried one by one */
} journal_batch;
void journal_lane_write(journal_lane *lane, journal_batch *batch);
void journal_lane_look(journal_lane *lane);               /* there is nothing to write */
void journal_hand_on(cm_journal *journal, cm_task *task); /* to the first lane */
/* Adds tasks that wait for the lane, as many as there is room for, up to the first that changes what is not held. */
void journal_fill(journal_lane *lane, journal_batch *batch);

/* journal_requests.c: removes some of the requests that were answered more than 24 hours ago, in the transaction that a
 * batch of so many tasks is about to commit. */
cm_status journal_forget_requests(journal_lane *lane, int batch) CM_MUST_USE;

/* journal_erase.c: whether a row of that type says that its resource was erased. */
bool journal_says_erased(const char *type);

/* journal_erase.c: after a commit, where something was erased. */
void journal_scrub(journal_lane *lane);
cm_status journal_scrub_at_start(journal_lane *lane) CM_MUST_USE; /* who was here before may have been killed */

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

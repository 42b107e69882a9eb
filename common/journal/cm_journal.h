/* cm_journal.h: every change of a service, as rows in partitions with a hash chain; and the one writer that appends
 * them together with the tables that they change. Reach for it in a service's wiring (open, lanes) and wherever rows
 * are read. Writing is in cm_tx.h.
 *
 * Threads: opened and closed by the program; everything else from any thread unless it says so. */
#ifndef CM_JOURNAL_H
#define CM_JOURNAL_H

#include "base/cm_executor.h"
#include "base/cm_metrics.h"
#include "base/cm_uuid.h"
#include "store/cm_store.h"

typedef struct cm_journal cm_journal;

typedef struct cm_journal_options {
    const char *service; /* "registry": gives types cityneg.registry.…, topic cityneg.registry.events.v1 */
    const char *topic;   /* NULL: cityneg.<service>.events.v1 */
    int partitions;      /* when the store is new, at most 1,024; 0: 8. An existing store keeps its own */
    int readers;         /* threads of the reader pool; 0: 2 */
    int largest_batch;   /* requests in one commit; 0: 512 */
    const cm_migrations *migrations; /* the service's own tables, after the journal's; NULL: none */
    int64_t (*clock)(void);          /* wall microseconds; NULL: cm_clock_wall_us. Called on the writer's thread */
} cm_journal_options;

/* Opens the journal in a store, migrates it, gives a new store its epoch, and starts writer and readers.
 * FAILED_PRECONDITION where the store is another service's or newer than the program, INVALID_ARGUMENT for a number of
 * partitions that is out of range. The store is borrowed until the journal is closed. */
cm_status cm_journal_open(cm_store *store, const cm_journal_options *options, cm_journal **journal) CM_MUST_USE;

/* Finishes what was submitted, then ends the threads. */
void cm_journal_close(cm_journal *journal);

/* Adds cityneg_journal_again_total and cityneg_store_deadlocks_total. Before the journal is closed, they are removed
 * (cm_metrics_remove). */
void cm_journal_measure(cm_journal *journal, cm_metrics *metrics);

/* Where tasks run: those on the writer are lent a cm_tx and are durable when done; those on the readers are lent a
 * cm_db within a read transaction. A writing task that may touch anything has the store to itself, whatever other
 * programs share it. On PostgreSQL, those that say what they change (cm_touched) are written side by side where that
 * lies in different partitions: what such a task reads of anything else is true when it reads it, and may be another
 * before it commits. Whatever it was not told of (another partition, a statement that failed, for which another lane
 * may be the reason, or that waited for another lane for longer than a moment), it is undone, and runs again as one
 * that may touch anything. */
cm_executor *cm_journal_writer(cm_journal *journal);
cm_executor *cm_journal_readers(cm_journal *journal);

const char *cm_journal_name(const cm_journal *journal); /* "registry" */
/* What depends on the epoch, which may change while the journal is open; texts stay as long as it is. Watches are told.
 */
const char *cm_journal_source(const cm_journal *journal); /* "/cityneg/registry/<epoch>": ce_source */
const char *cm_journal_topic(const cm_journal *journal);
cm_uuid cm_journal_epoch(const cm_journal *journal);
const char *cm_journal_epoch_text(const cm_journal *journal);

/* Begins another epoch, unless somebody else did since it was `former`: what others were told of this journal is not
 * its past. Not on a lane. `why` is for the log. */
cm_status cm_journal_begin_epoch(cm_journal *journal, cm_uuid former, const char *why) CM_MUST_USE;
int cm_journal_partitions(const cm_journal *journal);
cm_store *cm_journal_store(cm_journal *journal);

/* A position: partition and sequence number; the epoch is the journal's. */
typedef struct cm_position {
    int32_t part;
    int64_t seq; /* 1, 2, 3 …; 0: before the first */
} cm_position;

/* The partition of a resource: (murmur2(root) & 0x7fffffff) mod P, its root being the first two segments of its name.
 */
int cm_journal_part(const char *resource, int partitions);

/* The newest committed seq of a partition. */
int64_t cm_journal_head(const cm_journal *journal, int part);

/* One row as it lies in the journal. Strings and bytes belong to the arena that it was read into. */
typedef struct cm_row {
    cm_position at;
    cm_uuid id, epoch;
    const char *type, *resource;
    int64_t revision;
    const char *event_time; /* EDTF */
    int64_t recorded_at;    /* wall microseconds */
    const char *actor, *request_id, *traceparent;
    cm_bytes payload, salt; /* empty where erased */
    uint8_t payload_digest[CM_SHA256], hash[CM_SHA256];
} cm_row;

/* Whether what it said was erased, or it says that this was done; whether it says that its resource is retracted.
 * Nothing that its resource said before counts any more. */
bool cm_row_is_erased(const cm_row *row);
bool cm_row_is_retracted(const cm_row *row);

/* Reading is done with any connection of the store, within a read transaction where several answers must fit together.
 * A row that is damaged in the store (a column of a wrong size) is DATA_LOSS, naming part and seq. */

/* Up to `limit` rows of one partition after a seq, in order. It ends early with the row whose payload makes the sum
 * reach `bytes` (0: no bound). */
cm_status cm_journal_read(cm_db *db, int part, int64_t after, int limit, size_t bytes, cm_arena *arena, cm_row **rows,
                          int *count) CM_MUST_USE;

/* The newest row of a resource, or the one that was newest at `as_of` (wall microseconds; 0: now). *row is NULL where
 * there is none. */
cm_status cm_journal_newest(cm_db *db, const char *resource, int64_t as_of, cm_arena *arena, cm_row **row) CM_MUST_USE;
/* Before what was there at a time is read and told: from now on no row will be recorded at that time or before, in the
 * partition of `resource` (NULL: in all), whatever clocks do and whoever writes, so that the answer stays the same for
 * ever. Where that has to be noted in the store first, it waits for a commit and begins the read transaction anew: call
 * it first. For a reader's connection, on its thread. INVALID_ARGUMENT (of `as_of`) for a time that has not come. */
cm_status cm_journal_seal(cm_db *db, const char *resource, int64_t as_of) CM_MUST_USE;
cm_status cm_journal_at(cm_db *db, cm_position at, cm_arena *arena, cm_row **row) CM_MUST_USE;

/* SHA-256(previous ‖ canonical bytes of the row), the canonical bytes being a length-prefixed list of its columns with
 * the payload's digest in place of the payload (see docs/architecture.md). */
void cm_row_hash(const cm_row *row, const uint8_t previous[CM_SHA256], uint8_t hash[CM_SHA256]);

/* Recomputes a partition's chain, calling `progress` (may be NULL) now and then. DATA_LOSS names part and seq of the
 * first row that is wrong, and what is wrong with it. */
cm_status cm_journal_verify(cm_db *db, int part, void (*progress)(void *context, int part, int64_t rows), void *context,
                            cm_position *newest, uint8_t hash[CM_SHA256]) CM_MUST_USE;

/* Calls `notify` on the writer's thread after each commit that appended rows; it must not block. Answers a handle for
 * unwatch, after which no call is under way. */
typedef struct cm_watch cm_watch;
cm_watch *cm_journal_watch(cm_journal *journal, void (*notify)(void *context), void *context);
void cm_journal_unwatch(cm_journal *journal, cm_watch *watch);

/* When a resource was erased; 0 where it was not. */
cm_status cm_journal_erased(cm_db *db, const char *resource, int64_t *recorded_at) CM_MUST_USE;

/* The relay's watermark: the newest seq of a partition known to be in Kafka. */
cm_status cm_journal_sent(cm_db *db, int part, int64_t *seq) CM_MUST_USE;

#endif

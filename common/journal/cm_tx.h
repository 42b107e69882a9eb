/* cm_tx.h: one request's changes on the writer lane: SQL and journal rows that become durable together, or not at all.
 * Reach for it in handlers that write. It lives during the task's `run`; on the writer's thread only.
 *
 * A task that fails is undone alone: by a savepoint that opens at its first write, or by running the batch again, so
 * `run` may be called more than once and touches nothing but the transaction. After `run` the batch goes on with the
 * next task, commits once, and only then are the tasks done. */
#ifndef CM_TX_H
#define CM_TX_H

#include "base/cm_date.h"
#include "journal/cm_journal.h"

typedef struct cm_tx cm_tx;

/* For reading and for writing. cm_tx_write opens the savepoint: call it before the first change. */
cm_db *cm_tx_db(cm_tx *tx);
cm_status cm_tx_write(cm_tx *tx, cm_db **db) CM_MUST_USE;

/* What to append. */
typedef struct cm_change {
    const char *type;                     /* cityneg.registry.actor.created.v1 */
    const char *resource;                 /* cities/kazan-ru */
    const char *event_time;               /* EDTF, "" where none */
    const char *actor;                    /* the caller's identity */
    const char *request_id, *traceparent; /* "" where none */
    cm_bytes payload;
    bool fresh; /* the resource has no row yet, as far as the caller knows: it is not looked for, only met */
} cm_change;

/* Appends a row and tells where (each may be NULL). Revision, seq, id, recorded_at, salt, digest and hash are made
 * here; texts are copied, NULL is as "". recorded_at is the clock's, but later than the partition's last row and than
 * every row of any partition that was committed before. INVALID_ARGUMENT for an event_time that is no EDTF,
 * FAILED_PRECONDITION where the resource was erased,
 * ALREADY_EXISTS where it has a row though `fresh` is set; nothing was written then. A row is undone with its task
 * only: no savepoint of the task's own may enclose it and be rolled back. */
cm_status cm_tx_append(cm_tx *tx, const cm_change *change, cm_position *at, int64_t *revision,
                       int64_t *recorded_at) CM_MUST_USE;

/* Erases what a resource's rows say: payload and salt, in all of them, and what is remembered of the requests that
 * wrote them; then appends `change`, whose type ends with .erased.v1, and forbids every later one. Where the store has
 * no row of the resource, only that: the position's seq is 0 then. After the commit nothing of it is left in the
 * store's files, or soon after, where somebody reads an older state. What the service's own tables hold is the
 * caller's. */
cm_status cm_tx_erase(cm_tx *tx, const cm_change *change, cm_position *at, int64_t *recorded_at) CM_MUST_USE;

/* What the task deletes is to be gone for good: for whoever follows another service's journal and is told of an
 * erasure. A store that was set aside by a restore goes too, where it was last written before `erased_at`; 1: it stays.
 */
void cm_tx_scrub(cm_tx *tx, int64_t erased_at);

/* Before the task's first write: whatever it writes is undone when it ends, though it succeeds. For whoever only asks
 * what would be. */
void cm_tx_undo(cm_tx *tx);

/* Whether a statement of the task failed for which another lane may be the reason: the task runs again, so that nothing
 * that it found until then is told to anybody. Asked before the failure is undone. */
bool cm_tx_raced(const cm_tx *tx);

/* A rule depends on the resource: what was read of it, by this connection before or afterwards, stays true until the
 * task is durable. On a reader's connection always. Its failure is the task's: it runs again as one that may touch
 * anything. */
cm_status cm_journal_hold(cm_db *db, const char *resource) CM_MUST_USE;

cm_journal *cm_tx_journal(const cm_tx *tx);

/* Idempotency: a request that was answered before. `digest` is of the request without its request_id. Where the pair of
 * identity and request_id is known with the same method and digest, *known is true and the positions of its rows are
 * given, in order; with another, ABORTED names both digests. An empty request_id is never known. */
cm_status cm_tx_known(cm_tx *tx, const char *identity, const char *request_id, const char *method,
                      const uint8_t digest[CM_SHA256], cm_arena *arena, bool *known, cm_position **rows,
                      int *count) CM_MUST_USE;

/* Remembers the answer of a request for cm_tx_known, for 24 hours at least. */
cm_status cm_tx_remember(cm_tx *tx, const char *identity, const char *request_id, const char *method,
                         const uint8_t digest[CM_SHA256], const cm_position *rows, int count) CM_MUST_USE;

/* Moves the relay's watermark of a partition: see cm_journal_sent. */
cm_status cm_tx_set_sent(cm_tx *tx, int part, int64_t seq) CM_MUST_USE;

#endif

/* cm_resource.h: Google's standard methods (Get, List, Create, Update, their batches) for any kind of resource, on the
 * journal. A kind is one row of a table: its message, its name patterns, its columns to search by, its checks.
 * Reach for it when a service gets a new kind of resource: write the row, and handlers of one line.
 *
 * A resource's body is stored once, in the journal; the kind's table holds the columns and where the newest row is. */
#ifndef CM_RESOURCE_H
#define CM_RESOURCE_H

#include "base/cm_message.h"
#include "cityneg/events/v1/events.grpc-c.h"
#include "journal/cm_tx.h"
#include "rpc/cm_call.h"

/* A growing list of names in an arena, each once, and where in a message each was named first. Begins as
 * {.arena = arena}. */
typedef struct cm_names {
    cm_arena *arena;
    const char **names;
    const char **fields; /* paths such as `participants[3].actor`, "" where it was not told */
    size_t count, capacity;
    const char *prefix; /* goes before the paths; NULL: nothing */
    uint32_t *slots;    /* private: a hash table of 1-based indices */
    size_t slot_count;
} cm_names;

/* "" is left out. Names are not copied. */
void cm_names_add(cm_names *names, const char *name);
size_t cm_names_index(cm_names *names, const char *name); /* where it stands; at the end, where it is new */
void cm_names_add_at(cm_names *names, const char *name, const char *path, ...) CM_PRINTF(3, 4);

typedef struct cm_resource_kind cm_resource_kind;

/* What checks and hooks may look at. */
typedef struct cm_resource_context {
    cm_tx *tx;
    cm_call *call;
    cm_arena *arena;
    void *kept; /* by hooks, in the arena, from one resource of a request to the next; NULL at first */
} cm_resource_context;

struct cm_resource_kind {
    const char *type;     /* "actor": events are cityneg.<service>.actor.created.v1 and .updated.v1 */
    const char *singular; /* the field in Create… and Update…Request, and in Event: "actor" */
    const char *plural;   /* the field in List…Response: "actors" */
    const ProtobufCMessageDescriptor *message;
    const char *const *patterns; /* "cities/{city}", …; ends with NULL. A segment in braces is an id */
    const char *table;           /* of its columns: name (primary key), part, seq, and those below */
    const char *const *columns;  /* fields of the message that the table holds, by the same name; ends with NULL */
    const char *event_time;      /* the field that dates it, NULL: none */

    /* Paths whose values are among the `actors`, such as "participants.actor": lists that ask for one find it in
     * `mentions`. Ends with NULL; NULL: none. */
    const char *const *mentions;

    /* What dates a change where no one field does, such as the step that it adds to a history; "" where it has no date.
     * NULL: `event_time` tells. */
    const char *(*dated)(const ProtobufCMessage *after, const ProtobufCMessage *before);

    /* Fields that create and update leave as they were (empty in a new one), whatever the caller sends; `check` may set
     * them. Ends with NULL; NULL: only name, etag and update_time, which are always kept. */
    const char *const *output_only;

    /* Everything wrong with the resource by itself, as violations with field paths relative to it. Pure. `before` is
     * NULL where it is new. It may also normalise the resource (set output-only fields). What holds for every kind is
     * checked already: strings of at most 4,096 bytes, lists of at most 1,000 items, numbers that are finite, enum
     * values that have a name. NULL: nothing else. */
    void (*check)(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong);

    /* The names of all actors that it names, for the event and for `mentions`, with their paths. NULL: none. */
    void (*actors)(const ProtobufCMessage *resource, cm_names *names);

    /* What was known of an actor that it names: fills the snapshot. NOT_FOUND becomes INVALID_ARGUMENT at the field
     * that names it. NULL where the kind names no actor. Called once an actor for a whole batch. */
    cm_status (*snapshot)(cm_resource_context *context, const char *actor, TypActorSnapshot *snapshot);

    /* Checks and changes that need the store (other resources exist, further tables). After `check` found nothing,
     * before the row is appended; may set output-only fields such as a citation's certainty. A failure with violations
     * counts as `check`'s do where it is INVALID_ARGUMENT; any other ends the request. Paths are relative to the
     * resource. NULL: none. */
    cm_status (*relate)(cm_resource_context *context, ProtobufCMessage *resource, const ProtobufCMessage *before);

    /* Removes what `relate` and `index` wrote of a resource that is erased. NULL: nothing. */
    cm_status (*forget)(cm_db *db, const char *name);

    /* Writes what `columns` cannot: further rows of its own, after the row is appended. NULL: none. */
    cm_status (*index)(cm_resource_context *context, const ProtobufCMessage *resource, cm_position at);
};

/* The shared table `mentions`(actor, name): which resources name an actor. Part of every journal's store. */
extern const cm_migrations cm_resource_migrations;

/* Handlers call one of these and are done. Requests and responses are the generated messages of the standard methods,
 * read and filled by the names of their fields (name, parent, page_size, page_token, filter, order_by, explain,
 * <singular>, update_mask, allow_missing, request_id, requests, <plural>, next_page_token, query_plan, changed).
 *
 * Reading ones run where a cm_db is lent, writing ones where a cm_tx is.
 * get: NOT_FOUND, INVALID_ARGUMENT (a name that fits no pattern, saying which do). All that read take `as_of`: what was
 * there at a time, the same answer for ever (cm_journal_seal); INVALID_ARGUMENT for a time that has not come.
 * list: `parent` is a collection ("cities"), a resource, one with - for its id ("negotiations/-"), or "-" or empty for
 * all. Pages show each resource as it was when the first page was read; page_size 0 is 100, more than 1,000 is 1,000.
 * `filter` is of cm_filter.h and may name any field; what is no column and no mention is read from each resource, and a
 * page ends after 10,000 of them. `order_by` is of columns; ABORTED where 10,000 resources changed since the first
 * page. INVALID_ARGUMENT for a negative page_size, a token of another query or store, a field that does not exist.
 * create: ALREADY_EXISTS; FAILED_PRECONDITION where it was erased. update: NOT_FOUND unless allow_missing (which makes
 * it of the whole resource, whatever the mask), ABORTED for another etag; one that changes nothing writes no row. With
 * `corrects`, the id of a revision of it, the update is a correction. What is retracted changes by a correction of the
 * retraction alone: FAILED_PRECONDITION.
 * Batches are all or nothing, 1 to 1,000 requests in their order. With `return_partial_success` each item is taken or
 * refused by itself, and `refusals` tells of those that were, with paths relative to the item; a repeated request is
 * told which they were, and their codes. Else field paths begin with requests[i], and up to 32 violations (4 KiB) of
 * all requests together are told; other failures name their request by one violation, too. A request_id is a UUID: a
 * repeated request gets its first answer. */
cm_status cm_resource_get(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                          ProtobufCMessage *response) CM_MUST_USE;
cm_status cm_resource_batch_get(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                ProtobufCMessage *response) CM_MUST_USE;
cm_status cm_resource_list(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                           ProtobufCMessage *response) CM_MUST_USE;

/* A list of those that `wanted` lets through besides the filter; it is asked of each resource that the filter leaves,
 * as if for a field that is no column. */
typedef bool cm_resource_wanted(const ProtobufCMessage *resource, const void *context);
cm_status cm_resource_list_where(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                 ProtobufCMessage *response, cm_resource_wanted *wanted,
                                 const void *context) CM_MUST_USE;
cm_status cm_resource_create(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                             ProtobufCMessage *response) CM_MUST_USE;
cm_status cm_resource_update(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                             ProtobufCMessage *response) CM_MUST_USE;
cm_status cm_resource_batch_create(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                   ProtobufCMessage *response) CM_MUST_USE;
cm_status cm_resource_batch_update(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                   ProtobufCMessage *response) CM_MUST_USE;

/* Each of many Create…Requests by itself, in parts that share what is looked up: `told` hears of each that is refused
 * (its status is the engine's, with paths relative to the request, its index within the part), and of none that is
 * recorded. The calls are one caller's. Fails only where no request is at fault; nothing counts then. */
typedef struct cm_resource_part {
    cm_call *call;
    const ProtobufCMessage *request; /* with `requests` */
    void *context;                   /* of `told` */
} cm_resource_part;
typedef void cm_resource_told(void *context, size_t index, const cm_status *refused);
cm_status cm_resource_create_each(const cm_resource_kind *kind, const cm_resource_part *parts, size_t count,
                                  cm_resource_told *told) CM_MUST_USE;

/* For a resource of any kind; `kinds` ends with NULL.
 * list_revisions: name, page_size, page_token, as_of → revisions, newest first.
 * erase: name, reason, force, request_id → erasures. NOT_FOUND where it is not there, or no more; FAILED_PRECONDITION
 * where resources below it are there and `force` is not set.
 * delete: name, reason, etag, force, request_id → the resource, with its `retraction` and `delete_time`. NOT_FOUND,
 * ABORTED for another etag, FAILED_PRECONDITION where it is deleted, or resources below it are there and `force` is not
 * set. retract: the same, where a reason is required.
 * undelete: name, etag, request_id → the resource, as it was before. FAILED_PRECONDITION where it is not deleted; it is
 * checked like an update, so that what it refers to has to be there. */
cm_status cm_resource_list_revisions(cm_call *call, const cm_resource_kind *const *kinds,
                                     const ProtobufCMessage *request, ProtobufCMessage *response) CM_MUST_USE;
cm_status cm_resource_erase(cm_call *call, const cm_resource_kind *const *kinds, const ProtobufCMessage *request,
                            ProtobufCMessage *response) CM_MUST_USE;
cm_status cm_resource_delete(cm_call *call, const cm_resource_kind *const *kinds, const cm_resource_kind *kind,
                             const ProtobufCMessage *request, ProtobufCMessage *response) CM_MUST_USE;
cm_status cm_resource_undelete(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                               ProtobufCMessage *response) CM_MUST_USE;
cm_status cm_resource_retract(cm_call *call, const cm_resource_kind *const *kinds, const cm_resource_kind *kind,
                              const ProtobufCMessage *request, ProtobufCMessage *response) CM_MUST_USE;

/* Erases again what was erased after the backup that the store was restored from: before the service serves. */
cm_status cm_resource_erase_pending(cm_journal *journal, const cm_resource_kind *const *kinds) CM_MUST_USE;

/* For methods beyond the standard ones (AdvancePhase): answer a repeated request, load, change, save.
 *     bool repeated;
 *     CM_TRY(cm_resource_repeat(call, kind, request, response, &repeated));
 *     if (repeated) return cm_ok();
 *     CM_TRY(cm_resource_load(call, kind, request->name, request->etag, &before));
 *     … change a copy (cm_message_copy) …
 *     return cm_resource_save(call, kind, request, "phase_changed", before, after, response);
 * `verb` makes the event's type: cityneg.negotiations.negotiation.phase_changed.v1. Saving runs the kind's checks and
 * hooks; output_only fields are as the caller of save has set them. `before` is NULL for a new resource. */
cm_status cm_resource_repeat(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                             ProtobufCMessage *response, bool *repeated) CM_MUST_USE;
cm_status cm_resource_load(cm_call *call, const cm_resource_kind *kind, const char *name, const char *etag,
                           ProtobufCMessage **resource) CM_MUST_USE;
cm_status cm_resource_save(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                           const char *verb, const ProtobufCMessage *before, ProtobufCMessage *after,
                           ProtobufCMessage *response) CM_MUST_USE;

/* The same for several resources of one kind that are there already and change together; the first is the answer. */
cm_status cm_resource_save_all(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                               const char *verb, ProtobufCMessage *const *after, size_t count,
                               ProtobufCMessage *response) CM_MUST_USE;

/* A condition on `j`, the row of the journal where a resource's newest revision lies: it is not deleted. */
#define CM_RESOURCE_IS_THERE "j.type NOT LIKE '%.retracted.v1'"

/* The newest state of one resource (with etag and update_time), NULL where there is none. For checks and hooks.
 * `exists` asks by name, and does not count what is retracted. */
cm_status cm_resource_find(cm_db *db, const cm_resource_kind *kind, const char *name, cm_arena *arena,
                           ProtobufCMessage **resource) CM_MUST_USE;
/* The same as it was at a time (cm_resource_as_of; 0: now), and the names of all of the kind below a prefix
 * ("positions/") that were there by then, in order, at most `most` of them. */
cm_status cm_resource_find_as_of(cm_db *db, const cm_resource_kind *kind, const char *name, int64_t as_of,
                                 cm_arena *arena, ProtobufCMessage **resource) CM_MUST_USE;
cm_status cm_resource_names_as_of(cm_db *db, const char *prefix, int64_t as_of, int most, cm_names *names) CM_MUST_USE;
cm_status cm_resource_exists(cm_db *db, const cm_resource_kind *kind, const char *name, bool *exists) CM_MUST_USE;

/* What a writing request changes: the resource that it names, or carries, or those of its `requests`. For the rows of
 * methods that change nothing else, and take nothing away: they may rely on whatever such methods leave as it is, or
 * hold what they do not (cm_journal_hold). What retracts, deletes, erases or merges may touch anything. */
cm_touched cm_resource_touches(const ProtobufCMessage *request, cm_arena *arena);

/* The actors that a writing request names, all its resources together: for a prepare step that asks the registry. */
void cm_resource_actors(const cm_resource_kind *kind, const ProtobufCMessage *request, cm_names *names);

/* The time of a request's field `as_of` in wall microseconds, 0 where it has none. INVALID_ARGUMENT for what is no
 * time. Whoever reads by it seals it first (cm_journal_seal). */
cm_status cm_resource_as_of(const ProtobufCMessage *request, int64_t *as_of) CM_MUST_USE;

/* The same of another field of times. */
cm_status cm_resource_time(const ProtobufCMessage *request, const char *field, int64_t *time) CM_MUST_USE;

/* Whether a name fits one of the patterns: ids are 1 … 127 of a-z, 0-9 and -, beginning and ending with no hyphen.
 * INVALID_ARGUMENT at `field` lists the patterns. */
cm_status cm_name_check(const char *const *patterns, const char *field, const char *name) CM_MUST_USE;
bool cm_name_fits(const char *const *patterns, const char *name);

#endif

/* resource.h: the parts of the resource engine as they see each other. Reach for it in resource_*.c only. */
#ifndef CM_RESOURCE_INTERNAL_H
#define CM_RESOURCE_INTERNAL_H

#include "base/cm_filter.h"
#include "base/cm_text.h"
#include "journal/cm_resource.h"
#include "journal/journal.h"

enum { RESOURCE_BATCH = 1000, RESOURCE_VIOLATIONS = 32 };

/* One revision of a resource, as the journal has it. */
typedef struct resource_revision {
    cm_position at;
    int64_t number, recorded_at;
    const char *actor, *request_id;
    size_t bytes;           /* of the payload */
    ProtobufCMessage *body; /* without etag and update_time */
} resource_revision;

/* resource_names.c */
bool resource_names_have(const cm_names *names, const char *name);

/* resource_name.c: what names of a list's resources begin with ("cities/" of "cities", "" for all). */
cm_status resource_parent(const cm_resource_kind *kind, const char *parent, cm_arena *arena,
                          const char **prefix) CM_MUST_USE;

/* resource_request.c: fields of requests and responses by name; what is not there is as if empty. */
const ProtobufCMessage *resource_message(const ProtobufCMessage *request, const char *name);
ProtobufCMessage *const *resource_messages(const ProtobufCMessage *request, const char *name, size_t *count);
const char *const *resource_strings(const ProtobufCMessage *request, const char *name, size_t *count);
int32_t resource_int(const ProtobufCMessage *request, const char *name);
bool resource_bool(const ProtobufCMessage *request, const char *name);
void resource_answer_one(ProtobufCMessage *response, const ProtobufCMessage *resource);
void resource_answer_many(ProtobufCMessage *response, const char *name, ProtobufCMessage **resources, size_t count);
void resource_answer_int(ProtobufCMessage *response, const char *name, int32_t value);

/* resource_event.c: the event that carries a resource (NULL: it was erased) with what `about` says, and the way back.
 * DATA_LOSS where bytes are no such event. */
cm_status resource_event_pack(const cm_resource_kind *kind, const ProtobufCMessage *body, const EvtEvent *about,
                              cm_arena *arena, cm_bytes *payload) CM_MUST_USE;
cm_status resource_event_read(const cm_resource_kind *kind, cm_bytes payload, cm_arena *arena, EvtEvent **event,
                              ProtobufCMessage **body) CM_MUST_USE;

/* resource_as_of.c: says in a failure what time it is about; nothing where it is 0. */
void resource_say_time(cm_status *s, int64_t as_of);

/* resource_below.c: a kind by a name of it; and the resources whose names begin with a resource's, as they are now. */
cm_status resource_kind_of(const cm_resource_kind *const *kinds, const char *field, const char *name,
                           const cm_resource_kind **kind) CM_MUST_USE;
typedef struct resource_child {
    const cm_resource_kind *kind;
    const char *name;
} resource_child;
cm_status resource_below(cm_db *db, const cm_resource_kind *const *kinds, const char *name, cm_arena *arena,
                         resource_child **children, size_t *count) CM_MUST_USE;
cm_status resource_refuse_below(const char *name, size_t count, const char *what) CM_MUST_USE; /* force is not set */

/* resource_read.c: *found is NULL where there is no such revision, or where it was erased. */
#define RESOURCE_COLUMNS "j.part, j.seq, j.revision, j.recorded_at, j.actor, j.request_id, j.payload"
cm_status resource_take(const cm_resource_kind *kind, const cm_rows *rows, cm_arena *arena,
                        resource_revision **found) CM_MUST_USE; /* of a row of RESOURCE_COLUMNS */
cm_status resource_newest(cm_db *db, const cm_resource_kind *kind, const char *name, cm_arena *arena,
                          resource_revision **found) CM_MUST_USE;
cm_status resource_as_of(cm_db *db, const cm_resource_kind *kind, const char *name, int64_t as_of, cm_arena *arena,
                         resource_revision **found) CM_MUST_USE;
cm_status resource_at(cm_db *db, const cm_resource_kind *kind, cm_position at, cm_arena *arena,
                      resource_revision **found) CM_MUST_USE;
ProtobufCMessage *resource_stamped(const resource_revision *revision, cm_arena *arena); /* with etag and times */
bool resource_is_stamp(const char *field);
/* ABORTED where an etag is given that is not the newest revision's (NULL: there is none). */
/* NOT_FOUND, saying so where it was erased. */
cm_status resource_missing(cm_db *db, const cm_resource_kind *kind, const char *name) CM_MUST_USE;
const TypRetraction *resource_retraction(const ProtobufCMessage *body); /* NULL where it is not retracted */
cm_status resource_refuse_retracted(const char *name) CM_MUST_USE;      /* FAILED_PRECONDITION */
#define RESOURCE_ETAG_MISMATCH "ETAG_MISMATCH"                          /* its reason */
cm_status resource_check_etag(const char *name, const char *etag, const resource_revision *newest) CM_MUST_USE;
cm_status resource_db_end(cm_rows *rows, cm_status s) CM_MUST_USE; /* cm_rows_end; the first failure is told */

/* resource_table.c: the kind's table (`upsert` is its SQL, the same for every row). */
bool resource_is_text(const ProtobufCFieldDescriptor *field); /* the column's type: TEXT, not a number */
/* A wrapper's value counts as the field's own. Where there is none: '' of a text, NULL of a number. */
cm_value resource_column(const ProtobufCMessage *body, const ProtobufCFieldDescriptor *field, cm_arena *arena);
const char *resource_upsert(const cm_resource_kind *kind, cm_arena *arena);
cm_status resource_table_put(cm_db *db, const cm_resource_kind *kind, const char *upsert, const ProtobufCMessage *body,
                             cm_position at, cm_arena *arena) CM_MUST_USE;

/* resource_bounds.c: what holds for every message. */
void resource_bounds(const ProtobufCMessage *resource, cm_violations *wrong);
cm_status resource_check_reason(const char *reason) CM_MUST_USE; /* of a request, at `reason` */

/* resource_filter.c: a filter, and what of it the store can tell. */
typedef struct resource_filter {
    const cm_resource_kind *kind;
    cm_filter *tree;
    bool exact;                /* the store tells all of it, of rows as they are now */
    cm_names indexed, scanned; /* fields that the store tells; fields that are read from each resource */
} resource_filter;
cm_status resource_filter_parse(const cm_resource_kind *kind, const char *text, cm_arena *arena,
                                resource_filter *filter) CM_MUST_USE;
/* resource_merge.c: where it asks for an actor, it also asks for those that were merged into it, as of a time (0: now).
 * INVALID_ARGUMENT where it becomes too long. */
cm_status resource_filter_merge(cm_db *db, const resource_filter *filter, int64_t as_of, cm_arena *arena) CM_MUST_USE;
/* A condition on `t`, the kind's table, and `j`, the journal, that holds wherever the filter does, and only there where
 * it is exact. Adds up to CM_FILTER_TERMS values. */
void resource_filter_add(const resource_filter *filter, cm_arena *arena, cm_text *sql, cm_value *values, int *count);
/* Where the store holds a field of the kind, NULL: nowhere. */
const char *resource_expression(const cm_resource_kind *kind, const char *field, cm_arena *arena);

/* resource_order.c: `date desc, kind`; no keys: by name alone. Numbers that are missing come before all others. */
enum { RESOURCE_KEYS = 4 };
typedef struct resource_key {
    const ProtobufCFieldDescriptor *field;
    const char *expression; /* of SQL */
    bool descending;
} resource_key;
typedef struct resource_order {
    resource_key keys[RESOURCE_KEYS];
    int count;
} resource_order;
cm_status resource_order_parse(const cm_resource_kind *kind, const char *text, cm_arena *arena,
                               resource_order *order) CM_MUST_USE;
void resource_order_add(const resource_order *order, cm_text *sql); /* what stands behind ORDER BY */
/* A condition on rows behind `last`. Adds up to RESOURCE_KEYS + 1 values. */
void resource_order_after(const resource_order *order, const resource_revision *last, cm_arena *arena, cm_text *sql,
                          cm_value *values, int *count);
int resource_order_compare(const resource_order *order, const resource_revision *a, const resource_revision *b,
                           cm_arena *arena);

/* resource_token.c: where a list goes on. */
typedef struct resource_page {
    cm_uuid epoch;
    int64_t as_of;
    uint8_t query[CM_SHA256];
    const char *last;
} resource_page;
char *resource_token(const resource_page *page, cm_arena *arena);
cm_status resource_token_parse(const char *token, cm_arena *arena, resource_page *page) CM_MUST_USE;

/* resource_mentions.c: what is to be put into `mentions` at the end of the request. */
enum { RESOURCE_MENTIONS = 32 }; /* rows of a statement */
typedef struct resource_mention {
    const char *actor, *name;
} resource_mention;
typedef struct resource_mentions {
    resource_mention *all;
    size_t count, capacity;
} resource_mentions;

/* resource_work.c: one writing request under way. */
typedef struct resource_work {
    cm_resource_context context;
    const cm_resource_kind *kind;
    const ProtobufCMessage *request;
    const char *request_id;        /* "" where none */
    const char *corrects, *reason; /* of the resource that is being written; "" where none */
    const char *upsert;            /* SQL of the kind's table, made once a request */
    uint8_t digest[CM_SHA256];
    cm_violations wrong;
    cm_names actors;              /* whose snapshots were taken, so that each is asked for once */
    TypActorSnapshot **snapshots; /* by their index in `actors`; NULL: to be taken (again) */
    size_t snapshot_capacity;
    resource_mentions mentions;
    ProtobufCMessage **answers; /* with their stamps, and where each lies; NULL: no part of the answer, or refused */
    cm_position *rows;
    size_t count, capacity;
    bool unanswered; /* nobody asks for the answers */
    int32_t changed;
    TypRefusal **refusals; /* of items that were refused while others were taken; room for each item */
    size_t refusal_count;
} resource_work;
cm_status resource_begin(resource_work *work, cm_call *call, const cm_resource_kind *kind,
                         const ProtobufCMessage *request) CM_MUST_USE;
cm_status resource_repeat(resource_work *work, bool *repeated) CM_MUST_USE;
void resource_add_answer(resource_work *work, const resource_revision *revision, bool changed);
void resource_add_row(resource_work *work, cm_position at);              /* that is part of the answer by itself */
cm_status resource_finish(resource_work *work, cm_status s) CM_MUST_USE; /* of everything between begin and here */
/* The next item was refused, and is one of those that the answer tells of. */
void resource_add_refusal(resource_work *work, const cm_status *refused);
/* What one item ends with: `s`, or else what was found wrong with it, which the work forgets. */
cm_status resource_refusal(resource_work *work, cm_status s) CM_MUST_USE;
void resource_add_violations(resource_work *work, const char *prefix, cm_violations *wrong);

/* resource_mentions.c: a resource names these actors now, and named those of `before`; names stay the request's. The
 * table has it once it is flushed, as resource_finish does. */
cm_status resource_mentions_put(resource_work *work, const ProtobufCMessage *before, const char *name,
                                const cm_names *actors) CM_MUST_USE;
cm_status resource_mentions_flush(resource_work *work) CM_MUST_USE;
cm_status resource_mentions_forget(cm_db *db, const cm_resource_kind *kind, const ProtobufCMessage *body,
                                   const char *name, cm_arena *arena) CM_MUST_USE; /* at once; NULL: it names none */

/* resource_snapshot.c: what is known of each actor; `actors` holds their paths. Unknown ones are violations. */
cm_status resource_snapshots(resource_work *work, const cm_names *actors, TypActorSnapshot **snapshots,
                             cm_violations *wrong) CM_MUST_USE;
void resource_snapshot_forget(resource_work *work, const char *actor);

/* resource_change.c: checks `after` and records it as the next revision; adds the answer. `prefix` goes before paths of
 * violations, `where` ("requests[3]", NULL: nowhere) before other failures. */
/* What resource_append records. */
typedef struct resource_row {
    const char *verb, *name, *event_time;
    cm_bytes payload;
    bool fresh; /* as of cm_change */
} resource_row;
cm_status resource_append(const resource_work *work, const cm_resource_kind *kind, const resource_row *recorded,
                          resource_revision *written) CM_MUST_USE;
cm_status resource_change(resource_work *work, const char *where, const char *prefix, const char *verb,
                          const resource_revision *before, ProtobufCMessage *after) CM_MUST_USE;

#endif

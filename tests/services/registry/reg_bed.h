/* reg_bed.h: what tests of the registry stand on: its tables and journal in a folder of their own, and its methods
 * called on their lanes, without a network. */
#ifndef REG_BED_H
#define REG_BED_H

#include "../../common/store/pg_server.h"

#include <stdio.h>

#include "base/cm_executor.h"
#include "base/cm_message.h"
#include "cityneg/events/v1/events.grpc-c.h"
#include "journal/cm_journal.h"
#include "registry/reg_follow.h"
#include "registry/reg_schema.h"
#include "registry/reg_service.h"

static pg_server bed_postgres; /* runs while the suite is run on PostgreSQL */

typedef struct reg_bed {
    char *folder, *path;
    cm_store *store;
    cm_journal *journal;
    cm_arena *arena; /* of requests and answers */
    reg_index *index;
    reg_follow *follow; /* has no thread: a test catches up when it searches */
    cm_service service;
} reg_bed;

static inline int bed_set_up(void **state)
{
    reg_bed *b = cm_alloc(sizeof *b);

    b->folder = bed_folder_new();
    b->path = bed_postgres.pid ? pg_server_url(&bed_postgres) : cm_format("%s/registry.db", b->folder);
    b->arena = cm_arena_new();
    assert_ok(reg_index_new(&b->index));
    b->service = reg_service(b->index);
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_journal_open(b->store, &(cm_journal_options){.service = "registry", .migrations = &reg_migrations},
                              &b->journal));
    b->follow = reg_follow_new(b->journal, b->index);
    *state = b;
    return 0;
}

static inline int bed_tear_down(void **state)
{
    reg_bed *b = *state;

    reg_follow_free(b->follow);
    reg_index_free(b->index);
    cm_journal_close(b->journal);
    cm_store_close(b->store);
    cm_arena_free(b->arena);
    bed_folder_free(b->folder);
    free(b->path);
    free(b);
    return 0;
}

typedef struct bed_calling {
    reg_bed *bed;
    const cm_method_row *row;
    const ProtobufCMessage *request;
    ProtobufCMessage *response;
} bed_calling;

static inline cm_status bed_run(void *argument, void *lent)
{
    bed_calling *c = argument;
    cm_call *call = cm_call_new_local(c->bed->service.state, lent, "anna");
    ProtobufCMessage *response = cm_message_new(cm_call_arena(call), c->row->desc->response);
    cm_status s = c->row->invoke(c->row->handler, call, c->request, response);

    if (cm_is_ok(s))
        c->response = cm_message_copy(response, c->bed->arena);
    cm_call_unref(call);
    return s;
}

/* Calls the method; *response is its answer, in the bed's arena. */
static inline cm_status bed_call(reg_bed *b, const char *method, const void *request, void *response)
{
    bed_calling c = {.bed = b, .request = request};
    cm_status s;

    for (size_t i = 0; i < b->service.desc->count; i++)
        if (strcmp(b->service.desc->methods[i].name, method) == 0)
            c.row = &b->service.rows[i];
    assert_non_null(c.row);
    cm_touched touched = c.row->touches ? c.row->touches(request, b->arena) : (cm_touched){0};
    s = cm_run_touching(c.row->lane == CM_READER ? cm_journal_readers(b->journal) : cm_journal_writer(b->journal),
                        touched, bed_run, &c);
    *(ProtobufCMessage **)response = c.response;
    return s;
}

static inline char *bed_text(reg_bed *b, const char *text)
{
    return cm_arena_strdup(b->arena, text);
}

/* ---- actors ---- */

static inline RegActor *bed_actor(reg_bed *b, const char *name, const char *state)
{
    RegActor *actor = CM_NEW(b->arena, RegActor);

    actor->name = bed_text(b, name);
    actor->display_name = bed_text(b, name);
    actor->state = bed_text(b, state);
    return actor;
}

static inline cm_status bed_create_actor(reg_bed *b, RegActor *actor, RegActor **made)
{
    RegCreateActorRequest request = CITYNEG__REGISTRY__V1__CREATE_ACTOR_REQUEST__INIT;

    request.actor = actor;
    return bed_call(b, "CreateActor", &request, made);
}

static inline RegActor *bed_add_actor(reg_bed *b, const char *name, const char *state)
{
    RegActor *made;

    assert_ok(bed_create_actor(b, bed_actor(b, name, state), &made));
    return made;
}

static inline cm_status bed_update_actor(reg_bed *b, RegActor *actor, RegActor **made)
{
    RegUpdateActorRequest request = CITYNEG__REGISTRY__V1__UPDATE_ACTOR_REQUEST__INIT;

    request.actor = actor;
    return bed_call(b, "UpdateActor", &request, made);
}

/* Appends to a repeated field that has room, or gets some. */
#define BED_ADD(b, owner, field, Type)                                                                                 \
    ((owner)->field = (owner)->field ? (owner)->field : cm_arena_take((b)->arena, 16 * sizeof *(owner)->field),        \
     (owner)->field[(owner)->n_##field++] = CM_NEW((b)->arena, Type))

/* The fields of all violations, one after the other. Ends the status. */
static inline const char *bed_fields(reg_bed *b, cm_status s)
{
    const char *fields = "";

    if (s.code != CM_INVALID_ARGUMENT)
        fail_msg("%s: %s", cm_code_name(s.code), cm_status_message(s));
    for (const cm_violation *v = s.error->violations; v; v = v->next)
        fields = cm_arena_format(b->arena, "%s%s%s", fields, *fields ? " " : "", v->field);
    cm_status_clear(&s);
    return fields;
}

/* The event in the newest row of a resource. */
static inline EvtEvent *bed_event(reg_bed *b, const char *resource)
{
    ProtobufCMessage *event;
    cm_row *row;
    cm_db *db;

    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_journal_newest(db, resource, 0, b->arena, &row));
    cm_db_close(db);
    assert_non_null(row);
    assert_ok(cm_message_unpack(&EvtEvent_descriptor, row->payload, b->arena, &event));
    return (EvtEvent *)event;
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)

#endif

/* neg_handlers.h: handlers as the rows have them, called without a network on the lanes that the rows name. Reach for
 * it where a test calls the service as its callers do. */
#ifndef NEG_HANDLERS_H
#define NEG_HANDLERS_H

#include "neg_platform.h"

#include "negotiations/neg_actors.h"

static inline const cm_method_row *row_of(const cm_service *service, const char *method)
{
    for (size_t i = 0; i < service->desc->count; i++)
        if (strcmp(service->rows[i].desc->name, method) == 0)
            return &service->rows[i];
    fail_msg("%s is no method of %s", method, service->desc->name);
    return NULL;
}

typedef struct bed {
    char *folder, *path;
    cm_arena *arena;
    cm_store *store;
    neg_state state; /* no registry: nobody may be asked */
    cm_service service;
} bed;

static inline int set_up(void **state)
{
    bed *b = cm_alloc(sizeof *b);

    b->folder = bed_folder_new();
    b->path = cm_format("%s/negotiations.db", b->folder);
    b->arena = cm_arena_new();
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_journal_open(b->store, &(cm_journal_options){.service = "negotiations", .migrations = &neg_migrations},
                              &b->state.journal));
    b->service = neg_service(&b->state);
    *state = b;
    return 0;
}

static inline int tear_down(void **state)
{
    bed *b = *state;

    cm_journal_close(b->state.journal);
    cm_store_close(b->store);
    cm_arena_free(b->arena);
    bed_folder_free(b->folder);
    free(b->path);
    free(b);
    return 0;
}

#define HANDLER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

typedef struct calling {
    const cm_method_row *row;
    cm_call *call;
    const ProtobufCMessage *request;
    ProtobufCMessage *response;
} calling;

static inline cm_status handle(void *argument, void *lent)
{
    calling *c = argument;

    cm_call_lend(c->call, lent);
    return c->row->invoke(c->row->handler, c->call, c->request, c->response);
}

/* Prepares and handles one call; *response is in the bed's arena. */
static inline cm_status act(bed *b, const char *method, const void *request, void *response)
{
    const cm_method_row *row = row_of(&b->service, method);
    cm_call *call = cm_call_new_local(&b->state, NULL, "anna");
    calling c = {row, call, request, cm_message_new(cm_call_arena(call), row->desc->response)};
    cm_executor *lane =
        row->lane == CM_READER ? cm_journal_readers(b->state.journal) : cm_journal_writer(b->state.journal);
    cm_status s = row->prepare ? row->invoke_request(row->prepare, call, request) : cm_ok();

    if (cm_is_ok(s))
        s = cm_run_touching(lane, row->touches ? row->touches(request, b->arena) : (cm_touched){0}, handle, &c);
    if (cm_is_ok(s))
        *(void **)response = cm_message_copy(c.response, b->arena);
    cm_call_unref(call);
    return s;
}

static inline cm_status know(void *argument, void *lent)
{
    TypActorSnapshot *snapshot = argument;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    return neg_actors_put(db, snapshot, 0);
}

static inline void know_actor(bed *b, const char *name, const char *state)
{
    RegActor *actor = CM_NEW(b->arena, RegActor);

    actor->name = (char *)name;
    actor->state = (char *)state;
    assert_ok(cm_run_and_wait(cm_journal_writer(b->state.journal), know,
                              neg_actors_snapshot(actor, 5, "11111111-1111-4111-8111-111111111111", b->arena)));
}

#endif

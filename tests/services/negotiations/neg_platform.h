/* neg_platform.h: what component tests of negotiations stand on: a real registry and a real negotiations service, each
 * with a store of its own and a server on a port of its own, and channels to both. */
#ifndef NEG_PLATFORM_H
#define NEG_PLATFORM_H

#include "../../common/store/pg_server.h"
#include "neg_bed.h"

#include "base/cm_log.h"
#include "cityneg/events/v1/events.grpc-c.h"
#include "journal/cm_journal_service.h"
#include "negotiations/neg_schema.h"
#include "negotiations/neg_service.h"
#include "registry/reg_schema.h"
#include "registry/reg_service.h"
#include "rpc/cm_server.h"

static pg_server bed_postgres; /* runs while the suite is run on PostgreSQL */

typedef struct house {
    char *path;
    cm_store *store;
    cm_journal *journal;
    cm_pool *background;
    cm_server *server;
    cm_channel *channel;
} house;

typedef struct platform {
    char *folder;
    cm_arena *arena;
    house registry, negotiations;
    neg_state state;
} platform;

static inline void house_open(house *h, const char *folder, const char *service, const cm_migrations *migrations)
{
    h->path = bed_postgres.pid ? pg_server_url(&bed_postgres) : cm_format("%s/%s.db", folder, service);
    assert_ok(cm_store_open(h->path, &h->store));
    assert_ok(cm_journal_open(
        h->store, &(cm_journal_options){.service = service, .partitions = 4, .migrations = migrations}, &h->journal));
    assert_ok(cm_pool_new(&(cm_pool_options){.name = "background", .threads = 2}, &h->background));
    const char *const listen[] = {"127.0.0.1:0", NULL};
    assert_ok(cm_server_new(&(cm_server_options){.listen = listen,
                                                 .lanes = {[CM_READER] = cm_journal_readers(h->journal),
                                                           [CM_WRITER] = cm_journal_writer(h->journal),
                                                           [CM_BACKGROUND] = cm_pool_executor(h->background)}},
                            &h->server));
}

static inline void house_serve(house *h, cm_service service)
{
    cm_service journal = cm_journal_service(h->journal);

    assert_ok(cm_server_add(h->server, &journal));
    assert_ok(cm_server_add(h->server, &service));
    assert_ok(cm_server_start(h->server));
    CM_FREE char *target = cm_format("127.0.0.1:%d", cm_server_port(h->server, 0));
    assert_ok(cm_channel_new(target, &(cm_channel_options){.attempts = 1}, &h->channel));
}

static inline void house_end_server(house *h)
{
    if (!h->server)
        return;
    cm_server_drain(h->server, 0, 2000);
    cm_server_free(h->server);
    h->server = NULL;
}

static inline void house_close(house *h)
{
    house_end_server(h);
    cm_channel_free(h->channel);
    cm_pool_free(h->background);
    cm_journal_close(h->journal);
    cm_store_close(h->store);
    free(h->path);
}

/* ---- actors ---- */

static inline void platform_actor(platform *p, RegBatchCreateActorsRequest *batch, const char *name, const char *state)
{
    RegCreateActorRequest *one = CM_NEW(p->arena, RegCreateActorRequest);

    one->actor = CM_NEW(p->arena, RegActor);
    one->actor->name = cm_arena_strdup(p->arena, name);
    one->actor->display_name = cm_arena_strdup(p->arena, name);
    one->actor->state = cm_arena_strdup(p->arena, state);
    batch->requests[batch->n_requests++] = one;
}

static inline void platform_add_actors(platform *p)
{
    RegBatchCreateActorsRequest *batch = CM_NEW(p->arena, RegBatchCreateActorsRequest);
    RegBatchCreateActorsResponse *answer;

    batch->requests = cm_arena_take(p->arena, 8 * sizeof *batch->requests);
    platform_actor(p, batch, "states/fr", "");
    platform_actor(p, batch, "states/it", "");
    platform_actor(p, batch, "cities/paris-fr", "states/fr");
    platform_actor(p, batch, "cities/rome-it", "states/it");
    platform_actor(p, batch, "cities/lyon-fr", "states/fr");
    platform_actor(p, batch, "institutions/c40", "");
    assert_ok(reg_registry_service_batch_create_actors(p->registry.channel, NULL, batch, p->arena, &answer));
}

/* ---- set up ---- */

static inline int platform_set_up(void **state)
{
    platform *p = cm_alloc(sizeof *p);

    cm_log_start("tests", CM_ERROR);
    p->folder = bed_folder_new();
    p->arena = cm_arena_new();
    house_open(&p->registry, p->folder, "registry", &reg_migrations);
    house_serve(&p->registry, reg_service(NULL));
    house_open(&p->negotiations, p->folder, "negotiations", &neg_migrations);
    p->state = (neg_state){.journal = p->negotiations.journal, .registry = p->registry.channel};
    house_serve(&p->negotiations, neg_service(&p->state));
    platform_add_actors(p);
    *state = p;
    return 0;
}

static inline int platform_tear_down(void **state)
{
    platform *p = *state;

    house_close(&p->negotiations);
    house_close(&p->registry);
    cm_arena_free(p->arena);
    bed_folder_free(p->folder);
    free(p);
    return 0;
}

#define PLATFORM_TEST(name) cmocka_unit_test_setup_teardown(name, platform_set_up, platform_tear_down)

/* ---- what is in the journal of negotiations ---- */

static inline int64_t platform_rows(const platform *p)
{
    int64_t rows = 0;

    for (int part = 0; part < cm_journal_partitions(p->negotiations.journal); part++)
        rows += cm_journal_head(p->negotiations.journal, part);
    return rows;
}

typedef struct newest_row {
    platform *p;
    const char *resource;
    cm_row *row;
} newest_row;

static inline cm_status platform_read_newest(void *argument, void *lent)
{
    newest_row *n = argument;

    return cm_journal_newest(lent, n->resource, 0, n->p->arena, &n->row);
}

/* The newest event of a resource, and the row that carries it. */
static inline const EvtEvent *platform_event(platform *p, const char *resource, cm_row **row)
{
    newest_row n = {p, resource, NULL};
    ProtobufCMessage *event;

    assert_ok(cm_run_and_wait(cm_journal_readers(p->negotiations.journal), platform_read_newest, &n));
    assert_non_null(n.row);
    assert_ok(cm_message_unpack(&EvtEvent_descriptor, n.row->payload, p->arena, &event));
    *row = n.row;
    return (const EvtEvent *)event;
}

/* ---- requests that are right ---- */

/* Makes what other resources refer to: a source (reported), a collection, an issue, and the talks negotiations/n. */
static inline void platform_add_ground(platform *p)
{
    cm_channel *to = p->negotiations.channel;
    NegCreateSourceRequest *source = CM_NEW(p->arena, NegCreateSourceRequest);
    NegCreateCollectionRequest *collection = CM_NEW(p->arena, NegCreateCollectionRequest);
    NegCreateIssueRequest *issue = CM_NEW(p->arena, NegCreateIssueRequest);
    NegCreateNegotiationRequest *talks = CM_NEW(p->arena, NegCreateNegotiationRequest);
    NegSource *made_source;
    NegCollection *made_collection;
    NegIssue *made_issue;
    NegNegotiation *made_talks;

    source->source = bed_source(p->arena, "sources/report");
    source->source->certainty = TYP_CERTAINTY_REPORTED;
    assert_ok(neg_negotiations_service_create_source(to, NULL, source, p->arena, &made_source));
    collection->collection = CM_NEW(p->arena, NegCollection);
    collection->collection->name = "collections/climate";
    assert_ok(neg_negotiations_service_create_collection(to, NULL, collection, p->arena, &made_collection));
    issue->issue = CM_NEW(p->arena, NegIssue);
    issue->issue->name = "issues/more-powers";
    issue->issue->display_name = "More powers for cities";
    assert_ok(neg_negotiations_service_create_issue(to, NULL, issue, p->arena, &made_issue));
    talks->negotiation = bed_negotiation(p->arena, "negotiations/n");
    talks->negotiation->collection = "collections/climate";
    assert_ok(neg_negotiations_service_create_negotiation(to, NULL, talks, p->arena, &made_talks));
}

static inline cm_status platform_create_entry(platform *p, NegEntry *entry, const char *request_id, NegEntry **made)
{
    NegCreateEntryRequest *request = CM_NEW(p->arena, NegCreateEntryRequest);

    request->entry = entry;
    request->request_id = (char *)request_id;
    return neg_negotiations_service_create_entry(p->negotiations.channel, NULL, request, p->arena, made);
}

static inline NegNegotiation *platform_talks(platform *p)
{
    NegGetNegotiationRequest *request = CM_NEW(p->arena, NegGetNegotiationRequest);
    NegNegotiation *talks;

    request->name = "negotiations/n";
    assert_ok(neg_negotiations_service_get_negotiation(p->negotiations.channel, NULL, request, p->arena, &talks));
    return talks;
}

#endif

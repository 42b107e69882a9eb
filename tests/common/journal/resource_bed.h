/* resource_bed.h: what tests of resources stand on: a journal in a folder of its own, two kinds on it (actors, and
 * memberships that name actors), and handlers called on the lane where they belong. No network, but the real store,
 * writer and readers. */
#ifndef RESOURCE_BED_H
#define RESOURCE_BED_H

#include "../store/pg_server.h"

#include <stdio.h>

#include "base/cm_executor.h"
#include "journal/cm_resource.h"

static pg_server bed_postgres; /* runs while the suite is run on PostgreSQL */

typedef struct resource_bed {
    char *folder, *path;
    cm_store *store;
    cm_journal *journal;
    cm_arena *arena; /* of requests and answers */
    const char *identity;
} resource_bed;

static const cm_migration bed_steps[] = {
    {1, "actors and memberships",
     "CREATE TABLE actors (name TEXT PRIMARY KEY, part INTEGER NOT NULL, seq BIGINT NOT NULL, kind TEXT NOT NULL,"
     " state TEXT NOT NULL, collection TEXT NOT NULL);"
     "CREATE TABLE memberships (name TEXT PRIMARY KEY, part INTEGER NOT NULL, seq BIGINT NOT NULL,"
     " institution TEXT NOT NULL, status TEXT NOT NULL, \"from\" TEXT NOT NULL);"
     "CREATE TABLE influences (name TEXT PRIMARY KEY, part INTEGER NOT NULL, seq BIGINT NOT NULL, year INTEGER NOT "
     "NULL,"
     " number NUMERIC)"},
};
static const cm_migrations bed_tables = {"bed", bed_steps, 1};

/* ---- kinds ---- */

static inline void bed_check_actor(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                                   cm_violations *wrong)
{
    RegActor *actor = (RegActor *)resource;

    actor->kind = strncmp(actor->name, "cities/", 7) == 0 ? TYP_ACTOR_KIND_CITY : TYP_ACTOR_KIND_STATE;
    if (!*actor->display_name)
        cm_violations_add(wrong, "display_name", "is missing; give one");
    for (size_t i = 0; i < actor->n_populations; i++)
        if (actor->populations[i]->count < 0)
            cm_violations_add(wrong, cm_arena_format(arena, "populations[%zu].count", i),
                              "%lld is negative; give a count ≥ 0", (long long)actor->populations[i]->count);
}

static const char *const bed_actor_patterns[] = {"cities/{city}", "states/{state}", NULL};
static const char *const bed_actor_columns[] = {"kind", "state", "collection", NULL};
static const char *const bed_actor_output_only[] = {"kind", NULL};
static const cm_resource_kind bed_actor = {
    .type = "actor",
    .singular = "actor",
    .plural = "actors",
    .message = &RegActor_descriptor,
    .patterns = bed_actor_patterns,
    .table = "actors",
    .columns = bed_actor_columns,
    .output_only = bed_actor_output_only,
    .check = bed_check_actor,
};

static inline void bed_membership_actors(const ProtobufCMessage *resource, cm_names *names)
{
    const RegMembership *membership = (const RegMembership *)resource;
    const char *end = strstr(membership->name, "/memberships/");

    cm_names_add_at(names, cm_arena_strndup(names->arena, membership->name, (size_t)(end - membership->name)), "name");
    cm_names_add_at(names, membership->institution, "institution");
}

static int bed_snapshots; /* how often one was taken */

static inline cm_status bed_snapshot(cm_resource_context *context, const char *name, TypActorSnapshot *snapshot)
{
    ProtobufCMessage *found;

    bed_snapshots++;
    CM_TRY(cm_resource_find(cm_tx_db(context->tx), &bed_actor, name, context->arena, &found));
    if (!found)
        return cm_not_found("actor", name);
    snapshot->kind = ((RegActor *)found)->kind;
    snapshot->revision = strtoll(((RegActor *)found)->etag, NULL, 10);
    return cm_ok();
}

static inline cm_status bed_relate_membership(cm_resource_context *context, ProtobufCMessage *resource,
                                              const ProtobufCMessage *before)
{
    return strcmp(((RegMembership *)resource)->note, "refuse") == 0 ? cm_invalid("note", "is not to be refused")
                                                                    : cm_ok();
}

static const char *const bed_membership_patterns[] = {"cities/{city}/memberships/{membership}",
                                                      "states/{state}/memberships/{membership}", NULL};
static const char *const bed_membership_columns[] = {"institution", "status", "from", NULL};
static const cm_resource_kind bed_membership = {
    .type = "membership",
    .singular = "membership",
    .plural = "memberships",
    .message = &RegMembership_descriptor,
    .patterns = bed_membership_patterns,
    .table = "memberships",
    .columns = bed_membership_columns,
    .event_time = "from",
    .actors = bed_membership_actors,
    .snapshot = bed_snapshot,
    .relate = bed_relate_membership,
};

static const char *const bed_influence_patterns[] = {"cities/{city}/influences/{influence}", NULL};
static const char *const bed_influence_columns[] = {"year", "number", NULL};
static const cm_resource_kind bed_influence = {
    .type = "influence",
    .singular = "influence",
    .plural = "influences",
    .message = &RegInfluence_descriptor,
    .patterns = bed_influence_patterns,
    .table = "influences",
    .columns = bed_influence_columns,
};

/* ---- the bed ---- */

static inline void bed_open(resource_bed *b)
{
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_journal_open(b->store,
                              &(cm_journal_options){.service = "registry", .partitions = 3, .migrations = &bed_tables},
                              &b->journal));
}

static inline void bed_close(resource_bed *b)
{
    cm_journal_close(b->journal);
    cm_store_close(b->store);
}

/* As after a restart of the process. */
static inline void bed_reopen(resource_bed *b)
{
    bed_close(b);
    bed_open(b);
}

static inline int bed_set_up(void **state)
{
    resource_bed *b = cm_alloc(sizeof *b);

    b->folder = bed_folder_new();
    b->path = bed_postgres.pid ? pg_server_url(&bed_postgres) : cm_format("%s/registry.db", b->folder);
    b->arena = cm_arena_new();
    b->identity = "anna";
    bed_open(b);
    *state = b;
    return 0;
}

static inline int bed_tear_down(void **state)
{
    resource_bed *b = *state;

    bed_close(b);
    cm_arena_free(b->arena);
    bed_folder_free(b->folder);
    free(b->path);
    free(b);
    return 0;
}

/* ---- calls ---- */

typedef cm_status bed_engine(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                             ProtobufCMessage *response);

typedef struct bed_calling {
    resource_bed *bed;
    bed_engine *engine;
    const cm_resource_kind *kind;
    const ProtobufCMessage *request;
    ProtobufCMessage *response;
} bed_calling;

static inline cm_status bed_run(void *argument, void *lent)
{
    bed_calling *c = argument;
    cm_call *call = cm_call_new_local(NULL, lent, c->bed->identity);
    ProtobufCMessage *response = cm_message_new(cm_call_arena(call), c->response->descriptor);
    cm_status s = c->engine(call, c->kind, c->request, response);

    if (cm_is_ok(s))
        memcpy(c->response, cm_message_copy(response, c->bed->arena), response->descriptor->sizeof_message);
    cm_call_unref(call);
    return s;
}

/* Calls on the writer, or on a reader. */
static inline cm_status bed_write(resource_bed *b, bed_engine *engine, const cm_resource_kind *kind,
                                  const void *request, void *response)
{
    bed_calling c = {b, engine, kind, request, response};

    return cm_run_and_wait(cm_journal_writer(b->journal), bed_run, &c);
}

static inline cm_status bed_read(resource_bed *b, bed_engine *engine, const cm_resource_kind *kind, const void *request,
                                 void *response)
{
    bed_calling c = {b, engine, kind, request, response};

    return cm_run_and_wait(cm_journal_readers(b->journal), bed_run, &c);
}

static inline char *bed_text(resource_bed *b, const char *text)
{
    return cm_arena_strdup(b->arena, text);
}

static inline RegActor *bed_new_actor(resource_bed *b, const char *name, const char *display_name)
{
    RegActor *actor = CM_NEW(b->arena, RegActor);

    actor->name = bed_text(b, name);
    actor->display_name = bed_text(b, display_name);
    return actor;
}

static inline cm_status bed_create(resource_bed *b, RegActor *actor, const char *request_id, RegActor **answer)
{
    RegCreateActorRequest *request = CM_NEW(b->arena, RegCreateActorRequest);

    request->actor = actor;
    request->request_id = bed_text(b, request_id);
    *answer = CM_NEW(b->arena, RegActor);
    return bed_write(b, cm_resource_create, &bed_actor, request, *answer);
}

/* An actor that is there afterwards. */
static inline RegActor *bed_add(resource_bed *b, const char *name, const char *display_name)
{
    RegActor *answer;

    assert_ok(bed_create(b, bed_new_actor(b, name, display_name), "", &answer));
    return answer;
}

static inline cm_status bed_get(resource_bed *b, const char *name, RegActor **answer)
{
    RegGetActorRequest *request = CM_NEW(b->arena, RegGetActorRequest);

    request->name = bed_text(b, name);
    *answer = CM_NEW(b->arena, RegActor);
    return bed_read(b, cm_resource_get, &bed_actor, request, *answer);
}

/* Update of the fields that `mask` names, separated by commas; NULL: those that are set. */
static inline RegUpdateActorRequest *bed_updating(resource_bed *b, RegActor *actor, const char *mask)
{
    RegUpdateActorRequest *request = CM_NEW(b->arena, RegUpdateActorRequest);
    char *rest = mask ? bed_text(b, mask) : NULL;

    request->actor = actor;
    if (!mask)
        return request;
    request->update_mask = CM_NEW(b->arena, GoogleFieldMask);
    request->update_mask->paths = cm_arena_take(b->arena, 8 * sizeof(char *));
    for (char *path = strtok_r(rest, ",", &rest); path; path = strtok_r(NULL, ",", &rest))
        request->update_mask->paths[request->update_mask->n_paths++] = path;
    return request;
}

static inline cm_status bed_update(resource_bed *b, RegUpdateActorRequest *request, RegActor **answer)
{
    *answer = CM_NEW(b->arena, RegActor);
    return bed_write(b, cm_resource_update, &bed_actor, request, *answer);
}

/* How many rows the journal has in all. */
static inline int64_t bed_rows(const resource_bed *b)
{
    int64_t rows = 0;

    for (int part = 0; part < cm_journal_partitions(b->journal); part++)
        rows += cm_journal_head(b->journal, part);
    return rows;
}

/* The newest row of a resource and the event in it. */
static inline EvtEvent *bed_event(resource_bed *b, const char *resource, cm_row **row)
{
    ProtobufCMessage *event;
    cm_db *db;

    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_journal_newest(db, resource, 0, b->arena, row));
    cm_db_close(db);
    assert_non_null(*row);
    assert_ok(cm_message_unpack(&EvtEvent_descriptor, (*row)->payload, b->arena, &event));
    return (EvtEvent *)event;
}

static inline int64_t bed_count(resource_bed *b, const char *sql)
{
    return bed_integer(b->store, sql);
}

/* The fields of all violations, one after the other. Ends the status. */
static inline const char *bed_fields(resource_bed *b, cm_status s)
{
    const char *fields = "";

    assert_int_equal(s.code, CM_INVALID_ARGUMENT);
    for (const cm_violation *v = s.error->violations; v; v = v->next)
        fields = cm_arena_format(b->arena, "%s%s%s", fields, *fields ? " " : "", v->field);
    cm_status_clear(&s);
    return fields;
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)

#endif

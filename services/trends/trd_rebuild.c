#include "trends/trd_rebuild.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "journal/cm_feed.h"
#include "journal/cm_journal_service.h"
#include "trends/trd_aside.h"
#include "trends/trd_asked.h"
#include "trends/trd_facts.h"
#include "trends/trd_schema.h"

enum { FILL_STEP = 2000 }; /* facts in one transaction */

/* A journal, and how far it is counted. */
typedef struct source {
    const char *name, *topic;
    cm_channel *channel;
    cm_uuid epoch;
    int64_t *until; /* seq a partition */
    int parts;
} source;

typedef struct replay {
    trd_rebuilding *asked;
    cm_journal *into;
    cm_arena *arena;
    source sources[2];
    int64_t total;
    trd_own_cache *cache;
    trd_aside aside; /* what the reference has not counted */
    trd_asked users; /* what it was asked */

    const source *of; /* what is counted now */
    const JrnReadResponse *response;
    int64_t counted; /* rows of the response */
} replay;

/* ---- how far ---- */

static cm_status take_heads(replay *r, source *s)
{
    JrnGetJournalRequest request = CITYNEG__JOURNAL__V1__GET_JOURNAL_REQUEST__INIT;
    JrnJournal *journal;

    CM_TRY(jrn_journal_service_get_journal(s->channel, NULL, &request, r->arena, &journal));
    CM_TRY(cm_uuid_parse(journal->epoch, &s->epoch));
    s->parts = (int)journal->n_heads;
    s->until = cm_arena_zero(r->arena, (journal->n_heads + 1) * sizeof *s->until);
    for (int part = 0; part < s->parts; part++)
        s->until[part] = journal->heads[part]->seq;
    return cm_ok();
}

/* In place of the journal's heads: as far as the reference has counted. */
static cm_status take_positions(replay *r, cm_db *db, source *s)
{
    char counted[CM_UUID_TEXT], is[CM_UUID_TEXT];
    cm_feed_position *found;
    int count;

    CM_TRY(cm_feed_positions(db, s->topic, r->arena, &found, &count));
    for (int part = 0; part < s->parts; part++)
        s->until[part] = 0;
    for (int i = 0; i < count; i++) {
        if (!cm_uuid_equal(found[i].epoch, s->epoch) || found[i].at.part >= s->parts)
            return cm_fail(CM_FAILED_PRECONDITION,
                           "%s: trends has counted epoch %s, and the journal's is %s; wait until it has followed",
                           s->name, cm_uuid_format(found[i].epoch, counted), cm_uuid_format(s->epoch, is));
        s->until[found[i].at.part] = found[i].at.seq;
    }
    return cm_ok();
}

static cm_status read_reference(replay *r, cm_db *db)
{
    for (int i = 0; i < 2; i++)
        CM_TRY(take_positions(r, db, &r->sources[i]));
    CM_TRY(trd_aside_read(db, r->arena, &r->aside));
    CM_TRY(trd_asked_read(db, r->arena, &r->users));
    return trd_digest_of(db, &r->asked->counted);
}

static cm_status in_transaction(replay *r, cm_db *db, cm_status (*run)(replay *r, cm_db *db))
{
    CM_TRY(cm_db_begin(db, false));
    cm_status s = run(r, db);
    cm_db_rollback(db);
    return s;
}

static cm_status with_store(replay *r, cm_store *store, cm_status (*run)(replay *r, cm_db *db))
{
    cm_db *db;

    CM_TRY(cm_store_reader(store, &db));
    cm_status s = in_transaction(r, db, run);
    cm_db_close(db);
    return s;
}

static cm_status look_ahead(replay *r)
{
    cm_store *store;

    for (int i = 0; i < 2; i++)
        CM_TRY(take_heads(r, &r->sources[i]));
    if (r->asked->reference) {
        CM_TRY(cm_store_open(r->asked->reference, &store));
        cm_status s = with_store(r, store, read_reference);
        cm_store_close(store);
        CM_TRY(s);
    }
    for (int i = 0; i < 2; i++)
        for (int part = 0; part < r->sources[i].parts; part++)
            r->total += r->sources[i].until[part];
    return cm_ok();
}

/* ---- counting ---- */

static cm_status count_response(void *argument, void *lent)
{
    replay *r = argument;

    r->counted = 0;
    for (size_t i = 0; i < r->response->n_rows; i++) {
        cm_row row;
        CM_TRY(cm_journal_row_of(r->response->rows[i], r->of->epoch, &row));
        if (row.at.part < 0 || row.at.part >= r->of->parts || row.at.seq > r->of->until[row.at.part])
            continue;
        if (!trd_aside_has(&r->aside, r->of->topic, row.at))
            CM_TRY(trd_count(lent, r->cache, r->of->name, &row));
        r->counted++;
    }
    return cm_ok();
}

static cm_status set_positions(void *argument, void *lent)
{
    const source *s = ((replay *)argument)->of;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    for (int part = 0; part < s->parts; part++)
        CM_TRY(cm_db_run(db, "INSERT INTO feeds (topic, part, epoch, seq, kafka_offset) VALUES ($1, $2, $3, $4, 0)",
                         CM_WITH(cm_v_text(s->topic), cm_v_int(part), cm_v_blob(s->epoch.bytes, sizeof s->epoch.bytes),
                                 cm_v_int(s->until[part]))));
    return trd_aside_write(&((replay *)argument)->aside, lent, s->topic);
}

static cm_status receive(replay *r, cm_client_stream *stream)
{
    JrnReadResponse *response = NULL;

    do {
        CM_ARENA(arena);
        CM_TRY(jrn_journal_service_read_receive(stream, arena, &response));
        if (!response)
            break;
        r->response = response;
        CM_TRY(cm_run_and_wait(cm_journal_writer(r->into), count_response, r));
        r->asked->rows += r->counted;
        if (r->asked->progress)
            r->asked->progress(r->asked->context, r->asked->rows, r->total);
    } while (true);
    return cm_client_stream_finish(stream);
}

static cm_status count_source(replay *r, const source *s)
{
    JrnReadRequest request = CITYNEG__JOURNAL__V1__READ_REQUEST__INIT;
    char epoch[CM_UUID_TEXT];
    cm_client_stream *stream;
    int64_t before = r->asked->rows, wanted = 0;

    r->of = s;
    request.epoch = cm_uuid_format(s->epoch, epoch);
    CM_TRY(jrn_journal_service_read_open(s->channel, NULL, &request, &stream));
    cm_status read = receive(r, stream);
    cm_client_stream_free(stream);
    CM_TRY(read);
    for (int part = 0; part < s->parts; part++)
        wanted += s->until[part];
    if (r->asked->rows - before != wanted)
        return cm_fail(CM_DATA_LOSS, "the journal has %lld of the %lld rows that were counted",
                       (long long)(r->asked->rows - before), (long long)wanted);
    return cm_run_and_wait(cm_journal_writer(r->into), set_positions, r);
}

/* ---- what users asked ---- */

static cm_status ask_again(void *argument, void *lent)
{
    replay *r = argument;

    return trd_asked_write(&r->users, lent, r->arena);
}

static cm_status fill_step(void *argument, void *lent)
{
    CM_ARENA(arena);
    const char *name;
    bool done;

    CM_TRY(trd_own_fill(lent, FILL_STEP, arena, &name, &done));
    *(bool *)argument = *name != '\0';
    return cm_ok();
}

static cm_status fill_questions(replay *r)
{
    bool more = true;

    CM_TRY(cm_run_and_wait(cm_journal_writer(r->into), ask_again, r));
    while (more)
        CM_TRY(cm_run_and_wait(cm_journal_writer(r->into), fill_step, &more));
    return cm_ok();
}

static cm_status digest_rebuilt(replay *r, cm_db *db)
{
    return trd_digest_of(db, &r->asked->rebuilt);
}

static cm_status count_all(replay *r, cm_store *store)
{
    for (int i = 0; i < 2; i++) {
        cm_status s = count_source(r, &r->sources[i]);
        cm_status_prefix(&s, "%s", r->sources[i].name);
        CM_TRY(s);
    }
    CM_TRY(fill_questions(r));
    return with_store(r, store, digest_rebuilt);
}

static cm_status rebuild(replay *r)
{
    cm_store *store;

    CM_TRY(look_ahead(r));
    CM_TRY(cm_store_open(r->asked->into, &store));
    cm_status s = cm_journal_open(
        store, &(cm_journal_options){.service = "trends", .topic = "cityneg.trends.v1", .migrations = &trd_migrations},
        &r->into);
    if (cm_is_ok(s)) {
        s = count_all(r, store);
        cm_journal_close(r->into);
    }
    cm_store_close(store);
    return s;
}

cm_status trd_rebuild(trd_rebuilding *rebuilding)
{
    CM_ARENA(arena);
    replay r = {
        .asked = rebuilding,
        .arena = arena,
        .cache = trd_own_cache_new(),
        .sources = {
            {.name = "registry", .topic = "cityneg.registry.events.v1", .channel = rebuilding->registry},
            {.name = "negotiations", .topic = "cityneg.negotiations.events.v1", .channel = rebuilding->negotiations}}};

    rebuilding->rows = 0;
    cm_status s = rebuild(&r);
    trd_own_cache_free(r.cache);
    return s;
}

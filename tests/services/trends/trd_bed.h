/* trd_bed.h: what tests of trends stand on: events written as JSON, the units that they yield, and a store of facts and
 * cells in a folder of its own. */
#ifndef TRD_BED_H
#define TRD_BED_H

#include "../../common/stats/near.h"
#include "../../common/store/pg_server.h"

#include <stdio.h>

#include "base/cm_message.h"
#include "base/cm_text.h"
#include "journal/cm_tx.h"
#include "trends/trd_facts.h"
#include "trends/trd_schema.h"

/* An event, as JSON with ' for ". */
static inline EvtEvent *bed_event(cm_arena *arena, const char *text)
{
    char *json = cm_arena_strdup(arena, text);
    ProtobufCMessage *message;
    json_error_t error;

    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *parsed = json_loads(json, 0, &error);
    if (!parsed)
        fail_msg("%s: %s", error.text, json);
    assert_ok(cm_message_from_json(&EvtEvent_descriptor, parsed, arena, &message));
    json_decref(parsed);
    return (EvtEvent *)message;
}

static inline cm_date bed_date(const char *text)
{
    cm_date date;

    assert_ok(cm_date_parse(text, &date));
    return date;
}

/* ---- units as text ---- */

typedef struct bed_units {
    cm_text text;
} bed_units;

static inline void bed_note_unit(void *context, const trd_unit *unit)
{
    bed_units *units = context;
    char date[CM_DATE_TEXT];
    int64_t part = unit->weight ? TRD_WHOLE / unit->weight : 0;

    assert_int_equal(part * unit->weight, TRD_WHOLE);
    cm_text_format(&units->text, "%s|%s|%s|%s|%s|%d|1/%d\n", unit->cluster, unit->group, unit->category,
                   unit->date.precision == CM_PRECISION_NONE ? "undated" : cm_date_format(unit->date, date),
                   unit->collection, unit->certainty, (int)part);
}

/* The event yields these units: cluster|group|category|date|collection|certainty|weight, a line each. */
static inline void assert_units(trd_units units, const char *event, const char *expected)
{
    CM_ARENA(arena);
    bed_units found = {0};

    units(bed_event(arena, event), arena, bed_note_unit, &found);
    assert_string_equal(cm_text_get(&found.text), expected);
    cm_text_clear(&found.text);
}

/* ---- a store ---- */

typedef struct trd_bed {
    char *folder, *path;
    cm_store *store;
    cm_journal *journal;
    cm_arena *arena;
    trd_own_cache *cache;
    int64_t recorded_at; /* of what is counted next */
} trd_bed;

static pg_server bed_postgres; /* runs while the suite is run on PostgreSQL */

static inline int bed_set_up(void **state)
{
    trd_bed *b = cm_alloc(sizeof *b);

    b->folder = bed_folder_new();
    b->path = bed_postgres.pid ? pg_server_url(&bed_postgres) : cm_format("%s/trends.db", b->folder);
    b->arena = cm_arena_new();
    b->cache = trd_own_cache_new();
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_journal_open(b->store, &(cm_journal_options){.service = "trends", .migrations = &trd_migrations},
                              &b->journal));
    *state = b;
    return 0;
}

static inline int bed_tear_down(void **state)
{
    trd_bed *b = *state;

    cm_journal_close(b->journal);
    cm_store_close(b->store);
    trd_own_cache_free(b->cache);
    cm_arena_free(b->arena);
    bed_folder_free(b->folder);
    free(b->path);
    free(b);
    return 0;
}

/* One row of another service's journal, to be counted. */
typedef struct bed_row {
    const char *source, *resource;
    EvtEvent *event; /* NULL: erased */
    int64_t revision, recorded_at;
    const char *type;     /* NULL: of a change */
    trd_own_cache *cache; /* the bed's, in any case */
} bed_row;

static inline int bed_part(const char *resource)
{
    return cm_journal_part(resource, 8);
}

static inline cm_status bed_run_count(void *argument, void *lent)
{
    const bed_row *r = argument;
    CM_ARENA(arena);
    cm_row row = {.at = {bed_part(r->resource), r->revision},
                  .resource = r->resource,
                  .revision = r->revision,
                  .recorded_at = r->recorded_at,
                  .type = r->type};

    if (r->event)
        row.payload = cm_message_pack(&r->event->base, arena);

    return trd_count(lent, r->cache, r->source, &row);
}

static inline void bed_count_row(trd_bed *b, bed_row row)
{
    row.cache = b->cache;
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), bed_run_count, &row));
}

/* Counts an event of a resource, as JSON. */
static inline void bed_count(trd_bed *b, const char *resource, const char *event)
{
    bool registry = strncmp(resource, "groupings/", 10) == 0 || strstr(resource, "/memberships/");

    bed_count_row(
        b, (bed_row){registry ? "registry" : "negotiations", resource, bed_event(b->arena, event), 1, b->recorded_at});
}

static inline cm_db *bed_reader(trd_bed *b)
{
    cm_db *db;

    assert_ok(cm_store_reader(b->store, &db));
    return db;
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)

#endif

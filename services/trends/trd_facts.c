#include "trends/trd_facts.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_merge.h"
#include "trends/trd_merges.h"
#include "trends/trd_own_store.h"

/* Where the units of one event go while it is counted. */
typedef struct counting {
    cm_db *db;
    const char *question, *source;
    int part;
    int64_t sign; /* 1: put in, -1: take out */
    cm_status status;
} counting;

static void count_unit(void *context, const trd_unit *unit)
{
    counting *c = context;
    int64_t day = unit->date.precision == CM_PRECISION_NONE ? TRD_UNDATED : cm_date_first_day(unit->date);

    if (!cm_is_ok(c->status))
        return;
    c->status = cm_db_run(c->db,
                          "INSERT INTO cells(question, day, grp, category, collection, certainty, source, part, weight)"
                          " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                          " ON CONFLICT(question, day, grp, category, collection, certainty, source, part)"
                          " DO UPDATE SET weight = cells.weight + excluded.weight",
                          CM_WITH(cm_v_text(c->question), cm_v_int(day), cm_v_text(unit->group),
                                  cm_v_text(unit->category), cm_v_text(unit->collection), cm_v_int(unit->certainty),
                                  cm_v_text(c->source), cm_v_int(c->part), cm_v_int(c->sign * unit->weight)));
    if (cm_is_ok(c->status) && c->sign < 0)
        c->status = cm_db_run(c->db,
                              "DELETE FROM cells WHERE question = $1 AND day = $2 AND grp = $3 AND category = $4"
                              " AND collection = $5 AND certainty = $6 AND source = $7 AND part = $8 AND weight = 0",
                              CM_WITH(cm_v_text(c->question), cm_v_int(day), cm_v_text(unit->group),
                                      cm_v_text(unit->category), cm_v_text(unit->collection), cm_v_int(unit->certainty),
                                      cm_v_text(c->source), cm_v_int(c->part)));
}

static cm_status count_event(cm_db *db, trd_own_cache *cache, const char *source, int part, const char *resource,
                             const EvtEvent *event, int64_t sign, cm_arena *arena)
{
    for (int i = 0; i < trd_question_count; i++) {
        if (!trd_questions[i].units)
            continue;
        counting c = {db, trd_questions[i].name, source, part, sign, cm_ok()};
        trd_questions[i].units(event, arena, count_unit, &c);
        CM_TRY(c.status);
    }
    return trd_own_count(db, cache, source, part, resource, event, sign, arena);
}

static const char *kind_of(const EvtEvent *event)
{
    const ProtobufCMessageDescriptor *d = event->base.descriptor;

    for (unsigned i = 0; i < d->n_fields; i++)
        if (d->fields[i].id == (uint32_t)event->resource_case)
            return d->fields[i].name;
    return "unknown";
}

static cm_status unpack(cm_bytes payload, cm_arena *arena, EvtEvent **event)
{
    ProtobufCMessage *message;

    CM_TRY(cm_message_unpack(&EvtEvent_descriptor, payload, arena, &message));
    *event = (EvtEvent *)message;
    return cm_ok();
}

/* Keeps a version that ends, so that what left a number can be told; of what is erased only that it was. */
static cm_status keep_former(cm_db *db, const char *source, const cm_row *row)
{
    if (!cm_row_is_erased(row))
        return cm_db_run(db,
                         "INSERT INTO former_facts(resource, revision, kind, source, part, recorded, ended, event)"
                         " SELECT resource, revision, kind, source, part, recorded, $2, event FROM facts"
                         " WHERE resource = $1 ON CONFLICT(resource, revision) DO UPDATE SET ended = excluded.ended,"
                         " event = excluded.event, recorded = excluded.recorded",
                         CM_WITH(cm_v_text(row->resource), cm_v_int(row->recorded_at)));
    CM_TRY(cm_db_run(db, "DELETE FROM former_facts WHERE resource = $1", CM_WITH(cm_v_text(row->resource))));
    return cm_db_run(db,
                     "INSERT INTO former_facts(resource, revision, kind, source, part, recorded, ended, event)"
                     " VALUES($1, $2, '', $3, $4, 0, $5, $6)",
                     CM_WITH(cm_v_text(row->resource), cm_v_int(row->revision), cm_v_text(source),
                             cm_v_int(row->at.part), cm_v_int(row->recorded_at), cm_v_blob("", 0)));
}

/* Takes out what an earlier version of the resource had put in. */
static cm_status take_out(cm_db *db, trd_own_cache *cache, const char *resource, cm_arena *arena)
{
    cm_rows rows;

    CM_TRY(cm_db_query(db, "SELECT source, part, event FROM facts WHERE resource = $1", CM_WITH(cm_v_text(resource)),
                       &rows));
    bool found = cm_rows_next(&rows);
    char *source = found ? cm_arena_strdup(arena, cm_rows_text(&rows, 0)) : NULL;
    int part = found ? (int)cm_rows_int(&rows, 1) : 0;
    cm_bytes packed = found ? cm_rows_blob(&rows, 2) : (cm_bytes){NULL, 0};
    if (found)
        packed.data = cm_arena_copy(arena, packed.data, packed.size);
    CM_TRY(cm_rows_end(&rows));
    if (!found)
        return cm_ok();
    EvtEvent *event;
    CM_TRY(unpack(packed, arena, &event));
    return count_event(db, cache, source, part, resource, event, -1, arena);
}

cm_status trd_count(cm_tx *tx, trd_own_cache *cache, const char *source, const cm_row *row)
{
    CM_ARENA(arena);
    EvtEvent *event;
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    CM_TRY(take_out(db, cache, row->resource, arena));
    CM_TRY(keep_former(db, source, row));
    if (cm_row_is_erased(row))
        CM_TRY(cm_merge_forget(db, row->resource));
    if (cm_row_is_erased(row))
        cm_tx_scrub(tx, row->recorded_at);
    if (cm_row_is_erased(row) || cm_row_is_retracted(row))
        return cm_db_run(db, "DELETE FROM facts WHERE resource = $1", CM_WITH(cm_v_text(row->resource)));
    CM_TRY(unpack(row->payload, arena, &event));
    CM_TRY(count_event(db, cache, source, row->at.part, row->resource, event, 1, arena));
    CM_TRY(trd_merges_note(db, event, row->recorded_at));
    return cm_db_run(db,
                     "INSERT INTO facts(resource, kind, source, part, seq, epoch, revision, event, recorded)"
                     " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT(resource) DO UPDATE SET"
                     " kind = excluded.kind, source = excluded.source, part = excluded.part, seq = excluded.seq,"
                     " epoch = excluded.epoch, revision = excluded.revision, event = excluded.event,"
                     " recorded = excluded.recorded",
                     CM_WITH(cm_v_text(row->resource), cm_v_text(kind_of(event)), cm_v_text(source),
                             cm_v_int(row->at.part), cm_v_int(row->at.seq),
                             cm_v_blob(row->epoch.bytes, sizeof row->epoch.bytes), cm_v_int(row->revision),
                             cm_v_blob(row->payload.data, row->payload.size), cm_v_int(row->recorded_at)));
}

cm_status trd_forget(cm_tx *tx, const char *source, int part)
{
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    if (strcmp(source, "registry") == 0)
        CM_TRY(trd_merges_forget(db, part));
    CM_TRY(
        cm_db_run(db, "DELETE FROM facts WHERE source = $1 AND part = $2", CM_WITH(cm_v_text(source), cm_v_int(part))));
    CM_TRY(
        cm_db_run(db, "DELETE FROM cells WHERE source = $1 AND part = $2", CM_WITH(cm_v_text(source), cm_v_int(part))));
    CM_TRY(cm_db_run(db, "DELETE FROM former_facts WHERE source = $1 AND part = $2",
                     CM_WITH(cm_v_text(source), cm_v_int(part))));
    return trd_own_forget(db, source, part);
}

cm_status trd_facts_prune(cm_tx *tx)
{
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    return cm_db_run(db,
                     "DELETE FROM former_facts WHERE ended <= (SELECT MIN(recorded_at) FROM journal"
                     " WHERE seq = 1 AND part IN (SELECT part FROM heads))",
                     CM_NONE);
}

#define OF_KIND "SELECT resource, event FROM facts WHERE kind = $1"
#define FORMER_OF_KIND                                                                                                 \
    " AND recorded <= $2 UNION ALL SELECT resource, event FROM former_facts WHERE kind = $1 AND recorded <= $2"        \
    " AND ended > $2"

cm_status trd_facts_each(trd_moment at, const char *kind, trd_visit visit, void *context)
{
    cm_rows rows;
    CM_ARENA(kept);
    CM_ARENA(arena);
    trd_merges merges;
    cm_status status = cm_ok();

    CM_TRY(trd_merges_read(at.db, kept, &merges));
    if (at.as_of)
        CM_TRY(cm_db_query(at.db, OF_KIND FORMER_OF_KIND " ORDER BY resource",
                           CM_WITH(cm_v_text(kind), cm_v_int(at.as_of)), &rows));
    else
        CM_TRY(cm_db_query(at.db, OF_KIND " ORDER BY resource", CM_WITH(cm_v_text(kind)), &rows));
    while (cm_is_ok(status) && cm_rows_next(&rows)) {
        EvtEvent *event;
        cm_arena_reset(arena);
        status = unpack(cm_rows_blob(&rows, 1), arena, &event);
        if (!cm_is_ok(status))
            break;
        trd_merges_apply(&merges, event, arena, NULL);
        status = visit(context, cm_rows_text(&rows, 0), event);
    }
    cm_status ended = cm_rows_end(&rows);
    if (!cm_is_ok(status)) {
        cm_status_clear(&ended);
        return status;
    }
    return ended;
}

typedef struct gathering {
    const trd_question *question;
    const trd_filter *filter;
    const char *resource; /* whose units are gathered now, and its event */
    const EvtEvent *event;
    cm_arena *arena;
    trd_unit *units;
    size_t count, capacity;
} gathering;

static void gather_unit(void *context, const trd_unit *unit)
{
    gathering *g = context;

    if (!trd_filter_unit(g->filter, unit, g->event))
        return;
    CM_GROW(g->units, g->capacity, g->count + 1);
    trd_unit *kept = &g->units[g->count++];
    *kept = *unit;
    kept->resource = cm_arena_strdup(g->arena, g->resource);
    kept->actor = unit->actor ? cm_arena_strdup(g->arena, unit->actor) : NULL;
    kept->cluster = cm_arena_strdup(g->arena, unit->cluster);
    kept->group = cm_arena_strdup(g->arena, unit->group);
    kept->category = cm_arena_strdup(g->arena, unit->category);
    kept->collection = cm_arena_strdup(g->arena, unit->collection);
}

static cm_status gather_fact(void *context, const char *resource, const EvtEvent *event)
{
    gathering *g = context;
    CM_ARENA(scratch);

    g->resource = resource;
    g->event = event;
    g->question->units(event, scratch, gather_unit, g);
    return cm_ok();
}

/* The kinds that additive questions count. */
static const char *const counted_kinds[] = {"entry", "membership", "negotiation"};

cm_status trd_facts_units(trd_moment at, const trd_question *question, const trd_filter *filter, cm_arena *arena,
                          trd_unit **units, size_t *count)
{
    gathering g = {.question = question, .filter = filter, .arena = arena};
    cm_status status = cm_ok();

    for (size_t i = 0; cm_is_ok(status) && i < sizeof counted_kinds / sizeof *counted_kinds; i++)
        status = trd_facts_each(at, counted_kinds[i], gather_fact, &g);
    *units = cm_arena_copy(arena, g.units, g.count * sizeof *g.units);
    *count = g.count;
    free(g.units);
    return status;
}

cm_status trd_cells(cm_db *db, const char *question, cm_arena *arena, trd_cell **cells, size_t *count)
{
    cm_rows rows;
    trd_cell *found = NULL;
    size_t n = 0, capacity = 0;

    CM_TRY(cm_db_query(db,
                       "SELECT day, grp, category, collection, certainty, SUM(weight) FROM cells WHERE question = $1"
                       " GROUP BY day, grp, category, collection, certainty HAVING SUM(weight) <> 0"
                       " ORDER BY day, grp, category, collection, certainty",
                       CM_WITH(cm_v_text(question)), &rows));
    while (cm_rows_next(&rows)) {
        CM_GROW(found, capacity, n + 1);
        found[n++] = (trd_cell){.day = (int32_t)cm_rows_int(&rows, 0),
                                .group = cm_arena_strdup(arena, cm_rows_text(&rows, 1)),
                                .category = cm_arena_strdup(arena, cm_rows_text(&rows, 2)),
                                .collection = cm_arena_strdup(arena, cm_rows_text(&rows, 3)),
                                .certainty = (TypCertainty)cm_rows_int(&rows, 4),
                                .weight = cm_rows_int(&rows, 5)};
    }
    *cells = cm_arena_copy(arena, found, n * sizeof *found);
    *count = n;
    free(found);
    return cm_rows_end(&rows);
}

cm_status trd_facts_former(trd_moment since, int64_t *count)
{
    return cm_db_integer(since.db, "SELECT COUNT(*) FROM former_facts WHERE ended > $1", CM_WITH(cm_v_int(since.as_of)),
                         0, count);
}

cm_status trd_facts_erased(trd_moment since, cm_arena *arena, char ***names, size_t *count)
{
    char **found = NULL;
    size_t capacity = 0;
    cm_rows rows;

    *count = 0;
    CM_TRY(cm_db_query(since.db, "SELECT resource FROM former_facts WHERE ended > $1 AND kind = '' ORDER BY resource",
                       CM_WITH(cm_v_int(since.as_of)), &rows));
    while (cm_rows_next(&rows)) {
        CM_GROW(found, capacity, *count + 1);
        found[(*count)++] = cm_arena_strdup(arena, cm_rows_text(&rows, 0));
    }
    *names = cm_arena_copy(arena, found, *count * sizeof *found);
    free(found);
    return cm_rows_end(&rows);
}

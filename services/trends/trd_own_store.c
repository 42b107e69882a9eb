#include "trends/trd_own_store.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_journal_service.h"
#include "trends/trd_bin.h"

/* ---- what is kept ---- */

static cm_status keep(const cm_rows *rows, cm_arena *arena, trd_own_kept *kept)
{
    ProtobufCMessage *message;

    CM_TRY(cm_message_unpack(&TrdOwnQuestion_descriptor, cm_rows_blob(rows, 0), arena, &message));
    kept->asked = (TrdOwnQuestion *)message;
    kept->reached = cm_arena_strdup(arena, cm_rows_text(rows, 1));
    kept->asked->filled = cm_rows_int(rows, 2);
    kept->asked->active = cm_rows_int(rows, 3) != 0;
    kept->at = (cm_position){(int32_t)cm_rows_int(rows, 4), cm_rows_int(rows, 5)};
    return trd_own_read(kept->asked, arena, &kept->own);
}

static cm_status read_rows(cm_rows *rows, cm_arena *arena, trd_own_kept *kept, size_t most, size_t *count)
{
    cm_status s = cm_ok();

    for (*count = 0; cm_is_ok(s) && *count < most && cm_rows_next(rows); ++*count)
        s = keep(rows, arena, &kept[*count]);
    cm_status ended = cm_rows_end(rows);
    if (!cm_is_ok(s)) {
        cm_status_clear(&ended);
        return s;
    }
    return ended;
}

#define COLUMNS "SELECT definition, reached, filled, done, part, seq FROM own_questions"
#define IN_ORDER COLUMNS " ORDER BY name"
#define HELD_STILL IN_ORDER " FOR UPDATE"

cm_status trd_own_all(cm_db *db, bool write, cm_arena *arena, trd_own_kept **all, size_t *count)
{
    bool lock = write && cm_db_dialect(db) == CM_POSTGRES;
    cm_rows rows;

    *all = cm_arena_take(arena, TRD_OWN_MOST * sizeof **all);
    CM_TRY(cm_db_query(db, lock ? HELD_STILL : IN_ORDER, CM_NONE, &rows));
    return read_rows(&rows, arena, *all, TRD_OWN_MOST, count);
}

cm_status trd_own_find(cm_db *db, const char *name, cm_arena *arena, trd_own_kept **found)
{
    trd_own_kept *kept = cm_arena_take(arena, sizeof *kept);
    size_t count;
    cm_rows rows;

    CM_TRY(cm_db_query(db, COLUMNS " WHERE name = $1", CM_WITH(cm_v_text(name)), &rows));
    CM_TRY(read_rows(&rows, arena, kept, 1, &count));
    *found = count ? kept : NULL;
    return cm_ok();
}

/* ---- asking ---- */

TrdOwnQuestion *trd_own_words(const TrdOwnQuestion *question, cm_arena *arena)
{
    TrdOwnQuestion *words = cm_message_copy(&question->base, arena);

    words->active = false;
    words->filled = words->facts = 0;
    words->create_time = NULL;
    return words;
}

static cm_status append(cm_tx *tx, TrdOwnQuestion *words, bool gone, const char *actor, const char *traceparent,
                        cm_arena *arena, cm_position *at, int64_t *recorded_at)
{
    TrdTrend record = CITYNEG__TRENDS__V1__TREND__INIT;

    record.name = words->name;
    record.question = (char *)trd_collection(words->name);
    record.asked = words;
    record.withdrawn = gone;
    cm_change change = {.type = gone ? "cityneg.trends.question.deleted.v1" : "cityneg.trends.question.created.v1",
                        .resource = words->name,
                        .actor = actor,
                        .traceparent = traceparent,
                        .payload = cm_message_pack(&record.base, arena)};
    return cm_tx_append(tx, &change, at, NULL, recorded_at);
}

cm_status trd_own_ask(cm_tx *tx, const TrdOwnQuestion *asked, const char *actor, const char *traceparent,
                      cm_arena *arena, int64_t *recorded_at)
{
    TrdOwnQuestion *words = trd_own_words(asked, arena);
    cm_bytes packed = cm_message_pack(&words->base, arena);
    cm_position at;
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    CM_TRY(append(tx, words, false, actor, traceparent, arena, &at, recorded_at));
    return cm_db_run(
        db,
        "INSERT INTO own_questions(name, part, seq, definition, reached, filled, done)"
        " VALUES($1, $2, $3, $4, '', 0, 0)",
        CM_WITH(cm_v_text(words->name), cm_v_int(at.part), cm_v_int(at.seq), cm_v_blob(packed.data, packed.size)));
}

cm_status trd_own_remove(cm_tx *tx, const TrdOwnQuestion *asked, const char *actor, const char *traceparent,
                         cm_arena *arena)
{
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    CM_TRY(append(tx, trd_own_words(asked, arena), true, actor, traceparent, arena, NULL, NULL));
    CM_TRY(cm_db_run(db, "DELETE FROM own_questions WHERE name = $1", CM_WITH(cm_v_text(asked->name))));
    return cm_db_run(db, "DELETE FROM own_cells WHERE question = $1", CM_WITH(cm_v_text(asked->name)));
}

/* ---- counting ---- */

typedef struct counting {
    cm_db *db;
    const trd_own *own;
    const char *source;
    int part;
    int64_t sign;
    cm_status status;
} counting;

static void count_unit(void *context, const trd_unit *unit)
{
    counting *c = context;
    const char *question = c->own->asked->name;
    int bin = trd_bin_of(c->own->per, unit->date);

    if (!cm_is_ok(c->status))
        return;
    c->status = cm_db_run(c->db,
                          "INSERT INTO own_cells(question, bin, category, collection, certainty, source, part, weight)"
                          " VALUES($1, $2, $3, $4, $5, $6, $7, $8)"
                          " ON CONFLICT(question, bin, category, collection, certainty, source, part)"
                          " DO UPDATE SET weight = own_cells.weight + excluded.weight",
                          CM_WITH(cm_v_text(question), cm_v_int(bin), cm_v_text(unit->category),
                                  cm_v_text(unit->collection), cm_v_int(unit->certainty), cm_v_text(c->source),
                                  cm_v_int(c->part), cm_v_int(c->sign * unit->weight)));
    if (cm_is_ok(c->status) && c->sign < 0)
        c->status = cm_db_run(c->db,
                              "DELETE FROM own_cells WHERE question = $1 AND bin = $2 AND category = $3 AND"
                              " collection = $4 AND certainty = $5 AND source = $6 AND part = $7 AND weight = 0",
                              CM_WITH(cm_v_text(question), cm_v_int(bin), cm_v_text(unit->category),
                                      cm_v_text(unit->collection), cm_v_int(unit->certainty), cm_v_text(c->source),
                                      cm_v_int(c->part)));
}

static cm_status count_event(cm_db *db, const trd_own *own, const char *source, int part, const EvtEvent *event,
                             int64_t sign, cm_arena *arena)
{
    counting c = {db, own, source, part, sign, cm_ok()};

    trd_own_units(own, event, arena, count_unit, &c);
    return c.status;
}

/* Those that have reached the resource, held still until the transaction ends. */
static cm_status that_reached(cm_db *db, trd_own_cache *cache, const char *resource, cm_arena *arena,
                              const trd_own ***reached, size_t *count)
{
    bool lock = cm_db_dialect(db) == CM_POSTGRES;
    cm_status s = cm_ok();
    cm_rows rows;

    *reached = cm_arena_take(arena, TRD_OWN_MOST * sizeof **reached);
    *count = 0;
    CM_TRY(cm_db_query(db, lock ? HELD_STILL : IN_ORDER, CM_NONE, &rows));
    while (cm_is_ok(s) && *count < TRD_OWN_MOST && cm_rows_next(&rows))
        if (cm_rows_int(&rows, 3) != 0 || strcmp(resource, cm_rows_text(&rows, 1)) <= 0)
            s = trd_own_cache_get(cache, cm_rows_blob(&rows, 0), &(*reached)[(*count)++]);
    cm_status ended = cm_rows_end(&rows);
    if (!cm_is_ok(s)) {
        cm_status_clear(&ended);
        return s;
    }
    return ended;
}

cm_status trd_own_count(cm_db *db, trd_own_cache *cache, const char *source, int part, const char *resource,
                        const EvtEvent *event, int64_t sign, cm_arena *arena)
{
    const trd_own **reached;
    size_t count;

    trd_own_cache_trim(cache);
    CM_TRY(that_reached(db, cache, resource, arena, &reached, &count));
    for (size_t i = 0; i < count; i++)
        CM_TRY(count_event(db, reached[i], source, part, event, sign, arena));
    return cm_ok();
}

cm_status trd_own_forget(cm_db *db, const char *source, int part)
{
    return cm_db_run(db, "DELETE FROM own_cells WHERE source = $1 AND part = $2",
                     CM_WITH(cm_v_text(source), cm_v_int(part)));
}

/* ---- filling ---- */

typedef struct fact {
    const char *resource, *source;
    int part;
    EvtEvent *event;
} fact;

static cm_status read_facts(cm_db *db, const trd_own_kept *kept, int most, cm_arena *arena, fact *facts, int *count)
{
    cm_status s = cm_ok();
    cm_rows rows;

    CM_TRY(cm_db_query(db,
                       "SELECT resource, source, part, event FROM facts WHERE kind = $1 AND resource > $2"
                       " ORDER BY resource LIMIT $3",
                       CM_WITH(cm_v_text(kept->own.kind), cm_v_text(kept->reached), cm_v_int(most)), &rows));
    for (*count = 0; cm_is_ok(s) && *count < most && cm_rows_next(&rows); ++*count) {
        ProtobufCMessage *message = NULL;
        s = cm_message_unpack(&EvtEvent_descriptor, cm_rows_blob(&rows, 3), arena, &message);
        facts[*count] =
            (fact){cm_arena_strdup(arena, cm_rows_text(&rows, 0)), cm_arena_strdup(arena, cm_rows_text(&rows, 1)),
                   (int)cm_rows_int(&rows, 2), (EvtEvent *)message};
    }
    cm_status ended = cm_rows_end(&rows);
    if (!cm_is_ok(s)) {
        cm_status_clear(&ended);
        return s;
    }
    return ended;
}

static cm_status fill_one(cm_db *db, const trd_own_kept *kept, int most, cm_arena *arena, bool *done)
{
    fact *facts = cm_arena_take(arena, (size_t)most * sizeof *facts);
    int count;

    CM_TRY(read_facts(db, kept, most, arena, facts, &count));
    for (int i = 0; i < count; i++)
        CM_TRY(count_event(db, &kept->own, facts[i].source, facts[i].part, facts[i].event, 1, arena));
    *done = count < most;
    return cm_db_run(db, "UPDATE own_questions SET reached = $1, filled = filled + $2, done = $3 WHERE name = $4",
                     CM_WITH(cm_v_text(count ? facts[count - 1].resource : kept->reached), cm_v_int(count),
                             cm_v_int(*done), cm_v_text(kept->asked->name)));
}

cm_status trd_own_fill(cm_tx *tx, int most, cm_arena *arena, const char **name, bool *done)
{
    trd_own_kept *all;
    size_t count;
    cm_db *db;

    *name = "";
    *done = false;
    CM_TRY(trd_own_all(cm_tx_db(tx), false, arena, &all, &count));
    size_t i = 0;
    while (i < count && all[i].asked->active)
        i++;
    if (i == count)
        return cm_ok();
    CM_TRY(cm_tx_write(tx, &db));
    CM_TRY(trd_own_all(db, true, arena, &all, &count)); /* now held still */
    if (i >= count || all[i].asked->active)
        return cm_ok();
    *name = all[i].asked->name;
    return fill_one(db, &all[i], most, arena, done);
}

/* ---- reading ---- */

cm_status trd_own_tally(cm_db *db, const trd_own *own, cm_arena *arena, trd_unit **units, size_t *count)
{
    trd_unit *found = NULL;
    size_t n = 0, capacity = 0;
    cm_rows rows;

    CM_TRY(cm_db_query(db,
                       "SELECT bin, category, collection, certainty, SUM(weight) FROM own_cells WHERE question = $1"
                       " GROUP BY bin, category, collection, certainty HAVING SUM(weight) <> 0"
                       " ORDER BY bin, category, collection, certainty",
                       CM_WITH(cm_v_text(own->asked->name)), &rows));
    while (cm_rows_next(&rows)) {
        CM_GROW(found, capacity, n + 1);
        found[n++] = (trd_unit){.resource = "",
                                .cluster = "",
                                .group = "",
                                .date = trd_bin_date((int)cm_rows_int(&rows, 0)),
                                .category = cm_arena_strdup(arena, cm_rows_text(&rows, 1)),
                                .collection = cm_arena_strdup(arena, cm_rows_text(&rows, 2)),
                                .certainty = (TypCertainty)cm_rows_int(&rows, 3),
                                .weight = cm_rows_int(&rows, 4)};
    }
    *units = cm_arena_copy(arena, found, n * sizeof *found);
    *count = n;
    free(found);
    return cm_rows_end(&rows);
}

cm_status trd_own_facts(cm_db *db, const trd_own *own, int64_t *facts)
{
    return cm_db_integer(db, "SELECT COUNT(*) FROM facts WHERE kind = $1", CM_WITH(cm_v_text(own->kind)), 0, facts);
}

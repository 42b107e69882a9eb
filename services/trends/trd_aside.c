#include "trends/trd_aside.h"

#include <string.h>

enum { ID, TOPIC, PART, SEQ, EPOCH, TYPE, RESOURCE, WHY, MADE_AT, RECORD, MOST = 100000 };

static cm_value text(const cm_rows *rows, int column, cm_arena *arena)
{
    return cm_v_text(cm_arena_strdup(arena, cm_rows_text(rows, column)));
}

static cm_value blob(const cm_rows *rows, int column, cm_arena *arena)
{
    cm_bytes bytes = cm_rows_blob(rows, column);

    return cm_v_blob(bytes.size ? cm_arena_copy(arena, bytes.data, bytes.size) : "", bytes.size);
}

static void take(const cm_rows *rows, cm_arena *arena, cm_value letter[TRD_ASIDE_COLUMNS])
{
    static const int texts[] = {TOPIC, TYPE, RESOURCE, WHY}, blobs[] = {ID, EPOCH, RECORD},
                     numbers[] = {PART, SEQ, MADE_AT};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        letter[texts[i]] = text(rows, texts[i], arena);
    for (size_t i = 0; i < sizeof blobs / sizeof *blobs; i++)
        letter[blobs[i]] = blob(rows, blobs[i], arena);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        letter[numbers[i]] = cm_v_int(cm_rows_int(rows, numbers[i]));
}

cm_status trd_aside_read(cm_db *db, cm_arena *arena, trd_aside *aside)
{
    int64_t count;
    cm_rows rows;

    *aside = (trd_aside){0};
    CM_TRY(cm_db_integer(db, "SELECT count(*) FROM letters WHERE seq > 0", CM_NONE, 0, &count));
    if (count > MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "%lld rows are put aside; replay them first (cityneg dlq replay)",
                       (long long)count);
    aside->letters = cm_arena_zero(arena, ((size_t)count + 1) * sizeof *aside->letters);
    CM_TRY(cm_db_query(db,
                       "SELECT id, topic, part, seq, epoch, type, resource, why, made_at, record FROM letters "
                       "WHERE seq > 0 ORDER BY topic, part, seq",
                       CM_NONE, &rows));
    while (aside->count < (size_t)count && cm_rows_next(&rows))
        take(&rows, arena, aside->letters[aside->count++]);
    return cm_rows_end(&rows);
}

bool trd_aside_has(const trd_aside *aside, const char *topic, cm_position at)
{
    for (size_t i = 0; i < aside->count; i++) {
        const cm_value *letter = aside->letters[i];
        if (letter[SEQ].integer == at.seq && letter[PART].integer == at.part && strcmp(letter[TOPIC].data, topic) == 0)
            return true;
    }
    return false;
}

cm_status trd_aside_write(const trd_aside *aside, cm_tx *tx, const char *topic)
{
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    for (size_t i = 0; i < aside->count; i++)
        if (strcmp(aside->letters[i][TOPIC].data, topic) == 0)
            CM_TRY(cm_db_run(db,
                             "INSERT INTO letters (id, topic, part, seq, epoch, type, resource, why, made_at, record) "
                             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                             aside->letters[i], TRD_ASIDE_COLUMNS));
    return cm_ok();
}

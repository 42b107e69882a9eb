#include "trends/trd_digest.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "trends/trd_report.h"

/* What was digested so far, with one more column behind its length. */
static void add(uint8_t digest[CM_SHA256], const void *data, size_t size)
{
    uint64_t length = size;
    const cm_bytes parts[] = {
        {digest, CM_SHA256}, {(const uint8_t *)&length, sizeof length}, {(const uint8_t *)data, size}};

    cm_sha256(parts, sizeof parts / sizeof *parts, digest);
}

static void add_text(uint8_t digest[CM_SHA256], const cm_rows *rows, int column)
{
    add(digest, cm_rows_text(rows, column), strlen(cm_rows_text(rows, column)));
}

static void add_integer(uint8_t digest[CM_SHA256], const cm_rows *rows, int column)
{
    int64_t integer = cm_rows_int(rows, column);

    add(digest, &integer, sizeof integer);
}

static void add_blob(uint8_t digest[CM_SHA256], const cm_rows *rows, int column)
{
    cm_bytes blob = cm_rows_blob(rows, column);

    add(digest, blob.data, blob.size);
}

static cm_status digest_facts(cm_db *db, trd_digest *digest)
{
    uint8_t *d = digest->facts_digest;
    cm_rows rows;

    CM_TRY(cm_db_query(db,
                       "SELECT resource, kind, source, part, seq, revision, epoch, event FROM facts ORDER BY resource",
                       CM_NONE, &rows));
    for (; cm_rows_next(&rows); digest->facts++) {
        for (int i = 0; i < 3; i++)
            add_text(d, &rows, i);
        for (int i = 3; i < 6; i++)
            add_integer(d, &rows, i);
        add_blob(d, &rows, 6);
        add_blob(d, &rows, 7);
    }
    return cm_rows_end(&rows);
}

static cm_status digest_cells(cm_db *db, trd_digest *digest)
{
    uint8_t *d = digest->cells_digest;
    cm_rows rows;

    CM_TRY(cm_db_query(db,
                       "SELECT question, grp, category, collection, source, day, certainty, part, weight FROM cells"
                       " ORDER BY question, day, grp, category, collection, certainty, source, part",
                       CM_NONE, &rows));
    for (; cm_rows_next(&rows); digest->cells++) {
        for (int i = 0; i < 5; i++)
            add_text(d, &rows, i);
        for (int i = 5; i < 9; i++)
            add_integer(d, &rows, i);
    }
    return cm_rows_end(&rows);
}

static cm_status digest_report(cm_db *db, trd_digest *digest)
{
    CM_ARENA(arena);
    TrdReport *report = CM_NEW(arena, TrdReport);

    CM_TRY(trd_report_make(db, &trd_by_year, arena, report));
    cm_bytes packed = cm_message_pack(&report->base, arena);
    cm_sha256(&packed, 1, digest->report_digest);
    return cm_ok();
}

cm_status trd_digest_of(cm_db *db, trd_digest *digest)
{
    *digest = (trd_digest){0};
    CM_TRY(digest_facts(db, digest));
    CM_TRY(digest_cells(db, digest));
    return digest_report(db, digest);
}

bool trd_digest_equal(const trd_digest *a, const trd_digest *b)
{
    return a->facts == b->facts && a->cells == b->cells && memcmp(a->facts_digest, b->facts_digest, CM_SHA256) == 0 &&
           memcmp(a->cells_digest, b->cells_digest, CM_SHA256) == 0 &&
           memcmp(a->report_digest, b->report_digest, CM_SHA256) == 0;
}

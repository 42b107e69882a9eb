/* Requests that were answered, so that a repeated one gets the answer that it got before. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "journal/journal.h"

enum { KEPT_HOURS = 24, FORGOTTEN_A_REQUEST = 2, FORGOTTEN_AT_LEAST = 16 };

/* Positions are kept as text, "3:17 3:18". */
static void format_positions(const cm_position *positions, int count, cm_text *text)
{
    for (int i = 0; i < count; i++)
        cm_text_format(text, "%s%d:%lld", i ? " " : "", positions[i].part, (long long)positions[i].seq);
}

static void parse_positions(const char *text, cm_arena *arena, cm_position **positions, int *count)
{
    size_t most = (strlen(text) + 1) / 4 + 1; /* none is shorter than "0:1 " */
    char *at = (char *)text;

    *positions = cm_arena_take(arena, most * sizeof **positions);
    for (*count = 0; *at; ++*count) {
        (*positions)[*count].part = (int32_t)strtol(at, &at, 10);
        (*positions)[*count].seq = strtoll(at + 1, &at, 10);
    }
}

static cm_status differs(const char *request_id, const char *method, const uint8_t digest[CM_SHA256],
                         const cm_rows *before)
{
    char given[2 * CM_SHA256 + 1], known[2 * CM_SHA256 + 1];
    cm_bytes kept = cm_rows_blob(before, 1);

    cm_hex(digest, CM_SHA256, given);
    cm_hex(kept.data, kept.size < CM_SHA256 ? kept.size : CM_SHA256, known);
    return cm_fail(
        CM_ABORTED,
        "request_id: %s was used for another request, %s with digest %s; this one is %s with digest %s; give "
        "each request an id of its own",
        request_id, cm_rows_text(before, 0), known, method, given);
}

/* A digest that was erased is any. */
static bool same(const cm_rows *before, const char *method, const uint8_t digest[CM_SHA256])
{
    cm_bytes kept = cm_rows_blob(before, 1);

    bool same_digest = !kept.size || (kept.size == CM_SHA256 && memcmp(kept.data, digest, CM_SHA256) == 0);

    return same_digest && strcmp(cm_rows_text(before, 0), method) == 0;
}

cm_status cm_tx_known(cm_tx *tx, const char *identity, const char *request_id, const char *method,
                      const uint8_t digest[CM_SHA256], cm_arena *arena, bool *known, cm_position **positions,
                      int *count)
{
    cm_status s = cm_ok(), end;
    cm_rows rows;

    *known = false;
    *positions = NULL;
    *count = 0;
    if (!*request_id)
        return cm_ok();
    CM_TRY(cm_db_query(cm_tx_db(tx),
                       "SELECT method, digest, positions FROM requests WHERE identity = $1 AND "
                       "request_id = $2",
                       CM_WITH(cm_v_text(identity), cm_v_text(request_id)), &rows));
    if (cm_rows_next(&rows)) {
        if (same(&rows, method, digest)) {
            *known = true;
            parse_positions(cm_rows_text(&rows, 2), arena, positions, count);
        } else {
            s = differs(request_id, method, digest, &rows);
        }
    }
    end = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    cm_status_reason(&s, "REQUEST_ID_REUSED");
    return s;
}

cm_status cm_tx_remember(cm_tx *tx, const char *identity, const char *request_id, const char *method,
                         const uint8_t digest[CM_SHA256], const cm_position *positions, int count)
{
    CM_AUTO(cm_text) text = {0};
    cm_db *db;

    if (!*request_id)
        return cm_ok();
    CM_TRY(cm_tx_write(tx, &db));
    format_positions(positions, count, &text);
    return cm_db_run(db,
                     "INSERT INTO requests (identity, request_id, method, digest, positions, recorded_at) VALUES "
                     "($1, $2, $3, $4, $5, $6)",
                     CM_WITH(cm_v_text(identity), cm_v_text(request_id), cm_v_text(method),
                             cm_v_blob(digest, CM_SHA256), cm_v_text(cm_text_get(&text)),
                             cm_v_int(tx->lane->journal->clock())));
}

#define FORGET                                                                                                         \
    "DELETE FROM requests WHERE (identity, request_id) IN (SELECT identity, request_id FROM requests "                 \
    "WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2"

/* More than a batch can add, so that what was left behind is caught up with; few, so that no commit waits for it. Nor
 * does it wait for another lane that is about to forget the same. */
cm_status journal_forget_requests(journal_lane *lane, int batch)
{
    int64_t before = lane->journal->clock() - (int64_t)KEPT_HOURS * 3600 * 1000000;

    return cm_db_run(lane->db, lane->journal->shared ? FORGET " FOR UPDATE SKIP LOCKED)" : FORGET ")",
                     CM_WITH(cm_v_int(before), cm_v_int(FORGOTTEN_AT_LEAST + batch * FORGOTTEN_A_REQUEST)));
}

#include "trends/trd_published.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "journal/cm_journal_service.h"

enum { ID_MOST = 127, DIGEST_SHOWN = 8 }; /* characters; bytes, two characters each */

/* Appends a text with - for what an id may not hold, and -- for a slash. Answers whether it could be read back: no
 * other text of the same kind gives the same. */
static bool append(cm_text *id, const char *text)
{
    bool plain = true;

    for (const char *c = text; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        if (letter)
            cm_text_format(id, "%c", *c);
        else if (*c == '/')
            cm_text_format(id, "--");
        else if (*c != ',' || c[1] != ' ')
            cm_text_format(id, "-");
        plain = plain && (letter || strchr("/ ,_-", *c)) && !(*c == '-' && c[1] == '-');
    }
    return plain;
}

static char *digest_of(cm_arena *arena, const char *question, const char *category, const char *collection)
{
    uint8_t digest[CM_SHA256];
    const char *texts[] = {question, category, collection};
    cm_bytes parts[3];

    for (int i = 0; i < 3; i++)
        parts[i] = (cm_bytes){(const uint8_t *)texts[i], strlen(texts[i]) + 1}; /* with its end */
    cm_sha256(parts, 3, digest);
    return cm_hex(digest, DIGEST_SHOWN, cm_arena_take(arena, 2 * DIGEST_SHOWN + 1));
}

char *trd_published_name(cm_arena *arena, const char *question, const char *category, const char *collection)
{
    cm_text id = {0};

    cm_text_format(&id, "%s-", question);
    bool plain = append(&id, category);
    if (*collection) {
        cm_text_format(&id, "--in--");
        plain = append(&id, collection) && plain;
    }
    size_t length = strlen(cm_text_get(&id));
    bool ends = length > 0 && cm_text_get(&id)[length - 1] != '-';
    size_t most = ID_MOST - 1 - 2 * DIGEST_SHOWN;
    char *name;
    if (plain && ends && length <= ID_MOST)
        name = cm_arena_format(arena, "trends/%s", cm_text_get(&id));
    else
        name = cm_arena_format(arena, "trends/%.*s-%s", (int)(length < most ? length : most), cm_text_get(&id),
                               digest_of(arena, question, category, collection));
    cm_text_clear(&id);
    return name;
}

TrdTrend *trd_published_of(cm_arena *arena, const char *question, const char *category, const char *collection,
                           const TrdFinding *finding)
{
    TrdTrend *trend = CM_NEW(arena, TrdTrend);

    trend->name = trd_published_name(arena, question, category, collection);
    trend->question = (char *)question;
    trend->category = (char *)category;
    trend->collection = (char *)collection;
    trend->finding = (TrdFinding *)finding;
    trend->withdrawn = !finding;
    return trend;
}

cm_status trd_published_unpack(const cm_row *row, cm_arena *arena, TrdTrend **trend)
{
    ProtobufCMessage *message;

    CM_TRY(cm_message_unpack(&TrdTrend_descriptor, row->payload, arena, &message));
    *trend = (TrdTrend *)message;
    (*trend)->etag = cm_arena_format(arena, "%lld", (long long)row->revision);
    (*trend)->update_time = cm_journal_timestamp(row->recorded_at, arena);
    return cm_ok();
}

static cm_status read_at(cm_db *db, cm_position at, cm_arena *arena, TrdTrend **trend)
{
    cm_row *row;

    CM_TRY(cm_journal_at(db, at, arena, &row));
    if (!row)
        return cm_fail(CM_DATA_LOSS, "partition %d has no row %lld, where a trend should be", at.part,
                       (long long)at.seq);
    return trd_published_unpack(row, arena, trend);
}

static cm_status get_as_of(cm_db *db, const char *name, int64_t as_of, cm_arena *arena, TrdTrend **trend)
{
    cm_row *row;

    CM_TRY(cm_journal_newest(db, name, as_of, arena, &row));
    return row ? trd_published_unpack(row, arena, trend) : cm_ok();
}

cm_status trd_published_get(cm_db *db, const char *name, int64_t as_of, cm_arena *arena, TrdTrend **trend)
{
    cm_rows rows;
    cm_position at = {0};

    *trend = NULL;
    if (as_of)
        return get_as_of(db, name, as_of, arena, trend);
    CM_TRY(cm_db_query(db, "SELECT part, seq FROM trends WHERE name = $1", CM_WITH(cm_v_text(name)), &rows));
    bool found = cm_rows_next(&rows);
    if (found)
        at = (cm_position){(int32_t)cm_rows_int(&rows, 0), cm_rows_int(&rows, 1)};
    CM_TRY(cm_rows_end(&rows));
    return found ? read_at(db, at, arena, trend) : cm_ok();
}

cm_status trd_published_list(cm_db *db, const char *question, const char *after, int limit, cm_arena *arena,
                             TrdTrend ***trends, size_t *count)
{
    cm_rows rows;
    cm_position *at = cm_arena_take(arena, ((size_t)limit + 1) * sizeof *at);
    size_t n = 0;

    CM_TRY(cm_db_query(db,
                       *question ? "SELECT part, seq FROM trends WHERE withdrawn = 0 AND question = $3 AND name > $1"
                                   " ORDER BY name LIMIT $2"
                                 : "SELECT part, seq FROM trends WHERE withdrawn = 0 AND $3 = '' AND name > $1"
                                   " ORDER BY name LIMIT $2",
                       CM_WITH(cm_v_text(after), cm_v_int(limit), cm_v_text(question)), &rows));
    while ((int)n < limit && cm_rows_next(&rows))
        at[n++] = (cm_position){(int32_t)cm_rows_int(&rows, 0), cm_rows_int(&rows, 1)};
    CM_TRY(cm_rows_end(&rows));
    *trends = cm_arena_take(arena, (n + 1) * sizeof **trends);
    for (*count = 0; *count < n; ++*count)
        CM_TRY(read_at(db, at[*count], arena, &(*trends)[*count]));
    return cm_ok();
}

static cm_status names_after(cm_db *db, const char *question, const char *after, int limit, cm_arena *arena,
                             const char **names, int *count)
{
    cm_rows rows;

    *count = 0;
    CM_TRY(cm_db_query(db,
                       "SELECT name FROM trends WHERE name > $1 AND (question = $3 OR $3 = '') ORDER BY name LIMIT $2",
                       CM_WITH(cm_v_text(after), cm_v_int(limit), cm_v_text(question)), &rows));
    while (*count < limit && cm_rows_next(&rows))
        names[(*count)++] = cm_arena_strdup(arena, cm_rows_text(&rows, 0));
    return cm_rows_end(&rows);
}

cm_status trd_published_list_as_of(cm_db *db, const char *question, const char *after, int limit, int64_t as_of,
                                   cm_arena *arena, TrdTrend ***trends, size_t *count)
{
    const char **names = cm_arena_take(arena, (size_t)limit * sizeof *names);
    int found = limit;

    *trends = cm_arena_take(arena, (size_t)limit * sizeof **trends);
    *count = 0;
    while (found == limit && *count < (size_t)limit) {
        CM_TRY(names_after(db, question, after, limit, arena, names, &found));
        for (int i = 0; i < found && *count < (size_t)limit; i++) {
            TrdTrend *trend = NULL;
            CM_TRY(get_as_of(db, names[i], as_of, arena, &trend));
            if (trend && !trend->withdrawn)
                (*trends)[(*count)++] = trend;
            after = names[i];
        }
    }
    return cm_ok();
}

#include <string.h>
#include <unistd.h>

#include "base/cm_clock.h"
#include "journal/cm_restore.h"
#include "journal/journal.h"

static cm_status take_service(cm_rows *rows, const char *service)
{
    const char *is;

    if (!cm_rows_next(rows))
        return cm_fail(CM_FAILED_PRECONDITION, "the backup is of no journal; give one that cityneg backup made");
    is = cm_rows_text(rows, 0);
    if (strcmp(is, service) != 0)
        return cm_fail(CM_FAILED_PRECONDITION, "the backup is of %s, not of %s; give another one", is, service);
    return cm_ok();
}

static cm_status check_service(cm_db *db, const char *service)
{
    cm_rows rows;
    cm_status s, end;

    CM_TRY(cm_db_query(db, "SELECT service FROM store_info", CM_NONE, &rows));
    s = take_service(&rows, service);
    end = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
}

/* ---- what was erased after the backup ---- */

typedef struct ledger {
    const char **names;
    int64_t *times; /* 0: not known */
    size_t count;
} ledger;

static cm_status read_ledger(cm_db *db, cm_arena *arena, ledger *erased)
{
    int64_t known, count;
    cm_rows rows;

    CM_TRY(cm_db_integer(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'erased'", CM_NONE, 0, &known));
    if (!known) /* older than erasing */
        return cm_ok();
    CM_TRY(cm_db_integer(db, "SELECT count(*) FROM erased", CM_NONE, 0, &count));
    erased->names = cm_arena_take(arena, ((size_t)count + 1) * sizeof *erased->names);
    erased->times = cm_arena_take(arena, ((size_t)count + 1) * sizeof *erased->times);
    CM_TRY(cm_db_query(db, "SELECT name, recorded_at FROM erased", CM_NONE, &rows));
    while (erased->count < (size_t)count && cm_rows_next(&rows)) {
        erased->names[erased->count] = cm_arena_strdup(arena, cm_rows_text(&rows, 0));
        erased->times[erased->count++] = cm_rows_int(&rows, 1);
    }
    return cm_rows_end(&rows);
}

static cm_status ask_store_in_place(const char *path, cm_arena *arena, ledger *erased)
{
    cm_store *store;
    cm_db *db;
    cm_status s;

    if (access(path, F_OK) != 0)
        return cm_ok();
    CM_TRY(cm_store_open(path, &store));
    s = cm_store_reader(store, &db);
    if (cm_is_ok(s)) {
        s = read_ledger(db, arena, erased);
        cm_db_close(db);
    }
    cm_store_close(store);
    return s;
}

/* A store that is in use is not replaced anyway. */
static cm_status ask(const char *path, const cm_journal_restoring *restoring, cm_arena *arena, ledger *erased)
{
    cm_status s = ask_store_in_place(path, arena, erased);

    if (cm_is_ok(s) || s.code == CM_UNAVAILABLE)
        return s;
    if (restoring->erased_told) {
        cm_status_clear(&s);
        return s;
    }
    cm_status told = cm_fail(CM_FAILED_PRECONDITION, "what was erased since the backup cannot be read from %s: %s",
                             path, cm_status_message(s));
    cm_status_clear(&s);
    return told;
}

static cm_status erase_again(cm_db *db, const char *name, int64_t erased_at, size_t *again)
{
    int64_t noted;

    CM_TRY(cm_db_run_changed(db,
                             "INSERT INTO erased (name, part, seq, recorded_at, pending) VALUES ($1, 0, 0, $2, 1) "
                             "ON CONFLICT (name) DO NOTHING",
                             CM_WITH(cm_v_text(name), cm_v_int(erased_at ? erased_at : cm_clock_wall_us())), &noted));
    *again += (size_t)noted;
    return cm_ok();
}

/* ---- the copy ---- */

typedef struct restoration {
    cm_journal_restoring *asked;
    ledger erased;
} restoration;

/* What Kafka has is another epoch's, so the watermark of what was sent begins anew. */
static cm_status change(cm_db *db, restoration *r)
{
    cm_uuid epoch = cm_uuid_random();

    CM_TRY(check_service(db, r->asked->service));
    CM_TRY(cm_db_run(db, "UPDATE store_info SET epoch = $1", CM_WITH(cm_v_blob(epoch.bytes, sizeof epoch.bytes))));
    CM_TRY(cm_db_run(db, "UPDATE sent SET seq = 0", CM_NONE));
    for (size_t i = 0; i < r->erased.count; i++)
        CM_TRY(erase_again(db, r->erased.names[i], r->erased.times[i], &r->asked->again));
    for (size_t i = 0; i < r->asked->erased_count; i++)
        CM_TRY(erase_again(db, r->asked->erased[i], 0, &r->asked->again));
    return cm_ok();
}

static cm_status renew(cm_db *db, restoration *r)
{
    cm_status s;

    CM_TRY(cm_db_begin(db, true));
    s = change(db, r);
    if (cm_is_ok(s))
        return cm_db_commit(db);
    cm_db_rollback(db);
    return s;
}

static cm_status prepare(void *context, cm_store *restored)
{
    const cm_migrations *sets[] = {&journal_migrations};
    cm_db *db;
    cm_status s;

    CM_TRY(cm_store_migrate(restored, sets, 1));
    CM_TRY(cm_store_writer(restored, &db));
    s = renew(db, context);
    cm_db_close(db);
    return s;
}

cm_status cm_journal_restore(const char *path, const char *url, cm_journal_restoring *restoring)
{
    CM_ARENA(arena);
    restoration r = {.asked = restoring};

    restoring->again = 0;
    CM_TRY(ask(url, restoring, arena, &r.erased));
    return cm_store_restore(path, url,
                            &(cm_restoring){.replace = restoring->replace, .prepare = prepare, .context = &r});
}

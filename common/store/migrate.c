#include <poll.h>

#include "base/cm_clock.h"
#include "store/store_engine.h"

enum { PATIENCE_S = 300, PAUSE_MS = 200 };

static cm_status run_step(cm_db *db, const char *set, const cm_migration *step)
{
    const char *sql = step->sqlite && cm_db_dialect(db) == CM_SQLITE ? step->sqlite : step->sql;

    CM_TRY(db->engine->step_begins(db));
    if (sql)
        CM_TRY(cm_db_script(db, sql));
    return cm_db_run(
        db, "INSERT INTO migrations (set_name, number, name, applied_at) VALUES ($1, $2, $3, $4)",
        CM_WITH(cm_v_text(set), cm_v_int(step->number), cm_v_text(step->name), cm_v_int(cm_clock_wall_us())));
}

/* One transaction holds the step and the note that it ran. `again` where somebody uses a table that it changes. */
static cm_status try_step(cm_db *db, const char *set, const cm_migration *step, bool *again)
{
    cm_status s;

    CM_TRY(cm_db_begin(db, true));
    s = run_step(db, set, step);
    *again = s.code == CM_UNAVAILABLE && cm_db_in_transaction(db); /* else the server is away */
    if (cm_is_ok(s))
        return cm_db_commit(db);
    cm_db_rollback(db);
    return s;
}

static cm_status apply(cm_db *db, const char *set, const cm_migration *step)
{
    int64_t deadline = cm_clock_monotonic_us() + PATIENCE_S * 1000000LL;

    for (;;) {
        bool again = false;
        cm_status s = try_step(db, set, step, &again);

        if (cm_is_ok(s) || !again || cm_clock_monotonic_us() > deadline) {
            cm_status_prefix(&s, "%s, step %d (%s) of the tables of %s", db->store->name, step->number, step->name,
                             set);
            return s;
        }
        cm_status_clear(&s);
        poll(NULL, 0, PAUSE_MS);
    }
}

static cm_status check_numbers(const cm_migrations *m)
{
    for (int i = 0; i < m->count; i++) {
        if (m->steps[i].number != i + 1)
            return cm_fail(CM_INTERNAL, "migration %d (%s) of %s stands at place %d; number them 1, 2, 3 … in order",
                           m->steps[i].number, m->steps[i].name, m->set, i + 1);
    }
    return cm_ok();
}

/* Each time anew, since a program may have ended between a step and its index. `used`: others may write meanwhile. */
static cm_status make_indexes(cm_db *db, const cm_migrations *m, bool used)
{
    for (int i = 0; i < m->count; i++) {
        if (!m->steps[i].index)
            continue;
        cm_status s = db->engine->make_index(db, m->steps[i].index, used);
        cm_status_prefix(&s, "%s, the index %s", db->store->name, m->steps[i].index);
        CM_TRY(s);
    }
    return cm_ok();
}

static cm_status migrate(cm_db *db, const cm_migrations *m)
{
    int64_t newest;

    CM_TRY(check_numbers(m));
    CM_TRY(cm_db_integer(db, "SELECT max(number) FROM migrations WHERE set_name = $1", CM_WITH(cm_v_text(m->set)), 0,
                         &newest));
    if (newest > m->count)
        return cm_fail(CM_FAILED_PRECONDITION,
                       "%s: the tables of %s are at step %lld and this program knows %d; use the newer program",
                       db->store->name, m->set, (long long)newest, m->count);
    for (int i = (int)newest; i < m->count; i++)
        CM_TRY(apply(db, m->set, &m->steps[i]));
    return make_indexes(db, m, newest > 0);
}

static cm_status migrate_all(cm_db *db, const cm_migrations *const *sets, int count)
{
    CM_TRY(cm_db_script(db, "CREATE TABLE IF NOT EXISTS migrations (set_name TEXT NOT NULL, number INTEGER NOT NULL, "
                            "name TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (set_name, number))"));
    for (int i = 0; i < count; i++)
        CM_TRY(migrate(db, sets[i]));
    return cm_ok();
}

cm_status cm_store_migrate(cm_store *store, const cm_migrations *const *sets, int count)
{
    cm_db *db = store->engine->schema(store);
    cm_status s, unlocked;

    CM_TRY(store->engine->lock_schema(db, true));
    s = migrate_all(db, sets, count);
    unlocked = store->engine->lock_schema(db, false);
    if (cm_is_ok(s))
        return unlocked;
    cm_status_clear(&unlocked);
    return s;
}

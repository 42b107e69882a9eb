#include "base/cm_clock.h"
#include "store/store_engine.h"

static cm_status run_step(cm_db *db, const char *set, const cm_migration *step)
{
    CM_TRY(cm_db_script(db, step->sqlite && cm_db_dialect(db) == CM_SQLITE ? step->sqlite : step->sql));
    return cm_db_run(
        db, "INSERT INTO migrations (set_name, number, name, applied_at) VALUES ($1, $2, $3, $4)",
        CM_WITH(cm_v_text(set), cm_v_int(step->number), cm_v_text(step->name), cm_v_int(cm_clock_wall_us())));
}

/* One transaction holds the step and the note that it ran. */
static cm_status apply(cm_db *db, const char *set, const cm_migration *step)
{
    cm_status s;

    CM_TRY(cm_db_begin(db, true));
    s = run_step(db, set, step);
    if (cm_is_ok(s))
        s = cm_db_commit(db);
    else
        cm_db_rollback(db);
    cm_status_prefix(&s, "%s, step %d (%s) of the tables of %s", db->store->name, step->number, step->name, set);
    return s;
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
    return cm_ok();
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

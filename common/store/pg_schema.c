/* Schemas that are brought forward while programs of the version before write. */
#include <poll.h>
#include <string.h>

#include "base/cm_memory.h"
#include "store/pg.h"

enum { LOOK_MS = 50 };

/* One key a schema of a database: programs that start at once bring it to their step one after the other. Who waits for
 * the lock within a statement would hold a snapshot, for whose end an index that is made by the holder would wait. */
static cm_status try_lock(cm_db *db, int64_t *locked)
{
    return cm_db_integer(
        db, "SELECT pg_try_advisory_lock(hashtextextended('cityneg ' || coalesce(current_schema(), ''), 0))::integer",
        CM_NONE, 0, locked);
}

cm_status pg_lock_schema(cm_db *db, bool locked)
{
    int64_t mine = 0;

    if (!locked)
        return cm_db_run(db,
                         "SELECT pg_advisory_unlock(hashtextextended('cityneg ' || coalesce(current_schema(), ''), 0))",
                         CM_NONE);
    for (;;) {
        CM_TRY(try_lock(db, &mine));
        if (mine)
            return cm_ok();
        poll(NULL, 0, LOOK_MS);
    }
}

/* Whoever waits for a table as a whole lets nobody else at it meanwhile: so not for long. */
cm_status pg_step_begins(cm_db *db)
{
    return cm_db_run(db, "SET LOCAL lock_timeout = '500ms'", CM_NONE);
}

/* 1: it is there; 0: whoever made it has ended before it was whole; -1: none. */
static cm_status look(cm_db *db, const char *name, int64_t *state)
{
    return cm_db_integer(db, "SELECT indisvalid::integer FROM pg_index WHERE indexrelid = to_regclass($1)",
                         CM_WITH(cm_v_text(name)), -1, state);
}

cm_status pg_make_index(cm_db *db, const char *index, bool used)
{
    CM_FREE char *name = cm_strndup(index, strcspn(index, " "));
    CM_FREE char *drop = cm_format("DROP INDEX CONCURRENTLY IF EXISTS %s", name);
    CM_FREE char *make = cm_format("CREATE INDEX %s %s", used ? "CONCURRENTLY" : "", index);
    int64_t state;

    CM_TRY(look(db, name, &state));
    if (state == 1)
        return cm_ok();
    if (state == 0)
        CM_TRY(cm_db_script(db, drop));
    return cm_db_script(db, make);
}

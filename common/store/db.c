#include "store/store_engine.h"

cm_status cm_db_run(cm_db *db, const char *sql, const cm_value *values, int count)
{
    return db->engine->run(db, sql, values, count, NULL);
}

cm_status cm_db_run_changed(cm_db *db, const char *sql, const cm_value *values, int count, int64_t *changed)
{
    *changed = 0;
    return db->engine->run(db, sql, values, count, changed);
}

cm_status cm_db_script(cm_db *db, const char *sql)
{
    return db->engine->script(db, sql);
}

cm_status cm_db_query(cm_db *db, const char *sql, const cm_value *values, int count, cm_rows *rows)
{
    *rows = (cm_rows){.db = db};
    return db->engine->query(db, sql, values, count, rows);
}

bool cm_rows_next(cm_rows *rows)
{
    return rows->statement && cm_is_ok(rows->status) && rows->db->engine->next(rows);
}

cm_status cm_rows_end(cm_rows *rows)
{
    cm_status s = rows->status;

    if (rows->statement)
        rows->db->engine->end(rows);
    rows->statement = NULL;
    rows->status = cm_ok();
    return s;
}

bool cm_rows_null(const cm_rows *rows, int column)
{
    return rows->db->engine->is_null(rows, column);
}

int64_t cm_rows_int(const cm_rows *rows, int column)
{
    return rows->db->engine->integer(rows, column);
}

double cm_rows_real(const cm_rows *rows, int column)
{
    return rows->db->engine->real(rows, column);
}

const char *cm_rows_text(const cm_rows *rows, int column)
{
    return rows->db->engine->text(rows, column);
}

cm_bytes cm_rows_blob(const cm_rows *rows, int column)
{
    return rows->db->engine->blob(rows, column);
}

cm_status cm_db_integer(cm_db *db, const char *sql, const cm_value *values, int count, int64_t otherwise,
                        int64_t *integer)
{
    cm_rows rows;

    *integer = otherwise;
    CM_TRY(cm_db_query(db, sql, values, count, &rows));
    if (cm_rows_next(&rows) && !cm_rows_null(&rows, 0))
        *integer = cm_rows_int(&rows, 0);
    return cm_rows_end(&rows);
}

cm_status cm_db_begin(cm_db *db, bool write)
{
    return db->engine->begin(db, write);
}

cm_status cm_db_commit(cm_db *db)
{
    cm_status s = cm_db_run(db, "COMMIT", CM_NONE);

    if (!cm_is_ok(s))
        cm_db_rollback(db);
    return s;
}

/* Undoing cannot fail in a way that leaves something: where the engine refuses it, it has undone already. */
static void undo(cm_db *db, const char *sql)
{
    cm_status s = cm_ok();

    if (cm_db_in_transaction(db))
        s = cm_db_run(db, sql, CM_NONE);
    cm_status_clear(&s);
}

void cm_db_rollback(cm_db *db)
{
    undo(db, "ROLLBACK");
}

cm_status cm_db_savepoint(cm_db *db)
{
    return cm_db_run(db, "SAVEPOINT part", CM_NONE);
}

cm_status cm_db_release(cm_db *db)
{
    return cm_db_run(db, "RELEASE SAVEPOINT part", CM_NONE);
}

void cm_db_rollback_to(cm_db *db)
{
    undo(db, "ROLLBACK TO SAVEPOINT part");
    undo(db, "RELEASE SAVEPOINT part");
}

bool cm_db_in_transaction(const cm_db *db)
{
    return db->engine->in_transaction(db);
}

bool cm_db_failed(const cm_db *db)
{
    return db->engine->failed(db);
}

void cm_db_run_ahead(cm_db *db)
{
    db->engine->run_ahead(db);
}

int64_t cm_db_session(const cm_db *db)
{
    return db->engine->session(db);
}

cm_dialect cm_db_dialect(const cm_db *db)
{
    return db->engine->dialect;
}

cm_status cm_db_check(cm_db *db)
{
    return db->engine->check(db);
}

cm_status cm_db_scrub(cm_db *db, int64_t deleted_at)
{
    return db->engine->scrub(db, deleted_at);
}

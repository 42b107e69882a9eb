#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "store/sqlite.h"

/* Statements that a connection keeps; the one that was not used for longest makes room. */
enum { KEPT = 256 };

static cm_status failure(sqlite_db *db, const char *sql)
{
    return sqlite_failure(db->handle, db->base.store->name, sql);
}

static void end_statement(sqlite_statement *statement)
{
    sqlite3_finalize(statement->stmt);
    free(statement);
}

/* Notes where SQLite, which numbers names in order of appearance, has $1, $2, … */
static cm_status find_parameters(sqlite_statement *statement, const char *sql)
{
    for (int i = 1; i <= statement->count; i++) {
        const char *name = sqlite3_bind_parameter_name(statement->stmt, i);
        long number = name && *name == '$' ? strtol(name + 1, NULL, 10) : 0;
        if (number < 1 || number > statement->count)
            return cm_fail(CM_INTERNAL, "parameter %s; write $1 to $%d, each at least once, in \"%s\"",
                           name ? name : "?", statement->count, sql);
        statement->index[number - 1] = i;
    }
    return cm_ok();
}

static cm_status compile(sqlite_db *db, const char *sql, sqlite3_stmt **stmt)
{
    const char *rest;

    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, &rest) != SQLITE_OK)
        return failure(db, sql);
    if (*stmt && !rest[strspn(rest, " \t\r\n;")])
        return cm_ok();
    sqlite3_finalize(*stmt);
    return cm_fail(CM_INTERNAL, "one statement at a time; \"%s\" is %s", sql, *stmt ? "several" : "none");
}

static cm_status prepare(sqlite_db *db, const char *sql, sqlite_statement **result)
{
    sqlite3_stmt *stmt;
    cm_status s;

    CM_TRY(compile(db, sql, &stmt));
    int count = sqlite3_bind_parameter_count(stmt);
    sqlite_statement *statement = cm_alloc(sizeof *statement + (size_t)count * sizeof *statement->index);
    statement->stmt = stmt;
    statement->count = count;
    s = find_parameters(statement, sql);
    if (!cm_is_ok(s)) {
        end_statement(statement);
        return s;
    }
    *result = statement;
    return cm_ok();
}

static void keep(sqlite_db *db, sqlite_statement *statement)
{
    const char *sql = sqlite3_sql(statement->stmt);

    HASH_ADD_KEYPTR(hh, db->statements, sql, strlen(sql), statement);
    statement->cached = true;
}

static void make_room(sqlite_db *db)
{
    sqlite_statement *oldest = db->statements;

    while (oldest && oldest->busy)
        oldest = oldest->hh.next;
    if (!oldest)
        return;
    HASH_DEL(db->statements, oldest);
    end_statement(oldest);
    memset(db->recent, 0, sizeof db->recent);
}

static sqlite_recent *recent(sqlite_db *db, const char *sql)
{
    return &db->recent[((uintptr_t)sql >> 4) % SQLITE_RECENT];
}

/* Another text may have come to lie where this one was. */
static bool is_recent(const sqlite_recent *r, const char *sql)
{
    return r->sql == sql && !r->statement->busy && strcmp(sqlite3_sql(r->statement->stmt), sql) == 0;
}

/* A statement that nobody reads from. */
static cm_status look_up(sqlite_db *db, const char *sql, sqlite_statement **result)
{
    sqlite_statement *statement;

    HASH_FIND_STR(db->statements, sql, statement);
    if (!statement) {
        CM_TRY(prepare(db, sql, &statement));
        if (HASH_COUNT(db->statements) >= KEPT)
            make_room(db);
        keep(db, statement);
    } else if (statement->busy) {
        CM_TRY(prepare(db, sql, &statement));
    } else if (HASH_COUNT(db->statements) > KEPT / 2) { /* the order only matters once room may be short */
        HASH_DEL(db->statements, statement);
        keep(db, statement);
    }
    *result = statement;
    return cm_ok();
}

/* Hashing a text costs more than many a statement. */
static cm_status find(sqlite_db *db, const char *sql, sqlite_statement **result)
{
    sqlite_recent *r = recent(db, sql);

    if (HASH_COUNT(db->statements) <= KEPT / 2 && is_recent(r, sql)) {
        *result = r->statement;
        return cm_ok();
    }
    CM_TRY(look_up(db, sql, result));
    if ((*result)->cached)
        *r = (sqlite_recent){sql, *result};
    return cm_ok();
}

static int bind_value(sqlite3_stmt *stmt, int at, const cm_value *value, sqlite3_destructor_type lifetime)
{
    switch (value->kind) {
        case CM_INTEGER:
            return sqlite3_bind_int64(stmt, at, value->integer);
        case CM_REAL:
            return sqlite3_bind_double(stmt, at, value->real);
        case CM_STRING:
            return sqlite3_bind_text64(stmt, at, value->data, value->size, lifetime, SQLITE_UTF8);
        case CM_BLOB:
            return sqlite3_bind_blob64(stmt, at, value->data, value->size, lifetime);
        case CM_NULL:
            break;
    }
    return sqlite3_bind_null(stmt, at);
}

static cm_status bind(sqlite_db *db, sqlite_statement *statement, const char *sql, const cm_value *values, int count,
                      sqlite3_destructor_type lifetime)
{
    if (count != statement->count)
        return cm_fail(CM_INTERNAL, "%d values for %d parameters in \"%s\"", count, statement->count, sql);
    for (int i = 0; i < count; i++) {
        if (bind_value(statement->stmt, statement->index[i], &values[i], lifetime) != SQLITE_OK)
            return failure(db, sql);
    }
    return cm_ok();
}

static cm_status ready(sqlite_db *db, const char *sql, const cm_value *values, int count,
                       sqlite3_destructor_type lifetime, sqlite_statement **result)
{
    cm_status s;

    CM_TRY(find(db, sql, result));
    s = bind(db, *result, sql, values, count, lifetime);
    if (!cm_is_ok(s))
        sqlite_statement_done(*result);
    return s;
}

cm_status sqlite_run(cm_db *base, const char *sql, const cm_value *values, int count, int64_t *changed)
{
    sqlite_db *db = (sqlite_db *)base;
    sqlite_statement *statement;
    cm_status s = cm_ok();
    int outcome;

    CM_TRY(ready(db, sql, values, count, SQLITE_STATIC, &statement));
    while ((outcome = sqlite3_step(statement->stmt)) == SQLITE_ROW)
        ;
    if (outcome != SQLITE_DONE)
        s = failure(db, sql);
    else if (changed && !sqlite3_stmt_readonly(statement->stmt))
        *changed = sqlite3_changes64(db->handle);
    sqlite_statement_done(statement);
    return s;
}

cm_status sqlite_script(cm_db *base, const char *sql)
{
    sqlite_db *db = (sqlite_db *)base;

    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? cm_ok() : failure(db, sql);
}

/* Rows are read after the caller's values may have gone, so SQLite copies them. */
cm_status sqlite_query(cm_db *base, const char *sql, const cm_value *values, int count, cm_rows *rows)
{
    sqlite_statement *statement;

    CM_TRY(ready((sqlite_db *)base, sql, values, count, SQLITE_TRANSIENT, &statement));
    statement->busy = true;
    rows->statement = statement;
    return cm_ok();
}

void sqlite_statement_done(sqlite_statement *statement)
{
    statement->busy = false;
    if (statement->cached)
        sqlite3_reset(statement->stmt);
    else
        end_statement(statement);
}

void sqlite_forget_statements(sqlite_db *db)
{
    sqlite_statement *statement, *next;

    HASH_ITER (hh, db->statements, statement, next) {
        HASH_DEL(db->statements, statement);
        end_statement(statement);
    }
}

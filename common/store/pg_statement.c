#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "store/pg.h"

/* Statements that a connection keeps prepared; the one that was not used for longest makes room. */
enum { KEPT = 256 };

static void end_statement(pg_db *db, pg_statement *statement)
{
    HASH_DEL(db->statements, statement);
    free(statement->sql);
    free(statement);
}

void pg_forget_statements(pg_db *db)
{
    pg_statement *statement, *next;

    HASH_ITER (hh, db->statements, statement, next)
        end_statement(db, statement);
}

/* The status of an answer, which ends here. */
static cm_status finish(pg_db *db, PGresult *answer, const char *sql)
{
    cm_status s = pg_outcome(db, answer, sql);

    PQclear(answer);
    return s;
}

static cm_status make_room(pg_db *db)
{
    char sql[32];

    if (HASH_COUNT(db->statements) < KEPT)
        return cm_ok();
    snprintf(sql, sizeof sql, "DEALLOCATE %s", db->statements->name);
    CM_TRY(finish(db, PQexec(db->connection, sql), sql));
    end_statement(db, db->statements);
    return cm_ok();
}

static bool has_several(const char *sql)
{
    const char *end = strchr(sql, ';');

    return end && end[1 + strspn(end + 1, " \t\r\n;")];
}

/* The server's own words for it do not say what would be right. */
static cm_status prepare_named(pg_db *db, const char *name, const char *sql)
{
    cm_status s = finish(db, PQprepare(db->connection, name, sql, 0, NULL), sql);

    if (s.code == CM_INTERNAL && has_several(sql))
        cm_status_prefix(&s, "one statement at a time");
    return s;
}

static cm_status count_parameters(pg_db *db, pg_statement *statement)
{
    PGresult *answer = PQdescribePrepared(db->connection, statement->name);

    statement->count = PQnparams(answer);
    return finish(db, answer, statement->sql);
}

static void keep(pg_db *db, pg_statement *statement)
{
    HASH_ADD_KEYPTR(hh, db->statements, statement->sql, strlen(statement->sql), statement);
}

static cm_status prepare(pg_db *db, const char *sql, pg_statement **result)
{
    pg_statement *statement = cm_alloc(sizeof *statement);
    cm_status s;

    statement->sql = cm_strdup(sql);
    snprintf(statement->name, sizeof statement->name, "s%u", ++db->prepared);
    keep(db, statement);
    s = prepare_named(db, statement->name, sql);
    if (cm_is_ok(s))
        s = count_parameters(db, statement);
    if (!cm_is_ok(s)) {
        end_statement(db, statement);
        return s;
    }
    *result = statement;
    return cm_ok();
}

static cm_status find(pg_db *db, const char *sql, pg_statement **result)
{
    pg_statement *statement;

    HASH_FIND_STR(db->statements, sql, statement);
    if (!statement) {
        CM_TRY(pg_settle(db));
        CM_TRY(make_room(db));
        return prepare(db, sql, result);
    }
    if (HASH_COUNT(db->statements) > KEPT / 2) { /* the order only matters once room may be short */
        HASH_DEL(db->statements, statement);
        keep(db, statement);
    }
    *result = statement;
    return cm_ok();
}

static cm_status bind_bytes(pg_bound *b, int i, const cm_value *value)
{
    if (value->size > INT_MAX)
        return cm_fail(CM_INVALID_ARGUMENT, "a value of %zu bytes; give at most %d", value->size, INT_MAX);
    b->values[i] = value->data;
    b->lengths[i] = (int)value->size;
    b->formats[i] = 1;
    return cm_ok();
}

static cm_status bind_value(pg_bound *b, int i, const cm_value *value)
{
    b->formats[i] = 0;
    b->lengths[i] = 0;
    b->values[i] = b->digits[i];
    switch (value->kind) {
        case CM_INTEGER:
            snprintf(b->digits[i], PG_DIGITS, "%lld", (long long)value->integer);
            return cm_ok();
        case CM_REAL:
            snprintf(b->digits[i], PG_DIGITS, "%.17g", value->real);
            return cm_ok();
        case CM_STRING:
        case CM_BLOB:
            return bind_bytes(b, i, value);
        case CM_NULL:
            break;
    }
    b->values[i] = NULL;
    return cm_ok();
}

static cm_status bind(pg_bound *b, const pg_statement *statement, const cm_value *values, int count)
{
    if (count != statement->count)
        return cm_fail(CM_INTERNAL, "%d values for %d parameters in \"%s\"", count, statement->count, statement->sql);
    if (count > PG_PARAMETERS_MAX)
        return cm_fail(CM_INTERNAL, "%d parameters, more than %d, in \"%s\"", count, PG_PARAMETERS_MAX, statement->sql);
    for (int i = 0; i < count; i++)
        CM_TRY(bind_value(b, i, &values[i]));
    return cm_ok();
}

/* The server says ROLLBACK, and no error, where a transaction that failed before is to be committed; and nobody says
 * anything where the connection is lost after COMMIT was sent. */
static cm_status check_commit(const pg_db *db, const PGresult *answer, cm_status s)
{
    const char *name = db->base.store->name;

    if (cm_is_ok(s) && strcmp(PQcmdStatus((PGresult *)answer), "ROLLBACK") == 0)
        return cm_fail(CM_ABORTED, "%s: a statement of the transaction failed, so it was undone", name);
    if (cm_is_ok(s) || db->usable)
        return s;
    cm_status_clear(&s);
    return cm_fail(CM_UNKNOWN, "%s: the connection was lost during COMMIT, so its outcome is not known", name);
}

static bool is(const char *sql, const char *word)
{
    return strcmp(sql, word) == 0;
}

/* What failed of the statements before it is undone with the others. */
static void end_ahead(pg_db *db, const char *sql)
{
    cm_status s = cm_ok();

    if (is(sql, "ROLLBACK"))
        s = pg_settle(db);
    cm_status_clear(&s);
    if (is(sql, "ROLLBACK") || is(sql, "COMMIT"))
        db->ahead = false;
}

/* Waits for the answer. */
static cm_status ask(pg_db *db, const pg_statement *statement, const pg_bound *b, PGresult **answer)
{
    if (db->ahead_count)
        return pg_ask(db, statement, b, answer);
    *answer = PQexecPrepared(db->connection, statement->name, statement->count, b->values, b->lengths, b->formats, 0);
    return pg_outcome(db, *answer, statement->sql);
}

/* *answer is NULL where nobody waits for one. */
static cm_status execute(pg_db *db, const char *sql, const cm_value *values, int count, bool wanted, PGresult **answer)
{
    pg_statement *statement;
    pg_bound b;

    *answer = NULL;
    if (!pg_in_transaction(&db->base))
        CM_TRY(pg_ready(db));
    end_ahead(db, sql);
    CM_TRY(find(db, sql, &statement));
    CM_TRY(bind(&b, statement, values, count));
    if (db->ahead && !wanted)
        return pg_send(db, statement, &b);
    cm_status s = ask(db, statement, &b, answer);
    if (is(sql, "COMMIT"))
        s = check_commit(db, *answer, s);
    if (!cm_is_ok(s))
        PQclear(*answer);
    return s;
}

static bool is_select(const PGresult *answer)
{
    return PQresultStatus(answer) == PGRES_TUPLES_OK && strncmp(PQcmdStatus((PGresult *)answer), "SELECT", 6) == 0;
}

cm_status pg_run(cm_db *base, const char *sql, const cm_value *values, int count, int64_t *changed)
{
    PGresult *answer;

    CM_TRY(execute((pg_db *)base, sql, values, count, changed, &answer));
    if (changed && !is_select(answer))
        *changed = strtoll(PQcmdTuples(answer), NULL, 10);
    PQclear(answer);
    return cm_ok();
}

cm_status pg_query(cm_db *base, const char *sql, const cm_value *values, int count, cm_rows *rows)
{
    PGresult *answer;

    CM_TRY(execute((pg_db *)base, sql, values, count, true, &answer));
    pg_rows_begin(answer, rows);
    return cm_ok();
}

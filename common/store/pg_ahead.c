/* Statements that are sent ahead: libpq's pipeline is entered with the first of them, and left when a statement whose
 * answer is wanted has drawn theirs. */
#include "store/pg.h"

/* Bytes that may lie in libpq's buffer: it would send the first 8 KiB by itself, and a server that has got half of a
 * pipeline takes the transaction for busy. It would wait for the rest for ever, holding its locks, where a program
 * stopped there: idle_in_transaction_session_timeout ends only what has been answered. */
enum { AHEAD_MAX = 7 << 10, OF_MESSAGES = 96, OF_VALUE = 6 };

void pg_run_ahead(cm_db *base)
{
    ((pg_db *)base)->ahead = true;
}

/* Within a transaction that runs ahead nobody can tell any more what else of it has failed. Where the connection is
 * lost, no statement is known to have. */
static cm_status note(pg_db *db, cm_status s)
{
    db->spoilt = db->usable && (db->spoilt || !cm_is_ok(s));
    return s;
}

static cm_status lost(pg_db *db)
{
    db->usable = false;
    return pg_outcome(db, NULL, NULL);
}

/* Adds a statement to what was sent. */
static cm_status add(pg_db *db, const pg_statement *statement, const pg_bound *b)
{
    if (PQenterPipelineMode(db->connection) &&
        PQsendQueryPrepared(db->connection, statement->name, statement->count, b->values, b->lengths, b->formats, 0))
        return cm_ok();
    return lost(db);
}

/* Bytes of a statement on the way, or somewhat more: Bind, Describe and Execute, and what stands before each value. */
static size_t weigh(const pg_statement *statement, const pg_bound *b)
{
    size_t bytes = OF_MESSAGES;

    for (int i = 0; i < statement->count; i++)
        bytes += OF_VALUE + (b->formats[i] ? (size_t)b->lengths[i] : PG_DIGITS);
    return bytes;
}

/* What is too much to lie there is waited for. */
cm_status pg_send(pg_db *db, const pg_statement *statement, const pg_bound *b)
{
    size_t bytes = weigh(statement, b);

    if (db->ahead_count && db->ahead_bytes + bytes > AHEAD_MAX)
        CM_TRY(pg_settle(db));
    CM_TRY(add(db, statement, b));
    db->ahead_bytes = db->ahead_count++ ? db->ahead_bytes + bytes : bytes;
    return bytes > AHEAD_MAX ? pg_settle(db) : cm_ok();
}

/* The next answer, which nothing comes after; NULL where the connection is lost. */
static PGresult *draw(pg_db *db)
{
    PGresult *answer = PQgetResult(db->connection), *more;

    while (answer && PQresultStatus(answer) != PGRES_PIPELINE_SYNC && (more = PQgetResult(db->connection)))
        PQclear(more);
    return answer;
}

/* What the server skipped, since one before it failed, says nothing of itself. */
static cm_status outcome(pg_db *db, const PGresult *answer)
{
    return answer && PQresultStatus(answer) == PGRES_PIPELINE_ABORTED ? cm_ok() : pg_outcome(db, answer, NULL);
}

/* The first failure of those that were sent ahead. */
static cm_status draw_those_ahead(pg_db *db)
{
    cm_status first = cm_ok();

    for (; db->ahead_count && db->usable; db->ahead_count--) {
        PGresult *answer = draw(db);
        cm_status s = outcome(db, answer);
        PQclear(answer);
        if (cm_is_ok(first))
            first = s;
        else
            cm_status_clear(&s);
    }
    db->ahead_count = 0;
    return first;
}

static void leave(pg_db *db)
{
    if (!db->usable)
        return;
    PQclear(draw(db));
    if (!PQexitPipelineMode(db->connection))
        db->usable = false;
}

cm_status pg_settle(pg_db *db)
{
    cm_status s;

    if (!db->ahead_count)
        return cm_ok();
    if (!PQpipelineSync(db->connection))
        return lost(db);
    s = draw_those_ahead(db);
    leave(db);
    return note(db, s);
}

cm_status pg_ask(pg_db *db, const pg_statement *statement, const pg_bound *b, PGresult **answer)
{
    cm_status s;

    *answer = NULL;
    CM_TRY(add(db, statement, b));
    if (!PQpipelineSync(db->connection))
        return lost(db);
    s = draw_those_ahead(db);
    if (db->usable)
        *answer = draw(db);
    if (cm_is_ok(s))
        s = pg_outcome(db, *answer, statement->sql);
    leave(db);
    return note(db, s);
}

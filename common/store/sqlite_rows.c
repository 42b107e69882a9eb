#include "store/sqlite.h"

static sqlite3_stmt *stmt_of(const cm_rows *rows)
{
    return ((const sqlite_statement *)rows->statement)->stmt;
}

bool sqlite_next(cm_rows *rows)
{
    sqlite3_stmt *stmt = stmt_of(rows);
    int outcome = sqlite3_step(stmt);

    if (outcome == SQLITE_ROW)
        return true;
    if (outcome != SQLITE_DONE)
        rows->status = sqlite_failure(sqlite3_db_handle(stmt), rows->db->store->name, sqlite3_sql(stmt));
    sqlite_end(rows);
    rows->statement = NULL;
    return false;
}

void sqlite_end(cm_rows *rows)
{
    sqlite_statement_done(rows->statement);
}

bool sqlite_is_null(const cm_rows *rows, int column)
{
    return sqlite3_column_type(stmt_of(rows), column) == SQLITE_NULL;
}

int64_t sqlite_integer(const cm_rows *rows, int column)
{
    return sqlite3_column_int64(stmt_of(rows), column);
}

double sqlite_real(const cm_rows *rows, int column)
{
    return sqlite3_column_double(stmt_of(rows), column);
}

const char *sqlite_text(const cm_rows *rows, int column)
{
    const unsigned char *text = sqlite3_column_text(stmt_of(rows), column);

    return text ? (const char *)text : "";
}

cm_bytes sqlite_blob(const cm_rows *rows, int column)
{
    const void *data = sqlite3_column_blob(stmt_of(rows), column);

    return (cm_bytes){data, (size_t)sqlite3_column_bytes(stmt_of(rows), column)};
}

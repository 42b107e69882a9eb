#include <errno.h>

#include "store/sqlite.h"

static cm_code code_of(int extended, int system_error)
{
    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
        extended == SQLITE_CONSTRAINT_ROWID)
        return CM_ALREADY_EXISTS;
    switch (extended & 0xff) {
        case SQLITE_CONSTRAINT:
            return CM_FAILED_PRECONDITION;
        case SQLITE_FULL:
            return CM_RESOURCE_EXHAUSTED;
        case SQLITE_IOERR: /* after an fsync that failed nobody knows what is on the disk, whatever the reason */
            if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC)
                return CM_UNAVAILABLE;
            return system_error == ENOSPC || system_error == EDQUOT ? CM_RESOURCE_EXHAUSTED : CM_UNAVAILABLE;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            return CM_UNAVAILABLE;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return CM_DATA_LOSS;
        case SQLITE_CANTOPEN:
            return CM_NOT_FOUND;
        case SQLITE_PERM:
        case SQLITE_READONLY:
            return CM_PERMISSION_DENIED;
        case SQLITE_TOOBIG:
            return CM_INVALID_ARGUMENT;
        default:
            return CM_INTERNAL;
    }
}

cm_status sqlite_failure(sqlite3 *handle, const char *name, const char *sql)
{
    cm_code code = code_of(sqlite3_extended_errcode(handle), sqlite3_system_errno(handle));

    if (code == CM_INTERNAL && sql)
        return cm_fail(code, "%s: %s, in \"%s\"", name, sqlite3_errmsg(handle), sql);
    return cm_fail(code, "%s: %s", name, sqlite3_errmsg(handle));
}

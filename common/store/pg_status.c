#include <string.h>

#include "store/pg.h"

#define DEADLOCK "40P01"

/* SQLSTATEs, or the beginnings of them, the more special before the more general. */
static const struct {
    const char *state;
    cm_code code;
} codes[] = {
    {"08P01", CM_INTERNAL},           /* a wrong number of values */
    {"08", CM_UNAVAILABLE},           /* the connection failed */
    {"22021", CM_INVALID_ARGUMENT},   /* a zero byte in a text, or no UTF-8 */
    {"23505", CM_ALREADY_EXISTS},     /* a unique key */
    {"23", CM_FAILED_PRECONDITION},   /* another constraint */
    {"25006", CM_PERMISSION_DENIED},  /* a read-only transaction */
    {"25P02", CM_ABORTED},            /* the transaction failed before */
    {"28", CM_PERMISSION_DENIED},     /* who we are */
    {"3D000", CM_NOT_FOUND},          /* no such database */
    {"3F000", CM_NOT_FOUND},          /* no such schema */
    {"40", CM_ABORTED},               /* serialization failure, deadlock */
    {"42501", CM_PERMISSION_DENIED},  /* what we may */
    {"53100", CM_RESOURCE_EXHAUSTED}, /* the disk is full */
    {"53200", CM_RESOURCE_EXHAUSTED}, /* no memory */
    {"53", CM_UNAVAILABLE},           /* too many connections */
    {"54", CM_INVALID_ARGUMENT},      /* larger than the server takes */
    {"55P03", CM_UNAVAILABLE},        /* a lock was waited for too long */
    {"57", CM_UNAVAILABLE},           /* shutting down, starting, cancelled */
    {"58", CM_UNAVAILABLE},           /* input and output */
    {"XX001", CM_DATA_LOSS},
    {"XX002", CM_DATA_LOSS},
};

static cm_code code_of(const char *state)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strncmp(state, codes[i].state, strlen(codes[i].state)) == 0)
            return codes[i].code;
    return CM_INTERNAL;
}

/* Where the server itself did not say what failed, it could not be reached; what is fatal is its last word. */
static bool is_lost(const PGresult *answer)
{
    const char *severity = answer ? PQresultErrorField(answer, PG_DIAG_SEVERITY_NONLOCALIZED) : NULL;

    return !severity || strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

static cm_status failure(pg_db *db, const PGresult *answer, const char *sql)
{
    const char *name = db->base.store->name;
    const char *state = answer ? PQresultErrorField(answer, PG_DIAG_SQLSTATE) : NULL;
    const char *message = answer ? PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    if (is_lost(answer))
        db->usable = false;
    if (!state) {
        message = PQerrorMessage(db->connection);
        return cm_fail(CM_UNAVAILABLE, "%s: %.*s", name, (int)strcspn(message, "\n"), message);
    }
    if (strcmp(state, DEADLOCK) == 0)
        cm_count(&db->base.store->deadlocks, 1);
    cm_code code = code_of(state);
    if (code == CM_INTERNAL && sql)
        return cm_fail(code, "%s: %s (%s), in \"%s\"", name, message ? message : "?", state, sql);
    return cm_fail(code, "%s: %s (%s)", name, message ? message : "?", state);
}

cm_status pg_outcome(pg_db *db, const PGresult *answer, const char *sql)
{
    switch (PQresultStatus(answer)) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
            return cm_ok();
        default:
            return failure(db, answer, sql);
    }
}

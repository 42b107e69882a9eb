#include "store/cm_claims.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "store/store_engine.h"

/* The locks of a purpose in a schema: number 0 is every member's, number n + 1 is piece n. Locks are a database's own.
 */
#define KEY "(hashtext('cityneg ' || $1 || ' in ' || current_schema()) & 2147483647)"

struct cm_claims {
    cm_db *db; /* NULL: this program alone has the store */
    char *purpose;
    int pieces, lease_ms;
    bool *held, *taken; /* by us; by anybody */
    int holding, share;
    int64_t renewed_us; /* when the last renewal began */
};

cm_status cm_claims_open(cm_store *store, const char *purpose, int pieces, int lease_ms, cm_claims **result)
{
    cm_db *db = NULL;

    if (store->engine->dialect == CM_POSTGRES)
        CM_TRY(cm_store_reader(store, &db));
    cm_claims *claims = cm_alloc(sizeof *claims);
    claims->db = db;
    claims->purpose = cm_strdup(purpose);
    claims->pieces = pieces;
    claims->lease_ms = lease_ms;
    claims->held = cm_alloc((size_t)pieces * sizeof *claims->held);
    claims->taken = cm_alloc((size_t)pieces * sizeof *claims->taken);
    *result = claims;
    return cm_ok();
}

void cm_claims_close(cm_claims *claims)
{
    if (!claims)
        return;
    if (claims->db)
        cm_db_close(claims->db);
    free(claims->purpose);
    free(claims->held);
    free(claims->taken);
    free(claims);
}

static void hold(cm_claims *claims, int piece)
{
    claims->holding += !claims->held[piece];
    claims->held[piece] = claims->taken[piece] = true;
}

static void forget(cm_claims *claims)
{
    memset(claims->held, 0, (size_t)claims->pieces * sizeof *claims->held);
    memset(claims->taken, 0, (size_t)claims->pieces * sizeof *claims->taken);
    claims->holding = 0;
}

/* What the server itself says is held, by whom; a session that was lost and made again has nothing. */
static cm_status look(cm_claims *claims, int *members, bool *member)
{
    cm_rows rows;

    forget(claims);
    *members = 0;
    *member = false;
    CM_TRY(cm_db_query(claims->db,
                       "SELECT CAST(objid AS BIGINT), pid = pg_backend_pid() FROM pg_locks WHERE locktype = 'advisory' "
                       "AND granted AND objsubid = 2 AND CAST(classid AS BIGINT) = " KEY
                       " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                       CM_WITH(cm_v_text(claims->purpose)), &rows));
    while (cm_rows_next(&rows)) {
        int64_t number = cm_rows_int(&rows, 0);
        bool ours = cm_rows_int(&rows, 1);
        if (number == 0) {
            ++*members;
            *member |= ours;
        } else if (number <= claims->pieces) {
            claims->taken[number - 1] = true;
            if (ours)
                hold(claims, (int)number - 1);
        }
    }
    return cm_rows_end(&rows);
}

/* A new session: the server is to end it where we no longer speak, and counts us among those who share. */
static cm_status join(cm_claims *claims)
{
    CM_FREE char *lease = cm_format("%dms", claims->lease_ms);

    CM_TRY(cm_db_run(claims->db, "SELECT set_config('idle_session_timeout', $1, false)", CM_WITH(cm_v_text(lease))));
    return cm_db_run(claims->db, "SELECT pg_try_advisory_lock_shared(" KEY ", 0)", CM_WITH(cm_v_text(claims->purpose)));
}

static cm_status take(cm_claims *claims, int piece)
{
    int64_t taken;

    CM_TRY(cm_db_integer(claims->db, "SELECT pg_try_advisory_lock(" KEY ", CAST($2 AS INTEGER))",
                         CM_WITH(cm_v_text(claims->purpose), cm_v_int(piece + 1)), 0, &taken));
    if (taken)
        hold(claims, piece);
    return cm_ok();
}

static cm_status renew(cm_claims *claims)
{
    int members;
    bool member;

    CM_TRY(look(claims, &members, &member));
    if (!member) {
        CM_TRY(join(claims));
        members++;
    }
    claims->share = (claims->pieces + members - 1) / members;
    for (int piece = 0; piece < claims->pieces && claims->holding < claims->share; piece++)
        if (!claims->taken[piece])
            CM_TRY(take(claims, piece));
    return cm_ok();
}

cm_status cm_claims_renew(cm_claims *claims)
{
    cm_status s = cm_ok();

    claims->renewed_us = cm_clock_monotonic_us();
    if (claims->db)
        s = renew(claims);
    else
        memset(claims->held, true, (size_t)claims->pieces * sizeof *claims->held);
    if (!cm_is_ok(s))
        forget(claims);
    return s;
}

/* Our count of the lease begins before the server's, so it also ends before. */
bool cm_claims_held(const cm_claims *claims, int piece)
{
    if (!claims->db)
        return claims->held[piece];
    return claims->held[piece] && cm_clock_monotonic_us() - claims->renewed_us < (int64_t)claims->lease_ms * 1000;
}

int cm_claims_spare(const cm_claims *claims)
{
    return claims->db && claims->holding > claims->share ? claims->holding - claims->share : 0;
}

cm_status cm_claims_give(cm_claims *claims, int piece)
{
    if (!claims->held[piece] || !claims->db)
        return cm_ok();
    claims->held[piece] = false;
    claims->holding--;
    return cm_db_run(claims->db, "SELECT pg_advisory_unlock(" KEY ", CAST($2 AS INTEGER))",
                     CM_WITH(cm_v_text(claims->purpose), cm_v_int(piece + 1)));
}

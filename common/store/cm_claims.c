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
    bool choosy;        /* `wanted` says what is ours, and not the share */
    bool *asked;        /* what cm_claims_want was told last */
    bool *wanted;       /* that, and what nobody came for since */
    int64_t *free_us;   /* since when it is free, as far as was seen; 0: it is taken */
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
    claims->wanted = cm_alloc((size_t)pieces * sizeof *claims->wanted);
    claims->asked = cm_alloc((size_t)pieces * sizeof *claims->asked);
    claims->free_us = cm_alloc((size_t)pieces * sizeof *claims->free_us);
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
    free(claims->wanted);
    free(claims->asked);
    free(claims->free_us);
    free(claims);
}

void cm_claims_want(cm_claims *claims, const bool *wanted)
{
    size_t size = (size_t)claims->pieces * sizeof *wanted;

    if (wanted && claims->choosy && memcmp(claims->asked, wanted, size) == 0)
        return;
    claims->choosy = wanted != NULL;
    if (!wanted)
        return;
    memcpy(claims->asked, wanted, size);
    memcpy(claims->wanted, wanted, size);
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

/* Whoever was to have it does not come: its store is away, or it shares no store with us. */
static void want_what_is_left(cm_claims *claims, int piece)
{
    int64_t now = cm_clock_monotonic_us();

    if (claims->taken[piece])
        claims->free_us[piece] = 0;
    else if (!claims->free_us[piece])
        claims->free_us[piece] = now;
    claims->wanted[piece] |= claims->free_us[piece] && now - claims->free_us[piece] > (int64_t)claims->lease_ms * 1000;
}

static bool may_take(const cm_claims *claims, int piece)
{
    return !claims->taken[piece] && (claims->choosy ? claims->wanted[piece] : claims->holding < claims->share);
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
    for (int piece = 0; piece < claims->pieces; piece++) {
        want_what_is_left(claims, piece);
        if (may_take(claims, piece))
            CM_TRY(take(claims, piece));
    }
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

bool cm_claims_wanted(const cm_claims *claims, int piece)
{
    return claims->choosy && claims->wanted[piece];
}

int cm_claims_spare(const cm_claims *claims)
{
    int ours = claims->share;

    if (!claims->db)
        return 0;
    if (claims->choosy) {
        ours = 0;
        for (int piece = 0; piece < claims->pieces; piece++)
            ours += claims->held[piece] && claims->wanted[piece];
    }
    return claims->holding > ours ? claims->holding - ours : 0;
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

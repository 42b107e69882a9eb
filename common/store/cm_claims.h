/* cm_claims.h: shares pieces of work among the programs that have one store open, each piece held by one of them at a
 * time. Reach for it where replicas would do the same thing twice: relays, feeds.
 *
 * On SQLite one program has the store, and holds everything. On PostgreSQL a piece is an advisory lock of a session of
 * its own. It goes with the session: when its program ends, when the network between loses it (keepalive, within 30 s),
 * and when nobody renews it for the length of the lease, which the server itself watches. So a program that stands
 * still loses what it held, and finds out before it goes on. Owned by one thread. */
#ifndef CM_CLAIMS_H
#define CM_CLAIMS_H

#include "store/cm_store.h"

typedef struct cm_claims cm_claims;

/* Claims on pieces 0 … `pieces` - 1 of what `purpose` names; programs that name the same share them. Nothing is held
 * before the first renewal. Does not connect. Ended with cm_claims_close, before the store. */
cm_status cm_claims_open(cm_store *store, const char *purpose, int pieces, int lease_ms,
                         cm_claims **claims) CM_MUST_USE;

/* From the next renewal on, who is to have what is said by `wanted` (by piece; copied), however many: others agree on
 * it outside of the store. What is not wanted is taken only once it has been free for a whole lease, since whoever was
 * to have it does not come, and is then kept until something else is wanted. NULL: any piece, up to an even share. */
void cm_claims_want(cm_claims *claims, const bool *wanted);

/* Keeps what is held and takes what is free and ours. To be called several times within a lease.
 * UNAVAILABLE where the server is not reached: nothing is held then. */
cm_status cm_claims_renew(cm_claims *claims) CM_MUST_USE;

/* Whether the piece is held now, as far as is known without asking: no longer so once a lease has passed. */
bool cm_claims_held(const cm_claims *claims, int piece);

/* How many pieces are held beyond what is ours: to be given back when they are at rest, whichever are not wanted. */
int cm_claims_spare(const cm_claims *claims);
bool cm_claims_wanted(const cm_claims *claims, int piece); /* false for all where an even share is ours */
cm_status cm_claims_give(cm_claims *claims, int piece) CM_MUST_USE;

/* Gives everything back. NULL: nothing. */
void cm_claims_close(cm_claims *claims);

#endif

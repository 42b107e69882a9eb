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

/* Keeps what is held and takes what is free, up to an even share. To be called several times within a lease.
 * UNAVAILABLE where the server is not reached: nothing is held then. */
cm_status cm_claims_renew(cm_claims *claims) CM_MUST_USE;

/* Whether the piece is held now, as far as is known without asking: no longer so once a lease has passed. */
bool cm_claims_held(const cm_claims *claims, int piece);

/* How many pieces are held beyond an even share: to be given back, whichever, when they are at rest. */
int cm_claims_spare(const cm_claims *claims);
cm_status cm_claims_give(cm_claims *claims, int piece) CM_MUST_USE;

/* Gives everything back. NULL: nothing. */
void cm_claims_close(cm_claims *claims);

#endif

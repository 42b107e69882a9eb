/* trd_memberships.h: who belongs to which institution, and when. Reach for it where members of an institution are
 * compared. In an arena; the rest is pure. */
#ifndef TRD_MEMBERSHIPS_H
#define TRD_MEMBERSHIPS_H

#include "base/cm_arena.h"
#include "base/cm_date.h"
#include "trends/trd_moment.h"
#include "trends/trd_unit.h"

typedef struct trd_membership {
    const char *name;                /* cities/…/memberships/… */
    const char *actor, *institution; /* cities/…, institutions/… */
    const char *state;               /* the actor's, as the event tells; "" for none */
    const char *collection;          /* id */
    TypCertainty certainty;
    RegMembershipStatus status;
    cm_date from, to; /* CM_PRECISION_NONE: not known */
} trd_membership;

/* All that are known, in order of institution and actor. */
cm_status trd_memberships_read(trd_moment at, cm_arena *arena, trd_membership **memberships, size_t *count) CM_MUST_USE;

/* Whether the actor was inside on that date: as member or associate, from its beginning (not known: since ever) to its
 * end. One that has left was inside until then, if the end is known. Partial dates are taken widely: the day may lie
 * anywhere in them. */
bool trd_membership_covers(const trd_membership *membership, cm_date date);

/* Whether the date certainly lies before the beginning. */
bool trd_membership_not_yet(const trd_membership *membership, cm_date date);

#endif

/* neg_agreement_status.h: the life of an agreement: which status may follow which, in what order steps stand, and where
 * it has come to. Reach for it when an agreement is recorded or its status changes. Pure; any thread.
 *
 * A life is known in part only: the first step on record may be any but resumed, which needs a suspension before it
 * (one without a date, where it is not known). Signing again while an agreement lives renews it, in_force again
 * confirms it; nothing follows the end: what is signed after it is another agreement. */
#ifndef NEG_AGREEMENT_STATUS_H
#define NEG_AGREEMENT_STATUS_H

#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "negotiations/neg_codes.h"

/* What may follow `last`; after UNSPECIFIED, what a life may begin with. */
neg_set neg_agreement_next(NegAgreementStatus last);

/* Puts the steps in order, in place, and adds to `wrong` each that cannot follow the one before: at
 * status_history[i].status, i being where it was given, with both states and what is allowed.
 *
 * A step that certainly lies before another comes first. Of equal dates the order of life holds: signed, in_force, then
 * suspended and resumed as they were given, then ended; dates that merely overlap (2023-02-08 and 2023) stay as they
 * were given. Without a date a signing comes first and an end comes last; other steps stay where they were given. Dates
 * that are none count as not known. */
void neg_agreement_settle(NegStatusStep **steps, size_t count, cm_arena *arena, cm_violations *wrong);

/* What dates a change of an agreement: the newest step where the change adds one, else the first. `before` is NULL for
 * a new one. */
const char *neg_agreement_dated(const ProtobufCMessage *after, const ProtobufCMessage *before);

/* Adds `step` after the newest of `a`. FAILED_PRECONDITION, naming both states and the steps that are allowed, where it
 * cannot follow, and where its date is certainly before the newest; `a` is then unchanged. */
cm_status neg_agreement_advance(NegAgreement *a, NegStatusStep *step, cm_arena *arena) CM_MUST_USE;

#endif

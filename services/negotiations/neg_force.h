/* neg_force.h: whether an agreement was in force on a date. Reach for it where partnerships are asked for by date.
 * Pure; any thread. */
#ifndef NEG_FORCE_H
#define NEG_FORCE_H

#include "base/cm_date.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

/* The state in which the agreement was on `day` (days since 1970): that of its last step on that day or before;
 * UNSPECIFIED before the first. A month counts at its middle, a year at its middle. A step without a date counts as on
 * the day of the step before it, the first one as before all days. */
NegAgreementStatus neg_force_status(const NegAgreement *agreement, int32_t day);

/* Signed, in force or resumed on that day. */
bool neg_force_holds(const NegAgreement *agreement, int32_t day);

#endif

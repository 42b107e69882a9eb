/* neg_service.h: cityneg.negotiations.v1.NegotiationsService: which handler answers which method, on which lane, and
 * how large a request may be. Reach for it in wiring. */
#ifndef NEG_SERVICE_H
#define NEG_SERVICE_H

#include "negotiations/neg_state.h"
#include "rpc/cm_service.h"

cm_service neg_service(neg_state *state);

/* Before it serves: finishes what a restore left to do (cm_resource_erase_pending). */
cm_status neg_service_resume(cm_journal *journal) CM_MUST_USE;

#endif

/* neg_state.h: what the service's handlers find by cm_call_state. Reach for it in wiring. */
#ifndef NEG_STATE_H
#define NEG_STATE_H

#include "journal/cm_journal.h"
#include "rpc/cm_channel.h"

typedef struct neg_state {
    cm_journal *journal;  /* borrowed */
    cm_channel *registry; /* borrowed */
} neg_state;

#endif

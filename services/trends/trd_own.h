/* trd_own.h: a question of a user's own: what it counts, of which facts, by which category, in which bins. Reach for it
 * to check one that is asked, and to find its units in an event. Pure; any thread. */
#ifndef TRD_OWN_H
#define TRD_OWN_H

#include "base/cm_filter.h"
#include "cityneg/trends/v1/trends.grpc-c.h"
#include "trends/trd_unit.h"

enum { TRD_OWN_MOST = 100 }; /* questions */

typedef struct trd_own {
    const TrdOwnQuestion *asked;
    const char *id;   /* after "questions/" */
    const char *kind; /* of facts: agreement */
    const cm_filter *filter;
    const cm_filter *category; /* a term whose path is the category's; NULL: actors.state, or none */
    bool states;               /* the category is actors.state */
    int per;                   /* bins in a year: 1, 4, 12 */
} trd_own;

/* Reads what is asked into the arena; `asked` stays as it is and must live as long. INVALID_ARGUMENT at the field that
 * makes no sense. */
cm_status trd_own_read(const TrdOwnQuestion *asked, cm_arena *arena, trd_own *own) CM_MUST_USE;

/* Calls `emit` for each unit that the event's resource is to the question. */
void trd_own_units(const trd_own *own, const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context);

#endif

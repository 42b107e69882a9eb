/* trd_filter.h: which units a filtered report counts: by certainty, institution, state and period. Reach for it
 * wherever units are handed to findings or shown as evidence; a collection picks findings, not units. Pure; any thread.
 *
 * Units are found over everything first: a filter never makes another first agreement, or another nearest stance. */
#ifndef TRD_FILTER_H
#define TRD_FILTER_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "trends/trd_agreements.h"

typedef struct trd_filter {
    TypCertainty certainty;         /* at least; 0: any */
    const char *institution;        /* institutions/…; "": any */
    const char *state;              /* states/…; "": any */
    const char *collection, *label; /* id and label; "": any. Of findings */
    int32_t from, to;               /* days; INT32_MIN, INT32_MAX: open */
    const char *words;              /* "checked, states/ru, 2000 to 2010"; "" where everything fits */
} trd_filter;

extern const trd_filter trd_filter_none;

/* Reads what was asked for; NULL is everything. Words and names lie in the arena. INVALID_ARGUMENT at filter.… names
 * what cannot be read or is the wrong way round; NOT_FOUND a collection, an institution or a state that nothing
 * recorded is called. */
cm_status trd_filter_read(cm_db *db, const TrdUnitFilter *asked, cm_arena *arena, trd_filter *filter) CM_MUST_USE;

/* The first or the last day of a date; `day` stays as it is where the text is empty. INVALID_ARGUMENT at `field`. */
cm_status trd_filter_day(const char *field, const char *text, bool last, int32_t *day, cm_date *date) CM_MUST_USE;

/* NOT_FOUND where no fact is called `name`; `type` is for the message. */
cm_status trd_filter_known(cm_db *db, const char *type, const char *name) CM_MUST_USE;

/* Whether it asks for certain units (a collection alone does not). */
bool trd_filter_picks(const trd_filter *filter);

/* Whether a unit fits by certainty and date. What has no date fits every period: it is counted beside. */
bool trd_filter_fits(const trd_filter *filter, TypCertainty certainty, cm_date date);

/* Whether one of the actors is the institution, and one is the state or belongs to it. */
bool trd_filter_names(const trd_filter *filter, const char *const *actors, const char *const *states, size_t count);

/* Both, of a unit whose fact is this event. Where the unit is of one actor, the state is that actor's. */
bool trd_filter_unit(const trd_filter *filter, const trd_unit *unit, const EvtEvent *event);

/* All of it, of an agreement that is counted on that date. */
bool trd_filter_agreement(const trd_filter *filter, const trd_agreement *agreement, cm_date date);

#endif

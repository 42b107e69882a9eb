/* trd_unit.h: what the questions count. Each event of a resource yields units: one negotiation, one entry, a pair of
 * negotiation and city, a membership. Reach for it where facts are counted (cells) or shown (evidence, resampling).
 * Pure; any thread. */
#ifndef TRD_UNIT_H
#define TRD_UNIT_H

#include "base/cm_date.h"
#include "cityneg/events/v1/events.grpc-c.h"

/* A whole unit. Divisible by 1 to 20, so that a unit that is split evenly over its categories is taken out exactly as
 * it was put in. */
enum { TRD_WHOLE = 232792560, TRD_SPLIT_MAX = 20 };

typedef struct trd_unit {
    const char *resource;   /* the evidence */
    const char *actor;      /* whose it is: a participant, a member; NULL: of all that its fact names */
    const char *cluster;    /* what it hangs together with: resampled as one */
    cm_date date;           /* CM_PRECISION_NONE: undated */
    const char *group;      /* "" unless a question counts within groups: an institution, a format */
    const char *category;   /* "": what is counted is not known */
    const char *collection; /* "russia"; "" where none is given */
    TypCertainty certainty; /* of the surest of its sources */
    int64_t weight;    /* in parts of TRD_WHOLE; of evidence, 0: it is not counted, but what is counted rests on it */
    const char *order; /* of evidence: where it is listed; NULL: by the resource */
} trd_unit;

typedef void (*trd_emit)(void *context, const trd_unit *unit);

/* Calls `emit` for each unit that the event's resource is to the question's `units` function. Strings live as long as
 * the event; the unit itself only during the call. */
typedef void (*trd_units)(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context);

void trd_format_units(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context);
void trd_capacity_units(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context);
void trd_topic_units(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context);
void trd_channel_units(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context);
void trd_accession_units(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context);

/* A date in the log was checked when it was recorded; one that cannot be read any more counts as none. */
cm_date trd_date(const char *text);

/* The surest of the citations; unspecified where there is none. */
TypCertainty trd_surest(TypCitation *const *citations, size_t count);

/* The earliest dated signature of an agreement; CM_PRECISION_NONE where there is none. */
cm_date trd_signed_on(const NegAgreement *agreement);

/* "collections/russia" → "russia". */
const char *trd_collection(const char *name);

/* "negotiations/paris-2015/entries/3" → "negotiations/paris-2015"; a root is itself. */
const char *trd_root(const char *resource, cm_arena *arena);

/* What the event knew of an actor, NULL where it does not name it. */
const TypActorSnapshot *trd_snapshot(const EvtEvent *event, const char *actor);

#endif

/* trd_coverage.h: which collections there are and when they were looking. Reach for it before any test: silence where
 * nobody looked is not a fall. One thread; lives in the arena it was read into. */
#ifndef TRD_COVERAGE_H
#define TRD_COVERAGE_H

#include "base/cm_arena.h"
#include "trends/trd_moment.h"

typedef struct trd_collection_info {
    const char *id;    /* "gcom-accessions": as units name it */
    const char *label; /* "gcom_accessions": as reports print it */
    int from, to;      /* the first and the last year covered; 0: not stated, nothing is covered */
    bool to_the_end;   /* the last year is covered to its end: `to` is written to December */
    bool census;       /* all there is by its own definition */
} trd_collection_info;

typedef struct trd_coverage {
    trd_collection_info *collections;
    size_t count;
} trd_coverage;

cm_status trd_coverage_read(trd_moment at, cm_arena *arena, trd_coverage *coverage) CM_MUST_USE;

/* NULL where the id is not known. */
const trd_collection_info *trd_coverage_find(const trd_coverage *coverage, const char *id);

/* The label of a collection, its id where it is not known. */
const char *trd_coverage_label(const trd_coverage *coverage, const char *id);

/* Where a collection's coverage is written: "institutions" stands under "memberships", as does every collection but
 * gcom-accessions where memberships are counted. NULL where it has none: then it covers nothing. */
const trd_collection_info *trd_coverage_of(const trd_coverage *coverage, const char *id, bool memberships);

#endif

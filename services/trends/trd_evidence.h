/* trd_evidence.h: the rows behind a number. Reach for it to answer ListEvidence, and to tell by a digest which rows a
 * number rests on. */
#ifndef TRD_EVIDENCE_H
#define TRD_EVIDENCE_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "trends/trd_finding.h"
#include "trends/trd_named.h"

/* Reading the rows behind several numbers of one state. */
typedef struct trd_evidence {
    trd_report *report; /* with a store, an arena and a filter */
    int64_t since;      /* rows whose newest revision was recorded after this (wall microseconds); 0: all */
    const char **fresh; /* their names, in order */
    size_t fresh_count;
    const char *read; /* of what units are kept: a question, and what of it; "": none */
    trd_unit *units;
    size_t count;
    struct trd_revision *revisions; /* of all facts, by name; NULL: not read yet */
    size_t revision_count;
    struct trd_inputs *inputs; /* digests that were asked for */
    const trd_named *named;    /* which facts rest on merges; NULL: not read yet */
} trd_evidence;

/* Reads the report's coverage, and what was recorded since. */
cm_status trd_evidence_begin(trd_report *report, int64_t since, trd_evidence *evidence) CM_MUST_USE;

/* Where a list goes on: behind this key, "" from its beginning. Rows keep their keys, whatever is recorded between. */
typedef struct trd_evidence_page {
    TrdEvidenceRow **rows;
    size_t count;
    const char *last; /* key of the last row */
    int64_t more;     /* how many rows come after */
} trd_evidence_page;

/* Rows of "question/category" or "question/category@collection" that fit the report's filter, after a key, at most
 * `limit`. With '*' for the category, or in its place behind a group: all that its numbers rest on. NOT_FOUND for a
 * question that is none. */
cm_status trd_evidence_list(trd_evidence *evidence, const char *name, const char *after, int limit,
                            trd_evidence_page *page) CM_MUST_USE;

/* The same of units that are found elsewhere, without a filter. */
cm_status trd_evidence_list_units(trd_evidence *evidence, const trd_unit *units, size_t unit_count, const char *after,
                                  int limit, trd_evidence_page *page) CM_MUST_USE;

/* The rows that were listed `then`, in a report of an earlier moment, and whose resources are not listed `now`. */
cm_status trd_evidence_left(trd_evidence *now, trd_evidence *then, const char *name, int limit,
                            trd_evidence_page *page) CM_MUST_USE;

/* The digest of the rows that would be listed: SHA-256 of "resource revision\n" for each different resource, in order
 * of their bytes; in hexadecimal, in the arena. */
cm_status trd_evidence_digest(trd_evidence *evidence, const char *name, const char **digest) CM_MUST_USE;

/* Sets the digest of what each finding rests on. */
cm_status trd_evidence_set_digests(trd_report *report, TrdQuestionAnswer *const *questions, size_t count) CM_MUST_USE;

#endif

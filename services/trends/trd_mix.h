/* trd_mix.h: shares of categories within groups and collections, from units. Reach for it in every question that counts
 * a mix; what a question does differently is in its plan. In the report's arena; one thread. */
#ifndef TRD_MIX_H
#define TRD_MIX_H

#include "trends/trd_finding.h"
#include "trends/trd_unit.h"

/* A category of a finding and what it is made of. */
typedef struct trd_category {
    const char *name;
    const char *const *parts;   /* categories of units, ends with NULL; NULL: the name itself */
    bool tested;                /* its share is tested */
    bool alone;                 /* enters q by itself: it does not sum to one with the others */
    const char *const *against; /* tested as a share of these categories only, ends with NULL; NULL: of all */
} trd_category;

/* Units to count: sums for the numbers, single ones for resampling (may be the same array). */
typedef struct trd_tally {
    const trd_unit *counts;
    size_t count;
    const trd_unit *units; /* NULL: no cluster intervals */
    size_t unit_count;
    bool memberships; /* coverage is that of memberships */
    int step;         /* years in a bin: 1, or 10 */
    int per;          /* bins in a year: units are dated by their bins (trd_bin.h) */
} trd_tally;

/* One group in one collection: what its categories are parts of. */
typedef struct trd_scope {
    const trd_tally *tally;
    const char *group, *collection; /* collection "": all together */
    double total, unknown, undated;
    double coarse;             /* of undated: what has a date, but a less precise one than the bins */
    double certainties[4];     /* of the units in total */
    int from, to;              /* years of the units in total; 0 where there is none */
    const char **contributing; /* collections with a unit in total */
    size_t contributors;
    int unfinished; /* the first year that no test sees; 0: none */
} trd_scope;

trd_scope trd_scope_of(trd_report *report, const trd_tally *tally, const char *group, const char *collection);

/* The scope's series of a category. */
trd_series trd_scope_series(trd_report *report, const trd_scope *scope, const trd_category *category);

/* Weight of the category's dated units in the scope. */
double trd_scope_sum(const trd_scope *scope, const trd_category *category);

/* Fills what all findings have: n, total, estimate, intervals, series, period, unknown, undated, certainties. */
cm_status trd_scope_fill(trd_report *report, const trd_scope *scope, const trd_category *category,
                         TrdFinding *finding) CM_MUST_USE;

/* Whether in every contributing collection the category has all units or none: its share then moves only with the
 * collections. False for a scope of one collection. */
bool trd_scope_set_by_collection(const trd_scope *scope, const trd_category *category);

/* The tally of an additive question: sums from its cells, single units from facts where intervals by clusters are
 * wanted. */
cm_status trd_tally_of(trd_report *report, const char *question, bool clusters, trd_tally *tally) CM_MUST_USE;

/* Distinct values of the counts' group / collection / category (within a scope's group and collection), in order. */
const char **trd_groups(trd_report *report, const trd_tally *tally, size_t *count);
const char **trd_collections(trd_report *report, const trd_tally *tally, const char *group, size_t *count);
const char **trd_categories(trd_report *report, const trd_tally *tally, const char *group, const char *collection,
                            size_t *count);

/* All findings of a group with these categories: for all together and for each collection, filled and tested. `label`
 * is put before the category's name ("bilateral/"). `family` is counted up for each scope. */
typedef struct trd_plan {
    const char *question, *label, *group;
    const trd_category *categories;
    size_t count;
    const char *what; /* for sentences: "negotiations" */
    bool split;       /* units may be fractions of several categories: no Wilson interval */
} trd_plan;
cm_status trd_mix_group(trd_report *report, const trd_tally *tally, const trd_plan *plan, trd_findings *findings,
                        int *family) CM_MUST_USE;

#endif

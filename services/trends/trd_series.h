/* trd_series.h: units by calendar year (quarter, month), of one finding: how many count, of how many, and whether the
 * sources were looking. Reach for it to test a finding. In an arena; one thread. */
#ifndef TRD_SERIES_H
#define TRD_SERIES_H

#include "trends/trd_bin.h"
#include "trends/trd_coverage.h"

typedef struct trd_series {
    int from, to;                    /* years (or decades, by their first year); from > to: empty */
    int step;                        /* 1, or 10 for decades */
    int per;                         /* 4 or 12: from and to are quarters or months, year × per + k; else 1 */
    double *count, *total;           /* by (year − from) / step */
    double *seen_count, *seen_total; /* of these, what lies in the coverage of its own collection: what tests see */
    bool *covered;
} trd_series;

/* Bins from … to, all zero and not covered. */
trd_series trd_series_new(cm_arena *arena, int from, int to, int step);
size_t trd_series_bins(const trd_series *series);

/* Adds to the bin of a year that lies within; `seen`: the unit's own collection was looking. */
void trd_series_add(trd_series *series, int year, double count, double total, bool seen);

/* The bins that may be tested: covered, before `unfinished` (0: all are finished), and for shares with a total of at
 * least 5. A bin that is left out keeps its place, since times are calendar years. */
typedef struct trd_bins {
    double *times, *counts, *totals, *shares; /* for counts, shares are the counts */
    size_t n;
    int per;      /* of the series */
    int from, to; /* years (quarters, months) of the first and the last bin; 0 where there is none */
} trd_bins;
trd_bins trd_series_tested(const trd_series *series, bool shares, int unfinished, cm_arena *arena);

enum { TRD_LEAST_TOTAL = 5 };

/* Sums of split units are whole numbers of parts: told as such, equal shares are equal to the last bit, and ties are
 * ties. */
double trd_parts(double sum);

#endif

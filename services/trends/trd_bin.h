/* trd_bin.h: years, quarters and months as numbers: year × per + k, with `per` of them in a year: 4, 12, or 0 or 1 for
 * years. Reach for it wherever units are counted over time. Pure; any thread. */
#ifndef TRD_BIN_H
#define TRD_BIN_H

#include "base/cm_arena.h"
#include "cityneg/trends/v1/trends.grpc-c.h"
#include "trends/trd_unit.h"

/* How many there are in a year; nothing asked for is a year. INVALID_ARGUMENT at `field` for what is no bin. */
cm_status trd_bin_per(const char *field, TrdBin bin, int *per) CM_MUST_USE;

/* The bin of a date; TRD_BIN_COARSE where it is less precise than the bins, and TRD_BIN_UNDATED. */
enum { TRD_BIN_UNDATED = -10000000, TRD_BIN_COARSE };
int trd_bin_of(int per, cm_date date);

/* A bin as the date of a unit that is counted in it: its number stands for the year. */
cm_date trd_bin_date(int bin);

/* A copy of units, each dated by its bin; by years they stay as they are. */
const trd_unit *trd_bin_units(cm_arena *arena, int per, const trd_unit *units, size_t count);

/* The days that it lasts. */
int32_t trd_bin_first_day(int per, int bin);
int32_t trd_bin_last_day(int per, int bin);

/* "2015", "2015-Q4", "2015-12"; "1990s" where `step` is 10. */
char *trd_bin_text(cm_arena *arena, int per, int step, int bin);

#endif

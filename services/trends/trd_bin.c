#include "trends/trd_bin.h"

#include "base/cm_memory.h"

cm_status trd_bin_per(const char *field, TrdBin bin, int *per)
{
    static const int pers[] = {1, 1, 4, 12};

    if ((unsigned)bin > TRD_BIN_MONTH)
        return cm_invalid(field, "%d is no bin; give BIN_YEAR, BIN_QUARTER or BIN_MONTH", (int)bin);
    *per = pers[bin];
    return cm_ok();
}

int trd_bin_of(int per, cm_date date)
{
    if (date.precision == CM_PRECISION_NONE)
        return TRD_BIN_UNDATED;
    if (per <= 1)
        return date.year;
    if (date.precision < CM_PRECISION_MONTH)
        return TRD_BIN_COARSE;
    return date.year * per + (date.month - 1) * per / 12;
}

cm_date trd_bin_date(int bin)
{
    return (cm_date){.year = bin, .precision = bin > TRD_BIN_COARSE ? CM_PRECISION_YEAR : CM_PRECISION_NONE};
}

const trd_unit *trd_bin_units(cm_arena *arena, int per, const trd_unit *units, size_t count)
{
    if (per <= 1 || count == 0)
        return units;
    trd_unit *binned = cm_arena_copy(arena, units, count * sizeof *binned);
    for (size_t i = 0; i < count; i++)
        binned[i].date = trd_bin_date(trd_bin_of(per, units[i].date));
    return binned;
}

/* The first month of a bin, or the last one. */
static cm_date month_of(int per, int bin, bool last)
{
    int in_year = per > 1 ? per : 1, months = 12 / in_year;

    return (cm_date){
        .year = bin / in_year, .month = bin % in_year * months + (last ? months : 1), .precision = CM_PRECISION_MONTH};
}

int32_t trd_bin_first_day(int per, int bin)
{
    return cm_date_first_day(month_of(per, bin, false));
}

int32_t trd_bin_last_day(int per, int bin)
{
    return cm_date_last_day(month_of(per, bin, true));
}

char *trd_bin_text(cm_arena *arena, int per, int step, int bin)
{
    if (per == 4)
        return cm_arena_format(arena, "%04d-Q%d", bin / 4, bin % 4 + 1);
    if (per == 12)
        return cm_arena_format(arena, "%04d-%02d", bin / 12, bin % 12 + 1);
    return cm_arena_format(arena, step == 10 ? "%04ds" : "%04d", bin);
}

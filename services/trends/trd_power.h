/* trd_power.h: ranks of cities and states by what their power rests on, and the index made of them. Reach for it where
 * the balance of power between a city and its state is told. Pure; in an arena. */
#ifndef TRD_POWER_H
#define TRD_POWER_H

#include "base/cm_arena.h"
#include "base/cm_date.h"
#include "trends/trd_unit.h"

enum { TRD_POWER_AGE = 10, TRD_POWER_LEAST = 3 }; /* years that a value carries; values in a ranking */

/* One value of one measure. */
typedef struct trd_power_value {
    const char *resource; /* where it is recorded */
    const char *owner;    /* cities/… or states/… */
    const char *state;    /* the owner's; "" for none */
    const char *unit;     /* values of one unit are ranked together */
    const char *text;     /* the value in words: "Alpha-", "30.7 % of national GDP" */
    int year;             /* 0: not known */
    double value;
    const char *collection; /* id */
    TypCertainty certainty;
} trd_power_value;

/* Where a value stands. */
typedef struct trd_power_rank {
    const trd_power_value *value;
    double rank;  /* 1 … n from the smallest, ties share their mean */
    size_t n;     /* ≥ TRD_POWER_LEAST */
    double share; /* (rank − 0.5) / n */
} trd_power_rank;

/* Orders values by unit and owner, the newest first; within_state: by unit, state and owner. trd_power_ranks wants them
 * so. */
void trd_power_sort(trd_power_value *values, size_t count, bool within_state);

/* Ranks of all owners that have one in that year, at most one each, in order of owners: of each unit and owner the
 * newest value not after `year` and at most TRD_POWER_AGE years old takes part, with `within_state` among owners of the
 * same state (none where it is not known). Of an owner's ranks the one of the newest value counts, then the one among
 * more, then the first unit. */
void trd_power_ranks(const trd_power_value *values, size_t count, int year, bool within_state, cm_arena *arena,
                     trd_power_rank **ranks, size_t *rank_count);

/* The rank of an owner; NULL where it has none. */
const trd_power_rank *trd_power_find(const trd_power_rank *ranks, size_t count, const char *owner);

/* A part: the rank's share, or the mean of two (each may be NULL); NaN where there is neither. */
double trd_power_part(const trd_power_rank *one, const trd_power_rank *other);

/* The geometric mean of three parts in (0, 1); NaN where one is missing. */
double trd_power_index(const double parts[3]);

#endif

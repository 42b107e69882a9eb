/* trd_influences.h: what the power of cities and states rests on, as recorded: tiers, shares of GDP, foreign missions,
 * autonomy, memberships. Reach for it to rank them with trd_power.h. In an arena. */
#ifndef TRD_INFLUENCES_H
#define TRD_INFLUENCES_H

#include "trends/trd_memberships.h"
#include "trends/trd_moment.h"
#include "trends/trd_power.h"

typedef enum trd_measure {
    TRD_AUTONOMY, /* of states */
    TRD_TIER,
    TRD_GDP_SHARE,
    TRD_MEMBERSHIPS, /* of a year: trd_influences_memberships */
    TRD_MISSIONS,
    TRD_MEASURES
} trd_measure;

typedef struct trd_values {
    trd_power_value *items;
    size_t count;
} trd_values;

/* The cities with a tier, a share or a number of missions, in order. */
typedef struct trd_power_city {
    const char *name, *state; /* state "" where it is not known */
} trd_power_city;

typedef struct trd_influences {
    trd_values of[TRD_MEASURES]; /* TRD_MEMBERSHIPS is empty */
    trd_power_city *cities;
    size_t city_count;
    const trd_membership *memberships; /* of these cities, that may count; in order of institution and actor */
    size_t membership_count;
} trd_influences;

cm_status trd_influences_read(trd_moment at, cm_arena *arena, trd_influences *influences) CM_MUST_USE;

/* The index of a city; city_count where it is none of them. */
size_t trd_influences_city(const trd_influences *influences, const char *name);

/* How many institutions each city is inside in that year, where it is any. */
trd_values trd_influences_memberships(const trd_influences *influences, int year, cm_arena *arena);

/* The first and the last year in which a value is dated; 1 and 0 where there is none. */
void trd_influences_years(const trd_influences *influences, int *from, int *to);

#endif

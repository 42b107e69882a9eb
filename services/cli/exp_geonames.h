/* exp_geonames.h: cities as GeoNames writes them: its dump of places, and its alternate names. Reach for it where an
 * export is to be read by what reads GeoNames, `cityneg import geonames` and `geonames-names` among it. One thread. */
#ifndef EXP_GEONAMES_H
#define EXP_GEONAMES_H

#include <stdio.h>

#include "cityneg/registry/v1/registry.grpc-c.h"

typedef struct exp_geonames exp_geonames;

/* `alternates`: the alternate names, else the places. */
exp_geonames *exp_geonames_new(FILE *out, bool alternates);

/* Writes a city's line, or its names'; what is no city is left out. What the format has no place for is counted. Names
 * are to come in their order. */
void exp_geonames_put(exp_geonames *to, const RegActor *actor);

/* Writes the places that waited, tells on stderr what was left out and why, and frees. */
void exp_geonames_end(exp_geonames *to);

#endif

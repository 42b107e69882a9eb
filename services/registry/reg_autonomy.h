/* reg_autonomy.h: local autonomy in states, by year, as a kind of resource. Reach for it in the registry's table of
 * methods. */
#ifndef REG_AUTONOMY_H
#define REG_AUTONOMY_H

#include "journal/cm_resource.h"

extern const cm_resource_kind reg_autonomy_kind;

/* The Local Autonomy Index of the eleven scores, 0 … 100, and its seven parts. Pure; any thread. */
double reg_autonomy_index(const RegAutonomyScores *scores, RegAutonomyParts *parts);

#endif

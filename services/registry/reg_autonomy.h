/* reg_autonomy.h: local autonomy in states, by year, as a kind of resource. Reach for it in the registry's table of
 * methods. */
#ifndef REG_AUTONOMY_H
#define REG_AUTONOMY_H

#include "journal/cm_resource.h"

extern const cm_resource_kind reg_autonomy_kind;

#endif

/* reg_grouping.h: editions of groupings of states as a kind of resource. Reach for it in the registry's table of
 * methods. */
#ifndef REG_GROUPING_H
#define REG_GROUPING_H

#include "journal/cm_resource.h"

extern const cm_resource_kind reg_grouping_kind;

#endif

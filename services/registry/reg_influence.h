/* reg_influence.h: measured influence of cities as a kind of resource. Reach for it in the registry's table of methods.
 */
#ifndef REG_INFLUENCE_H
#define REG_INFLUENCE_H

#include "journal/cm_resource.h"

extern const cm_resource_kind reg_influence_kind;

#endif

/* reg_membership.h: memberships of actors in institutions as a kind of resource. Reach for it in the registry's table
 * of methods. */
#ifndef REG_MEMBERSHIP_H
#define REG_MEMBERSHIP_H

#include "journal/cm_resource.h"

extern const cm_resource_kind reg_membership_kind;

#endif

#include "registry/reg_names.h"

#include <stddef.h>

const char *const reg_state_patterns[] = {"states/{state}", NULL};
const char *const reg_region_patterns[] = {"regions/{region}", NULL};
const char *const reg_institution_patterns[] = {"institutions/{institution}", NULL};
const char *const reg_membership_patterns[] = {
    "cities/{city}/memberships/{membership}",
    "states/{state}/memberships/{membership}",
    "regions/{region}/memberships/{membership}",
    "institutions/{institution}/memberships/{membership}",
    "organisations/{organisation}/memberships/{membership}",
    "companies/{company}/memberships/{membership}",
    NULL,
};
const char *const reg_grouping_patterns[] = {"groupings/{grouping}", NULL};
const char *const reg_grouping_edition_patterns[] = {"groupings/{grouping}/editions/{date}", NULL};
const char *const reg_influence_patterns[] = {"cities/{city}/influences/{influence}", NULL};
const char *const reg_autonomy_profile_patterns[] = {"states/{state}/autonomyProfiles/{year}", NULL};

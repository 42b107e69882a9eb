/* reg_names.h: the patterns of the names that the registry makes. Reach for it where a name is checked, and in kinds.
 */
#ifndef REG_NAMES_H
#define REG_NAMES_H

extern const char *const reg_state_patterns[];
extern const char *const reg_region_patterns[];
extern const char *const reg_institution_patterns[];
extern const char *const reg_membership_patterns[];
extern const char *const reg_grouping_patterns[];
extern const char *const reg_grouping_edition_patterns[];
extern const char *const reg_influence_patterns[];
extern const char *const reg_autonomy_profile_patterns[];

#endif

/* neg_names.h: the patterns of every resource name that this service makes or mentions. Reach for it where a name is
 * checked, and in the kinds' table. */
#ifndef NEG_NAMES_H
#define NEG_NAMES_H

extern const char *const neg_source_patterns[];
extern const char *const neg_collection_patterns[];
extern const char *const neg_issue_patterns[];
extern const char *const neg_negotiation_patterns[];
extern const char *const neg_entry_patterns[];
extern const char *const neg_position_patterns[];
extern const char *const neg_agreement_patterns[];

#endif

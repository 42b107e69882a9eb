#include "negotiations/neg_names.h"

#include <stddef.h>

const char *const neg_source_patterns[] = {"sources/{source}", NULL};
const char *const neg_collection_patterns[] = {"collections/{collection}", NULL};
const char *const neg_issue_patterns[] = {"issues/{issue}", NULL};
const char *const neg_negotiation_patterns[] = {"negotiations/{negotiation}", NULL};
const char *const neg_entry_patterns[] = {"negotiations/{negotiation}/entries/{entry}", NULL};
const char *const neg_position_patterns[] = {"positions/{position}", NULL};
const char *const neg_agreement_patterns[] = {"agreements/{agreement}", NULL};

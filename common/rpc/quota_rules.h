/* quota_rules.h: who may make how many calls a second, as a file says it. Reach for it in cm_quotas.c. Internal; its
 * owner's lock guards it. */
#ifndef QUOTA_RULES_H
#define QUOTA_RULES_H

#include "rpc/cm_service.h"

typedef struct quota_rule {
    const char *identity;
    cm_role role; /* that methods need */
    double rate;  /* calls a second */
    double burst; /* calls at once */
} quota_rule;

typedef struct quota_rules {
    char *text; /* of the file, which the identities are parts of */
    quota_rule *items;
    size_t count, capacity;
} quota_rules;

/* Takes over `text`, also where it fails. INVALID_ARGUMENT names the line of `path` that is wrong. */
cm_status quota_rules_parse(const char *path, char *text, quota_rules *rules) CM_MUST_USE;
void quota_rules_clear(quota_rules *rules);

/* The rule of the identity itself, else that of everybody; NULL: none. `*` is not for "anonymous". */
const quota_rule *quota_rules_find(const quota_rules *rules, const char *identity, cm_role role);

const char *quota_role_name(cm_role role);

#endif

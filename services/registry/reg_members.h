/* reg_members.h: who was in an institution on a date. Reach for it in the registry's table of methods; the dates of one
 * membership are judged by pure functions, which the kind of memberships uses too. */
#ifndef REG_MEMBERS_H
#define REG_MEMBERS_H

#include "base/cm_date.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "rpc/cm_call.h"

/* A date that was checked when it came or was recorded; "" is none. */
cm_date reg_date(const char *text);

/* Whether the date may lie in the span, as far as all three are known; "" is an end that is not known. */
bool reg_span_covers(const char *from, const char *to, const char *date);

/* Whether two spans have more than an end in common, as far as that is known: 2010 to 2015 and 2015 to open do not. */
bool reg_spans_overlap(const char *from, const char *to, const char *other_from, const char *other_to);

cm_status reg_list_members(cm_call *call, const RegListMembersRequest *request,
                           RegListMembersResponse *response) CM_MUST_USE;

#endif

/* reg_editions.h: groupings as of a date, and what differs between two editions. Reach for it in the registry's table
 * of methods. */
#ifndef REG_EDITIONS_H
#define REG_EDITIONS_H

#include "cityneg/registry/v1/registry.grpc-c.h"
#include "rpc/cm_call.h"

cm_status reg_get_grouping_as_of(cm_call *call, const RegGetGroupingAsOfRequest *request,
                                 RegGroupingEdition *response) CM_MUST_USE;
cm_status reg_compare_grouping_editions(cm_call *call, const RegCompareGroupingEditionsRequest *request,
                                        RegCompareGroupingEditionsResponse *response) CM_MUST_USE;
cm_status reg_get_grouping_complement(cm_call *call, const RegGetGroupingComplementRequest *request,
                                      RegGetGroupingComplementResponse *response) CM_MUST_USE;

#endif

#include "cityneg/events/v1/contract.grpc-c.h"
#include "cityneg/events/v1/events.grpc-c.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "cityneg/trends/v1/trends.grpc-c.h"
#include "json_roots.h"

const ProtobufCMessageDescriptor *const json_roots[] = {&EvtEvent_descriptor, &TrdTrend_descriptor,
                                                        &JrnDeadRecord_descriptor, NULL};
const cm_service_desc *const json_services[] = {&reg_registry_service_desc, &neg_negotiations_service_desc,
                                                &trd_trends_service_desc,   &jrn_journal_service_desc,
                                                &evt_contract_service_desc, NULL};

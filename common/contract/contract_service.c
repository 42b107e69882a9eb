#include "cityneg/events/v1/contract.grpc-c.h"
#include "contract/cm_contract.h"

static cm_status get_contract(cm_call *call, const EvtGetContractRequest *request, EvtGetContractResponse *response)
{
    response->version = (char *)cm_contract_version;
    response->file_descriptor_set =
        (ProtobufCBinaryData){cm_contract_descriptors_size, (uint8_t *)cm_contract_descriptors};
    response->asyncapi = (char *)cm_contract_asyncapi;
    return cm_ok();
}

cm_service cm_contract_service(void)
{
    static const EvtContractService methods = {
        .get_contract = {.handler = get_contract, .lane = CM_INLINE, .role = CM_MAY_READ, .largest = 64}};

    return evt_contract_service(&methods, NULL);
}

/* cm_contract.h: what is on the Kafka topics, as files that other programs read: made by common/contract/gen from the
 * .proto files when the program is built. Reach for it where the contract is served or written. Static; any thread. */
#ifndef CM_CONTRACT_H
#define CM_CONTRACT_H

#include <stddef.h>

#include "rpc/cm_service.h"

extern const char cm_contract_version[];
extern const unsigned char cm_contract_descriptors[]; /* a google.protobuf.FileDescriptorSet */
extern const size_t cm_contract_descriptors_size;
extern const char cm_contract_asyncapi[]; /* AsyncAPI 3, JSON */

/* cityneg.events.v1.ContractService. */
cm_service cm_contract_service(void);

#endif

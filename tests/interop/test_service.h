/* test_service.h: grpc.testing.TestService, written as any service of common/rpc is. Reach for it in the
 * interoperability server. */
#ifndef TEST_SERVICE_H
#define TEST_SERVICE_H

#include "rpc/cm_service.h"

/* Its streams wait on the background lane where a caller asks for pauses between answers. */
cm_service test_service(void);

#endif

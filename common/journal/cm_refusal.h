/* cm_refusal.h: a failure as one of the items of an answer. Reach for it where a request of many items takes what is
 * right and tells what is not. Pure; any thread. */
#ifndef CM_REFUSAL_H
#define CM_REFUSAL_H

#include "base/cm_arena.h"
#include "base/cm_status.h"
#include "cityneg/type/v1/type.grpc-c.h"

/* What a failed status says, of the item with that index. In the arena. */
TypRefusal *cm_refusal(int64_t index, const cm_status *refused, cm_arena *arena);

#endif

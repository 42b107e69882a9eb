/* cm_standard.h: what every unary method does with the fields that they all have, whatever its handler: validate_only
 * (AIP-163) and read_mask (AIP-157). Reach for it where a server is made; a method takes part by having the field.
 *
 * validate_only, of methods on the writer: the handler runs as ever, and what it wrote is undone, so that the answer is
 * what it would have been, or the failure, and a request_id is not used up.
 *
 * read_mask, a google.protobuf.FieldMask: the answer holds those fields alone. It is of the answer itself, or, where
 * its type is called …Response and has a list of messages, of each item of the first. INVALID_ARGUMENT before the
 * handler runs, where it names no such field. */
#ifndef CM_STANDARD_H
#define CM_STANDARD_H

#include "rpc/cm_interceptor.h"

/* Last in a server's list: it needs nothing of its own. */
cm_interceptor cm_standard_interceptor(void);

#endif

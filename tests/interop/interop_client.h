/* interop_client.h: gRPC's interoperability cases, run by our client against a server of any language. Reach for it
 * from the program interop-client. */
#ifndef INTEROP_CLIENT_H
#define INTEROP_CLIENT_H

#include "grpc/testing/test.grpc-c.h"

typedef struct interop_case {
    const char *name;
    cm_status (*run)(cm_channel *channel, cm_arena *arena); /* a failure says what was expected and what came */
} interop_case;

extern const interop_case interop_unary_cases[]; /* both end with a NULL name */
extern const interop_case interop_stream_cases[];

/* UNKNOWN where the outcome is not a failure with this code and text (NULL: any). Ends `outcome`. */
cm_status interop_expect(cm_status outcome, cm_code code, const char *text) CM_MUST_USE;

GrpcTestingPayload *interop_payload(cm_arena *arena, size_t size);

/* The sizes that the cases send and ask for. */
enum { INTEROP_LARGE_REQUEST = 271828, INTEROP_LARGE_ANSWER = 314159, INTEROP_SIZES = 4 };
extern const int interop_request_sizes[INTEROP_SIZES], interop_answer_sizes[INTEROP_SIZES];

/* The metadata of custom_metadata, and whether it came back. */
extern const cm_metadatum interop_metadata[2];
cm_status interop_expect_metadata(const cm_received *received) CM_MUST_USE;

#endif

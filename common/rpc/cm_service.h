/* cm_service.h: what a service is made of: method descriptions, which protoc-gen-grpc-c generates, and rows, which the
 * service writes: for each method its handler, where it runs, who may call it, and how large a request may be.
 * Reach for it through the generated header; only tables and the server need what is here.
 *
 * For `service RegistryService { rpc GetActor(GetActorRequest) returns (Actor); rpc Watch(Q) returns (stream R); }` and
 * the alias Reg the plugin generates
 *
 *     typedef struct RegRegistryService {
 *         struct {
 *             cm_status (*handler)(cm_call *call, const RegGetActorRequest *request, RegActor *response);
 *             cm_status (*prepare)(cm_call *call, const RegGetActorRequest *request);
 *             CM_METHOD_RULES;
 *         } get_actor;
 *         struct {
 *             cm_status (*open)(cm_call *call);
 *             cm_status (*message)(cm_call *call, const RegQ *request);
 *             cm_status (*half_close)(cm_call *call);
 *             cm_status (*writable)(cm_call *call);
 *             void (*done)(cm_call *call, cm_code code);
 *             CM_METHOD_RULES;
 *         } watch;
 *     } RegRegistryService;
 *     cm_service reg_registry_service(const RegRegistryService *rows, void *state);       // for cm_server_add
 *     bool reg_registry_service_watch_send(cm_call *call, const RegR *response);          // typed cm_call_send
 *     cm_status reg_registry_service_get_actor(cm_channel *channel, const cm_call_options *options,
 *         const RegGetActorRequest *request, cm_arena *arena, RegActor **response);       // typed client stubs
 *
 * and a service writes `static const RegRegistryService rows = {.get_actor = {.handler = get_actor, .lane = CM_READER,
 * .role = CM_MAY_READ, .largest = 1 << 10}, …}`. A method without a row answers UNIMPLEMENTED.
 *
 * A unary method runs `prepare` (where it has one) in the background, then `handler` on its lane.
 *
 * A stream's callbacks run one at a time on its lane; any of them may be NULL:
 *   open        first, before any message
 *   message     for each message; returning asks for the next. Once for a server stream
 *   half_close  the caller has sent its last message; not for server streams. NULL: the stream then ends with OK
 *   writable    there is room again after cm_call_send said no, or someone called cm_call_wake
 *   done        last and exactly once, whatever happened, with nothing lent: frees what cm_call_data keeps
 * A failure that one returns ends the stream with that status. A stream with a row but without `message` ignores what
 * it is sent. A client stream sends its one answer with cm_call_send, then calls cm_call_finish. */
#ifndef CM_SERVICE_H
#define CM_SERVICE_H

#include <protobuf-c/protobuf-c.h>

#include "base/cm_executor.h"
#include "rpc/cm_call.h"

/* Where a handler runs. A completion-queue thread never blocks, so CM_INLINE is for what only computes. */
typedef enum cm_lane { CM_INLINE, CM_READER, CM_WRITER, CM_BACKGROUND, CM_LANES } cm_lane;

cm_lane cm_call_lane(const cm_call *call); /* of its row; not of a local call */

typedef enum cm_role { CM_ANYONE, CM_MAY_READ, CM_MAY_WRITE, CM_MAY_ADMIN } cm_role;

cm_role cm_call_role(const cm_call *call); /* that its method needs; not of a local call */

typedef enum cm_method_kind { CM_UNARY, CM_CLIENT_STREAM, CM_SERVER_STREAM, CM_BIDI_STREAM } cm_method_kind;

#define CM_METHOD_RULES                                                                                                \
    cm_lane lane;                                                                                                      \
    cm_role role;                                                                                                      \
    /* unary on CM_WRITER: what a request changes, in the arena; NULL: it may touch anything */                        \
    cm_touched (*touches)(const ProtobufCMessage *request, cm_arena *arena);                                           \
    size_t largest; /* bytes of a request message; 0: the server's limit */                                            \
    bool endless    /* a stream that never ends by itself: a drain ends it at once with UNAVAILABLE */

/* One .proto file, as reflection serves it: the serialized google.protobuf.FileDescriptorProto and the files that it
 * imports. Static. */
typedef struct cm_proto_file {
    const char *name;
    const uint8_t *descriptor;
    size_t size;
    const struct cm_proto_file *const *imports; /* ends with NULL */
} cm_proto_file;

/* One method as the .proto says. Static. */
struct cm_method_desc {
    const char *name; /* GetActor */
    const char *path; /* /cityneg.registry.v1.RegistryService/GetActor */
    cm_method_kind kind;
    bool idempotent; /* option idempotency_level is set: a client may repeat it on UNAVAILABLE */
    const ProtobufCMessageDescriptor *request, *response;
};

typedef struct cm_service_desc {
    const char *name; /* cityneg.registry.v1.RegistryService */
    const cm_method_desc *methods;
    size_t count;
    const cm_proto_file *file;
} cm_service_desc;

/* Handlers with their types taken off; generated code puts them back. */
typedef void (*cm_any_function)(void);
typedef struct cm_method_row {
    const cm_method_desc *desc;
    cm_any_function handler, prepare; /* unary; NULL handler: unimplemented */
    cm_any_function message;          /* streams */
    cm_status (*open)(cm_call *call);
    cm_status (*half_close)(cm_call *call);
    cm_status (*writable)(cm_call *call);
    void (*done)(cm_call *call, cm_code code);
    cm_status (*invoke)(cm_any_function function, cm_call *call, const ProtobufCMessage *request,
                        ProtobufCMessage *response); /* calls handler; response is NULL for prepare and message */
    cm_status (*invoke_request)(cm_any_function function, cm_call *call, const ProtobufCMessage *request);
    CM_METHOD_RULES;
} cm_method_row;

/* A service with its rows and the state that its handlers find by cm_call_state. The rows are copied by the server. */
enum { CM_METHODS_MAX = 128 };
typedef struct cm_service {
    const cm_service_desc *desc;
    void *state;
    cm_method_row rows[CM_METHODS_MAX]; /* desc->count of them, in the .proto's order */
} cm_service;

#endif

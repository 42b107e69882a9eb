/* gen_service.h: writes what one `service` of a .proto becomes: rows for a server, stubs for a client. Reach for it
 * when writing NAME.grpc-c.h and .c. One thread. */
#ifndef GEN_SERVICE_H
#define GEN_SERVICE_H

#include "gen_model.h"

typedef Google__Protobuf__ServiceDescriptorProto gen_service;
typedef Google__Protobuf__MethodDescriptorProto gen_method;

/* A method with all its spellings, for templates. */
typedef struct gen_method_names {
    const char *name;                                     /* GetActor */
    const char *row;                                      /* get_actor */
    const char *function;                                 /* reg_registry_service_get_actor */
    const char *request, *response;                       /* RegGetActorRequest, RegActor */
    const char *request_descriptor, *response_descriptor; /* of protobuf-c */
    bool client_streams, server_streams, idempotent;
} gen_method_names;

gen_method_names gen_method_spell(const gen_model *model, const char *service_lower, const gen_method *method);

const char *gen_service_type(const gen_model *model, const gen_file *file, const gen_service *service);
const char *gen_service_lower(const gen_model *model, const gen_file *file, const gen_service *service);

void gen_service_header(const gen_model *model, const gen_file *file, const gen_service *service, cm_text *out);

/* UNIMPLEMENTED where the service has more methods than a table holds. */
cm_status gen_service_source(const gen_model *model, const gen_file *file, const gen_service *service,
                             cm_text *out) CM_MUST_USE;

#endif

/* gen_model.h: protoc's request, with every type of every file findable by name and the short names (aliases) of
 * packages. Reach for it when generating code that names a type. Lives in one arena. One thread. */
#ifndef GEN_MODEL_H
#define GEN_MODEL_H

#include "base/cm_arena.h"
#include "base/cm_text.h"
#include "google/protobuf/compiler/plugin.pb-c.h"

typedef Google__Protobuf__FileDescriptorProto gen_file;
typedef Google__Protobuf__DescriptorProto gen_message;
typedef Google__Protobuf__EnumDescriptorProto gen_enum;

/* A message or an enum. */
typedef struct gen_type {
    const char *full_name;    /* cityneg.registry.v1.Actor.Name */
    const char *alias;        /* RegActorName */
    const char *alias_prefix; /* REG, before the names of an enum's values */
    const char *package;
    const gen_file *file;
    const gen_message *message; /* one of the two is set */
    const gen_enum *enumeration;
} gen_type;

typedef struct gen_model {
    cm_arena *arena;
    const Google__Protobuf__Compiler__CodeGeneratorRequest *request;
    char **packages, **aliases; /* from the parameter */
    size_t alias_count;
    gen_type *types;
    size_t type_count, type_capacity;
} gen_model;

/* INVALID_ARGUMENT where the parameter is not `package=Alias,…`, or two types would get one alias. */
cm_status gen_model_init(gen_model *model, const Google__Protobuf__Compiler__CodeGeneratorRequest *request,
                         cm_arena *arena) CM_MUST_USE;
void gen_model_clear(gen_model *model);

const gen_file *gen_model_file(const gen_model *model, const char *name);

/* By full name, with or without a leading dot; protoc has checked that it exists. */
const gen_type *gen_model_type(const gen_model *model, const char *full_name);

/* The alias of a package: what the parameter says, else its pieces in CamelCase. */
const char *gen_model_alias(const gen_model *model, const char *package);

/* Writes `template` with each $key$ replaced by its value; `pairs` is key, value, …, NULL. */
void gen_emit(cm_text *out, const char *template, const char *const *pairs);
#define GEN_EMIT(out, template, ...) gen_emit((out), (template), (const char *const[]){__VA_ARGS__, NULL})

#endif

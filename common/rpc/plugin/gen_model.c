#include "gen_model.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "gen_names.h"

static bool is_identifier(const char *text)
{
    if (!isalpha((unsigned char)*text))
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '_')
            return false;
    return true;
}

static cm_status parse_aliases(gen_model *model, const char *parameter)
{
    char *rest = cm_arena_strdup(model->arena, parameter), *state = NULL;
    size_t most = 1;

    for (const char *c = parameter; *c; c++)
        most += *c == ',';
    model->packages = cm_arena_take(model->arena, most * sizeof *model->packages);
    model->aliases = cm_arena_take(model->arena, most * sizeof *model->aliases);
    for (char *item = strtok_r(rest, ",", &state); item; item = strtok_r(NULL, ",", &state)) {
        char *equals = strchr(item, '=');
        if (!equals || equals == item || !is_identifier(equals + 1))
            return cm_fail(CM_INVALID_ARGUMENT, "option '%s' is no alias; give package=Alias, as in acme.shop.v1=Shop",
                           item);
        *equals = '\0';
        model->packages[model->alias_count] = item;
        model->aliases[model->alias_count++] = equals + 1;
    }
    return cm_ok();
}

const char *gen_model_alias(const gen_model *model, const char *package)
{
    for (size_t i = 0; i < model->alias_count; i++)
        if (strcmp(model->packages[i], package) == 0)
            return model->aliases[i];
    char *alias = gen_full_camel(model->arena, package), *to = alias;
    for (const char *from = alias; *from; from++)
        if (*from != '_')
            *to++ = *from;
    *to = '\0';
    return alias;
}

static gen_type *add_type(gen_model *model, const gen_file *file, const char *outer, const char *outer_alias,
                          const char *name)
{
    CM_GROW(model->types, model->type_capacity, model->type_count + 1);
    gen_type *type = &model->types[model->type_count++];
    *type = (gen_type){
        .full_name = cm_arena_format(model->arena, "%s%s%s", outer, *outer ? "." : "", name),
        .alias = cm_arena_format(model->arena, "%s%s", outer_alias, gen_camel(model->arena, name)),
        .alias_prefix = gen_upper(model->arena, gen_model_alias(model, file->package)),
        .package = file->package,
        .file = file,
    };
    return type;
}

static void add_message(gen_model *model, const gen_file *file, const char *outer, const char *outer_alias,
                        const gen_message *message)
{
    gen_type *type = add_type(model, file, outer, outer_alias, message->name);
    const char *full_name = type->full_name, *alias = type->alias;

    type->message = message;
    for (size_t i = 0; i < message->n_enum_type; i++)
        add_type(model, file, full_name, alias, message->enum_type[i]->name)->enumeration = message->enum_type[i];
    for (size_t i = 0; i < message->n_nested_type; i++)
        add_message(model, file, full_name, alias, message->nested_type[i]);
}

static void add_file(gen_model *model, const gen_file *file)
{
    const char *alias = gen_model_alias(model, file->package);

    for (size_t i = 0; i < file->n_enum_type; i++)
        add_type(model, file, file->package, alias, file->enum_type[i]->name)->enumeration = file->enum_type[i];
    for (size_t i = 0; i < file->n_message_type; i++)
        add_message(model, file, file->package, alias, file->message_type[i]);
}

static int by_alias(const void *a, const void *b)
{
    const gen_type *const *x = a, *const *y = b;
    return strcmp((*x)->alias, (*y)->alias);
}

static cm_status check_unique(const gen_model *model)
{
    const gen_type **sorted = cm_alloc(model->type_count * sizeof *sorted);
    cm_status outcome = cm_ok();

    for (size_t i = 0; i < model->type_count; i++)
        sorted[i] = &model->types[i];
    qsort(sorted, model->type_count, sizeof *sorted, by_alias);
    for (size_t i = 1; i < model->type_count && cm_is_ok(outcome); i++)
        if (by_alias(&sorted[i - 1], &sorted[i]) == 0)
            outcome =
                cm_fail(CM_INVALID_ARGUMENT, "%s and %s would both be called %s; give their packages other aliases",
                        sorted[i - 1]->full_name, sorted[i]->full_name, sorted[i]->alias);
    free(sorted);
    return outcome;
}

cm_status gen_model_init(gen_model *model, const Google__Protobuf__Compiler__CodeGeneratorRequest *request,
                         cm_arena *arena)
{
    *model = (gen_model){.arena = arena, .request = request};
    CM_TRY(parse_aliases(model, request->parameter ? request->parameter : ""));
    for (size_t i = 0; i < request->n_proto_file; i++) {
        if (!request->proto_file[i]->package)
            request->proto_file[i]->package = cm_arena_strdup(arena, "");
        add_file(model, request->proto_file[i]);
    }
    return check_unique(model);
}

void gen_model_clear(gen_model *model)
{
    free(model->types);
}

const gen_file *gen_model_file(const gen_model *model, const char *name)
{
    for (size_t i = 0; i < model->request->n_proto_file; i++)
        if (strcmp(model->request->proto_file[i]->name, name) == 0)
            return model->request->proto_file[i];
    return NULL;
}

const gen_type *gen_model_type(const gen_model *model, const char *full_name)
{
    full_name += *full_name == '.';
    for (size_t i = 0; i < model->type_count; i++)
        if (strcmp(model->types[i].full_name, full_name) == 0)
            return &model->types[i];
    return NULL;
}

static const char *value_of(const char *key, size_t length, const char *const *pairs)
{
    for (; *pairs; pairs += 2)
        if (strncmp(*pairs, key, length) == 0 && (*pairs)[length] == '\0')
            return pairs[1];
    return NULL;
}

void gen_emit(cm_text *out, const char *template, const char *const *pairs)
{
    const char *dollar;

    while ((dollar = strchr(template, '$'))) {
        const char *end = strchr(dollar + 1, '$');
        const char *value = end ? value_of(dollar + 1, (size_t)(end - dollar) - 1, pairs) : NULL;
        if (!value) {
            fprintf(stderr, "protoc-gen-grpc-c: template without a value at %.20s\n", dollar);
            abort();
        }
        cm_text_bytes(out, template, (size_t)(dollar - template));
        cm_text_add(out, value);
        template = end + 1;
    }
    cm_text_add(out, template);
}

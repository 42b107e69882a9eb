#include "reflection_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "google/protobuf/descriptor.pb-c.h"

typedef Google__Protobuf__FileDescriptorProto File;
typedef Google__Protobuf__DescriptorProto Message;
typedef Google__Protobuf__EnumDescriptorProto Enum;
typedef Google__Protobuf__FieldDescriptorProto Field;
typedef Google__Protobuf__ServiceDescriptorProto Service;

static const char *add(reflection_index *index, const cm_proto_file *file, const char *scope, const char *name)
{
    const char *full = cm_arena_format(index->arena, "%s%s%s", scope, *scope ? "." : "", name);

    CM_GROW(index->symbols, index->symbol_capacity, index->symbol_count + 1);
    index->symbols[index->symbol_count++] = (reflection_symbol){full, file};
    return full;
}

static void add_enum(reflection_index *index, const cm_proto_file *file, const char *scope, const Enum *e)
{
    add(index, file, scope, e->name);
    for (size_t i = 0; i < e->n_value; i++) /* values live beside their enum */
        add(index, file, scope, e->value[i]->name);
}

static void add_extension(reflection_index *index, const cm_proto_file *file, const char *scope, const Field *field)
{
    const char *extendee = field->extendee + (*field->extendee == '.');

    add(index, file, scope, field->name);
    CM_GROW(index->extensions, index->extension_capacity, index->extension_count + 1);
    index->extensions[index->extension_count++] =
        (reflection_extension){cm_arena_strdup(index->arena, extendee), field->number, file};
}

static void add_message(reflection_index *index, const cm_proto_file *file, const char *scope, const Message *message)
{
    const char *full = add(index, file, scope, message->name);

    for (size_t i = 0; i < message->n_field; i++)
        add(index, file, full, message->field[i]->name);
    for (size_t i = 0; i < message->n_oneof_decl; i++)
        add(index, file, full, message->oneof_decl[i]->name);
    for (size_t i = 0; i < message->n_enum_type; i++)
        add_enum(index, file, full, message->enum_type[i]);
    for (size_t i = 0; i < message->n_extension; i++)
        add_extension(index, file, full, message->extension[i]);
    for (size_t i = 0; i < message->n_nested_type; i++)
        add_message(index, file, full, message->nested_type[i]);
}

static void add_service(reflection_index *index, const cm_proto_file *file, const char *scope, const Service *service)
{
    const char *full = add(index, file, scope, service->name);

    for (size_t i = 0; i < service->n_method; i++)
        add(index, file, full, service->method[i]->name);
}

static void add_symbols(reflection_index *index, const cm_proto_file *file, const File *parsed)
{
    const char *package = parsed->package ? parsed->package : "";

    for (size_t i = 0; i < parsed->n_message_type; i++)
        add_message(index, file, package, parsed->message_type[i]);
    for (size_t i = 0; i < parsed->n_enum_type; i++)
        add_enum(index, file, package, parsed->enum_type[i]);
    for (size_t i = 0; i < parsed->n_extension; i++)
        add_extension(index, file, package, parsed->extension[i]);
    for (size_t i = 0; i < parsed->n_service; i++)
        add_service(index, file, package, parsed->service[i]);
}

void cm_rpc_reflection_index_add(reflection_index *index, const cm_proto_file *file)
{
    if (cm_rpc_reflection_index_path(index, file->name))
        return;
    CM_GROW(index->files, index->file_capacity, index->file_count + 1);
    index->files[index->file_count++] = file;
    CM_ARENA(scratch);
    const File *parsed =
        google__protobuf__file_descriptor_proto__unpack(cm_arena_allocator(scratch), file->size, file->descriptor);
    if (parsed)
        add_symbols(index, file, parsed);
    for (const cm_proto_file *const *import = file->imports; *import; import++)
        cm_rpc_reflection_index_add(index, *import);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const reflection_symbol *)a)->name, ((const reflection_symbol *)b)->name);
}

void cm_rpc_reflection_index_sort(reflection_index *index)
{
    if (index->symbol_count)
        qsort(index->symbols, index->symbol_count, sizeof *index->symbols, by_name);
}

void cm_rpc_reflection_index_clear(reflection_index *index)
{
    free(index->files);
    free(index->symbols);
    free(index->extensions);
    cm_arena_free(index->arena);
}

const cm_proto_file *cm_rpc_reflection_index_path(const reflection_index *index, const char *path)
{
    for (size_t i = 0; i < index->file_count; i++)
        if (strcmp(index->files[i]->name, path) == 0)
            return index->files[i];
    return NULL;
}

const cm_proto_file *cm_rpc_reflection_index_symbol(const reflection_index *index, const char *name)
{
    const reflection_symbol key = {name, NULL};
    const reflection_symbol *found =
        index->symbol_count ? bsearch(&key, index->symbols, index->symbol_count, sizeof key, by_name) : NULL;

    return found ? found->file : NULL;
}

#include "gen_types.h"

#include <string.h>

#include "gen_names.h"

/* Whether another enum of the package has a value of this name: then both are told apart by their messages. */
static bool value_is_shared(const gen_model *model, const gen_type *type, const char *name)
{
    for (size_t i = 0; i < model->type_count; i++) {
        const gen_type *other = &model->types[i];
        if (other == type || !other->enumeration || strcmp(other->package, type->package) != 0)
            continue;
        for (size_t j = 0; j < other->enumeration->n_value; j++)
            if (strcmp(other->enumeration->value[j]->name, name) == 0)
                return true;
    }
    return false;
}

/* OUTER_INNER of cityneg.x.v1.Outer.Inner; for a value's prefix without the last piece. */
static char *scope_of(const gen_model *model, const gen_type *type, bool with_last)
{
    size_t skip = strlen(type->package);
    char *pieces = cm_arena_strdup(model->arena, type->full_name + skip + (skip > 0)), *state = NULL;
    char *scope = cm_arena_strdup(model->arena, ""), *last = strrchr(pieces, '.');

    if (!with_last)
        *(last ? last : pieces) = '\0';
    for (char *piece = strtok_r(pieces, ".", &state); piece; piece = strtok_r(NULL, ".", &state))
        scope = cm_arena_format(model->arena, "%s_%s", scope, gen_upper(model->arena, piece));
    return scope;
}

static void emit_enum(const gen_model *model, const gen_type *type, cm_text *out)
{
    const char *full_upper = gen_full_upper(model->arena, type->full_name);

    GEN_EMIT(out, "\ntypedef $c$ $alias$;\n#define $alias$_descriptor $lower$__descriptor\n", "alias", type->alias, "c",
             gen_full_camel(model->arena, type->full_name), "lower", gen_full_lower(model->arena, type->full_name));
    for (size_t i = 0; i < type->enumeration->n_value; i++) {
        const char *name = type->enumeration->value[i]->name;
        const char *scope = value_is_shared(model, type, name) ? scope_of(model, type, false) : "";
        GEN_EMIT(out, "#define $prefix$$scope$_$name$ $full$__$name$\n", "prefix", type->alias_prefix, "scope", scope,
                 "name", name, "full", full_upper);
    }
}

static void emit_oneof(const gen_model *model, const gen_type *type, int32_t index, cm_text *out)
{
    const char *name = type->message->oneof_decl[index]->name;
    const char *upper = gen_upper(model->arena, name);
    const char *full_upper = gen_full_upper(model->arena, type->full_name);
    const char *scope = scope_of(model, type, true);

    GEN_EMIT(out,
             "typedef $c$__$camel$Case $alias$$camel$Case;\n#define $prefix$$scope$_$upper$_NOT_SET "
             "$full$__$upper$__NOT_SET\n",
             "c", gen_full_camel(model->arena, type->full_name), "alias", type->alias, "camel",
             gen_camel(model->arena, name), "prefix", type->alias_prefix, "scope", scope, "upper", upper, "full",
             full_upper);
    for (size_t i = 0; i < type->message->n_field; i++) {
        const Google__Protobuf__FieldDescriptorProto *field = type->message->field[i];
        if (field->has_oneof_index && field->oneof_index == index)
            GEN_EMIT(out, "#define $prefix$$scope$_$upper$_$field$ $full$__$upper$_$field$\n", "prefix",
                     type->alias_prefix, "scope", scope, "upper", upper, "full", full_upper, "field",
                     gen_upper(model->arena, field->name));
    }
}

static void emit_message(const gen_model *model, const gen_type *type, cm_text *out)
{
    GEN_EMIT(
        out,
        "\ntypedef $c$ $alias$;\n#define $alias$_descriptor $lower$__descriptor\n#define $alias$_init $lower$__init\n",
        "alias", type->alias, "c", gen_full_camel(model->arena, type->full_name), "lower",
        gen_full_lower(model->arena, type->full_name));
    for (size_t i = 0; i < type->message->n_oneof_decl; i++)
        emit_oneof(model, type, (int32_t)i, out);
}

void gen_types_header(const gen_model *model, const gen_file *file, cm_text *out)
{
    for (size_t i = 0; i < model->type_count; i++) {
        const gen_type *type = &model->types[i];
        if (type->file != file)
            continue;
        if (type->enumeration)
            emit_enum(model, type, out);
        else
            emit_message(model, type, out);
    }
}

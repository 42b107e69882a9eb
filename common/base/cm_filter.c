#include "base/cm_filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_text.h"

typedef struct parser {
    const ProtobufCMessageDescriptor *descriptor;
    const char *text, *at;
    cm_arena *arena;
    int terms, nesting;
} parser;

static cm_status wrong(const parser *p, const char *what)
{
    return cm_invalid(
        "filter",
        "%s at character %zu of `%.160s`; give comparisons such as `field = \"value\"`, joined by AND, OR, "
        "NOT and parentheses, with = != < <= > >= or :",
        what, (size_t)(p->at - p->text) + 1, p->text);
}

static void skip_space(parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

static bool ends_word(char c)
{
    return !c || isspace((unsigned char)c) || strchr("()\"'=<>!,", c);
}

/* Whether the word comes next; it is taken then, with the space behind it. */
static bool take_word(parser *p, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(p->at, word, length) != 0 || !ends_word(p->at[length]))
        return false;
    p->at += length;
    skip_space(p);
    return true;
}

static cm_filter *new_node(parser *p, cm_filter_kind kind)
{
    cm_filter *node = cm_arena_zero(p->arena, sizeof *node);

    node->kind = kind;
    return node;
}

/* A node of one part is that part. */
static void add_part(parser *p, cm_filter *node, cm_filter *part)
{
    cm_filter **parts = cm_arena_take(p->arena, (node->count + 1) * sizeof(cm_filter *));

    if (node->count)
        memcpy(parts, node->parts, node->count * sizeof(cm_filter *));
    parts[node->count++] = part;
    node->parts = parts;
}

static cm_filter *plain(cm_filter *node)
{
    return node->count == 1 ? node->parts[0] : node;
}

/* ---- fields ---- */

static cm_status no_field(const char *name, const ProtobufCMessageDescriptor *descriptor)
{
    CM_AUTO(cm_text) names = {0};

    for (unsigned i = 0; i < descriptor->n_fields; i++)
        cm_text_format(&names, "%s%s", i ? ", " : "", descriptor->fields[i].name);
    return cm_invalid("filter", "\"%.100s\" is no field of %s; it has %s", name, descriptor->short_name,
                      cm_text_get(&names));
}

const ProtobufCFieldDescriptor *cm_filter_value_field(const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *inner = field->descriptor;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE || strncmp(inner->name, "google.protobuf.", 16) != 0)
        return field;
    return inner->n_fields == 1 && strcmp(inner->fields[0].name, "value") == 0 ? &inner->fields[0] : field;
}

static cm_filter_type type_of(const ProtobufCFieldDescriptor *field)
{
    field = cm_filter_value_field(field);
    switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
            return CM_FILTER_TEXT;
        case PROTOBUF_C_TYPE_ENUM:
            return CM_FILTER_CODE;
        case PROTOBUF_C_TYPE_BOOL:
            return CM_FILTER_BOOL;
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_DOUBLE:
            return CM_FILTER_REAL;
        case PROTOBUF_C_TYPE_BYTES:
            return CM_FILTER_MESSAGE;
        case PROTOBUF_C_TYPE_MESSAGE: {
            const ProtobufCMessageDescriptor *inner = field->descriptor;
            return strcmp(inner->name, "google.protobuf.Timestamp") == 0 ? CM_FILTER_TIME : CM_FILTER_MESSAGE;
        }
        default:
            return CM_FILTER_INTEGER;
    }
}

static cm_status read_path(parser *p, cm_filter *term)
{
    const char *begin = p->at;
    const ProtobufCMessageDescriptor *descriptor = p->descriptor;

    for (;; p->at++) {
        const char *name = p->at;
        while (isalnum((unsigned char)*p->at) || *p->at == '_')
            p->at++;
        if (p->at == name) {
            p->at = begin;
            return wrong(p, "there is no field");
        }
        name = cm_arena_strndup(p->arena, name, (size_t)(p->at - name));
        const ProtobufCFieldDescriptor *field = cm_message_field(descriptor, name);
        if (!field)
            return no_field(name, descriptor);
        if (term->depth == CM_FILTER_PATH)
            return cm_invalid("filter", "\"%.100s\" goes deeper than %d fields", begin, CM_FILTER_PATH);
        term->path[term->depth++] = field;
        if (*p->at != '.')
            break;
        if (type_of(field) != CM_FILTER_MESSAGE || field->type != PROTOBUF_C_TYPE_MESSAGE)
            return cm_invalid("filter", "%s has no fields of its own; end the path there", name);
        descriptor = field->descriptor;
    }
    term->field = cm_arena_strndup(p->arena, begin, (size_t)(p->at - begin));
    term->type = type_of(term->path[term->depth - 1]);
    return cm_ok();
}

static bool is_repeated(const cm_filter *term)
{
    for (int i = 0; i < term->depth; i++)
        if (term->path[i]->label == PROTOBUF_C_LABEL_REPEATED)
            return true;
    return false;
}

/* ---- operators and values ---- */

static cm_status read_operator(parser *p, cm_filter *term)
{
    static const struct {
        const char *text;
        cm_filter_operator operator;
    } forms[] = {{"!=", CM_FILTER_UNEQUAL}, {"<=", CM_FILTER_AT_MOST}, {">=", CM_FILTER_AT_LEAST},
                 {"=", CM_FILTER_EQUAL},    {"<", CM_FILTER_BELOW},    {">", CM_FILTER_ABOVE},
                 {":", CM_FILTER_HAS}};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strncmp(p->at, forms[i].text, strlen(forms[i].text)) == 0) {
            p->at += strlen(forms[i].text);
            term->operator= forms[i].operator;
            if (term->operator!= CM_FILTER_HAS && is_repeated(term))
                return cm_invalid("filter", "%s may have several values; ask with `%s:` whether one of them is it",
                                  term->field, term->field);
            return cm_ok();
        }
    return wrong(p, "there is no comparison");
}

/* A value as it was written, with its escapes taken away. `stars` tells which * were none of the text's own. */
static cm_status read_value(parser *p, char **value, bool **stars)
{
    char quote = *p->at == '"' || *p->at == '\'' ? *p->at : '\0';
    size_t size = strlen(p->at) + 1;
    char *out = cm_arena_take(p->arena, size);

    *value = out;
    *stars = cm_arena_zero(p->arena, size * sizeof(bool));
    for (p->at += quote != 0; quote ? *p->at != quote : !ends_word(*p->at); *out++ = *p->at++) {
        bool escaped = *p->at == '\\';
        p->at += escaped;
        if (!*p->at)
            return wrong(p, quote ? "a quote is not closed" : "a \\ has nothing behind it");
        (*stars)[out - *value] = *p->at == '*' && !escaped;
    }
    p->at += quote != 0;
    *out = '\0';
    return !quote && out == *value ? wrong(p, "there is no value") : cm_ok();
}

static cm_status take_text(cm_filter *term, char *value, const bool *stars)
{
    size_t length = strlen(value), begin = 0;

    if (term->operator<= CM_FILTER_UNEQUAL || term->operator== CM_FILTER_HAS) {
        term->open_end = length > 0 && stars[length - 1];
        length -= term->open_end;
        term->open_begin = length > 0 && stars[0];
        begin = term->open_begin;
    }
    for (size_t i = begin; i < length; i++)
        if (stars[i])
            return cm_invalid("filter",
                              "%s: a * in \"%.80s\" may begin or end the text of =, != and : only; write \\* for the "
                              "character",
                              term->field, value);
    value[length] = '\0';
    term->text = value + begin;
    return cm_ok();
}

static cm_status take_code(parser *p, cm_filter *term, const char *value)
{
    const ProtobufCEnumDescriptor *codes = cm_filter_value_field(term->path[term->depth - 1])->descriptor;
    int code;

    if (term->operator> CM_FILTER_UNEQUAL && term->operator!= CM_FILTER_HAS)
        return cm_invalid("filter", "%s: codes have no order; compare them with = or !=", term->field);
    cm_status s = cm_enum_parse(codes, value, &code);
    if (!cm_is_ok(s)) {
        cm_status told = cm_invalid("filter", "%s: %s", term->field, cm_status_message(s));
        cm_status_clear(&s);
        return told;
    }
    term->integer = code;
    term->text = code ? cm_enum_code(codes, code, p->arena) : "";
    return cm_ok();
}

static cm_status take_number(cm_filter *term, const char *value)
{
    char *end;

    if (term->type == CM_FILTER_INTEGER) {
        term->integer = strtoll(value, &end, 10);
        term->real = (double)term->integer;
        if (*value && *end == '.')
            return cm_invalid("filter", "%s: \"%.80s\" is no whole number", term->field, value);
    } else {
        term->real = strtod(value, &end);
    }
    return *value && !*end ? cm_ok() : cm_invalid("filter", "%s: \"%.80s\" is no number", term->field, value);
}

static cm_status take_bool(cm_filter *term, const char *value)
{
    term->integer = strcmp(value, "true") == 0;
    if (!term->integer && strcmp(value, "false") != 0)
        return cm_invalid("filter", "%s: \"%.80s\" is neither true nor false", term->field, value);
    return term->operator<= CM_FILTER_UNEQUAL || term->operator== CM_FILTER_HAS
               ? cm_ok()
               : cm_invalid("filter", "%s: true and false have no order; compare them with = or !=", term->field);
}

static cm_status take_time(cm_filter *term, const char *value)
{
    cm_status s = cm_time_parse(value, &term->integer);

    if (cm_is_ok(s))
        return s;
    cm_status told = cm_invalid("filter", "%s: %s", term->field, cm_status_message(s));
    cm_status_clear(&s);
    return told;
}

static cm_status take_value(parser *p, cm_filter *term)
{
    char *value;
    bool *stars;

    CM_TRY(read_value(p, &value, &stars));
    if (term->operator== CM_FILTER_HAS && strcmp(value, "*") == 0 && stars[0]) {
        term->anything = true;
        return cm_ok();
    }
    switch (term->type) {
        case CM_FILTER_TEXT:
            return take_text(term, value, stars);
        case CM_FILTER_CODE:
            return take_code(p, term, value);
        case CM_FILTER_BOOL:
            return take_bool(term, value);
        case CM_FILTER_TIME:
            return take_time(term, value);
        case CM_FILTER_MESSAGE:
            return cm_invalid("filter", "%s is no single value; ask for a field of it, or whether it is there: %s:*",
                              term->field, term->field);
        default:
            return take_number(term, value);
    }
}

/* ---- structure ---- */

static cm_status read_all(parser *p, cm_filter **node);

static cm_status read_simple(parser *p, cm_filter **node)
{
    if (*p->at == '(') {
        if (++p->nesting > CM_FILTER_NESTING)
            return wrong(p, "parentheses are too many");
        p->at++;
        skip_space(p);
        CM_TRY(read_all(p, node));
        if (*p->at != ')')
            return wrong(p, "there is no )");
        p->at++;
        p->nesting--;
        return cm_ok();
    }
    if (++p->terms > CM_FILTER_TERMS)
        return wrong(p, "a comparison too many");
    *node = new_node(p, CM_FILTER_TERM);
    CM_TRY(read_path(p, *node));
    skip_space(p);
    CM_TRY(read_operator(p, *node));
    skip_space(p);
    return take_value(p, *node);
}

static cm_status read_term(parser *p, cm_filter **node)
{
    bool negated = take_word(p, "NOT");
    cm_filter *inner;

    if (!negated && *p->at == '-') {
        p->at++;
        negated = true;
    }
    CM_TRY(read_simple(p, &inner));
    skip_space(p);
    *node = inner;
    if (negated) {
        *node = new_node(p, CM_FILTER_NOT);
        add_part(p, *node, inner);
    }
    return cm_ok();
}

static cm_status read_any(parser *p, cm_filter **node)
{
    cm_filter *any = new_node(p, CM_FILTER_ANY), *part;

    do {
        CM_TRY(read_term(p, &part));
        add_part(p, any, part);
    } while (take_word(p, "OR"));
    *node = plain(any);
    return cm_ok();
}

static cm_status read_all(parser *p, cm_filter **node)
{
    cm_filter *all = new_node(p, CM_FILTER_ALL), *part;

    do {
        CM_TRY(read_any(p, &part));
        add_part(p, all, part);
    } while (take_word(p, "AND") || (*p->at && *p->at != ')'));
    *node = plain(all);
    return cm_ok();
}

cm_status cm_filter_parse(const ProtobufCMessageDescriptor *descriptor, const char *text, cm_arena *arena,
                          cm_filter **filter)
{
    parser p = {.descriptor = descriptor, .text = text ? text : "", .arena = arena};

    p.at = p.text;
    if (strlen(p.text) > CM_FILTER_BYTES)
        return cm_invalid("filter", "%zu bytes are too long; give at most %d", strlen(p.text), CM_FILTER_BYTES);
    skip_space(&p);
    if (!*p.at) {
        *filter = new_node(&p, CM_FILTER_ALL);
        return cm_ok();
    }
    CM_TRY(read_all(&p, filter));
    return *p.at ? wrong(&p, "a ) has no (") : cm_ok();
}

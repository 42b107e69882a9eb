/* The filter of a list: comparisons of columns, joined by AND, as in AIP-160: `kind = "city" AND state = "states/ru"`.
 */
#include <ctype.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "journal/resource.h"

typedef struct parser {
    const cm_resource_kind *kind;
    const char *text, *at;
    cm_arena *arena;
} parser;

static cm_status wrong(const parser *p, const char *what)
{
    CM_AUTO(cm_text) columns = {0};

    for (const char *const *column = p->kind->columns; *column; column++)
        cm_text_format(&columns, "%s%s", column == p->kind->columns ? "" : ", ", *column);
    return cm_invalid("filter",
                      "%s at character %zu of `%.160s`; give up to %d comparisons such as `%s = \"value\"` joined "
                      "by AND, with =, !=, <, <=, > or >=, of %s",
                      what, (size_t)(p->at - p->text) + 1, p->text, RESOURCE_TERMS,
                      p->kind->columns[0] ? p->kind->columns[0] : "field", cm_text_get(&columns));
}

static void skip_space(parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

static bool is_bare(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_-./+", c));
}

static const char *word(parser *p)
{
    const char *begin = p->at;

    while (is_bare(*p->at))
        p->at++;
    return cm_arena_strndup(p->arena, begin, (size_t)(p->at - begin));
}

static cm_status quoted(parser *p, const char **value)
{
    char quote = *p->at;
    char *out = cm_arena_take(p->arena, strlen(p->at) + 1);

    *value = out;
    for (p->at++; *p->at != quote; *out++ = *p->at++) {
        if (*p->at == '\\')
            p->at++;
        if (!*p->at)
            return wrong(p, "a quote is not closed");
    }
    p->at++;
    *out = '\0';
    return cm_ok();
}

static cm_status operator(parser *p, const char **sql)
{
    static const char *const forms[][2] = {{"!=", "<>"}, {"<=", "<="}, {">=", ">="},
                                           {"=", "="},   {"<", "<"},   {">", ">"}};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strncmp(p->at, forms[i][0], strlen(forms[i][0])) == 0) {
            p->at += strlen(forms[i][0]);
            *sql = forms[i][1];
            return cm_ok();
        }
    return wrong(p, "there is no comparison");
}

/* The field that holds the value: the wrapper's own for a wrapper. */
static const ProtobufCFieldDescriptor *value_field(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE ? cm_message_field(field->descriptor, "value") : field;
}

static cm_status number(const char *text, const ProtobufCFieldDescriptor *field, cm_value *value)
{
    char *end;

    if (field->type == PROTOBUF_C_TYPE_DOUBLE)
        *value = cm_v_real(strtod(text, &end));
    else
        *value = cm_v_int(strtoll(text, &end, 10));
    if (!*text || *end)
        return cm_invalid("filter", "%s: \"%.80s\" is no number", field->name, text);
    return cm_ok();
}

static cm_status enum_value(const char *text, resource_term *term, cm_arena *arena)
{
    const ProtobufCEnumDescriptor *codes = term->field->descriptor;
    int code;

    if (term->operator[0] != '=' && strcmp(term->operator, "<>") != 0)
        return cm_invalid("filter", "%s: codes have no order; compare them with = or !=", term->field->name);
    cm_status s = cm_enum_parse(codes, text, &code);
    if (!cm_is_ok(s)) {
        cm_status told = cm_invalid("filter", "%s: %s", term->field->name, cm_status_message(s));
        cm_status_clear(&s);
        return told;
    }
    term->value = cm_v_text(code ? cm_enum_code(codes, code, arena) : "");
    return cm_ok();
}

static cm_status convert(const char *text, resource_term *term, cm_arena *arena)
{
    const ProtobufCFieldDescriptor *field = value_field(term->field);

    if (field->type == PROTOBUF_C_TYPE_STRING)
        term->value = cm_v_text(text);
    else if (field->type == PROTOBUF_C_TYPE_ENUM)
        return enum_value(text, term, arena);
    else
        return number(text, field, &term->value);
    return cm_ok();
}

static bool is_column(const cm_resource_kind *kind, const char *name)
{
    for (const char *const *column = kind->columns; *column; column++)
        if (strcmp(*column, name) == 0)
            return true;
    return false;
}

static cm_status comparison(parser *p, resource_term *term)
{
    const char *begin = p->at, *name = word(p), *value;
    bool is_quoted;

    if (!is_column(p->kind, name)) {
        p->at = begin;
        return wrong(p, *name ? "no such field" : "there is no field");
    }
    term->field = cm_message_field(p->kind->message, name);
    skip_space(p);
    CM_TRY(operator(p, &term->operator));
    skip_space(p);
    is_quoted = *p->at == '"' || *p->at == '\'';
    if (is_quoted)
        CM_TRY(quoted(p, &value));
    else
        value = word(p);
    if (!is_quoted && !*value)
        return wrong(p, "there is no value");
    return convert(value, term, p->arena);
}

cm_status resource_filter_parse(const cm_resource_kind *kind, const char *text, cm_arena *arena,
                                resource_filter *filter)
{
    parser p = {kind, text, text, arena};

    filter->count = 0;
    skip_space(&p);
    if (!*p.at)
        return cm_ok();
    for (;;) {
        if (filter->count == RESOURCE_TERMS)
            return wrong(&p, "too many comparisons");
        CM_TRY(comparison(&p, &filter->terms[filter->count++]));
        skip_space(&p);
        if (!*p.at)
            return cm_ok();
        if (strncmp(p.at, "AND", 3) != 0 || !isspace((unsigned char)p.at[3]))
            return wrong(&p, "there is no AND");
        p.at += 3;
        skip_space(&p);
    }
}

static int compare(cm_value a, cm_value b)
{
    if (a.kind == CM_NULL)
        return 1;
    if (a.kind == CM_STRING)
        return b.kind == CM_STRING ? strcmp(a.data, b.data) : 1;
    double x = a.kind == CM_REAL ? a.real : (double)a.integer, y = b.kind == CM_REAL ? b.real : (double)b.integer;
    return (x > y) - (x < y);
}

/* As the SQL of resource_list.c says it: what is missing is below nothing. */
static bool term_fits(const resource_term *term, const ProtobufCMessage *body, cm_arena *arena)
{
    cm_value value = resource_column(body, term->field, arena);
    int order = compare(value, term->value);
    char first = term->operator[0];
    bool equal = order == 0;

    if (strcmp(term->operator, "<>") == 0)
        return !equal;
    if (first == '=')
        return equal;
    if (value.kind == CM_NULL || (value.kind == CM_STRING && !*(const char *)value.data))
        return false;
    return first == '<' ? order < 0 || (equal && term->operator[1]) : order > 0 || (equal && term->operator[1]);
}

bool resource_filter_fits(const resource_filter *filter, const ProtobufCMessage *body, cm_arena *arena)
{
    for (int i = 0; i < filter->count; i++)
        if (!term_fits(&filter->terms[i], body, arena))
            return false;
    return true;
}

#include "base/cm_table_split.h"

#include <stdbool.h>
#include <string.h>

#include "base/cm_memory.h"

static void begin_field(cm_fields *f, size_t at)
{
    CM_GROW(f->starts, f->capacity, f->count + 1);
    f->starts[f->count++] = at;
}

static void split_plain(cm_fields *f, const char *row, size_t length, char separator)
{
    memcpy(f->bytes, row, length);
    f->bytes[length] = '\0';
    begin_field(f, 0);
    for (char *at = f->bytes; (at = memchr(at, separator, length - (size_t)(at - f->bytes)));) {
        *at++ = '\0';
        begin_field(f, (size_t)(at - f->bytes));
    }
}

/* Copies what is between quotes from behind the first on; false where they stay open. */
static bool copy_quoted(const char **at, const char *end, char **out)
{
    while (*at < end) {
        char c = *(*at)++;
        if (c != '"') {
            *(*out)++ = c;
        } else if (*at < end && **at == '"') {
            *(*out)++ = '"';
            (*at)++;
        } else {
            return true;
        }
    }
    return false;
}

static const char *split_quoted(cm_fields *f, const char *at, size_t length)
{
    const char *end = at + length, *problem = NULL;
    char *out = f->bytes;

    for (;;) {
        begin_field(f, (size_t)(out - f->bytes));
        if (at < end && *at == '"') {
            at++;
            if (!copy_quoted(&at, end, &out))
                problem = "a quote is not closed";
            else if (at < end && *at != ',')
                problem = "there is text between a closing quote and the comma";
        }
        while (at < end && *at != ',')
            *out++ = *at++;
        *out++ = '\0';
        if (at == end)
            return problem;
        at++;
    }
}

const char *cm_fields_split(cm_fields *f, const char *row, size_t length, char separator)
{
    CM_GROW(f->bytes, f->bytes_capacity, length + 1);
    f->count = 0;
    if (separator == ',')
        return split_quoted(f, row, length);
    split_plain(f, row, length, separator);
    return NULL;
}

void cm_fields_clear(cm_fields *f)
{
    free(f->bytes);
    free(f->starts);
    *f = (cm_fields){0};
}

const char *cm_fields_get(const cm_fields *f, size_t index)
{
    return index < f->count ? f->bytes + f->starts[index] : "";
}

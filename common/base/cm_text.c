#include "base/cm_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cm_memory.h"

/* Makes room for `more` bytes and the NUL. */
static char *room(cm_text *text, size_t more)
{
    CM_GROW(text->data, text->capacity, text->size + more + 1);
    return text->data + text->size;
}

void cm_text_bytes(cm_text *text, const void *bytes, size_t size)
{
    char *end = room(text, size);

    if (size)
        memcpy(end, bytes, size);
    end[size] = '\0';
    text->size += size;
}

void cm_text_add(cm_text *text, const char *more)
{
    cm_text_bytes(text, more, strlen(more));
}

void cm_text_char(cm_text *text, char c)
{
    cm_text_bytes(text, &c, 1);
}

void cm_text_format(cm_text *text, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        abort();
    vsnprintf(room(text, (size_t)length), (size_t)length + 1, format, args);
    text->size += (size_t)length;
    va_end(args);
}

const char *cm_figure(char text[static CM_FIGURE_SIZE], double value, int digits)
{
    double size = fabs(value);

    if (size >= pow(10, digits) - 0.5 && size < 1e15)
        snprintf(text, CM_FIGURE_SIZE, "%.0f", value);
    else
        snprintf(text, CM_FIGURE_SIZE, "%.*g", digits, value);
    return text;
}

void cm_text_clear(cm_text *text)
{
    free(text->data);
    *text = (cm_text){0};
}

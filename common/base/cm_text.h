/* cm_text.h: growing text, UTF-8, and slugs. Reach for it to build output or to check what a person typed.
 * Any thread, one buffer at a time. */
#ifndef CM_TEXT_H
#define CM_TEXT_H

#include <stdarg.h>

#include "base/cm_arena.h"
#include "base/cm_status.h"

/* A growing buffer, always NUL-terminated once something was added. Zero-initialise; clear frees. */
typedef struct cm_text {
    char *data;
    size_t size, capacity;
} cm_text;

void cm_text_add(cm_text *text, const char *more);
void cm_text_bytes(cm_text *text, const void *bytes, size_t size);
void cm_text_char(cm_text *text, char c);
void cm_text_format(cm_text *text, const char *format, ...) CM_PRINTF(2, 3);
void cm_text_clear(cm_text *text);
static inline const char *cm_text_get(const cm_text *text)
{
    return text->data ? text->data : "";
}
static inline void cm_text_cleanup(cm_text *text)
{
    cm_text_clear(text);
}

/* Whether `size` bytes are well-formed UTF-8 (no surrogates, no overlong forms, ≤ U+10FFFF). `at` (may be NULL)
 * receives the offset of the first wrong byte. */
bool cm_utf8_valid(const void *bytes, size_t size, size_t *at);

/* A number as people read it: to `digits` significant digits, but with every digit that stands before the point, so
 * that 1234567 to 3 digits is 1234567, never 1.23e+06. From 1e15 on, and below 1e-4, it has an exponent all the same.
 * Writes into `text` and returns it; CM_FIGURE does so in a place that lives as long as the block it is in. */
#define CM_FIGURE_SIZE 32
#define CM_FIGURE(value, digits) cm_figure((char[CM_FIGURE_SIZE]){0}, value, digits)
const char *cm_figure(char text[static CM_FIGURE_SIZE], double value, int digits);

/* Columns that the text takes on a terminal, wide and combining characters considered. */
int cm_utf8_width(const char *text);

/* Lower-case ASCII of a name for use in an id: letters with marks lose them, `ß` is ss, what has no Latin form is
 * dropped, runs of anything else are one `-`: "São Paulo" → "sao-paulo". "" where nothing is left. */
char *cm_slug(const char *name, cm_arena *arena);

#endif

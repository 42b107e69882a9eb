#include "base/cm_memory.h"

#include <stdio.h>
#include <string.h>

static void *have(void *memory, size_t size)
{
    if (memory)
        return memory;
    fprintf(stderr, "out of memory: %zu bytes could not be had\n", size);
    abort();
}

void *cm_alloc(size_t size)
{
    return have(calloc(1, size ? size : 1), size);
}

void *cm_realloc(void *memory, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        have(NULL, SIZE_MAX);
    return have(realloc(memory, bytes ? bytes : 1), bytes);
}

char *cm_strndup(const char *text, size_t length)
{
    char *copy = have(malloc(length + 1), length + 1);

    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *cm_strdup(const char *text)
{
    return cm_strndup(text, strlen(text));
}

char *cm_format(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = cm_vformat(format, args);
    va_end(args);
    return text;
}

char *cm_vformat(const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = have(length < 0 ? NULL : malloc((size_t)length + 1), (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

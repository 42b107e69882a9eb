/* cm_memory.h: memory that is there or ends the process, text made of formats, and cleanup at the end of a scope.
 * Reach for it instead of malloc. A process that cannot get a few bytes can keep no promise to its callers; the journal
 * makes its sudden end harmless. Sizes that a peer chooses are checked against limits before they come here. */
#ifndef CM_MEMORY_H
#define CM_MEMORY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/cm_status.h"

/* Zeroed memory of `size` bytes (never NULL, also for 0); free() ends it. Aborts with a line on stderr where there is
 * none. */
void *cm_alloc(size_t size) __attribute__((malloc, returns_nonnull));

/* Room for `count` items of `size` bytes, keeping what was there; aborts on overflow. New bytes are not zeroed. */
void *cm_realloc(void *memory, size_t count, size_t size) CM_MUST_USE;

char *cm_strdup(const char *text) __attribute__((malloc, returns_nonnull));
char *cm_strndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *cm_format(const char *format, ...) CM_PRINTF(1, 2) __attribute__((malloc, returns_nonnull));
char *cm_vformat(const char *format, va_list args) CM_PRINTF(1, 0) __attribute__((malloc, returns_nonnull));

/* Ensures room for `need` items in a growing array: CM_GROW(items, capacity, need). */
#define CM_GROW(items, capacity, need)                                                                                 \
    do {                                                                                                               \
        if ((need) > (capacity)) {                                                                                     \
            size_t cm_grow_ = (capacity) ? (size_t)(capacity)*2 : 8;                                                   \
            while (cm_grow_ < (size_t)(need))                                                                          \
                cm_grow_ *= 2;                                                                                         \
            (items) = cm_realloc((items), cm_grow_, sizeof *(items));                                                  \
            (capacity) = cm_grow_;                                                                                     \
        }                                                                                                              \
    } while (0)

/* CM_AUTO(type) declares a variable that `type##_cleanup(type *)` ends at scope end. */
#define CM_AUTO(type) __attribute__((cleanup(type##_cleanup))) type

/* CM_FREE char *text: freed at scope end. */
static inline void cm_free_cleanup(void *at)
{
    free(*(void **)at);
}
#define CM_FREE __attribute__((cleanup(cm_free_cleanup)))

#endif

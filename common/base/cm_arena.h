/* cm_arena.h: memory that is given up all at once. Reach for it where many small things live exactly as long as one
 * request: a handler takes from its call's arena and never frees.
 *
 * One thread at a time. Memory is aligned for any type, not zeroed unless said, and valid until reset or free. */
#ifndef CM_ARENA_H
#define CM_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/cm_status.h"

typedef struct cm_arena cm_arena;

cm_arena *cm_arena_new(void);
void cm_arena_free(cm_arena *arena); /* NULL is fine */

/* Gives everything up but keeps a block for what comes next. */
void cm_arena_reset(cm_arena *arena);

/* The same, and keeps no more than a fresh arena takes first: for arenas that wait to be used again. */
void cm_arena_shrink(cm_arena *arena);

/* Never NULL; aborts where there is no memory. */
void *cm_arena_take(cm_arena *arena, size_t size) __attribute__((returns_nonnull));
void *cm_arena_zero(cm_arena *arena, size_t size) __attribute__((returns_nonnull));
void *cm_arena_copy(cm_arena *arena, const void *bytes, size_t size) __attribute__((returns_nonnull));
char *cm_arena_strdup(cm_arena *arena, const char *text) __attribute__((returns_nonnull));
char *cm_arena_strndup(cm_arena *arena, const char *text, size_t length) __attribute__((returns_nonnull));
/* Texts one after the other, up to NULL: cm_arena_join(arena, a, "/", b, NULL). Much cheaper than a format. */
char *cm_arena_join(cm_arena *arena, ...) __attribute__((returns_nonnull, sentinel));
char *cm_arena_format(cm_arena *arena, const char *format, ...) CM_PRINTF(2, 3) __attribute__((returns_nonnull));
char *cm_arena_vformat(cm_arena *arena, const char *format, va_list args) CM_PRINTF(2, 0)
    __attribute__((returns_nonnull));

/* Bytes handed out since the last reset. */
size_t cm_arena_used(const cm_arena *arena);

/* protobuf-c's allocator interface over this arena; free does nothing. Valid as long as the arena. */
ProtobufCAllocator *cm_arena_allocator(cm_arena *arena);

static inline void cm_arena_cleanup(cm_arena **arena)
{
    cm_arena_free(*arena);
}
/* CM_ARENA(scratch); declares an arena that ends with the scope. */
#define CM_ARENA(name) __attribute__((cleanup(cm_arena_cleanup))) cm_arena *name = cm_arena_new()

#endif

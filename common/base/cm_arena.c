#include "base/cm_arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "base/cm_memory.h"

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

typedef struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
} block;

struct cm_arena {
    block *blocks; /* newest first */
    size_t used;
    ProtobufCAllocator allocator;
};

static void *allocator_take(void *data, size_t size)
{
    return cm_arena_take(data, size);
}

static void allocator_free(void *data, void *memory)
{
    (void)data;
    (void)memory;
}

cm_arena *cm_arena_new(void)
{
    cm_arena *arena = cm_alloc(sizeof *arena);

    arena->allocator = (ProtobufCAllocator){allocator_take, allocator_free, arena};
    return arena;
}

static void free_blocks(block *b)
{
    while (b) {
        block *next = b->next;
        free(b);
        b = next;
    }
}

void cm_arena_free(cm_arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->blocks);
    free(arena);
}

static void reset(cm_arena *arena, size_t largest_kept)
{
    if (arena->blocks) {
        free_blocks(arena->blocks->next);
        arena->blocks->next = NULL;
        arena->blocks->used = 0;
        if (arena->blocks->size > largest_kept) {
            free(arena->blocks);
            arena->blocks = NULL;
        }
    }
    arena->used = 0;
}

void cm_arena_reset(cm_arena *arena)
{
    reset(arena, LARGEST_BLOCK);
}

void cm_arena_shrink(cm_arena *arena)
{
    reset(arena, FIRST_BLOCK);
}

static block *grow(cm_arena *arena, size_t need)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;

    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    if (size < need)
        size = need;
    block *b = cm_realloc(NULL, 1, sizeof *b + size);
    *b = (block){.next = arena->blocks, .size = size};
    arena->blocks = b;
    return b;
}

void *cm_arena_take(cm_arena *arena, size_t size)
{
    size_t step = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    block *b = arena->blocks;

    if (step == 0)
        step = alignof(max_align_t);
    if (!b || b->size - b->used < step)
        b = grow(arena, step);
    void *memory = b->bytes + b->used;
    b->used += step;
    arena->used += step;
    return memory;
}

void *cm_arena_zero(cm_arena *arena, size_t size)
{
    return memset(cm_arena_take(arena, size), 0, size);
}

void *cm_arena_copy(cm_arena *arena, const void *bytes, size_t size)
{
    void *copy = cm_arena_take(arena, size);

    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

char *cm_arena_strndup(cm_arena *arena, const char *text, size_t length)
{
    char *copy = cm_arena_take(arena, length + 1);

    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *cm_arena_strdup(cm_arena *arena, const char *text)
{
    return cm_arena_strndup(arena, text, strlen(text));
}

char *cm_arena_vformat(cm_arena *arena, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        abort();
    char *text = cm_arena_take(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *cm_arena_join(cm_arena *arena, ...)
{
    size_t size = 1;
    va_list texts, again;

    va_start(texts, arena);
    va_copy(again, texts);
    for (const char *text; (text = va_arg(texts, const char *));)
        size += strlen(text);
    va_end(texts);
    char *joined = cm_arena_take(arena, size), *end = joined;
    for (const char *text; (text = va_arg(again, const char *));)
        end = stpcpy(end, text);
    va_end(again);
    *end = '\0';
    return joined;
}

char *cm_arena_format(cm_arena *arena, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = cm_arena_vformat(arena, format, args);
    va_end(args);
    return text;
}

size_t cm_arena_used(const cm_arena *arena)
{
    return arena->used;
}

ProtobufCAllocator *cm_arena_allocator(cm_arena *arena)
{
    return &arena->allocator;
}

#include <string.h>

#include "base/cm_digest.h"
#include "journal/resource.h"

static void put(uint32_t *slots, size_t slot_count, const char *name, size_t index)
{
    size_t slot = cm_murmur2(name, strlen(name)) & (slot_count - 1);

    while (slots[slot])
        slot = (slot + 1) & (slot_count - 1);
    slots[slot] = (uint32_t)index + 1;
}

/* Twice as large, at most half full. */
static void grow(cm_names *names)
{
    size_t capacity = names->capacity ? names->capacity * 2 : 8;
    const char **texts = cm_arena_take(names->arena, 2 * capacity * sizeof *texts);

    for (size_t i = 0; i < names->count; i++) {
        texts[i] = names->names[i];
        texts[capacity + i] = names->fields[i];
    }
    names->names = texts;
    names->fields = texts + capacity;
    names->capacity = capacity;
    names->slot_count = 2 * capacity;
    names->slots = cm_arena_zero(names->arena, names->slot_count * sizeof *names->slots);
    for (size_t i = 0; i < names->count; i++)
        put(names->slots, names->slot_count, names->names[i], i);
}

static bool find(const cm_names *names, const char *name, size_t *index)
{
    if (!names->slot_count)
        return false;
    size_t slot = cm_murmur2(name, strlen(name)) & (names->slot_count - 1);
    for (; names->slots[slot]; slot = (slot + 1) & (names->slot_count - 1)) {
        *index = names->slots[slot] - 1;
        if (strcmp(names->names[*index], name) == 0)
            return true;
    }
    return false;
}

bool resource_names_have(const cm_names *names, const char *name)
{
    size_t index;

    return find(names, name, &index);
}

static size_t append(cm_names *names, const char *name, const char *field)
{
    if (names->count == names->capacity)
        grow(names);
    names->names[names->count] = name;
    names->fields[names->count] = field;
    put(names->slots, names->slot_count, name, names->count);
    return names->count++;
}

size_t cm_names_index(cm_names *names, const char *name)
{
    size_t index;

    return find(names, name, &index) ? index : append(names, name, "");
}

void cm_names_add(cm_names *names, const char *name)
{
    if (*name)
        (void)cm_names_index(names, name);
}

void cm_names_add_at(cm_names *names, const char *name, const char *path, ...)
{
    size_t index;
    va_list args;

    if (!*name || find(names, name, &index))
        return;
    va_start(args, path);
    const char *field = cm_arena_vformat(names->arena, path, args);
    va_end(args);
    if (names->prefix)
        field = cm_arena_format(names->arena, "%s%s", names->prefix, field);
    (void)append(names, name, field);
}

#include "trends/trd_own_cache.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"

enum { KNOWN_MOST = 2 * TRD_OWN_MOST };

typedef struct known {
    struct known *next;
    cm_bytes definition;
    trd_own own;
} known;

struct trd_own_cache {
    cm_arena *arena; /* of all that is known */
    known *first;
    size_t count, parsed;
};

trd_own_cache *trd_own_cache_new(void)
{
    trd_own_cache *cache = cm_alloc(sizeof *cache);

    *cache = (trd_own_cache){.arena = cm_arena_new()};
    return cache;
}

void trd_own_cache_free(trd_own_cache *cache)
{
    if (!cache)
        return;
    cm_arena_free(cache->arena);
    free(cache);
}

cm_status trd_own_cache_get(trd_own_cache *cache, cm_bytes definition, const trd_own **own)
{
    ProtobufCMessage *asked;

    for (known *k = cache->first; k; k = k->next)
        if (k->definition.size == definition.size &&
            (definition.size == 0 || memcmp(k->definition.data, definition.data, definition.size) == 0)) {
            *own = &k->own;
            return cm_ok();
        }
    known *k = cm_arena_zero(cache->arena, sizeof *k);
    k->definition = (cm_bytes){cm_arena_copy(cache->arena, definition.data, definition.size), definition.size};
    CM_TRY(cm_message_unpack(&TrdOwnQuestion_descriptor, k->definition, cache->arena, &asked));
    CM_TRY(trd_own_read((TrdOwnQuestion *)asked, cache->arena, &k->own));
    cache->parsed++;
    cache->count++;
    k->next = cache->first;
    cache->first = k;
    *own = &k->own;
    return cm_ok();
}

void trd_own_cache_trim(trd_own_cache *cache)
{
    if (cache->count <= KNOWN_MOST)
        return;
    cm_arena_reset(cache->arena);
    cache->first = NULL;
    cache->count = 0;
}

size_t trd_own_cache_parsed(const trd_own_cache *cache)
{
    return cache->parsed;
}

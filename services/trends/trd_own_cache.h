/* trd_own_cache.h: questions of users' own as they were read, so that their filters are parsed once and not for each
 * event. Reach for it where events are counted, one for each writer's thread. */
#ifndef TRD_OWN_CACHE_H
#define TRD_OWN_CACHE_H

#include "trends/trd_own.h"

typedef struct trd_own_cache trd_own_cache;

trd_own_cache *trd_own_cache_new(void);
void trd_own_cache_free(trd_own_cache *cache); /* NULL: nothing */

/* The question that these bytes define, parsed where it was not before. It lives until the next trim. */
cm_status trd_own_cache_get(trd_own_cache *cache, cm_bytes definition, const trd_own **own) CM_MUST_USE;

/* Forgets what is known where that is much more than there can be questions. */
void trd_own_cache_trim(trd_own_cache *cache);

/* How many definitions were parsed so far. */
size_t trd_own_cache_parsed(const trd_own_cache *cache);

#endif

/* reg_index.h: all actors by all their names, in memory, to be found by what was typed. Reach for it where SearchActors
 * and ResolveActors are answered, and in what keeps it current (reg_follow.h). The journal stays the truth: this can be
 * thrown away at any time.
 *
 * An actor takes about 250 bytes and each of its names about 100 more. Beyond REG_INDEX_NAMES names, further names of
 * an actor are left out (its display name never is), and reg_index_incomplete says so.
 *
 * Any thread. A change waits for the searches under way. */
#ifndef REG_INDEX_H
#define REG_INDEX_H

#include "cityneg/registry/v1/registry.grpc-c.h"
#include "registry/reg_fold.h"

typedef struct reg_index reg_index;

enum { REG_INDEX_NAMES = 4000000 };

/* Empty, and not ready. INTERNAL as reg_fold_new. */
cm_status reg_index_new(reg_index **index) CM_MUST_USE;
void reg_index_free(reg_index *index); /* NULL is fine */

/* Replaces what was there. By the names of one that was merged, the one that it was merged into is found. */
void reg_index_put(reg_index *index, const RegActor *actor);
void reg_index_remove(reg_index *index, const char *name);

/* Whether it holds everything that was there once: until then searches would miss most. */
void reg_index_set_ready(reg_index *index);
bool reg_index_is_ready(const reg_index *index);

size_t reg_index_actors(reg_index *index);
bool reg_index_incomplete(reg_index *index);

/* Which actors are wanted. */
typedef struct reg_wanted {
    const TypActorKind *kinds; /* none: all */
    size_t n_kinds;
    char *const *states; /* none: anywhere */
    size_t n_states;
    size_t most;     /* matches */
    bool whole_only; /* no names that only begin so */
} reg_wanted;

/* A match, and the dates of the name that it was, "" where it has none. All of it is in the arena. */
typedef struct reg_match {
    RegActorMatch *is;
    const char *from, *to;
} reg_match;

/* The best matches, best first: whole names, beginnings, then names with typos (only where there is still room); the
 * more populous first, then by name. None for a text without letters or digits. */
void reg_index_search(reg_index *index, const char *text, const reg_wanted *wanted, cm_arena *arena,
                      reg_match **matches, size_t *count);

#endif

/* trd_named.h: which facts name actors that were merged into others: a number that counts such a fact rests on the
 * merge, too. Reach for it to tell what is behind a number. In an arena; one thread. */
#ifndef TRD_NAMED_H
#define TRD_NAMED_H

#include "trends/trd_merges.h"
#include "trends/trd_moment.h"

typedef struct trd_named {
    trd_merges merges;
    struct trd_naming *namings; /* in order of resources, then of merges */
    size_t count;
} trd_named;

/* Reads nothing but the merges where there is none. */
cm_status trd_named_read(trd_moment at, cm_arena *arena, trd_named *named) CM_MUST_USE;

/* Marks, for each merge of `named`, what the fact takes of it: trd_met. */
void trd_named_mark(const trd_named *named, const char *resource, uint8_t *met);

#endif

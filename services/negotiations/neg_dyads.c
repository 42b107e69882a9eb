#include "negotiations/neg_dyads.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_message.h"
#include "journal/cm_actor.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The actors that take part, each once, in order of names. */
static size_t actors_of(const NegNegotiation *n, cm_arena *arena, const char ***actors)
{
    size_t count = 0;

    *actors = cm_arena_take(arena, (n->n_participants + 1) * sizeof **actors);
    for (size_t i = 0; i < n->n_participants; i++)
        (*actors)[i] = n->participants[i]->actor;
    qsort(*actors, n->n_participants, sizeof **actors, by_name);
    for (size_t i = 0; i < n->n_participants; i++)
        if (count == 0 || strcmp((*actors)[count - 1], (*actors)[i]) != 0)
            (*actors)[count++] = (*actors)[i];
    return count;
}

static NegRole *roles_of(const NegNegotiation *n, const char *actor, cm_arena *arena, size_t *count)
{
    NegRole *roles = cm_arena_take(arena, n->n_participants * sizeof *roles);

    *count = 0;
    for (size_t i = 0; i < n->n_participants; i++)
        if (strcmp(n->participants[i]->actor, actor) == 0)
            roles[(*count)++] = n->participants[i]->role;
    return roles;
}

/* 0: no level of government (a company). */
static int level(const char *actor)
{
    switch (cm_actor_kind(actor)) {
        case TYP_ACTOR_KIND_CITY:
            return 1;
        case TYP_ACTOR_KIND_REGION:
            return 2;
        case TYP_ACTOR_KIND_STATE:
            return 3;
        case TYP_ACTOR_KIND_INSTITUTION:
        case TYP_ACTOR_KIND_ORGANISATION:
            return 4;
        default:
            return 0;
    }
}

static NegDyad *dyad(const NegNegotiation *n, const char *first, const char *second, cm_arena *arena)
{
    NegDyad *d = CM_NEW(arena, NegDyad);
    int a = level(first), b = level(second);

    d->first = (char *)(uintptr_t)first;
    d->second = (char *)(uintptr_t)second;
    d->first_roles = roles_of(n, first, arena, &d->n_first_roles);
    d->second_roles = roles_of(n, second, arena, &d->n_second_roles);
    d->across_levels = a && b && a != b;
    return d;
}

void neg_dyads(const NegNegotiation *negotiation, const char *actor, int64_t from, size_t size, cm_arena *arena,
               NegListDyadsResponse *response)
{
    const char **actors;
    size_t count = actors_of(negotiation, arena, &actors);
    int64_t number = 0;

    response->dyads = cm_arena_take(arena, (size + 1) * sizeof *response->dyads);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            if (*actor && strcmp(actor, actors[i]) != 0 && strcmp(actor, actors[j]) != 0)
                continue;
            if (number >= from && response->n_dyads < size)
                response->dyads[response->n_dyads++] = dyad(negotiation, actors[i], actors[j], arena);
            number++;
        }
    response->total = (int32_t)number;
}

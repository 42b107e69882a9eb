#include "trends/trd_texts.h"

#include <string.h>

#include "base/cm_memory.h"
#include "trends/trd_facts.h"

struct trd_texts {
    cm_arena *arena;
    struct {
        const char *negotiation, *institution;
    } * pairs;
    size_t count, capacity;
};

static bool is_institution(const char *actor)
{
    return strncmp(actor, "institutions/", 13) == 0;
}

static void add(trd_texts *texts, const char *negotiation, const char *institution)
{
    CM_GROW(texts->pairs, texts->capacity, texts->count + 1);
    texts->pairs[texts->count].negotiation = cm_arena_strdup(texts->arena, negotiation);
    texts->pairs[texts->count++].institution = cm_arena_strdup(texts->arena, institution);
}

static cm_status read_negotiation(void *context, const char *resource, const EvtEvent *event)
{
    const NegNegotiation *n = event->negotiation;

    if (is_institution(n->host))
        add(context, resource, n->host);
    for (size_t i = 0; i < n->n_participants; i++)
        if (is_institution(n->participants[i]->actor))
            add(context, resource, n->participants[i]->actor);
    return cm_ok();
}

cm_status trd_texts_read(trd_moment at, cm_arena *arena, trd_texts **texts)
{
    trd_texts *t = cm_arena_zero(arena, sizeof *t);

    t->arena = arena;
    cm_status status = trd_facts_each(at, "negotiation", read_negotiation, t);
    void *grown = t->pairs;
    t->pairs = cm_arena_copy(arena, grown, t->count * sizeof *t->pairs);
    free(grown);
    *texts = t;
    return status;
}

bool trd_texts_own(const trd_texts *texts, const char *negotiation, const char *institution)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->pairs[i].negotiation, negotiation) == 0 &&
            strcmp(texts->pairs[i].institution, institution) == 0)
            return true;
    return false;
}

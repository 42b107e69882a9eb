#include "registry/reg_index.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <uthash.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "registry/reg_trie.h"

/* Edits that a text of so many letters may have. */
enum { ONE_FROM = 4, TWO_FROM = 8, SIMILAR_MAX = 2000 };

typedef struct indexed_name {
    const char *key, *text, *language, *from, *to;
    RegNameKind kind;
} indexed_name;

/* An actor with its names, in one piece of memory. */
typedef struct indexed {
    const char *name, *state, *into; /* "" unless it was merged into another */
    TypActorKind kind;
    int64_t population;
    uint32_t slot;
    uint16_t count;
    UT_hash_handle hh;
    indexed_name names[]; /* the first is its display name */
} indexed;

struct reg_index {
    reg_fold *fold;
    pthread_rwlock_t lock; /* of all below */
    reg_trie *trie;
    indexed *by_name;
    indexed **slots; /* NULL: free */
    size_t slot_count, slot_capacity;
    bool incomplete;
    atomic_bool ready;
};

cm_status reg_index_new(reg_index **made)
{
    reg_index *index = cm_alloc(sizeof *index);
    cm_status s = reg_fold_new(&index->fold);

    pthread_rwlock_init(&index->lock, NULL);
    index->trie = reg_trie_new();
    *made = cm_is_ok(s) ? index : NULL;
    if (!*made)
        reg_index_free(index);
    return s;
}

void reg_index_free(reg_index *index)
{
    if (!index)
        return;
    HASH_CLEAR(hh, index->by_name);
    for (size_t i = 0; i < index->slot_count; i++)
        free(index->slots[i]);
    free(index->slots);
    reg_trie_free(index->trie);
    reg_fold_free(index->fold);
    pthread_rwlock_destroy(&index->lock);
    free(index);
}

void reg_index_set_ready(reg_index *index)
{
    atomic_store(&index->ready, true);
}

bool reg_index_is_ready(const reg_index *index)
{
    return atomic_load(&index->ready);
}

size_t reg_index_actors(reg_index *index)
{
    pthread_rwlock_rdlock(&index->lock);
    size_t count = HASH_COUNT(index->by_name);
    pthread_rwlock_unlock(&index->lock);
    return count;
}

bool reg_index_incomplete(reg_index *index)
{
    pthread_rwlock_rdlock(&index->lock);
    bool incomplete = index->incomplete;
    pthread_rwlock_unlock(&index->lock);
    return incomplete;
}

/* ---- changing ---- */

/* The newest population that is known, the one without a year where there is no other. */
static int64_t newest_population(const RegActor *actor)
{
    const RegPopulation *newest = NULL;

    for (size_t i = 0; i < actor->n_populations; i++)
        if (!newest || actor->populations[i]->year > newest->year)
            newest = actor->populations[i];
    return newest ? newest->count : 0;
}

/* Where texts of an actor are put behind each other: measured first, with `at` NULL. */
typedef struct packing {
    char *at;
    size_t size;
} packing;

static const char *pack(packing *p, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = p->at ? memcpy(p->at + p->size, text, size) : NULL;

    p->size += size;
    return copy;
}

static void pack_actor(packing *p, const RegActor *actor, const char *const *keys, indexed *to)
{
    indexed out = {.name = pack(p, actor->name), .state = pack(p, actor->state), .into = pack(p, actor->merged_into)};

    if (to) {
        to->name = out.name;
        to->state = out.state;
        to->into = out.into;
    }
    for (size_t i = 0; i <= actor->n_names; i++) {
        const RegActorName *name = i ? actor->names[i - 1] : NULL;
        indexed_name packed = {
            .key = pack(p, keys[i]),
            .text = pack(p, name ? name->text : actor->display_name),
            .language = pack(p, name ? name->language : ""),
            .from = pack(p, name ? name->from : ""),
            .to = pack(p, name ? name->to : ""),
            .kind = name ? name->kind : REG_NAME_KIND_UNSPECIFIED,
        };
        if (to)
            to->names[i] = packed;
    }
}

static indexed *new_indexed(const RegActor *actor, const char *const *keys)
{
    size_t head = sizeof(indexed) + (actor->n_names + 1) * sizeof(indexed_name);
    packing p = {0};

    pack_actor(&p, actor, keys, NULL);
    indexed *made = cm_alloc(head + p.size);
    p = (packing){.at = (char *)made + head};
    pack_actor(&p, actor, keys, made);
    made->kind = actor->kind;
    made->population = newest_population(actor);
    made->count = (uint16_t)(actor->n_names + 1);
    return made;
}

/* The same key only once for each actor: "Kazan" in English and in German. */
static bool is_new_key(const indexed *actor, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(actor->names[j].key, actor->names[i].key) == 0)
            return false;
    return *actor->names[i].key != '\0';
}

static uint32_t take_slot(reg_index *index)
{
    for (size_t i = index->slot_count; i > 0 && !index->slots[i - 1]; i--)
        index->slot_count = i - 1;
    CM_GROW(index->slots, index->slot_capacity, index->slot_count + 1);
    return (uint32_t)index->slot_count++;
}

static void add_names(reg_index *index, const indexed *actor)
{
    reg_trie_value value = {
        .owner = actor->slot,
        .marks = (uint8_t)(1u << actor->kind),
        .weight = actor->population > UINT32_MAX ? UINT32_MAX : (uint32_t)actor->population,
    };

    for (size_t i = 0; i < actor->count; i++) {
        if (!is_new_key(actor, i))
            continue;
        value.which = (uint16_t)i;
        if (i > 0 && reg_trie_count(index->trie) >= REG_INDEX_NAMES)
            index->incomplete = true;
        else
            reg_trie_add(index->trie, actor->names[i].key, value);
    }
}

/* Answers the slot that it had, so that a change keeps it. */
static bool drop(reg_index *index, const char *name, uint32_t *slot)
{
    indexed *known;

    HASH_FIND_STR(index->by_name, name, known);
    if (!known)
        return false;
    for (size_t i = 0; i < known->count; i++)
        reg_trie_remove(index->trie, known->names[i].key, known->slot, (uint16_t)i);
    HASH_DEL(index->by_name, known);
    *slot = known->slot;
    index->slots[known->slot] = NULL;
    free(known);
    return true;
}

void reg_index_put(reg_index *index, const RegActor *actor)
{
    CM_ARENA(arena);
    const char **keys = cm_arena_take(arena, (actor->n_names + 1) * sizeof *keys);
    uint32_t slot;

    for (size_t i = 0; i <= actor->n_names; i++)
        keys[i] = reg_fold_latin(index->fold, i ? actor->names[i - 1]->text : actor->display_name, arena);
    indexed *added = new_indexed(actor, keys);
    pthread_rwlock_wrlock(&index->lock);
    added->slot = drop(index, actor->name, &slot) ? slot : take_slot(index);
    index->slots[added->slot] = added;
    HASH_ADD_KEYPTR(hh, index->by_name, added->name, strlen(added->name), added);
    add_names(index, added);
    pthread_rwlock_unlock(&index->lock);
}

void reg_index_remove(reg_index *index, const char *name)
{
    uint32_t slot;

    pthread_rwlock_wrlock(&index->lock);
    (void)drop(index, name, &slot);
    pthread_rwlock_unlock(&index->lock);
}

/* ---- searching ---- */

typedef struct found {
    const indexed *actor;
    const indexed *named; /* whose name it was: the actor, or one that was merged into it */
    uint16_t which;
    bool whole;
    int edits;
} found;

typedef struct search {
    const reg_index *index;
    const reg_wanted *wanted;
    bool whole; /* what is being visited */
    size_t most;
    found *items;
    size_t count;
} search;

static bool in_states(const reg_wanted *wanted, const char *state)
{
    for (size_t i = 0; i < wanted->n_states; i++)
        if (strcmp(wanted->states[i], state) == 0)
            return true;
    return wanted->n_states == 0;
}

/* The actor itself, or the one that it was merged into; NULL where that one is not known yet. */
static const indexed *stays(const reg_index *index, const indexed *actor)
{
    indexed *into = NULL;

    if (!*actor->into)
        return actor;
    HASH_FIND_STR(index->by_name, actor->into, into);
    return into;
}

/* An actor counts by the first and best of its names. */
static bool visit(void *context, const reg_trie_value *value, int edits)
{
    search *s = context;
    const indexed *named = s->index->slots[value->owner], *actor = stays(s->index, named);

    if (!actor || !in_states(s->wanted, actor->state))
        return true;
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].actor == actor) {
            if (edits < s->items[i].edits)
                s->items[i] = (found){actor, named, value->which, s->whole, edits};
            return true;
        }
    s->items[s->count++] = (found){actor, named, value->which, s->whole, edits};
    return s->count < s->most;
}

static int compare(const void *left, const void *right)
{
    const found *a = left, *b = right;

    if (a->edits != b->edits)
        return a->edits - b->edits;
    if (a->whole != b->whole)
        return a->whole ? -1 : 1;
    if (a->actor->population != b->actor->population)
        return a->actor->population > b->actor->population ? -1 : 1;
    return strcmp(a->actor->name, b->actor->name);
}

static size_t letters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static uint8_t marks_of(const reg_wanted *wanted)
{
    uint8_t marks = 0;

    for (size_t i = 0; i < wanted->n_kinds; i++)
        marks |= (uint8_t)(1u << wanted->kinds[i]);
    return wanted->n_kinds ? marks : UINT8_MAX;
}

/* Of homonyms and of typos all are looked at (up to a bound) before the best are taken: the trie knows no order among
 * them. Longer names come in their order. */
static void collect(search *s, const char *key, cm_arena *arena)
{
    uint8_t marks = marks_of(s->wanted);
    int edits = letters(key) >= TWO_FROM ? 2 : letters(key) >= ONE_FROM;

    s->items = cm_arena_take(arena, (SIMILAR_MAX + s->wanted->most) * sizeof *s->items);
    s->whole = true;
    s->most = SIMILAR_MAX;
    reg_trie_whole(s->index->trie, key, marks, visit, s);
    s->most = s->wanted->most;
    if (!s->wanted->whole_only && s->count < s->most) {
        s->whole = false;
        reg_trie_longer(s->index->trie, key, marks, visit, s);
    }
    if (edits && s->count < s->most) {
        s->whole = true;
        s->most = SIMILAR_MAX;
        reg_trie_similar(s->index->trie, key, edits, marks, visit, s);
    }
    qsort(s->items, s->count, sizeof *s->items, compare);
    if (s->count > s->wanted->most)
        s->count = s->wanted->most;
}

static bool begins(const char *text, const char *with, bool whole)
{
    size_t size = strlen(with);

    return strncmp(text, with, size) == 0 && (!whole || !text[size]);
}

static RegMatch how(reg_index *index, const char *name, const found *f, const char *text, cm_arena *arena)
{
    if (f->edits)
        return REG_MATCH_TYPO;
    if (begins(name, text, f->whole))
        return REG_MATCH_EXACT;
    return begins(reg_fold_plain(index->fold, name, arena), reg_fold_plain(index->fold, text, arena), f->whole)
               ? REG_MATCH_FOLDED
               : REG_MATCH_TRANSLITERATED;
}

/* Of an actor's names that are the same in Latin letters, the one that is nearest to the text as it is written. */
static const indexed_name *nearest(reg_index *index, const found *f, const char *text, cm_arena *arena, RegMatch *match)
{
    const indexed_name *names = f->named->names, *best = &names[f->which];

    *match = how(index, best->text, f, text, arena);
    for (size_t i = 0; i<f->named->count && * match> REG_MATCH_EXACT && !f->edits; i++) {
        RegMatch other =
            strcmp(names[i].key, names[f->which].key) == 0 ? how(index, names[i].text, f, text, arena) : REG_MATCH_TYPO;
        if (other < *match) {
            *match = other;
            best = &names[i];
        }
    }
    return best;
}

static reg_match answer(reg_index *index, const found *f, const char *text, cm_arena *arena)
{
    RegActorMatch *match = CM_NEW(arena, RegActorMatch);
    RegMatch nearness;
    const indexed_name *name = nearest(index, f, text, arena, &nearness);

    match->name = cm_arena_strdup(arena, f->actor->name);
    match->kind = f->actor->kind;
    match->display_name = cm_arena_strdup(arena, f->actor->names[0].text);
    match->state = cm_arena_strdup(arena, f->actor->state);
    match->population = f->actor->population;
    match->matched = cm_arena_strdup(arena, name->text);
    match->language = cm_arena_strdup(arena, name->language);
    match->name_kind = name->kind;
    match->match = nearness;
    match->edits = f->edits;
    match->whole = f->whole;
    return (reg_match){match, cm_arena_strdup(arena, name->from), cm_arena_strdup(arena, name->to)};
}

void reg_index_search(reg_index *index, const char *text, const reg_wanted *wanted, cm_arena *arena,
                      reg_match **matches, size_t *count)
{
    const char *key = reg_fold_latin(index->fold, text, arena);
    search s = {.index = index, .wanted = wanted};

    pthread_rwlock_rdlock(&index->lock);
    if (*key)
        collect(&s, key, arena);
    *matches = cm_arena_take(arena, (s.count + 1) * sizeof **matches);
    *count = s.count;
    for (size_t i = 0; i < s.count; i++)
        (*matches)[i] = answer(index, &s.items[i], text, arena);
    pthread_rwlock_unlock(&index->lock);
}

#include "registry/reg_trie.h"

#include <string.h>

#include "base/cm_memory.h"

/* Children of a node lie side by side, in blocks of 1, 2, 4 … nodes, ordered by the bits of their bytes: whoever walks
 * waits for memory, and so waits least. Indices instead of pointers, 0 is none; node 1 is the root. */
typedef struct node {
    uint64_t below; /* bit_of its children's bytes: what is not in it needs no look at them */
    uint32_t children, value;
    uint32_t heaviest; /* of all values at or below it */
    uint8_t byte, marks, count;
    uint8_t room; /* of the block: 1 << room */
} node;

typedef struct hung {
    reg_trie_value is;
    uint32_t next;
} hung;

enum { ROOT = 1, OWN_BITS = 36, BLOCKS = 9 };

struct reg_trie {
    node *nodes;
    hung *values;
    size_t node_count, node_capacity, value_count, value_capacity;
    uint32_t free_blocks[BLOCKS], free_values; /* lists by `children`, by room, and by `next` */
    size_t used_nodes, used_values;
};

/* Letters and digits have bits of their own, others share some. */
static int bit_number(uint8_t byte)
{
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a';
    return byte >= '0' && byte <= '9' ? 26 + byte - '0' : OWN_BITS + byte % (64 - OWN_BITS);
}

static uint64_t bit_of(uint8_t byte)
{
    return UINT64_C(1) << bit_number(byte);
}

static uint32_t new_block(reg_trie *trie, int room)
{
    uint32_t at = trie->free_blocks[room];

    if (at) {
        trie->free_blocks[room] = trie->nodes[at].children;
        return at;
    }
    CM_GROW(trie->nodes, trie->node_capacity, trie->node_count + (1u << room));
    at = (uint32_t)trie->node_count;
    trie->node_count += 1u << room;
    return at;
}

static void free_block(reg_trie *trie, uint32_t at, int room)
{
    trie->nodes[at].children = trie->free_blocks[room];
    trie->free_blocks[room] = at;
}

reg_trie *reg_trie_new(void)
{
    reg_trie *trie = cm_alloc(sizeof *trie);

    CM_GROW(trie->nodes, trie->node_capacity, 1);
    CM_GROW(trie->values, trie->value_capacity, 1);
    trie->node_count = trie->value_count = 1;
    trie->nodes[new_block(trie, 0)] = (node){0};
    trie->used_nodes = 1;
    return trie;
}

void reg_trie_free(reg_trie *trie)
{
    if (!trie)
        return;
    free(trie->nodes);
    free(trie->values);
    free(trie);
}

size_t reg_trie_count(const reg_trie *trie)
{
    return trie->used_values;
}

size_t reg_trie_nodes(const reg_trie *trie)
{
    return trie->used_nodes;
}

/* The first child whose byte has at least this bit. Below it each bit is one child, as long as they share none. */
static uint32_t first_with(const reg_trie *trie, const node *n, int bit)
{
    uint64_t lower = (UINT64_C(1) << (bit < OWN_BITS ? bit : OWN_BITS)) - 1;
    uint32_t at = n->children + (uint32_t)__builtin_popcountll(n->below & lower);

    while (at < n->children + n->count && bit_number(trie->nodes[at].byte) < bit)
        at++;
    return at;
}

static uint32_t child_of(const reg_trie *trie, uint32_t parent, uint8_t byte)
{
    const node *n = &trie->nodes[parent];

    if (!(n->below & bit_of(byte)))
        return 0;
    for (uint32_t at = first_with(trie, n, bit_number(byte)); at < n->children + n->count; at++)
        if (trie->nodes[at].byte == byte)
            return at;
    return 0;
}

/* Moves the children to a block with twice the room where theirs is full. */
static void make_room(reg_trie *trie, uint32_t parent)
{
    const node *n = &trie->nodes[parent];
    int room = n->count ? n->room + (n->count == 1 << n->room) : 0;

    if (n->count && room == n->room)
        return;
    uint32_t block = new_block(trie, room);
    node *to = &trie->nodes[parent];
    if (to->count) {
        memcpy(&trie->nodes[block], &trie->nodes[to->children], to->count * sizeof(node));
        free_block(trie, to->children, to->room);
    }
    to->children = block;
    to->room = (uint8_t)room;
}

static uint32_t make_child(reg_trie *trie, uint32_t parent, uint8_t byte)
{
    uint32_t at = child_of(trie, parent, byte);

    if (at)
        return at;
    make_room(trie, parent);
    node *n = &trie->nodes[parent];
    at = first_with(trie, n, bit_number(byte));
    memmove(&trie->nodes[at + 1], &trie->nodes[at], (n->children + n->count - at) * sizeof(node));
    trie->nodes[at] = (node){.byte = byte};
    n->below |= bit_of(byte);
    n->count++;
    trie->used_nodes++;
    return at;
}

static void weigh(node *n, const reg_trie_value *value)
{
    n->marks |= value->marks;
    if (n->heaviest < value->weight)
        n->heaviest = value->weight;
}

void reg_trie_add(reg_trie *trie, const char *key, reg_trie_value added)
{
    uint32_t at = ROOT, v = trie->free_values;

    weigh(&trie->nodes[at], &added);
    for (int depth = 0; key[depth] && depth < REG_TRIE_DEPTH; depth++) {
        at = make_child(trie, at, (uint8_t)key[depth]);
        weigh(&trie->nodes[at], &added);
    }
    if (v) {
        trie->free_values = trie->values[v].next;
    } else {
        CM_GROW(trie->values, trie->value_capacity, trie->value_count + 1);
        v = (uint32_t)trie->value_count++;
    }
    trie->values[v] = (hung){added, trie->nodes[at].value};
    trie->nodes[at].value = v;
    trie->used_values++;
}

static void weigh_again(reg_trie *trie, uint32_t at)
{
    node *n = &trie->nodes[at];

    n->below = 0;
    n->heaviest = n->marks = 0;
    for (uint32_t v = n->value; v; v = trie->values[v].next)
        weigh(n, &trie->values[v].is);
    for (const node *child = trie->nodes + n->children, *end = child + n->count; child < end; child++) {
        n->below |= bit_of(child->byte);
        weigh(n, &(reg_trie_value){.marks = child->marks, .weight = child->heaviest});
    }
}

static void drop_child(reg_trie *trie, uint32_t parent, uint32_t child)
{
    node *n = &trie->nodes[parent];

    memmove(&trie->nodes[child], &trie->nodes[child + 1], (n->children + n->count - child - 1) * sizeof(node));
    if (--n->count == 0)
        free_block(trie, n->children, n->room);
    trie->used_nodes--;
}

static bool drop_value(reg_trie *trie, uint32_t at, uint32_t owner, uint16_t which)
{
    for (uint32_t *v = &trie->nodes[at].value; *v; v = &trie->values[*v].next) {
        uint32_t found = *v;
        if (trie->values[found].is.owner != owner || trie->values[found].is.which != which)
            continue;
        *v = trie->values[found].next;
        trie->values[found].next = trie->free_values;
        trie->free_values = found;
        trie->used_values--;
        return true;
    }
    return false;
}

void reg_trie_remove(reg_trie *trie, const char *key, uint32_t owner, uint16_t which)
{
    uint32_t path[REG_TRIE_DEPTH + 1] = {ROOT};
    int depth = 0;

    for (; key[depth] && depth < REG_TRIE_DEPTH; depth++) {
        path[depth + 1] = child_of(trie, path[depth], (uint8_t)key[depth]);
        if (!path[depth + 1])
            return;
    }
    if (!drop_value(trie, path[depth], owner, which))
        return;
    for (; depth >= 0; depth--) {
        const node *n = &trie->nodes[path[depth]];
        if (depth > 0 && !n->count && !n->value)
            drop_child(trie, path[depth - 1], path[depth]);
        else
            weigh_again(trie, path[depth]);
    }
}

/* ---- by the beginning ---- */

static uint32_t find(const reg_trie *trie, const char *key)
{
    uint32_t at = ROOT;

    for (int depth = 0; at && key[depth] && depth < REG_TRIE_DEPTH; depth++)
        at = child_of(trie, at, (uint8_t)key[depth]);
    return at;
}

static bool visit_values(const reg_trie *trie, uint32_t at, uint8_t marks, int edits, reg_trie_visit *visit,
                         void *context)
{
    for (uint32_t v = trie->nodes[at].value; v; v = trie->values[v].next)
        if ((trie->values[v].is.marks & marks) && !visit(context, &trie->values[v].is, edits))
            return false;
    return true;
}

void reg_trie_whole(const reg_trie *trie, const char *key, uint8_t marks, reg_trie_visit *visit, void *context)
{
    uint32_t at = find(trie, key);

    if (at)
        (void)visit_values(trie, at, marks, 0, visit, context);
}

/* What is still to be looked at, the heaviest first: nodes with all that is below them, and values. */
typedef struct item {
    uint32_t weight, at;
    bool is_value;
} item;

typedef struct heap {
    item *items;
    size_t count, capacity;
} heap;

/* Of equals, values come first: they are found, and nothing below a node is heavier. */
static bool before(item a, item b)
{
    if (a.weight != b.weight)
        return a.weight > b.weight;
    return a.is_value != b.is_value ? a.is_value : a.at < b.at;
}

static void push(heap *h, item added)
{
    size_t at = h->count++;

    CM_GROW(h->items, h->capacity, h->count);
    for (; at > 0 && before(added, h->items[(at - 1) / 2]); at = (at - 1) / 2)
        h->items[at] = h->items[(at - 1) / 2];
    h->items[at] = added;
}

static item pop(heap *h)
{
    item first = h->items[0], last = h->items[--h->count];
    size_t at = 0;

    for (size_t next = 1; next < h->count; next = 2 * at + 1) {
        if (next + 1 < h->count && before(h->items[next + 1], h->items[next]))
            next++;
        if (!before(h->items[next], last))
            break;
        h->items[at] = h->items[next];
        at = next;
    }
    h->items[at] = last;
    return first;
}

static void push_children(const reg_trie *trie, heap *h, uint32_t at, uint8_t marks)
{
    const node *n = &trie->nodes[at];

    for (uint32_t child = n->children; child < n->children + n->count; child++)
        if (trie->nodes[child].marks & marks)
            push(h, (item){trie->nodes[child].heaviest, child, false});
}

static void push_values(const reg_trie *trie, heap *h, uint32_t at, uint8_t marks)
{
    for (uint32_t v = trie->nodes[at].value; v; v = trie->values[v].next)
        if (trie->values[v].is.marks & marks)
            push(h, (item){trie->values[v].is.weight, v, true});
}

void reg_trie_longer(const reg_trie *trie, const char *key, uint8_t marks, reg_trie_visit *visit, void *context)
{
    uint32_t at = find(trie, key);
    heap h = {0};

    if (at)
        push_children(trie, &h, at, marks);
    while (h.count) {
        item next = pop(&h);
        if (next.is_value) {
            if (!visit(context, &trie->values[next.at].is, 0))
                break;
        } else {
            push_values(trie, &h, next.at, marks);
            push_children(trie, &h, next.at, marks);
        }
    }
    free(h.items);
}

/* ---- with typos ---- */

/* The distances of what was walked so far to each beginning of the key: a row for each byte walked. In the row of depth
 * d only places d - most … d + most can be within `most` edits; those and one on either side are written. */
typedef struct walk {
    const reg_trie *trie;
    const char *key;
    int size, most;
    uint8_t marks;
    reg_trie_visit *visit;
    void *context;
    uint8_t path[REG_TRIE_DEPTH + 1], rows[REG_TRIE_DEPTH + 1][REG_TRIE_DEPTH + 2];
    bool enough;
} walk;

static int least_of(int a, int b)
{
    return a < b ? a : b;
}

static int first_place(const walk *w, int depth)
{
    return depth > w->most ? depth - w->most : 0;
}

static int last_place(const walk *w, int depth)
{
    return least_of(depth + w->most, w->size);
}

/* The row of one more byte; answers its least distance. */
static int extend(walk *w, int depth)
{
    const uint8_t *above = w->rows[depth - 1];
    uint8_t *row = w->rows[depth], byte = w->path[depth - 1];
    int first = first_place(w, depth), last = last_place(w, depth), least = w->most + 1;

    if (first == 0)
        least = row[first++] = (uint8_t)depth;
    else
        row[first - 1] = (uint8_t)(w->most + 1);
    for (int i = first; i <= last; i++) {
        uint8_t wanted = (uint8_t)w->key[i - 1];
        int distance = least_of(least_of(above[i] + 1, row[i - 1] + 1), above[i - 1] + (wanted != byte));
        if (depth > 1 && i > 1 && wanted == w->path[depth - 2] && (uint8_t)w->key[i - 2] == byte)
            distance = least_of(distance, w->rows[depth - 2][i - 2] + 1);
        row[i] = (uint8_t)distance;
        least = least_of(least, distance);
    }
    row[last + 1] = (uint8_t)(w->most + 1);
    return least;
}

/* With no edit left, only bytes of the key at the right place lead on, or the second of two that changed places. */
static uint64_t leading_on(const walk *w, int depth)
{
    const uint8_t *row = w->rows[depth];
    uint64_t bits = 0;

    for (int i = first_place(w, depth), last = last_place(w, depth); i <= last; i++) {
        if (i < w->size && row[i] == w->most)
            bits |= bit_of((uint8_t)w->key[i]);
        if (depth > 0 && i > 0 && i < w->size && (uint8_t)w->key[i] == w->path[depth - 1] &&
            w->rows[depth - 1][i - 1] < w->most)
            bits |= bit_of((uint8_t)w->key[i - 1]);
    }
    return bits;
}

static void descend(walk *w, uint32_t at, int depth, int least);

static void step(walk *w, uint32_t child, int depth)
{
    if (!(w->trie->nodes[child].marks & w->marks))
        return;
    w->path[depth] = w->trie->nodes[child].byte;
    int least = extend(w, depth + 1);
    if (least > w->most)
        return;
    int edits = last_place(w, depth + 1) == w->size ? w->rows[depth + 1][w->size] : 0;
    if (edits > 0 && edits <= w->most)
        w->enough = !visit_values(w->trie, child, w->marks, edits, w->visit, w->context);
    if (depth + 1 < REG_TRIE_DEPTH && !w->enough)
        descend(w, child, depth + 1, least);
}

/* `least` is the least distance in the row of `depth`. */
static void descend(walk *w, uint32_t at, int depth, int least)
{
    const node *n = &w->trie->nodes[at];
    uint64_t bits = n->below & (least < w->most ? UINT64_MAX : leading_on(w, depth));

    for (; bits && !w->enough; bits &= bits - 1) {
        int bit = __builtin_ctzll(bits);
        uint32_t child = first_with(w->trie, n, bit), end = n->children + n->count;
        for (; child < end && !w->enough && bit_number(w->trie->nodes[child].byte) == bit; child++)
            step(w, child, depth);
    }
}

void reg_trie_similar(const reg_trie *trie, const char *key, int most, uint8_t marks, reg_trie_visit *visit,
                      void *context)
{
    walk w = {.trie = trie, .key = key, .most = most, .marks = marks, .visit = visit, .context = context};

    w.size = (int)strnlen(key, REG_TRIE_DEPTH);
    for (int i = 0; i <= w.size; i++)
        w.rows[0][i] = (uint8_t)i;
    descend(&w, ROOT, 0, 0);
}

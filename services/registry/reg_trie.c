#include "registry/reg_trie.h"

#include <string.h>

#include "base/cm_memory.h"

/* Indices instead of pointers, 0 is none; node 1 is the root. Children are ordered by their byte. */
typedef struct node {
    uint32_t child, next, value;
    uint32_t heaviest; /* of all values at or below it */
    uint8_t byte, marks;
} node;

typedef struct hung {
    reg_trie_value is;
    uint32_t next;
} hung;

struct reg_trie {
    node *nodes;
    hung *values;
    size_t node_count, node_capacity, value_count, value_capacity;
    uint32_t free_nodes, free_values; /* lists by `child` and `next` */
    size_t used_nodes, used_values;
};

enum { ROOT = 1 };

static uint32_t new_node(reg_trie *trie, uint8_t byte, uint32_t next)
{
    uint32_t at = trie->free_nodes;

    if (at) {
        trie->free_nodes = trie->nodes[at].child;
    } else {
        CM_GROW(trie->nodes, trie->node_capacity, trie->node_count + 1);
        at = (uint32_t)trie->node_count++;
    }
    trie->used_nodes++;
    trie->nodes[at] = (node){.byte = byte, .next = next};
    return at;
}

reg_trie *reg_trie_new(void)
{
    reg_trie *trie = cm_alloc(sizeof *trie);

    CM_GROW(trie->nodes, trie->node_capacity, 1);
    CM_GROW(trie->values, trie->value_capacity, 1);
    trie->node_count = trie->value_count = 1;
    (void)new_node(trie, 0, 0);
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

static uint32_t child_of(const reg_trie *trie, uint32_t at, uint8_t byte)
{
    uint32_t child = trie->nodes[at].child;

    while (child && trie->nodes[child].byte < byte)
        child = trie->nodes[child].next;
    return child && trie->nodes[child].byte == byte ? child : 0;
}

static uint32_t make_child(reg_trie *trie, uint32_t at, uint8_t byte)
{
    uint32_t before = 0, child = trie->nodes[at].child;

    for (; child && trie->nodes[child].byte < byte; child = trie->nodes[child].next)
        before = child;
    if (child && trie->nodes[child].byte == byte)
        return child;
    child = new_node(trie, byte, child);
    if (before)
        trie->nodes[before].next = child;
    else
        trie->nodes[at].child = child;
    return child;
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

    n->heaviest = n->marks = 0;
    for (uint32_t v = n->value; v; v = trie->values[v].next)
        weigh(n, &trie->values[v].is);
    for (uint32_t child = n->child; child; child = trie->nodes[child].next)
        weigh(n, &(reg_trie_value){.marks = trie->nodes[child].marks, .weight = trie->nodes[child].heaviest});
}

static void drop_child(reg_trie *trie, uint32_t parent, uint32_t child)
{
    uint32_t *at = &trie->nodes[parent].child;

    while (*at != child)
        at = &trie->nodes[*at].next;
    *at = trie->nodes[child].next;
    trie->nodes[child].child = trie->free_nodes;
    trie->free_nodes = child;
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
        if (depth > 0 && !n->child && !n->value)
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
    for (uint32_t child = trie->nodes[at].child; child; child = trie->nodes[child].next)
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

/* The distances of what was walked so far to each beginning of the key: a row for each byte walked. */
typedef struct walk {
    const reg_trie *trie;
    const char *key;
    size_t size;
    int most;
    uint8_t marks;
    reg_trie_visit *visit;
    void *context;
    uint8_t path[REG_TRIE_DEPTH + 1], rows[REG_TRIE_DEPTH + 1][REG_TRIE_DEPTH + 1];
    bool enough;
} walk;

static int least_of(int a, int b)
{
    return a < b ? a : b;
}

/* The row of one more byte; answers its least distance. */
static int extend(walk *w, int depth)
{
    const uint8_t *above = w->rows[depth - 1];
    uint8_t *row = w->rows[depth], byte = w->path[depth - 1];
    int least = row[0] = (uint8_t)depth;

    for (size_t i = 1; i <= w->size; i++) {
        uint8_t wanted = (uint8_t)w->key[i - 1];
        int distance = least_of(least_of(above[i] + 1, row[i - 1] + 1), above[i - 1] + (wanted != byte));
        if (depth > 1 && i > 1 && wanted == w->path[depth - 2] && (uint8_t)w->key[i - 2] == byte)
            distance = least_of(distance, w->rows[depth - 2][i - 2] + 1);
        row[i] = (uint8_t)distance;
        least = least_of(least, distance);
    }
    return least;
}

static void descend(walk *w, uint32_t at, int depth)
{
    for (uint32_t child = w->trie->nodes[at].child; child && !w->enough; child = w->trie->nodes[child].next) {
        if (!(w->trie->nodes[child].marks & w->marks))
            continue;
        w->path[depth] = w->trie->nodes[child].byte;
        if (extend(w, depth + 1) > w->most)
            continue;
        int edits = w->rows[depth + 1][w->size];
        if (edits > 0 && edits <= w->most)
            w->enough = !visit_values(w->trie, child, w->marks, edits, w->visit, w->context);
        if (depth + 1 < REG_TRIE_DEPTH)
            descend(w, child, depth + 1);
    }
}

void reg_trie_similar(const reg_trie *trie, const char *key, int most, uint8_t marks, reg_trie_visit *visit,
                      void *context)
{
    walk w = {.trie = trie, .key = key, .most = most, .marks = marks, .visit = visit, .context = context};

    w.size = strnlen(key, REG_TRIE_DEPTH);
    for (size_t i = 0; i <= w.size; i++)
        w.rows[0][i] = (uint8_t)i;
    descend(&w, ROOT, 0);
}

#include "trends/trd_named.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"

typedef struct trd_naming {
    const char *resource;
    size_t merge;
    uint8_t met;
} trd_naming;

static void add(trd_named *named, size_t *capacity, const char *resource, const uint8_t *met, cm_arena *arena)
{
    const char *kept = NULL;

    for (size_t i = 0; i < named->merges.count; i++) {
        if (!met[i])
            continue;
        kept = kept ? kept : cm_arena_strdup(arena, resource);
        CM_GROW(named->namings, *capacity, named->count + 1);
        named->namings[named->count++] = (trd_naming){kept, i, met[i]};
    }
}

static int in_order(const void *a, const void *b)
{
    const trd_naming *x = a, *y = b;
    int order = strcmp(x->resource, y->resource);

    return order ? order : (x->merge > y->merge) - (x->merge < y->merge);
}

static cm_status read_facts(trd_moment at, cm_arena *arena, trd_named *named, size_t *capacity)
{
    static const char now[] = "SELECT resource, event FROM facts";
    static const char then[] = "SELECT resource, event FROM facts WHERE recorded <= $1 UNION ALL"
                               " SELECT resource, event FROM former_facts WHERE recorded <= $1 AND ended > $1";
    CM_FREE uint8_t *met = cm_alloc(named->merges.count);
    CM_ARENA(scratch);
    cm_status s = cm_ok();
    cm_rows rows;

    if (at.as_of)
        CM_TRY(cm_db_query(at.db, then, CM_WITH(cm_v_int(at.as_of)), &rows));
    else
        CM_TRY(cm_db_query(at.db, now, CM_NONE, &rows));
    while (cm_is_ok(s) && cm_rows_next(&rows)) {
        ProtobufCMessage *event;
        cm_arena_reset(scratch);
        s = cm_message_unpack(&EvtEvent_descriptor, cm_rows_blob(&rows, 1), scratch, &event);
        if (!cm_is_ok(s))
            break;
        memset(met, 0, named->merges.count);
        trd_merges_apply(&named->merges, (EvtEvent *)event, scratch, met);
        add(named, capacity, cm_rows_text(&rows, 0), met, arena);
    }
    cm_status ended = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return ended;
    cm_status_clear(&ended);
    return s;
}

cm_status trd_named_read(trd_moment at, cm_arena *arena, trd_named *named)
{
    size_t capacity = 0;

    *named = (trd_named){.count = 0};
    CM_TRY(trd_merges_read(at.db, arena, &named->merges));
    if (!named->merges.count)
        return cm_ok();
    cm_status s = read_facts(at, arena, named, &capacity);
    trd_naming *found = named->namings;
    if (named->count)
        qsort(found, named->count, sizeof *found, in_order);
    named->namings = cm_arena_copy(arena, found, named->count * sizeof *found);
    free(found);
    return s;
}

void trd_named_mark(const trd_named *named, const char *resource, uint8_t *met)
{
    size_t low = 0, high = named->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(named->namings[middle].resource, resource) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < named->count && strcmp(named->namings[low].resource, resource) == 0; low++)
        met[named->namings[low].merge] |= named->namings[low].met;
}

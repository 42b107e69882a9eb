#include "trends/trd_merges.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_merge.h"

/* ---- what is known ---- */

static cm_status read_state(cm_bytes packed, cm_arena *arena, const char **state)
{
    ProtobufCMessage *event;

    *state = "";
    if (!packed.size)
        return cm_ok(); /* the survivor's own event has not come */
    CM_TRY(cm_message_unpack(&EvtEvent_descriptor, packed, arena, &event));
    if (((EvtEvent *)event)->resource_case == EVT_EVENT_RESOURCE_ACTOR)
        *state = ((EvtEvent *)event)->actor->state;
    return cm_ok();
}

cm_status trd_merges_read(cm_db *db, cm_arena *arena, trd_merges *merges)
{
    cm_rows rows;
    cm_status s = cm_ok();
    trd_merge *items = NULL;
    size_t count = 0, capacity = 0;

    CM_TRY(cm_db_query(db,
                       "SELECT m.actor, m.survivor, f.event FROM merges m LEFT JOIN facts f ON f.resource = m.survivor"
                       " WHERE m.until IS NULL ORDER BY m.actor",
                       CM_NONE, &rows));
    while (cm_is_ok(s) && cm_rows_next(&rows)) {
        CM_GROW(items, capacity, count + 1);
        items[count] = (trd_merge){.actor = cm_arena_strdup(arena, cm_rows_text(&rows, 0)),
                                   .survivor = cm_arena_strdup(arena, cm_rows_text(&rows, 1))};
        s = read_state(cm_rows_blob(&rows, 2), arena, &items[count++].state);
    }
    cm_status end = cm_rows_end(&rows);
    *merges = (trd_merges){cm_arena_copy(arena, items, count * sizeof *items), count};
    free(items);
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
}

cm_status trd_merges_note(cm_db *db, const EvtEvent *event, int64_t recorded_at)
{
    bool told = false;

    if (event->resource_case != EVT_EVENT_RESOURCE_ACTOR)
        return cm_ok();
    for (size_t i = 0; i < event->n_changed; i++)
        told |= strcmp(event->changed[i], "merged_into") == 0;
    return told || *event->actor->merged_into
               ? cm_merge_note(db, event->actor->name, event->actor->merged_into, recorded_at)
               : cm_ok();
}

cm_status trd_merges_forget(cm_db *db, int part)
{
    return cm_db_run(db,
                     "DELETE FROM merges WHERE actor IN"
                     " (SELECT resource FROM facts WHERE source = 'registry' AND part = $1)",
                     CM_WITH(cm_v_int(part)));
}

/* ---- what is named ---- */

static int by_actor(const void *a, const void *b)
{
    return strcmp(((const trd_merge *)a)->actor, ((const trd_merge *)b)->actor);
}

static const trd_merge *find(const trd_merges *merges, const char *actor)
{
    const trd_merge key = {.actor = actor};

    return merges->count ? bsearch(&key, merges->items, merges->count, sizeof *merges->items, by_actor) : NULL;
}

const char *trd_merges_survivor(const trd_merges *merges, const char *actor)
{
    const trd_merge *merge = find(merges, actor);

    return merge ? merge->survivor : actor;
}

typedef struct rewriting {
    const trd_merges *merges;
    cm_arena *arena;
    uint8_t *met; /* NULL: not told */
} rewriting;

static void meet(const rewriting *r, const trd_merge *merge, trd_met what)
{
    if (r->met)
        r->met[merge - r->merges->items] |= what;
}

/* "cities/leningrad-ru", and what is below it, as the survivor's; NULL where it stays. */
static char *rewrite(const rewriting *r, const char *text)
{
    const char *slash = strchr(text, '/'), *below = slash ? strchr(slash + 1, '/') : NULL;

    if (!slash)
        return NULL;
    const trd_merge *merge = find(r->merges, below ? cm_arena_strndup(r->arena, text, (size_t)(below - text)) : text);
    if (!merge)
        return NULL;
    meet(r, merge, TRD_MET_NAME);
    return cm_arena_format(r->arena, "%s%s", merge->survivor, below ? below : "");
}

static void rewrite_list(const rewriting *r, char **texts, size_t *count)
{
    size_t kept = 0;
    bool changed = false;

    for (size_t i = 0; i < *count; i++) {
        char *text = rewrite(r, texts[i]);
        changed |= text != NULL;
        texts[i] = text ? text : texts[i];
    }
    for (size_t i = 0; changed && i < *count; i++) {
        bool again = false;
        for (size_t k = 0; k < kept; k++)
            again |= strcmp(texts[k], texts[i]) == 0;
        if (!again)
            texts[kept++] = texts[i];
    }
    if (changed)
        *count = kept;
}

static void rewrite_message(const rewriting *r, ProtobufCMessage *message);

static void rewrite_field(const rewriting *r, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    void *at = cm_field_at(message, field);
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;

    if (field->type == PROTOBUF_C_TYPE_STRING && repeated) {
        rewrite_list(r, *(char ***)at, (size_t *)((char *)message + field->quantifier_offset));
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        char *text = rewrite(r, *(char **)at);
        if (text)
            *(char **)at = text;
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        ProtobufCMessage **below = repeated ? *(ProtobufCMessage ***)at : (ProtobufCMessage **)at;
        for (size_t i = 0; i < cm_field_count(message, field); i++)
            if (below[i])
                rewrite_message(r, below[i]);
    }
}

static void rewrite_message(const rewriting *r, ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        if (cm_field_is_set(message, &message->descriptor->fields[i]))
            rewrite_field(r, message, &message->descriptor->fields[i]);
}

void trd_merges_apply(const trd_merges *merges, EvtEvent *event, cm_arena *arena, uint8_t *met)
{
    const rewriting r = {merges, arena, met};

    if (!merges->count)
        return;
    for (size_t i = 0; i < event->n_actors; i++) {
        const trd_merge *merge = find(merges, event->actors[i]->actor);
        if (!merge || *event->actors[i]->state)
            continue;
        event->actors[i]->state = (char *)merge->state;
        meet(&r, merge, TRD_MET_STATE);
    }
    rewrite_message(&r, &event->base);
}

/* Which resources name an actor. What a request adds is put down once at its end, many rows a statement and in the
 * order of the table: the pages of an actor are visited once a request, not once a resource. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "journal/resource.h"

static void remember(resource_work *work, const char *actor, const char *name)
{
    resource_mentions *m = &work->mentions;

    if (m->count == m->capacity) {
        size_t capacity = m->capacity ? m->capacity * 2 : 16;
        resource_mention *more = cm_arena_take(work->context.arena, capacity * sizeof *more);
        for (size_t i = 0; i < m->count; i++)
            more[i] = m->all[i];
        m->all = more;
        m->capacity = capacity;
    }
    m->all[m->count++] = (resource_mention){actor, name};
}

static cm_status delete (cm_db *db, const char *actor, const char *name)
{
    return cm_db_run(db, "DELETE FROM mentions WHERE actor = $1 AND name = $2",
                     CM_WITH(cm_v_text(actor), cm_v_text(name)));
}

cm_status resource_mentions_put(resource_work *work, const ProtobufCMessage *before, const char *name,
                                const cm_names *actors)
{
    const cm_resource_kind *kind = work->kind;
    cm_names old = {.arena = work->context.arena};

    if (before && kind->actors)
        kind->actors(before, &old);
    for (size_t i = 0; i < old.count; i++) {
        if (resource_names_have(actors, old.names[i]))
            continue;
        CM_TRY(resource_mentions_flush(work)); /* an earlier part of the request may have added it */
        CM_TRY(delete (cm_tx_db(work->context.tx), old.names[i], name));
    }
    for (size_t i = 0; i < actors->count; i++)
        if (!resource_names_have(&old, actors->names[i]))
            remember(work, actors->names[i], name);
    return cm_ok();
}

cm_status resource_mentions_forget(cm_db *db, const cm_resource_kind *kind, const ProtobufCMessage *body,
                                   const char *name, cm_arena *arena)
{
    cm_names actors = {.arena = arena};

    if (body && kind->actors)
        kind->actors(body, &actors);
    for (size_t i = 0; i < actors.count; i++)
        CM_TRY(delete (db, actors.names[i], name));
    return cm_ok();
}

static int compare(const void *a, const void *b)
{
    const resource_mention *one = a, *other = b;
    int order = strcmp(one->actor, other->actor);

    return order ? order : strcmp(one->name, other->name);
}

static char one_row[128], many_rows[64 + RESOURCE_MENTIONS * 16];

static void write_insert(char *sql, size_t size, size_t rows)
{
    CM_AUTO(cm_text) text = {0};

    cm_text_add(&text, "INSERT INTO mentions (actor, name) VALUES ");
    for (size_t i = 0; i < rows; i++)
        cm_text_format(&text, "%s($%zu, $%zu)", i ? ", " : "", 2 * i + 1, 2 * i + 2);
    snprintf(sql, size, "%s", cm_text_get(&text));
}

static void write_inserts(void)
{
    write_insert(one_row, sizeof one_row, 1);
    write_insert(many_rows, sizeof many_rows, RESOURCE_MENTIONS);
}

/* One row, or RESOURCE_MENTIONS: so there are two texts, each prepared once a connection. */
static cm_status insert(resource_work *work, const resource_mention *mentions, size_t count)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    cm_value values[2 * RESOURCE_MENTIONS];

    pthread_once(&once, write_inserts);
    for (size_t i = 0; i < count; i++) {
        values[2 * i] = cm_v_text(mentions[i].actor);
        values[2 * i + 1] = cm_v_text(mentions[i].name);
    }
    return cm_db_run(cm_tx_db(work->context.tx), count == 1 ? one_row : many_rows, values, (int)(2 * count));
}

cm_status resource_mentions_flush(resource_work *work)
{
    resource_mentions *m = &work->mentions;
    size_t count = m->count, done = 0;

    m->count = 0;
    if (count > 1)
        qsort(m->all, count, sizeof *m->all, compare);
    for (; count - done >= RESOURCE_MENTIONS; done += RESOURCE_MENTIONS)
        CM_TRY(insert(work, m->all + done, RESOURCE_MENTIONS));
    for (; done < count; done++)
        CM_TRY(insert(work, m->all + done, 1));
    return cm_ok();
}

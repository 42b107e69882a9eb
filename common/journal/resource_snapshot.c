#include "journal/resource.h"

static void make_room(resource_work *work)
{
    size_t capacity = work->snapshot_capacity ? work->snapshot_capacity * 2 : 16;
    TypActorSnapshot **snapshots = cm_arena_zero(work->context.arena, capacity * sizeof *snapshots);

    for (size_t i = 0; i < work->snapshot_capacity; i++)
        snapshots[i] = work->snapshots[i];
    work->snapshots = snapshots;
    work->snapshot_capacity = capacity;
}

/* Where the snapshot of the actor is kept, or will be. */
static TypActorSnapshot **place(resource_work *work, const char *actor)
{
    size_t index = cm_names_index(&work->actors, actor);

    while (index >= work->snapshot_capacity)
        make_room(work);
    return &work->snapshots[index];
}

void resource_snapshot_forget(resource_work *work, const char *actor)
{
    if (work->actors.count)
        *place(work, actor) = NULL;
}

static cm_status take(resource_work *work, const char *actor, TypActorSnapshot **kept)
{
    TypActorSnapshot *snapshot = CM_NEW(work->context.arena, TypActorSnapshot);

    snapshot->actor = (char *)actor;
    CM_TRY(work->kind->snapshot(&work->context, actor, snapshot));
    *kept = snapshot;
    return cm_ok();
}

cm_status resource_snapshots(resource_work *work, const cm_names *actors, TypActorSnapshot **snapshots,
                             cm_violations *wrong)
{
    for (size_t i = 0; i < actors->count; i++) {
        TypActorSnapshot **kept = place(work, actors->names[i]);
        cm_status s = *kept ? cm_ok() : take(work, actors->names[i], kept);
        snapshots[i] = *kept;
        if (cm_is_ok(s))
            continue;
        if (s.code != CM_NOT_FOUND && s.code != CM_INVALID_ARGUMENT)
            return s;
        if (s.code == CM_NOT_FOUND)
            cm_violations_add(wrong, actors->fields[i], "%.160s does not exist; create it first, or name another",
                              actors->names[i]);
        else
            cm_violations_add(wrong, actors->fields[i], "%s", cm_status_message(s));
        cm_status_clear(&s);
    }
    return cm_ok();
}

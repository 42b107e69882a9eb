#include "negotiations/neg_thread.h"

#include <string.h>

#include "base/cm_date.h"
#include "negotiations/neg_kinds.h"

static cm_status find(cm_db *db, const char *name, cm_arena *arena, NegEntry **entry)
{
    ProtobufCMessage *found;

    CM_TRY(cm_resource_find(db, &neg_entry_kind, name, arena, &found));
    *entry = (NegEntry *)found;
    return cm_ok();
}

static bool is_offer(NegEntryKind kind)
{
    return kind == NEG_ENTRY_KIND_PROPOSAL || kind == NEG_ENTRY_KIND_COUNTER_PROPOSAL;
}

static bool answers_offers(NegEntryKind kind)
{
    return kind == NEG_ENTRY_KIND_ACCEPTANCE || kind == NEG_ENTRY_KIND_REJECTION ||
           kind == NEG_ENTRY_KIND_COUNTER_PROPOSAL;
}

static bool certainly_later(const NegEntry *a, const NegEntry *b)
{
    cm_date x, y;
    cm_status first = cm_date_parse(a->date, &x), second = cm_date_parse(b->date, &y);
    bool later = cm_is_ok(first) && cm_is_ok(second) && cm_date_certainly_after(x, y);

    cm_status_clear(&first);
    cm_status_clear(&second);
    return later;
}

static bool same_negotiation(const char *a, const char *b)
{
    size_t length = (size_t)(strstr(a, "/entries/") - a);

    return strncmp(a, b, length) == 0 && strncmp(b + length, "/entries/", 9) == 0;
}

/* Whether what `from` answers, and what that answers, and so on, comes to `name`. */
static cm_status leads_to(cm_db *db, const NegEntry *from, const char *name, cm_arena *arena, bool *leads)
{
    *leads = false;
    for (int i = 0; from && i < NEG_THREAD_ENTRIES; i++) {
        if (strcmp(from->name, name) == 0) {
            *leads = true;
            return cm_ok();
        }
        if (!*from->in_reply_to)
            return cm_ok();
        NegEntry *next;
        CM_TRY(find(db, from->in_reply_to, arena, &next));
        from = next;
    }
    return cm_ok();
}

cm_status neg_thread_check(cm_db *db, const NegEntry *entry, cm_arena *arena, cm_violations *wrong)
{
    const char *kind = cm_enum_code(&NegEntryKind_descriptor, (int)entry->kind, arena), *to = entry->in_reply_to;
    NegEntry *answered;
    bool cycle;

    if (!*to)
        return cm_ok();
    if (!same_negotiation(entry->name, to)) {
        cm_violations_add(wrong, "in_reply_to", "%.160s is of another negotiation; name an entry of this one", to);
        return cm_ok();
    }
    CM_TRY(find(db, to, arena, &answered));
    if (!answered) {
        cm_violations_add(wrong, "in_reply_to", "%.160s does not exist; create it first, or name another", to);
        return cm_ok();
    }
    CM_TRY(leads_to(db, answered, entry->name, arena, &cycle));
    if (cycle)
        cm_violations_add(wrong, "in_reply_to", "%.160s answers this entry in turn; name an earlier one", to);
    else if (certainly_later(answered, entry))
        cm_violations_add(wrong, "in_reply_to", "%.160s is of %s, after this entry's %s; name an earlier one", to,
                          answered->date, entry->date);
    else if (answers_offers(entry->kind) && !is_offer(answered->kind))
        cm_violations_add(wrong, "in_reply_to", "%.120s is %s; %s answers a proposal or a counter_proposal", to,
                          cm_enum_code(&NegEntryKind_descriptor, (int)answered->kind, arena), kind);
    return cm_ok();
}

static cm_status too_long(const char *name)
{
    return cm_fail(CM_RESOURCE_EXHAUSTED, "name: the thread of %s has more than %d entries; list them by in_reply_to",
                   name, NEG_THREAD_ENTRIES);
}

static cm_status answers_to(cm_db *db, const char *name, cm_names *names)
{
    cm_rows rows;

    CM_TRY(cm_db_query(db, "SELECT name FROM entries WHERE in_reply_to = $1 ORDER BY date, name LIMIT $2",
                       CM_WITH(cm_v_text(name), cm_v_int(NEG_THREAD_ENTRIES + 1)), &rows));
    while (cm_rows_next(&rows))
        cm_names_add(names, cm_arena_strdup(names->arena, cm_rows_text(&rows, 0)));
    return cm_rows_end(&rows);
}

/* Adds an entry and all that answers it. The depth is that of the recursion, and bounded with the thread. */
static cm_status add(cm_db *db, NegEntry *entry, int32_t depth, cm_arena *arena, NegGetThreadResponse *response)
{
    cm_names answers = {.arena = arena};
    NegThreadEntry *added;

    if (response->n_entries == NEG_THREAD_ENTRIES)
        return too_long(entry->name);
    added = response->entries[response->n_entries++] = CM_NEW(arena, NegThreadEntry);
    added->entry = entry;
    added->depth = depth;
    CM_TRY(answers_to(db, entry->name, &answers));
    for (size_t i = 0; i < answers.count; i++) {
        NegEntry *answer;
        CM_TRY(find(db, answers.names[i], arena, &answer));
        if (answer)
            CM_TRY(add(db, answer, depth + 1, arena, response));
    }
    return cm_ok();
}

cm_status neg_thread_read(cm_db *db, const char *name, cm_arena *arena, NegGetThreadResponse *response)
{
    NegEntry *entry, *above;

    CM_TRY(find(db, name, arena, &entry));
    if (!entry)
        return cm_not_found("entry", name);
    for (int i = 0; *entry->in_reply_to; i++) {
        if (i == NEG_THREAD_ENTRIES)
            return too_long(name);
        CM_TRY(find(db, entry->in_reply_to, arena, &above));
        if (!above)
            break;
        entry = above;
    }
    response->entries = cm_arena_take(arena, NEG_THREAD_ENTRIES * sizeof *response->entries);
    return add(db, entry, 0, arena, response);
}

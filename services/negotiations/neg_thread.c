#include "negotiations/neg_thread.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_date.h"
#include "negotiations/neg_kinds.h"

enum { ENTRIES_THEN = 10000 };

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

/* Where a thread is read: now, or as it was. */
typedef struct thread {
    cm_db *db;
    int64_t as_of;   /* 0: now */
    NegEntry **then; /* those of the negotiation, in order of date; NULL: now */
    size_t then_count;
    cm_arena *arena;
    NegGetThreadResponse *response;
} thread;

static cm_status read_entry(const thread *t, const char *name, NegEntry **entry)
{
    ProtobufCMessage *found;

    CM_TRY(cm_resource_find_as_of(t->db, &neg_entry_kind, name, t->as_of, t->arena, &found));
    *entry = (NegEntry *)found;
    return cm_ok();
}

static int by_date(const void *a, const void *b)
{
    const NegEntry *x = *(NegEntry *const *)a, *y = *(NegEntry *const *)b;
    int order = strcmp(x->date, y->date);

    return order ? order : strcmp(x->name, y->name);
}

/* What an entry answered at a time, only the journal knows: all entries of the negotiation are read. */
static cm_status read_then(thread *t, const char *name)
{
    const char *prefix = cm_arena_strndup(t->arena, name, (size_t)(strstr(name, "/entries/") - name) + 9);
    cm_names names = {.arena = t->arena};

    CM_TRY(cm_resource_names_as_of(t->db, prefix, t->as_of, ENTRIES_THEN + 1, &names));
    if (names.count > ENTRIES_THEN)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "as_of: %s had more than %d entries; list them by in_reply_to", prefix,
                       ENTRIES_THEN);
    t->then = cm_arena_take(t->arena, (names.count + 1) * sizeof *t->then);
    for (size_t i = 0; i < names.count; i++) {
        CM_TRY(read_entry(t, names.names[i], &t->then[t->then_count]));
        t->then_count += t->then[t->then_count] != NULL;
    }
    qsort(t->then, t->then_count, sizeof *t->then, by_date);
    return cm_ok();
}

static cm_status answers_to(const thread *t, const char *name, cm_names *names)
{
    cm_rows rows;

    for (size_t i = 0; i < t->then_count; i++)
        if (strcmp(t->then[i]->in_reply_to, name) == 0)
            cm_names_add(names, t->then[i]->name);
    if (t->then)
        return cm_ok();
    CM_TRY(cm_db_query(t->db, "SELECT name FROM entries WHERE in_reply_to = $1 ORDER BY date, name LIMIT $2",
                       CM_WITH(cm_v_text(name), cm_v_int(NEG_THREAD_ENTRIES + 1)), &rows));
    while (cm_rows_next(&rows))
        cm_names_add(names, cm_arena_strdup(names->arena, cm_rows_text(&rows, 0)));
    return cm_rows_end(&rows);
}

/* Adds an entry and all that answers it. The depth is that of the recursion, and bounded with the thread. */
static cm_status add(const thread *t, NegEntry *entry, int32_t depth)
{
    cm_names answers = {.arena = t->arena};
    NegThreadEntry *added;

    if (t->response->n_entries == NEG_THREAD_ENTRIES)
        return too_long(entry->name);
    added = t->response->entries[t->response->n_entries++] = CM_NEW(t->arena, NegThreadEntry);
    added->entry = entry;
    added->depth = depth;
    CM_TRY(answers_to(t, entry->name, &answers));
    for (size_t i = 0; i < answers.count; i++) {
        NegEntry *answer;
        CM_TRY(read_entry(t, answers.names[i], &answer));
        if (answer)
            CM_TRY(add(t, answer, depth + 1));
    }
    return cm_ok();
}

cm_status neg_thread_read(cm_db *db, const char *name, int64_t as_of, cm_arena *arena, NegGetThreadResponse *response)
{
    thread t = {.db = db, .as_of = as_of, .arena = arena, .response = response};
    NegEntry *entry, *above;

    if (as_of)
        CM_TRY(read_then(&t, name));
    CM_TRY(read_entry(&t, name, &entry));
    if (!entry)
        return cm_not_found("entry", name);
    for (int i = 0; *entry->in_reply_to; i++) {
        if (i == NEG_THREAD_ENTRIES)
            return too_long(name);
        CM_TRY(read_entry(&t, entry->in_reply_to, &above));
        if (!above)
            break;
        entry = above;
    }
    response->entries = cm_arena_take(arena, NEG_THREAD_ENTRIES * sizeof *response->entries);
    return add(&t, entry, 0);
}

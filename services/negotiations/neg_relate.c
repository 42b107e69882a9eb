#include "negotiations/neg_relate.h"

#include <string.h>

#include "base/cm_memory.h"
#include "negotiations/neg_kinds.h"
#include "negotiations/neg_mentions.h"
#include "negotiations/neg_thread.h"

/* What resources of other kinds were found to say, for the rest of the request, which changes none of them: a source's
 * certainty, a negotiation's collection, "" of others. NULL: was not looked for, or is not there. */
typedef struct findings {
    cm_names names;
    const char **told;
    size_t capacity;
} findings;

/* One resource being related, and what is wrong with it so far. */
typedef struct relation {
    cm_db *db;
    cm_arena *arena;
    findings *found;
    cm_violations wrong;
} relation;

static findings *findings_of(cm_resource_context *context)
{
    if (!context->kept) {
        findings *made = cm_arena_zero(context->arena, sizeof *made);
        made->names.arena = context->arena;
        context->kept = made;
    }
    return context->kept;
}

/* Where it is told what the named resource says, until another is asked for. The name is the request's. */
static const char **told(relation *r, const char *name)
{
    findings *f = r->found;
    size_t index = cm_names_index(&f->names, name);

    if (index >= f->capacity) {
        size_t capacity = f->capacity ? f->capacity * 2 : 16;
        const char **more = cm_arena_zero(r->arena, capacity * sizeof *more);
        for (size_t i = 0; i < f->capacity; i++)
            more[i] = f->told[i];
        f->told = more;
        f->capacity = capacity;
    }
    return &f->told[index];
}

static void missing(relation *r, const char *field, const char *name)
{
    cm_violations_add(&r->wrong, field, "%.160s does not exist; create it first, or name another", name);
}

/* The text of a query's first row, by name; *text is NULL where there is none. */
static cm_status ask(relation *r, const char *sql, const char *name, const char **text)
{
    cm_rows rows;

    *text = NULL;
    CM_TRY(cm_db_query(r->db, sql, CM_WITH(cm_v_text(name)), &rows));
    if (cm_rows_next(&rows))
        *text = cm_arena_strdup(r->arena, cm_rows_text(&rows, 0));
    return cm_rows_end(&rows);
}

static cm_status cite(void *context, const cm_path *path, TypCitation *citation)
{
    relation *r = context;
    const char **certainty = told(r, citation->source);
    int code = 0;

    if (!*certainty)
        CM_TRY(ask(r, "SELECT certainty FROM sources WHERE name = $1", citation->source, certainty));
    if (*certainty) {
        CM_TRY(cm_enum_parse(&TypCertainty_descriptor, *certainty, &code));
    } else {
        cm_path field = CM_PATH(path, "source");
        CM_FREE char *text = cm_path_text(&field);
        missing(r, text, citation->source);
    }
    citation->certainty = (TypCertainty)code;
    return cm_ok();
}

/* The resource that a field names exists, and is not deleted; "" names none. */
static cm_status refer(relation *r, const cm_resource_kind *kind, const char *field, const char *name)
{
    ProtobufCMessage *retracted;
    bool exists;

    if (!*name || *told(r, name))
        return cm_ok();
    CM_TRY(cm_resource_exists(r->db, kind, name, &exists));
    if (exists) {
        *told(r, name) = "";
        return cm_ok();
    }
    CM_TRY(cm_resource_find(r->db, kind, name, r->arena, &retracted));
    if (retracted)
        cm_violations_add(&r->wrong, field, "%.160s is deleted; undelete it first, or name another", name);
    else
        missing(r, field, name);
    return cm_ok();
}

/* An entry's negotiation exists, and gives its collection to one that has none. */
static cm_status belong(relation *r, NegEntry *e)
{
    const char *end = strstr(e->name, "/entries/"), *collection;
    const char *negotiation = cm_arena_strndup(r->arena, e->name, (size_t)(end - e->name));

    if (!*told(r, negotiation)) {
        CM_TRY(refer(r, &neg_negotiation_kind, "name", negotiation));
        CM_TRY(ask(r, "SELECT collection FROM negotiations WHERE name = $1", negotiation, &collection));
        if (*told(r, negotiation))
            *told(r, negotiation) = collection;
    }
    if (*told(r, negotiation) && !*e->collection)
        e->collection = (char *)*told(r, negotiation);
    return cm_ok();
}

/* The phase is the newest of the history: it is neg_phase_advance that adds to it. */
static cm_status phase_stays(const NegNegotiation *n, cm_arena *arena)
{
    NegPhase newest = n->phase_history[n->n_phase_history - 1]->phase;

    if (n->phase == newest)
        return cm_ok();
    const char *text = cm_arena_format(arena, "%s is in %s; an update does not move it to %s, call AdvancePhase",
                                       n->name, cm_enum_code(&NegPhase_descriptor, (int)newest, arena),
                                       cm_enum_code(&NegPhase_descriptor, (int)n->phase, arena));
    cm_status s = cm_fail(CM_FAILED_PRECONDITION, "phase: %s", text);
    cm_status_reason(&s, "PHASE_MOVES_BY_ADVANCE_PHASE");
    cm_status_violation(&s, "phase", text);
    return s;
}

static cm_status relate_kind(relation *r, ProtobufCMessage *resource)
{
    CM_TRY(neg_mention_sources(resource, cite, r));
    if (resource->descriptor == &NegEntry_descriptor) {
        CM_TRY(belong(r, (NegEntry *)resource));
        CM_TRY(neg_thread_check(r->db, (const NegEntry *)resource, r->arena, &r->wrong));
    }
    if (resource->descriptor == &NegPosition_descriptor)
        CM_TRY(refer(r, &neg_issue_kind, "issue", cm_message_string(resource, "issue")));
    CM_TRY(refer(r, &neg_negotiation_kind, "negotiation", cm_message_string(resource, "negotiation")));
    return refer(r, &neg_collection_kind, "collection", cm_message_string(resource, "collection"));
}

static cm_status relate_all(cm_resource_context *context, ProtobufCMessage *resource)
{
    relation r = {.db = cm_tx_db(context->tx), .arena = context->arena, .found = findings_of(context)};
    cm_status s = relate_kind(&r, resource);

    if (cm_is_ok(s))
        return cm_violations_status(&r.wrong);
    cm_violations_clear(&r.wrong);
    return s;
}

cm_status neg_relate(cm_resource_context *context, ProtobufCMessage *resource, const ProtobufCMessage *before)
{
    if (resource->descriptor == &NegNegotiation_descriptor)
        CM_TRY(phase_stays((const NegNegotiation *)resource, context->arena));
    return relate_all(context, resource);
}

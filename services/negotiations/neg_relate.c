#include "negotiations/neg_relate.h"

#include <stdlib.h>
#include <string.h>

#include "negotiations/neg_kinds.h"
#include "negotiations/neg_mentions.h"
#include "negotiations/neg_thread.h"

/* One resource being related, and what is wrong with it so far. */
typedef struct relation {
    cm_db *db;
    cm_arena *arena;
    cm_violations wrong;
} relation;

static void missing(relation *r, const char *field, const char *name)
{
    cm_violations_add(&r->wrong, field, "%.160s does not exist; create it first, or name another", name);
}

static cm_status cite(void *context, const cm_path *path, TypCitation *citation)
{
    relation *r = context;
    cm_path field = CM_PATH(path, "source");
    int certainty = 0;
    cm_rows rows;

    CM_TRY(cm_db_query(r->db, "SELECT certainty FROM sources WHERE name = $1", CM_WITH(cm_v_text(citation->source)),
                       &rows));
    bool exists = cm_rows_next(&rows);
    cm_status s = exists ? cm_enum_parse(&TypCertainty_descriptor, cm_rows_text(&rows, 0), &certainty) : cm_ok();
    cm_status end = cm_rows_end(&rows);
    if (!cm_is_ok(end)) {
        cm_status_clear(&s);
        return end;
    }
    CM_TRY(s);
    citation->certainty = (TypCertainty)certainty;
    if (!exists) {
        char *text = cm_path_text(&field);
        missing(r, text, citation->source);
        free(text);
    }
    return cm_ok();
}

/* The resource that a field names exists, and is not retracted; "" names none. */
static cm_status refer(relation *r, const cm_resource_kind *kind, const char *field, const char *name)
{
    ProtobufCMessage *retracted;
    bool exists = true;

    if (*name)
        CM_TRY(cm_resource_exists(r->db, kind, name, &exists));
    if (exists)
        return cm_ok();
    CM_TRY(cm_resource_find(r->db, kind, name, r->arena, &retracted));
    if (retracted)
        cm_violations_add(&r->wrong, field, "%.160s is retracted; name another", name);
    else
        missing(r, field, name);
    return cm_ok();
}

/* An entry's negotiation exists, and gives its collection to one that has none. */
static cm_status belong(relation *r, NegEntry *e)
{
    const char *end = strstr(e->name, "/entries/");
    const char *negotiation = cm_arena_strndup(r->arena, e->name, (size_t)(end - e->name));
    cm_rows rows;

    CM_TRY(refer(r, &neg_negotiation_kind, "name", negotiation));
    CM_TRY(cm_db_query(r->db, "SELECT collection FROM negotiations WHERE name = $1", CM_WITH(cm_v_text(negotiation)),
                       &rows));
    if (cm_rows_next(&rows) && !*e->collection)
        e->collection = cm_arena_strdup(r->arena, cm_rows_text(&rows, 0));
    return cm_rows_end(&rows);
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
    relation r = {.db = cm_tx_db(context->tx), .arena = context->arena};
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

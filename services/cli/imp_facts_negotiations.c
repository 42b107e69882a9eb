#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "cli/imp_facts.h"

static imp_sink *sink_for(imp_session *session, const char *method)
{
    return imp_sink_new(session, session->negotiations, &neg_negotiations_service_desc, method);
}

static char *text(cm_arena *arena, cm_table *table, const char *column)
{
    return cm_arena_strdup(arena, cm_table_field(table, column));
}

/* "negotiations/x" of "x", "" of "". */
static char *reference(cm_arena *arena, const char *collection, const char *id)
{
    return *id ? cm_arena_format(arena, "%s/%s", collection, id) : cm_arena_strdup(arena, "");
}

/* ---- sources and coverage ---- */

static cm_status put_source(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    cm_arena *arena = imp_sink_arena(sink);
    NegSource *source = imp_sink_resource(sink);
    bool fine = true;

    source->name = reference(arena, "sources", cm_table_field(table, "id"));
    source->url = text(arena, table, "url");
    source->publisher = text(arena, table, "publisher");
    source->title = text(arena, table, "title");
    source->published = text(arena, table, "published");
    CM_TRY(imp_code(session, origin, &TypCertainty_descriptor, "certainty", cm_table_field(table, "certainty"),
                    &source->certainty, &fine));
    if (fine)
        imp_certainty(session, cm_table_field(table, "id"), cm_table_field(table, "certainty"));
    return fine ? imp_sink_put(sink, &source->base, origin) : cm_ok();
}

static cm_status put_coverage(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    cm_arena *arena = imp_sink_arena(sink);
    NegCollection *collection = imp_sink_resource(sink);
    bool fine = true;

    collection->display_name = text(arena, table, "collection");
    collection->name = cm_arena_format(arena, "collections/%s", imp_slug(arena, collection->display_name));
    collection->from = text(arena, table, "from");
    collection->to = text(arena, table, "to");
    CM_TRY(imp_code(session, origin, &NegCompleteness_descriptor, "completeness", cm_table_field(table, "completeness"),
                    &collection->completeness, &fine));
    collection->note = text(arena, table, "note");
    return fine ? imp_sink_put(sink, &collection->base, origin) : cm_ok();
}

static cm_status each_row(imp_session *session, const char *folder, const char *file, const char *const *required,
                          const char *method, imp_row put)
{
    imp_sink *sink = sink_for(session, method);

    return imp_fact_rows(session, folder, file, required, put, sink, sink);
}

cm_status imp_facts_sources(imp_session *session, const char *folder)
{
    static const char *const source[] = {"id", "url", "publisher", "title", "published", "certainty", NULL};
    static const char *const coverage[] = {"collection", "from", "to", "completeness", "note", NULL};

    CM_TRY(each_row(session, folder, "sources.tsv", source, "BatchUpdateSources", put_source));
    /* Rows whose first source begins with in- belong to this one; coverage.tsv speaks of them as memberships. */
    CM_TRY(imp_put_collection(session, "institutions", "", "", "list",
                              "institutions, groupings, influence and what was gathered with them"));
    return each_row(session, folder, "coverage.tsv", coverage, "BatchUpdateCollections", put_coverage);
}

/* ---- negotiations: participants are gathered from a table of their own ---- */

typedef struct participants {
    cm_arena *arena;
    struct {
        const char *negotiation;
        NegParticipant *participant;
    } * rows;
    size_t count, capacity;
    imp_sink *sink; /* of the negotiations that they take part in */
} participants;

static cm_status gather_participant(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    participants *all = context;
    NegParticipant *p = CM_NEW(all->arena, NegParticipant);
    bool fine = true;

    p->actor = text(all->arena, table, "actor");
    CM_TRY(imp_code(session, origin, &NegRole_descriptor, "role", cm_table_field(table, "role"), &p->role, &fine));
    if (fine)
        CM_TRY(imp_code(session, origin, &NegCapacity_descriptor, "capacity", cm_table_field(table, "capacity"),
                        &p->capacity, &fine));
    p->from = text(all->arena, table, "from");
    p->to = text(all->arena, table, "to");
    if (!fine)
        return cm_ok();
    CM_GROW(all->rows, all->capacity, all->count + 1);
    all->rows[all->count].negotiation = text(all->arena, table, "negotiation");
    all->rows[all->count++].participant = p;
    return cm_ok();
}

static void put_participants(cm_arena *arena, NegNegotiation *negotiation, const char *id, const participants *all)
{
    size_t count = 0;

    for (size_t i = 0; i < all->count; i++)
        count += strcmp(all->rows[i].negotiation, id) == 0;
    negotiation->participants = cm_arena_take(arena, (count + 1) * sizeof *negotiation->participants);
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->rows[i].negotiation, id) == 0)
            negotiation->participants[negotiation->n_participants++] = all->rows[i].participant;
}

static cm_status put_negotiation(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    const participants *all = context;
    imp_sink *sink = all->sink;
    cm_arena *arena = imp_sink_arena(sink);
    NegNegotiation *n = imp_sink_resource(sink);
    const char *id = cm_table_field(table, "id");
    bool fine = true;

    n->name = reference(arena, "negotiations", id);
    n->title = text(arena, table, "title");
    CM_TRY(
        imp_code(session, origin, &NegFormat_descriptor, "format", cm_table_field(table, "format"), &n->format, &fine));
    if (fine)
        CM_TRY(
            imp_code(session, origin, &NegPhase_descriptor, "phase", cm_table_field(table, "phase"), &n->phase, &fine));
    n->start = text(arena, table, "start");
    n->end = text(arena, table, "end");
    n->n_topics = imp_split(arena, cm_table_field(table, "topics"), &n->topics);
    n->host = text(arena, table, "host");
    n->summary = text(arena, table, "summary");
    put_participants(arena, n, id, all);
    imp_citations(session, arena, cm_table_field(table, "sources"), &n->n_sources, &n->sources);
    n->collection = cm_arena_strdup(arena, imp_collection(cm_table_field(table, "sources"), ""));
    return fine ? imp_sink_put(sink, &n->base, origin) : cm_ok();
}

cm_status imp_facts_negotiations(imp_session *session, const char *folder)
{
    static const char *const participant[] = {"negotiation", "actor", "role", "capacity", "from", "to", NULL};
    static const char *const negotiation[] = {"id",     "title", "format",  "start",   "end", "phase",
                                              "topics", "host",  "summary", "sources", NULL};
    participants all = {.arena = cm_arena_new()};

    cm_status status = imp_fact_rows(session, folder, "participants.tsv", participant, gather_participant, &all, NULL);
    if (cm_is_ok(status)) {
        all.sink = sink_for(session, "BatchUpdateNegotiations");
        status = imp_fact_rows(session, folder, "negotiations.tsv", negotiation, put_negotiation, &all, all.sink);
    }
    free(all.rows);
    cm_arena_free(all.arena);
    return status;
}

/* ---- entries and positions ---- */

static cm_status put_entry(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    cm_arena *arena = imp_sink_arena(sink);
    NegEntry *e = imp_sink_resource(sink);
    bool fine = true;

    e->name = cm_arena_format(arena, "negotiations/%s/entries/%s", cm_table_field(table, "negotiation"),
                              cm_table_field(table, "n"));
    e->date = text(arena, table, "date");
    CM_TRY(imp_code(session, origin, &NegEntryKind_descriptor, "kind", cm_table_field(table, "kind"), &e->kind, &fine));
    if (fine)
        CM_TRY(imp_code(session, origin, &NegChannel_descriptor, "channel", cm_table_field(table, "channel"),
                        &e->channel, &fine));
    e->n_by = imp_split(arena, cm_table_field(table, "by"), &e->by);
    e->n_to = imp_split(arena, cm_table_field(table, "to"), &e->to);
    e->n_topics = imp_split(arena, cm_table_field(table, "topics"), &e->topics);
    e->summary = text(arena, table, "summary");
    imp_citations(session, arena, cm_table_field(table, "sources"), &e->n_sources, &e->sources);
    e->collection = cm_arena_strdup(arena, imp_collection(cm_table_field(table, "sources"), ""));
    return fine ? imp_sink_put(sink, &e->base, origin) : cm_ok();
}

cm_status imp_facts_entries(imp_session *session, const char *folder)
{
    static const char *const required[] = {"negotiation", "n",      "date",    "kind",    "channel", "by",
                                           "to",          "topics", "summary", "sources", NULL};

    return each_row(session, folder, "entries.tsv", required, "BatchUpdateEntries", put_entry);
}

/* Issues come as slugs; their wording is the slug's words. That many positions name the same one changes nothing. */
static cm_status put_issue(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    cm_arena *arena = imp_sink_arena(sink);
    const char *id = cm_table_field(table, "issue");
    NegIssue *issue = imp_sink_resource(sink);
    issue->name = reference(arena, "issues", id);
    issue->display_name = cm_arena_strdup(arena, id);
    for (char *c = issue->display_name; *c; c++)
        if (*c == '-')
            *c = ' ';
    return imp_sink_put(sink, &issue->base, origin);
}

/* An actor takes one stance on an issue on a date: these three are the position's id. Long ones are cut and end in a
 * digest of the whole. */
static char *position_id(cm_arena *arena, const char *actor, const char *issue, const char *date)
{
    char *key = cm_arena_format(arena, "%s/%s/%s", actor, issue, date), hex[2 * CM_SHA256 + 1];
    uint8_t digest[CM_SHA256];
    const char *slash = strchr(actor, '/');

    cm_sha256(&(cm_bytes){(const uint8_t *)key, strlen(key)}, 1, digest);
    cm_hex(digest, CM_SHA256, hex);
    return cm_arena_format(arena, "%.40s-%s-%.8s", slash ? slash + 1 : actor, date, hex);
}

static cm_status put_position(imp_session *session, cm_table *table, imp_origin origin, void *context)
{
    imp_sink *sink = context;
    cm_arena *arena = imp_sink_arena(sink);
    NegPosition *p = imp_sink_resource(sink);
    const char *stance = cm_table_field(table, "stance"), *issue = cm_table_field(table, "issue");
    char *end;

    p->actor = text(arena, table, "actor");
    p->date = text(arena, table, "date");
    p->name = reference(arena, "positions", position_id(arena, p->actor, issue, p->date));
    p->issue = reference(arena, "issues", issue);
    p->stance = CM_NEW(arena, GoogleInt32Value);
    p->stance->value = (int32_t)strtol(stance, &end, 10);
    if (!*stance || *end) {
        CM_FREE char *reason = cm_format("stance: '%s' is no whole number; give -2 … 2", stance);
        return imp_reject(session, origin, reason);
    }
    p->basis = text(arena, table, "basis");
    p->negotiation = reference(arena, "negotiations", cm_table_field(table, "negotiation"));
    imp_citations(session, arena, cm_table_field(table, "sources"), &p->n_sources, &p->sources);
    p->collection = cm_arena_strdup(arena, imp_collection(cm_table_field(table, "sources"), ""));
    return imp_sink_put(sink, &p->base, origin);
}

cm_status imp_facts_positions(imp_session *session, const char *folder)
{
    static const char *const issue[] = {"issue", NULL};
    static const char *const required[] = {"actor", "issue", "stance", "date", "basis", "negotiation", "sources", NULL};

    CM_TRY(each_row(session, folder, "positions.tsv", issue, "BatchUpdateIssues", put_issue));
    return each_row(session, folder, "positions.tsv", required, "BatchUpdatePositions", put_position);
}

#include "cli/imp_facts.h"

#include <string.h>

#include "base/cm_message.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

cm_status imp_code(imp_session *session, imp_origin origin, const ProtobufCEnumDescriptor *codes, const char *field,
                   const char *code, void *value, bool *fine)
{
    int parsed = 0;
    cm_status status = cm_enum_parse(codes, code, &parsed);

    memcpy(value, &parsed, sizeof parsed);
    if (cm_is_ok(status))
        return cm_ok();
    cm_status_prefix(&status, "%s", field);
    *fine = false;
    cm_status written = imp_reject(session, origin, cm_status_message(status));
    cm_status_clear(&status);
    return written;
}

/* In the order of references: what is named comes before what names it. */
cm_status imp_facts(imp_session *session, const char *folder)
{
    CM_TRY(imp_states(session));
    CM_TRY(imp_facts_sources(session, folder));
    CM_TRY(imp_facts_actors(session, folder));
    CM_TRY(imp_facts_memberships(session, folder));
    CM_TRY(imp_facts_groupings(session, folder));
    CM_TRY(imp_facts_influence(session, folder));
    CM_TRY(imp_facts_negotiations(session, folder));
    CM_TRY(imp_facts_entries(session, folder));
    CM_TRY(imp_facts_positions(session, folder));
    return imp_facts_agreements(session, folder);
}

static cm_status put_one(imp_session *session, imp_sink *sink, ProtobufCMessage *resource)
{
    imp_origin origin = {"the importer's own resources", 0, ""};

    CM_TRY(imp_sink_put(sink, resource, origin));
    return imp_sink_end(sink);
}

cm_status imp_put_source(imp_session *session, const char *id, const char *url, const char *publisher,
                         const char *title, const char *certainty, const char *licence)
{
    imp_sink *sink = imp_sink_new(session, session->negotiations, &neg_negotiations_service_desc, "BatchUpdateSources");
    cm_arena *arena = imp_sink_arena(sink);
    NegSource *source = imp_sink_resource(sink);
    int code = 0;

    CM_TRY(cm_enum_parse(&TypCertainty_descriptor, certainty, &code));
    imp_certainty(session, id, certainty);
    source->name = cm_arena_format(arena, "sources/%s", id);
    source->url = cm_arena_strdup(arena, url);
    source->publisher = cm_arena_strdup(arena, publisher);
    source->title = cm_arena_strdup(arena, title);
    source->certainty = (TypCertainty)code;
    source->licence = cm_arena_strdup(arena, licence);
    return put_one(session, sink, &source->base);
}

cm_status imp_put_collection(imp_session *session, const char *display_name, const char *from, const char *to,
                             const char *completeness, const char *note)
{
    imp_sink *sink =
        imp_sink_new(session, session->negotiations, &neg_negotiations_service_desc, "BatchUpdateCollections");
    cm_arena *arena = imp_sink_arena(sink);
    NegCollection *collection = imp_sink_resource(sink);
    int code = 0;

    CM_TRY(cm_enum_parse(&NegCompleteness_descriptor, completeness, &code));
    collection->name = cm_arena_format(arena, "collections/%s", imp_slug(arena, display_name));
    collection->display_name = cm_arena_strdup(arena, display_name);
    collection->from = cm_arena_strdup(arena, from);
    collection->to = cm_arena_strdup(arena, to);
    collection->completeness = (NegCompleteness)code;
    collection->note = cm_arena_strdup(arena, note);
    return put_one(session, sink, &collection->base);
}

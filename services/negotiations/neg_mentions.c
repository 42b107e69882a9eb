#include "negotiations/neg_mentions.h"

#include "journal/cm_actor.h"
#include "negotiations/neg_names.h"

static bool is_actor(const char *name)
{
    return cm_name_fits(cm_actor_patterns, name);
}

static void add(cm_names *names, const char *actor, const char *field)
{
    if (is_actor(actor))
        cm_names_add_at(names, actor, "%s", field);
}

static void add_all(cm_names *names, char *const *actors, size_t count, const char *field)
{
    for (size_t i = 0; i < count; i++)
        if (is_actor(actors[i]))
            cm_names_add_at(names, actors[i], "%s[%zu]", field, i);
}

static void of_negotiation(const NegNegotiation *n, cm_names *names)
{
    for (size_t i = 0; i < n->n_participants; i++)
        if (is_actor(n->participants[i]->actor))
            cm_names_add_at(names, n->participants[i]->actor, "participants[%zu].actor", i);
    add(names, n->host, "host");
}

static void of_agreement(const NegAgreement *a, cm_names *names)
{
    add_all(names, a->parties, a->n_parties, "parties");
    for (size_t i = 0; i < a->n_status_history; i++) {
        const NegStatusStep *step = a->status_history[i];
        for (size_t j = 0; j < step->n_decided_by; j++)
            if (is_actor(step->decided_by[j]))
                cm_names_add_at(names, step->decided_by[j], "status_history[%zu].decided_by[%zu]", i, j);
    }
}

void neg_mention_actors(const ProtobufCMessage *resource, cm_names *names)
{
    if (resource->descriptor == &NegNegotiation_descriptor) {
        of_negotiation((const NegNegotiation *)resource, names);
    } else if (resource->descriptor == &NegEntry_descriptor) {
        const NegEntry *e = (const NegEntry *)resource;
        add_all(names, e->by, e->n_by, "by");
        add_all(names, e->to, e->n_to, "to");
        add(names, e->place_actor, "place_actor");
    } else if (resource->descriptor == &NegPosition_descriptor) {
        add(names, ((const NegPosition *)resource)->actor, "actor");
    } else if (resource->descriptor == &NegAgreement_descriptor) {
        of_agreement((const NegAgreement *)resource, names);
    }
}

void neg_mention_deciders(const NegStatusStep *step, cm_names *names)
{
    add_all(names, step->decided_by, step->n_decided_by, "step.decided_by");
}

static cm_status cite_list(const cm_path *outer, TypCitation *const *citations, size_t count, neg_cite cite,
                           void *context)
{
    cm_path path = CM_PATH(outer, "sources");

    for (size_t i = 0; i < count; i++) {
        path.index = (long)i;
        CM_TRY(cite(context, &path, citations[i]));
    }
    return cm_ok();
}

static cm_status cite_steps(const NegAgreement *a, neg_cite cite, void *context)
{
    cm_path path = CM_PATH(NULL, "status_history");

    for (size_t i = 0; i < a->n_status_history; i++) {
        path.index = (long)i;
        CM_TRY(cite_list(&path, a->status_history[i]->sources, a->status_history[i]->n_sources, cite, context));
    }
    return cm_ok();
}

cm_status neg_mention_sources(const ProtobufCMessage *resource, neg_cite cite, void *context)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(resource->descriptor, "sources");

    if (field)
        CM_TRY(cite_list(NULL, *(TypCitation ***)cm_field_at(resource, field), cm_field_count(resource, field), cite,
                         context));
    return resource->descriptor == &NegAgreement_descriptor ? cite_steps((const NegAgreement *)resource, cite, context)
                                                            : cm_ok();
}

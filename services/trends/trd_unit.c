#include "trends/trd_unit.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"

TypCertainty trd_surest(TypCitation *const *citations, size_t count)
{
    TypCertainty surest = TYP_CERTAINTY_UNSPECIFIED;

    for (size_t i = 0; i < count; i++)
        if (citations[i]->certainty > surest)
            surest = citations[i]->certainty;
    return surest;
}

cm_date trd_date(const char *text)
{
    cm_date date;
    cm_status parsed = cm_date_parse(text, &date);

    if (!cm_is_ok(parsed))
        date = (cm_date){.precision = CM_PRECISION_NONE};
    cm_status_clear(&parsed);
    return date;
}

cm_date trd_signed_on(const NegAgreement *agreement)
{
    cm_date first = {.precision = CM_PRECISION_NONE};

    for (size_t i = 0; i < agreement->n_status_history; i++) {
        cm_date date = trd_date(agreement->status_history[i]->date);
        if (agreement->status_history[i]->status == NEG_AGREEMENT_STATUS_SIGNED &&
            date.precision != CM_PRECISION_NONE &&
            (first.precision == CM_PRECISION_NONE || cm_date_compare(date, first) < 0))
            first = date;
    }
    return first;
}

const char *trd_collection(const char *name)
{
    const char *slash = strchr(name, '/');

    return slash ? slash + 1 : name;
}

const TypActorSnapshot *trd_snapshot(const EvtEvent *event, const char *actor)
{
    for (size_t i = 0; i < event->n_actors; i++)
        if (strcmp(event->actors[i]->actor, actor) == 0)
            return event->actors[i];
    return NULL;
}

/* What all units of a negotiation have in common. */
static trd_unit unit_of(const char *resource, const char *date, const char *collection, TypCertainty certainty)
{
    trd_unit unit = {.resource = resource,
                     .cluster = resource,
                     .group = "",
                     .category = "",
                     .collection = trd_collection(collection),
                     .certainty = certainty,
                     .date = trd_date(date),
                     .weight = TRD_WHOLE};

    return unit;
}

static const NegNegotiation *negotiation_of(const EvtEvent *event)
{
    return event->resource_case == EVT_EVENT_RESOURCE_NEGOTIATION ? event->negotiation : NULL;
}

static trd_unit negotiation_unit(const NegNegotiation *n)
{
    return unit_of(n->name, n->start, n->collection, trd_surest(n->sources, n->n_sources));
}

void trd_format_units(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context)
{
    const NegNegotiation *n = negotiation_of(event);

    if (!n)
        return;
    trd_unit unit = negotiation_unit(n);
    if (n->format != NEG_FORMAT_UNSPECIFIED)
        unit.category = cm_enum_code(&NegFormat_descriptor, n->format, arena);
    emit(context, &unit);
}

/* Whether an earlier participant is the same actor: a pair of negotiation and actor counts once, in the capacity that
 * is named first. */
static bool seen_before(const NegNegotiation *n, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(n->participants[i]->actor, n->participants[index]->actor) == 0)
            return true;
    return false;
}

void trd_capacity_units(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context)
{
    const NegNegotiation *n = negotiation_of(event);

    for (size_t i = 0; n && i < n->n_participants; i++) {
        const NegParticipant *p = n->participants[i];
        bool counts = strncmp(p->actor, "cities/", 7) == 0 || strncmp(p->actor, "regions/", 8) == 0;
        if (!counts || seen_before(n, i))
            continue;
        trd_unit unit = negotiation_unit(n);
        unit.actor = p->actor;
        if (p->capacity != NEG_CAPACITY_UNSPECIFIED)
            unit.category = cm_enum_code(&NegCapacity_descriptor, p->capacity, arena);
        emit(context, &unit);
    }
}

void trd_topic_units(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context)
{
    const NegNegotiation *n = negotiation_of(event);

    if (!n)
        return;
    trd_unit unit = negotiation_unit(n);
    unit.group = n->format == NEG_FORMAT_BILATERAL ? "bilateral" : "other";
    if (n->n_topics == 0 || n->n_topics > TRD_SPLIT_MAX) {
        emit(context, &unit);
        return;
    }
    unit.weight = TRD_WHOLE / (int64_t)n->n_topics;
    for (size_t i = 0; i < n->n_topics; i++) {
        unit.category = n->topics[i];
        emit(context, &unit);
    }
}

const char *trd_root(const char *resource, cm_arena *arena)
{
    const char *slash = strchr(resource, '/');
    const char *second = slash ? strchr(slash + 1, '/') : NULL;

    return second ? cm_arena_strndup(arena, resource, (size_t)(second - resource)) : resource;
}

void trd_channel_units(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context)
{
    if (event->resource_case != EVT_EVENT_RESOURCE_ENTRY)
        return;
    const NegEntry *e = event->entry;
    trd_unit unit = unit_of(e->name, e->date, e->collection, trd_surest(e->sources, e->n_sources));
    unit.cluster = trd_root(e->name, arena);
    if (e->channel != NEG_CHANNEL_UNSPECIFIED && e->channel != NEG_CHANNEL_UNKNOWN)
        unit.category = cm_enum_code(&NegChannel_descriptor, e->channel, arena);
    emit(context, &unit);
}

void trd_accession_units(const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context)
{
    if (event->resource_case != EVT_EVENT_RESOURCE_MEMBERSHIP)
        return;
    const RegMembership *m = event->membership;
    if (m->status == REG_MEMBERSHIP_STATUS_LEFT)
        return;
    trd_unit unit = unit_of(m->name, m->from, m->collection, trd_surest(m->sources, m->n_sources));
    unit.cluster = unit.actor = trd_root(m->name, arena);
    unit.group = m->institution;
    const TypActorSnapshot *actor = trd_snapshot(event, unit.cluster);
    if (actor)
        unit.category = trd_collection(actor->state);
    emit(context, &unit);
}

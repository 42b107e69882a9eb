#include "trends/trd_own.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_resource.h"
#include "trends/trd_bin.h"
#include "trends/trd_question.h"

enum { TITLE_MOST = 200, VALUES_MOST = 1000 };

static const char STATES[] = "actors.state";

/* What can be counted, and which field dates it. */
static const struct {
    const char *kind;
    const ProtobufCMessageDescriptor *message;
    const char *date; /* NULL: an agreement's first dated signature */
} kinds[] = {
    {"negotiation", &NegNegotiation_descriptor, "start"}, {"entry", &NegEntry_descriptor, "date"},
    {"position", &NegPosition_descriptor, "date"},        {"agreement", &NegAgreement_descriptor, NULL},
    {"membership", &RegMembership_descriptor, "from"},    {"influence", &RegInfluence_descriptor, "year"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int kind_number(const char *kind)
{
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return i;
    return -1;
}

/* ---- reading ---- */

static cm_status read_category(const TrdOwnQuestion *asked, const ProtobufCMessageDescriptor *message, cm_arena *arena,
                               trd_own *own)
{
    cm_filter *term;

    own->states = strcmp(asked->category, STATES) == 0;
    if (!*asked->category || own->states)
        return cm_ok();
    if (asked->category[strspn(asked->category, "abcdefghijklmnopqrstuvwxyz0123456789_.")])
        return cm_invalid("question.category", "'%.80s' is no field; write channel, topics, participants.actor or %s",
                          asked->category, STATES);
    cm_status s = cm_filter_parse(message, cm_arena_format(arena, "%s:*", asked->category), arena, &term);
    if (!cm_is_ok(s) || term->kind != CM_FILTER_TERM || term->type == CM_FILTER_MESSAGE ||
        term->type == CM_FILTER_TIME || term->type == CM_FILTER_REAL) {
        cm_status_clear(&s);
        return cm_invalid("question.category", "'%.80s' is no text, code, whole number or yes and no of what a %s says",
                          asked->category, own->kind);
    }
    own->category = term;
    return cm_ok();
}

static cm_status read_focus(const TrdOwnQuestion *asked, const trd_own *own)
{
    static const char *const states[] = {"states/{state}", NULL};
    static const char *const editions[] = {"groupings/{grouping}/editions/{edition}", NULL};

    if (*asked->focal)
        CM_TRY(cm_name_check(states, "question.focal", asked->focal));
    if (!*asked->grouping)
        return cm_ok();
    CM_TRY(cm_name_check(editions, "question.grouping", asked->grouping));
    if (!own->states)
        return cm_invalid("question.grouping", "groups states; give the category %s with it", STATES);
    return cm_ok();
}

cm_status trd_own_read(const TrdOwnQuestion *asked, cm_arena *arena, trd_own *own)
{
    static const char *const patterns[] = {"questions/{question}", NULL};
    int number = kind_number(asked->counts);
    cm_filter *filter;

    CM_TRY(cm_name_check(patterns, "question.name", asked->name));
    *own = (trd_own){.asked = asked, .id = trd_collection(asked->name)};
    if (trd_question_find(own->id))
        return cm_invalid("question.name", "%s is a question that every report answers; choose another name", own->id);
    if (!*asked->title || strlen(asked->title) > TITLE_MOST)
        return cm_invalid("question.title", "has %zu bytes; give 1 … %d", strlen(asked->title), TITLE_MOST);
    if (number < 0)
        return cm_invalid("question.counts",
                          "'%.80s' cannot be counted; give negotiation, entry, position, agreement, membership or "
                          "influence",
                          asked->counts);
    CM_TRY(trd_bin_per("question.bin", asked->bin, &own->per));
    own->kind = kinds[number].kind;
    cm_status s = cm_filter_parse(kinds[number].message, asked->filter, arena, &filter);
    cm_status_within(&s, "question.");
    CM_TRY(s);
    own->filter = filter;
    CM_TRY(read_category(asked, kinds[number].message, arena, own));
    return read_focus(asked, own);
}

/* ---- units ---- */

/* Distinct categories of one fact. */
typedef struct values {
    const char *items[TRD_SPLIT_MAX + 1];
    size_t count; /* TRD_SPLIT_MAX + 1: too many */
} values;

static void add_value(values *v, const char *text)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->items[i], text) == 0)
            return;
    if (*text && v->count <= TRD_SPLIT_MAX)
        v->items[v->count++] = text;
}

static const char *text_of(const ProtobufCFieldDescriptor *field, const void *at, cm_arena *arena)
{
    switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
            return *(char *const *)at;
        case PROTOBUF_C_TYPE_ENUM:
            return *(const int *)at ? cm_enum_code(field->descriptor, *(const int *)at, arena) : "";
        case PROTOBUF_C_TYPE_BOOL:
            return *(const protobuf_c_boolean *)at ? "yes" : "no";
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
            return cm_arena_format(arena, "%d", *(const int32_t *)at);
        default:
            return cm_arena_format(arena, "%lld", (long long)*(const int64_t *)at);
    }
}

static void gather(const cm_filter *term, int depth, const ProtobufCMessage *message, cm_arena *arena, values *v)
{
    const ProtobufCFieldDescriptor *field = term->path[depth];
    const ProtobufCFieldDescriptor *inner = cm_filter_value_field(field);
    const char *at = cm_field_at(message, field);
    size_t count = cm_field_count(message, field);

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        at = *(const char *const *)at;
    for (size_t i = 0; i < count && i < VALUES_MOST; i++, at += cm_field_size(field)) {
        bool nested = field->type == PROTOBUF_C_TYPE_MESSAGE;
        const ProtobufCMessage *below = nested ? *(const ProtobufCMessage *const *)at : NULL;
        if (nested && !below)
            continue;
        if (depth + 1 < term->depth)
            gather(term, depth + 1, below, arena, v);
        else if (inner != field)
            add_value(v, text_of(inner, cm_field_at(below, inner), arena));
        else
            add_value(v, text_of(field, at, arena));
    }
}

static bool names_state(const EvtEvent *event, const char *state)
{
    for (size_t i = 0; i < event->n_actors; i++)
        if (strcmp(event->actors[i]->state, state) == 0 || strcmp(event->actors[i]->actor, state) == 0)
            return true;
    return false;
}

static void gather_states(const trd_own *own, const EvtEvent *event, values *v)
{
    for (size_t i = 0; i < event->n_actors; i++)
        if (strcmp(event->actors[i]->state, own->asked->focal) != 0)
            add_value(v, trd_collection(event->actors[i]->state));
}

static const ProtobufCMessage *fact_of(const EvtEvent *event, const char *kind)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(event->base.descriptor, kind);

    return field && field->id == (uint32_t)event->resource_case
               ? *(const ProtobufCMessage *const *)cm_field_at(&event->base, field)
               : NULL;
}

static cm_date date_of(const trd_own *own, const EvtEvent *event, const ProtobufCMessage *fact)
{
    const char *field = kinds[kind_number(own->kind)].date;

    if (!field)
        return trd_signed_on(event->agreement);
    if (event->resource_case == EVT_EVENT_RESOURCE_INFLUENCE)
        return event->influence->year > 0 ? (cm_date){.year = event->influence->year, .precision = CM_PRECISION_YEAR}
                                          : (cm_date){.precision = CM_PRECISION_NONE};
    return trd_date(cm_message_string(fact, field));
}

static TypCertainty certainty_of(const ProtobufCMessage *fact)
{
    const ProtobufCFieldDescriptor *sources = cm_message_field(fact->descriptor, "sources");

    return sources ? trd_surest(*(TypCitation ***)cm_field_at(fact, sources), cm_field_count(fact, sources))
                   : TYP_CERTAINTY_UNSPECIFIED;
}

/* What hangs together with it: what is said in one negotiation, stances on one issue, what one actor joins or has, the
 * agreements of a focal city (of several the first); else the fact stands by itself. */
static const char *cluster_of(const trd_own *own, const EvtEvent *event, const char *name, cm_arena *arena)
{
    const NegAgreement *agreement = event->resource_case == EVT_EVENT_RESOURCE_AGREEMENT ? event->agreement : NULL;

    if (event->resource_case == EVT_EVENT_RESOURCE_POSITION)
        return event->position->issue;
    for (size_t i = 0; agreement && *own->asked->focal && i < agreement->n_parties; i++) {
        const TypActorSnapshot *party = trd_snapshot(event, agreement->parties[i]);
        if (party && (strcmp(party->state, own->asked->focal) == 0 || strcmp(party->actor, own->asked->focal) == 0))
            return party->actor;
    }
    return trd_root(name, arena);
}

void trd_own_units(const trd_own *own, const EvtEvent *event, cm_arena *arena, trd_emit emit, void *context)
{
    const ProtobufCMessage *fact = fact_of(event, own->kind);
    values v = {.count = 0};

    if (!fact || !cm_filter_fits(own->filter, fact) || (*own->asked->focal && !names_state(event, own->asked->focal)))
        return;
    trd_unit unit = {.resource = cm_message_string(fact, "name"),
                     .group = "",
                     .category = "",
                     .date = date_of(own, event, fact),
                     .collection = trd_collection(cm_message_string(fact, "collection")),
                     .certainty = certainty_of(fact),
                     .weight = TRD_WHOLE};
    unit.cluster = cluster_of(own, event, unit.resource, arena);
    if (own->states)
        gather_states(own, event, &v);
    else if (own->category)
        gather(own->category, 0, fact, arena, &v);
    else
        add_value(&v, "all");
    if (v.count == 0 || v.count > TRD_SPLIT_MAX) {
        emit(context, &unit); /* what is counted is not known of it */
        return;
    }
    unit.weight = TRD_WHOLE / (int64_t)v.count;
    for (size_t i = 0; i < v.count; i++) {
        unit.category = v.items[i];
        emit(context, &unit);
    }
}

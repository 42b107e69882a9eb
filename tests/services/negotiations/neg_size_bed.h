/* neg_size_bed.h: a hundred thousand entries in a store, and beside it the same rows in memory, with filters that are
 * drawn at random and told twice: as text for the service, and by a plain loop over those rows. */
#ifndef NEG_SIZE_BED_H
#define NEG_SIZE_BED_H

#include "neg_platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 100000, MESSAGE = 1000, AHEAD = 8, ROW_NAME = 64, MOST_ROWS = ROWS + 10000 };

/* What of an entry can be asked for. "" and 0: it has none. */
typedef struct row {
    char name[ROW_NAME], date[40], in_reply_to[ROW_NAME];
    const char *collection, *by, *to, *place;
    int kind, channel; /* places in the lists below */
    int64_t updated;   /* microseconds */
} row;

typedef struct size_bed {
    platform *p;
    row *rows; /* by name */
    size_t count;
    uint64_t random;
} size_bed;

static const char *const size_kinds[] = {"meeting", "visit", "statement", "mediation", "decision"};
static const NegEntryKind size_kind_codes[] = {NEG_ENTRY_KIND_MEETING, NEG_ENTRY_KIND_VISIT, NEG_ENTRY_KIND_STATEMENT,
                                               NEG_ENTRY_KIND_MEDIATION, NEG_ENTRY_KIND_DECISION};
static const char *const size_channels[] = {"", "in_person", "virtual", "hybrid"};
static const NegChannel size_channel_codes[] = {NEG_CHANNEL_UNSPECIFIED, NEG_CHANNEL_IN_PERSON, NEG_CHANNEL_VIRTUAL,
                                                NEG_CHANNEL_HYBRID};
static const char *const size_actors[] = {"cities/paris-fr", "cities/rome-it", "cities/lyon-fr", "states/fr",
                                          "institutions/c40"};
static const char *const size_talks[] = {"negotiations/m", "negotiations/n"};

/* Not random enough for anything but tests; the same on every machine. */
static inline unsigned draw(uint64_t *random, unsigned below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((*random >> 33) % below);
}

#define DRAW_OF(bed, list) ((list)[draw(&(bed)->random, CHECK_COUNT(list))])

static inline void size_draw_row(size_bed *b, size_t i)
{
    row *r = &b->rows[i];
    unsigned year = 1990 + draw(&b->random, 35), month = 1 + draw(&b->random, 12);
    const char *talks = size_talks[i >= ROWS / 2];

    *r = (row){.collection = i >= ROWS / 2 || draw(&b->random, 3) == 0 ? "collections/climate" : "",
               .by = DRAW_OF(b, size_actors),
               .to = draw(&b->random, 4) ? DRAW_OF(b, size_actors) : "",
               .place = draw(&b->random, 5) ? "" : size_actors[draw(&b->random, 4)],
               .kind = (int)draw(&b->random, CHECK_COUNT(size_kinds)),
               .channel = (int)draw(&b->random, CHECK_COUNT(size_channels))};
    snprintf(r->name, sizeof r->name, "%s/entries/e-%06zu", talks, i);
    switch (draw(&b->random, 3)) {
        case 0:
            snprintf(r->date, sizeof r->date, "%04u", year);
            break;
        case 1:
            snprintf(r->date, sizeof r->date, "%04u-%02u", year, month);
            break;
        default:
            snprintf(r->date, sizeof r->date, "%04u-%02u-%02u", year, month, 1 + draw(&b->random, 28));
    }
    if (i % (ROWS / 2) == 0) {
        snprintf(r->date, sizeof r->date, "1980");
        r->kind = 2; /* a statement, which is answered below */
    } else if (draw(&b->random, 8) == 0) {
        snprintf(r->in_reply_to, sizeof r->in_reply_to, "%s/entries/e-%06d", talks, i >= ROWS / 2 ? ROWS / 2 : 0);
    }
}

static inline NegEntry *size_entry(const row *r, cm_arena *arena)
{
    NegEntry *e = bed_entry(arena, r->name);

    e->date = cm_arena_strdup(arena, r->date);
    e->kind = size_kind_codes[r->kind];
    e->channel = size_channel_codes[r->channel];
    e->collection = (char *)r->collection;
    e->by[0] = (char *)r->by;
    e->to[0] = (char *)r->to;
    e->n_to = *r->to != '\0';
    e->place_actor = (char *)r->place;
    e->in_reply_to = cm_arena_strdup(arena, r->in_reply_to);
    e->summary = cm_arena_format(arena, "Number %s.", strrchr(r->name, '-') + 1);
    return e;
}

static inline void size_send(size_bed *b, cm_client_stream *stream, size_t from)
{
    CM_ARENA(arena);
    NegBulkLogRequest *request = CM_NEW(arena, NegBulkLogRequest);

    request->upload = "0d3f6b5e-7a51-4c1f-8e0b-5f0f6a1c9d11";
    request->position = (int64_t)from;
    request->requests = cm_arena_take(arena, MESSAGE * sizeof *request->requests);
    for (; request->n_requests < MESSAGE; request->n_requests++) {
        NegCreateEntryRequest *one = request->requests[request->n_requests] = CM_NEW(arena, NegCreateEntryRequest);
        one->entry = size_entry(&b->rows[from + request->n_requests], arena);
    }
    assert_ok(neg_negotiations_service_bulk_log_send_request(stream, request));
}

/* The next answer, and that nothing was refused. */
static inline void size_heard(cm_client_stream *stream)
{
    CM_ARENA(arena);
    NegBulkLogResponse *response;

    assert_ok(neg_negotiations_service_bulk_log_receive(stream, arena, &response));
    assert_non_null(response);
    if (response->n_refusals)
        fail_msg("entry %lld is refused: %s", (long long)response->refusals[0]->index, response->refusals[0]->message);
}

static inline void size_load(size_bed *b)
{
    NegBulkLogResponse *last;
    cm_client_stream *stream;

    for (size_t i = 0; i < ROWS; i++)
        size_draw_row(b, i);
    b->count = ROWS;
    assert_ok(neg_negotiations_service_bulk_log_open(b->p->negotiations.channel, NULL, &stream));
    for (size_t message = 0; message < ROWS / MESSAGE; message++) {
        size_send(b, stream, message * MESSAGE);
        if (message >= AHEAD)
            size_heard(stream);
    }
    for (int i = 0; i <= AHEAD; i++)
        size_heard(stream);
    assert_ok(cm_client_stream_close_send(stream));
    assert_ok(neg_negotiations_service_bulk_log_receive(stream, b->p->arena, &last));
    assert_null(last);
    assert_ok(cm_client_stream_finish(stream));
    cm_client_stream_free(stream);
}

static inline int size_set_up(void **state)
{
    size_bed *b = cm_alloc(sizeof *b);
    NegCreateNegotiationRequest *talks;
    NegNegotiation *made;

    platform_set_up((void **)&b->p);
    b->rows = cm_alloc(MOST_ROWS * sizeof *b->rows);
    b->random = 20151204;
    platform_add_ground(b->p);
    talks = CM_NEW(b->p->arena, NegCreateNegotiationRequest);
    talks->negotiation = bed_negotiation(b->p->arena, size_talks[0]); /* of no collection */
    assert_ok(neg_negotiations_service_create_negotiation(b->p->negotiations.channel, NULL, talks, b->p->arena, &made));
    size_load(b);
    *state = b;
    return 0;
}

static inline int size_tear_down(void **state)
{
    size_bed *b = *state;

    platform_tear_down((void **)&b->p);
    free(b->rows);
    free(b);
    return 0;
}

/* ---- filters ---- */

typedef enum size_field { BY_NAME, KIND, CHANNEL, COLLECTION, DATE, REPLY, UPDATED, BY, TO, PLACE, FIELDS } size_field;
typedef enum size_operator { IS, IS_NOT, BELOW, AT_MOST, ABOVE, AT_LEAST, BEGINS, THERE } size_operator;
typedef enum size_join { TERM, AND, OR, NOT } size_join;

typedef struct size_filter {
    size_join join;
    struct size_filter *parts[3];
    int count;
    size_field field;
    size_operator operator;
    char value[ROW_NAME];
    int64_t time;
} size_filter;

static const char *const size_fields[] = {"name",        "kind",        "channel", "collection", "date",
                                          "in_reply_to", "update_time", "by",      "to",         "place_actor"};

static inline const char *size_text(const row *r, size_field field)
{
    const char *const texts[] = {r->name,
                                 size_kinds[r->kind],
                                 size_channels[r->channel],
                                 r->collection,
                                 r->date,
                                 r->in_reply_to,
                                 "",
                                 r->by,
                                 r->to,
                                 r->place};
    return texts[field];
}

static inline int64_t size_micros(const GoogleTimestamp *t)
{
    return t->seconds * 1000000 + t->nanos / 1000;
}

static inline void size_draw_term(size_bed *b, size_filter *f)
{
    const row *r = &b->rows[draw(&b->random, (unsigned)b->count)];

    do
        f->field = (size_field)draw(&b->random, FIELDS);
    while (f->field >= BY && draw(&b->random, 2)); /* of which there are three alike */
    f->time = r->updated;
    snprintf(f->value, sizeof f->value, "%s", size_text(r, f->field));
    if (f->field >= BY)
        f->operator= IS;
    else if (f->field == KIND || f->field == CHANNEL)
        f->operator= draw(&b->random, 2) ? IS : IS_NOT;
    else if (f->field == UPDATED)
        f->operator=(size_operator)(BELOW + draw(&b->random, 4));
    else
        f->operator=(size_operator) draw(&b->random, THERE + 1);
    if (f->operator== BEGINS && strlen(f->value) > 4)
        f->value[strlen(f->value) - 1 - draw(&b->random, 3)] = '\0';
    if (!*f->value && f->field != UPDATED)
        f->operator= THERE;
    if (f->operator== THERE &&(f->field == BY_NAME || f->field >= BY))
        size_draw_term(b, f);
}

static inline size_filter *size_draw_filter(size_bed *b, int depth, cm_arena *arena)
{
    size_filter *f = cm_arena_zero(arena, sizeof *f);

    f->join = depth ? (size_join)draw(&b->random, 4) : TERM;
    if (f->join == TERM) {
        size_draw_term(b, f);
        return f;
    }
    f->count = f->join == NOT ? 1 : 2 + (int)draw(&b->random, 2);
    for (int i = 0; i < f->count; i++)
        f->parts[i] = size_draw_filter(b, depth - 1, arena);
    return f;
}

static inline const char *size_term_text(const size_filter *f, cm_arena *arena)
{
    static const char *const operators[] = {" = ", " != ", " < ", " <= ", " > ", " >= ", " = ", ":"};
    const char *name = size_fields[f->field];

    if (f->operator== THERE)
        return cm_arena_format(arena, "%s:*", name);
    if (f->field == UPDATED) {
        time_t seconds = (time_t)(f->time / 1000000);
        struct tm day;
        char text[32];
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &day));
        return cm_arena_format(arena, "%s%s\"%s.%06dZ\"", name, operators[f->operator], text,
                               (int)(f->time % 1000000));
    }
    if (f->field == BY || f->field == TO) /* repeated fields have values */
        return cm_arena_format(arena, "%s:\"%s\"", name, f->value);
    return cm_arena_format(arena, "%s%s\"%s%s\"", name, operators[f->operator], f->value,
                           f->operator== BEGINS ? "*" : "");
}

/* With no more parentheses than needed: OR binds tighter than AND, and NOT tighter than both. */
static inline const char *size_filter_text(const size_filter *f, cm_arena *arena)
{
    const char *text = "";

    if (f->join == TERM)
        return size_term_text(f, arena);
    for (int i = 0; i < f->count; i++) {
        const size_filter *part = f->parts[i];
        bool bare = part->join == TERM || part->join == NOT || (f->join == AND && part->join == OR);
        if (f->join == NOT)
            bare = part->join == TERM;
        text = cm_arena_format(arena, "%s%s%s%s%s", text,
                               f->join == NOT   ? "NOT "
                               : i == 0         ? ""
                               : f->join == AND ? " AND "
                                                : " OR ",
                               bare ? "" : "(", size_filter_text(part, arena), bare ? "" : ")");
    }
    return text;
}

static inline bool size_term_fits(const size_filter *f, const row *r)
{
    const char *text = size_text(r, f->field);
    int order = f->field == UPDATED ? (r->updated > f->time) - (r->updated < f->time) : strcmp(text, f->value);
    bool there = f->field == UPDATED || *text;

    switch (f->operator) {
        case IS:
            return order == 0;
        case IS_NOT:
            return order != 0;
        case BELOW:
            return there && order < 0;
        case AT_MOST:
            return there && order <= 0;
        case ABOVE:
            return there && order > 0;
        case AT_LEAST:
            return there && order >= 0;
        case BEGINS:
            return strncmp(text, f->value, strlen(f->value)) == 0;
        default:
            return there;
    }
}

static inline bool size_fits(const size_filter *f, const row *r)
{
    if (f->join == TERM)
        return size_term_fits(f, r);
    if (f->join == NOT)
        return !size_fits(f->parts[0], r);
    for (int i = 0; i < f->count; i++)
        if (size_fits(f->parts[i], r) != (f->join == AND))
            return f->join == OR;
    return f->join == AND;
}

#endif

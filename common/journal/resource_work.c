#include <string.h>

#include "base/cm_uuid.h"
#include "journal/cm_refusal.h"
#include "journal/resource.h"

enum { VIOLATION_BYTES = 4096 };

static cm_status check_request_id(const char *request_id)
{
    cm_uuid uuid;

    if (!*request_id)
        return cm_ok();
    cm_status s = cm_uuid_parse(request_id, &uuid);
    bool good = cm_is_ok(s);
    cm_status_clear(&s);
    return good ? cm_ok()
                : cm_invalid("request_id",
                             "\"%.80s\" is no UUID; give one such as "
                             "7f3c1e0a-52d4-4b6e-9a57-0c8d1f2e3a4b, or leave it out",
                             request_id);
}

/* Of the request without its request_id, and whether it is only to be tried. */
static void digest_request(const ProtobufCMessage *request, cm_arena *arena, uint8_t digest[CM_SHA256])
{
    ProtobufCMessage *bare = cm_arena_copy(arena, request, request->descriptor->sizeof_message);
    const ProtobufCFieldDescriptor *only = cm_message_field(request->descriptor, "validate_only");

    cm_message_set_string(bare, "request_id", "");
    if (only)
        cm_field_clear(bare, only);
    cm_bytes packed = cm_message_pack(bare, arena);
    cm_sha256(&packed, 1, digest);
}

cm_status resource_begin(resource_work *work, cm_call *call, const cm_resource_kind *kind,
                         const ProtobufCMessage *request)
{
    cm_arena *arena = cm_call_arena(call);

    *work = (resource_work){
        .context = {.tx = cm_call_lent(call), .call = call, .arena = arena},
        .kind = kind,
        .request = request,
        .request_id = cm_message_string(request, "request_id"),
        .upsert = resource_upsert(kind, arena),
        .corrects = "",
        .reason = "",
        .actors = {.arena = arena},
    };
    CM_TRY(check_request_id(work->request_id));
    if (*work->request_id)
        digest_request(request, arena, work->digest);
    return cm_ok();
}

static void make_room(resource_work *work)
{
    size_t capacity = work->capacity ? work->capacity * 2 : 4;
    ProtobufCMessage **answers = cm_arena_take(work->context.arena, capacity * sizeof *answers);
    cm_position *rows = cm_arena_take(work->context.arena, capacity * sizeof *rows);

    for (size_t i = 0; i < work->count; i++) {
        answers[i] = work->answers[i];
        rows[i] = work->rows[i];
    }
    work->answers = answers;
    work->rows = rows;
    work->capacity = capacity;
}

static void add(resource_work *work, cm_position at, ProtobufCMessage *answer)
{
    if (work->count == work->capacity)
        make_room(work);
    work->answers[work->count] = answer;
    work->rows[work->count++] = at;
}

void resource_add_answer(resource_work *work, const resource_revision *revision, bool changed)
{
    if (work->unanswered)
        return;
    add(work, revision->at, resource_stamped(revision, work->context.arena));
    work->changed += changed;
}

void resource_add_row(resource_work *work, cm_position at)
{
    add(work, at, NULL);
}

/* Where a row would lie, there stands the code of the refusal: it is all that a repeated request is told of it. */
void resource_add_refusal(resource_work *work, const cm_status *refused)
{
    cm_arena *arena = work->context.arena;
    size_t most;

    (void)resource_messages(work->request, "requests", &most);
    if (!work->refusals)
        work->refusals = cm_arena_take(arena, most * sizeof *work->refusals);
    work->refusals[work->refusal_count++] = cm_refusal((int64_t)work->count, refused, arena);
    add(work, (cm_position){.part = -1, .seq = (int64_t)refused->code}, NULL);
}

static void repeat_refusal(resource_work *work, cm_code code)
{
    cm_status refused =
        cm_fail(code,
                "was refused with %s when %s was answered first; send it under another request_id to be "
                "told of all that is wrong",
                cm_code_name(code), work->request_id);

    resource_add_refusal(work, &refused);
    cm_status_clear(&refused);
}

/* Whether the request that is repeated wrote this revision, as told by the row itself; once, though answers that
 * changed nothing point to it too. */
static bool was_written(const resource_work *work, const resource_revision *revision)
{
    for (size_t i = 0; i < work->count; i++)
        if (work->rows[i].part == revision->at.part && work->rows[i].seq == revision->at.seq)
            return false;
    return strcmp(revision->request_id, work->request_id) == 0 &&
           strcmp(revision->actor, cm_call_identity(work->context.call)) == 0;
}

cm_status resource_repeat(resource_work *work, bool *repeated)
{
    cm_call *call = work->context.call;
    cm_position *rows;
    int count;

    CM_TRY(cm_tx_known(work->context.tx, cm_call_identity(call), work->request_id, cm_call_method(call), work->digest,
                       work->context.arena, repeated, &rows, &count));
    for (int i = 0; i < count; i++) {
        resource_revision *revision;
        if (rows[i].part < 0) {
            repeat_refusal(work, (cm_code)rows[i].seq);
            continue;
        }
        CM_TRY(resource_at(cm_tx_db(work->context.tx), work->kind, rows[i], work->context.arena, &revision));
        if (!revision)
            return cm_fail(CM_NOT_FOUND, "request_id: what %s wrote was erased since", work->request_id);
        resource_add_answer(work, revision, was_written(work, revision));
    }
    return cm_ok();
}

void resource_add_violations(resource_work *work, const char *prefix, cm_violations *wrong)
{
    cm_violations_move(&work->wrong, prefix, wrong);
}

/* So many that the answer fits into a call's trailers, of which most clients take 8 KiB. */
static void keep_first(cm_violations *wrong)
{
    size_t bytes = 0;
    int count = 0;

    for (cm_violation *v = wrong->first, *last = NULL; v; last = v, v = v->next, count++) {
        bytes += strlen(v->field) + strlen(v->description);
        if (!last || (count < RESOURCE_VIOLATIONS && bytes <= VIOLATION_BYTES))
            continue;
        cm_violations rest = {.first = v, .last = wrong->last};
        last->next = NULL;
        wrong->last = last;
        wrong->count = count;
        cm_violations_clear(&rest);
        return;
    }
}

cm_status resource_refusal(resource_work *work, cm_status s)
{
    if (!cm_is_ok(s)) {
        cm_violations_clear(&work->wrong);
        return s;
    }
    keep_first(&work->wrong);
    return cm_violations_status(&work->wrong);
}

cm_status resource_finish(resource_work *work, cm_status s)
{
    cm_call *call = work->context.call;

    CM_TRY(resource_refusal(work, s));
    CM_TRY(resource_mentions_flush(work));
    return cm_tx_remember(work->context.tx, cm_call_identity(call), work->request_id, cm_call_method(call),
                          work->digest, work->rows, (int)work->count);
}

/* Create and update, of one resource and of many: each is found, checked against what the caller expects, and changed.
 */
#include <string.h>

#include "base/cm_memory.h"
#include "journal/resource.h"

typedef enum write_intent { CREATE, UPDATE } write_intent;

/* One resource of a request. */
typedef struct item {
    resource_work *work;
    write_intent intent;
    const ProtobufCMessage *request; /* Create…Request or Update…Request */
    const char *where;               /* "requests[3]"; NULL: it is the whole request */
    const char *prefix;              /* "requests[3].actor." */
} item;

static cm_status check_expected(const item *i, const char *name, const ProtobufCMessage *given,
                                const resource_revision *before)
{
    const char *type = i->work->kind->type;

    if (i->intent == CREATE)
        return before ? cm_already_exists(type, name) : cm_ok();
    if (!before && !resource_bool(i->request, "allow_missing"))
        return resource_missing(cm_tx_db(i->work->context.tx), i->work->kind, name);
    return resource_check_etag(name, cm_message_string(given, "etag"), before);
}

/* Fields that are the service's go back to what they were. */
static void keep(ProtobufCMessage *after, const ProtobufCMessage *before, const char *name)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(after->descriptor, name);

    if (field && before)
        cm_field_assign(after, before, field);
    else if (field)
        cm_field_clear(after, field);
}

/* What the resource becomes, in memory of its own, so that a request that has to run again is as it was. */
static cm_status apply(const item *i, const ProtobufCMessage *given, const ProtobufCMessage *before,
                       ProtobufCMessage **after)
{
    cm_arena *arena = i->work->context.arena;
    const ProtobufCMessage *mask = resource_message(i->request, "update_mask");
    size_t count = 0;
    const char *const *paths = mask ? resource_strings(mask, "paths", &count) : NULL;
    const ProtobufCMessage *copy = cm_message_copy(given, arena);

    if (before) {
        *after = cm_message_copy(before, arena);
        CM_TRY(cm_mask_apply(paths, count, copy, *after, arena));
        keep(*after, before, "name");
    } else {
        *after = (ProtobufCMessage *)copy;
    }
    keep(*after, NULL, "retraction"); /* what is retracted is changed by taking that back alone */
    for (const char *const *name = i->work->kind->output_only; name && *name; name++)
        keep(*after, before, *name);
    return cm_ok();
}

/* The mask is wrong, or the name: one more violation. */
static cm_status add_violations_of(const item *i, const char *prefix, cm_status s)
{
    if (cm_is_ok(s) || !s.error->violations)
        return s;
    cm_violations wrong = cm_violations_take(&s);
    resource_add_violations(i->work, prefix, &wrong);
    return cm_ok();
}

/* ---- corrections ---- */

static cm_status count_corrected(const item *i, const char *name, const resource_revision *before, int64_t *count)
{
    cm_uuid id;
    bool retracted = before && resource_retraction(before->body);
    cm_status s = cm_uuid_parse(i->work->corrects, &id);

    *count = 0;
    if (!cm_is_ok(s)) {
        cm_status_clear(&s);
        return cm_ok();
    }
    return cm_db_integer(
        cm_tx_db(i->work->context.tx),
        "SELECT count(*) FROM journal WHERE resource = $1 AND id = $2 AND revision >= $3",
        CM_WITH(cm_v_text(name), cm_v_blob(id.bytes, sizeof id.bytes), cm_v_int(retracted ? before->number : 1)), 0,
        count);
}

/* What the update corrects is a revision of the resource; of one that is retracted, the retraction. */
static cm_status check_correction(const item *i, const char *name, const resource_revision *before)
{
    resource_work *work = i->work;
    const char *prefix = i->where ? cm_arena_join(work->context.arena, i->where, ".", NULL) : "";
    cm_violations wrong = {0};
    int64_t count = 0;

    work->corrects = cm_message_string(i->request, "corrects");
    work->reason = cm_message_string(i->request, "reason");
    if (*work->corrects)
        CM_TRY(count_corrected(i, name, before, &count));
    else if (before && resource_retraction(before->body))
        return resource_refuse_retracted(name);
    if (*work->corrects && !count)
        cm_violations_add(&wrong, "corrects",
                          "\"%.80s\" is the id of no revision of %s%s; give one that ListRevisions tells",
                          work->corrects, name, before && resource_retraction(before->body) ? " that retracts it" : "");
    if (!*work->corrects && *work->reason)
        cm_violations_add(&wrong, "reason", "is given without corrects; name the revision that was wrong");
    resource_add_violations(work, prefix, &wrong);
    return add_violations_of(i, prefix, resource_check_reason(work->reason));
}

/* In a batch, says which request is not as expected, for a person and for a program that takes it out. */
static cm_status refuse(const item *i, cm_status s)
{
    if (i->where) {
        CM_FREE char *field = cm_format("%s%s", i->prefix, s.code == CM_ABORTED ? "etag" : "name");
        cm_status_violation(&s, field, cm_status_message(s));
        cm_status_prefix(&s, "%s", i->where);
    }
    return s;
}

static const char *verb_of(const item *i, const resource_revision *before)
{
    return *i->work->corrects ? "corrected" : before ? "updated" : "created";
}

static cm_status write_over(const item *i, const ProtobufCMessage *given, const char *name,
                            const resource_revision *before)
{
    const cm_resource_context *context = &i->work->context;
    ProtobufCMessage *after = NULL;

    cm_status s = check_expected(i, name, given, before);
    if (cm_is_ok(s))
        s = check_correction(i, name, before);
    if (!cm_is_ok(s))
        return refuse(i, s);
    const char *mask_prefix = i->where ? cm_arena_join(context->arena, i->where, ".", NULL) : "";
    CM_TRY(add_violations_of(i, mask_prefix, apply(i, given, before ? before->body : NULL, &after)));
    if (!after || i->work->wrong.count > RESOURCE_VIOLATIONS)
        return cm_ok();
    return resource_change(i->work, i->where, i->prefix, verb_of(i, before), before, after);
}

/* What is to be created is not looked for before: where it is there, its row of the journal is in the way. That it is
 * there goes before all else that may be wrong, unless the store itself fails, and would not say. */
static cm_status create_named(const item *i, const ProtobufCMessage *given, const char *name)
{
    const cm_resource_context *context = &i->work->context;
    int wrong = i->work->wrong.count;
    resource_revision *before;
    cm_status s = write_over(i, given, name, NULL);

    if ((cm_is_ok(s) && i->work->wrong.count == wrong) || cm_db_failed(cm_tx_db(context->tx)))
        return s;
    cm_status found = resource_newest(cm_tx_db(context->tx), i->work->kind, name, context->arena, &before);
    if (cm_is_ok(found) && !before)
        return s;
    cm_status_clear(&s);
    CM_TRY(found);
    return write_over(i, given, name, before);
}

static cm_status write_named(const item *i, const ProtobufCMessage *given, const char *name)
{
    const cm_resource_context *context = &i->work->context;
    resource_revision *before;

    if (i->intent == CREATE)
        return create_named(i, given, name);
    CM_TRY(resource_newest(cm_tx_db(context->tx), i->work->kind, name, context->arena, &before));
    return write_over(i, given, name, before);
}

/* Where an item says what is for the whole request to say. */
static void check_alone(const item *i)
{
    if (i->request == i->work->request || !resource_bool(i->request, "validate_only"))
        return;
    CM_FREE char *field = cm_format("%s%svalidate_only", i->where ? i->where : "", i->where ? "." : "");
    cm_violations_add(&i->work->wrong, field, "is set for one item; set it for the whole request, or leave it out");
}

static cm_status write_item(const item *i)
{
    const cm_resource_kind *kind = i->work->kind;
    const ProtobufCMessage *given = resource_message(i->request, kind->singular);

    check_alone(i);
    if (!given) {
        char field[128];
        snprintf(field, sizeof field, "%.*s", (int)strlen(i->prefix) - 1, i->prefix);
        cm_violations_add(&i->work->wrong, field, "is missing; give the %s", kind->type);
        return cm_ok();
    }
    const char *name = cm_message_string(given, "name");
    int before = i->work->wrong.count;
    CM_TRY(add_violations_of(i, i->prefix, cm_name_check(kind->patterns, "name", name)));
    return i->work->wrong.count == before ? write_named(i, given, name) : cm_ok();
}

/* What the caller can put right, as against the store's own failures. */
static bool is_refusal(const cm_status *s)
{
    switch (s->code) {
        case CM_INVALID_ARGUMENT:
        case CM_NOT_FOUND:
        case CM_ALREADY_EXISTS:
        case CM_FAILED_PRECONDITION:
            return true;
        case CM_ABORTED: /* the store aborts transactions, too */
            return s->error->reason && strcmp(s->error->reason, RESOURCE_ETAG_MISMATCH) == 0;
        default:
            return false;
    }
}

/* Each item that can be taken is; of one that cannot nothing is left, though its hooks wrote before they refused. No
 * row of it was appended by then. What may be refused for another lane's sake alone is not told: all runs again. */
static cm_status write_apart(const item *i)
{
    cm_db *db;

    CM_TRY(cm_tx_write(i->work->context.tx, &db));
    CM_TRY(cm_db_savepoint(db));
    cm_status s = resource_refusal(i->work, write_item(i));
    if (cm_is_ok(s))
        return cm_db_release(db);
    if (!is_refusal(&s) || cm_tx_raced(i->work->context.tx))
        return s;
    cm_db_rollback_to(db);
    resource_add_refusal(i->work, &s);
    cm_status_clear(&s);
    return s;
}

/* ---- one and many ---- */

static cm_status write_one(resource_work *work, write_intent intent, bool *repeated)
{
    CM_TRY(resource_repeat(work, repeated));
    if (*repeated)
        return cm_ok();
    item i = {work, intent, work->request, NULL, cm_arena_join(work->context.arena, work->kind->singular, ".", NULL)};
    return write_item(&i);
}

static cm_status write_apart_all(resource_work *work, write_intent intent, ProtobufCMessage *const *requests,
                                 size_t count)
{
    const char *prefix = cm_arena_join(work->context.arena, work->kind->singular, ".", NULL);

    for (size_t n = 0; n < count; n++) {
        item i = {work, intent, requests[n], NULL, prefix};
        CM_TRY(write_apart(&i));
    }
    return cm_ok();
}

static cm_status write_many(resource_work *work, write_intent intent, bool *repeated)
{
    cm_arena *arena = work->context.arena;
    size_t count;
    ProtobufCMessage *const *requests = resource_messages(work->request, "requests", &count);

    if (count < 1 || count > RESOURCE_BATCH)
        return cm_invalid("requests", "%zu requests; give 1 to %d", count, RESOURCE_BATCH);
    CM_TRY(resource_repeat(work, repeated));
    if (!*repeated && resource_bool(work->request, "return_partial_success"))
        return write_apart_all(work, intent, requests, count);
    for (size_t n = 0; !*repeated && n < count && work->wrong.count <= RESOURCE_VIOLATIONS; n++) {
        char where[32];
        snprintf(where, sizeof where, "requests[%zu]", n);
        item i = {work, intent, requests[n], where, cm_arena_join(arena, where, ".", work->kind->singular, ".", NULL)};
        CM_TRY(write_item(&i));
    }
    return cm_ok();
}

typedef cm_status write_items(resource_work *work, write_intent intent, bool *repeated);

static cm_status run(resource_work *work, cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                     write_items *write, write_intent intent)
{
    bool repeated = false;

    CM_TRY(resource_begin(work, call, kind, request));
    cm_status s = write(work, intent, &repeated);
    return repeated ? s : resource_finish(work, s);
}

static cm_status one(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                     ProtobufCMessage *response, write_intent intent)
{
    resource_work work;

    CM_TRY(run(&work, call, kind, request, write_one, intent));
    resource_answer_one(response, work.answers[0]);
    return cm_ok();
}

static cm_status many(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                      ProtobufCMessage *response, write_intent intent)
{
    resource_work work;
    size_t taken = 0;

    CM_TRY(run(&work, call, kind, request, write_many, intent));
    for (size_t i = 0; i < work.count; i++)
        if (work.answers[i])
            work.answers[taken++] = work.answers[i];
    resource_answer_many(response, kind->plural, work.answers, taken);
    if (work.refusal_count)
        resource_answer_many(response, "refusals", (ProtobufCMessage **)work.refusals, work.refusal_count);
    resource_answer_int(response, "changed", work.changed);
    return cm_ok();
}

/* Nothing is written of what is refused: whatever may be wrong is found before the first row of it. */
static cm_status write_by_itself(const item *i, size_t index, cm_resource_told *told, void *context)
{
    cm_status s = resource_refusal(i->work, write_item(i));

    if (cm_is_ok(s) || !is_refusal(&s))
        return s;
    told(context, index, &s);
    cm_status_clear(&s);
    return s;
}

static cm_status create_part(resource_work *work, const cm_resource_part *part, const char *prefix,
                             cm_resource_told *told)
{
    size_t count;
    ProtobufCMessage *const *requests = resource_messages(part->request, "requests", &count);

    work->context.call = part->call;
    work->request = part->request;
    for (size_t n = 0; n < count; n++) {
        item i = {work, CREATE, requests[n], NULL, prefix};
        CM_TRY(write_by_itself(&i, n, told, part->context));
    }
    return cm_ok();
}

cm_status cm_resource_create_each(const cm_resource_kind *kind, const cm_resource_part *parts, size_t count,
                                  cm_resource_told *told)
{
    resource_work work;

    CM_TRY(resource_begin(&work, parts[0].call, kind, parts[0].request));
    work.unanswered = true;
    const char *prefix = cm_arena_join(work.context.arena, kind->singular, ".", NULL);
    for (size_t n = 0; n < count; n++)
        CM_TRY(create_part(&work, &parts[n], prefix, told));
    return resource_mentions_flush(&work);
}

cm_status cm_resource_create(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                             ProtobufCMessage *response)
{
    return one(call, kind, request, response, CREATE);
}

cm_status cm_resource_update(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                             ProtobufCMessage *response)
{
    return one(call, kind, request, response, UPDATE);
}

cm_status cm_resource_batch_create(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                   ProtobufCMessage *response)
{
    return many(call, kind, request, response, CREATE);
}

cm_status cm_resource_batch_update(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                   ProtobufCMessage *response)
{
    return many(call, kind, request, response, UPDATE);
}

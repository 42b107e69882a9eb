/* A list is read page by page, by name or in the order asked for. Every page shows what was there at the
 * time asked for, or when the first was read: the newest revision of each resource that is not younger than that. */
#include <string.h>

#include "base/cm_memory.h"
#include "journal/resource_list.h"

enum { PAGE = 100, PAGE_MAX = 1000, PAGE_BYTES = 2 << 20 };

static cm_status take_size(const ProtobufCMessage *request, size_t *size)
{
    int32_t given = resource_int(request, "page_size");

    if (given < 0)
        return cm_invalid("page_size", "%d is negative; give 1 to %d, or 0 for %d", given, PAGE_MAX, PAGE);
    *size = given == 0 ? PAGE : given > PAGE_MAX ? PAGE_MAX : (size_t)given;
    return cm_ok();
}

/* The digest of everything that a request asks for, but for how much of it and from where on. */
static void digest_query(const char *method, const ProtobufCMessage *request, cm_arena *arena,
                         uint8_t digest[CM_SHA256])
{
    static const char *const paging[] = {"page_size", "page_token", "read_mask"};
    ProtobufCMessage *query = cm_arena_copy(arena, request, request->descriptor->sizeof_message);

    for (size_t i = 0; i < sizeof paging / sizeof *paging; i++) {
        const ProtobufCFieldDescriptor *field = cm_message_field(request->descriptor, paging[i]);
        if (field)
            cm_field_clear(query, field);
    }
    const cm_bytes parts[] = {{(const uint8_t *)method, strlen(method) + 1}, cm_message_pack(query, arena)};
    cm_sha256(parts, sizeof parts / sizeof *parts, digest);
}

/* Starts at the time that is asked for, else at the newest row of the journal, or goes on where the token says. */
static cm_status take_page(resource_list *l, const char *token, const uint8_t query[CM_SHA256], int64_t as_of)
{
    resource_page given;
    int64_t newest;

    CM_TRY(cm_db_integer(l->db, "SELECT max(recorded_at) FROM heads", CM_NONE, 0, &newest));
    l->page = (resource_page){.as_of = as_of ? as_of : newest, .last = ""};
    l->changed = l->page.as_of < newest;
    memcpy(l->page.query, query, CM_SHA256);
    CM_TRY(journal_epoch(l->db, &l->page.epoch));
    if (!*token)
        return cm_ok();
    CM_TRY(resource_token_parse(token, l->arena, &given));
    if (memcmp(given.query, query, CM_SHA256) != 0)
        return cm_invalid("page_token",
                          "\"%.80s\" is of another query; keep parent, filter and all else as it was, or leave the "
                          "token out",
                          token);
    if (!cm_uuid_equal(given.epoch, l->page.epoch))
        return cm_invalid("page_token",
                          "\"%.80s\" is of another store, or of this one before it was restored; leave it out", token);
    if (given.as_of > newest)
        return cm_invalid("page_token", "\"%.80s\" is of a time that has not come; leave it out", token);
    l->page = given;
    l->changed = given.as_of < newest;
    return cm_ok();
}

cm_status resource_list_read(resource_list *l, const char *sql, const cm_value *values, int count, size_t limit,
                             resource_revision **revisions, const char **names, size_t *found)
{
    cm_rows rows;
    cm_status s;

    *found = 0;
    CM_TRY(cm_db_query(l->db, sql, values, count, &rows));
    for (s = cm_ok(); cm_is_ok(s) && *found < limit && cm_rows_next(&rows); ++*found) {
        names[*found] = cm_arena_strdup(l->arena, cm_rows_text(&rows, 7));
        s = resource_take(l->kind, &rows, l->arena, &revisions[*found]);
    }
    return resource_db_end(&rows, s);
}

bool resource_list_full(const resource_list *l)
{
    return l->count > l->wanted || (l->count > 1 && l->bytes > PAGE_BYTES);
}

size_t resource_list_chunk(const resource_list *l, size_t limit)
{
    size_t left = l->examined < RESOURCE_SCAN ? RESOURCE_SCAN - l->examined : 1;

    return left < limit ? left : limit;
}

void resource_list_add(resource_list *l, const resource_revision *revision)
{
    ProtobufCMessage *resource = resource_stamped(revision, l->arena);

    l->examined++;
    if (!l->show_retracted && resource_retraction(resource))
        return;
    if ((l->changed || !l->filter.exact) && !cm_filter_fits(l->filter.tree, resource))
        return;
    if (l->wanted_too && !l->wanted_too(resource, l->context))
        return;
    l->resources[l->count++] = resource;
    l->bytes += revision->bytes;
}

/* Names with the prefix lie before the prefix whose last character is the next one; all names lie before "~". */
static void bound(resource_list *l)
{
    char *end = cm_arena_strdup(l->arena, *l->prefix ? l->prefix : "~");

    if (*l->prefix)
        end[strlen(end) - 1]++;
    l->end = end;
}

static const char **copied(const cm_names *names, cm_arena *arena)
{
    return names->count ? cm_arena_copy(arena, names->names, names->count * sizeof *names->names) : NULL;
}

static TypQueryPlan *plan(const resource_list *l)
{
    TypQueryPlan *plan = CM_NEW(l->arena, TypQueryPlan);

    plan->indexed = (char **)copied(&l->filter.indexed, l->arena);
    plan->n_indexed = l->filter.indexed.count;
    plan->scanned = (char **)copied(&l->filter.scanned, l->arena);
    plan->n_scanned = l->filter.scanned.count;
    plan->examined = (int64_t)l->examined;
    return plan;
}

/* What the store would do for the first page, in its own words. */
static cm_status explain(const resource_list *l, TypQueryPlan *plan)
{
    CM_AUTO(cm_text) sql = {0};
    cm_value values[RESOURCE_LIST_VALUES];
    bool is_sqlite = cm_db_dialect(l->db) == CM_SQLITE;
    cm_rows rows;
    int count;

    cm_text_add(&sql, is_sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ");
    count = l->order.count ? resource_list_ordered_query(l, NULL, l->wanted + 1, &sql, values)
                           : resource_list_named_query(l, l->prefix, l->wanted + 1, &sql, values);
    CM_TRY(cm_db_query(l->db, cm_text_get(&sql), values, count, &rows));
    while (cm_rows_next(&rows)) {
        char **steps = cm_arena_take(l->arena, (plan->n_steps + 1) * sizeof *steps);
        if (plan->n_steps)
            memcpy(steps, plan->steps, plan->n_steps * sizeof *steps);
        steps[plan->n_steps++] = cm_arena_strdup(l->arena, cm_rows_text(&rows, is_sqlite ? 3 : 0));
        plan->steps = steps;
    }
    return cm_rows_end(&rows);
}

static void answer_plan(ProtobufCMessage *response, TypQueryPlan *plan)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(response->descriptor, "query_plan");

    if (field)
        *(TypQueryPlan **)cm_field_at(response, field) = plan;
}

static bool goes_on(const resource_list *l)
{
    return resource_list_full(l) || l->spent;
}

/* What the list goes on behind: the last that is answered, or the last that was looked at. */
static void answer_token(resource_list *l, ProtobufCMessage *response)
{
    if (!goes_on(l))
        return;
    l->page.last = resource_list_full(l) ? cm_message_string(l->resources[--l->count - 1], "name") : l->last;
    cm_message_set_string(response, "next_page_token", resource_token(&l->page, l->arena));
}

static cm_status read_page(resource_list *l)
{
    l->count = l->bytes = l->examined = 0;
    l->spent = false;
    return l->order.count ? resource_list_ordered(l) : resource_list_named(l);
}

/* A list that more pages follow: where several lanes write, a row that is under way may be recorded at the list's time
 * yet. So no more will be (which takes a commit, so it is not done for a list of one page), and the page is read as it
 * is then. */
static cm_status settle_time(resource_list *l)
{
    int64_t sealed, newest;

    if (!goes_on(l) || cm_db_dialect(l->db) != CM_POSTGRES)
        return cm_ok();
    CM_TRY(cm_db_integer(l->db, "SELECT min(recorded_at) FROM heads", CM_NONE, 0, &sealed));
    if (sealed >= l->page.as_of)
        return cm_ok();
    CM_TRY(cm_journal_seal(l->db, NULL, l->page.as_of));
    CM_TRY(cm_db_integer(l->db, "SELECT max(recorded_at) FROM heads", CM_NONE, 0, &newest));
    l->changed = l->page.as_of < newest;
    return read_page(l);
}

static cm_status begin(resource_list *l, cm_call *call, const ProtobufCMessage *request)
{
    uint8_t query[CM_SHA256];
    int64_t as_of;

    l->show_retracted = resource_bool(request, "show_deleted") || resource_bool(request, "show_retracted");
    CM_TRY(take_size(request, &l->wanted));
    CM_TRY(cm_resource_as_of(request, &as_of));
    CM_TRY(resource_parent(l->kind, cm_message_string(request, "parent"), l->arena, &l->prefix));
    CM_TRY(resource_filter_parse(l->kind, cm_message_string(request, "filter"), l->arena, &l->filter));
    CM_TRY(resource_filter_merge(l->db, &l->filter, as_of, l->arena));
    CM_TRY(resource_order_parse(l->kind, cm_message_string(request, "order_by"), l->arena, &l->order));
    if (as_of)
        CM_TRY(cm_journal_seal(l->db, NULL, as_of));
    digest_query(cm_call_method(call), request, l->arena, query);
    CM_TRY(take_page(l, cm_message_string(request, "page_token"), query, as_of));
    bound(l);
    l->resources = cm_arena_take(l->arena, (l->wanted + 2) * sizeof(ProtobufCMessage *));
    return cm_ok();
}

cm_status cm_resource_list(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                           ProtobufCMessage *response)
{
    return cm_resource_list_where(call, kind, request, response, NULL, NULL);
}

cm_status cm_resource_list_where(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                 ProtobufCMessage *response, cm_resource_wanted *wanted, const void *context)
{
    resource_list l = {
        .db = cm_call_lent(call), .kind = kind, .arena = cm_call_arena(call), .wanted_too = wanted, .context = context};

    CM_TRY(begin(&l, call, request));
    if (resource_bool(request, "explain")) {
        TypQueryPlan *explained = plan(&l);
        CM_TRY(explain(&l, explained));
        answer_plan(response, explained);
        return cm_ok();
    }
    CM_TRY(read_page(&l));
    CM_TRY(settle_time(&l));
    answer_token(&l, response);
    if (l.filter.scanned.count || wanted)
        answer_plan(response, plan(&l));
    resource_answer_many(response, kind->plural, l.resources, l.count);
    return cm_ok();
}

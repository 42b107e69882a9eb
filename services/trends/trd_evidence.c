#include "trends/trd_evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "journal/cm_journal_service.h"
#include "trends/trd_answer.h"
#include "trends/trd_facts.h"
#include "trends/trd_own_answer.h"

/* What is asked for. */
typedef struct asked {
    const trd_question *question; /* NULL: `own` */
    const trd_own *own;
    bool whole;                        /* all that numbers of a group rest on; `category` is the group, "" for all */
    const char *category, *collection; /* collection "": any; as a label */
    trd_report *report;
} asked;

/* "…/" and an asterisk: the whole of what comes before. */
static void read_whole(asked *a, char *category)
{
    size_t length = strlen(category);

    a->whole = length > 0 && category[length - 1] == '*' && (length == 1 || category[length - 2] == '/');
    if (a->whole)
        category[length > 1 ? length - 2 : 0] = '\0';
    if (a->question && strcmp(a->question->name, "topic-mix") == 0 && strcmp(category, "jsd") == 0) {
        a->whole = true; /* it compares all that there is */
        *category = '\0';
    }
}

static cm_status parse(trd_report *report, const char *evidence, asked *a)
{
    char *text = cm_arena_strdup(report->arena, evidence), *slash = strchr(text, '/'), *at = strrchr(text, '@');

    if (!slash)
        return cm_invalid("evidence", "'%s' is not QUESTION/CATEGORY[@COLLECTION], as findings give it", evidence);
    *slash = '\0';
    if (at)
        *at = '\0';
    *a = (asked){.question = trd_question_find(text),
                 .category = slash + 1,
                 .collection = at ? at + 1 : report->filter->label,
                 .report = report};
    read_whole(a, slash + 1);
    if (a->question)
        return cm_ok();
    trd_own_kept *kept;
    CM_TRY(trd_own_find(report->db, cm_arena_format(report->arena, "questions/%s", text), report->arena, &kept));
    if (!kept)
        return cm_not_found("question", text);
    a->own = &kept->own;
    return cm_ok();
}

/* Of which question, and of what of it where that matters, units are read. */
static const char *units_of(const asked *a)
{
    cm_arena *arena = a->report->arena;

    if (!a->question)
        return cm_arena_format(arena, "questions/%s", a->own->id);
    return a->question->units ? a->question->name
                              : cm_arena_format(arena, "%s/%s%s", a->question->name, a->category, a->whole ? "/*" : "");
}

/* A unit's category as findings name it; what a finding is made of besides is told by the question. */
static bool matches(const asked *a, const trd_unit *u, cm_arena *scratch)
{
    if (u->weight > 0 && *a->collection &&
        strcmp(trd_coverage_label(&a->report->coverage, u->collection), a->collection) != 0 &&
        strcmp(u->collection, a->collection) != 0)
        return false;
    const char *group = trd_collection(u->group);
    if (a->whole)
        return !*a->category || (a->question && !a->question->units) || strcmp(a->category, group) == 0;
    if (strcmp(a->category, u->category) == 0)
        return true;
    if (a->question && strcmp(a->question->name, "channel-mix") == 0 && strcmp(a->category, "digital") == 0)
        return strcmp(u->category, "virtual") == 0 || strcmp(u->category, "hybrid") == 0 ||
               strcmp(u->category, "platform") == 0;
    return *u->group && (strcmp(a->category, group) == 0 ||
                         strcmp(a->category, cm_arena_format(scratch, "%s/%s", group, u->category)) == 0);
}

static cm_status sources_of(trd_moment at, const char *resource, cm_arena *arena, TrdEvidenceRow *row)
{
    cm_rows rows;
    ProtobufCMessage *message = NULL;
    cm_status status = cm_ok();

    if (at.as_of)
        CM_TRY(cm_db_query(at.db,
                           "SELECT event, recorded, revision FROM facts WHERE resource = $1 AND recorded <= $2"
                           " UNION ALL SELECT event, recorded, revision FROM former_facts WHERE resource = $1"
                           " AND recorded <= $2 AND ended > $2",
                           CM_WITH(cm_v_text(resource), cm_v_int(at.as_of)), &rows));
    else
        CM_TRY(cm_db_query(at.db, "SELECT event, recorded, revision FROM facts WHERE resource = $1",
                           CM_WITH(cm_v_text(resource)), &rows));
    bool found = cm_rows_next(&rows);
    if (found && cm_rows_int(&rows, 1) > 0)
        row->record_time = cm_journal_timestamp(cm_rows_int(&rows, 1), arena);
    if (found)
        row->revision = cm_rows_int(&rows, 2);
    if (found)
        status = cm_message_unpack(&EvtEvent_descriptor, cm_rows_blob(&rows, 0), arena, &message);
    cm_status ended = cm_rows_end(&rows);
    if (!cm_is_ok(status)) {
        cm_status_clear(&ended);
        return status;
    }
    CM_TRY(ended);
    if (!message)
        return cm_ok();
    const ProtobufCMessageDescriptor *d = message->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        if (d->fields[i].id != (uint32_t)((EvtEvent *)message)->resource_case)
            continue;
        const ProtobufCMessage *fact = *(ProtobufCMessage **)cm_field_at(message, &d->fields[i]);
        const ProtobufCFieldDescriptor *sources = cm_message_field(fact->descriptor, "sources");
        if (!sources)
            continue;
        TypCitation **citations = *(TypCitation ***)cm_field_at(fact, sources);
        row->n_sources = cm_field_count(fact, sources);
        row->sources = cm_arena_take(arena, (row->n_sources + 1) * sizeof *row->sources);
        for (size_t k = 0; k < row->n_sources; k++)
            row->sources[k] = citations[k]->source;
    }
    return cm_ok();
}

static cm_status make_row(const asked *a, const trd_unit *u, TrdEvidenceRow **made)
{
    cm_arena *arena = a->report->arena;
    TrdEvidenceRow *row = CM_NEW(arena, TrdEvidenceRow);
    char text[CM_DATE_TEXT] = "";

    row->resource = cm_arena_strdup(arena, u->resource);
    if (u->date.precision != CM_PRECISION_NONE)
        row->date = cm_arena_strdup(arena, cm_date_format(u->date, text));
    row->category = cm_arena_strdup(arena, u->category);
    row->weight = (double)u->weight / TRD_WHOLE;
    row->collection = cm_arena_strdup(arena, trd_coverage_label(&a->report->coverage, u->collection));
    row->certainty = u->certainty;
    *made = row;
    return sources_of(trd_at(a->report), u->resource, arena, row);
}

/* ---- rows recorded since ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static cm_status read_fresh(trd_evidence *e)
{
    size_t capacity = 0;
    const char **names = NULL;
    cm_rows rows;

    CM_TRY(cm_db_query(e->report->db, "SELECT resource FROM facts WHERE recorded > $1", CM_WITH(cm_v_int(e->since)),
                       &rows));
    while (cm_rows_next(&rows)) {
        CM_GROW(names, capacity, e->fresh_count + 1);
        names[e->fresh_count++] = cm_arena_strdup(e->report->arena, cm_rows_text(&rows, 0));
    }
    if (e->fresh_count)
        qsort(names, e->fresh_count, sizeof *names, by_name);
    e->fresh = cm_arena_copy(e->report->arena, names, e->fresh_count * sizeof *names);
    free(names);
    return cm_rows_end(&rows);
}

static bool is_fresh(const trd_evidence *e, const char *resource)
{
    return !e->since ||
           (e->fresh_count && bsearch(&resource, e->fresh, e->fresh_count, sizeof *e->fresh, by_name) != NULL);
}

/* ---- reading ---- */

cm_status trd_evidence_begin(trd_report *report, int64_t since, trd_evidence *e)
{
    *e = (trd_evidence){.report = report, .since = since, .read = ""};
    CM_TRY(trd_coverage_read(trd_at(report), report->arena, &report->coverage));
    return since ? read_fresh(e) : cm_ok();
}

/* Units of an additive question serve all of its categories. */
static cm_status read_units(trd_evidence *e, const asked *a)
{
    const trd_question *q = a->question;
    const char *of = units_of(a);

    if (strcmp(e->read, of) == 0)
        return cm_ok();
    e->read = of;
    e->count = 0;
    if (!q)
        return trd_own_evidence(e->report, a->own, &e->units, &e->count);
    if (!q->units)
        return q->evidence(e->report, a->category, a->whole, &e->units, &e->count);
    CM_TRY(trd_facts_units(trd_at(e->report), q, e->report->filter, e->report->arena, &e->units, &e->count));
    if (strcmp(q->name, "accessions") == 0)
        return trd_accessions_leave_out(e->report, e->units, e->count, e->units, &e->count);
    return cm_ok();
}

/* A row of the list: its key is where it is listed, and the how many-th of those that are listed there. */
typedef struct listed {
    const trd_unit *unit;
    const char *order;
    size_t number;
} listed;

static int in_order(const void *a, const void *b)
{
    const listed *x = a, *y = b;
    int order = strcmp(x->order, y->order);

    return order ? order : x->number < y->number ? -1 : x->number > y->number;
}

static trd_unit behind_all(const char *resource, const char *category)
{
    return (trd_unit){.resource = resource, .group = "", .category = category, .collection = ""};
}

/* What says when a collection was looking. */
static const char *coverage_of(const asked *a, const char *collection)
{
    bool memberships = a->question && strcmp(a->question->name, "accessions") == 0;
    const trd_collection_info *info = trd_coverage_of(&a->report->coverage, collection, memberships);

    return info ? info->id : "";
}

/* The coverage of every collection that occurs, and the edition that a question of one's own asks by. */
static size_t add_behind(const asked *a, listed *all, size_t count)
{
    cm_arena *arena = a->report->arena;
    trd_unit *added = cm_arena_take(arena, (a->report->coverage.count + 1) * sizeof *added);
    size_t n = 0;

    for (size_t i = 0; i < a->report->coverage.count; i++) {
        const char *id = a->report->coverage.collections[i].id;
        bool occurs = false;
        for (size_t k = 0; !occurs && k < count; k++)
            occurs = all[k].unit->weight > 0 && strcmp(coverage_of(a, all[k].unit->collection), id) == 0;
        if (occurs)
            added[n++] = behind_all(cm_arena_format(arena, "collections/%s", id), "coverage");
    }
    if (a->own && *a->own->asked->grouping)
        added[n++] = behind_all(a->own->asked->grouping, "edition");
    for (size_t i = 0; i < n; i++)
        all[count + i] = (listed){.unit = &added[i]};
    return count + n;
}

/* Whether it matters whom the fact names: formats, topics and channels count whoever takes part. */
static bool rests_on_names(const asked *a, const trd_unit *unit)
{
    return !a->question || !a->question->units || unit->actor;
}

static cm_status read_named(trd_evidence *e)
{
    if (e->named)
        return cm_ok();
    trd_named *named = cm_arena_take(e->report->arena, sizeof *named);
    CM_TRY(trd_named_read(trd_at(e->report), e->report->arena, named));
    e->named = named;
    return cm_ok();
}

/* The actors that were merged into those that the facts now name; where a fact knew no state of one, the one that stays
 * as well, whose state counts. `all` grows in the arena. */
static cm_status add_merges(trd_evidence *e, const asked *a, listed **all, size_t *count)
{
    cm_arena *arena = e->report->arena;

    CM_TRY(read_named(e));
    const trd_merges *merges = &e->named->merges;
    if (!merges->count)
        return cm_ok();
    uint8_t *met = cm_arena_zero(arena, merges->count);
    for (size_t i = 0; i < *count; i++)
        if (rests_on_names(a, (*all)[i].unit))
            trd_named_mark(e->named, (*all)[i].unit->resource, met);
    trd_unit *added = cm_arena_take(arena, 2 * merges->count * sizeof *added);
    size_t n = 0;
    for (size_t i = 0; i < merges->count; i++) {
        if (met[i] & TRD_MET_NAME)
            added[n++] = behind_all(merges->items[i].actor, "merged");
        if (met[i] & TRD_MET_STATE)
            added[n++] = behind_all(merges->items[i].survivor, "survivor");
    }
    listed *grown = cm_arena_take(arena, (*count + n + 1) * sizeof *grown);
    memcpy(grown, *all, *count * sizeof *grown);
    for (size_t i = 0; i < n; i++)
        grown[(*count)++] = (listed){.unit = &added[i]};
    *all = grown;
    return cm_ok();
}

/* Those that are asked for, each with its key; answers how many. */
static size_t put_in_order(const trd_evidence *e, listed *all, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        const char *resource = all[i].unit->resource, *order = all[i].unit->order;
        if (is_fresh(e, resource))
            all[kept++] = (listed){all[i].unit, order ? order : resource, i};
    }
    if (kept)
        qsort(all, kept, sizeof *all, in_order);
    for (size_t i = 0; i < kept; i++)
        all[i].number = i > 0 && strcmp(all[i - 1].order, all[i].order) == 0 ? all[i - 1].number + 1 : 0;
    return kept;
}

/* All rows of a list, in its order; in the arena. */
static cm_status list_all(trd_evidence *e, const char *evidence, asked *a, listed **rows, size_t *count)
{
    cm_arena *arena = e->report->arena;

    CM_TRY(parse(e->report, evidence, a));
    CM_TRY(read_units(e, a));
    listed *all = cm_arena_take(arena, (e->count + e->report->coverage.count + 2) * sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < e->count; i++)
        if (matches(a, &e->units[i], arena))
            all[n++] = (listed){.unit = &e->units[i]};
    if (a->whole) {
        n = add_behind(a, all, n);
        CM_TRY(add_merges(e, a, &all, &n));
    }
    *rows = all;
    *count = put_in_order(e, all, n);
    return cm_ok();
}

/* "order\nnumber". */
static listed key_of(const char *text, cm_arena *arena)
{
    char *order = cm_arena_strdup(arena, text), *line = strrchr(order, '\n');

    if (line)
        *line = '\0';
    return (listed){.order = order, .number = line ? (size_t)strtoull(line + 1, NULL, 10) : 0};
}

static cm_status page_of(const asked *a, const listed *all, size_t count, const char *after, int limit,
                         trd_evidence_page *page)
{
    cm_arena *arena = a->report->arena;
    listed last = key_of(after, arena);
    size_t i = 0;

    while (*after && i < count && in_order(&all[i], &last) <= 0)
        i++;
    page->rows = cm_arena_take(arena, ((size_t)limit + 1) * sizeof *page->rows);
    for (; i < count && page->count < (size_t)limit; i++)
        CM_TRY(make_row(a, all[i].unit, &page->rows[page->count++]));
    if (page->count)
        page->last = cm_arena_format(arena, "%s\n%zu", all[i - 1].order, all[i - 1].number);
    page->more = (int64_t)(count - i);
    return cm_ok();
}

cm_status trd_evidence_list(trd_evidence *e, const char *evidence, const char *after, int limit,
                            trd_evidence_page *page)
{
    listed *all;
    size_t count;
    asked a;

    *page = (trd_evidence_page){.last = ""};
    CM_TRY(list_all(e, evidence, &a, &all, &count));
    return page_of(&a, all, count, after, limit, page);
}

cm_status trd_evidence_list_units(trd_evidence *e, const trd_unit *units, size_t unit_count, const char *after,
                                  int limit, trd_evidence_page *page)
{
    const asked a = {.report = e->report};
    listed *all = cm_arena_take(e->report->arena, (unit_count + 1) * sizeof *all);

    *page = (trd_evidence_page){.last = ""};
    for (size_t i = 0; i < unit_count; i++)
        all[i] = (listed){.unit = &units[i]};
    size_t count = put_in_order(e, all, unit_count);
    return page_of(&a, all, count, after, limit, page);
}

/* ---- what left ---- */

static int by_unit(const void *a, const void *b)
{
    return strcmp((*(const trd_unit *const *)a)->resource, (*(const trd_unit *const *)b)->resource);
}

/* The units of a list, in order of resources. */
static const trd_unit **units_by_resource(const listed *all, size_t count, cm_arena *arena)
{
    const trd_unit **units = cm_arena_take(arena, (count + 1) * sizeof *units);

    for (size_t i = 0; i < count; i++)
        units[i] = all[i].unit;
    if (count)
        qsort(units, count, sizeof *units, by_unit);
    return units;
}

cm_status trd_evidence_left(trd_evidence *now, trd_evidence *then, const char *evidence, int limit,
                            trd_evidence_page *page)
{
    cm_arena *arena = then->report->arena;
    listed *were, *are;
    size_t were_count, are_count;
    asked before, after;

    *page = (trd_evidence_page){.last = ""};
    CM_TRY(list_all(then, evidence, &before, &were, &were_count));
    CM_TRY(list_all(now, evidence, &after, &are, &are_count));
    const trd_unit **still = units_by_resource(are, are_count, arena);
    page->rows = cm_arena_take(arena, ((size_t)limit + 1) * sizeof *page->rows);
    for (size_t i = 0; i < were_count; i++) {
        if (are_count && bsearch(&were[i].unit, still, are_count, sizeof *still, by_unit))
            continue;
        if (page->count < (size_t)limit)
            CM_TRY(make_row(&before, were[i].unit, &page->rows[page->count++]));
        else
            page->more++;
    }
    return cm_ok();
}

/* ---- what a number rests on ---- */

typedef struct trd_revision {
    const char *resource;
    int64_t revision;
} trd_revision;

typedef struct trd_inputs {
    struct trd_inputs *next;
    const char *name, *digest;
} trd_inputs;

static int by_resource(const void *a, const void *b)
{
    return strcmp(((const trd_revision *)a)->resource, ((const trd_revision *)b)->resource);
}

static cm_status read_revisions(trd_evidence *e)
{
    trd_revision *found = NULL;
    size_t n = 0, capacity = 0;
    cm_rows rows;

    if (e->revisions)
        return cm_ok();
    CM_TRY(cm_db_query(e->report->db, "SELECT resource, revision FROM facts", CM_NONE, &rows));
    while (cm_rows_next(&rows)) {
        CM_GROW(found, capacity, n + 1);
        found[n++] = (trd_revision){cm_arena_strdup(e->report->arena, cm_rows_text(&rows, 0)), cm_rows_int(&rows, 1)};
    }
    e->revisions = cm_arena_take(e->report->arena, (n + 1) * sizeof *found);
    if (n) {
        qsort(found, n, sizeof *found, by_resource);
        memcpy(e->revisions, found, n * sizeof *found);
    }
    e->revision_count = n;
    free(found);
    return cm_rows_end(&rows);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *digest_of(const trd_evidence *e, const listed *all, size_t count)
{
    CM_FREE const char **resources = cm_alloc((count + 1) * sizeof *resources);
    char hex[2 * CM_SHA256 + 1];
    uint8_t digest[CM_SHA256];
    cm_text text = {0};

    for (size_t i = 0; i < count; i++)
        resources[i] = all[i].unit->resource;
    qsort(resources, count, sizeof *resources, by_text);
    for (size_t i = 0; i < count; i++) {
        const trd_revision key = {.resource = resources[i]};
        const trd_revision *r =
            e->revision_count ? bsearch(&key, e->revisions, e->revision_count, sizeof *r, by_resource) : NULL;
        if (i == 0 || strcmp(resources[i - 1], resources[i]) != 0)
            cm_text_format(&text, "%s %lld\n", resources[i], r ? (long long)r->revision : 0LL);
    }
    const cm_bytes bytes = {(const uint8_t *)cm_text_get(&text), strlen(cm_text_get(&text))};
    cm_sha256(&bytes, 1, digest);
    cm_text_clear(&text);
    return cm_arena_strdup(e->report->arena, cm_hex(digest, CM_SHA256, hex));
}

cm_status trd_evidence_digest(trd_evidence *e, const char *name, const char **digest)
{
    trd_inputs *known = e->inputs;
    listed *all;
    size_t count;
    asked a;

    while (known && strcmp(known->name, name) != 0)
        known = known->next;
    if (!known) {
        CM_TRY(read_revisions(e));
        CM_TRY(list_all(e, name, &a, &all, &count));
        known = cm_arena_take(e->report->arena, sizeof *known);
        *known = (trd_inputs){e->inputs, name, digest_of(e, all, count)};
        e->inputs = known;
    }
    *digest = known->digest;
    return cm_ok();
}

static int by_evidence(const void *a, const void *b)
{
    return strcmp((*(TrdFinding *const *)a)->evidence_of_total, (*(TrdFinding *const *)b)->evidence_of_total);
}

/* In order of what they rest on, so that it is read once. */
cm_status trd_evidence_set_digests(trd_report *report, TrdQuestionAnswer *const *questions, size_t count)
{
    trd_evidence e;

    CM_TRY(trd_evidence_begin(report, 0, &e));
    for (size_t i = 0; i < count; i++) {
        size_t n = questions[i]->n_findings;
        TrdFinding **findings = cm_arena_take(report->arena, (n + 1) * sizeof *findings);
        if (n == 0)
            continue;
        memcpy(findings, questions[i]->findings, n * sizeof *findings);
        qsort(findings, n, sizeof *findings, by_evidence);
        for (size_t k = 0; k < n; k++) {
            const char *digest;
            CM_TRY(trd_report_go_on(report));
            CM_TRY(trd_evidence_digest(&e, findings[k]->evidence_of_total, &digest));
            findings[k]->inputs_digest = (char *)digest;
        }
    }
    return cm_ok();
}

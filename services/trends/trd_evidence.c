#include "trends/trd_evidence.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_journal_service.h"
#include "trends/trd_facts.h"
#include "trends/trd_own_answer.h"

/* What is asked for. */
typedef struct asked {
    const trd_question *question; /* NULL: `own` */
    const trd_own *own;
    const char *category, *collection; /* collection "": any; as a label */
    trd_report *report;
} asked;

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
    if (a->question)
        return cm_ok();
    trd_own_kept *kept;
    CM_TRY(trd_own_find(report->db, cm_arena_format(report->arena, "questions/%s", text), report->arena, &kept));
    if (!kept)
        return cm_not_found("question", text);
    a->own = &kept->own;
    return cm_ok();
}

/* A unit's category as findings name it; what a finding is made of besides is told by the question. */
static bool matches(const asked *a, const trd_unit *u, cm_arena *scratch)
{
    if (*a->collection && strcmp(trd_coverage_label(&a->report->coverage, u->collection), a->collection) != 0 &&
        strcmp(u->collection, a->collection) != 0)
        return false;
    if (strcmp(a->category, u->category) == 0)
        return true;
    if (a->question && strcmp(a->question->name, "channel-mix") == 0 && strcmp(a->category, "digital") == 0)
        return strcmp(u->category, "virtual") == 0 || strcmp(u->category, "hybrid") == 0 ||
               strcmp(u->category, "platform") == 0;
    const char *group = trd_collection(u->group);
    return *u->group && (strcmp(a->category, group) == 0 ||
                         strcmp(a->category, cm_arena_format(scratch, "%s/%s", group, u->category)) == 0);
}

static cm_status sources_of(cm_db *db, const char *resource, cm_arena *arena, TrdEvidenceRow *row)
{
    cm_rows rows;
    ProtobufCMessage *message = NULL;
    cm_status status = cm_ok();

    CM_TRY(
        cm_db_query(db, "SELECT event, recorded FROM facts WHERE resource = $1", CM_WITH(cm_v_text(resource)), &rows));
    bool found = cm_rows_next(&rows);
    if (found && cm_rows_int(&rows, 1) > 0)
        row->record_time = cm_journal_timestamp(cm_rows_int(&rows, 1), arena);
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
    return sources_of(a->report->db, u->resource, arena, row);
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
    *e = (trd_evidence){.report = report, .since = since};
    CM_TRY(trd_coverage_read(report->db, report->arena, &report->coverage));
    return since ? read_fresh(e) : cm_ok();
}

/* Units of an additive question serve all of its categories. */
static cm_status read_units(trd_evidence *e, const asked *a)
{
    if (e->since && e->fresh_count == 0)
        return cm_ok();
    if (!a->question) {
        e->question = NULL;
        return trd_own_evidence(e->report, a->own, &e->units, &e->count);
    }
    if (!a->question->units) {
        e->question = NULL;
        return a->question->evidence(e->report, a->category, &e->units, &e->count);
    }
    if (e->question == a->question)
        return cm_ok();
    e->question = a->question;
    return trd_facts_units(e->report->db, a->question, e->report->filter, e->report->arena, &e->units, &e->count);
}

cm_status trd_evidence_list(trd_evidence *e, const char *evidence, int64_t skip, int limit, TrdEvidenceRow ***rows,
                            size_t *count, int64_t *more)
{
    asked a = {0};
    int64_t found = 0;

    CM_TRY(parse(e->report, evidence, &a));
    CM_TRY(read_units(e, &a));
    *rows = cm_arena_take(e->report->arena, ((size_t)limit + 1) * sizeof **rows);
    *count = 0;
    *more = 0;
    for (size_t i = 0; i < e->count; i++) {
        if (!matches(&a, &e->units[i], e->report->arena) || !is_fresh(e, e->units[i].resource) || found++ < skip)
            continue;
        if ((int64_t)*count < limit)
            CM_TRY(make_row(&a, &e->units[i], &(*rows)[(*count)++]));
        else
            ++*more;
    }
    return cm_ok();
}

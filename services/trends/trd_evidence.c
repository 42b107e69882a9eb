#include "trends/trd_evidence.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "trends/trd_facts.h"

/* What is asked for. */
typedef struct asked {
    const trd_question *question;
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
    if (!a->question)
        return cm_not_found("question", text);
    return trd_coverage_read(report->db, report->arena, &report->coverage);
}

/* A unit's category as findings name it; what a finding is made of besides is told by the question. */
static bool matches(const asked *a, const trd_unit *u, cm_arena *scratch)
{
    if (*a->collection && strcmp(trd_coverage_label(&a->report->coverage, u->collection), a->collection) != 0 &&
        strcmp(u->collection, a->collection) != 0)
        return false;
    if (strcmp(a->category, u->category) == 0)
        return true;
    if (strcmp(a->question->name, "channel-mix") == 0 && strcmp(a->category, "digital") == 0)
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

    CM_TRY(cm_db_query(db, "SELECT event FROM facts WHERE resource = $1", CM_WITH(cm_v_text(resource)), &rows));
    if (cm_rows_next(&rows))
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

static cm_status add_row(const asked *a, const trd_unit *u, TrdListEvidenceResponse *response)
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
    response->rows[response->n_rows++] = row;
    return sources_of(a->report->db, u->resource, arena, row);
}

cm_status trd_evidence_list(trd_report *report, const char *evidence, int64_t skip, int limit,
                            TrdListEvidenceResponse *response, bool *more)
{
    cm_arena *arena = report->arena;
    asked a;
    trd_unit *units;
    size_t count;
    int64_t found = 0;

    CM_TRY(parse(report, evidence, &a));
    if (a.question->units)
        CM_TRY(trd_facts_units(report->db, a.question, report->filter, arena, &units, &count));
    else
        CM_TRY(a.question->evidence(report, a.category, &units, &count));
    response->rows = cm_arena_take(arena, ((size_t)limit + 1) * sizeof *response->rows);
    *more = false;
    for (size_t i = 0; i < count; i++) {
        if (!matches(&a, &units[i], arena) || found++ < skip)
            continue;
        if ((int)response->n_rows == limit) {
            *more = true;
            break;
        }
        CM_TRY(add_row(&a, &units[i], response));
    }
    return cm_ok();
}

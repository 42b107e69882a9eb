#include "negotiations/neg_bulk_batch.h"

#include "base/cm_memory.h"
#include "journal/cm_refusal.h"
#include "negotiations/neg_fetch.h"
#include "negotiations/neg_kinds.h"
#include "negotiations/neg_state.h"

cm_status neg_bulk_batch_new(cm_call *stream, const NegBulkLogRequest *request, size_t known, const char *upload,
                             int64_t first, neg_bulk_batch **made)
{
    cm_call *part = cm_call_new_part(stream);
    cm_arena *arena = cm_call_arena(part);
    neg_bulk_batch *batch = cm_arena_zero(arena, sizeof *batch);

    batch->part = part;
    batch->first = first;
    NegBulkLogRequest_init(&batch->request);
    batch->request.n_requests = request->n_requests - known;
    batch->request.requests = cm_arena_take(arena, batch->request.n_requests * sizeof *batch->request.requests);
    for (size_t i = 0; i < batch->request.n_requests; i++)
        batch->request.requests[i] = cm_message_copy(&request->requests[known + i]->base, arena);
    batch->upload = (neg_upload){cm_call_identity(part), cm_arena_strdup(arena, upload), 0, 0};
    batch->refusals = cm_arena_take(arena, batch->request.n_requests * sizeof *batch->refusals);
    cm_status s = neg_fetch_each(part, &neg_entry_kind, &batch->request.base);
    if (!cm_is_ok(s)) {
        neg_bulk_batch_free(batch);
        return s;
    }
    *made = batch;
    return s;
}

void neg_bulk_batch_free(neg_bulk_batch *batch)
{
    cm_status_clear(&batch->outcome);
    cm_call_unref(batch->part);
}

static void refuse(void *context, size_t index, const cm_status *refused)
{
    neg_bulk_batch *batch = context;

    batch->refusals[batch->refusal_count++] =
        cm_refusal(batch->first + (int64_t)index, refused, cm_call_arena(batch->part));
}

static size_t count_of(const neg_bulk_batch *first)
{
    size_t count = 0;

    for (; first; first = first->next)
        count++;
    return count;
}

static cm_status create_entries(neg_bulk_batch *first)
{
    cm_resource_part *parts = cm_arena_take(cm_call_arena(first->part), count_of(first) * sizeof *parts);
    size_t count = 0;

    for (neg_bulk_batch *batch = first; batch; batch = batch->next)
        parts[count++] = (cm_resource_part){batch->part, &batch->request.base, batch};
    return cm_resource_create_each(&neg_entry_kind, parts, count, refuse);
}

/* What `upload` stands at before a batch, and after it. */
static cm_status move_upload(neg_bulk_batch *batch, cm_db *db, neg_upload *upload)
{
    for (size_t i = 0; i < batch->refusal_count; i++)
        CM_TRY(neg_upload_refuse(db, upload, batch->refusals[i]));
    upload->position += (int64_t)batch->request.n_requests;
    upload->refused += (int64_t)batch->refusal_count;
    batch->upload.position = upload->position;
    batch->upload.refused = upload->refused;
    return cm_ok();
}

static cm_status write_entries(neg_bulk_batch *first, cm_tx *tx)
{
    neg_upload upload = first->upload;
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    CM_TRY(neg_upload_find(db, &upload));
    if (upload.position != first->first)
        return cm_fail(CM_ABORTED, "upload: %s stands at %lld, not at %lld: another stream goes on with it", upload.id,
                       (long long)upload.position, (long long)first->first);
    CM_TRY(create_entries(first));
    for (neg_bulk_batch *batch = first; batch; batch = batch->next)
        CM_TRY(move_upload(batch, db, &upload));
    return neg_upload_save(db, &upload);
}

/* May run again. */
static cm_status run(cm_task *task, void *lent)
{
    neg_bulk_batch *first = (neg_bulk_batch *)((char *)task - offsetof(neg_bulk_batch, task));

    for (neg_bulk_batch *batch = first; batch; batch = batch->next) {
        batch->refusal_count = 0;
        cm_call_lend(batch->part, lent);
    }
    cm_status s = write_entries(first, lent);
    for (neg_bulk_batch *batch = first; batch; batch = batch->next)
        cm_call_lend(batch->part, NULL);
    return s;
}

static void done(cm_task *task, cm_status outcome)
{
    neg_bulk_batch *first = (neg_bulk_batch *)((char *)task - offsetof(neg_bulk_batch, task));

    for (neg_bulk_batch *batch = first->next; batch; batch = batch->next)
        batch->outcome = cm_status_copy(outcome);
    first->outcome = outcome;
    first->landed(first->context, first);
}

void neg_bulk_batch_submit(neg_bulk_batch *first, neg_bulk_landed *landed, void *context)
{
    const neg_state *state = cm_call_state(first->part);

    first->task = (cm_task){.run = run, .done = done};
    first->landed = landed;
    first->context = context;
    cm_submit(cm_journal_writer(state->journal), &first->task);
}

typedef struct reading {
    neg_upload_page *page;
    int limit;
    cm_arena *arena;
} reading;

static cm_status read_page(void *argument, void *lent)
{
    const reading *r = argument;
    neg_upload_page *page = r->page;

    CM_TRY(neg_upload_find(lent, &page->upload));
    return neg_upload_refusals(lent, &page->upload, page->from, r->limit, r->arena, &page->refusals, &page->count);
}

cm_status neg_bulk_read(cm_call *call, neg_upload_page *page, int limit)
{
    const neg_state *state = cm_call_state(call);
    reading r = {page, limit, cm_call_arena(call)};

    return cm_run_and_wait(cm_journal_readers(state->journal), read_page, &r);
}

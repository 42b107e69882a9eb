/* JournalService.Read and WatchChanges: partition after partition from the caller's positions on, as fast as the caller
 * takes it; then what is recorded later, where that was asked for. An idle follower holds no thread and no transaction.
 */
#include <stdlib.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/journal_service.h"

/* Of one message: well below the 4 MiB that clients take by default, unless one row alone is bigger. */
enum { MESSAGE_ROWS = 500, MESSAGE_BYTES = 128 << 10 };

cm_status journal_read_open(cm_call *call)
{
    const cm_journal *journal = cm_call_state(call);

    cm_call_set_data(
        call, cm_alloc(sizeof(journal_reading) + (size_t)cm_journal_partitions(journal) * sizeof(journal_progress)));
    return cm_ok();
}

void journal_read_done(cm_call *call, cm_code code)
{
    journal_reading *r = cm_call_data(call);

    if (!r)
        return;
    cm_journal_unwatch(cm_call_state(call), r->watch);
    if (r->arena)
        cm_arena_free(r->arena);
    free(r);
}

cm_status journal_read_epoch(const cm_journal *journal, const char *field, const char *epoch)
{
    cm_uuid given;
    cm_status s = *epoch ? cm_uuid_parse(epoch, &given) : cm_ok();

    if (!cm_is_ok(s)) {
        cm_status_clear(&s);
        return cm_invalid(field, "\"%.60s\" is no UUID; give the epoch that GetJournal tells, or leave it out", epoch);
    }
    if (*epoch && !cm_uuid_equal(given, cm_journal_epoch(journal)))
        return cm_fail(CM_OUT_OF_RANGE, "%s: the position is of %s, this journal is at %s; read from its start", field,
                       epoch, cm_journal_epoch_text(journal));
    return cm_ok();
}

cm_status journal_read_from(cm_call *call, journal_reading *r, const char *field, int part, int64_t after)
{
    const cm_journal *journal = cm_call_state(call);
    int partitions = cm_journal_partitions(journal);

    if (part < 0 || part >= partitions)
        return cm_invalid(field, "%d is no partition of this journal; give 0 to %d", part, partitions - 1);
    if (after < 0)
        return cm_invalid(field, "seq %lld is negative; give 0 for the start", (long long)after);
    if (after > cm_journal_head(journal, part))
        return cm_fail(CM_OUT_OF_RANGE, "%s: seq %lld is beyond the newest row of partition %d, which is %lld", field,
                       (long long)after, part, (long long)cm_journal_head(journal, part));
    r->parts[part].after = after;
    return cm_ok();
}

static void wake(void *context)
{
    cm_call_wake(context);
}

cm_status journal_read_begin(cm_call *call, journal_reading *r)
{
    cm_journal *journal = cm_call_state(call);

    for (int part = 0; part < cm_journal_partitions(journal); part++)
        r->parts[part].until = r->follows ? INT64_MAX : cm_journal_head(journal, part);
    if (r->follows)
        r->watch = cm_journal_watch(journal, wake, call);
    return journal_read_writable(call);
}

static ProtobufCBinaryData binary(const void *data, size_t size)
{
    return (ProtobufCBinaryData){size, (uint8_t *)data};
}

/* The message borrows what the row has. */
static JrnRow *message_of(const cm_row *row, cm_arena *arena)
{
    JrnRow *m = CM_NEW(arena, JrnRow);

    m->part = row->at.part;
    m->seq = row->at.seq;
    m->id = binary(row->id.bytes, sizeof row->id.bytes);
    m->type = (char *)row->type;
    m->resource = (char *)row->resource;
    m->revision = row->revision;
    m->event_time = (char *)row->event_time;
    m->recorded_at = cm_journal_timestamp(row->recorded_at, arena);
    m->actor = (char *)row->actor;
    m->request_id = (char *)row->request_id;
    m->traceparent = (char *)row->traceparent;
    m->payload = binary(row->payload.data, row->payload.size);
    m->salt = binary(row->salt.data, row->salt.size);
    m->payload_digest = binary(row->payload_digest, sizeof row->payload_digest);
    m->hash = binary(row->hash, sizeof row->hash);
    m->epoch = cm_uuid_format(row->epoch, cm_arena_take(arena, CM_UUID_TEXT));
    return m;
}

static void send_rows(cm_call *call, const journal_reading *r, const cm_row *rows, int count)
{
    cm_arena *arena = cm_call_arena(call);
    JrnReadResponse *response = CM_NEW(arena, JrnReadResponse);

    response->n_rows = (size_t)count;
    response->rows = cm_arena_take(arena, response->n_rows * sizeof *response->rows);
    for (int i = 0; i < count; i++)
        response->rows[i] = message_of(&rows[i], arena);
    jrn_journal_service_read_send(call, response);
}

static cm_status take_request(cm_call *call, const JrnReadRequest *request, journal_reading *r)
{
    const cm_journal *journal = cm_call_state(call);
    int partitions = cm_journal_partitions(journal);
    bool *named = cm_arena_zero(cm_call_arena(call), (size_t)partitions * sizeof *named);

    CM_TRY(journal_read_epoch(journal, "epoch", request->epoch));
    CM_TRY(journal_named_parts(journal, request->parts, request->n_parts, named));
    for (size_t i = 0; i < request->n_after; i++) {
        CM_FREE char *field = cm_format("after[%zu]", i);
        CM_TRY(journal_read_from(call, r, field, request->after[i]->part, request->after[i]->seq));
    }
    for (int part = 0; part < partitions; part++)
        r->parts[part].wanted = named[part];
    return cm_ok();
}

cm_status journal_read_message(cm_call *call, const JrnReadRequest *request)
{
    journal_reading *r = cm_call_data(call);

    r->epoch = cm_journal_epoch(cm_call_state(call));
    r->follows = request->follow;
    r->send = send_rows;
    CM_TRY(take_request(call, request, r));
    return journal_read_begin(call, r);
}

/* Sends one partition's rows while there are some and room for them. */
static cm_status send_part(cm_call *call, journal_reading *r, int part)
{
    journal_progress *p = &r->parts[part];
    int64_t head = cm_journal_head(cm_call_state(call), part);
    int64_t until = p->until < head ? p->until : head;
    cm_row *rows;
    int count = 1;

    while (count && p->after < until && cm_call_has_room(call)) {
        int limit = until - p->after < MESSAGE_ROWS ? (int)(until - p->after) : MESSAGE_ROWS;
        CM_TRY(cm_journal_read(cm_call_lent(call), part, p->after, limit, MESSAGE_BYTES, cm_call_arena(call), &rows,
                               &count));
        if (count) {
            p->after = rows[count - 1].at.seq;
            r->send(call, r, rows, count);
        }
    }
    return cm_ok();
}

cm_status journal_read_writable(cm_call *call)
{
    const cm_journal *journal = cm_call_state(call);
    journal_reading *r = cm_call_data(call);
    bool ended = !r->follows;

    if (!cm_uuid_equal(r->epoch, cm_journal_epoch(journal)))
        return cm_fail(CM_OUT_OF_RANGE, "the journal is at another epoch by now, %s; read from its start",
                       cm_journal_epoch_text(journal));
    for (int part = 0; part < cm_journal_partitions(journal); part++) {
        const journal_progress *p = &r->parts[part];
        if (!p->wanted)
            continue;
        CM_TRY(send_part(call, r, part));
        ended = ended && p->after >= p->until;
    }
    if (ended)
        cm_call_finish(call, cm_ok());
    return cm_ok();
}

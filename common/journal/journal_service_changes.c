/* JournalService.WatchChanges: what rows say, as far as a filter wants it. A position is base64 of "epoch seq seq …",
 * one of each partition: nothing in it is secret, and whatever it says is checked. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_filter.h"
#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "cityneg/events/v1/events.grpc-c.h"
#include "journal/journal_service.h"

static char *position_of(cm_call *call, const journal_reading *r)
{
    CM_AUTO(cm_text) text = {0};
    char epoch[CM_UUID_TEXT];

    cm_text_add(&text, cm_uuid_format(r->epoch, epoch));
    for (int part = 0; part < cm_journal_partitions(cm_call_state(call)); part++)
        cm_text_format(&text, " %lld", (long long)r->parts[part].after);
    return cm_base64(cm_text_get(&text), text.size, true, cm_call_arena(call));
}

/* ---- what is sent ---- */

/* The row's payload is an event of registry or negotiations; of trends it is another message. */
static EvtEvent *event_of(const cm_row *row, cm_arena *arena)
{
    ProtobufCMessage *event;

    if (!row->payload.size || strncmp(row->type, "cityneg.trends.", strlen("cityneg.trends.")) == 0)
        return NULL;
    cm_status s = cm_message_unpack(&EvtEvent_descriptor, row->payload, arena, &event);
    bool good = cm_is_ok(s);
    cm_status_clear(&s);
    return good ? (EvtEvent *)event : NULL;
}

static JrnChange *change_of(const cm_row *row, cm_arena *arena)
{
    JrnChange *change = CM_NEW(arena, JrnChange);

    change->part = row->at.part;
    change->seq = row->at.seq;
    change->id = cm_uuid_format(row->id, cm_arena_take(arena, CM_UUID_TEXT));
    change->type = (char *)row->type;
    change->resource = (char *)row->resource;
    change->revision = row->revision;
    change->event_time = (char *)row->event_time;
    change->recorded_at = cm_journal_timestamp(row->recorded_at, arena);
    change->actor = (char *)row->actor;
    change->erased = cm_row_is_erased(row);
    change->retracted = cm_row_is_retracted(row);
    change->event = event_of(row, arena);
    return change;
}

/* A row that was emptied says nothing that could fit; the row that says that this was done is told to everybody. */
static bool is_wanted(const journal_reading *r, const JrnChange *change)
{
    if (!r->filter || journal_says_erased(change->type))
        return true;
    return !change->erased && cm_filter_fits(r->filter, &change->base);
}

static void send_changes(cm_call *call, const journal_reading *r, const cm_row *rows, int count)
{
    cm_arena *arena = cm_call_arena(call);
    JrnWatchChangesResponse *response = CM_NEW(arena, JrnWatchChangesResponse);

    response->changes = cm_arena_take(arena, (size_t)count * sizeof *response->changes);
    for (int i = 0; i < count; i++) {
        JrnChange *change = change_of(&rows[i], arena);
        if (is_wanted(r, change))
            response->changes[response->n_changes++] = change;
    }
    response->position = position_of(call, r);
    jrn_journal_service_watch_changes_send(call, response);
}

/* ---- what is asked ---- */

static cm_status no_position(const char *position)
{
    return cm_invalid("position", "\"%.80s\" is no position; give one that WatchChanges told, or leave it out",
                      position);
}

/* `text` is taken apart. */
static cm_status take_seqs(cm_call *call, journal_reading *r, const char *position, char *text)
{
    int partitions = cm_journal_partitions(cm_call_state(call)), part = 0;
    char *rest, *epoch = strtok_r(text, " ", &rest), *word;

    if (!epoch)
        return no_position(position);
    CM_TRY(journal_read_epoch(cm_call_state(call), "position", epoch));
    for (; part < partitions && (word = strtok_r(NULL, " ", &rest)); part++) {
        char *end;
        long long after = strtoll(word, &end, 10);
        if (*end)
            return no_position(position);
        CM_TRY(journal_read_from(call, r, "position", part, after));
    }
    return part == partitions && !strtok_r(NULL, " ", &rest) ? cm_ok() : no_position(position);
}

static cm_status take_position(cm_call *call, journal_reading *r, const char *position)
{
    cm_arena *arena = cm_call_arena(call);
    uint8_t *bytes = NULL;
    size_t size = 0;

    if (!*position)
        return cm_ok();
    cm_status s = cm_base64_decode(position, arena, &bytes, &size);
    bool good = cm_is_ok(s);
    cm_status_clear(&s);
    return good ? take_seqs(call, r, position, cm_arena_strndup(arena, (const char *)bytes, size))
                : no_position(position);
}

cm_status journal_changes_message(cm_call *call, const JrnWatchChangesRequest *request)
{
    const cm_journal *journal = cm_call_state(call);
    journal_reading *r = cm_call_data(call);

    r->epoch = cm_journal_epoch(journal);
    r->follows = request->follow;
    r->send = send_changes;
    CM_TRY(take_position(call, r, request->position));
    if (*request->filter) {
        r->arena = cm_arena_new();
        CM_TRY(cm_filter_parse(&JrnChange_descriptor, request->filter, r->arena, &r->filter));
    }
    for (int part = 0; part < cm_journal_partitions(journal); part++)
        r->parts[part].wanted = true;
    return journal_read_begin(call, r);
}

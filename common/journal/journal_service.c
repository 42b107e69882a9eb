#include "journal/journal_service.h"
#include "base/cm_message.h"

GoogleTimestamp *cm_journal_timestamp(int64_t wall_us, cm_arena *arena)
{
    GoogleTimestamp *timestamp = CM_NEW(arena, GoogleTimestamp);
    int64_t micros = wall_us % 1000000;

    if (micros < 0)
        micros += 1000000;
    timestamp->seconds = (wall_us - micros) / 1000000;
    timestamp->nanos = (int32_t)micros * 1000;
    return timestamp;
}

cm_status journal_named_parts(const cm_journal *journal, const int32_t *parts, size_t count, bool *named)
{
    int partitions = cm_journal_partitions(journal);

    for (int part = 0; count == 0 && part < partitions; part++)
        named[part] = true;
    for (size_t i = 0; i < count; i++) {
        if (parts[i] < 0 || parts[i] >= partitions)
            return cm_invalid("parts", "%d is no partition of this journal; give 0 to %d", parts[i], partitions - 1);
        named[parts[i]] = true;
    }
    return cm_ok();
}

static JrnHead *head_of(const cm_rows *rows, cm_arena *arena)
{
    JrnHead *head = CM_NEW(arena, JrnHead);
    cm_bytes hash = cm_rows_blob(rows, 2);

    head->part = (int32_t)cm_rows_int(rows, 0);
    head->seq = cm_rows_int(rows, 1);
    head->hash = (ProtobufCBinaryData){hash.size, cm_arena_copy(arena, hash.data, hash.size)};
    if (head->seq)
        head->recorded_at = cm_journal_timestamp(cm_rows_int(rows, 3), arena);
    head->sent_seq = cm_rows_int(rows, 4);
    return head;
}

static cm_status get_journal(cm_call *call, const JrnGetJournalRequest *request, JrnJournal *response)
{
    const cm_journal *journal = cm_call_state(call);
    size_t most = (size_t)cm_journal_partitions(journal);
    cm_arena *arena = cm_call_arena(call);
    cm_rows rows;

    response->source = (char *)cm_journal_source(journal);
    response->epoch = (char *)cm_journal_epoch_text(journal);
    response->topic = (char *)cm_journal_topic(journal);
    response->heads = cm_arena_take(arena, most * sizeof *response->heads);
    CM_TRY(cm_db_query(cm_call_lent(call),
                       "SELECT heads.part, heads.seq, hash, recorded_at, sent.seq FROM heads "
                       "JOIN sent ON sent.part = heads.part ORDER BY heads.part",
                       CM_NONE, &rows));
    while (response->n_heads < most && cm_rows_next(&rows))
        response->heads[response->n_heads++] = head_of(&rows, arena);
    return cm_rows_end(&rows);
}

static const JrnJournalService methods = {
    .get_journal = {.handler = get_journal, .lane = CM_READER, .role = CM_MAY_READ, .largest = 64},
    .read = {.open = journal_read_open,
             .message = journal_read_message,
             .writable = journal_read_writable,
             .done = journal_read_done,
             .lane = CM_READER,
             .role = CM_MAY_READ,
             .largest = 64 << 10,
             .endless = true},
    .watch_changes = {.open = journal_read_open,
                      .message = journal_changes_message,
                      .writable = journal_read_writable,
                      .done = journal_read_done,
                      .lane = CM_READER,
                      .role = CM_MAY_READ,
                      .largest = 64 << 10,
                      .endless = true},
    .verify = {.open = journal_verify_open,
               .message = journal_verify_message,
               .writable = journal_verify_writable,
               .done = journal_verify_done,
               .lane = CM_READER,
               .role = CM_MAY_READ,
               .largest = 16 << 10},
    .list_dead_letters = {.handler = journal_list_letters, .lane = CM_READER, .role = CM_MAY_READ, .largest = 1 << 10},
    .replay_dead_letters = {.handler = journal_replay_letters,
                            .lane = CM_BACKGROUND,
                            .role = CM_MAY_ADMIN,
                            .largest = 64 << 10},
};

cm_service cm_journal_service(cm_journal *journal)
{
    return jrn_journal_service(&methods, journal);
}

#include "journal/relay_truth.h"

#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "journal/relay_record.h"

enum { PATIENCE_MS = 1000, WIDEN = 16, READ_AT_ONCE = 500 };

/* The search for the newest record of each partition that is the relay's: a topic may also hold what somebody else put
 * there, so the search goes back from the end, in steps that grow. */
typedef struct search {
    cm_journal *journal;
    cm_consumer *consumer;
    cm_arena *arena;
    relay_truth *truths;
    int64_t *low, *high, *from; /* offsets a partition */
    int64_t *read;              /* the offset up to which it was read */
    cm_row *newest;             /* seq 0: none found yet */
    int64_t back;
    int64_t deadline_us;
} search;

static int left_ms(const search *s)
{
    int64_t left = (s->deadline_us - cm_clock_monotonic_us()) / 1000;

    return left > 0 ? (int)left : 0;
}

/* Whether the record comes from a journal of this service, whatever its epoch. */
static bool is_ours(const search *s, const cm_record *record, cm_row *row)
{
    const char *own = cm_journal_source(s->journal);
    const char *source = cm_record_header(record, "ce_source", s->arena);
    cm_status status;
    bool whole;

    if (!source || strncmp(source, own, (size_t)(strrchr(own, '/') + 1 - own)) != 0)
        return false;
    status = relay_record_read(record, s->arena, row, &whole);
    if (cm_is_ok(status))
        return true;
    cm_status_clear(&status);
    return false;
}

static bool is_read(const search *s)
{
    for (int part = 0; part < cm_journal_partitions(s->journal); part++)
        if (s->read[part] < s->high[part])
            return false;
    return true;
}

/* Assigns what is searched, the rest from its end. */
static cm_status assign(search *s)
{
    int partitions = cm_journal_partitions(s->journal);
    int64_t *offsets = cm_arena_take(s->arena, (size_t)partitions * sizeof *offsets);

    for (int part = 0; part < partitions; part++) {
        int64_t from = s->high[part] - s->back;

        s->from[part] = from > s->low[part] ? from : s->low[part];
        if (s->newest[part].at.seq || s->low[part] == s->high[part]) {
            offsets[part] = CM_OFFSET_END;
            s->read[part] = s->high[part];
        } else {
            offsets[part] = s->read[part] = s->from[part];
        }
    }
    return cm_consumer_assign(s->consumer, cm_journal_topic(s->journal), partitions, offsets);
}

static void look_at(search *s, const cm_record *record)
{
    cm_row row;

    if (s->read[record->part] <= record->offset)
        s->read[record->part] = record->offset + 1;
    if (is_ours(s, record, &row))
        s->newest[record->part] = row;
}

/* Reads each partition's end. Where nothing comes any more, what is missing is no record (a marker, say). */
static cm_status read_ends(search *s)
{
    int64_t quiet_us = cm_clock_monotonic_us();
    cm_record *records;
    int count;

    CM_TRY(assign(s));
    while (!is_read(s)) {
        CM_TRY(cm_consumer_poll(s->consumer, 100, READ_AT_ONCE, s->arena, &records, &count));
        for (int i = 0; i < count; i++)
            look_at(s, records + i);
        if (count)
            quiet_us = cm_clock_monotonic_us();
        else if (!left_ms(s))
            return cm_fail(CM_UNAVAILABLE, "%s: its newest records did not come in time", cm_journal_topic(s->journal));
        else if (cm_clock_monotonic_us() - quiet_us > PATIENCE_MS * 1000)
            break;
    }
    return cm_ok();
}

/* Whether some partition may hold an older record that is ours. */
static bool may_go_back(const search *s)
{
    for (int part = 0; part < cm_journal_partitions(s->journal); part++)
        if (!s->newest[part].at.seq && s->from[part] > s->low[part])
            return true;
    return false;
}

static cm_status find_newest(search *s)
{
    for (s->back = 1;; s->back *= WIDEN) {
        CM_TRY(read_ends(s));
        if (!may_go_back(s))
            return cm_ok();
    }
}

static cm_status judge(const search *s, cm_db *db, int part)
{
    const cm_row *newest = &s->newest[part];
    relay_truth *truth = &s->truths[part];
    cm_row *row = NULL;

    *truth = (relay_truth){.verdict = RELAY_UNUSED, .next = s->high[part]};
    if (s->low[part] == s->high[part] && s->high[part] > 0) {
        truth->verdict = RELAY_EMPTIED;
        return cm_journal_sent(db, part, &truth->after);
    }
    if (!newest->at.seq)
        return cm_ok();
    truth->verdict = RELAY_FOREIGN;
    if (!cm_uuid_equal(newest->epoch, cm_journal_epoch(s->journal)))
        return cm_ok();
    CM_TRY(cm_journal_at(db, newest->at, s->arena, &row));
    truth->verdict = row && cm_uuid_equal(row->id, newest->id) ? RELAY_CONTINUES : RELAY_LOST;
    truth->after = truth->verdict == RELAY_CONTINUES ? newest->at.seq : 0;
    return cm_ok();
}

static cm_status find(search *s, cm_db *db)
{
    int partitions = cm_journal_partitions(s->journal);

    for (int part = 0; part < partitions; part++)
        CM_TRY(cm_consumer_watermarks(s->consumer, cm_journal_topic(s->journal), part, left_ms(s), &s->low[part],
                                      &s->high[part]));
    CM_TRY(find_newest(s));
    for (int part = 0; part < partitions; part++)
        CM_TRY(judge(s, db, part));
    return cm_ok();
}

cm_status relay_truth_find(cm_journal *journal, cm_db *db, const cm_cluster *kafka, int wait_ms, relay_truth *truths)
{
    CM_ARENA(arena);
    size_t partitions = (size_t)cm_journal_partitions(journal);
    search s = {.journal = journal,
                .arena = arena,
                .truths = truths,
                .low = cm_arena_zero(arena, partitions * sizeof(int64_t)),
                .high = cm_arena_zero(arena, partitions * sizeof(int64_t)),
                .from = cm_arena_zero(arena, partitions * sizeof(int64_t)),
                .read = cm_arena_zero(arena, partitions * sizeof(int64_t)),
                .newest = cm_arena_zero(arena, partitions * sizeof(cm_row)),
                .deadline_us = cm_clock_monotonic_us() + (int64_t)wait_ms * 1000};
    cm_status found;

    CM_TRY(cm_consumer_new(kafka, &s.consumer));
    found = find(&s, db);
    cm_consumer_free(s.consumer);
    return found;
}

/* What was there at a time is told once and for ever: a later row may not be recorded at that time or before.
 *
 * Rows of a partition are recorded later than its head says. So a partition whose head, as the reader sees it, is at
 * the time or after has all its rows of that time in sight, and will get no more. Where a head is older, it is moved up
 * to now: that waits for writers that are under way, and the reader looks again afterwards. Whoever asks about the past
 * pays for at most one small commit, and those who ask about the same time or an earlier one for none. */
#include "base/cm_clock.h"
#include "journal/journal.h"

typedef struct sealing {
    cm_journal *journal;
    int part; /* -1: all */
    int64_t as_of;
} sealing;

static cm_status move_heads(void *argument, void *lent)
{
    const sealing *s = argument;
    int64_t now = s->journal->clock(), until = now > s->as_of ? now : s->as_of;
    journal_head *heads = ((cm_tx *)lent)->lane->heads;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    for (int part = 0; part < s->journal->partitions; part++)
        if ((s->part < 0 || s->part == part) && heads[part].recorded_at < until)
            heads[part].recorded_at = until;
    return cm_ok();
}

static cm_status has_come(cm_db *db, const cm_journal *journal, int64_t as_of)
{
    char given[CM_TIME_TEXT], latest[CM_TIME_TEXT];
    int64_t newest, now = journal->clock();

    CM_TRY(cm_db_integer(db, "SELECT max(recorded_at) FROM heads", CM_NONE, 0, &newest));
    if (newest < now)
        newest = now;
    if (as_of <= newest)
        return cm_ok();
    return cm_invalid("as_of", "%s has not come yet; give a time up to now, %s, or leave it out",
                      cm_time_format(as_of, given), cm_time_format(newest, latest));
}

cm_status cm_journal_seal(cm_db *db, const char *resource, int64_t as_of)
{
    cm_journal *journal = cm_db_owner(db);
    sealing s = {journal, resource ? cm_journal_part(resource, journal->partitions) : -1, as_of};
    int64_t sealed;

    CM_TRY(cm_db_integer(db, "SELECT min(recorded_at) FROM heads WHERE part = $1 OR $1 < 0", CM_WITH(cm_v_int(s.part)),
                         0, &sealed));
    if (sealed >= as_of)
        return cm_ok();
    CM_TRY(has_come(db, journal, as_of));
    cm_db_rollback(db);
    CM_TRY(cm_run_and_wait(cm_journal_writer(journal), move_heads, &s));
    return cm_db_begin(db, false);
}

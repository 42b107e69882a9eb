/* What is known of the feeds of a journal; and rows that were put aside, applied after all: as their journal has them
 * now, and only while no newer row of their resource was applied. */
#include <string.h>

#include "base/cm_clock.h"
#include "journal/feed.h"
#include "journal/journal_service.h"

enum { ROW_MS = 10000 };

void feed_join(cm_feed *feed)
{
    cm_journal *journal = feed->options.into;

    pthread_rwlock_wrlock(&journal->feeding);
    feed->next = journal->feeds;
    journal->feeds = feed;
    pthread_rwlock_unlock(&journal->feeding);
}

void feed_leave(cm_feed *feed)
{
    cm_journal *journal = feed->options.into;
    cm_feed **at = &journal->feeds;

    pthread_rwlock_wrlock(&journal->feeding);
    while (*at != feed)
        at = &(*at)->next;
    *at = feed->next;
    pthread_rwlock_unlock(&journal->feeding);
}

int64_t cm_feeds_behind_us(cm_journal *into)
{
    int64_t longest = 0;

    pthread_rwlock_rdlock(&into->feeding);
    for (cm_feed *feed = into->feeds; feed; feed = feed->next) {
        int64_t since = atomic_load(&feed->behind_since_us);
        int64_t behind = since ? cm_clock_monotonic_us() - since : 0;
        if (behind > longest)
            longest = behind;
    }
    pthread_rwlock_unlock(&into->feeding);
    return longest;
}

/* ---- one row from its journal ---- */

static cm_status receive_row(cm_client_stream *stream, const JrnDeadLetter *letter, cm_arena *arena, JrnRow **row)
{
    JrnReadResponse *response = NULL;

    CM_TRY(jrn_journal_service_read_receive(stream, arena, &response));
    if (!response || !response->n_rows || response->rows[0]->part != letter->part ||
        response->rows[0]->seq != letter->seq)
        return cm_fail(CM_DATA_LOSS, "%s [%d]: the journal has no row %lld", letter->topic, letter->part,
                       (long long)letter->seq);
    *row = response->rows[0];
    return cm_ok();
}

static cm_status fetch(const cm_feed *feed, const JrnDeadLetter *letter, cm_arena *arena, cm_row *row)
{
    JrnReadRequest request = CITYNEG__JOURNAL__V1__READ_REQUEST__INIT;
    JrnPosition after = CITYNEG__JOURNAL__V1__POSITION__INIT, *afters[] = {&after};
    cm_client_stream *stream;
    cm_uuid epoch;
    JrnRow *found = NULL;

    CM_TRY(cm_uuid_parse(letter->epoch, &epoch));
    after.part = letter->part;
    after.seq = letter->seq - 1;
    request.epoch = letter->epoch;
    request.after = afters;
    request.n_after = 1;
    request.parts = &after.part;
    request.n_parts = 1;
    CM_TRY(jrn_journal_service_read_open(feed->options.journal, &(cm_call_options){.timeout_ms = ROW_MS}, &request,
                                         &stream));
    cm_status s = receive_row(stream, letter, arena, &found);
    cm_client_stream_cancel(stream);
    cm_client_stream_free(stream);
    CM_TRY(s);
    return cm_journal_row_of(found, epoch, row);
}

/* ---- into the store ---- */

typedef struct again {
    cm_feed *feed;
    cm_uuid id;
    cm_row row;
    const char *why;
    bool applied;
} again;

static cm_status apply(void *argument, void *lent)
{
    again *a = argument;
    const cm_feed_options *options = &a->feed->options;
    int64_t is_letter;
    cm_db *db;

    a->applied = false;
    CM_TRY(cm_tx_write(lent, &db));
    CM_TRY(cm_db_run_changed(db, "DELETE FROM letters WHERE id = $1", CM_WITH(cm_v_blob(a->id.bytes, 16)), &is_letter));
    if (!is_letter)
        return cm_ok();
    CM_TRY(feed_overtake(a->feed, db, &a->row));
    CM_TRY(options->apply(options->context, lent, &a->row));
    a->applied = true;
    return cm_ok();
}

static cm_status note_failure(void *argument, void *lent)
{
    const again *a = argument;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    return cm_db_run(db, "UPDATE letters SET why = $2 WHERE id = $1",
                     CM_WITH(cm_v_blob(a->id.bytes, 16), cm_v_text(a->why)));
}

static cm_feed *feed_of(cm_journal *journal, const char *topic)
{
    cm_feed *feed = journal->feeds;

    while (feed && strcmp(feed->options.topic, topic) != 0)
        feed = feed->next;
    return feed;
}

static cm_status replay_letter(cm_journal *journal, JrnDeadLetter *letter, journal_replay *replay)
{
    again a = {.feed = feed_of(journal, letter->topic)};

    if (!a.feed)
        return cm_fail(CM_UNAVAILABLE, "%s is not followed now; ask again when the service has started", letter->topic);
    CM_TRY(cm_uuid_parse(letter->id, &a.id));
    CM_TRY(fetch(a.feed, letter, replay->arena, &a.row));
    cm_status s = cm_run_and_wait(cm_journal_writer(journal), apply, &a);
    if (cm_is_ok(s)) {
        replay->applied += a.applied;
        return s;
    }
    letter->why = cm_arena_format(replay->arena, "%s: %.400s", cm_code_name(s.code), cm_status_message(s));
    cm_status_clear(&s);
    replay->left[replay->left_count++] = letter;
    a.why = letter->why;
    return cm_run_and_wait(cm_journal_writer(journal), note_failure, &a);
}

cm_status journal_replay_run(cm_journal *journal, journal_replay *replay)
{
    cm_status s = cm_ok();

    pthread_rwlock_rdlock(&journal->feeding);
    for (size_t i = 0; cm_is_ok(s) && i < replay->count; i++)
        s = replay_letter(journal, replay->letters[i], replay);
    pthread_rwlock_unlock(&journal->feeding);
    return s;
}

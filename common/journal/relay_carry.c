/* While the broker is there: rows into the producer, and what it tells of them into the watermark. */
#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "journal/cm_frame.h"
#include "journal/cm_tx.h"
#include "journal/relay.h"
#include "journal/relay_record.h"

enum {
    ROWS_AT_ONCE = 500,
    BYTES_AT_ONCE = 4 << 20,
    WAITING_MOST = 10000, /* records that the broker has not taken */
    IDLE_MS = 1000,
    LARGEST_LEAST = 1024,
    SAVE_EVERY_US = 1000000, /* the watermark */
};

/* For how long a broker surely knows a producer that sent nothing; it forgets after a day. */
static const int64_t KNOWN_US = 3600 * 1000000LL;

/* Who carries no more knows less than who carries now. */
static bool is_known(const cm_relay *relay, int part)
{
    return relay->parts[part].carried && cm_claims_held(relay->claims, part);
}

static cm_status save(void *argument, void *lent)
{
    cm_relay *relay = argument;

    for (int part = 0; part < relay->partitions; part++)
        if (is_known(relay, part))
            CM_TRY(cm_tx_set_sent(lent, part, atomic_load(&relay->parts[part].acknowledged)));
    return cm_ok();
}

static bool has_unsaved(const cm_relay *relay)
{
    for (int part = 0; part < relay->partitions; part++)
        if (is_known(relay, part) && atomic_load(&relay->parts[part].acknowledged) != relay->parts[part].saved)
            return true;
    return false;
}

/* On the writer's lane, which the relay waits for: it has nothing better to do for the length of a commit. A watermark
 * that is not saved costs repeats and nothing else. */
void relay_save_watermark(cm_relay *relay)
{
    cm_status s;

    if (!has_unsaved(relay))
        return;
    s = cm_run_and_wait(cm_journal_writer(relay->journal), save, relay);
    if (!cm_is_ok(s)) {
        cm_log_failure(CM_WARN, "the relay's watermark was not saved", &s);
        return;
    }
    for (int part = 0; part < relay->partitions; part++)
        relay->parts[part].saved = atomic_load(&relay->parts[part].acknowledged);
}

static void save_now_and_then(cm_relay *relay)
{
    int64_t now = cm_clock_monotonic_us();

    if (now - relay->saved_us < SAVE_EVERY_US)
        return;
    relay->saved_us = now;
    relay_save_watermark(relay);
}

/* The broker, or the topic, takes less than brokers usually do. How much is not told, so it is tried: the producer is
 * made anew, for half as much. */
static void send_less(cm_relay *relay)
{
    if (relay->largest <= LARGEST_LEAST)
        return;
    relay->largest /= 2;
    relay->progress = true;
}

void relay_delivered(void *context, void *tag, int32_t number, int64_t offset, cm_status outcome)
{
    cm_relay *relay = context;
    relay_part *part = &relay->parts[number];

    if (cm_is_ok(outcome) && offset >= 0 && offset < part->next) {
        part->again = true;
        outcome = cm_fail(CM_UNAVAILABLE, "%s [%d]: a record got offset %lld where %lld was next: the broker is new",
                          cm_journal_topic(relay->journal), number, (long long)offset, (long long)part->next);
    }
    if (cm_is_ok(relay->broken) && !cm_is_ok(outcome)) {
        if (outcome.code == CM_RESOURCE_EXHAUSTED)
            send_less(relay);
        relay->broken = outcome;
        return;
    }
    if (cm_is_ok(outcome)) {
        part->next = offset < 0 ? part->next + 1 : offset + 1; /* of a repeat the broker may not tell */
        part->known_us = cm_clock_monotonic_us();
        relay->progress = true;
        atomic_store(&part->acknowledged, (int64_t)(intptr_t)tag);
    }
    cm_status_clear(&outcome);
}

static cm_status send_rows(cm_relay *relay, relay_part *part, const cm_row *rows, int count)
{
    int32_t schema_id = cm_cluster_schema_id(relay->kafka);

    for (int i = 0; i < count; i++) {
        cm_record record = relay_record_of(rows + i, cm_journal_source(relay->journal),
                                           cm_journal_topic(relay->journal), relay->largest, relay->arena);
        if (schema_id)
            record.value = cm_frame(record.value, schema_id, relay_record_message(record.topic), relay->arena);
        CM_TRY(cm_producer_send(relay->producer, &record, (void *)(intptr_t)rows[i].at.seq));
        part->queued = rows[i].at.seq;
    }
    return cm_ok();
}

/* A broker that does not know the producer yet takes whatever comes first, also what follows a batch that it refused as
 * too large, which would tear a gap. So the first record of a partition goes alone; after it, the broker itself refuses
 * what is out of order. */
static bool is_known_there(const relay_part *part)
{
    return part->known_us && cm_clock_monotonic_us() - part->known_us < KNOWN_US;
}

static cm_status send_part(cm_relay *relay, int number)
{
    relay_part *part = &relay->parts[number];
    int most = is_known_there(part) ? ROWS_AT_ONCE : 1;
    cm_row *rows;
    int count;

    cm_arena_reset(relay->arena);
    CM_TRY(cm_journal_read(relay->db, number, part->queued, most, BYTES_AT_ONCE, relay->arena, &rows, &count));
    return send_rows(relay, part, rows, count);
}

static bool has_more(const cm_relay *relay, int number)
{
    const relay_part *part = &relay->parts[number];

    if (!part->carried || part->leaves || cm_journal_head(relay->journal, number) <= part->queued)
        return false;
    return is_known_there(part) || atomic_load(&part->acknowledged) == part->queued;
}

/* Queues some rows of every partition that has new ones. *more says whether there are more and room for them. */
static cm_status send_some(cm_relay *relay, bool *more)
{
    cm_status s = cm_ok();
    bool left = false;

    *more = false;
    for (int part = 0; part < relay->partitions && cm_is_ok(s); part++) {
        if (cm_producer_waiting(relay->producer) > WAITING_MOST)
            return cm_ok();
        if (has_more(relay, part))
            s = send_part(relay, part);
        left |= has_more(relay, part);
    }
    if (s.code == CM_RESOURCE_EXHAUSTED) { /* the producer's queue is full */
        cm_status_clear(&s);
        return s;
    }
    *more = left;
    return s;
}

static bool is_done(cm_relay *relay)
{
    bool late;

    if (!relay_is_stopping(relay))
        return false;
    pthread_mutex_lock(&relay->lock);
    late = cm_clock_monotonic_us() >= relay->stop_us;
    pthread_mutex_unlock(&relay->lock);
    for (int part = 0; !late && part < relay->partitions; part++)
        if (relay->parts[part].carried &&
            atomic_load(&relay->parts[part].acknowledged) < cm_journal_head(relay->journal, part))
            return false;
    return true;
}

cm_status relay_carry(cm_relay *relay)
{
    bool more, same;

    while (!is_done(relay)) {
        CM_TRY(relay_share_keep(relay, &same));
        if (!same || !cm_uuid_equal(relay->epoch, cm_journal_epoch(relay->journal)))
            return cm_ok();
        CM_TRY(send_some(relay, &more));
        cm_producer_poll(relay->producer, more ? 0 : relay_is_stopping(relay) ? RELAY_BACKOFF_LEAST_MS : IDLE_MS);
        if (!cm_is_ok(relay->broken)) {
            cm_status broken = relay->broken;
            relay->broken = cm_ok();
            return broken;
        }
        CM_TRY(cm_producer_fatal(relay->producer));
        save_now_and_then(relay);
    }
    return cm_ok();
}

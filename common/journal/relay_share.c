/* One relay a partition, however many replicas have one: whoever holds the partition's claim carries it. */
#include "base/cm_clock.h"
#include "journal/relay.h"

enum { LEASE_MS = 30000, RENEW_US = 1000000 };

cm_status relay_share_open(cm_relay *relay)
{
    return cm_claims_open(cm_journal_store(relay->journal), "relay", relay->partitions, LEASE_MS, &relay->claims);
}

cm_status relay_share_take(cm_relay *relay, bool *any)
{
    *any = false;
    relay->claimed_us = cm_clock_monotonic_us();
    CM_TRY(cm_claims_renew(relay->claims));
    for (int part = 0; part < relay->partitions; part++)
        *any |= cm_claims_held(relay->claims, part);
    return relay_count_backlog(relay);
}

static bool is_at_rest(const relay_part *part)
{
    return atomic_load(&part->acknowledged) == part->queued;
}

/* Parts of which nothing is under way go at once, the others when that is so. */
static cm_status give_spare(cm_relay *relay)
{
    int spare = cm_claims_spare(relay->claims);

    for (int number = relay->partitions - 1; number >= 0 && spare > 0; number--) {
        relay_part *part = &relay->parts[number];

        if (!part->carried)
            continue;
        part->leaves = true;
        spare--;
        if (!is_at_rest(part))
            continue;
        relay_save_watermark(relay);
        part->carried = false;
        CM_TRY(cm_claims_give(relay->claims, number));
    }
    return cm_ok();
}

cm_status relay_share_keep(cm_relay *relay, bool *same)
{
    int64_t now = cm_clock_monotonic_us();

    *same = true;
    if (now - relay->claimed_us >= RENEW_US) {
        relay->claimed_us = now;
        CM_TRY(cm_claims_renew(relay->claims));
        CM_TRY(give_spare(relay));
        CM_TRY(relay_count_backlog(relay));
    }
    for (int part = 0; part < relay->partitions; part++)
        *same &= relay->parts[part].carried == cm_claims_held(relay->claims, part);
    return cm_ok();
}

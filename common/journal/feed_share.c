/* One feed a partition, however many replicas follow the topic: whoever holds the partition's claim. */
#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "journal/feed.h"

enum { LEASE_MS = 30000, RENEW_US = 1000000 };

static cm_status open_claims(cm_feed *feed)
{
    CM_FREE char *purpose = cm_format("feed %s", feed->options.topic);

    if (feed->claims && feed->claimed == feed->partitions)
        return cm_ok();
    cm_claims_close(feed->claims);
    feed->claims = NULL;
    feed->claimed = feed->partitions;
    return cm_claims_open(cm_journal_store(feed->options.into), purpose, feed->partitions, LEASE_MS, &feed->claims);
}

static cm_status renew(cm_feed *feed)
{
    feed->claim_us = cm_clock_monotonic_us() + RENEW_US;
    CM_TRY(open_claims(feed));
    return cm_claims_renew(feed->claims);
}

static cm_status give_spare(cm_feed *feed)
{
    for (int part = feed->partitions - 1; part >= 0 && cm_claims_spare(feed->claims) > 0; part--)
        CM_TRY(cm_claims_give(feed->claims, part));
    return cm_ok();
}

static bool gains(const cm_feed *feed)
{
    for (int part = 0; part < feed->partitions; part++)
        if (cm_claims_held(feed->claims, part) && !feed->parts[part].ours)
            return true;
    return false;
}

static cm_status share(cm_feed *feed)
{
    CM_TRY(renew(feed));
    CM_TRY(give_spare(feed));
    if (gains(feed)) /* whoever had it has moved its position */
        CM_TRY(feed_load(feed));
    return feed->claimed == feed->partitions ? cm_ok() : renew(feed);
}

static void tell(cm_feed *feed, cm_status outcome)
{
    feed_tell(feed, &feed->store_told, "a feed has its partitions",
              "a feed has no partitions: the store does not answer", outcome);
}

void feed_share(cm_feed *feed)
{
    if (!feed->partitions || (feed->claimed == feed->partitions && cm_clock_monotonic_us() < feed->claim_us))
        return;
    cm_status s = share(feed);
    for (int part = 0; part < feed->partitions; part++) {
        bool ours = cm_is_ok(s) && cm_claims_held(feed->claims, part);
        if (ours != feed->parts[part].ours) {
            feed->assigned = false;
            feed->assign_us = 0;
        }
        feed->parts[part].ours = ours;
    }
    tell(feed, s);
}

void feed_keep(cm_feed *feed)
{
    if (cm_clock_monotonic_us() >= feed->claim_us)
        tell(feed, renew(feed));
}

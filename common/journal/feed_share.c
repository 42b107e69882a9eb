/* One feed a partition, however many replicas follow the topic: whoever holds the partition's claim. Who is to have it,
 * the consumer group says where there is one; where not, each has an even share. */
#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "journal/feed.h"

enum { LEASE_MS = 30000, RENEW_US = 1000000, GROUP_AGAIN_US = 30000000 };

/* ---- the group ---- */

static cm_status join_group(cm_feed *feed)
{
    const char *replica = cm_cluster_replica(feed->options.kafka);
    CM_FREE char *group = cm_format("cityneg-%s", cm_journal_name(feed->options.into));
    CM_FREE char *member =
        cm_format("%s-%s", replica, feed->options.topic); /* the topics of a group have other members */

    return cm_group_new(feed->options.kafka, group, member, feed->options.topic, feed->partitions, &feed->group);
}

static void leave_group(cm_feed *feed)
{
    cm_group_free(feed->group);
    feed->group = NULL;
    feed->group_us = cm_clock_monotonic_us() + GROUP_AGAIN_US;
}

/* Others see how far the partitions that are followed here are. What is known of a partition is more than what the
 * store has where what came last was seen before. */
static void commit(cm_feed *feed)
{
    int64_t *offsets = cm_arena_take(feed->arena, (size_t)feed->partitions * sizeof *offsets);
    bool any = false;

    for (int i = 0; i < feed->partitions; i++) {
        feed_part *part = &feed->parts[i];
        bool news = part->ours && part->queued_seq == part->seq && part->queued_offset != part->told_offset;

        offsets[i] = news ? part->queued_offset : FEED_OFFSET_NONE;
        if (news)
            part->told_offset = part->queued_offset;
        any |= news;
    }
    if (any)
        cm_group_commit(feed->group, offsets);
}

/* Takes part in the group, and makes its word the claims' own. */
static void serve_group(cm_feed *feed)
{
    cm_status s = cm_ok();

    if (!feed->options.kafka || !cm_cluster_replica(feed->options.kafka))
        return;
    if (!feed->group && cm_clock_monotonic_us() >= feed->group_us)
        s = join_group(feed);
    if (cm_is_ok(s) && feed->group)
        s = cm_group_serve(feed->group);
    if (!cm_is_ok(s)) {
        leave_group(feed);
        cm_log_failure(CM_WARN, "a feed is in no consumer group", &s);
    }
    if (feed->group && cm_group_given(feed->group))
        commit(feed);
    cm_claims_want(feed->claims, feed->group ? cm_group_given(feed->group) : NULL);
}

/* ---- the claims ---- */

static cm_status open_claims(cm_feed *feed)
{
    CM_FREE char *purpose = cm_format("feed %s", feed->options.topic);

    if (feed->claims && feed->claimed == feed->partitions)
        return cm_ok();
    cm_claims_close(feed->claims);
    feed->claims = NULL;
    cm_group_free(feed->group);
    feed->group = NULL;
    feed->claimed = feed->partitions;
    return cm_claims_open(cm_journal_store(feed->options.into), purpose, feed->partitions, LEASE_MS, &feed->claims);
}

static cm_status renew(cm_feed *feed)
{
    feed->claim_us = cm_clock_monotonic_us() + RENEW_US;
    CM_TRY(open_claims(feed));
    serve_group(feed);
    return cm_claims_renew(feed->claims);
}

static cm_status give_spare(cm_feed *feed)
{
    for (int part = feed->partitions - 1; part >= 0 && cm_claims_spare(feed->claims) > 0; part--)
        if (!cm_claims_wanted(feed->claims, part))
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

/* How far a feed is behind the journal that it follows, as numbers for an operator. Said by the feed's thread, read by
 * whoever asks for metrics. */
#include "base/cm_clock.h"
#include "journal/feed.h"

static void collect_rows(void *context, cm_metric_out *out)
{
    cm_feed *feed = context;

    CM_METRIC(out, (double)atomic_load(&feed->behind_rows), "topic", feed->options.topic);
}

static void collect_seconds(void *context, cm_metric_out *out)
{
    cm_feed *feed = context;
    int64_t since = atomic_load(&feed->behind_since_us);

    CM_METRIC(out, since ? (double)(cm_clock_monotonic_us() - since) / 1e6 : 0, "topic", feed->options.topic);
}

static void collect_aside(void *context, cm_metric_out *out)
{
    cm_feed *feed = context;

    CM_METRIC(out, (double)atomic_load(&feed->aside_rows), "topic", feed->options.topic);
}

static void collect_waiting(void *context, cm_metric_out *out)
{
    cm_feed *feed = context;

    CM_METRIC(out, (double)atomic_load(&feed->aside_waiting), "topic", feed->options.topic);
}

static void collect_total(void *context, cm_metric_out *out)
{
    cm_feed *feed = context;

    CM_METRIC(out, (double)atomic_load(&feed->aside_total), "topic", feed->options.topic);
}

void feed_lag_add(cm_feed *feed)
{
    if (!feed->options.metrics)
        return;
    const cm_metric all[] = {
        {"cityneg_feed_lag_rows", "Rows of the followed journal that are not applied yet.", CM_GAUGE, collect_rows,
         feed},
        {"cityneg_feed_behind_seconds", "How long the feed has not been level with the followed journal.", CM_GAUGE,
         collect_seconds, feed},
        {"cityneg_feed_aside_rows", "Rows that could not be applied and are put aside.", CM_GAUGE, collect_aside, feed},
        {"cityneg_feed_letters_waiting", "Dead letters that Kafka has not taken yet.", CM_GAUGE, collect_waiting, feed},
        {"cityneg_feed_letters_total", "Rows and records that were put aside since the start.", CM_COUNTER,
         collect_total, feed},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cm_metrics_add(feed->options.metrics, &all[i]);
}

void feed_lag_remove(cm_feed *feed)
{
    if (feed->options.metrics)
        cm_metrics_remove(feed->options.metrics, feed);
}

void feed_lag_say(cm_feed *feed)
{
    int64_t rows = 0;

    for (int i = 0; i < feed->partitions; i++)
        if (feed->parts[i].ours && feed->parts[i].head > feed->parts[i].seq)
            rows += feed->parts[i].head - feed->parts[i].seq;
    atomic_store(&feed->behind_rows, rows);
    if (!rows)
        atomic_store(&feed->behind_since_us, 0);
    else if (!atomic_load(&feed->behind_since_us))
        atomic_store(&feed->behind_since_us, cm_clock_monotonic_us());
}

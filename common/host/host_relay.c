#include "host/host_relay.h"

#include "base/cm_clock.h"

static double oldest_seconds(cm_relay *relay)
{
    cm_relay_backlog waiting = cm_relay_waiting(relay);
    int64_t us = waiting.oldest_us == INT64_MAX ? 0 : cm_clock_wall_us() - waiting.oldest_us;

    return us > 0 ? (double)us / 1e6 : 0;
}

static void partitions(void *relay, cm_metric_out *out)
{
    CM_METRIC(out, cm_relay_waiting(relay).partitions);
}

static void unsent(void *relay, cm_metric_out *out)
{
    CM_METRIC(out, (double)cm_relay_waiting(relay).rows);
}

static void oldest(void *relay, cm_metric_out *out)
{
    CM_METRIC(out, oldest_seconds(relay));
}

static void up(void *relay, cm_metric_out *out)
{
    cm_status state = cm_relay_state(relay);

    CM_METRIC(out, cm_is_ok(state));
    cm_status_clear(&state);
}

void host_relay_add(cm_metrics *metrics, cm_relay *relay)
{
    const cm_metric all[] = {
        {"cityneg_relay_partitions", "Partitions that this process carries to Kafka.", CM_GAUGE, partitions, relay},
        {"cityneg_relay_unsent_rows", "Rows of these that Kafka has not acknowledged.", CM_GAUGE, unsent, relay},
        {"cityneg_relay_oldest_unsent_seconds", "The age of the oldest of these rows; 0 where there is none.", CM_GAUGE,
         oldest, relay},
        {"cityneg_relay_up", "1 while rows go to Kafka, by this process or by other replicas.", CM_GAUGE, up, relay},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cm_metrics_add(metrics, &all[i]);
}

bool host_relay_is_ready(cm_relay *relay, int64_t seconds)
{
    return seconds == 0 || oldest_seconds(relay) <= (double)seconds;
}

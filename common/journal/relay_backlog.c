/* What waits for Kafka: counted on the relay's thread now and then, for whoever watches. */
#include "journal/relay.h"

typedef struct backlog {
    int64_t rows, oldest_us; /* recorded_at, INT64_MAX: none */
    int partitions;
} backlog;

static cm_status add_part(const cm_relay *relay, int part, backlog *b)
{
    int64_t acknowledged = atomic_load(&relay->parts[part].acknowledged);
    int64_t rows = cm_journal_head(relay->journal, part) - acknowledged, recorded_at;

    b->partitions++;
    if (rows <= 0)
        return cm_ok();
    b->rows += rows;
    CM_TRY(cm_db_integer(relay->db, "SELECT recorded_at FROM journal WHERE part = $1 AND seq = $2",
                         CM_WITH(cm_v_int(part), cm_v_int(acknowledged + 1)), INT64_MAX, &recorded_at));
    if (recorded_at < b->oldest_us)
        b->oldest_us = recorded_at;
    return cm_ok();
}

cm_status relay_count_backlog(cm_relay *relay)
{
    backlog b = {.oldest_us = INT64_MAX};

    for (int part = 0; part < relay->partitions; part++)
        if (cm_claims_held(relay->claims, part))
            CM_TRY(add_part(relay, part, &b));
    atomic_store(&relay->unsent, b.rows);
    atomic_store(&relay->oldest_us, b.oldest_us);
    atomic_store(&relay->carries, b.partitions);
    return cm_ok();
}

cm_relay_backlog cm_relay_waiting(cm_relay *relay)
{
    return (cm_relay_backlog){.partitions = atomic_load(&relay->carries),
                              .rows = atomic_load(&relay->unsent),
                              .oldest_us = atomic_load(&relay->oldest_us)};
}

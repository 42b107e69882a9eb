#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "kafka/cm_group.h"
#include "kafka/kafka_conf.h"

enum { ANSWER_MS = 100, LEFT_OVER = 100 };

/* A member that ends without coming back is missed after session.timeout.ms. What is assigned is paused at once, and
 * until then next to nothing is fetched. */
static const kafka_setting settings[] = {
    {"partition.assignment.strategy", "cooperative-sticky"},
    {"session.timeout.ms", "15000"},
    {"max.poll.interval.ms", "60000"},
    {"allow.auto.create.topics", "false"},
    {"auto.offset.reset", "latest"},
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"queued.min.messages", "1"},
    {"queued.max.messages.kbytes", "64"},
    {"fetch.message.max.bytes", "1024"},
    {NULL},
};

struct cm_group {
    kafka_link link; /* first: the opaque of librdkafka's callbacks */
    rd_kafka_t *client;
    char *topic;
    int partitions;
    bool joined, none; /* none: the broker is the in-process one */
    bool decided;      /* the group has given us something */
    bool *given;
};

cm_status cm_group_new(const cm_cluster *cluster, const char *name, const char *member, const char *topic,
                       int partitions, cm_group **result)
{
    kafka_setting all[sizeof settings / sizeof *settings + 2] = {{"group.id", name}, {"group.instance.id", member}};
    cm_group *group = cm_alloc(sizeof *group);
    cm_status s;

    memcpy(all + 2, settings, sizeof settings);
    s = kafka_client(RD_KAFKA_CONSUMER, cluster, all, NULL, group, &group->client);
    if (!cm_is_ok(s)) {
        free(group);
        return s;
    }
    group->topic = cm_strdup(topic);
    group->partitions = partitions;
    group->given = cm_alloc((size_t)partitions * sizeof *group->given);
    *result = group;
    return cm_ok();
}

/* The in-process broker names its cluster so. Nothing is known while no broker answers. */
static cm_status look(cm_group *group, bool *known)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error = rd_kafka_metadata(group->client, 0, NULL, &metadata, ANSWER_MS);

    *known = !error;
    if (error)
        return cm_ok();
    rd_kafka_metadata_destroy(metadata);
    char *cluster = rd_kafka_clusterid(group->client, 0);
    group->none = cluster && strncmp(cluster, "mockCluster", strlen("mockCluster")) == 0;
    rd_kafka_mem_free(group->client, cluster);
    return cm_ok();
}

static cm_status join(cm_group *group)
{
    rd_kafka_topic_partition_list_t *topics;
    rd_kafka_resp_err_t error;
    bool known;

    CM_TRY(look(group, &known));
    if (!known || group->none)
        return cm_ok();
    topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, group->topic, RD_KAFKA_PARTITION_UA);
    error = rd_kafka_subscribe(group->client, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (error)
        return kafka_failure(error, "joining a group for %s", group->topic);
    group->joined = true;
    return cm_ok();
}

/* What librdkafka was assigned since, and has acknowledged by itself. Records are somebody else's business. */
static cm_status take(cm_group *group)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t error = rd_kafka_assignment(group->client, &list);

    if (error)
        return kafka_failure(error, "what the group gave of %s", group->topic);
    rd_kafka_pause_partitions(group->client, list);
    memset(group->given, 0, (size_t)group->partitions * sizeof *group->given);
    for (int i = 0; i < list->cnt; i++)
        if (list->elems[i].partition < group->partitions)
            group->given[list->elems[i].partition] = true;
    group->decided = list->cnt > 0;
    rd_kafka_topic_partition_list_destroy(list);
    return cm_ok();
}

static void drop_records(cm_group *group)
{
    rd_kafka_message_t *message;

    for (int i = 0; i < LEFT_OVER && (message = rd_kafka_consumer_poll(group->client, 0)); i++)
        rd_kafka_message_destroy(message);
    rd_kafka_poll(group->client, 0);
}

cm_status cm_group_serve(cm_group *group)
{
    char why[512];

    if (group->none)
        return cm_ok();
    if (!group->joined)
        return join(group);
    drop_records(group);
    if (atomic_load(&group->link.fatal)) {
        rd_kafka_fatal_error(group->client, why, sizeof why);
        return cm_fail(CM_FAILED_PRECONDITION, "the group for %s: %s; give each replica a name of its own (--replica)",
                       group->topic, why);
    }
    return take(group);
}

const bool *cm_group_given(const cm_group *group)
{
    return group->decided ? group->given : NULL;
}

void cm_group_commit(cm_group *group, const int64_t *offsets)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(group->partitions);

    for (int part = 0; part < group->partitions; part++)
        if (offsets[part] >= 0)
            rd_kafka_topic_partition_list_add(list, group->topic, part)->offset = offsets[part];
    if (group->decided && list->cnt)
        rd_kafka_commit(group->client, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

void cm_group_free(cm_group *group)
{
    if (!group)
        return;
    rd_kafka_consumer_close(group->client);
    rd_kafka_destroy(group->client);
    free(group->topic);
    free(group->given);
    free(group);
}

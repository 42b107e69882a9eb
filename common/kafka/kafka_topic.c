#include "base/cm_clock.h"
#include "kafka/cm_kafka.h"
#include "kafka/kafka_conf.h"

/* A consumer's client asks without making the topic: a broker that makes topics when they are asked for would choose
 * the number of partitions itself. */
static const kafka_setting settings[] = {{"allow.auto.create.topics", "false"}, {NULL}};

typedef struct topic_check {
    kafka_link link; /* first: the opaque of librdkafka's callbacks */
    rd_kafka_t *client;
    const char *topic;
    int partitions;
    bool compacted;
    int64_t deadline_us;
} topic_check;

static int left_ms(const topic_check *check)
{
    int64_t left = (check->deadline_us - cm_clock_monotonic_us()) / 1000;

    return left > 0 ? (int)left : 0;
}

static cm_status judge(const topic_check *check, const struct rd_kafka_metadata_topic *found)
{
    if (found->err)
        return kafka_failure(found->err, "topic %s", check->topic);
    if (found->partition_cnt != check->partitions)
        return cm_fail(CM_FAILED_PRECONDITION,
                       "topic %s has %d partitions and the journal has %d; name another topic, or delete this one so "
                       "that it is made anew",
                       check->topic, found->partition_cnt, check->partitions);
    for (int i = 0; i < found->partition_cnt; i++)
        if (found->partitions[i].leader < 0)
            return kafka_failure(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, "%s [%d]", check->topic, i);
    return cm_ok();
}

/* NOT_FOUND where there is no such topic, UNAVAILABLE where it has no leaders yet. */
static cm_status look(const topic_check *check)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(check->client, check->topic, NULL);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error;
    cm_status s;

    if (!topic)
        return kafka_failure(rd_kafka_last_error(), "topic %s", check->topic);
    error = rd_kafka_metadata(check->client, 0, topic, &metadata, left_ms(check));
    rd_kafka_topic_destroy(topic);
    if (error)
        return kafka_failure(error, "the broker does not tell of topic %s", check->topic);
    s = metadata->topic_cnt == 1 ? judge(check, metadata->topics)
                                 : kafka_failure(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "topic %s", check->topic);
    rd_kafka_metadata_destroy(metadata);
    return s;
}

static cm_status outcome_of(rd_kafka_event_t *event, const topic_check *check)
{
    const rd_kafka_topic_result_t **results;
    size_t count = 0;

    if (!event)
        return kafka_failure(RD_KAFKA_RESP_ERR__TIMED_OUT, "creating topic %s", check->topic);
    if (rd_kafka_event_error(event))
        return kafka_failure(rd_kafka_event_error(event), "creating topic %s", check->topic);
    results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    if (count == 1 && rd_kafka_topic_result_error(results[0]) &&
        rd_kafka_topic_result_error(results[0]) != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return kafka_failure(rd_kafka_topic_result_error(results[0]), "creating topic %s with %d partitions",
                             check->topic, check->partitions);
    return cm_ok();
}

static cm_status create(const topic_check *check)
{
    char why[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(check->topic, check->partitions, -1, why, sizeof why);
    rd_kafka_queue_t *answers;
    rd_kafka_event_t *event;
    cm_status s;

    if (!topic)
        return cm_fail(CM_INVALID_ARGUMENT, "topic %s: %s", check->topic, why);
    /* The broker's time counts for retention, and not the row's: Kafka refuses what is more than an hour ahead of its
     * clock, and would drop at once what was recorded longer ago than it keeps. */
    rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
    if (check->compacted)
        rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
    else
        rd_kafka_NewTopic_set_config(topic, "retention.ms", "2592000000");
    answers = rd_kafka_queue_new(check->client);
    rd_kafka_CreateTopics(check->client, &topic, 1, NULL, answers);
    event = rd_kafka_queue_poll(answers, left_ms(check));
    s = outcome_of(event, check);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(answers);
    rd_kafka_NewTopic_destroy(topic);
    return s;
}

/* Looks, makes the topic where it is missing, and looks on until every partition has a leader. */
static cm_status ensure(topic_check *check)
{
    bool created = false;

    for (;;) {
        cm_status s = look(check);
        bool missing = s.code == CM_NOT_FOUND;

        if (cm_is_ok(s) || !(missing || s.code == CM_UNAVAILABLE))
            return s;
        if (!missing) {
            cm_status refusal = kafka_refusal(check->client, &check->link);
            if (!cm_is_ok(refusal)) {
                cm_status_clear(&s);
                return refusal;
            }
        }
        if (!left_ms(check)) {
            s.code = CM_UNAVAILABLE;
            return s;
        }
        cm_status_clear(&s);
        if (missing && !created) {
            CM_TRY(create(check));
            created = true;
        } else {
            rd_kafka_poll(check->client, left_ms(check) < 50 ? left_ms(check) : 50);
        }
    }
}

cm_status cm_kafka_topic(const cm_cluster *cluster, const char *topic, int partitions, bool compacted, int wait_ms)
{
    topic_check check = {.topic = topic,
                         .partitions = partitions,
                         .compacted = compacted,
                         .deadline_us = cm_clock_monotonic_us() + (int64_t)wait_ms * 1000};
    cm_status s;

    CM_TRY(kafka_client(RD_KAFKA_CONSUMER, cluster, settings, NULL, &check, &check.client));
    s = ensure(&check);
    rd_kafka_destroy(check.client);
    return s;
}

cm_status cm_kafka_answers(const cm_cluster *cluster, int wait_ms)
{
    kafka_link link = {0};
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error;
    rd_kafka_t *client;
    cm_status s;

    CM_TRY(kafka_client(RD_KAFKA_CONSUMER, cluster, settings, NULL, &link, &client));
    error = rd_kafka_metadata(client, 0, NULL, &metadata, wait_ms);
    if (!error)
        rd_kafka_metadata_destroy(metadata);
    s = error ? kafka_refusal(client, &link) : cm_ok();
    if (error && cm_is_ok(s))
        s = kafka_failure(error, "no broker answers at %s", cm_cluster_bootstrap(cluster));
    rd_kafka_destroy(client);
    return s;
}

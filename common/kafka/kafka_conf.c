#include "kafka/kafka_conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "kafka/kafka_cluster.h"

static const kafka_setting common[] = {
    {"client.id", "cityneg"},
    {"socket.keepalive.enable", "true"},
    {"socket.nagle.disable", "true"},
    {"reconnect.backoff.ms", "100"},
    {"reconnect.backoff.max.ms", "2000"},
    {"log.connection.close", "false"},
    {"log.queue", "true"}, /* so that logs are written where the client is polled, and not on librdkafka's threads */
    {NULL},
};

/* What is said again with every attempt to connect while a broker is away (whoever uses the client tells of the change,
 * once), and what is said of settings and offsets that are as they are meant to be. These are for debugging only. */
static bool is_expected(const char *facility)
{
    static const char *const expected[] = {"FAIL",      "ERROR",  "BROKERFAIL", "CONNECT",    "CONNWARN",
                                           "REQTMOUT",  "GETPID", "CONFWARN",   "AUTOCREATE", "OFFSET",
                                           "CLUSTERID", "CLOSE",  "TERMINATE"};

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!strcmp(facility, expected[i]))
            return true;
    return false;
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    if (level <= LOG_WARNING && !is_expected(facility))
        CM_LOG(level <= LOG_CRIT ? CM_ERROR : CM_WARN, "kafka", "facility", facility, "message", text);
    else
        CM_LOG(CM_DEBUG, "kafka", "facility", facility, "message", text);
}

static void on_error(rd_kafka_t *client, int error, const char *reason, void *opaque)
{
    kafka_link *link = opaque;

    if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR__SSL) {
        snprintf(link->reason, sizeof link->reason, "%s", reason);
        atomic_store(&link->refused, true);
    }
    if (error == RD_KAFKA_RESP_ERR__FATAL)
        atomic_store(&link->fatal, true);
    else if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        atomic_store(&link->away, true);
    else
        atomic_fetch_add(&link->lost, 1);
}

static cm_status set(rd_kafka_conf_t *conf, const kafka_setting *setting)
{
    char why[256];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, setting->key, setting->value, why, sizeof why);

    if (result == RD_KAFKA_CONF_OK || (result == RD_KAFKA_CONF_UNKNOWN && setting->optional))
        return cm_ok();
    return cm_fail(CM_INVALID_ARGUMENT, "Kafka setting %s: %s", setting->key, why);
}

cm_status kafka_setting_check(const char *key, const char *value, const char *from)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[256];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, key, value, why, sizeof why);

    rd_kafka_conf_destroy(conf);
    if (result == RD_KAFKA_CONF_OK)
        return cm_ok();
    return cm_fail(CM_INVALID_ARGUMENT, "%s: %s: %s; the names are those of librdkafka", from, key,
                   result == RD_KAFKA_CONF_UNKNOWN ? "there is no such setting" : why);
}

static cm_status set_all(rd_kafka_conf_t *conf, const kafka_setting *settings)
{
    for (; settings->key; settings++)
        CM_TRY(set(conf, settings));
    return cm_ok();
}

cm_status kafka_client(rd_kafka_type_t type, const cm_cluster *cluster, const kafka_setting *settings,
                       void (*deliver)(rd_kafka_t *, const rd_kafka_message_t *, void *), void *opaque,
                       rd_kafka_t **client)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[256];
    cm_status s = set_all(conf, common);

    if (cm_is_ok(s))
        s = set_all(conf, settings);
    if (cm_is_ok(s) && cluster)
        s = set_all(conf, kafka_cluster_settings(cluster));
    if (cm_is_ok(s) && cluster)
        s = set(conf, &(kafka_setting){"bootstrap.servers", cm_cluster_bootstrap(cluster)});
    if (cm_is_ok(s)) {
        rd_kafka_conf_set_opaque(conf, opaque);
        rd_kafka_conf_set_log_cb(conf, on_log);
        rd_kafka_conf_set_error_cb(conf, on_error);
        if (deliver)
            rd_kafka_conf_set_dr_msg_cb(conf, deliver);
        *client = rd_kafka_new(type, conf, why, sizeof why); /* owns conf where it succeeds */
        if (*client) {
            rd_kafka_set_log_queue(*client, NULL);
            return cm_ok();
        }
        s = cm_fail(CM_INVALID_ARGUMENT, "Kafka client for %s: %s",
                    cluster ? cm_cluster_bootstrap(cluster) : "no address", why);
    }
    rd_kafka_conf_destroy(conf);
    return s;
}

/* librdkafka before 2.6.1 repeats a nonce (its pull request 4895), and brokers look at it since CVE-2024-56128. */
enum { SCRAM_RIGHT = 0x02060100 };
static const char scram_hint[] =
    "; SCRAM of this librdkafka, which is older than 2.6.1, is refused by Kafka 4 whatever the "
    "password: use PLAIN over TLS, or certificates";

cm_status kafka_refusal(rd_kafka_t *client, kafka_link *link)
{
    rd_kafka_poll(client, 0);
    if (!atomic_load(&link->refused))
        return cm_ok();
    return cm_fail(CM_UNAUTHENTICATED, "the broker does not let us in: %s%s", link->reason,
                   rd_kafka_version() < SCRAM_RIGHT && strstr(link->reason, "SCRAM") ? scram_hint : "");
}

static cm_code code_of(rd_kafka_resp_err_t error)
{
    switch (error) {
        case RD_KAFKA_RESP_ERR__TRANSPORT:
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        case RD_KAFKA_RESP_ERR__TIMED_OUT:
        case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
        case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
        case RD_KAFKA_RESP_ERR__RESOLVE:
        case RD_KAFKA_RESP_ERR__WAIT_COORD:
        case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
        case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
        case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
        case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
            return CM_UNAVAILABLE;
        case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
            return CM_RESOURCE_EXHAUSTED;
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            return CM_NOT_FOUND;
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
            return CM_ALREADY_EXISTS;
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
            return CM_PERMISSION_DENIED;
        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
            return CM_UNAUTHENTICATED;
        case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
        case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
        case RD_KAFKA_RESP_ERR__DESTROY:
            return CM_CANCELLED;
        case RD_KAFKA_RESP_ERR__FATAL:
        case RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE:
        case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
        case RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID:
        case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
        case RD_KAFKA_RESP_ERR__FENCED:
            return CM_ABORTED;
        case RD_KAFKA_RESP_ERR__INVALID_ARG:
        case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
            return CM_INVALID_ARGUMENT;
        case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
            return CM_UNIMPLEMENTED;
        default:
            return CM_INTERNAL;
    }
}

cm_status kafka_failure(rd_kafka_resp_err_t error, const char *format, ...)
{
    va_list args;
    CM_FREE char *words = NULL;

    va_start(args, format);
    words = cm_vformat(format, args);
    va_end(args);
    return cm_fail(code_of(error), "%s: %s", words, rd_kafka_err2str(error));
}

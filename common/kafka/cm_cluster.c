#include "kafka/cm_cluster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "kafka/kafka_cluster.h"

struct cm_cluster {
    char *bootstrap;
    int32_t schema_id;
    char *replica;
    kafka_setting *settings; /* ends with a NULL key; keys and values are owned */
    size_t count, capacity;
};

/* Without these a record could be lost, repeated unseen or passed over, or the client could not be waited for. */
static const char *const kept[] = {
    "acks",
    "request.required.acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "batch.size",
    "bootstrap.servers",
    "check.crcs",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "group.instance.id",
    "log.queue",
    "message.timeout.ms",
    "metadata.broker.list",
    "max.poll.interval.ms",
    "partition.assignment.strategy",
    "transactional.id",
};

static bool is_kept(const char *key)
{
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (strcmp(kept[i], key) == 0)
            return true;
    return false;
}

/* A later setting of the same name takes the place of the earlier one: librdkafka is told both, in order. */
static cm_status add(cm_cluster *cluster, const char *text, const char *from)
{
    const char *equals = strchr(text, '=');
    CM_FREE char *key = equals ? cm_strndup(text, (size_t)(equals - text)) : NULL;

    if (!key || !*key)
        return cm_fail(CM_INVALID_ARGUMENT, "%s: give NAME=VALUE, as security.protocol=SSL", from);
    if (is_kept(key))
        return cm_fail(CM_INVALID_ARGUMENT,
                       "%s: %s is not for choosing, since what arrives depends on it; leave it out", from, key);
    CM_TRY(kafka_setting_check(key, equals + 1, from));
    CM_GROW(cluster->settings, cluster->capacity, cluster->count + 2);
    cluster->settings[cluster->count++] = (kafka_setting){.key = cm_strdup(key), .value = cm_strdup(equals + 1)};
    cluster->settings[cluster->count] = (kafka_setting){NULL};
    return cm_ok();
}

static char *trimmed(char *line)
{
    size_t length = strlen(line);

    while (length && strchr(" \t\r\n", line[length - 1]))
        line[--length] = '\0';
    return line + strspn(line, " \t");
}

static cm_status add_lines(cm_cluster *cluster, FILE *file, const char *path)
{
    char *line = NULL;
    size_t capacity = 0;
    cm_status s = cm_ok();

    for (int number = 1; cm_is_ok(s) && getline(&line, &capacity, file) >= 0; number++) {
        const char *text = trimmed(line);
        CM_FREE char *from = cm_format("--kafka-config: %s, line %d", path, number);

        if (*text && *text != '#')
            s = add(cluster, text, from);
    }
    free(line);
    if (cm_is_ok(s) && ferror(file))
        return cm_fail(CM_INTERNAL, "--kafka-config: %s could not be read: %s", path, strerror(errno));
    return s;
}

static cm_status add_file(cm_cluster *cluster, const char *path)
{
    FILE *file = fopen(path, "r");
    cm_status s;

    if (!file)
        return cm_fail(errno == ENOENT ? CM_NOT_FOUND : CM_PERMISSION_DENIED, "--kafka-config: %s cannot be read: %s",
                       path, strerror(errno));
    s = add_lines(cluster, file, path);
    fclose(file);
    return s;
}

static cm_status add_all(cm_cluster *cluster, const char *const *options, int count, const char *file)
{
    if (file)
        CM_TRY(add_file(cluster, file));
    for (int i = 0; i < count; i++)
        CM_TRY(add(cluster, options[i], "--kafka-option"));
    return cm_ok();
}

cm_status cm_cluster_new(const char *bootstrap, const char *const *options, int count, const char *file,
                         cm_cluster **cluster)
{
    cm_cluster *made = cm_alloc(sizeof *made);
    cm_status s;

    made->bootstrap = cm_strdup(bootstrap);
    made->settings = cm_alloc(sizeof *made->settings);
    made->capacity = 1;
    s = add_all(made, options, count, file);
    if (cm_is_ok(s))
        *cluster = made;
    else
        cm_cluster_free(made);
    return s;
}

void cm_cluster_free(cm_cluster *cluster)
{
    if (!cluster)
        return;
    for (size_t i = 0; i < cluster->count; i++) {
        free((char *)cluster->settings[i].key);
        free((char *)cluster->settings[i].value);
    }
    free(cluster->settings);
    free(cluster->bootstrap);
    free(cluster->replica);
    free(cluster);
}

void cm_cluster_set_schema_id(cm_cluster *cluster, int32_t schema_id)
{
    cluster->schema_id = schema_id;
}

int32_t cm_cluster_schema_id(const cm_cluster *cluster)
{
    return cluster->schema_id;
}

void cm_cluster_set_replica(cm_cluster *cluster, const char *name)
{
    cluster->replica = cm_strdup(name);
}

const char *cm_cluster_replica(const cm_cluster *cluster)
{
    return cluster->replica;
}

const char *cm_cluster_bootstrap(const cm_cluster *cluster)
{
    return cluster->bootstrap;
}

const kafka_setting *kafka_cluster_settings(const cm_cluster *cluster)
{
    return cluster->settings;
}

cm_status cm_cluster_of_arguments(const cm_arguments *arguments, cm_cluster **cluster)
{
    const char *bootstrap = cm_arguments_text(arguments, "kafka");
    const char *const *options;
    int count = cm_arguments_list(arguments, "kafka-option", &options);

    *cluster = NULL;
    if (strcmp(bootstrap, "none") == 0)
        return cm_ok();
    return cm_cluster_new(bootstrap, options, count, cm_arguments_text(arguments, "kafka-config"), cluster);
}

#include "cli/kaf_properties.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_address.h"
#include "base/cm_arena.h"

enum { NODE_MOST = 1000, NODES_MOST = 64, REPLICAS_MOST = 3 };

/* Internal topics have few partitions, and a group's first assignment does not wait for members that are not there. The
 * fixed list of voters lets a single node's ports change between starts. */
static const char text[] =
    "process.roles=broker,controller\n"
    "node.id=%d\n"
    "controller.quorum.voters=%s\n"
    "controller.listener.names=CONTROLLER\n"
    "listeners=PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d\n"
    "advertised.listeners=PLAINTEXT://127.0.0.1:%d\n"
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,"
    "SASL_PLAINTEXT:SASL_PLAINTEXT\n"
    "inter.broker.listener.name=PLAINTEXT\n"
    "log.dirs=%s/log\n"
    "num.partitions=%d\n"
    "auto.create.topics.enable=false\n"
    "offsets.topic.num.partitions=4\n"
    "group.initial.rebalance.delay.ms=0\n"
    "log.cleaner.dedupe.buffer.size=16777216\n";

/* Nobody takes over from a single node, so it may be thought dead early, and be back at once after a crash. */
static const char alone_text[] = "broker.heartbeat.interval.ms=500\n"
                                 "broker.session.timeout.ms=3000\n";

static const char replicas_text[] = "default.replication.factor=%1$d\n"
                                    "min.insync.replicas=%2$d\n"
                                    "offsets.topic.replication.factor=%1$d\n"
                                    "transaction.state.log.replication.factor=%1$d\n"
                                    "transaction.state.log.min.isr=%2$d\n"
                                    "share.coordinator.state.topic.replication.factor=%1$d\n"
                                    "share.coordinator.state.topic.min.isr=%2$d\n";

/* Takes one NODE@HOST:PORT apart. */
static bool read_voter(const char *voter, int *node, int *port)
{
    char host[CM_ADDRESS_HOST], digits[CM_ADDRESS_PORT], *end;
    long number = strtol(voter, &end, 10);

    if (end == voter || *end != '@' || number < 1 || number > NODE_MOST || !cm_address_split(end + 1, host, digits))
        return false;
    *node = (int)number;
    *port = (int)strtol(digits, NULL, 10);
    return *port > 0;
}

cm_status kaf_voters(const char *voters, int node, int *controller_port, int *count)
{
    CM_ARENA(arena);
    char *rest = cm_arena_strdup(arena, voters), *voter, *kept;
    int known[NODES_MOST];

    *count = *controller_port = 0;
    for (voter = strtok_r(rest, ",", &kept); voter; voter = strtok_r(NULL, ",", &kept)) {
        int number, port;

        if (!read_voter(voter, &number, &port))
            return cm_fail(CM_INVALID_ARGUMENT, "--voters: '%s' is no NODE@HOST:PORT with a node from 1 to %d", voter,
                           NODE_MOST);
        for (int i = 0; i < *count; i++)
            if (known[i] == number)
                return cm_fail(CM_INVALID_ARGUMENT, "--voters: node %d is there twice", number);
        if (*count == NODES_MOST)
            return cm_fail(CM_INVALID_ARGUMENT, "--voters: more than %d nodes", NODES_MOST);
        known[(*count)++] = number;
        if (number == node)
            *controller_port = port;
    }
    if (!*controller_port)
        return cm_fail(CM_INVALID_ARGUMENT, "--voters: node %d is not among %s; name it, or give another --node", node,
                       voters);
    return cm_ok();
}

static cm_status append_settings(FILE *file, const char *path)
{
    FILE *more = fopen(path, "r");
    int c;

    if (!more)
        return cm_fail(CM_NOT_FOUND, "--settings: %s cannot be read: %s", path, strerror(errno));
    while ((c = getc(more)) != EOF)
        putc(c, file);
    fclose(more);
    return cm_ok();
}

cm_status kaf_properties_write(const kaf_properties *properties, const char *path)
{
    CM_ARENA(arena);
    const kaf_properties *p = properties;
    const char *voters = p->voters;
    int port, count = 1;
    cm_status s = cm_ok();

    if (voters)
        CM_TRY(kaf_voters(voters, p->node, &port, &count));
    else
        voters = cm_arena_format(arena, "%d@127.0.0.1:%d", p->node, p->controller_port);
    int replicas = count < REPLICAS_MOST ? count : REPLICAS_MOST;
    FILE *file = fopen(path, "w");
    if (!file)
        return cm_fail(CM_PERMISSION_DENIED, "%s cannot be written: %s", path, strerror(errno));
    fprintf(file, text, p->node, voters, p->port, p->controller_port, p->port, p->folder, p->partitions);
    fprintf(file, replicas_text, replicas, replicas == REPLICAS_MOST ? 2 : 1);
    if (count == 1)
        fputs(alone_text, file);
    if (p->settings)
        s = append_settings(file, p->settings);
    if (fclose(file) != 0 && cm_is_ok(s))
        s = cm_fail(CM_RESOURCE_EXHAUSTED, "%s cannot be written: %s", path, strerror(errno));
    return s;
}

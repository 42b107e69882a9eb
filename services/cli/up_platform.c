#include "cli/up_platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"

enum { STARTS_MAX = 100, STOP_MS = 15000, METRICS_PORT_OFFSET = 100, KAFKA_OPTIONS_MAX = 32 };

static cm_status make_folder(const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return cm_ok();
    return cm_fail(errno == ENOENT ? CM_NOT_FOUND : CM_PERMISSION_DENIED, "--data: the folder %s cannot be made: %s",
                   path, strerror(errno));
}

static void describe_kafka(const up_platform *p, cli_child *child)
{
    cli_child_word(child, "--kafka=%s", p->bootstrap);
    for (int i = 0; i < p->choices.kafka_option_count; i++)
        cli_child_word(child, "--kafka-option=%s", p->choices.kafka_options[i]);
    if (p->choices.kafka_config)
        cli_child_word(child, "--kafka-config=%s", p->choices.kafka_config);
}

static void hand_on(const cm_arguments *arguments, const char *const *names, size_t count, cli_child *child)
{
    for (size_t i = 0; i < count; i++)
        if (cm_arguments_given(arguments, names[i]))
            cli_child_word(child, "--%s=%s", names[i], cm_arguments_text(arguments, names[i]));
}

static void describe_security(const up_platform *p, int which, cli_child *child)
{
    static const char *const as_server[] = {"tls-cert",   "tls-key",      "tls-client-ca", "jwt-jwks",
                                            "jwt-issuer", "jwt-audience", "roles", "quotas"};
    static const char *const as_client[] = {"tls-ca", "tls-server-name", "token-file"};
    const cm_arguments *arguments = p->choices.arguments;

    hand_on(arguments, as_server, sizeof as_server / sizeof *as_server, child);
    if (cm_arguments_flag(arguments, "tls-client-optional"))
        cli_child_word(child, "--tls-client-optional");
    if (which > UP_REGISTRY)
        hand_on(arguments, as_client, sizeof as_client / sizeof *as_client, child);
}

/* The words of a service, once the ports of those that it calls are known. A child that is started again keeps the port
 * that it got first, since others know it. */
static void describe(up_platform *p, int which)
{
    static const char *const names[] = {"broker", "registry", "negotiations", "trends"};
    static const char *const programs[] = {"cityneg", "cityneg-registry", "cityneg-negotiations", "cityneg-trends"};
    cli_child *child = &p->children[which];

    cli_child_init(child, names[which], programs[which], p->logs);
    if (which == UP_BROKER) {
        cli_child_word(child, "broker");
        cli_child_word(child, "--port=%d", p->choices.kafka_port);
        if (p->choices.apache) {
            cli_child_word(child, "--apache");
            cli_child_word(child, "--data=%s/kafka", p->data);
        }
        return;
    }
    cli_child_word(child, "--data=%s", p->data);
    describe_kafka(p, child);
    describe_security(p, which, child);
    cli_child_word(child, "--listen=127.0.0.1:%d", p->choices.base_port ? p->choices.base_port + which : 0);
    if (p->choices.base_port)
        cli_child_word(child, "--metrics=127.0.0.1:%d", p->choices.base_port + METRICS_PORT_OFFSET + which);
    if (which > UP_REGISTRY)
        cli_child_word(child, "--registry=127.0.0.1:%d", p->children[UP_REGISTRY].port);
    if (which > UP_NEGOTIATIONS)
        cli_child_word(child, "--negotiations=127.0.0.1:%d", p->children[UP_NEGOTIATIONS].port);
}

cm_status up_platform_init(up_platform *platform, const up_choices *choices)
{
    *platform = (up_platform){
        .choices = *choices, .data = cm_strdup(choices->data), .logs = cm_format("%s/log", choices->data)};
    if (choices->kafka_option_count > KAFKA_OPTIONS_MAX)
        return cm_fail(CM_INVALID_ARGUMENT, "--kafka-option: %d are too many; put them into a file for --kafka-config",
                       choices->kafka_option_count);
    if (choices->kafka)
        platform->bootstrap = cm_strdup(choices->kafka);
    CM_TRY(make_folder(platform->data));
    return make_folder(platform->logs);
}

/* Words with a port of 0 are replaced by the port that was got. */
static void keep_port(cli_child *child, const char *option)
{
    size_t length = strlen(option);

    for (int i = 1; child->words[i]; i++)
        if (strncmp(child->words[i], option, length) == 0 && strcmp(child->words[i] + length, "0") == 0) {
            free(child->words[i]);
            child->words[i] = cm_format("%s%d", option, child->port);
        }
}

cm_status up_platform_start(up_platform *platform)
{
    for (int i = 0; i < UP_CHILDREN; i++) {
        if (i == UP_BROKER && platform->choices.kafka)
            continue;
        describe(platform, i);
        CM_TRY(cli_child_start(&platform->children[i]));
        keep_port(&platform->children[i], i == UP_BROKER ? "--port=" : "--listen=127.0.0.1:");
        if (i == UP_BROKER)
            platform->bootstrap = cm_format("127.0.0.1:%d", platform->children[i].port);
    }
    return cm_ok();
}

static cm_status start_again(cli_child *child, int how)
{
    if (WIFSIGNALED(how))
        fprintf(stderr, "%s was ended by signal %d; starting it again\n", child->name, WTERMSIG(how));
    else
        fprintf(stderr, "%s ended with code %d; starting it again\n", child->name, WEXITSTATUS(how));
    child->pid = 0;
    if (child->starts >= STARTS_MAX)
        return cm_fail(CM_UNAVAILABLE, "%s has ended %d times; see %s", child->name, child->starts, child->log);
    return cli_child_start(child);
}

cm_status up_platform_mend(up_platform *platform)
{
    for (int i = 0; i < UP_CHILDREN; i++) {
        cli_child *child = &platform->children[i];
        int how;
        if (child->pid && waitpid(child->pid, &how, WNOHANG) == child->pid)
            CM_TRY(start_again(child, how));
    }
    return cm_ok();
}

void up_platform_stop(up_platform *platform)
{
    for (int i = UP_CHILDREN; i-- > 0;)
        cli_child_stop(&platform->children[i], STOP_MS);
}

void up_platform_clear(up_platform *platform)
{
    for (int i = 0; i < UP_CHILDREN; i++)
        cli_child_clear(&platform->children[i]);
    free(platform->bootstrap);
    free(platform->data);
    free(platform->logs);
}

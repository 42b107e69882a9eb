/* The HTTP server of metrics and probes, asked as Prometheus and an orchestrator ask. */
#include "host/host_probes.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cm_memory.h"

static atomic_bool ready;

static bool is_ready(void *context)
{
    return atomic_load((atomic_bool *)context);
}

static host_probes *start(cm_metrics *metrics)
{
    host_probes *probes;

    assert_true(cm_is_ok(host_probes_start("127.0.0.1:0", metrics, is_ready, &ready, &probes)));
    return probes;
}

/* The whole answer. */
static void ask(const host_probes *probes, const char *method, const char *path, cm_text *answer)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)host_probes_port(probes)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char bytes[4096];
    ssize_t got;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CM_FREE char *request = cm_format("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method, path);

    cm_text_clear(answer);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        cm_text_bytes(answer, bytes, (size_t)got);
    close(fd);
    assert_non_null(answer->data);
}

static bool begins(const cm_text *answer, const char *start)
{
    return strncmp(answer->data, start, strlen(start)) == 0;
}

static void probes_say_what_the_service_is(void **state)
{
    cm_metrics *metrics = cm_metrics_new();
    host_probes *probes = start(metrics);
    cm_text answer = {0};

    atomic_store(&ready, false);
    ask(probes, "GET", "/healthz", &answer);
    assert_true(begins(&answer, "HTTP/1.1 200 "));
    ask(probes, "GET", "/readyz", &answer);
    assert_true(begins(&answer, "HTTP/1.1 503 "));
    atomic_store(&ready, true);
    ask(probes, "GET", "/readyz", &answer);
    assert_true(begins(&answer, "HTTP/1.1 200 "));
    ask(probes, "GET", "/other", &answer);
    assert_true(begins(&answer, "HTTP/1.1 404 "));
    ask(probes, "POST", "/healthz", &answer);
    assert_true(begins(&answer, "HTTP/1.1 405 "));
    cm_text_clear(&answer);
    host_probes_stop(probes);
    cm_metrics_free(metrics);
}

static void promtool_finds_nothing_wrong_with_the_metrics(void **state)
{
    cm_metrics *metrics = cm_metrics_new();
    host_probes *probes = start(metrics);
    cm_text answer = {0};

    cm_metrics_add_process(metrics);
    ask(probes, "GET", "/metrics", &answer);
    host_probes_stop(probes);
    cm_metrics_free(metrics);
    assert_true(begins(&answer, "HTTP/1.1 200 "));
    assert_non_null(strstr(answer.data, "Content-Type: text/plain; version=0.0.4"));
    const char *body = strstr(answer.data, "\r\n\r\n") + 4;
    assert_true(begins(&(cm_text){(char *)body, 0, 0}, "# HELP "));
    if (system("command -v promtool >/dev/null") != 0) {
        cm_text_clear(&answer);
        fprintf(stderr, "SKIPPED: there is no promtool, which Debian's package prometheus brings\n");
        skip();
    }
    FILE *check = popen("promtool check metrics", "w");
    assert_non_null(check);
    assert_true(fputs(body, check) >= 0);
    cm_text_clear(&answer);
    assert_int_equal(pclose(check), 0);
}

static void an_address_that_cannot_be_served_is_refused_with_the_reason(void **state)
{
    cm_metrics *metrics = cm_metrics_new();
    host_probes *probes = start(metrics), *second;
    CM_FREE char *taken = cm_format("127.0.0.1:%d", host_probes_port(probes));

    cm_status refused = host_probes_start(taken, metrics, is_ready, &ready, &second);
    assert_int_equal(refused.code, CM_UNAVAILABLE);
    assert_non_null(strstr(cm_status_message(refused), taken));
    cm_status_clear(&refused);
    refused = host_probes_start("7101", metrics, is_ready, &ready, &second);
    assert_int_equal(refused.code, CM_INVALID_ARGUMENT);
    assert_non_null(strstr(cm_status_message(refused), "'7101'"));
    cm_status_clear(&refused);
    host_probes_stop(probes);
    cm_metrics_free(metrics);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_say_what_the_service_is),
        cmocka_unit_test(promtool_finds_nothing_wrong_with_the_metrics),
        cmocka_unit_test(an_address_that_cannot_be_served_is_refused_with_the_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

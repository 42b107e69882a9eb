/* Settings of a cluster: where they come from, which are refused, and that none is told. */
#include "kafka_bed.h"

#include <unistd.h>

static void write_file(char path[64], const char *text)
{
    snprintf(path, 64, "/tmp/cityneg-cluster-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void settings_come_from_options_and_a_file(void **state)
{
    static const char *const options[] = {"client.id=second", "linger.ms=1"};
    char path[64];
    cm_cluster *cluster;
    cm_producer *producer;

    write_file(path, "# in a file\n\n  sasl.username=paris\r\nsasl.password=a=b#c\nclient.id=first");
    assert_ok(cm_cluster_new("127.0.0.1:1", options, 2, path, &cluster));
    assert_string_equal(cm_cluster_bootstrap(cluster), "127.0.0.1:1");
    assert_ok(cm_producer_new(cluster, NULL, NULL, 0, &producer));
    cm_producer_free(producer);
    cm_cluster_free(cluster);
    unlink(path);
}

static void refuse(const char *option, const char *words)
{
    cm_cluster *cluster;

    assert_fails(cm_cluster_new("127.0.0.1:1", &option, 1, NULL, &cluster), CM_INVALID_ARGUMENT, words);
}

static void what_makes_no_sense_is_refused(void **state)
{
    refuse("security.protocol", "--kafka-option: give NAME=VALUE");
    refuse("=SSL", "--kafka-option: give NAME=VALUE");
    refuse("securty.protocol=SSL", "--kafka-option: securty.protocol: there is no such setting");
    refuse("security.protocol=TLS", "security.protocol");
    refuse("linger.ms=soon", "linger.ms");
}

static void what_the_promises_rest_on_is_refused(void **state)
{
    static const char *const kept[] = {"acks=0", "enable.idempotence=false", "message.timeout.ms=5",
                                       "auto.offset.reset=latest", "bootstrap.servers=127.0.0.1:2"};

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        refuse(kept[i], "is not for choosing");
}

static void a_file_is_named_with_the_line(void **state)
{
    char path[64];
    cm_cluster *cluster;
    cm_status s;

    write_file(path, "sasl.username=paris\nsasl.passwort=secret-word\n");
    s = cm_cluster_new("127.0.0.1:1", NULL, 0, path, &cluster);
    assert_null(strstr(cm_status_message(s), "secret-word"));
    assert_fails(s, CM_INVALID_ARGUMENT, "line 2: sasl.passwort");
    unlink(path);
    assert_fails(cm_cluster_new("127.0.0.1:1", NULL, 0, path, &cluster), CM_NOT_FOUND, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_come_from_options_and_a_file),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(what_the_promises_rest_on_is_refused),
        cmocka_unit_test(a_file_is_named_with_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

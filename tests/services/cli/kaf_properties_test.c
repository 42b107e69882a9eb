/* What a node of Apache Kafka is told of the others. */
#include "../../common/store/store_bed.h"

#include <stdio.h>

#include "cli/kaf_properties.h"

static const char three[] = "1@127.0.0.1:7101,2@127.0.0.1:7102,3@[::1]:7103";

static void a_node_finds_its_port_among_the_voters(void **state)
{
    int port, count;

    assert_ok(kaf_voters(three, 3, &port, &count));
    assert_int_equal(port, 7103);
    assert_int_equal(count, 3);
}

static void voters_that_make_no_sense_are_named(void **state)
{
    int port, count;

    assert_fails(kaf_voters("1@127.0.0.1", 1, &port, &count), CM_INVALID_ARGUMENT,
                 "'1@127.0.0.1' is no NODE@HOST:PORT");
    assert_fails(kaf_voters("127.0.0.1:7101", 1, &port, &count), CM_INVALID_ARGUMENT, "'127.0.0.1:7101'");
    assert_fails(kaf_voters("0@127.0.0.1:7101", 1, &port, &count), CM_INVALID_ARGUMENT, "'0@127.0.0.1:7101'");
    assert_fails(kaf_voters("1@127.0.0.1:0", 1, &port, &count), CM_INVALID_ARGUMENT, "'1@127.0.0.1:0'");
    assert_fails(kaf_voters("2@a:1,2@b:2", 2, &port, &count), CM_INVALID_ARGUMENT, "node 2 is there twice");
    assert_fails(kaf_voters(three, 4, &port, &count), CM_INVALID_ARGUMENT, "node 4 is not among");
    assert_fails(kaf_voters("", 1, &port, &count), CM_INVALID_ARGUMENT, "node 1 is not among");
}

/* Whether the file of such a node has the line. */
static bool has(const char *voters, const char *line)
{
    char *folder = bed_folder_new(), text[4096];
    CM_FREE char *path = cm_format("%s/server.properties", folder), *wanted = cm_format("\n%s\n", line);
    const kaf_properties node = {
        .folder = "/data", .port = 7001, .controller_port = 7101, .partitions = 8, .node = 1, .voters = voters};

    assert_ok(kaf_properties_write(&node, path));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    bed_folder_free(folder);
    return strstr(text, wanted) != NULL;
}

static void topics_have_as_many_replicas_as_there_are_nodes_for(void **state)
{
    assert_true(has(NULL, "controller.quorum.voters=1@127.0.0.1:7101"));
    assert_true(has(NULL, "default.replication.factor=1"));
    assert_true(has(NULL, "min.insync.replicas=1"));
    assert_true(has("1@127.0.0.1:7101,2@127.0.0.1:7102", "default.replication.factor=2"));
    assert_true(has("1@127.0.0.1:7101,2@127.0.0.1:7102", "min.insync.replicas=1"));
    assert_true(has(three, "default.replication.factor=3"));
    assert_true(has(three, "min.insync.replicas=2"));
    assert_true(has(three, "offsets.topic.replication.factor=3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_finds_its_port_among_the_voters),
        cmocka_unit_test(voters_that_make_no_sense_are_named),
        cmocka_unit_test(topics_have_as_many_replicas_as_there_are_nodes_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

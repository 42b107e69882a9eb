/* Frames of Kafka's protocol as the gateway reads and changes them, byte by byte. */
#include "kafka/kafka_frame.h"

#include "kafka_bed.h"

static const uint8_t metadata_request[] = {
    0,   0,   0,   27,                         /* length */
    0,   3,   0,   1,   0, 0,   0,   7,        /* Metadata 1, correlation 7 */
    0,   2,   'm', 'e',                        /* client */
    0,   0,   0,   2,                          /* topics */
    0,   1,   'a', 0,   4, 't', '.', 'v', '1', /* their names */
    255, 255,                                  /* what follows is no topic */
};

static void topic_seen(void *context, const char *topic, size_t length)
{
    char *seen = context;

    strncat(seen, topic, length);
    strcat(seen, ";");
}

static void frame_ends_where_its_length_says(void **state)
{
    uint8_t long_frame[] = {0x7f, 0, 0, 0, 0}, short_frame[] = {0, 0, 0, 3, 0, 0, 0};

    assert_int_equal(kafka_frame_size(metadata_request, sizeof metadata_request), 31);
    for (size_t size = 0; size < sizeof metadata_request; size++)
        assert_int_equal(kafka_frame_size(metadata_request, size), 0);
    assert_int_equal(kafka_frame_size(long_frame, sizeof long_frame), -1);
    assert_int_equal(kafka_frame_size(short_frame, sizeof short_frame), -1);
}

static void request_tells_its_topics(void **state)
{
    kafka_request request;
    char seen[64] = "";

    assert_true(kafka_frame_request(metadata_request, sizeof metadata_request, &request));
    assert_int_equal(request.api, KAFKA_METADATA);
    assert_int_equal(request.version, 1);
    assert_int_equal(request.correlation, 7);
    kafka_frame_topics(metadata_request, sizeof metadata_request, topic_seen, seen);
    assert_string_equal(seen, "a;t.v1;");
}

static void cut_request_tells_only_what_is_there(void **state)
{
    for (size_t size = 0; size < sizeof metadata_request; size++) {
        char *seen = test_calloc(1, 64);
        uint8_t *cut = test_malloc(size + 1); /* no byte more, so that reading past the end shows */
        kafka_request request;

        memcpy(cut, metadata_request, size);
        assert_int_equal(kafka_frame_request(cut, size, &request), size >= 12);
        if (size >= 12)
            kafka_frame_topics(cut, size, topic_seen, seen);
        assert_true(strlen(seen) <= strlen("a;t.v1;"));
        test_free(cut);
        test_free(seen);
    }
}

static void metadata_answer_gets_the_port_of_the_gateway(void **state)
{
    uint8_t answer[] = {
        0, 0, 0, 0, 0, 0, 0,   9,                               /* length, correlation */
        0, 0, 0, 2,                                             /* brokers */
        0, 0, 0, 1, 0, 1, 'h', 0, 0, 0x12, 0x34, 255, 255,      /* id, host, port, no rack */
        0, 0, 0, 2, 0, 1, 'h', 0, 0, 0x12, 0x35, 0,   1,   'r', /* and one with a rack */
        0, 0, 0, 0,
    };
    uint8_t expected[sizeof answer];
    kafka_request request = {KAFKA_METADATA, 1, 9};

    memcpy(expected, answer, sizeof answer);
    expected[21] = expected[34] = 0x23;
    expected[22] = expected[35] = 0x84;
    kafka_frame_advertise(answer, sizeof answer, &request, 0x2384);
    assert_memory_equal(answer, expected, sizeof answer);
    assert_int_equal(kafka_frame_correlation(answer, sizeof answer), 9);
}

static void coordinator_answer_gets_the_port_of_the_gateway(void **state)
{
    uint8_t oldest[] = {0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 1, 0, 1, 'h', 0, 0, 0x12, 0x34};
    uint8_t newer[] = {0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0, 255, 255, 0, 0, 0, 1, 0, 1, 'h', 0, 0, 0x12, 0x34};

    kafka_frame_advertise(oldest, sizeof oldest, &(kafka_request){KAFKA_FIND_COORDINATOR, 0, 9}, 9092);
    assert_memory_equal(oldest + sizeof oldest - 4, ((uint8_t[]){0, 0, 0x23, 0x84}), 4);
    kafka_frame_advertise(newer, sizeof newer, &(kafka_request){KAFKA_FIND_COORDINATOR, 1, 9}, 9092);
    assert_memory_equal(newer + sizeof newer - 4, ((uint8_t[]){0, 0, 0x23, 0x84}), 4);
}

static void cut_answer_is_left_alone(void **state)
{
    uint8_t answer[] = {0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 'h', 0, 0, 0x12, 0x34};

    for (size_t size = 0; size < sizeof answer; size++) {
        uint8_t *cut = test_malloc(size + 1);
        memcpy(cut, answer, size);
        kafka_frame_advertise(cut, size, &(kafka_request){KAFKA_METADATA, 0, 9}, 9092);
        assert_memory_equal(cut, answer, size);
        test_free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_ends_where_its_length_says),
        cmocka_unit_test(request_tells_its_topics),
        cmocka_unit_test(cut_request_tells_only_what_is_there),
        cmocka_unit_test(metadata_answer_gets_the_port_of_the_gateway),
        cmocka_unit_test(coordinator_answer_gets_the_port_of_the_gateway),
        cmocka_unit_test(cut_answer_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

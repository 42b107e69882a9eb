/* The in-process broker as others see it: its port, its topics, and kcat as a client that is not ours. */
#include "kafka_bed.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void port_in_use_is_named(void **state)
{
    kafka_bed *bed = *state;
    cm_broker *second = NULL;
    char port[16];

    snprintf(port, sizeof port, "port %d ", bed_port(bed));
    assert_fails(cm_broker_start(bed_port(bed), 1, &second), CM_UNAVAILABLE, port);
    assert_null(second);
}

static void port_is_free_again_after_the_end(void **state)
{
    kafka_bed *bed = *state;

    for (int i = 0; i < 3; i++) {
        bed_stop(bed);
        bed_start(bed);
        assert_string_equal(cm_broker_bootstrap(bed->broker), bed->bootstrap);
    }
}

static void whoever_speaks_no_kafka_is_hung_up_on(void **state)
{
    static const char *const words[] = {"GET / HTTP/1.1\r\nHost: kafka\r\n\r\n", "\xff\xff\xff\xff\xff\xff\xff\xff"};
    kafka_bed *bed = *state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)bed_port(bed))};
    char answer[16];

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 2; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);

        assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(send(client, words[i], strlen(words[i]), MSG_NOSIGNAL), strlen(words[i]));
        assert_true(recv(client, answer, sizeof answer, 0) <= 0);
        close(client);
    }
    assert_ok(cm_kafka_topic(bed->cluster, bed->topic, BED_PARTITIONS, false, BED_WAIT_MS)); /* others go on */
}

/* What a command of kcat prints. */
static char *kcat(kafka_bed *bed, const char *words, cm_arena *arena)
{
    char *command = cm_arena_format(arena, "timeout 30 kcat -b %s %s 2>&1", bed->bootstrap, words);
    char *output = cm_arena_take(arena, 1 << 16);
    FILE *pipe;
    size_t size;
    int status;

    pipe = popen(command, "r");
    assert_non_null(pipe);
    size = fread(output, 1, (1 << 16) - 1, pipe);
    output[size] = '\0';
    status = pclose(pipe);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        print_error("%s\n%s\n", command, output);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return output;
}

static void kcat_writes_lists_and_reads(void **state)
{
    kafka_bed *bed = *state;
    char *listing, *records;

    if (system("command -v kcat >/dev/null 2>&1")) {
        print_message("NOT RUN: kcat is not installed\n");
        skip();
    }
    CM_ARENA(arena);
    kcat(bed,
         cm_arena_format(arena, "-P -t %s -p 2 -z zstd -k cities/kazan-ru -H ce_id=42 <<'END'\nfirst\nsecond\nEND\n",
                         bed->topic),
         arena);
    listing = kcat(bed, "-L", arena);
    assert_non_null(strstr(listing, cm_arena_format(arena, "broker 1 at %s", bed->bootstrap)));
    assert_non_null(strstr(listing, cm_arena_format(arena, "topic \"%s\" with 4 partitions", bed->topic)));
    records =
        kcat(bed, cm_arena_format(arena, "-C -q -t %s -o beginning -e -f '%%p %%o %%h %%k %%s\\n'", bed->topic), arena);
    assert_string_equal(records, "2 0 ce_id=42 cities/kazan-ru first\n2 1 ce_id=42 cities/kazan-ru second\n");
}

static void partition_keeps_its_newest_megabytes(void **state)
{
    enum { RECORDS = 16, SIZE = 900000 };
    kafka_bed *bed = *state;
    cm_producer *producer;
    cm_consumer *consumer;
    CM_FREE uint8_t *value = cm_alloc(SIZE);
    int64_t low, high, deadline = bed_deadline();

    assert_ok(cm_kafka_topic(bed->cluster, bed->topic, BED_PARTITIONS, false, BED_WAIT_MS));
    assert_ok(cm_producer_new(bed->cluster, NULL, NULL, 0, &producer));
    cm_random(value, SIZE); /* what is random does not shrink */
    for (int i = 0; i < RECORDS; i++) {
        cm_record record = {.topic = bed->topic, .value = {value, SIZE}};
        assert_ok(cm_producer_send(producer, &record, NULL));
    }
    while (cm_producer_waiting(producer)) {
        cm_producer_poll(producer, 100);
        assert_true(cm_clock_monotonic_us() < deadline);
    }
    cm_producer_free(producer);
    assert_ok(cm_consumer_new(bed->cluster, &consumer));
    assert_ok(cm_consumer_watermarks(consumer, bed->topic, 0, BED_WAIT_MS, &low, &high));
    assert_int_equal(high, RECORDS);
    assert_in_range(low, RECORDS - 6, RECORDS - 5); /* 5 MiB */
    cm_consumer_free(consumer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_EMBEDDED(port_in_use_is_named),
        BED_EMBEDDED(port_is_free_again_after_the_end),
        BED_EMBEDDED(whoever_speaks_no_kafka_is_hung_up_on),
        BED_EMBEDDED(kcat_writes_lists_and_reads),
        BED_EMBEDDED(partition_keeps_its_newest_megabytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

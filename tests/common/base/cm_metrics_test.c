#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cm_metrics.h"

static void waiting(void *context, cm_metric_out *out)
{
    CM_METRIC(out, *(const double *)context, "queue", "a \"b\"\\\n");
}

static void took(void *context, cm_metric_out *out)
{
    CM_METRIC_HISTOGRAM(out, (const cm_histogram *)context, "method", "Say");
}

static cm_metric gauge(const char *name, double *value)
{
    return (cm_metric){name, "Requests that wait.", CM_GAUGE, waiting, value};
}

static void numbers_of_one_name_stand_together_under_their_help(void **state)
{
    double first = 3, second = 0.25, other = -1;
    cm_text text = {0};
    cm_metrics *metrics = cm_metrics_new();
    cm_metric all[] = {gauge("x_waiting", &first), gauge("x_other", &other), gauge("x_waiting", &second)};

    for (size_t i = 0; i < CHECK_COUNT(all); i++)
        cm_metrics_add(metrics, &all[i]);
    cm_metrics_write(metrics, &text);
    assert_string_equal(text.data, "# HELP x_waiting Requests that wait.\n"
                                   "# TYPE x_waiting gauge\n"
                                   "x_waiting{queue=\"a \\\"b\\\"\\\\\\n\"} 3\n"
                                   "x_waiting{queue=\"a \\\"b\\\"\\\\\\n\"} 0.25\n"
                                   "# HELP x_other Requests that wait.\n"
                                   "# TYPE x_other gauge\n"
                                   "x_other{queue=\"a \\\"b\\\"\\\\\\n\"} -1\n");
    cm_text_clear(&text);
    cm_metrics_free(metrics);
}

static void what_is_removed_is_not_asked_any_more(void **state)
{
    double kept = 1, removed = 2;
    cm_text text = {0};
    cm_metrics *metrics = cm_metrics_new();
    cm_metric all[] = {gauge("x_waiting", &kept), gauge("x_waiting", &removed), gauge("x_other", &removed)};

    for (size_t i = 0; i < CHECK_COUNT(all); i++)
        cm_metrics_add(metrics, &all[i]);
    cm_metrics_remove(metrics, &removed);
    cm_metrics_write(metrics, &text);
    assert_non_null(strstr(text.data, "} 1\n"));
    assert_null(strstr(text.data, "} 2\n"));
    assert_null(strstr(text.data, "x_other"));
    cm_text_clear(&text);
    cm_metrics_free(metrics);
}

static void a_histogram_counts_what_took_no_longer_than_each_bound(void **state)
{
    cm_histogram histogram = {0}, sum = {0};
    cm_text text = {0};
    cm_metrics *metrics = cm_metrics_new();

    cm_observe_us(&histogram, 100);
    cm_observe_us(&histogram, 101);
    cm_observe_us(&histogram, 11000000);
    cm_histogram_add(&sum, &histogram);
    cm_histogram_add(&sum, &histogram);
    cm_metrics_add(metrics, &(cm_metric){"x_seconds", "What it took.", CM_HISTOGRAM, took, &sum});
    cm_metrics_write(metrics, &text);
    assert_non_null(strstr(text.data, "# TYPE x_seconds histogram\n"));
    assert_non_null(strstr(text.data, "x_seconds_bucket{method=\"Say\",le=\"0.0001\"} 2\n"));
    assert_non_null(strstr(text.data, "x_seconds_bucket{method=\"Say\",le=\"0.00025\"} 4\n"));
    assert_non_null(strstr(text.data, "x_seconds_bucket{method=\"Say\",le=\"10\"} 4\n"));
    assert_non_null(strstr(text.data, "x_seconds_bucket{method=\"Say\",le=\"+Inf\"} 6\n"));
    assert_non_null(strstr(text.data, "x_seconds_sum{method=\"Say\"} 22.0004"));
    assert_non_null(strstr(text.data, "x_seconds_count{method=\"Say\"} 6\n"));
    cm_text_clear(&text);
    cm_metrics_free(metrics);
}

enum { THREADS = 4, COUNTS = 50000 };

static void *count_much(void *argument)
{
    cm_histogram *histogram = argument;

    for (int i = 0; i < COUNTS; i++)
        cm_observe_us(histogram, 200);
    return NULL;
}

static void nothing_is_lost_where_threads_count_at_once(void **state)
{
    cm_histogram histogram = {0};
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, &histogram), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(cm_counted(&histogram.buckets[1]), THREADS * COUNTS);
    assert_int_equal(cm_counted(&histogram.sum_us), (uint64_t)THREADS * COUNTS * 200);
}

/* The number in the line that begins with `name`. */
static double value_of(const char *text, const char *name)
{
    char start[80];

    snprintf(start, sizeof start, "\n%s{} ", name);
    const char *at = strstr(text, start);
    assert_non_null(at);
    return strtod(at + strlen(start), NULL);
}

static void a_process_knows_itself(void **state)
{
    cm_text text = {0};
    cm_metrics *metrics = cm_metrics_new();

    cm_metrics_add_process(metrics);
    cm_metrics_write(metrics, &text);
    assert_true(value_of(text.data, "process_cpu_seconds_total") > 0);
    assert_true(value_of(text.data, "process_resident_memory_bytes") > 100000);
    assert_true(value_of(text.data, "process_virtual_memory_bytes") >
                value_of(text.data, "process_resident_memory_bytes"));
    assert_true(value_of(text.data, "process_open_fds") >= 3);
    assert_true(value_of(text.data, "process_max_fds") >= value_of(text.data, "process_open_fds"));
    assert_true(value_of(text.data, "process_start_time_seconds") > 1700000000);
    cm_text_clear(&text);
    cm_metrics_free(metrics);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_one_name_stand_together_under_their_help),
        cmocka_unit_test(what_is_removed_is_not_asked_any_more),
        cmocka_unit_test(a_histogram_counts_what_took_no_longer_than_each_bound),
        cmocka_unit_test(nothing_is_lost_where_threads_count_at_once),
        cmocka_unit_test(a_process_knows_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Quotas: how many calls each caller may make, at times that the test says, and what a caller is told who made more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_memory.h"
#include "base/cm_metrics.h"
#include "rpc/cm_quotas.h"
#include "secure_bed.h"

enum { SECOND = 1000000 };

typedef struct quota_bed {
    secure_bed secure; /* its folder, and a server for those who ask one */
    cm_metrics *metrics;
    cm_quotas *quotas;
    cm_arena *arena;
} quota_bed;

static int open_bed(void **state)
{
    static quota_bed bed;

    bed = (quota_bed){.metrics = cm_metrics_new(), .arena = cm_arena_new()};
    secure_open(&bed.secure);
    *state = &bed;
    return 0;
}

static int close_bed(void **state)
{
    quota_bed *bed = *state;

    secure_close(&bed->secure);
    cm_quotas_free(bed->quotas);
    cm_metrics_free(bed->metrics);
    cm_arena_free(bed->arena);
    return 0;
}

static cm_status open_quotas(quota_bed *bed, const char *text)
{
    secure_write(&bed->secure, "quotas", text);
    return cm_quotas_new(secure_path(&bed->secure, "quotas", bed->arena), bed->metrics, &bed->quotas);
}

/* How many of so many calls at one time are taken. */
static int taken(quota_bed *bed, const char *identity, cm_role role, int calls, int64_t now_us)
{
    int count = 0;

    for (int i = 0; i < calls; i++) {
        cm_status s = cm_quotas_take(bed->quotas, identity, role, now_us);
        count += cm_is_ok(s);
        cm_status_clear(&s);
    }
    return count;
}

static void a_bucket_empties_and_fills_at_its_rate(void **state)
{
    quota_bed *bed = *state;

    ASSERT_OK(open_quotas(bed, "# few\n\nanna read 2 5\r\n"));
    assert_int_equal(taken(bed, "anna", CM_MAY_READ, 20, 0), 5);
    assert_int_equal(taken(bed, "anna", CM_MAY_READ, 20, SECOND / 4), 0);
    assert_int_equal(taken(bed, "anna", CM_MAY_READ, 20, SECOND), 2);
    assert_int_equal(taken(bed, "anna", CM_MAY_READ, 20, 3 * SECOND), 4);
    assert_int_equal(taken(bed, "anna", CM_MAY_READ, 20, 1000 * SECOND), 5); /* no more than it holds */
}

static void each_identity_and_role_has_its_own(void **state)
{
    quota_bed *bed = *state;

    ASSERT_OK(open_quotas(bed, "* read 1 3\n* write 1 2\nanna write 1 7\nanonymous read 1 1\n"));
    assert_int_equal(taken(bed, "anna", CM_MAY_READ, 9, 0), 3);
    assert_int_equal(taken(bed, "boris", CM_MAY_READ, 9, 0), 3);
    assert_int_equal(taken(bed, "boris", CM_MAY_WRITE, 9, 0), 2);
    assert_int_equal(taken(bed, "anna", CM_MAY_WRITE, 9, 0), 7);
    assert_int_equal(taken(bed, "anonymous", CM_MAY_READ, 9, 0), 1);
    assert_int_equal(taken(bed, "anonymous", CM_MAY_WRITE, 9, 0), 9); /* no line is for it */
    assert_int_equal(taken(bed, "boris", CM_MAY_ADMIN, 9, 0), 9);
    assert_int_equal(taken(bed, "boris", CM_ANYONE, 9, 0), 9);
}

static void who_made_too_many_is_told_when_and_how_many(void **state)
{
    quota_bed *bed = *state;

    ASSERT_OK(open_quotas(bed, "* write 4 1\n"));
    ASSERT_OK(cm_quotas_take(bed->quotas, "anna", CM_MAY_WRITE, 0));
    cm_status s = cm_quotas_take(bed->quotas, "anna", CM_MAY_WRITE, SECOND / 8);
    assert_int_equal(s.error->retry_ms, 125);
    assert_string_equal(s.error->reason, "QUOTA_EXCEEDED");
    assert_string_equal(s.error->quota_subject, "anna");
    assert_string_equal(s.error->quota, "4 calls a second to methods that need the role write, 1 at once");
    cm_status copy = cm_status_copy(s);
    assert_string_equal(copy.error->quota_subject, "anna");
    cm_status_clear(&copy);
    ASSERT_FAILS(s, CM_RESOURCE_EXHAUSTED, "anna may make 4 calls a second");
    ASSERT_OK(cm_quotas_take(bed->quotas, "anna", CM_MAY_WRITE, SECOND / 4));
}

static void more_callers_than_are_kept_are_no_way_around(void **state)
{
    quota_bed *bed = *state;
    char name[24];

    ASSERT_OK(open_quotas(bed, "* read 0.001 1\n"));
    for (int i = 0; i < 20001; i++) {
        snprintf(name, sizeof name, "caller-%d", i);
        ASSERT_OK(cm_quotas_take(bed->quotas, name, CM_MAY_READ, 0));
    }
    assert_int_equal(taken(bed, "caller-20000", CM_MAY_READ, 3, 0), 0);
}

static void a_file_that_changes_counts_and_one_that_is_wrong_does_not(void **state)
{
    quota_bed *bed = *state;

    ASSERT_OK(open_quotas(bed, "* read 1 2\n"));
    assert_int_equal(taken(bed, "anna", CM_MAY_READ, 9, SECOND), 2);
    secure_write(&bed->secure, "quotas", "* read 100 200\n");
    assert_int_equal(taken(bed, "anna", CM_MAY_READ, 900, 2 * SECOND), 1);
    assert_int_equal(taken(bed, "anna", CM_MAY_READ, 900, 4 * SECOND), 200);
    secure_write(&bed->secure, "quotas", "* read none\n");
    assert_int_equal(taken(bed, "anna", CM_MAY_READ, 900, 10 * SECOND), 200);
}

static void a_line_that_is_wrong_is_named(void **state)
{
    static const char *const wrong[][2] = {
        {"* read 1\n", "quotas:1: give IDENTITY"},  {"\n* read 1 2 3\n", "quotas:2: give IDENTITY"},
        {"* reader 1 2", "'reader' is no role"},    {"* read fast 2", "'fast' is no number"},
        {"* read 0 2", "'0' is no number"},         {"* read nan 2", "'nan' is no number"},
        {"* read 1 0.5", "'0.5' is no burst"},      {"* read 1 1\n* read 2 2\n", "'* read' stands there twice"},
        {"* read 1e300 2", "'1e300' is no number"},
    };
    quota_bed *bed = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ASSERT_FAILS(open_quotas(bed, wrong[i][0]), CM_INVALID_ARGUMENT, wrong[i][1]);
    ASSERT_FAILS(cm_quotas_new("/no/such/file", bed->metrics, &bed->quotas), CM_NOT_FOUND, "/no/such/file");
}

static void a_server_refuses_and_counts(void **state)
{
    quota_bed *bed = *state;
    CM_AUTO(cm_text) text = {0};

    ASSERT_OK(open_quotas(bed, "anonymous write 0.001 1\n"));
    cm_interceptor around[] = {cm_quotas_interceptor(bed->quotas)};
    secure_serve(&bed->secure, (cm_server_options){.interceptors = around, .interceptor_count = 1}, false);
    ASSERT_OK(secure_call(&bed->secure, "ca", NULL, echo_echo_service_hold, bed->arena, NULL));
    cm_status s = secure_call(&bed->secure, "ca", NULL, echo_echo_service_hold, bed->arena, NULL);
    assert_string_equal(s.error->reason, "QUOTA_EXCEEDED");
    assert_string_equal(s.error->quota_subject, "anonymous"); /* it came over the wire */
    assert_true(s.error->retry_ms > 0);
    ASSERT_FAILS(s, CM_RESOURCE_EXHAUSTED, "anonymous may make 0.001 calls a second");
    ASSERT_OK(secure_call(&bed->secure, "ca", NULL, echo_echo_service_say, bed->arena, NULL));
    cm_metrics_write(bed->metrics, &text);
    assert_non_null(strstr(cm_text_get(&text), "cityneg_quota_refused_total{role=\"write\"} 1\n"));
    assert_non_null(strstr(cm_text_get(&text), "cityneg_quota_callers{} 1\n"));
}

int main(void)
{
#define QUOTA_TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)
    const struct CMUnitTest tests[] = {
        QUOTA_TEST(a_bucket_empties_and_fills_at_its_rate),
        QUOTA_TEST(each_identity_and_role_has_its_own),
        QUOTA_TEST(who_made_too_many_is_told_when_and_how_many),
        QUOTA_TEST(more_callers_than_are_kept_are_no_way_around),
        QUOTA_TEST(a_file_that_changes_counts_and_one_that_is_wrong_does_not),
        QUOTA_TEST(a_line_that_is_wrong_is_named),
        QUOTA_TEST(a_server_refuses_and_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

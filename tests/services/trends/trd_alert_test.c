/* Alerts: each time that a rule comes true is one event, and none while it stays true. */
#include "trd_bed.h"

#include "trends/trd_alert.h"
#include "trends/trd_publish.h"
#include "trends/trd_published.h"

/* Publishes format-mix/a with this share and q (negative: none). */
static void publish(trd_bed *b, double share, double q, const char *levels)
{
    TrdReport report = CITYNEG__TRENDS__V1__REPORT__INIT;
    TrdQuestionAnswer *answer = CM_NEW(b->arena, TrdQuestionAnswer);
    TrdFinding *f = CM_NEW(b->arena, TrdFinding);
    TrdDetail *detail = CM_NEW(b->arena, TrdDetail);
    int64_t appended;

    f->category = "a";
    f->estimate_of = "share";
    f->estimate = CM_NEW(b->arena, GoogleDoubleValue);
    f->estimate->value = share;
    if (q >= 0) {
        f->q = CM_NEW(b->arena, GoogleDoubleValue);
        f->q->value = q;
    }
    detail->name = "levels";
    detail->text = (char *)levels;
    if (*levels) {
        f->details = cm_arena_copy(b->arena, &detail, sizeof detail);
        f->n_details = 1;
    }
    answer->question = "format-mix";
    answer->findings = cm_arena_copy(b->arena, &f, sizeof f);
    answer->n_findings = 1;
    report.questions = &answer;
    report.n_questions = 1;
    assert_ok(trd_publish(b->journal, NULL, &report, &appended));
}

typedef struct asking {
    TrdAlert alert;
    bool gone;
} asking;

static cm_status run_ask(void *argument, void *lent)
{
    asking *a = argument;
    TrdCreateAlertRequest create = CITYNEG__TRENDS__V1__CREATE_ALERT_REQUEST__INIT;
    TrdDeleteAlertRequest delete = CITYNEG__TRENDS__V1__DELETE_ALERT_REQUEST__INIT;
    TrdAlert answer = CITYNEG__TRENDS__V1__ALERT__INIT;
    cm_call *call = cm_call_new_local(NULL, lent, "tester");

    create.alert = &a->alert;
    delete.name = a->alert.name;
    cm_status s = a->gone ? trd_delete_alert(call, &delete, &answer) : trd_create_alert(call, &create, &answer);
    cm_call_unref(call);
    return s;
}

static TrdAlert alert_of(TrdAlertRule rule, double threshold)
{
    TrdAlert alert = CITYNEG__TRENDS__V1__ALERT__INIT;

    alert.name = "alerts/mine";
    alert.trend = "trends/format-mix-a";
    alert.rule = rule;
    alert.threshold = threshold;
    return alert;
}

static cm_status ask(trd_bed *b, TrdAlert alert)
{
    asking a = {.alert = alert};

    return cm_run_and_wait(cm_journal_writer(b->journal), run_ask, &a);
}

static TrdAlert *get(trd_bed *b)
{
    cm_db *db = bed_reader(b);
    TrdGetAlertRequest request = CITYNEG__TRENDS__V1__GET_ALERT_REQUEST__INIT;
    TrdAlert answer = CITYNEG__TRENDS__V1__ALERT__INIT;
    cm_call *call = cm_call_new_local(NULL, db, "tester");

    request.name = "alerts/mine";
    assert_ok(trd_get_alert(call, &request, &answer));
    TrdAlert *kept = cm_message_copy(&answer.base, b->arena);
    cm_call_unref(call);
    cm_db_close(db);
    return kept;
}

/* The events of the alert that are on their way to Kafka. */
static int events(trd_bed *b, const char *type)
{
    cm_db *db = bed_reader(b);
    int64_t count;

    assert_ok(cm_db_integer(db, "SELECT COUNT(*) FROM journal WHERE resource = 'alerts/mine' AND type = $1",
                            CM_WITH(cm_v_text(type)), 0, &count));
    cm_db_close(db);
    return (int)count;
}

static const char FIRED[] = "cityneg.trends.alert.fired.v1";

static void q_that_falls_below_fires_once_until_it_rises_again(void **state)
{
    trd_bed *b = *state;

    publish(b, 0.5, 0.2, "");
    assert_ok(ask(b, alert_of(TRD_ALERT_RULE_Q_BELOW, 0.05)));
    publish(b, 0.5, 0.06, "");
    assert_int_equal(events(b, FIRED), 0);
    publish(b, 0.5, 0.04, "");
    assert_int_equal(events(b, FIRED), 1);
    publish(b, 0.6, 0.01, ""); /* still below */
    publish(b, 0.6, 0.01, ""); /* nothing new */
    assert_int_equal(events(b, FIRED), 1);
    TrdAlert *alert = get(b);
    assert_int_equal(alert->fired, 1);
    assert_near(alert->last->before->value, 0.06, 0);
    assert_near(alert->last->after->value, 0.04, 0);
    assert_string_equal(alert->last->etag, "3");
    assert_string_equal(alert->last->text, "trends/format-mix-a: q is 0.04, below 0.05");
    publish(b, 0.6, 0.5, "");
    publish(b, 0.6, 0.01, "");
    assert_int_equal(events(b, FIRED), 2);
}

static void a_share_that_crosses_fires_in_its_direction(void **state)
{
    trd_bed *b = *state;

    publish(b, 0.5, -1, "");
    assert_ok(ask(b, alert_of(TRD_ALERT_RULE_SHARE_ABOVE, 0.6)));
    publish(b, 0.6, -1, ""); /* on it is not above */
    publish(b, 0.4, -1, "");
    assert_int_equal(events(b, FIRED), 0);
    publish(b, 0.61, -1, "");
    assert_int_equal(events(b, FIRED), 1);
}

static void new_levels_fire_and_the_same_years_do_not(void **state)
{
    trd_bed *b = *state;

    publish(b, 0.5, -1, "");
    assert_ok(ask(b, alert_of(TRD_ALERT_RULE_NEW_CHANGE_POINT, 0)));
    publish(b, 0.5, -1, "6 % from 1991, 69 % from 2020");
    assert_int_equal(events(b, FIRED), 1);
    publish(b, 0.5, -1, "7 % from 1991, 70 % from 2020"); /* other heights, the same years */
    assert_int_equal(events(b, FIRED), 1);
    publish(b, 0.5, -1, "7 % from 1991, 70 % from 2020, 21 % from 2022");
    assert_int_equal(events(b, FIRED), 2);
    assert_non_null(strstr(get(b)->last->text, "from 1991, 2020, 2022 (before: 1991, 2020)"));
}

static void what_makes_no_sense_is_refused_and_what_is_deleted_is_silent(void **state)
{
    trd_bed *b = *state;
    TrdAlert other = alert_of(TRD_ALERT_RULE_Q_BELOW, 0.05);

    publish(b, 0.5, 0.5, "");
    assert_fails(ask(b, alert_of(TRD_ALERT_RULE_UNSPECIFIED, 0)), CM_INVALID_ARGUMENT, "0 is no rule");
    assert_fails(ask(b, alert_of(TRD_ALERT_RULE_Q_BELOW, 5)), CM_INVALID_ARGUMENT, "5 is no q");
    assert_fails(ask(b, alert_of(TRD_ALERT_RULE_Q_BELOW, NAN)), CM_INVALID_ARGUMENT, "nan is no q");
    other.trend = "trends/none";
    assert_fails(ask(b, other), CM_NOT_FOUND, "trends/none");
    assert_ok(ask(b, alert_of(TRD_ALERT_RULE_Q_BELOW, 0.05)));
    assert_ok(ask(b, alert_of(TRD_ALERT_RULE_Q_BELOW, 0.05)));
    assert_fails(ask(b, alert_of(TRD_ALERT_RULE_Q_BELOW, 0.01)), CM_ALREADY_EXISTS, "alerts/mine");
    asking gone = {.alert = alert_of(TRD_ALERT_RULE_Q_BELOW, 0.05), .gone = true};
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), run_ask, &gone));
    publish(b, 0.5, 0.01, "");
    assert_int_equal(events(b, FIRED), 0);
    assert_int_equal(events(b, "cityneg.trends.alert.deleted.v1"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(q_that_falls_below_fires_once_until_it_rises_again),
        BED_TEST(a_share_that_crosses_fires_in_its_direction),
        BED_TEST(new_levels_fire_and_the_same_years_do_not),
        BED_TEST(what_makes_no_sense_is_refused_and_what_is_deleted_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

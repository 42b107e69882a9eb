#include "trends/trd_alert.h"

#include <math.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_journal_service.h"
#include "journal/cm_resource.h"
#include "trends/trd_finding.h"
#include "trends/trd_published.h"

static const char ACTOR[] = "cityneg-trends";

/* ---- what comes true ---- */

static double value_of(const GoogleDoubleValue *value)
{
    return value ? value->value : NAN;
}

static double q_of(const TrdTrend *trend)
{
    return trend && trend->finding ? value_of(trend->finding->q) : NAN;
}

static double share_of(const TrdTrend *trend)
{
    bool share = trend && trend->finding && strcmp(trend->finding->estimate_of, "share") == 0;

    return share ? value_of(trend->finding->estimate) : NAN;
}

/* Where its levels begin ("1991, 2020"), or the year of change; "" where it has none. */
static const char *changes_of(const TrdTrend *trend, cm_arena *arena)
{
    const TrdFinding *f = trend ? trend->finding : NULL;
    const char *years = "";

    if (f && strcmp(f->estimate_of, "year") == 0 && f->estimate)
        return cm_arena_format(arena, "%.0f", f->estimate->value);
    for (size_t i = 0; f && i < f->n_details; i++)
        if (strcmp(f->details[i]->name, "levels") == 0)
            for (const char *at = f->details[i]->text; (at = strstr(at, " from ")) != NULL;) {
                at += strlen(" from ");
                years =
                    cm_arena_format(arena, "%s%s%.*s", years, *years ? ", " : "", (int)strspn(at, "0123456789"), at);
            }
    return years;
}

static bool change_fires(const TrdAlert *alert, const TrdTrend *before, const TrdTrend *after, cm_arena *arena,
                         TrdAlertFiring *firing)
{
    const char *was = changes_of(before, arena), *is = changes_of(after, arena);

    if (!*is || strcmp(was, is) == 0)
        return false;
    firing->text = cm_arena_format(arena, "%s: levels or a year of change from %s%s%s%s", alert->trend, is,
                                   *was ? " (before: " : "", was, *was ? ")" : "");
    return true;
}

bool trd_alert_fires(const TrdAlert *alert, const TrdTrend *before, const TrdTrend *after, cm_arena *arena,
                     TrdAlertFiring **firing)
{
    bool of_q = alert->rule == TRD_ALERT_RULE_Q_BELOW, above = alert->rule == TRD_ALERT_RULE_SHARE_ABOVE;
    double was = of_q ? q_of(before) : share_of(before), is = of_q ? q_of(after) : share_of(after);

    *firing = CM_NEW(arena, TrdAlertFiring);
    if (alert->rule == TRD_ALERT_RULE_NEW_CHANGE_POINT)
        return change_fires(alert, before, after, arena, *firing);
    bool true_before = above ? was > alert->threshold : was < alert->threshold; /* NaN is neither */
    bool true_now = above ? is > alert->threshold : is < alert->threshold;
    if (true_before || !true_now)
        return false;
    (*firing)->before = trd_number(arena, was);
    (*firing)->after = trd_number(arena, is);
    (*firing)->text = cm_arena_format(arena, "%s: %s is %.4g, %s %.4g", alert->trend, of_q ? "q" : "the share", is,
                                      above ? "above" : "below", alert->threshold);
    return true;
}

/* ---- what is kept ---- */

static cm_status read_all(cm_db *db, const char *column, const char *value, cm_arena *arena, TrdAlert ***alerts,
                          size_t *count)
{
    cm_status s = cm_ok();
    cm_rows rows;
    size_t capacity = 0;
    TrdAlert **found = NULL;
    CM_FREE char *sql = cm_format("SELECT definition FROM alerts WHERE %s = $1 OR $1 = '' ORDER BY name", column);

    *count = 0;
    CM_TRY(cm_db_query(db, sql, CM_WITH(cm_v_text(value)), &rows));
    while (cm_is_ok(s) && cm_rows_next(&rows)) {
        ProtobufCMessage *message = NULL;
        s = cm_message_unpack(&TrdAlert_descriptor, cm_rows_blob(&rows, 0), arena, &message);
        CM_GROW(found, capacity, *count + 1);
        found[(*count)++] = (TrdAlert *)message;
    }
    *alerts = cm_arena_copy(arena, found, *count * sizeof *found);
    free(found);
    cm_status ended = cm_rows_end(&rows);
    if (!cm_is_ok(s)) {
        cm_status_clear(&ended);
        return s;
    }
    return ended;
}

static cm_status append(cm_tx *tx, const char *type, const char *actor, const char *traceparent, TrdAlert *alert,
                        bool gone, cm_arena *arena)
{
    TrdTrend record = CITYNEG__TRENDS__V1__TREND__INIT;
    cm_bytes packed;
    cm_position at;
    cm_db *db;

    record.name = alert->name;
    record.alert = alert;
    record.withdrawn = gone;
    cm_change change = {.type = type,
                        .resource = alert->name,
                        .actor = actor,
                        .traceparent = traceparent,
                        .payload = cm_message_pack(&record.base, arena)};
    CM_TRY(cm_tx_write(tx, &db));
    CM_TRY(cm_tx_append(tx, &change, &at, NULL, NULL));
    if (gone)
        return cm_db_run(db, "DELETE FROM alerts WHERE name = $1", CM_WITH(cm_v_text(alert->name)));
    packed = cm_message_pack(&alert->base, arena);
    return cm_db_run(db,
                     "INSERT INTO alerts(name, trend, part, seq, definition) VALUES($1, $2, $3, $4, $5)"
                     " ON CONFLICT(name) DO UPDATE SET part = excluded.part, seq = excluded.seq,"
                     " definition = excluded.definition",
                     CM_WITH(cm_v_text(alert->name), cm_v_text(alert->trend), cm_v_int(at.part), cm_v_int(at.seq),
                             cm_v_blob(packed.data, packed.size)));
}

cm_status trd_alerts_look(cm_tx *tx, const TrdTrend *after, cm_arena *arena)
{
    TrdAlert **alerts;
    TrdTrend *before;
    size_t count;

    CM_TRY(trd_alerts_read(cm_tx_db(tx), after->name, arena, &alerts, &count));
    if (count == 0)
        return cm_ok();
    CM_TRY(trd_published_get(cm_tx_db(tx), after->name, 0, arena, &before));
    if (!before)
        return cm_ok(); /* a store that was made anew: nobody saw it cross */
    for (size_t i = 0; i < count; i++) {
        TrdAlertFiring *firing;
        if (!trd_alert_fires(alerts[i], before, after, arena, &firing))
            continue;
        firing->etag = cm_arena_format(arena, "%ld", strtol(before->etag, NULL, 10) + 1);
        firing->fire_time = cm_journal_timestamp(cm_clock_wall_us(), arena);
        alerts[i]->fired++;
        alerts[i]->last = firing;
        CM_TRY(append(tx, "cityneg.trends.alert.fired.v1", ACTOR, "", alerts[i], false, arena));
    }
    return cm_ok();
}

cm_status trd_alerts_read(cm_db *db, const char *trend, cm_arena *arena, TrdAlert ***alerts, size_t *count)
{
    return read_all(db, "trend", trend, arena, alerts, count);
}

cm_status trd_alert_ask(cm_tx *tx, TrdAlert *alert, const char *actor, const char *traceparent, cm_arena *arena)
{
    return append(tx, "cityneg.trends.alert.created.v1", actor, traceparent, alert, false, arena);
}

/* ---- handlers ---- */

static const char *const patterns[] = {"alerts/{alert}", NULL}, *const trends[] = {"trends/{trend}", NULL};

static cm_status check(cm_db *db, const TrdAlert *alert, cm_arena *arena)
{
    TrdTrend *trend;

    CM_TRY(cm_name_check(patterns, "alert.name", alert->name));
    CM_TRY(cm_name_check(trends, "alert.trend", alert->trend));
    if (alert->rule == TRD_ALERT_RULE_UNSPECIFIED || (unsigned)alert->rule > TRD_ALERT_RULE_SHARE_BELOW)
        return cm_invalid("alert.rule",
                          "%d is no rule; give ALERT_RULE_NEW_CHANGE_POINT, …_Q_BELOW, …_SHARE_ABOVE or …_SHARE_BELOW",
                          (int)alert->rule);
    if (!(alert->threshold >= 0 && alert->threshold <= 1))
        return cm_invalid("alert.threshold", "%g is no q and no share; give 0 … 1", alert->threshold);
    CM_TRY(trd_published_get(db, alert->trend, 0, arena, &trend));
    return trend ? cm_ok() : cm_not_found("trend", alert->trend);
}

static bool same_words(const TrdAlert *a, const TrdAlert *b)
{
    return strcmp(a->trend, b->trend) == 0 && a->rule == b->rule && a->threshold == b->threshold;
}

cm_status trd_create_alert(cm_call *call, const TrdCreateAlertRequest *request, TrdAlert *response)
{
    cm_arena *arena = cm_call_arena(call);
    cm_tx *tx = cm_call_lent(call);
    TrdAlert **known;
    int64_t most;
    size_t count;

    if (!request->alert)
        return cm_invalid("alert", "is missing; say what to look for");
    CM_TRY(check(cm_tx_db(tx), request->alert, arena));
    CM_TRY(read_all(cm_tx_db(tx), "name", request->alert->name, arena, &known, &count));
    if (count && !same_words(known[0], request->alert))
        return cm_already_exists("alert", request->alert->name);
    if (count) {
        *response = *known[0];
        return cm_ok();
    }
    CM_TRY(cm_db_integer(cm_tx_db(tx), "SELECT COUNT(*) FROM alerts", CM_NONE, 0, &most));
    if (most >= TRD_ALERTS_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "there are %d alerts, which is the most; delete one", TRD_ALERTS_MOST);
    response->name = request->alert->name;
    response->trend = request->alert->trend;
    response->rule = request->alert->rule;
    response->threshold = request->alert->threshold;
    response->create_time = cm_journal_timestamp(cm_clock_wall_us(), arena);
    return trd_alert_ask(tx, response, cm_call_identity(call), cm_call_traceparent(call), arena);
}

static cm_status find(cm_db *db, const char *name, cm_arena *arena, TrdAlert **alert)
{
    TrdAlert **found;
    size_t count;

    CM_TRY(cm_name_check(patterns, "name", name));
    CM_TRY(read_all(db, "name", name, arena, &found, &count));
    if (!count)
        return cm_not_found("alert", name);
    *alert = found[0];
    return cm_ok();
}

cm_status trd_get_alert(cm_call *call, const TrdGetAlertRequest *request, TrdAlert *response)
{
    TrdAlert *alert;

    CM_TRY(find(cm_call_lent(call), request->name, cm_call_arena(call), &alert));
    *response = *alert;
    return cm_ok();
}

cm_status trd_list_alerts(cm_call *call, const TrdListAlertsRequest *request, TrdListAlertsResponse *response)
{
    if (*request->trend)
        CM_TRY(cm_name_check(trends, "trend", request->trend));
    return trd_alerts_read(cm_call_lent(call), request->trend, cm_call_arena(call), &response->alerts,
                           &response->n_alerts);
}

cm_status trd_delete_alert(cm_call *call, const TrdDeleteAlertRequest *request, TrdAlert *response)
{
    cm_arena *arena = cm_call_arena(call);
    cm_tx *tx = cm_call_lent(call);
    TrdAlert *alert;

    CM_TRY(find(cm_tx_db(tx), request->name, arena, &alert));
    *response = *alert;
    return append(tx, "cityneg.trends.alert.deleted.v1", cm_call_identity(call), cm_call_traceparent(call), alert, true,
                  arena);
}

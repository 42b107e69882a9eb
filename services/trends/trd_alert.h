/* trd_alert.h: rules on published trends, and the events that they give. Reach for it where a trend gets a new value:
 * it fires in the transaction that appends the value, so that each time is one event, whatever crashes. */
#ifndef TRD_ALERT_H
#define TRD_ALERT_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "journal/cm_tx.h"

enum { TRD_ALERTS_MOST = 1000 };

/* Whether the rule comes true as a trend goes from `before` to `after`; *firing says what did,
 * in the arena. Pure. */
bool trd_alert_fires(const TrdAlert *alert, const TrdTrend *before, const TrdTrend *after, cm_arena *arena,
                     TrdAlertFiring **firing);

/* Appends an event for each alert on the trend that fires; a trend's first value crosses nothing. Before the trend's
 * new value is kept; `etag` is what it will have. On the writer's lane. */
cm_status trd_alerts_look(cm_tx *tx, const TrdTrend *after, cm_arena *arena) CM_MUST_USE;

/* Alerts on a trend ("": all of them), by name. */
cm_status trd_alerts_read(cm_db *db, const char *trend, cm_arena *arena, TrdAlert ***alerts, size_t *count) CM_MUST_USE;

/* Keeps an alert, as it is, with its row in the journal. On the writer's lane. */
cm_status trd_alert_ask(cm_tx *tx, TrdAlert *alert, const char *actor, const char *traceparent,
                        cm_arena *arena) CM_MUST_USE;

/* Handlers. */
cm_status trd_create_alert(cm_call *call, const TrdCreateAlertRequest *request, TrdAlert *response) CM_MUST_USE;
cm_status trd_get_alert(cm_call *call, const TrdGetAlertRequest *request, TrdAlert *response) CM_MUST_USE;
cm_status trd_list_alerts(cm_call *call, const TrdListAlertsRequest *request,
                          TrdListAlertsResponse *response) CM_MUST_USE;
cm_status trd_delete_alert(cm_call *call, const TrdDeleteAlertRequest *request, TrdAlert *response) CM_MUST_USE;

#endif

/* trd_watch.h: WatchTrends: the published values of now, then each change as it is published. Reach for it in the
 * service's table. An idle watcher holds no thread and no transaction. */
#ifndef TRD_WATCH_H
#define TRD_WATCH_H

#include "cityneg/trends/v1/trends.grpc-c.h"

cm_status trd_watch_open(cm_call *call) CM_MUST_USE;
cm_status trd_watch_message(cm_call *call, const TrdWatchTrendsRequest *request) CM_MUST_USE;
cm_status trd_watch_writable(cm_call *call) CM_MUST_USE;
void trd_watch_done(cm_call *call, cm_code code);

#endif

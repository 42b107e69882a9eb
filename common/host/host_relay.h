/* host_relay.h: what an operator sees of a service's relay: how much waits for Kafka, and for how long. Reach for it
 * from cm_host alone. */
#ifndef HOST_RELAY_H
#define HOST_RELAY_H

#include "base/cm_metrics.h"
#include "journal/cm_relay.h"

/* Adds the relay's numbers; cm_metrics_remove(metrics, relay) before it ends. */
void host_relay_add(cm_metrics *metrics, cm_relay *relay);

/* Whether nothing waits for longer than `seconds`; 0: however long. */
bool host_relay_is_ready(cm_relay *relay, int64_t seconds);

#endif

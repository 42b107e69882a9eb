/* host_probes.h: the small HTTP server of a process for whoever runs it: /metrics, /healthz, /readyz. Reach for it from
 * cm_host alone.
 *
 * It answers on a thread of its own, so that it tells of a service that is busy, too. */
#ifndef HOST_PROBES_H
#define HOST_PROBES_H

#include "base/cm_metrics.h"
#include "base/cm_status.h"

typedef struct host_probes host_probes;

/* `address` is HOST:PORT; port 0 is any. `ready` is asked from the thread of the HTTP server; where it says no, /readyz
 * is 503. INVALID_ARGUMENT where the address is none, UNAVAILABLE where it cannot be listened on, and why. */
cm_status host_probes_start(const char *address, cm_metrics *metrics, bool (*ready)(void *context), void *context,
                            host_probes **made) CM_MUST_USE;

/* What port 0 became. */
int host_probes_port(const host_probes *probes);

/* Ends the thread; NULL is fine. */
void host_probes_stop(host_probes *probes);

#endif

/* cm_garwood.h: how sure is a rate of events? The exact interval of a Poisson count (Garwood 1936).
 * Reach for it for events per time at risk. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_GARWOOD_H
#define CM_GARWOOD_H

#include "stats/cm_series.h"

typedef struct cm_rate {
    double estimate;  /* events/exposure; NaN where exposure is 0 */
    double low, high; /* χ²(α/2; 2k)/2 and χ²(1−α/2; 2k+2)/2, over the exposure; low is 0 where k is 0 */
} cm_rate;

/* `events` in `exposure` units of time at risk (≥ 0, finite); 1 gives the interval of the count itself. */
cm_status cm_garwood(uint64_t events, double exposure, double level, cm_rate *result) CM_MUST_USE;

#endif

#include "stats/cm_garwood.h"

#include "stats/cm_normal.h"

cm_status cm_garwood(uint64_t events, double exposure, double level, cm_rate *result)
{
    CM_TRY(cm_level_check("level", level));
    if (!(exposure >= 0 && isfinite(exposure)))
        return cm_fail(CM_INVALID_ARGUMENT, "exposure: %g is no time at risk; give a finite number ≥ 0", exposure);
    if (events > 1000000000)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "events: more than 1,000,000,000; such a rate needs no exact interval");
    if (exposure == 0) {
        *result = (cm_rate){NAN, NAN, NAN};
        return cm_ok();
    }
    double k = (double)events, tail = (1 - level) / 2;
    *result = (cm_rate){
        .estimate = k / exposure,
        .low = events == 0 ? 0 : cm_gamma_quantile(tail, k) / exposure,
        .high = cm_gamma_quantile(1 - tail, k + 1) / exposure,
    };
    if (!isfinite(result->high))
        return cm_fail(CM_OUT_OF_RANGE, "exposure: %g is too small for a rate; use a smaller unit of time", exposure);
    return cm_ok();
}

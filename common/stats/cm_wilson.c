#include "stats/cm_wilson.h"

#include <inttypes.h>

#include "stats/cm_normal.h"

cm_status cm_wilson(uint64_t hits, uint64_t total, double level, cm_share *result)
{
    CM_TRY(cm_level_check("level", level));
    if (hits > total)
        return cm_fail(CM_INVALID_ARGUMENT, "hits: %" PRIu64 " of %" PRIu64 " is more than all; give at most the total",
                       hits, total);
    if (total == 0) {
        *result = (cm_share){NAN, NAN, NAN};
        return cm_ok();
    }
    double n = (double)total, p = (double)hits / n, z = cm_normal_quantile(0.5 + level / 2), z2 = z * z;
    double center = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    *result = (cm_share){
        .estimate = p,
        .low = hits == 0 ? 0 : fmax(center - half, 0),
        .high = hits == total ? 1 : fmin(center + half, 1),
    };
    return cm_ok();
}

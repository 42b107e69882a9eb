#include "stats/cm_pettitt.h"

#include "base/cm_memory.h"
#include "stats/cm_order.h"

cm_status cm_pettitt_test(const double *values, size_t n, cm_pettitt *result)
{
    CM_TRY(cm_series_check("values", values, n));
    CM_FREE double *kept = cm_realloc(NULL, n, sizeof *kept);
    CM_FREE size_t *places = cm_realloc(NULL, n, sizeof *places);
    cm_pettitt r = {.n = cm_series_present(values, n, kept, places), .p = NAN};
    if (r.n >= 2) {
        double m = (double)r.n, u = 0;
        cm_ranks(kept, r.n, kept);
        r.index = places[1];
        for (size_t t = 1; t < r.n; t++) {
            u += 2 * kept[t - 1] - (m + 1); /* U_t = 2·Σ ranks − t(n + 1), Pettitt 1979, eq. 2.3 */
            if (fabs(u) > r.k) {
                r.k = fabs(u);
                r.index = places[t];
            }
        }
        r.p = fmin(1, 2 * exp(-6 * r.k * r.k / (m * m * m + m * m)));
    }
    *result = r;
    return cm_ok();
}

#include "stats/cm_fdr.h"

#include "base/cm_memory.h"
#include "stats/cm_order.h"

cm_status cm_fdr(const double *p, size_t n, double *q)
{
    CM_TRY(cm_series_check("p", p, n));
    for (size_t i = 0; i < n; i++)
        if (p[i] < 0 || p[i] > 1)
            return cm_fail(CM_INVALID_ARGUMENT, "p[%zu]: %g is no probability; give one between 0 and 1", i, p[i]);
    CM_FREE double *present = cm_realloc(NULL, n, sizeof *present);
    CM_FREE size_t *places = cm_realloc(NULL, n, sizeof *places);
    CM_FREE uint32_t *order = cm_realloc(NULL, n, sizeof *order);
    size_t tests = cm_series_present(p, n, present, places);
    cm_sort_positions(present, tests, order);
    for (size_t i = 0; i < n; i++)
        q[i] = NAN;
    double least = 1;
    for (size_t rank = tests; rank-- > 0;) {
        least = fmin(least, present[order[rank]] * (double)tests / (double)(rank + 1));
        q[places[order[rank]]] = least;
    }
    return cm_ok();
}

double cm_family_p(const double *p, size_t n)
{
    double least = NAN;
    size_t tests = 0;

    for (size_t i = 0; i < n; i++) {
        if (isnan(p[i]))
            continue;
        tests++;
        least = fmin(least, p[i]);
    }
    return tests == 0 ? NAN : fmin(1, least * (double)tests);
}

#include "stats/cm_agreement.h"

#include <string.h>

#include "stats/cm_order.h"

enum { CATEGORIES_MOST = 1000 };

/* A of a layer: categories at or above a level are filled, and it is as if each held the same (van der Eijk 2001,
 * eq. 1–2). Triples of categories with one empty and two filled are unimodal where the empty one is at an end. */
static double layer_agreement(const double *counts, size_t n, double level, size_t *filled)
{
    double before = 0, all = 0, at_end = 0, between = 0, k = (double)n;

    for (size_t i = 0; i < n; i++)
        all += counts[i] >= level;
    for (size_t i = 0; i < n; i++) {
        if (counts[i] >= level) {
            before++;
            continue;
        }
        double after = all - before;
        at_end += before * (before - 1) / 2 + after * (after - 1) / 2;
        between += before * after;
    }
    *filled = (size_t)all;
    if (*filled == 1)
        return 1;
    if (*filled == n)
        return 0;
    double unimodality = ((k - 2) * at_end - (k - 1) * between) / ((k - 2) * (at_end + between));
    return unimodality * (1 - (all - 1) / (k - 1));
}

cm_status cm_van_der_eijk(const double *counts, size_t n, double *a)
{
    if (n < 3 || n > CATEGORIES_MOST)
        return cm_fail(CM_INVALID_ARGUMENT, "counts: %zu categories are out of range; give 3 to %d", n,
                       CATEGORIES_MOST);
    CM_TRY(cm_series_check_full("counts", counts, n));
    CM_TRY(cm_series_check_counts("counts", counts, n));
    CM_TRY(cm_series_check_size("counts", counts, n));
    double levels[CATEGORIES_MOST], total = 0, below = 0, sum = 0;
    memcpy(levels, counts, n * sizeof *levels);
    cm_sort(levels, n);
    for (size_t i = 0; i < n; i++)
        total += counts[i];
    if (total == 0) {
        *a = NAN;
        return cm_ok();
    }
    for (size_t i = 0; i < n; i++) {
        if (levels[i] == below)
            continue;
        size_t filled;
        double agreement = layer_agreement(counts, n, levels[i], &filled);
        sum += (levels[i] - below) * (double)filled / total * agreement;
        below = levels[i];
    }
    *a = fmin(fmax(sum, -1), 1);
    return cm_ok();
}

cm_status cm_hix_noury_roland(double yes, double no, double abstention, double *index)
{
    const double votes[3] = {yes, no, abstention};

    CM_TRY(cm_series_check_full("votes", votes, 3));
    CM_TRY(cm_series_check_counts("votes", votes, 3));
    CM_TRY(cm_series_check_size("votes", votes, 3));
    double sum = yes + no + abstention, largest = fmax(yes, fmax(no, abstention));
    *index = sum > 0 ? (largest - (sum - largest) / 2) / sum : NAN;
    return cm_ok();
}

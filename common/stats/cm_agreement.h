/* cm_agreement.h: how much do many agree? Van der Eijk's A for positions on an ordered scale, and the agreement index
 * for votes.
 * Reach for it for the cohesion of an institution's members. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_AGREEMENT_H
#define CM_AGREEMENT_H

#include "stats/cm_series.h"

/* A of counts (≥ 0) over n ≥ 3 ordered categories: 1 all in one, 0 evenly spread, −1 half at each end (van der Eijk
 * 2001). NaN where all counts are 0. INVALID_ARGUMENT for n < 3 or n > 1,000. */
cm_status cm_van_der_eijk(const double *counts, size_t n, double *a) CM_MUST_USE;

/* AI = (max − ½(sum − max)) / sum over yes, no and abstention (Hix, Noury, Roland 2005): 1 together … 0 evenly split.
 * NaN where nobody voted. */
cm_status cm_hix_noury_roland(double yes, double no, double abstention, double *index) CM_MUST_USE;

#endif

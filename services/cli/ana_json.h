/* ana_json.h: what was found about a series, or about two mixes, as JSON: null where a definition gives no number.
 * Reach for it in `trends analyze` and `trends compare`. Pure. */
#ifndef ANA_JSON_H
#define ANA_JSON_H

#include <jansson.h>

#include "cli/ana_series.h"
#include "stats/cm_analysis.h"

/* A new reference. */
json_t *ana_json(const ana_series *series, const cm_analysis_options *options, const cm_analysis *analysis);

/* jsd of the two, and of each n, entropy and hhi, with 95 % intervals that resample single units. INVALID_ARGUMENT
 * where counts are no whole numbers: fractions cannot be resampled. *json is a new reference. */
cm_status ana_compare_json(const ana_mix *a, const ana_mix *b, cm_arena *arena, json_t **json) CM_MUST_USE;

#endif

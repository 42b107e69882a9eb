/* rep_figures.h: a finding's numbers in words, the same in text and on the page. Pure; any thread. */
#ifndef REP_FIGURES_H
#define REP_FIGURES_H

#include "base/cm_text.h"
#include "cityneg/trends/v1/trends.grpc-c.h"

bool rep_is_share(const TrdFinding *finding);

/* "39.8 % [34.7, 44.9]": the estimate with the interval that sentences may use, else the descriptive one. */
void rep_estimate(cm_text *text, const TrdFinding *finding);

/* "n 133 of 334, 1913–2025, p 0.016, q 0.069; left out: undated 3". */
void rep_figures(cm_text *text, const TrdFinding *finding);

/* A line to cite a number by: what it is, how much was counted for it, and how to see its rows. */
void rep_cite(cm_text *text, const TrdReport *report, const TrdQuestionAnswer *question, const TrdFinding *finding);

/* The filter as options, " --certainty checked --state states/ru"; nothing where there is none. */
void rep_filter(cm_text *text, const TrdUnitFilter *filter);

/* Whether a finding is among the foremost of its question, of which `shown` counts those so far: of all collections
 * together or of the one that was asked for, under the first definition, no more than eight, and besides them what is
 * one number of the whole question. Findings come in order of rank. */
bool rep_foremost(const TrdReport *report, const TrdFinding *finding, size_t *shown);

#endif

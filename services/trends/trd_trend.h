/* trd_trend.h: the test of a series of shares or counts, by the rules that hold for every number: only covered,
 * finished bins with enough units; Mann–Kendall with Sen's slope, or the quasi-binomial odds ratio where that slope is
 * 0, both with what the autocorrelation of the bins leaves of them; levels instead of a direction where they fit
 * better. Reach for it once a finding has its series. */
#ifndef TRD_TREND_H
#define TRD_TREND_H

#include "trends/trd_finding.h"

typedef enum trd_kind { TRD_SHARES, TRD_COUNTS } trd_kind;

/* A filtered report has the tests of the whole one: both do nothing there.
 *
 * Tests the finding's series: sets mann_kendall (the plain test), sen, test, p, details autocorrelation,
 * effective_bins, odds_ratio and levels, and notes the test for q in `family` (0: by itself; sensitivity findings are
 * not noted). Years from `unfinished` on are left out. `untested` says why where nothing can be tested. */
cm_status trd_trend_test(trd_report *report, TrdFinding *finding, const trd_series *series, trd_kind kind,
                         int unfinished, int family) CM_MUST_USE;

/* Notes a p that came from another test. */
void trd_trend_note(trd_report *report, TrdFinding *finding, const char *test, double p, int family);

/* What may be said of the tested period: "rose", "fell", levels where they fit better than a trend (and q is below
 * 0.05, or they beat a constant by a BIC of 6: few bins make levels of noise), or that no direction is shown. In the
 * arena. */
const char *trd_trend_words(trd_report *report, const TrdFinding *finding);

#endif

/* rep_svg.h: a finding's series, and its estimate with its interval, as inline SVG. Pure but for the stream. */
#ifndef REP_SVG_H
#define REP_SVG_H

#include <stdio.h>

#include "cityneg/trends/v1/trends.grpc-c.h"

/* Bars by year: shares where the finding is one, else counts; years that were not covered are pale. With axis labels.
 */
void rep_svg_series(FILE *out, const TrdFinding *finding);

/* A share's dot and interval on a line from 0 to 100 %; nothing for what is no share. */
void rep_svg_interval(FILE *out, const TrdFinding *finding);

#endif

/* rep_html.h: a report as one HTML file that needs nothing else: plots as inline SVG, everything that the text says,
 * the findings by collection and under other definitions folded away. Writes to a stream, otherwise pure; the same
 * report gives the same bytes. */
#ifndef REP_HTML_H
#define REP_HTML_H

#include <stdio.h>

#include "cityneg/trends/v1/trends.grpc-c.h"

void rep_html(FILE *out, const TrdReport *report);

#endif

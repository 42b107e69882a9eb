/* rep_text.h: a report for a person at a terminal: estimates with intervals, sparklines, sentences, what was not tested
 * and why, and how to see the rows behind a number. Writes to a stream, otherwise pure. */
#ifndef REP_TEXT_H
#define REP_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "cityneg/trends/v1/trends.grpc-c.h"

typedef struct rep_style {
    bool colour;
    bool cite; /* a line to cite under each number */
    bool all;  /* every finding; else the foremost of each question, all collections together */
    int width; /* columns, at most 120 are used; 0: not known */
} rep_style;

void rep_text(FILE *out, const TrdReport *report, rep_style style);

#endif

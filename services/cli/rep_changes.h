/* rep_changes.h: what moved since an earlier report, for a person: each number before and now, and the rows recorded
 * since. Writes to a stream, otherwise pure. */
#ifndef REP_CHANGES_H
#define REP_CHANGES_H

#include <stdio.h>

#include "cityneg/trends/v1/trends.grpc-c.h"

/* `since` as it was asked for. */
void rep_changes_text(FILE *out, const TrdChanges *changes, const char *since);

/* A line a number: its counts and estimate before and now, how many rows were recorded since. */
void rep_changes_csv(FILE *out, const TrdChanges *changes);

#endif

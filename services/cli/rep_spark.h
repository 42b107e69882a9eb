/* rep_spark.h: a series in one line of block characters. Pure. */
#ifndef REP_SPARK_H
#define REP_SPARK_H

#include "base/cm_text.h"

/* Adds `count` values, scaled to their largest, in at most `width` characters (neighbours are averaged where there are
 * more). A NaN is a gap: a value that nobody was looking for. */
void rep_spark(cm_text *text, const double *values, size_t count, size_t width);

#endif

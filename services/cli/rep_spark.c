#include "cli/rep_spark.h"

#include <math.h>

static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

/* The mean of the values that character `i` of `width` stands for, NaN where all are gaps. */
static double mean_of(const double *values, size_t count, size_t i, size_t width)
{
    size_t from = i * count / width, to = (i + 1) * count / width;
    double sum = 0;
    size_t n = 0;

    for (size_t k = from; k < to; k++)
        if (!isnan(values[k])) {
            sum += values[k];
            n++;
        }
    return n ? sum / (double)n : NAN;
}

void rep_spark(cm_text *text, const double *values, size_t count, size_t width)
{
    double largest = 0;

    if (width > count)
        width = count;
    for (size_t i = 0; i < width; i++) {
        double value = mean_of(values, count, i, width);
        if (value > largest)
            largest = value;
    }
    for (size_t i = 0; i < width; i++) {
        double value = mean_of(values, count, i, width);
        if (isnan(value)) {
            cm_text_add(text, "·");
            continue;
        }
        int step = largest > 0 ? (int)floor(value / largest * 8) : 0;
        cm_text_add(text, blocks[step < 0 ? 0 : step > 7 ? 7 : step]);
    }
}

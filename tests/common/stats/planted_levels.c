/* How often the test of a trend, as a report makes it, is wrong where there is none, and right where there is one: by
 * number of years, kind of value, spread and memory. Not a test; docs/methods.md has what it prints. Some minutes.
 *
 *     planted_levels [SERIES]      20,000 of each by default */
#include <stdio.h>
#include <stdlib.h>

#include "planted.h"

static const double MEAN = 15, LEVEL = 0.05, FAMILY = 0.05 / 8; /* FAMILY: the smallest of eight p has to be below it */

typedef struct kind {
    const char *name;
    planted_kind kind;
    double deviation; /* of log rates, or log odds */
} kind;

static const kind kinds[] = {
    {"normal values", PLANTED_VALUES, 1},           {"counts of a constant rate", PLANTED_COUNTS, 0},
    {"counts, deviation 0.2", PLANTED_COUNTS, 0.2}, {"counts, deviation 0.5", PLANTED_COUNTS, 0.5},
    {"shares, constant", PLANTED_SHARES, 0},        {"shares, deviation 0.6", PLANTED_SHARES, 0.6},
};

static void make(const kind *k, cm_philox *random, double *x, size_t n, double memory, double growth)
{
    double rates[PLANTED_MOST] = {0};

    if (k->kind == PLANTED_COUNTS) {
        planted_counts(random, x, n, MEAN, k->deviation, memory, growth);
        return;
    }
    if (k->deviation > 0)
        planted_process(random, rates, n, memory);
    for (size_t i = 0; i < n; i++) {
        double rate = k->deviation * rates[i] + growth * ((double)i - (double)n / 2);
        x[i] = k->kind == PLANTED_SHARES ? planted_binomial(random, PLANTED_TOTAL, 1 / (1 + exp(-rate))) : rate;
    }
}

static void measure(const kind *k, size_t n, double memory, double growth, uint64_t series, double *small,
                    double *smallest)
{
    *small = *smallest = 0;
    for (uint64_t stream = 0; stream < series; stream++) {
        cm_philox random = cm_philox_make(4000, stream);
        double x[PLANTED_MOST];
        make(k, &random, x, n, memory, growth);
        double p = planted_p(x, n, k->kind);
        *small += (p <= LEVEL) / (double)series;
        *smallest += (p <= FAMILY) / (double)series;
    }
}

int main(int argc, char **argv)
{
    const double memories[] = {0, 0.3, 0.5, 0.6}, growths[] = {0.02, 0.04, 0.06, 0.08};
    const size_t years[] = {6, 10, 20, 40, 60};
    uint64_t series = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
    double small, smallest;

    printf("In %% of %llu series: p <= 0.05, and p <= 0.05/8. Without a trend, by memory 0, 0.3, 0.5, 0.6:\n",
           (unsigned long long)series);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t n = 0; n < sizeof years / sizeof *years; n++) {
            printf("| %s | %zu |", kinds[k].name, years[n]);
            for (size_t m = 0; m < (kinds[k].deviation > 0 ? 4 : 1); m++) {
                measure(&kinds[k], years[n], memories[m], 0, series, &small, &smallest);
                printf(" %.1f, %.2f |", 100 * small, 100 * smallest);
                fflush(stdout);
            }
            printf("\n");
        }
    printf("With growth of 2, 4, 6, 8 %% a year and memory 0:\n");
    for (size_t k = 1; k < 4; k++)
        for (size_t n = 1; n < 4; n++) {
            printf("| %s | %zu |", kinds[k].name, years[n]);
            for (size_t g = 0; g < sizeof growths / sizeof *growths; g++) {
                measure(&kinds[k], years[n], 0, growths[g], series, &small, &smallest);
                printf(" %.1f, %.1f |", 100 * small, 100 * smallest);
                fflush(stdout);
            }
            printf("\n");
        }
    return 0;
}

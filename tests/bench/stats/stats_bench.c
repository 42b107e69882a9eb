/* How long the statistics take, on the same series as packages for Python are asked about (peers.py):
 *
 *   stats_bench FILE      FILE has one number a line; prints for each method what it gave and the seconds of one call
 *   stats_bench --many    10,000 series of 240 months: Mann–Kendall, Sen, PELT, and q over all of them; CPU seconds
 *
 * One thread. Repeats a method until it took a fifth of a second and prints the fastest call. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cm_memory.h"
#include "stats/cm_change.h"
#include "stats/cm_fdr.h"
#include "stats/cm_mann_kendall.h"
#include "stats/cm_normal.h"
#include "stats/cm_philox.h"
#include "stats/cm_sen.h"

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(cm_status status)
{
    if (cm_is_ok(status))
        return;
    fprintf(stderr, "stats_bench: %s\n", cm_status_message(status));
    exit(1);
}

typedef struct answer {
    double first, second;
} answer;

static answer trend(const double *x, size_t n)
{
    cm_mann_kendall test;
    cm_sen sen;

    must(cm_mann_kendall_test(x, n, &test));
    must(cm_sen_slope_by_index(x, n, 0.95, &sen));
    return (answer){test.z, sen.slope};
}

static answer pelt(const double *x, size_t n)
{
    /* The penalty that peers.py gives to ruptures. */
    const cm_change_options how = {.cost = CM_COST_L2, .penalty = CM_PENALTY_GIVEN, .given = 3 * log((double)n)};
    cm_segments found = {0};

    must(cm_change_pelt(x, n, &how, &found));
    answer a = {(double)found.count - 1, found.cost};
    cm_segments_clear(&found);
    return a;
}

static void measure(const char *name, answer (*method)(const double *, size_t), const double *x, size_t n)
{
    answer given = {0};
    double fastest = INFINITY, whole = 0;

    while (whole < 0.2) {
        double before = cpu_seconds();
        given = method(x, n);
        double taken = cpu_seconds() - before;
        whole += taken;
        fastest = taken < fastest ? taken : fastest;
    }
    printf("%s %.17g %.17g %.9g\n", name, given.first, given.second, fastest);
}

static size_t read_series(const char *path, double **x)
{
    FILE *file = fopen(path, "r");
    size_t n = 0, capacity = 0;
    double value;

    if (!file) {
        fprintf(stderr, "stats_bench: %s cannot be read\n", path);
        exit(1);
    }
    while (fscanf(file, "%lf", &value) == 1) {
        CM_GROW(*x, capacity, n + 1);
        (*x)[n++] = value;
    }
    fclose(file);
    return n;
}

/* Made-up series: noise, every second with a trend, every third with a step. */
static void many(void)
{
    enum { SERIES = 10000, MONTHS = 240 };
    CM_FREE double *x = cm_realloc(NULL, (size_t)SERIES * MONTHS, sizeof *x);
    CM_FREE double *p = cm_realloc(NULL, SERIES, sizeof *p);
    const cm_change_options how = {.cost = CM_COST_L2, .penalty = CM_PENALTY_MBIC};
    double of_test = 0, of_slope = 0, of_changes = 0;

    for (size_t s = 0; s < SERIES; s++) {
        cm_philox random = cm_philox_make(240, s);
        for (size_t i = 0; i < MONTHS; i++)
            x[s * MONTHS + i] = 20 + cm_normal_quantile(cm_philox_unit(&random)) +
                                (s % 2 == 0 ? 0.005 * (double)i : 0) + (s % 3 == 0 && i > 100 ? 1.5 : 0);
    }
    for (size_t s = 0; s < SERIES; s++) {
        const double *one = x + s * MONTHS;
        cm_mann_kendall test;
        cm_sen sen;
        cm_segments found = {0};
        double a = cpu_seconds();
        must(cm_mann_kendall_test(one, MONTHS, &test));
        double b = cpu_seconds();
        must(cm_sen_slope_by_index(one, MONTHS, 0.95, &sen));
        double c = cpu_seconds();
        must(cm_change_pelt(one, MONTHS, &how, &found));
        cm_segments_clear(&found);
        of_changes += cpu_seconds() - c;
        of_test += b - a;
        of_slope += c - b;
        p[s] = test.p;
    }
    double before = cpu_seconds();
    must(cm_fdr(p, SERIES, p));
    double of_family = cpu_seconds() - before;
    printf("mann_kendall %.3f sen %.3f pelt %.3f fdr %.3f all %.3f\n", of_test, of_slope, of_changes, of_family,
           of_test + of_slope + of_changes + of_family);
}

int main(int argc, char **argv)
{
    CM_FREE double *x = NULL;

    if (argc != 2) {
        fprintf(stderr, "stats_bench FILE | --many\n");
        return 2;
    }
    if (strcmp(argv[1], "--many") == 0) {
        many();
        return 0;
    }
    size_t n = read_series(argv[1], &x);
    measure("mann_kendall_sen", trend, x, n);
    measure("pelt", pelt, x, n);
    return 0;
}

#include "stats/cm_least_squares.h"

#include <math.h>

static double length_of(const double *v, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

/* target −= 2·v·(v·target)/(v·v) */
static void reflect(const double *v, double vv, double *target, size_t n)
{
    double product = 0;

    for (size_t i = 0; i < n; i++)
        product += v[i] * target[i];
    product *= 2 / vv;
    for (size_t i = 0; i < n; i++)
        target[i] -= product * v[i];
}

double cm_least_squares(double *a, double *b, size_t rows, size_t columns, double *x)
{
    size_t rank = 0;

    /* Row `rank` is the next pivot's; x[k] first holds the diagonal of column k, 0 where it is dependent. */
    for (size_t k = 0; k < columns; k++) {
        double *column = a + k * rows, whole = length_of(column, rows);
        double length = length_of(column + rank, rows - rank);
        x[k] = 0;
        if (!(length > 1e-12 * whole))
            continue;
        double diagonal = column[rank] > 0 ? -length : length;
        column[rank] -= diagonal;
        double vv = 2 * length * (length + fabs(column[rank] + diagonal));
        for (size_t j = k + 1; j < columns; j++)
            reflect(column + rank, vv, a + j * rows + rank, rows - rank);
        reflect(column + rank, vv, b + rank, rows - rank);
        x[k] = diagonal;
        rank++;
    }
    double left = length_of(b + rank, rows - rank);
    for (size_t k = columns; k-- > 0;) {
        if (x[k] == 0)
            continue;
        rank--;
        double rest = b[rank];
        for (size_t j = k + 1; j < columns; j++)
            rest -= a[j * rows + rank] * x[j];
        x[k] = rest / x[k];
    }
    return left * left;
}

#include "stats/cm_minimum.h"

#include <math.h>
#include <string.h>

enum { STEPS_MOST = 150, GRID = 40, COARSE = 5, ROUNDS = 2 };

typedef struct point {
    double at[CM_MINIMUM_AXES], value;
} point;

typedef struct problem {
    cm_minimand function;
    void *context;
    size_t axes;
} problem;

static void evaluate(const problem *p, point *x)
{
    for (size_t i = 0; i < p->axes; i++)
        x->at[i] = fmin(fmax(x->at[i], 0), 1);
    double value = p->function(x->at, p->context);
    x->value = isnan(value) ? INFINITY : value;
}

/* Golden section along one axis, between the neighbours of the best of a grid around x. */
static void along(const problem *p, size_t axis, double reach, point *x)
{
    const double golden = 0.6180339887498949;
    double low = fmax(x->at[axis] - reach, 0), high = fmin(x->at[axis] + reach, 1);
    point left = *x, right = *x;

    left.at[axis] = high - golden * (high - low);
    right.at[axis] = low + golden * (high - low);
    evaluate(p, &left);
    evaluate(p, &right);
    while (high - low > 1e-6) {
        if (left.value <= right.value) {
            high = right.at[axis];
            right = left;
            left.at[axis] = high - golden * (high - low);
            evaluate(p, &left);
        } else {
            low = left.at[axis];
            left = right;
            right.at[axis] = low + golden * (high - low);
            evaluate(p, &right);
        }
    }
    if (left.value < x->value)
        *x = left;
    if (right.value < x->value)
        *x = right;
}

static void sort(point *simplex, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        point x = simplex[i];
        size_t j = i;
        for (; j > 0 && simplex[j - 1].value > x.value; j--)
            simplex[j] = simplex[j - 1];
        simplex[j] = x;
    }
}

/* The point on the line from the worst through the others' centre, at `factor` of that distance beyond it. */
static point beyond(const problem *p, const point *simplex, double factor)
{
    point x = {{0}, 0};

    for (size_t i = 0; i < p->axes; i++) {
        double centre = 0;
        for (size_t k = 0; k < p->axes; k++)
            centre += simplex[k].at[i] / (double)p->axes;
        x.at[i] = centre + factor * (centre - simplex[p->axes].at[i]);
    }
    evaluate(p, &x);
    return x;
}

/* Nelder and Mead 1965, from a simplex at `start`. */
static point descend(const problem *p, point start)
{
    point simplex[CM_MINIMUM_AXES + 1];
    size_t worst = p->axes;

    for (size_t k = 0; k <= p->axes; k++) {
        simplex[k] = start;
        if (k > 0)
            simplex[k].at[k - 1] += start.at[k - 1] > 0.5 ? -0.2 : 0.2;
        evaluate(p, &simplex[k]);
    }
    for (int step = 0; step < STEPS_MOST; step++) {
        sort(simplex, worst + 1);
        if (simplex[worst].value - simplex[0].value <= 1e-13 * fabs(simplex[0].value))
            break;
        point x = beyond(p, simplex, 1);
        if (x.value < simplex[0].value) {
            point further = beyond(p, simplex, 2);
            simplex[worst] = further.value < x.value ? further : x;
        } else if (x.value < simplex[worst - 1].value) {
            simplex[worst] = x;
        } else {
            point nearer = beyond(p, simplex, x.value < simplex[worst].value ? 0.5 : -0.5);
            if (nearer.value < fmin(x.value, simplex[worst].value)) {
                simplex[worst] = nearer;
                continue;
            }
            for (size_t k = 1; k <= worst; k++) {
                for (size_t i = 0; i < p->axes; i++)
                    simplex[k].at[i] = (simplex[k].at[i] + simplex[0].at[i]) / 2;
                evaluate(p, &simplex[k]);
            }
        }
    }
    sort(simplex, worst + 1);
    return simplex[0];
}

/* The best of COARSE places along each axis, away from the walls: where none of the corners leads. */
static point best_of_coarse(const problem *p)
{
    point best = {{0}, INFINITY};
    int places = 1;

    for (size_t i = 0; i < p->axes; i++)
        places *= COARSE;
    for (int k = 0; k < places; k++) {
        point x = {{0}, 0};
        for (int i = 0, rest = k; i < (int)p->axes; i++, rest /= COARSE)
            x.at[i] = (rest % COARSE + 0.5) / COARSE;
        evaluate(p, &x);
        if (x.value < best.value)
            best = x;
    }
    return best;
}

static point best_of_grid(const problem *p)
{
    point best = {{0}, INFINITY};

    for (int k = 0; k <= GRID; k++) {
        point x = {{(double)k / GRID}, 0};
        evaluate(p, &x);
        if (x.value < best.value)
            best = x;
    }
    return best;
}

double cm_minimum(cm_minimand function, void *context, size_t axes, double *at)
{
    static const double starts[][CM_MINIMUM_AXES] = {{0.3, 0.1, 0.1}, {0.1, 0.02, 0.5}, {0.8, 0.1, 0.9}};
    problem p = {function, context, axes};
    point best = {{0}, INFINITY};

    if (axes == 1) {
        best = best_of_grid(&p);
        along(&p, 0, 1.0 / GRID, &best);
    } else {
        for (size_t k = 0; k < sizeof starts / sizeof *starts; k++) {
            point start = {{0}, 0};
            memcpy(start.at, starts[k], sizeof start.at);
            point found = descend(&p, start);
            if (found.value < best.value)
                best = found;
        }
        point found = descend(&p, best_of_coarse(&p));
        best = descend(&p, found.value < best.value ? found : best);
        for (int round = 0; round < ROUNDS; round++)
            for (size_t axis = 0; axis < axes; axis++)
                along(&p, axis, round == 0 ? 0.2 : 0.02, &best);
    }
    memcpy(at, best.at, axes * sizeof *at);
    return best.value;
}

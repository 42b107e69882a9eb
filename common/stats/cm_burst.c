#include "stats/cm_burst.h"

#include <float.h>
#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_order.h"
#include "stats/cm_special.h"

static const double WORK_MOST = 1e8, TOTAL_MOST = 1e15;
enum { STATES_MOST = 32 };

typedef struct batches {
    double *relevant, *totals;
    size_t *places;
    size_t n;
} batches;

static void batches_cleanup(batches *b)
{
    free(b->relevant);
    free(b->totals);
    free(b->places);
}

void cm_bursts_clear(cm_bursts *bursts)
{
    free(bursts->state);
    free(bursts->bursts);
    *bursts = (cm_bursts){0};
}

static cm_status check(const double *relevant, const double *totals, size_t n, const cm_burst_options *o)
{
    if (!(o->s > 1 && isfinite(o->s)))
        return cm_fail(CM_INVALID_ARGUMENT, "s: %g is no ratio of states; give a number above 1, such as 2", o->s);
    if (!(o->gamma >= 0 && isfinite(o->gamma)))
        return cm_fail(CM_INVALID_ARGUMENT, "gamma: %g is no price; give a number ≥ 0, such as 1", o->gamma);
    if (o->states < 2 || o->states > STATES_MOST)
        return cm_fail(CM_INVALID_ARGUMENT, "states: %zu is out of range; give 2 to %d", o->states, STATES_MOST);
    if ((double)n * (double)o->states > WORK_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "totals: %zu bins with %zu states are too many; give at most %.0f bins",
                       n, o->states, WORK_MOST / (double)o->states);
    CM_TRY(cm_series_check_counts("relevant", relevant, n));
    CM_TRY(cm_series_check_counts("totals", totals, n));
    for (size_t i = 0; i < n; i++) {
        if (totals[i] > TOTAL_MOST)
            return cm_fail(CM_INVALID_ARGUMENT, "totals[%zu]: %g is beyond %g; use a larger unit", i, totals[i],
                           TOTAL_MOST);
        if (relevant[i] > totals[i])
            return cm_fail(CM_INVALID_ARGUMENT, "relevant[%zu]: %g of %g is more than all; give at most the total", i,
                           relevant[i], totals[i]);
    }
    return cm_ok();
}

/* −ln of the binomial probability of batch t in state i, whose share is base·s^i. */
static double emission(const batches *b, size_t t, double base, double s, size_t state)
{
    double r = b->relevant[t], d = b->totals[t], p = base * pow(s, (double)state);

    return -cm_log_choose(d, r) - (r > 0 ? r * log(fmax(p, DBL_MIN)) : 0) -
           (d > r ? (d - r) * log1p(-fmin(p, 1 - DBL_EPSILON / 2)) : 0);
}

/* The cheapest sequence; ties go to lower states. */
static double viterbi(const batches *b, double base, double s, double price, size_t states, uint8_t *sequence)
{
    CM_FREE uint8_t *from = cm_alloc(b->n * states * sizeof *from);
    double cost[STATES_MOST], next[STATES_MOST];

    for (size_t j = 0; j < states; j++)
        cost[j] = j == 0 ? 0 : INFINITY;
    for (size_t t = 0; t < b->n; t++) {
        for (size_t j = 0; j < states; j++) {
            next[j] = INFINITY;
            for (size_t i = 0; i < states; i++) {
                double way = cost[i] + (j > i ? (double)(j - i) * price : 0);
                if (way < next[j]) {
                    next[j] = way;
                    from[t * states + j] = (uint8_t)i;
                }
            }
            next[j] += emission(b, t, base, s, j);
        }
        memcpy(cost, next, sizeof cost);
    }
    size_t best = 0;
    for (size_t j = 1; j < states; j++)
        if (cost[j] < cost[best])
            best = j;
    double total = cost[best];
    for (size_t t = b->n; t-- > 0;) {
        sequence[t] = (uint8_t)best;
        best = from[t * states + best];
    }
    return total;
}

/* Runs of a level or higher, at each level. */
static void collect(const batches *b, double base, double s, const uint8_t *sequence, size_t states, cm_bursts *r)
{
    size_t capacity = 0;

    for (size_t t = 0; t < b->n; t++)
        for (size_t level = 1; level < states; level++) {
            if (sequence[t] < level || (t > 0 && sequence[t - 1] >= level))
                continue;
            cm_burst burst = {.first = b->places[t], .level = (int)level};
            for (size_t u = t; u < b->n && sequence[u] >= level; u++) {
                burst.last = b->places[u];
                burst.weight += emission(b, u, base, s, level - 1) - emission(b, u, base, s, level);
            }
            CM_GROW(r->bursts, capacity, r->count + 1);
            r->bursts[r->count++] = burst;
        }
}

cm_status cm_burst_find(const double *relevant, const double *totals, size_t n, const cm_burst_options *options,
                        cm_bursts *result)
{
    CM_TRY(check(relevant, totals, n, options));
    CM_AUTO(batches)
    b = {cm_realloc(NULL, n, sizeof(double)), cm_realloc(NULL, n, sizeof(double)), cm_realloc(NULL, n, sizeof(size_t)),
         0};
    cm_bursts r = {.states = 1, .base = NAN};
    double hits = 0, all = 0;
    if (n > 0)
        r.state = cm_realloc(NULL, n, sizeof *r.state);
    for (size_t t = 0; t < n; t++) {
        r.state[t] = -1;
        if (isnan(relevant[t]) || !(totals[t] > 0))
            continue;
        b.relevant[b.n] = relevant[t];
        b.totals[b.n] = totals[t];
        b.places[b.n++] = t;
        hits += relevant[t];
        all += totals[t];
    }
    r.n = b.n;
    if (all > 0) {
        r.base = hits / all;
        while (r.states < options->states && r.base > 0 && r.base * pow(options->s, (double)r.states) < 1)
            r.states++;
        CM_FREE uint8_t *sequence = cm_realloc(NULL, b.n, sizeof *sequence);
        r.cost = viterbi(&b, r.base, options->s, options->gamma * log((double)b.n), r.states, sequence);
        for (size_t t = 0; t < b.n; t++)
            r.state[b.places[t]] = sequence[t];
        collect(&b, r.base, options->s, sequence, r.states, &r);
    }
    *result = r;
    return cm_ok();
}

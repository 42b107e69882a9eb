#include "stats/cm_order.h"

#include <string.h>

#include "base/cm_memory.h"

enum { SMALL = 24 };

static void swap(double *a, double *b)
{
    double t = *a;
    *a = *b;
    *b = t;
}

static void sort_small(double *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double x = v[i];
        size_t j = i;
        for (; j > 0 && v[j - 1] > x; j--)
            v[j] = v[j - 1];
        v[j] = x;
    }
}

static void sift(double *v, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && v[child + 1] > v[child])
            child++;
        if (v[root] >= v[child])
            return;
        swap(&v[root], &v[child]);
    }
}

static void sort_heap(double *v, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(v, i, n);
    for (size_t i = n; i-- > 1;) {
        swap(&v[0], &v[i]);
        sift(v, 0, i);
    }
}

/* Hoare's partition around the median of three: afterwards v[0 … result−1] ≤ pivot ≤ v[result … n−1], neither empty. */
static size_t partition(double *v, size_t n)
{
    double *middle = &v[n / 2], *last = &v[n - 1];

    if (*middle < v[0])
        swap(middle, &v[0]);
    if (*last < v[0])
        swap(last, &v[0]);
    if (*last < *middle)
        swap(last, middle);
    double pivot = *middle;
    size_t i = 0, j = n - 1;
    for (;;) {
        while (v[i] < pivot)
            i++;
        while (v[j] > pivot)
            j--;
        if (i >= j)
            return i == 0 ? 1 : i;
        swap(&v[i++], &v[j--]);
    }
}

static int depth_for(size_t n)
{
    int depth = 8;
    for (; n > 1; n /= 2)
        depth += 2;
    return depth;
}

static void sort_within(double *v, size_t n, int depth)
{
    while (n > SMALL) {
        if (depth-- == 0) {
            sort_heap(v, n);
            return;
        }
        size_t cut = partition(v, n);
        if (cut < n - cut) {
            sort_within(v, cut, depth);
            v += cut;
            n -= cut;
        } else {
            sort_within(v + cut, n - cut, depth);
            n = cut;
        }
    }
    sort_small(v, n);
}

void cm_sort(double *values, size_t n)
{
    sort_within(values, n, depth_for(n));
}

static double median_of_three(double a, double b, double c)
{
    double low = a < b ? a : b, high = a < b ? b : a;

    return c < low ? low : c > high ? high : c;
}

/* Moves what is below the pivot (or not above it) to the front, without a branch that could be foretold wrongly. */
static size_t gather(double *v, size_t n, double pivot, bool equal_too)
{
    size_t cut = 0;

    for (size_t i = 0; i < n; i++) {
        double x = v[i];
        v[i] = v[cut];
        v[cut] = x;
        cut += equal_too ? x <= pivot : x < pivot;
    }
    return cut;
}

static size_t ranks_below(const uint64_t *ranks, size_t count, uint64_t end)
{
    size_t below = 0;

    while (below < count && ranks[below] < end)
        below++;
    return below;
}

static void select_within(double *v, size_t n, uint64_t offset, const uint64_t *ranks, size_t count, double *found,
                          int depth)
{
    while (count > 0) {
        if (n <= SMALL || depth-- == 0) {
            sort_within(v, n, depth_for(n));
            for (size_t i = 0; i < count; i++)
                found[i] = v[ranks[i] - offset];
            return;
        }
        double pivot = median_of_three(v[0], v[n / 2], v[n - 1]);
        size_t cut = gather(v, n, pivot, false), left = ranks_below(ranks, count, offset + cut);
        if (cut == 0) {
            cut = gather(v, n, pivot, true);
            left = ranks_below(ranks, count, offset + cut);
            for (size_t i = 0; i < left; i++)
                found[i] = pivot;
        } else if (left == count) {
            n = cut;
            continue;
        } else {
            select_within(v, cut, offset, ranks, left, found, depth);
        }
        v += cut;
        n -= cut;
        offset += cut;
        ranks += left;
        found += left;
        count -= left;
    }
}

void cm_select(double *values, size_t n, const uint64_t *ranks, size_t count, double *found)
{
    select_within(values, n, 0, ranks, count, found, depth_for(n));
}

double cm_median(const double *values, size_t n)
{
    if (n == 0)
        return NAN;
    CM_FREE double *copy = cm_realloc(NULL, n, sizeof *copy);
    memcpy(copy, values, n * sizeof *copy);
    uint64_t ranks[2] = {(n - 1) / 2, n / 2};
    double found[2];
    cm_select(copy, n, ranks, 2, found);
    return found[0] / 2 + found[1] / 2;
}

double cm_quantile(const double *sorted, size_t n, double share)
{
    if (n == 0)
        return NAN;
    double at = share * (double)(n - 1);
    size_t below = (size_t)at;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

void cm_sort_positions(const double *values, size_t n, uint32_t *positions)
{
    CM_FREE uint32_t *scratch = cm_realloc(NULL, n, sizeof *scratch);
    uint32_t *from = positions, *to = scratch;

    for (size_t i = 0; i < n; i++)
        positions[i] = (uint32_t)i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t begin = 0; begin < n; begin += 2 * width) {
            size_t i = begin, middle = begin + width < n ? begin + width : n, j = middle;
            size_t end = middle + width < n ? middle + width : n, k = begin;
            while (i < middle && j < end) {
                size_t second = values[from[j]] < values[from[i]], mask = -second; /* as in cm_sort_counting */
                to[k++] = from[i ^ ((i ^ j) & mask)];
                j += second;
                i += 1 - second;
            }
            while (i < middle)
                to[k++] = from[i++];
            while (j < end)
                to[k++] = from[j++];
        }
        uint32_t *other = from;
        from = to;
        to = other;
    }
    if (from != positions)
        memcpy(positions, from, n * sizeof *positions);
}

void cm_ranks(const double *values, size_t n, double *ranks)
{
    CM_FREE uint32_t *order = cm_realloc(NULL, n, sizeof *order);

    cm_sort_positions(values, n, order);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && values[order[j]] == values[order[i]];)
            j++;
        for (size_t k = i; k < j; k++)
            ranks[order[k]] = (double)(i + 1 + j) / 2;
    }
}

static uint64_t count_small(double *v, size_t n)
{
    uint64_t inversions = 0;

    for (size_t i = 1; i < n; i++) {
        double x = v[i];
        size_t j = i;
        for (; j > 0 && v[j - 1] > x; j--)
            v[j] = v[j - 1];
        v[j] = x;
        inversions += i - j;
    }
    return inversions;
}

uint64_t cm_sort_counting(double *values, size_t n)
{
    enum { BLOCK = 12 };
    uint64_t inversions = 0;

    for (size_t i = 0; i < n; i += BLOCK)
        inversions += count_small(values + i, n - i < BLOCK ? n - i : BLOCK);
    if (n <= BLOCK)
        return inversions;
    CM_FREE double *scratch = cm_realloc(NULL, n, sizeof *scratch);
    double *from = values, *to = scratch;
    for (size_t width = BLOCK; width < n; width *= 2) {
        for (size_t begin = 0; begin < n; begin += 2 * width) {
            size_t i = begin, middle = begin + width < n ? begin + width : n, j = middle;
            size_t end = middle + width < n ? middle + width : n, k = begin;
            while (i < middle && j < end) {
                /* By masks: a branch would be foretold wrongly every other time. */
                size_t second = from[j] < from[i], mask = -second;
                to[k++] = from[i ^ ((i ^ j) & mask)];
                inversions += (middle - i) & mask;
                j += second;
                i += 1 - second;
            }
            memcpy(to + k, from + i, (middle - i) * sizeof *to);
            k += middle - i;
            memcpy(to + k, from + j, (end - j) * sizeof *to);
        }
        double *other = from;
        from = to;
        to = other;
    }
    if (from != values)
        memcpy(values, from, n * sizeof *values);
    return inversions;
}

cm_ties cm_ties_of_sorted(const double *sorted, size_t n)
{
    cm_ties ties = {0, 0};

    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && sorted[j] == sorted[i];)
            j++;
        double t = (double)(j - i);
        ties.pairs += (uint64_t)(j - i) * (j - i - 1) / 2;
        ties.term += t * (t - 1) * (2 * t + 5);
    }
    return ties;
}

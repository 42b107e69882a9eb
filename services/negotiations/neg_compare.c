#include "negotiations/neg_compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_date.h"
#include "base/cm_message.h"
#include "google/protobuf/wrappers.grpc-c.h"

enum { NEAR_QUARTER_DAYS = 5 * 1461 }; /* 5 × 365.25 days, in quarters of a day */

/* Dates are in their canonical form since the positions were recorded. */
static cm_date date_of(const NegPosition *position)
{
    cm_date date;
    cm_status s = cm_date_parse(position->date, &date);

    cm_status_clear(&s);
    return date;
}

static int by_date(const void *a, const void *b)
{
    const NegPosition *x = *(NegPosition *const *)a, *y = *(NegPosition *const *)b;
    int order = cm_date_compare(date_of(x), date_of(y));

    return order ? order : strcmp(x->name, y->name);
}

static int32_t apart(const NegPosition *a, const NegPosition *b)
{
    return abs(cm_date_first_day(date_of(a)) - cm_date_first_day(date_of(b)));
}

/* The nearest of the state's claims, which are in order of date; NULL where none is near enough. */
static NegPosition *nearest_to(const NegPosition *city, NegPosition *const *state, size_t count)
{
    NegPosition *best = NULL;

    for (size_t i = 0; i < count; i++)
        if ((int64_t)apart(city, state[i]) * 4 <= NEAR_QUARTER_DAYS &&
            (!best || apart(city, state[i]) <= apart(city, best)))
            best = state[i];
    return best;
}

static int32_t stance(const NegPosition *position)
{
    return position->stance ? position->stance->value : 0;
}

static NegPositionPair *pair_up(NegPosition *city, NegPosition *state, cm_arena *arena)
{
    NegPositionPair *pair = CM_NEW(arena, NegPositionPair);

    pair->city = city;
    pair->state = state;
    if (!state)
        return pair;
    pair->divergence = CM_NEW(arena, GoogleInt32Value);
    pair->divergence->value = stance(city) - stance(state);
    pair->opposed = stance(city) * stance(state) < 0;
    pair->days_apart = apart(city, state);
    return pair;
}

void neg_compare(NegPosition **city, size_t city_count, NegPosition **state, size_t state_count, cm_arena *arena,
                 NegIssueComparison *comparison)
{
    NegPositionPair *nearest = NULL;

    if (city_count)
        qsort(city, city_count, sizeof *city, by_date);
    if (state_count)
        qsort(state, state_count, sizeof *state, by_date);
    comparison->pairs = cm_arena_take(arena, (city_count + 1) * sizeof *comparison->pairs);
    for (size_t i = 0; i < city_count; i++) {
        NegPositionPair *pair = pair_up(city[i], nearest_to(city[i], state, state_count), arena);
        comparison->pairs[comparison->n_pairs++] = pair;
        if (pair->state && (!nearest || pair->days_apart <= nearest->days_apart))
            nearest = pair;
    }
    if (nearest)
        nearest->nearest = true;
    comparison->state_positions = state;
    comparison->n_state_positions = state_count;
}

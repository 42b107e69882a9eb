#include "trends/trd_partners.h"

#include <string.h>

#include "base/cm_memory.h"

static bool is_focal(const trd_agreement *a, size_t party, const char *focal)
{
    return strncmp(a->parties[party], "cities/", 7) == 0 && strcmp(a->states[party], focal) == 0;
}

static size_t foreign_parties(const trd_agreement *a, const char *focal)
{
    size_t count = 0;

    for (size_t i = 0; i < a->party_count; i++)
        count += *a->states[i] && strcmp(a->states[i], focal) != 0;
    return count;
}

/* By city and party; then the pair that counts comes first: dated before undated, earlier, by name. Agreements come in
 * order of names, so that their addresses order them. */
static int in_order(const void *a, const void *b)
{
    const trd_pair *x = a, *y = b;
    int order = strcmp(x->city, y->city);

    if (order == 0)
        order = strcmp(x->party, y->party);
    if (order == 0)
        order = (x->date.precision == CM_PRECISION_NONE) - (y->date.precision == CM_PRECISION_NONE);
    if (order == 0)
        order = cm_date_compare(x->date, y->date);
    return order ? order : (x->agreement > y->agreement) - (x->agreement < y->agreement);
}

static void add_agreement(const trd_agreement *a, const char *focal, trd_pair **pairs, size_t *count, size_t *capacity)
{
    size_t foreign = foreign_parties(a, focal);

    for (size_t f = 0; f < a->party_count; f++) {
        if (!is_focal(a, f, focal))
            continue;
        for (size_t i = 0; i < a->party_count; i++) {
            bool stateless = !*a->states[i];
            if (i == f || (!stateless && strcmp(a->states[i], focal) == 0))
                continue;
            bool known = !stateless && foreign <= TRD_SPLIT_MAX;
            CM_GROW(*pairs, *capacity, *count + 1);
            (*pairs)[(*count)++] = (trd_pair){.city = a->parties[f],
                                              .party = a->parties[i],
                                              .state = known ? a->states[i] : "",
                                              .agreement = a,
                                              .date = trd_agreement_signed(a),
                                              .weight = known ? TRD_WHOLE / (int64_t)foreign : TRD_WHOLE};
        }
    }
}

/* A pair without a state is unknown whatever its date: it belongs to its first agreement by name. */
static bool better(const trd_pair *pair, const trd_pair *kept)
{
    return !*pair->state && !*kept->state && pair->agreement < kept->agreement;
}

void trd_partners_pair(const trd_agreement *agreements, size_t count, const char *focal, cm_arena *arena,
                       trd_pair **pairs, size_t *pair_count)
{
    trd_pair *all = NULL;
    size_t n = 0, capacity = 0, kept = 0;

    for (size_t i = 0; i < count; i++)
        add_agreement(&agreements[i], focal, &all, &n, &capacity);
    if (n > 0)
        qsort(all, n, sizeof *all, in_order);
    for (size_t i = 0; i < n; i++) {
        bool same =
            kept > 0 && strcmp(all[kept - 1].city, all[i].city) == 0 && strcmp(all[kept - 1].party, all[i].party) == 0;
        if (!same)
            all[kept++] = all[i];
        else if (better(&all[i], &all[kept - 1]))
            all[kept - 1] = all[i];
    }
    *pairs = cm_arena_copy(arena, all, kept * sizeof *all);
    *pair_count = kept;
    free(all);
}

/* With whom focal cities make agreements: pairs of city and foreign party, each by their first agreement. */
#include "trd_bed.h"

#include "trends/trd_partners.h"

enum { PARTIES = 24 };

/* An agreement written down in a test: parties as "city:state" ("-" for none), signatures by date. */
static trd_agreement agreement(cm_arena *arena, const char *name, const char *parties, const char *signed_on)
{
    trd_agreement a = {.name = name,
                       .parties = cm_arena_take(arena, PARTIES * sizeof(char *)),
                       .states = cm_arena_take(arena, PARTIES * sizeof(char *)),
                       .steps = cm_arena_zero(arena, sizeof(trd_step)),
                       .step_count = 1,
                       .collection = "russia"};
    char *rest = cm_arena_strdup(arena, parties), *word;

    while ((word = strsep(&rest, " "))) {
        char *state = strchr(word, ':');
        *state++ = '\0';
        a.parties[a.party_count] = word;
        a.states[a.party_count++] = strcmp(state, "-") == 0 ? "" : cm_arena_format(arena, "states/%s", state);
    }
    a.steps[0] = (trd_step){.date = bed_date(signed_on), .status = NEG_AGREEMENT_STATUS_SIGNED};
    return a;
}

/* The pairs as text: "city party state agreement weight", a line each, weights as 1/k. */
static void assert_partners(const trd_agreement *agreements, size_t count, cm_arena *arena, const char *expected)
{
    trd_pair *pairs;
    size_t n;
    cm_text text = {0};

    trd_partners_pair(agreements, count, "states/ru", arena, &pairs, &n);
    for (size_t i = 0; i < n; i++) {
        int parts = (int)(TRD_WHOLE / pairs[i].weight);
        assert_int_equal(parts * pairs[i].weight, TRD_WHOLE);
        cm_text_format(&text, "%s %s %s %s 1/%d\n", pairs[i].city, pairs[i].party,
                       *pairs[i].state ? pairs[i].state : "unknown", pairs[i].agreement->name, parts);
    }
    assert_string_equal(cm_text_get(&text), expected);
    cm_text_clear(&text);
}

static void the_first_signature_counts_and_renewals_do_not(void **state)
{
    CM_ARENA(arena);
    const trd_agreement all[] = {
        agreement(arena, "agreements/a", "cities/kazan:ru cities/izmir:tr", "2005"),
        agreement(arena, "agreements/b", "cities/kazan:ru cities/izmir:tr", "1999-06"),
        agreement(arena, "agreements/c", "cities/kazan:ru cities/izmir:tr", ""),
    };

    assert_partners(all, 3, arena, "cities/kazan cities/izmir states/tr agreements/b 1/1\n");
}

static void of_equal_dates_the_first_name_counts_and_without_any_date_too(void **state)
{
    CM_ARENA(arena);
    const trd_agreement all[] = {
        agreement(arena, "agreements/a", "cities/kazan:ru cities/izmir:tr", ""),
        agreement(arena, "agreements/b", "cities/kazan:ru cities/izmir:tr", "2005"),
        agreement(arena, "agreements/c", "cities/kazan:ru cities/izmir:tr", "2005"),
        agreement(arena, "agreements/d", "cities/kazan:ru cities/paris:fr", ""),
        agreement(arena, "agreements/e", "cities/kazan:ru cities/paris:fr", ""),
    };

    assert_partners(all, 5, arena,
                    "cities/kazan cities/izmir states/tr agreements/b 1/1\n"
                    "cities/kazan cities/paris states/fr agreements/d 1/1\n");
}

static void an_agreement_is_split_over_its_foreign_parties_for_each_focal_city(void **state)
{
    CM_ARENA(arena);
    const trd_agreement all[] = {
        agreement(arena, "agreements/a",
                  "cities/kazan:ru cities/perm:ru cities/izmir:tr cities/paris:fr states/cn:cn states/ru:ru", "2001"),
    };

    assert_partners(all, 1, arena,
                    "cities/kazan cities/izmir states/tr agreements/a 1/3\n"
                    "cities/kazan cities/paris states/fr agreements/a 1/3\n"
                    "cities/kazan states/cn states/cn agreements/a 1/3\n"
                    "cities/perm cities/izmir states/tr agreements/a 1/3\n"
                    "cities/perm cities/paris states/fr agreements/a 1/3\n"
                    "cities/perm states/cn states/cn agreements/a 1/3\n");
}

static void who_belongs_to_no_state_is_unknown_whole_and_takes_no_share(void **state)
{
    CM_ARENA(arena);
    const trd_agreement all[] = {
        agreement(arena, "agreements/a", "cities/kazan:ru institutions/uclg:- cities/izmir:tr", "2005"),
        agreement(arena, "agreements/b", "cities/kazan:ru institutions/uclg:-", "1999"),
    };

    /* unknown belongs to the first agreement by name, whatever its date */
    assert_partners(all, 2, arena,
                    "cities/kazan cities/izmir states/tr agreements/a 1/1\n"
                    "cities/kazan institutions/uclg unknown agreements/a 1/1\n");
}

static void more_than_20_foreign_parties_cannot_be_split(void **state)
{
    CM_ARENA(arena);
    cm_text parties = {0};
    trd_pair *pairs;
    size_t n;

    cm_text_add(&parties, "cities/kazan:ru");
    for (int i = 0; i < 21; i++)
        cm_text_format(&parties, " cities/c%d:tr", i);
    const trd_agreement all[] = {agreement(arena, "agreements/a", cm_text_get(&parties), "2001")};
    trd_partners_pair(all, 1, "states/ru", arena, &pairs, &n);
    assert_int_equal(n, 21);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(pairs[i].state, "");
    cm_text_clear(&parties);
}

static void agreements_without_a_focal_city_give_no_pair(void **state)
{
    CM_ARENA(arena);
    const trd_agreement all[] = {
        agreement(arena, "agreements/a", "cities/rome:it cities/izmir:tr", "2005"),
        agreement(arena, "agreements/b", "states/ru:ru cities/izmir:tr", "2005"),
        agreement(arena, "agreements/c", "cities/kazan:ru cities/perm:ru", "2005"),
    };

    assert_partners(all, 3, arena, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_signature_counts_and_renewals_do_not),
        cmocka_unit_test(of_equal_dates_the_first_name_counts_and_without_any_date_too),
        cmocka_unit_test(an_agreement_is_split_over_its_foreign_parties_for_each_focal_city),
        cmocka_unit_test(who_belongs_to_no_state_is_unknown_whole_and_takes_no_share),
        cmocka_unit_test(more_than_20_foreign_parties_cannot_be_split),
        cmocka_unit_test(agreements_without_a_focal_city_give_no_pair),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "check.h"

#include "base/cm_filter.h"
#include "sample.pb-c.h"

typedef Cityneg__Testing__Base__Sample Sample;
typedef Cityneg__Testing__Base__Party Party;
#define SAMPLE (&cityneg__testing__base__sample__descriptor)
#define PARTY (&cityneg__testing__base__party__descriptor)
#define TIMESTAMP (&google__protobuf__timestamp__descriptor)
#define INT64_VALUE (&google__protobuf__int64_value__descriptor)

static Party *party(cm_arena *arena, char *actor, int32_t rank)
{
    Party *p = cm_message_new(arena, PARTY);

    p->actor = actor;
    p->rank = rank;
    return p;
}

static Sample *sample(cm_arena *arena)
{
    Sample *s = cm_message_new(arena, SAMPLE);
    static char *names[] = {"Казань", "Kazan"};

    s->name = "cities/kazan-ru";
    s->int32_field = -5;
    s->double_field = 2.5;
    s->uint64_field = UINT64_MAX;
    s->bool_field = true;
    s->channel = CITYNEG__TESTING__BASE__CHANNEL__CHANNEL_VIRTUAL;
    s->party = party(arena, "states/ru", 3);
    s->names = names;
    s->n_names = 2;
    s->parties = cm_arena_take(arena, 2 * sizeof(Party *));
    s->parties[0] = party(arena, "cities/ufa-ru", 1);
    s->parties[1] = party(arena, "institutions/c40", 2);
    s->n_parties = 2;
    s->created = cm_message_new(arena, TIMESTAMP);
    s->created->seconds = 1420070400; /* 2015-01-01 */
    s->maybe_number = cm_message_new(arena, INT64_VALUE);
    s->maybe_number->value = 7;
    return s;
}

static bool fits(const Sample *s, const char *text, cm_arena *arena)
{
    cm_filter *filter;

    check_ok(cm_filter_parse(SAMPLE, text, arena, &filter));
    return cm_filter_fits(filter, &s->base);
}

static void what_fits_fits_and_its_opposite_does_not(void **state)
{
    static const char *const right[] = {
        "name = \"cities/kazan-ru\"",
        "name = cities/kazan-ru",
        "name = 'cities/*'",
        "name = *ru",
        "name = *kazan*",
        "name != \"cities/ufa-ru\"",
        "name > cities/a AND name < cities/z",
        "int32_field = -5",
        "int32_field < 0",
        "int32_field >= -5 int32_field <= -5", /* side by side: AND */
        "double_field > 2.4",
        "double_field = 2.5e0",
        "uint64_field > 17",
        "bool_field = true",
        "bool_field != false",
        "channel = virtual",
        "channel = CHANNEL_VIRTUAL",
        "channel != hybrid",
        "channel:*",
        "party.actor = \"states/ru\"",
        "party.rank > 2",
        "party:*",
        "party.delegate.actor != x", /* what is missing is another than every value */
        "names:Kazan",
        "names:\"Каз*\"",
        "names:*",
        "parties.actor:\"institutions/c40\"",
        "parties.rank:2",
        "parties:*",
        "created > 2014-12-31T23:59:59Z",
        "created = \"2015-01-01T01:00:00+01:00\"",
        "maybe_number = 7",
        "maybe_number:*",
        "int32_field:*",
        "name = x OR name = cities/kazan-ru",
        "name = x OR bool_field = true AND int32_field < 0", /* OR binds tighter */
        "(name = x AND bool_field = true) OR int32_field < 0",
        "NOT (name = x AND bool_field = true)",
        "NOT(name = x)",
    };
    CM_ARENA(arena);
    Sample *s = sample(arena);

    for (size_t i = 0; i < CHECK_COUNT(right); i++) {
        if (!fits(s, right[i], arena))
            fail_msg("does not fit: %s", right[i]);
        if (fits(s, cm_arena_format(arena, "-(%s)", right[i]), arena))
            fail_msg("its opposite fits: %s", right[i]);
    }
    assert_true(fits(s, "", arena));
    assert_true(fits(s, "  ", arena));
    assert_false(fits(s, "name = x AND bool_field = true OR int32_field < 0", arena));
}

static void what_is_missing_is_neither_below_nor_above(void **state)
{
    static const char *const wrong[] = {"name < z",
                                        "name > a",
                                        "name:*",
                                        "maybe_number < 9",
                                        "maybe_number:*",
                                        "party.rank >= 0",
                                        "party:*",
                                        "channel:*",
                                        "names:x",
                                        "parties.rank:0",
                                        "created > 1970-01-01T00:00:00Z",
                                        "bytes_field:*",
                                        "chosen_number:*",
                                        "float_field:*",
                                        "chosen_name = \"x\"",
                                        "int32_field:*",
                                        "double_field:*",
                                        "maybe_flag = false"};
    CM_ARENA(arena);
    Sample *s = cm_message_new(arena, SAMPLE);

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++)
        if (fits(s, wrong[i], arena))
            fail_msg("fits: %s", wrong[i]);
    assert_true(fits(s, "name = \"\"", arena));
    assert_true(fits(s, "maybe_number != 9", arena));
    assert_true(fits(s, "maybe_text = \"\"", arena));
    assert_true(fits(s, "int32_field = 0", arena));
}

static void stars_are_characters_where_they_are_escaped(void **state)
{
    CM_ARENA(arena);
    Sample *s = sample(arena);
    cm_filter *filter;

    s->name = "a*\"b";
    assert_true(fits(s, "name = \"a\\*\\\"b\"", arena));
    assert_true(fits(s, "name = \"a\\**\"", arena));
    assert_false(fits(s, "name = \"a\\*\"", arena));
    check_fails(cm_filter_parse(SAMPLE, "name = \"a*b\"", arena, &filter), CM_INVALID_ARGUMENT, "write \\* for");
    check_fails(cm_filter_parse(SAMPLE, "name > \"a*\"", arena, &filter), CM_INVALID_ARGUMENT, "write \\* for");
}

static void what_is_no_filter_says_where_and_why(void **state)
{
    static const char *const wrong[][2] = {
        {"mayor = x", "\"mayor\" is no field of Sample; it has int32_field"},
        {"party.mayor = x", "\"mayor\" is no field of Party; it has actor, roles, delegate, rank"},
        {"name.x = 1", "name has no fields of its own"},
        {"created.seconds = 1", "created has no fields of its own"},
        {"name", "there is no comparison at character 5"},
        {"name = ", "there is no value at character 8"},
        {"name = \"x", "a quote is not closed"},
        {"name = x AND", "there is no field at character 13"},
        {"name = x OR y", "\"y\" is no field"},
        {"name = x)", "a ) has no ("},
        {"(name = x", "there is no )"},
        {"name ~ x", "there is no comparison"},
        {"= x", "there is no field at character 1"},
        {"channel = fax", "\"fax\" is not allowed; give one of in_person"},
        {"channel > virtual", "codes have no order"},
        {"int32_field = many", "\"many\" is no number"},
        {"int32_field = 1.5", "is no whole number"},
        {"bool_field = yes", "\"yes\" is neither true nor false"},
        {"bool_field > false", "have no order"},
        {"created = yesterday", "created: "},
        {"party = x", "party is no single value"},
        {"names = Kazan", "ask with `names:` whether one of them is it"},
        {"parties.rank > 1", "ask with `parties.rank:`"},
        {"party.delegate.delegate.delegate.delegate.delegate.actor = x", "goes deeper than 6 fields"},
    };
    CM_ARENA(arena);
    cm_filter *filter;

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++)
        check_fails(cm_filter_parse(SAMPLE, wrong[i][0], arena, &filter), CM_INVALID_ARGUMENT, wrong[i][1]);
}

static char *repeated(cm_arena *arena, const char *text, int times, const char *last)
{
    char *all = cm_arena_zero(arena, strlen(text) * (size_t)times + strlen(last) + 1);

    for (int i = 0; i < times; i++)
        strcat(all, text);
    return strcat(all, last);
}

static void filters_are_bounded(void **state)
{
    CM_ARENA(arena);
    cm_filter *filter;

    check_ok(cm_filter_parse(SAMPLE, repeated(arena, "name=x ", CM_FILTER_TERMS, ""), arena, &filter));
    check_fails(cm_filter_parse(SAMPLE, repeated(arena, "name=x ", CM_FILTER_TERMS + 1, ""), arena, &filter),
                CM_INVALID_ARGUMENT, "a comparison too many");
    check_fails(cm_filter_parse(SAMPLE, repeated(arena, "(", 1000, "name=x"), arena, &filter), CM_INVALID_ARGUMENT,
                "parentheses are too many");
    check_fails(cm_filter_parse(SAMPLE, repeated(arena, " ", CM_FILTER_BYTES + 1, ""), arena, &filter),
                CM_INVALID_ARGUMENT, "4097 bytes are too long");
}

/* Any row of words is read, or refused at `filter`; what is read can be asked. */
static void any_text_is_a_filter_or_is_refused_as_one(void **state)
{
    static const char *const words[] = {"name",
                                        "party.rank",
                                        "parties.actor",
                                        "channel",
                                        "created",
                                        "=",
                                        "!=",
                                        "<",
                                        ">=",
                                        ":",
                                        "\"x\"",
                                        "'x'",
                                        "\"",
                                        "\\",
                                        " AND ",
                                        " OR ",
                                        "NOT ",
                                        "(",
                                        ")",
                                        "-",
                                        "17",
                                        "hybrid",
                                        "*",
                                        " ",
                                        "ф",
                                        "2015-01-01T00:00:00Z"};
    CM_ARENA(arena);
    Sample *s = sample(arena);
    uint64_t random = 160;
    int read = 0;

    for (int i = 0; i < 200000; i++) {
        char text[256] = "";
        for (uint64_t length = check_random(&random) % 9; length > 0; length--)
            strcat(text, words[check_random(&random) % CHECK_COUNT(words)]);
        cm_filter *filter;
        cm_status status = cm_filter_parse(SAMPLE, text, arena, &filter);
        if (cm_is_ok(status)) {
            cm_filter_fits(filter, &s->base);
            read++;
        } else {
            assert_int_equal(status.code, CM_INVALID_ARGUMENT);
            assert_string_equal(status.error->violations->field, "filter");
        }
        cm_status_clear(&status);
        cm_arena_reset(arena);
        s = sample(arena);
    }
    assert_in_range(read, 1000, 200000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_fits_and_its_opposite_does_not),
        cmocka_unit_test(what_is_missing_is_neither_below_nor_above),
        cmocka_unit_test(stars_are_characters_where_they_are_escaped),
        cmocka_unit_test(what_is_no_filter_says_where_and_why),
        cmocka_unit_test(filters_are_bounded),
        cmocka_unit_test(any_text_is_a_filter_or_is_refused_as_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

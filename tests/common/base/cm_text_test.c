#include "check.h"

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "base/cm_utf8.h"

static void text_grows_and_stays_terminated(void **state)
{
    CM_AUTO(cm_text) text = {0};

    assert_string_equal(cm_text_get(&text), "");
    for (int i = 0; i < 500; i++) {
        cm_text_add(&text, "ab");
        cm_text_char(&text, 'c');
        cm_text_format(&text, "%d", i % 10);
        cm_text_bytes(&text, "xyz", 2);
    }
    assert_int_equal(text.size, 500 * 6);
    assert_int_equal(strlen(text.data), text.size);
    assert_memory_equal(text.data + 6 * 123, "abc3xy", 6);
    cm_text_clear(&text);
    assert_null(text.data);
}

static void well_formed_utf8_is_valid(void **state)
{
    static const char *const valid[] = {"",
                                        "Paris",
                                        "Москва",
                                        "東京",
                                        "\xf0\x9f\x8c\x8d",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xf4\x8f\xbf\xbf",
                                        "\xc2\x80",
                                        "\xe0\xa0\x80",
                                        "\xf0\x90\x80\x80"};

    for (size_t i = 0; i < CHECK_COUNT(valid); i++)
        assert_true(cm_utf8_valid(valid[i], strlen(valid[i]), NULL));
    assert_true(cm_utf8_valid("\0", 1, NULL));
}

static void ill_formed_utf8_is_found_where_it_begins(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } wrong[] = {
        {"a\x80", 1},    /* a continuation alone */
        {"ab\xc3", 2},   /* cut */
        {"\xc0\xaf", 0}, /* overlong in two, three and four bytes */
        {"\xe0\x80\xaf", 0},
        {"\xf0\x80\x80\xaf", 0},
        {"\xc1\xbf", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xed\xa0\x80", 0}, /* surrogates */
        {"x\xed\xbf\xbf", 1},
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xe2\x28\xa1", 0},
        {"\xd0\x9c\xd0", 2},
    };

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        size_t at = 99;
        assert_false(cm_utf8_valid(wrong[i].text, strlen(wrong[i].text), &at));
        assert_int_equal(at, wrong[i].at);
    }
}

static void walking_gives_code_points_and_marks_wrong_bytes(void **state)
{
    const char *at = "a\xd0\x9c\xff\xe2\x82";

    assert_int_equal(cm_utf8_next(&at), 'a');
    assert_int_equal(cm_utf8_next(&at), 0x41c);
    assert_int_equal(cm_utf8_next(&at), CM_UTF8_WRONG);
    assert_int_equal(cm_utf8_next(&at), CM_UTF8_WRONG);
    assert_int_equal(cm_utf8_next(&at), CM_UTF8_WRONG);
    assert_int_equal(*at, 0);
}

static void width_is_counted_in_columns_of_a_terminal(void **state)
{
    assert_int_equal(cm_utf8_width(""), 0);
    assert_int_equal(cm_utf8_width("Paris"), 5);
    assert_int_equal(cm_utf8_width("Москва"), 6);
    assert_int_equal(cm_utf8_width("東京"), 4);
    assert_int_equal(cm_utf8_width("서울"), 4);
    assert_int_equal(cm_utf8_width("ﾊﾉｲ"), 3);       /* half-width */
    assert_int_equal(cm_utf8_width("e\xcc\x81"), 1); /* e and a combining acute */
    assert_int_equal(cm_utf8_width("दिल्ली"), 5);     /* vowel signs take a column each, the virama none */
    assert_int_equal(cm_utf8_width("▁▂▃█"), 4);
    assert_int_equal(cm_utf8_width("a\xe2\x80\x8b"
                                   "b"),
                     2); /* a space without width */
    assert_int_equal(cm_utf8_width("🌍"), 2);
    assert_int_equal(cm_utf8_width("\xf0\xa0\x80\x80"), 2); /* U+20000 */
}

static void slugs_are_lower_case_ascii(void **state)
{
    static const struct {
        const char *name, *slug;
    } rows[] = {
        {"São Paulo", "sao-paulo"},
        {"Zürich", "zurich"},
        {"Gießen", "giessen"},
        {"Łódź", "lodz"},
        {"Đà Nẵng", "da-nang"},
        {"Thành phố Hồ Chí Minh", "thanh-pho-ho-chi-minh"},
        {"București", "bucuresti"},
        {"Iași / Iaşi", "iasi-iasi"},
        {"Ærø Kommune", "aero-kommune"},
        {"L'Aquila", "l-aquila"},
        {"L’Hospitalet", "l-hospitalet"},
        {"  -- Rio — de  Janeiro! ", "rio-de-janeiro"},
        {"Zu\xcc\x88rich", "zurich"}, /* decomposed */
        {"Москва", ""},
        {"Москва (Moscow)", "moscow"},
        {"東京", ""},
        {"İzmir ığdır", "izmir-igdir"},
        {"Þórshöfn", "thorshofn"},
        {"a\xff"
         "b",
         "a-b"},
        {"100 RC", "100-rc"},
        {"Ĳmuiden", "ijmuiden"},
        {"Gəncə", "ganca"},
        {"", ""},
    };
    CM_ARENA(arena);

    for (size_t i = 0; i < CHECK_COUNT(rows); i++)
        assert_string_equal(cm_slug(rows[i].name, arena), rows[i].slug);
}

static void random_bytes_give_slugs_of_ascii_and_widths_within_their_length(void **state)
{
    uint64_t seed = 20261124;
    char text[64];

    for (int round = 0; round < 20000; round++) {
        size_t length = check_random(&seed) % (sizeof text - 1);
        CM_ARENA(arena);
        check_random_text(&seed, round % 2 ? NULL : "aZ9- \xc3\xa9\xe1\xba\xb5\xf0\x9f\x8c\x8d", text, length);
        const char *slug = cm_slug(text, arena);
        assert_int_equal(strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(slug));
        assert_true(slug[0] != '-' && (!*slug || slug[strlen(slug) - 1] != '-') && !strstr(slug, "--"));
        int width = cm_utf8_width(text);
        assert_true(width >= 0 && width <= (int)length);
        size_t at = 0;
        bool valid = cm_utf8_valid(text, length, &at);
        assert_true(valid || cm_utf8_valid(text, at, NULL));
    }
}

static void figures_keep_every_digit_before_the_point(void **state)
{
    (void)state;
    assert_string_equal(CM_FIGURE(1234567, 3), "1234567");
    assert_string_equal(CM_FIGURE(1e6, 6), "1000000");
    assert_string_equal(CM_FIGURE(999999.7, 6), "1000000");
    assert_string_equal(CM_FIGURE(999.6, 3), "1000");
    assert_string_equal(CM_FIGURE(-20480.25, 4), "-20480");
    assert_string_equal(CM_FIGURE(310.5, 6), "310.5");
    assert_string_equal(CM_FIGURE(0.29649, 3), "0.296");
    assert_string_equal(CM_FIGURE(0, 3), "0");
    assert_string_equal(CM_FIGURE(1e15, 3), "1e+15");
    assert_string_equal(CM_FIGURE(-1.25e308, 3), "-1.25e+308");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_stays_terminated),
        cmocka_unit_test(well_formed_utf8_is_valid),
        cmocka_unit_test(ill_formed_utf8_is_found_where_it_begins),
        cmocka_unit_test(walking_gives_code_points_and_marks_wrong_bytes),
        cmocka_unit_test(width_is_counted_in_columns_of_a_terminal),
        cmocka_unit_test(slugs_are_lower_case_ascii),
        cmocka_unit_test(figures_keep_every_digit_before_the_point),
        cmocka_unit_test(random_bytes_give_slugs_of_ascii_and_widths_within_their_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

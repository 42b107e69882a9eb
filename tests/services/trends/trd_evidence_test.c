/* Evidence: every number has its rows, whose weights are what it counts; pages go on behind what was given, whatever is
 * recorded between; and a digest of what a number rests on comes out of its rows. */
#include "trd_all.h"

#include "trends/trd_evidence.h"
#include "trends/trd_page.h"

typedef struct listing {
    cm_db *db;
    trd_report report;
    trd_evidence evidence;
} listing;

static listing *begin(trd_bed *b)
{
    listing *l = cm_arena_zero(b->arena, sizeof *l);

    l->db = bed_reader(b);
    l->report = (trd_report){.db = l->db, .arena = b->arena, .filter = &trd_filter_none};
    assert_ok(trd_evidence_begin(&l->report, 0, &l->evidence));
    return l;
}

/* All rows of a list, by pages of so many. */
static TrdEvidenceRow **rows_of(trd_bed *b, const char *name, int page_size, size_t *count)
{
    TrdEvidenceRow **all = NULL;
    size_t capacity = 0;
    trd_evidence_page page = {.last = ""};
    listing *l = begin(b);

    *count = 0;
    do {
        assert_ok(trd_evidence_list(&l->evidence, name, page.last, page_size, &page));
        CM_GROW(all, capacity, *count + page.count + 1);
        for (size_t i = 0; i < page.count; i++)
            all[(*count)++] = page.rows[i];
        assert_true(page.count == (size_t)page_size || page.more == 0);
    } while (page.more);
    cm_db_close(l->db);
    TrdEvidenceRow **kept = cm_arena_copy(b->arena, all, (*count + 1) * sizeof *all);
    free(all);
    return kept;
}

/* ---- what is counted ---- */

/* Whose n is the sum of the weights of its dated rows; elsewhere a unit is made of several rows. */
static bool rows_are_units(const char *question, const TrdFinding *f)
{
    return strcmp(question, "power-balance") != 0 && strcmp(question, "cohesion") != 0 &&
           strcmp(f->category, "jsd") != 0 && strncmp(f->category, "year of change", 14) != 0;
}

static void every_number_has_its_rows(void **state)
{
    trd_bed *b = *state;
    size_t numbers = 0;

    count_all(b);
    TrdReport *report = report_by(b, 1);
    for (size_t i = 0; i < report->n_questions; i++)
        for (size_t k = 0; k < report->questions[i]->n_findings; k++) {
            const TrdFinding *f = report->questions[i]->findings[k];
            size_t count;
            TrdEvidenceRow **rows = rows_of(b, f->evidence, 1000, &count);
            double sum = 0;
            for (size_t r = 0; r < count; r++)
                sum += *rows[r]->date ? rows[r]->weight : 0;
            if (f->n > 0 && count == 0)
                fail_msg("%s counts %g and has no row", f->evidence, f->n);
            if (rows_are_units(report->questions[i]->question, f) && fabs(sum - f->n) > 1e-6)
                fail_msg("%s counts %g, its rows %g", f->evidence, f->n, sum);
            numbers += rows_are_units(report->questions[i]->question, f);
        }
    assert_true(numbers > 40);
}

/* ---- what it rests on ---- */

static int by_line(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* As docs/trends.md says it: sort -u, sha256sum. */
static char *digest_by_hand(trd_bed *b, TrdEvidenceRow **rows, size_t count)
{
    const char **lines = cm_arena_take(b->arena, (count + 1) * sizeof *lines);
    uint8_t digest[CM_SHA256];
    cm_text text = {0};

    for (size_t i = 0; i < count; i++)
        lines[i] = cm_arena_format(b->arena, "%s %lld\n", rows[i]->resource, (long long)rows[i]->revision);
    qsort(lines, count, sizeof *lines, by_line);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(lines[i - 1], lines[i]) != 0)
            cm_text_add(&text, lines[i]);
    cm_bytes bytes = {(const uint8_t *)cm_text_get(&text), strlen(cm_text_get(&text))};
    cm_sha256(&bytes, 1, digest);
    cm_text_clear(&text);
    return cm_hex(digest, CM_SHA256, cm_arena_take(b->arena, 2 * CM_SHA256 + 1));
}

static void the_digest_comes_out_of_the_rows(void **state)
{
    trd_bed *b = *state;
    size_t numbers = 0;

    count_all(b);
    TrdReport *report = report_by(b, 1);
    for (size_t i = 0; i < report->n_questions; i++)
        for (size_t k = 0; k < report->questions[i]->n_findings; k++, numbers++) {
            const TrdFinding *f = report->questions[i]->findings[k];
            size_t count;
            TrdEvidenceRow **rows = rows_of(b, f->evidence_of_total, 1000, &count);
            if (strcmp(f->inputs_digest, digest_by_hand(b, rows, count)) != 0)
                fail_msg("%s: another digest than that of %zu rows of %s", f->evidence, count, f->evidence_of_total);
        }
    assert_true(numbers > 40);
    assert_string_equal(find(report, "channel-mix", "virtual", "")->inputs_digest,
                        find(report, "channel-mix", "hybrid", "")->inputs_digest);
}

static const char *digest_of(trd_bed *b, const char *question, const char *category)
{
    return find(report_by(b, 1), question, category, "")->inputs_digest;
}

static void the_digest_moves_with_any_row_that_it_rests_on_and_with_no_other(void **state)
{
    trd_bed *b = *state;

    count_all(b);
    const char *channels = digest_of(b, "channel-mix", "virtual"), *formats = digest_of(b, "format-mix", "multilevel");
    const char *partners = digest_of(b, "reorientation", "outside ru-unfriendly/2022");
    bed_count_row(b,
                  (bed_row){"negotiations", "negotiations/n3/entries/1",
                            bed_event(b->arena, "{'entry': {'name': 'negotiations/n3/entries/1', 'date': '2001-04-22',"
                                                " 'channel': 'in_person', 'collection': 'collections/mine'}}"),
                            2, 0}); /* the same again, which somebody corrected */
    assert_string_not_equal(digest_of(b, "channel-mix", "virtual"), channels);
    assert_string_equal(digest_of(b, "format-mix", "multilevel"), formats);
    bed_count_row(b,
                  (bed_row){"registry", "groupings/ru-unfriendly/editions/2022",
                            bed_event(b->arena, "{'groupingEdition': {'name': 'groupings/ru-unfriendly/editions/2022',"
                                                " 'members': [{'state': 'states/de'}]}}"),
                            2, 0});
    assert_string_not_equal(digest_of(b, "reorientation", "outside ru-unfriendly/2022"), partners);
    bed_count_row(b, (bed_row){"negotiations", "collections/mine",
                               bed_event(b->arena, "{'collection': {'name': 'collections/mine', 'displayName': 'mine',"
                                                   " 'from': '2001', 'to': '2007-12'}}"),
                               2, 0}); /* where people looked */
    assert_string_not_equal(digest_of(b, "format-mix", "multilevel"), formats);
}

static void count_city(trd_bed *b, const char *name, const char *state, const char *into, int64_t revision)
{
    const char *event =
        cm_arena_format(b->arena, "{'actor': {'name': '%s', 'state': '%s', 'mergedInto': '%s'}, 'changed': [%s]}", name,
                        state, into, revision > 1 ? "'merged_into'" : "");

    bed_count_row(b, (bed_row){"registry", name, bed_event(b->arena, event), revision, revision * 1000});
}

/* As long as it holds, and only of numbers that count facts of the one that was merged. */
static void the_digest_moves_with_a_merge_that_it_rests_on(void **state)
{
    trd_bed *b = *state;
    static const char joined[] =
        "{'membership': {'name': 'cities/%s/memberships/m', 'institution': 'institutions/i',"
        " 'status': 'member', 'from': '2001'}, 'actors': [{'actor': 'cities/%s', 'state': '%s'}]}";
    size_t count;

    count_all(b);
    count_city(b, "cities/len", "", "", 1);
    count_city(b, "cities/spb", "states/ru", "", 1);
    count_city(b, "cities/tver", "states/ru", "", 1);
    count_city(b, "cities/kalinin", "states/ru", "", 1);
    bed_count(b, "cities/len/memberships/m", cm_arena_format(b->arena, joined, "len", "len", ""));
    bed_count(b, "cities/spb/memberships/m", cm_arena_format(b->arena, joined, "spb", "spb", "states/ru"));
    const char *before = digest_of(b, "accessions", "i"), *channels = digest_of(b, "channel-mix", "virtual");
    count_city(b, "cities/kalinin", "states/ru", "cities/tver", 2); /* whom no number counts */
    assert_string_equal(digest_of(b, "accessions", "i"), before);
    count_city(b, "cities/len", "", "cities/spb", 2);
    const char *merged = digest_of(b, "accessions", "i");
    assert_string_not_equal(merged, before);
    assert_string_equal(digest_of(b, "channel-mix", "virtual"), channels);
    TrdEvidenceRow **rows = rows_of(b, "accessions/i/*", 10, &count);
    assert_string_equal(digest_by_hand(b, rows, count), merged);
    assert_string_equal(rows[0]->resource, "cities/len");
    assert_string_equal(rows[0]->category, "merged");
    assert_int_equal(rows[0]->revision, 2);
    assert_string_equal(rows[2]->resource, "cities/spb"); /* whose state counts for a row that knew none */
    assert_string_equal(rows[2]->category, "survivor");
    count_city(b, "cities/spb", "states/by", "", 2); /* a correction of that state */
    assert_string_not_equal(digest_of(b, "accessions", "i"), merged);
    count_city(b, "cities/len", "", "", 3);
    assert_string_equal(digest_of(b, "accessions", "i"), before);
}

/* ---- pages ---- */

static void pages_go_on_while_rows_come_and_go(void **state)
{
    trd_bed *b = *state;
    trd_evidence_page first, second;
    size_t count;

    count_all(b);
    TrdEvidenceRow **before = rows_of(b, "channel-mix/in_person", 1000, &count);
    listing *l = begin(b);
    assert_ok(trd_evidence_list(&l->evidence, "channel-mix/in_person", "", 5, &first));
    cm_db_close(l->db);
    bed_count(b, "negotiations/a/entries/1",
              "{'entry': {'name': 'negotiations/a/entries/1', 'date': '2002', 'channel': 'in_person'}}");
    bed_count(b, first.rows[1]->resource,
              cm_arena_format(b->arena, "{'entry': {'name': '%s', 'date': '2002', 'channel': 'virtual'}}",
                              first.rows[1]->resource));
    l = begin(b);
    assert_ok(trd_evidence_list(&l->evidence, "channel-mix/in_person", first.last, 1000, &second));
    cm_db_close(l->db);
    assert_int_equal(first.count + second.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(before[i]->resource,
                            i < 5 ? first.rows[i]->resource : second.rows[i - first.count]->resource);
}

/* What has several rows of one resource, or pairs in order of their size, is parted anywhere and loses none. */
static void pages_of_any_size_hold_the_same_rows(void **state)
{
    static const char *const lists[] = {"topic-mix/*", "city-state-divergence/*", "partnership-fate/suspended/*",
                                        "reorientation/outside ru-unfriendly/2022/*"};
    trd_bed *b = *state;

    count_all(b);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t count, other;
        TrdEvidenceRow **all = rows_of(b, lists[i], 1000, &count);
        for (int size = 1; size < 8; size += 2) {
            TrdEvidenceRow **rows = rows_of(b, lists[i], size, &other);
            assert_int_equal(other, count);
            for (size_t k = 0; k < count; k++) {
                assert_string_equal(rows[k]->resource, all[k]->resource);
                assert_string_equal(rows[k]->category, all[k]->category);
            }
        }
    }
}

static void a_token_is_of_one_query_and_one_store(void **state)
{
    trd_bed *b = *state;
    const char *last;
    void *other;

    char *token = trd_page_token(b->journal, "this", "negotiations/n1\n0", b->arena);
    assert_ok(trd_page_after(b->journal, "this", token, b->arena, &last));
    assert_string_equal(last, "negotiations/n1\n0");
    assert_ok(trd_page_after(b->journal, "this", "", b->arena, &last));
    assert_string_equal(last, "");
    assert_fails(trd_page_after(b->journal, "that", token, b->arena, &last), CM_INVALID_ARGUMENT, "page_token");
    assert_fails(trd_page_after(b->journal, "this", "7", b->arena, &last), CM_INVALID_ARGUMENT, "'7' is not from");
    assert_fails(trd_page_after(b->journal, "this", "!", b->arena, &last), CM_INVALID_ARGUMENT, "'!' is not from");
    bed_set_up(&other);
    assert_fails(trd_page_after(((trd_bed *)other)->journal, "this", token, b->arena, &last), CM_INVALID_ARGUMENT,
                 "page_token");
    bed_tear_down(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(every_number_has_its_rows),
        BED_TEST(the_digest_comes_out_of_the_rows),
        BED_TEST(the_digest_moves_with_any_row_that_it_rests_on_and_with_no_other),
        BED_TEST(the_digest_moves_with_a_merge_that_it_rests_on),
        BED_TEST(pages_go_on_while_rows_come_and_go),
        BED_TEST(pages_of_any_size_hold_the_same_rows),
        BED_TEST(a_token_is_of_one_query_and_one_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

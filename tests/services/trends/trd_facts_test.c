/* Facts and cells: cells are the sum of the units of all facts, whatever happened before. */
#include "trd_bed.h"

#include "../../common/base/check.h"

enum { NAMES = 12, STEPS = 400 };

/* A version of resource `i`, made from random numbers: a negotiation, an entry or a membership. */
static EvtEvent *version(cm_arena *arena, size_t i, uint64_t *random, const char **resource)
{
    static const char *const formats[] = {"bilateral", "multilateral", "multilevel"};
    static const char *const channels[] = {"in_person", "virtual", "unknown"};
    static const char *const statuses[] = {"member", "left", "associate"};
    static const char *const dates[] = {"", "2001", "2001-05", "2002-03-04"};
    static const char *const topics[] = {"", "'climate'", "'climate', 'health'", "'culture', 'health', 'energy'"};
    uint64_t r = check_random(random);
    const char *date = dates[r % 4];

    if (i % 3 == 0) {
        *resource = cm_arena_format(arena, "negotiations/n%zu", i);
        return bed_event(arena,
                         cm_arena_format(arena,
                                         "{'negotiation': {'name': '%s', 'format': '%s', 'start': '%s', 'topics': [%s],"
                                         " 'participants': [{'actor': 'cities/a', 'capacity': 'own_right'}]}}",
                                         *resource, formats[r / 4 % 3], date, topics[r / 16 % 4]));
    }
    if (i % 3 == 1) {
        *resource = cm_arena_format(arena, "negotiations/n%zu/entries/1", i);
        return bed_event(arena, cm_arena_format(arena, "{'entry': {'name': '%s', 'date': '%s', 'channel': '%s'}}",
                                                *resource, date, channels[r / 4 % 3]));
    }
    *resource = cm_arena_format(arena, "cities/c%zu/memberships/m", i);
    return bed_event(arena, cm_arena_format(arena,
                                            "{'membership': {'name': '%s', 'institution': 'institutions/i', 'status':"
                                            " '%s', 'from': '%s'}}",
                                            *resource, statuses[r / 4 % 3], date));
}

static const char *source_of(const char *resource)
{
    return strncmp(resource, "cities/", 7) == 0 ? "registry" : "negotiations";
}

/* ---- a second way to the cells: the units of what is known to be there, sorted and added ---- */

typedef struct sums {
    const char *question;
    trd_cell cells[512];
    size_t count;
    cm_arena *arena;
} sums;

static void add_unit(void *context, const trd_unit *u)
{
    sums *s = context;
    int32_t day = u->date.precision == CM_PRECISION_NONE ? TRD_UNDATED : cm_date_first_day(u->date);

    for (size_t i = 0; i < s->count; i++) {
        trd_cell *c = &s->cells[i];
        if (c->day == day && strcmp(c->group, u->group) == 0 && strcmp(c->category, u->category) == 0 &&
            strcmp(c->collection, u->collection) == 0 && c->certainty == u->certainty) {
            c->weight += u->weight;
            return;
        }
    }
    assert_true(s->count < 512);
    s->cells[s->count++] = (trd_cell){day,
                                      cm_arena_strdup(s->arena, u->group),
                                      cm_arena_strdup(s->arena, u->category),
                                      cm_arena_strdup(s->arena, u->collection),
                                      u->certainty,
                                      u->weight};
}

static int64_t weight_in(const sums *s, const trd_cell *cell)
{
    for (size_t i = 0; i < s->count; i++) {
        const trd_cell *c = &s->cells[i];
        if (c->day == cell->day && strcmp(c->group, cell->group) == 0 && strcmp(c->category, cell->category) == 0 &&
            strcmp(c->collection, cell->collection) == 0 && c->certainty == cell->certainty)
            return c->weight;
    }
    return 0;
}

/* What trends should know: the newest version of each resource, NULL where there is none. */
typedef struct model {
    EvtEvent *newest[NAMES];
    const char *names[NAMES];
} model;

static void assert_cells(trd_bed *b, const model *m)
{
    cm_db *db = bed_reader(b);
    CM_ARENA(arena);

    for (int q = 0; q < trd_question_count; q++) {
        if (!trd_questions[q].units)
            continue;
        trd_cell *cells;
        size_t count;
        sums *expected = cm_arena_zero(arena, sizeof *expected);
        expected->arena = arena;
        for (size_t i = 0; i < NAMES; i++)
            if (m->newest[i])
                trd_questions[q].units(m->newest[i], arena, add_unit, expected);
        assert_ok(trd_cells(db, trd_questions[q].name, arena, &cells, &count));
        assert_int_equal(count, expected->count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(cells[i].weight, weight_in(expected, &cells[i]));
    }
    cm_db_close(db);
}

typedef struct forgetting {
    const char *source;
    int part;
} forgetting;

static cm_status run_forget(void *argument, void *lent)
{
    const forgetting *f = argument;

    return trd_forget(lent, f->source, f->part);
}

static void forget(trd_bed *b, model *m, const char *source, int part)
{
    forgetting f = {source, part};

    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), run_forget, &f));
    for (size_t i = 0; i < NAMES; i++)
        if (m->newest[i] && strcmp(source_of(m->names[i]), source) == 0 && bed_part(m->names[i]) == part)
            m->newest[i] = NULL;
}

static void cells_are_the_sum_of_the_units_of_all_facts_whatever_happened(void **state)
{
    trd_bed *b = *state;
    uint64_t random = 20260101;
    model m = {0};

    for (int step = 0; step < STEPS; step++) {
        uint64_t r = check_random(&random);
        size_t i = r % NAMES;
        if (r / NAMES % 20 == 0) {
            forget(b, &m, r & 1024 ? "registry" : "negotiations", (int)(r / 4096 % 8));
        } else {
            m.newest[i] = version(b->arena, i, &random, &m.names[i]);
            bed_count_row(b, (bed_row){source_of(m.names[i]), m.names[i], m.newest[i], step + 1});
        }
        if (step % 10 == 0)
            assert_cells(b, &m);
    }
    assert_cells(b, &m);
}

static void what_is_forgotten_altogether_leaves_no_cell(void **state)
{
    trd_bed *b = *state;
    uint64_t random = 7;
    model m = {0};
    int64_t cells, facts;

    for (size_t i = 0; i < NAMES; i++) {
        m.newest[i] = version(b->arena, i, &random, &m.names[i]);
        bed_count_row(b, (bed_row){source_of(m.names[i]), m.names[i], m.newest[i], 1});
    }
    for (int part = 0; part < 8; part++) {
        forget(b, &m, "registry", part);
        forget(b, &m, "negotiations", part);
    }
    cm_db *db = bed_reader(b);
    assert_ok(cm_db_integer(db, "SELECT COUNT(*) FROM cells", CM_NONE, -1, &cells));
    assert_ok(cm_db_integer(db, "SELECT COUNT(*) FROM facts", CM_NONE, -1, &facts));
    assert_int_equal(cells, 0);
    assert_int_equal(facts, 0);
    cm_db_close(db);
}

/* ---- order ---- */

/* Both tables as text. */
static char *dump(trd_bed *b)
{
    static const char *const queries[] = {
        "SELECT question || day || grp || category || collection || certainty || source || part || ':' || weight"
        " FROM cells ORDER BY question, day, grp, category, collection, certainty, source, part",
        "SELECT resource || kind || source || part || ':' || seq || ':' || revision || hex(event) FROM facts"
        " ORDER BY resource"};
    cm_db *db = bed_reader(b);
    cm_text text = {0};
    cm_rows rows;

    for (int q = 0; q < 2; q++) {
        assert_ok(cm_db_query(db, queries[q], CM_NONE, &rows));
        while (cm_rows_next(&rows))
            cm_text_format(&text, "%s\n", cm_rows_text(&rows, 0));
        assert_ok(cm_rows_end(&rows));
    }
    cm_db_close(db);
    return text.data;
}

/* Counts `n` rows, three a resource, in an order that keeps each resource's own. */
static char *dump_in_order(const bed_row *rows, size_t n, uint64_t seed)
{
    void *state;
    size_t next[NAMES] = {0}, done = 0;

    bed_set_up(&state);
    while (done < n) {
        size_t i = check_random(&seed) % NAMES;
        if (next[i] == 3)
            continue;
        bed_count_row(state, rows[i * 3 + next[i]++]);
        done++;
    }
    char *text = dump(state);
    bed_tear_down(&state);
    return text;
}

static void the_order_in_which_partitions_arrive_never_matters(void **state)
{
    trd_bed *b = *state;
    uint64_t random = 99;
    bed_row rows[NAMES * 3];

    for (size_t i = 0; i < NAMES * 3; i++) {
        const char *resource;
        EvtEvent *event = version(b->arena, i / 3, &random, &resource);
        rows[i] = (bed_row){source_of(resource), resource, event, (int64_t)(i % 3) + 1};
    }
    CM_FREE char *first = dump_in_order(rows, NAMES * 3, 1);
    assert_true(strlen(first) > 1000);
    for (uint64_t seed = 2; seed < 6; seed++) {
        CM_FREE char *other = dump_in_order(rows, NAMES * 3, seed);
        assert_string_equal(first, other);
    }
}

static cm_status run_garbage(void *argument, void *lent)
{
    static const uint8_t garbage[] = {0xff, 0xff, 0xff};
    cm_row row = {.at = {0, 1}, .resource = "negotiations/n0", .revision = 1, .payload = {garbage, sizeof garbage}};

    return trd_count(lent, ((trd_bed *)argument)->cache, "negotiations", &row);
}

static void what_is_no_event_is_refused_and_changes_nothing(void **state)
{
    trd_bed *b = *state;
    uint64_t random = 3;
    const char *resource;
    EvtEvent *event = version(b->arena, 0, &random, &resource);

    bed_count_row(b, (bed_row){"negotiations", resource, event, 1});
    CM_FREE char *before = dump(b);
    cm_status refused = cm_run_and_wait(cm_journal_writer(b->journal), run_garbage, b);
    assert_fails(refused, CM_INVALID_ARGUMENT, "");
    CM_FREE char *after = dump(b);
    assert_string_equal(before, after);
}

static void what_is_retracted_or_erased_leaves_the_world_where_it_never_was(void **state)
{
    trd_bed *b = *state;
    uint64_t random = 11;
    const char *resource;

    for (size_t i = 0; i < NAMES / 2; i++) {
        EvtEvent *event = version(b->arena, i, &random, &resource);
        bed_count_row(b, (bed_row){source_of(resource), resource, event, 1});
    }
    CM_FREE char *without = dump(b);
    for (int round = 0; round < 20; round++)
        for (size_t i = NAMES / 2; i < NAMES; i++) {
            bed_row row = {.revision = 2};
            row.event = version(b->arena, i, &random, &row.resource);
            row.source = source_of(row.resource);
            bed_count_row(b, row);
            CM_FREE char *with = dump(b);
            assert_string_not_equal(with, without);
            row.event = round % 2 ? row.event : NULL;
            row.revision++;
            row.type = row.event ? "cityneg.negotiations.entry.retracted.v1" : "cityneg.negotiations.entry.erased.v1";
            bed_count_row(b, row);
            bed_count_row(b, row); /* once more changes nothing */
            CM_FREE char *after = dump(b);
            assert_string_equal(after, without);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(cells_are_the_sum_of_the_units_of_all_facts_whatever_happened),
        BED_TEST(what_is_forgotten_altogether_leaves_no_cell),
        BED_TEST(the_order_in_which_partitions_arrive_never_matters),
        BED_TEST(what_is_no_event_is_refused_and_changes_nothing),
        BED_TEST(what_is_retracted_or_erased_leaves_the_world_where_it_never_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

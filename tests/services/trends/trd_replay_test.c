/* Replay: the same rows of the journals, in whatever order the topics arrive, give the same facts, cells, report and
 * published values, byte for byte. Within a partition rows keep their order, as Kafka keeps it. */
#include "trd_bed.h"

#include "../../common/base/check.h"

#include "trends/trd_publish.h"
#include "trends/trd_report.h"

enum { PARTS = 8, ROWS_MAX = 3000, CITIES = 12, TALKS = 60, STANCES = 80, TREATIES = 50, BATCH = 50 };

/* One row as a journal has it. */
typedef struct row {
    const char *source, *resource;
    EvtEvent *event;
    int64_t revision;
    cm_position at;
} row;

typedef struct journals {
    cm_arena *arena;
    row rows[ROWS_MAX]; /* of one partition in order of seq */
    size_t count;
    int64_t heads[2][PARTS];
} journals;

/* ---- what the journals hold ---- */

static const char *city(cm_arena *arena, uint64_t i)
{
    static const char *const states[] = {"ru", "fr", "cn", "br"};

    return cm_arena_format(arena, "{'actor': 'cities/c%d', 'kind': 'ACTOR_KIND_CITY', 'state': 'states/%s'}",
                           (int)(i % CITIES), states[i % CITIES % 4]);
}

static const char *pick(uint64_t r, const char *const *words, uint64_t count)
{
    return words[r % count];
}
#define PICK(r, ...)                                                                                                   \
    pick(r, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static const char *date_of(cm_arena *arena, uint64_t r)
{
    if (r % 17 == 0)
        return "";
    return cm_arena_format(arena, r % 3 ? "%d" : "%d-%02d", 1996 + (int)(r / 17 % 24), 1 + (int)(r / 500 % 12));
}

static void add(journals *j, const char *source, const char *resource, const char *json)
{
    int registry = strcmp(source, "registry") == 0, part = bed_part(resource);
    int64_t revision = 1;

    assert_true(j->count < ROWS_MAX);
    for (size_t i = 0; i < j->count; i++)
        revision += strcmp(j->rows[i].resource, resource) == 0;
    j->rows[j->count++] =
        (row){source, resource, bed_event(j->arena, json), revision, {part, ++j->heads[registry][part]}};
}

static const char *collection(uint64_t r)
{
    return PICK(r, "collections/climate", "collections/russia", "");
}

static void add_registry(journals *j, uint64_t r, int i)
{
    cm_arena *a = j->arena;
    int n = (int)(r % CITIES);
    const char *m = cm_arena_format(a, "cities/c%d/memberships/m%d", n, (int)(r / 16 % 3));
    const char *f = cm_arena_format(a, "cities/c%d/influences/tier", n);
    const char *p = cm_arena_format(a, "states/%s/autonomyProfiles/2014", PICK(r, "ru", "fr", "cn", "br"));

    add(j, "registry", m,
        cm_arena_format(a,
                        "{'membership': {'name': '%s', 'institution': 'institutions/i%d', 'status': '%s', 'from': '%s',"
                        " 'collection': 'collections/institutions'}, 'actors': [%s]}",
                        m, (int)(r / 16 % 3), PICK(r / 64, "member", "associate", "left"), date_of(a, r / 256),
                        city(a, r)));
    if (i % 4 == 0)
        add(j, "registry", f,
            cm_arena_format(a,
                            "{'influence': {'name': '%s', 'measure': 'gawc_2024', 'year': 2020, 'tier': '%s'},"
                            " 'actors': [%s]}",
                            f, PICK(r / 64, "Alpha", "Beta-", "Sufficiency"), city(a, r)));
    if (i % 4 == 1)
        add(j, "registry", p,
            cm_arena_format(a, "{'autonomy_profile': {'name': '%s', 'index': %d}}", p, (int)(r / 64 % 100)));
}

static void add_talks(journals *j, uint64_t r)
{
    cm_arena *a = j->arena;
    const char *n = cm_arena_format(a, "negotiations/n%d", (int)(r % TALKS));
    const char *e = cm_arena_format(a, "%s/entries/%d", n, (int)(r / 64 % 4));

    add(j, "negotiations", n,
        cm_arena_format(a,
                        "{'negotiation': {'name': '%s', 'format': '%s', 'start': '%s', 'topics': ['climate', '%s'],"
                        " 'collection': '%s', 'participants': [{'actor': 'cities/c%d', 'capacity': '%s'},"
                        " {'actor': 'cities/c%d', 'capacity': 'own_right'}]}, 'actors': [%s, %s]}",
                        n, PICK(r / 256, "bilateral", "multilateral", "multilevel"), date_of(a, r / 1024),
                        PICK(r / 4096, "culture", "health", "energy"), collection(r / 128), (int)(r % CITIES),
                        PICK(r / 512, "own_right", "network_member"), (int)((r + 1) % CITIES), city(a, r),
                        city(a, r + 1)));
    add(j, "negotiations", e,
        cm_arena_format(a, "{'entry': {'name': '%s', 'date': '%s', 'channel': '%s', 'collection': '%s'}}", e,
                        date_of(a, r / 2048), PICK(r / 256, "in_person", "virtual", "unknown", "hybrid"),
                        collection(r / 128)));
}

static void add_stances(journals *j, uint64_t r)
{
    cm_arena *a = j->arena;
    const char *p = cm_arena_format(a, "positions/p%d", (int)(r % STANCES));
    bool state = r / 128 % 4 == 0;
    const char *actor = state ? cm_arena_format(a, "states/%s", PICK(r / 512, "ru", "fr", "cn", "br"))
                              : cm_arena_format(a, "cities/c%d", (int)(r / 512 % CITIES));

    add(j, "negotiations", p,
        cm_arena_format(a,
                        "{'position': {'name': '%s', 'actor': '%s', 'issue': 'issues/i%d', 'stance': %d, 'date': '%d',"
                        " 'collection': '%s'}, 'actors': [%s]}",
                        p, actor, (int)(r / 4096 % 4), (int)(r / 16384 % 5) - 2, 2000 + (int)(r / 81920 % 20),
                        collection(r / 64),
                        state ? cm_arena_format(a, "{'actor': '%s', 'state': '%s'}", actor, actor) : city(a, r / 512)));
}

static void add_treaties(journals *j, uint64_t r)
{
    cm_arena *a = j->arena;
    const char *t = cm_arena_format(a, "agreements/a%d", (int)(r % TREATIES));
    uint64_t one = r / 64 % CITIES, other = (one + 1 + r / 1024 % (CITIES - 1)) % CITIES;

    add(j, "negotiations", t,
        cm_arena_format(a,
                        "{'agreement': {'name': '%s', 'kind': 'sister_city', 'parties': ['cities/c%d', 'cities/c%d'],"
                        " 'collection': '%s', 'statusHistory': [{'status': 'signed', 'date': '%s'}, {'status': '%s',"
                        " 'date': '%d', 'basis': '%s'}]}, 'actors': [%s, %s]}",
                        t, (int)one, (int)other, collection(r / 128), date_of(a, r / 4096),
                        PICK(r / 8192, "in_force", "suspended", "ended"), 2020 + (int)(r / 32768 % 4),
                        PICK(r / 512, "political", "expiry"), city(a, one), city(a, other)));
}

static void fill(journals *j)
{
    uint64_t random = 20260101;

    add(j, "negotiations", "collections/climate",
        "{'collection': {'name': 'collections/climate', 'displayName': 'climate', 'from': '1996', 'to': '2019-12'}}");
    add(j, "negotiations", "collections/russia",
        "{'collection': {'name': 'collections/russia', 'displayName': 'russia', 'from': '1998', 'to': '2018'}}");
    add(j, "negotiations", "collections/memberships",
        "{'collection': {'name': 'collections/memberships', 'displayName': 'memberships', 'from': '1996',"
        " 'to': '2019-12'}}");
    add(j, "registry", "groupings/ru-unfriendly/editions/2022-10-29",
        "{'grouping_edition': {'name': 'groupings/ru-unfriendly/editions/2022-10-29', 'members':"
        " [{'state': 'states/fr'}]}}");
    add(j, "registry", "groupings/brics/editions/2010-12-24",
        "{'grouping_edition': {'name': 'groupings/brics/editions/2010-12-24', 'members':"
        " [{'state': 'states/br'}, {'state': 'states/cn'}]}}");
    for (int i = 0; i < 160; i++) {
        add_registry(j, check_random(&random), i);
        add_talks(j, check_random(&random));
        add_stances(j, check_random(&random));
        add_treaties(j, check_random(&random));
    }
}

/* ---- in some order of topics ---- */

/* Which of the partitions that have rows left comes next: 0 … 15, the registry's first. */
typedef int (*next_of)(const size_t left[2 * PARTS], uint64_t *random);

static int first_left(const size_t left[2 * PARTS], uint64_t *random)
{
    int k = 0;

    while (!left[k])
        k++;
    return k;
}

static int last_left(const size_t left[2 * PARTS], uint64_t *random)
{
    int k = 2 * PARTS - 1;

    while (!left[k])
        k--;
    return k;
}

static int any_left(const size_t left[2 * PARTS], uint64_t *random)
{
    int k;

    do
        k = (int)(check_random(random) % (2 * PARTS));
    while (!left[k]);
    return k;
}

static int queue_of(const row *r)
{
    return (strcmp(r->source, "registry") == 0 ? 0 : PARTS) + r->at.part;
}

/* Rows of one transaction, as a feed applies them. */
typedef struct batch {
    const row *rows[BATCH];
    size_t count;
    trd_own_cache *cache;
} batch;

static cm_status run_batch(void *argument, void *lent)
{
    const batch *of = argument;
    CM_ARENA(arena);

    for (size_t i = 0; i < of->count; i++) {
        const row *r = of->rows[i];
        cm_row counted = {.at = r->at,
                          .resource = r->resource,
                          .revision = r->revision,
                          .payload = cm_message_pack(&r->event->base, arena)};
        CM_TRY(trd_count(lent, of->cache, r->source, &counted));
    }
    return cm_ok();
}

static void replay(trd_bed *b, const journals *j, next_of next, uint64_t random)
{
    size_t left[2 * PARTS] = {0}, from[2 * PARTS] = {0};
    batch now = {.cache = b->cache};

    for (size_t i = 0; i < j->count; i++)
        left[queue_of(&j->rows[i])]++;
    for (size_t n = 0; n < j->count; n++) {
        int k = next(left, &random);
        while (queue_of(&j->rows[from[k]]) != k)
            from[k]++;
        now.rows[now.count++] = &j->rows[from[k]++];
        left[k]--;
        if (now.count == BATCH || n + 1 == j->count) {
            assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), run_batch, &now));
            now.count = 0;
        }
    }
}

/* ---- what came of it ---- */

/* All rows of a query as text; blobs as their digests. */
static char *dump(trd_bed *b, const char *sql, int columns, int blob)
{
    cm_db *db = bed_reader(b);
    cm_text text = {0};
    cm_rows rows;
    char hex[2 * CM_SHA256 + 1];
    uint8_t digest[CM_SHA256];

    assert_ok(cm_db_query(db, sql, CM_NONE, &rows));
    while (cm_rows_next(&rows)) {
        for (int i = 0; i < columns; i++) {
            if (i == blob) {
                cm_bytes bytes = cm_rows_blob(&rows, i);
                cm_sha256(&bytes, 1, digest);
                cm_text_add(&text, cm_hex(digest, CM_SHA256, hex));
            } else {
                cm_text_add(&text, cm_rows_text(&rows, i));
            }
            cm_text_char(&text, i + 1 < columns ? '|' : '\n');
        }
    }
    assert_ok(cm_rows_end(&rows));
    cm_db_close(db);
    char *kept = cm_arena_strdup(b->arena, cm_text_get(&text));
    cm_text_clear(&text);
    return kept;
}

typedef struct outcome {
    char *facts, *cells, *trends;
    TrdReport report;
    cm_bytes packed;
} outcome;

typedef struct reporting {
    cm_arena *arena;
    TrdReport *report;
} reporting;

static cm_status run_report(void *argument, void *lent)
{
    const reporting *r = argument;

    return trd_report_make(lent, &trd_by_year, r->arena, r->report);
}

static outcome outcome_of(trd_bed *b)
{
    outcome o = {.report = CITYNEG__TRENDS__V1__REPORT__INIT};
    reporting r = {b->arena, &o.report};
    int64_t appended;

    o.facts = dump(b,
                   "SELECT resource, kind, source, CAST(part AS TEXT), CAST(seq AS TEXT), CAST(revision AS TEXT), event"
                   " FROM facts ORDER BY resource",
                   7, 6);
    o.cells = dump(b,
                   "SELECT question, CAST(day AS TEXT), grp, category, collection, CAST(certainty AS TEXT), source,"
                   " CAST(part AS TEXT), CAST(weight AS TEXT) FROM cells"
                   " ORDER BY question, day, grp, category, collection, certainty, source, part",
                   9, -1);
    assert_ok(cm_run_and_wait(cm_journal_readers(b->journal), run_report, &r));
    o.packed = cm_message_pack(&o.report.base, b->arena);
    assert_ok(trd_publish(b->journal, NULL, &o.report, &appended));
    o.trends = dump(b, "SELECT name, question, CAST(withdrawn AS TEXT), digest FROM trends ORDER BY name", 4, 3);
    return o;
}

static void assert_same(const outcome *a, const outcome *b)
{
    assert_string_equal(a->facts, b->facts);
    assert_string_equal(a->cells, b->cells);
    assert_string_equal(a->trends, b->trends);
    assert_int_equal(a->packed.size, b->packed.size);
    assert_memory_equal(a->packed.data, b->packed.data, a->packed.size);
}

/* Otherwise equality would say little. */
static void assert_every_question_has_numbers(const outcome *o)
{
    for (size_t i = 0; i < o->report.n_questions; i++) {
        const TrdQuestionAnswer *q = o->report.questions[i];
        double n = 0;
        for (size_t k = 0; k < q->n_findings; k++)
            n += q->findings[k]->n;
        if (n <= 0)
            fail_msg("%s has no number", q->question);
    }
}

/* What the report of these rows was on the engine before. */
static uint8_t on_another_engine[CM_SHA256];

static void assert_same_on_every_engine(const outcome *o)
{
    static const uint8_t none[CM_SHA256];
    uint8_t digest[CM_SHA256];

    cm_sha256(&o->packed, 1, digest);
    if (memcmp(on_another_engine, none, CM_SHA256) != 0)
        assert_memory_equal(digest, on_another_engine, CM_SHA256);
    memcpy(on_another_engine, digest, CM_SHA256);
}

static void any_order_of_topics_gives_the_same_bytes(void **state)
{
    static const next_of orders[] = {last_left, any_left, any_left};
    trd_bed *b = *state;
    journals *j = cm_arena_zero(b->arena, sizeof *j);

    j->arena = b->arena;
    fill(j);
    replay(b, j, first_left, 0);
    outcome first = outcome_of(b);
    assert_every_question_has_numbers(&first);
    assert_same_on_every_engine(&first);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        void *other;
        bed_set_up(&other);
        replay(other, j, orders[i], i + 1);
        outcome again = outcome_of(other);
        assert_same(&first, &again);
        bed_tear_down(&other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {BED_TEST(any_order_of_topics_gives_the_same_bytes)};

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}

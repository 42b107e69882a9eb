#include "neg_size_bed.h"

#include <pthread.h>

/* Lists and streams over a hundred thousand entries, compared with a plain loop over the same rows. */

enum { PAGE = 1000, FILTERS = 30, DRAWN = 1000, COMPARED = 2000, EXAMINED = 10000 };

static NegListEntriesRequest *listing(size_bed *b, const char *filter, const char *order, cm_arena *arena)
{
    NegListEntriesRequest *request = CM_NEW(arena, NegListEntriesRequest);

    request->parent = "negotiations/-";
    request->page_size = PAGE;
    request->filter = cm_arena_strdup(arena, filter);
    request->order_by = cm_arena_strdup(arena, order);
    return request;
}

static NegListEntriesResponse *list(size_bed *b, const NegListEntriesRequest *request, cm_arena *arena)
{
    NegListEntriesResponse *page;
    cm_status s = neg_negotiations_service_list_entries(b->p->negotiations.channel, NULL, request, arena, &page);

    if (!cm_is_ok(s))
        fail_msg("%s: %s", request->filter, cm_status_message(s));
    return page;
}

static void every_row_is_listed_once_in_order(void **state)
{
    size_bed *b = *state;
    CM_ARENA(kept);
    NegListEntriesRequest *request = listing(b, "", "", kept);
    size_t at = 0;

    do {
        CM_ARENA(arena);
        NegListEntriesResponse *page = list(b, request, arena);
        for (size_t i = 0; i < page->n_entries; i++, at++) {
            assert_true(at < b->count);
            assert_string_equal(page->entries[i]->name, b->rows[at].name);
            b->rows[at].updated = size_micros(page->entries[i]->update_time);
        }
        request->page_token = cm_arena_strdup(kept, page->next_page_token);
    } while (*request->page_token);
    assert_int_equal(at, b->count);
}

/* ---- filters ---- */

/* date desc, kind, name */
static int by_date(const void *a, const void *b)
{
    const row *one = *(row *const *)a, *other = *(row *const *)b;
    int order = strcmp(other->date, one->date);

    if (!order)
        order = strcmp(size_kinds[one->kind], size_kinds[other->kind]);
    return order ? order : strcmp(one->name, other->name);
}

static const row **fitting(const size_bed *b, const size_filter *f, bool ordered, size_t *count)
{
    const row **found = cm_alloc((b->count + 1) * sizeof *found);

    *count = 0;
    for (size_t i = 0; i < b->count; i++)
        if (size_fits(f, &b->rows[i]))
            found[(*count)++] = &b->rows[i];
    if (ordered && *count)
        qsort(found, *count, sizeof *found, by_date);
    return found;
}

static void compare(size_bed *b, const size_filter *f, bool ordered)
{
    CM_ARENA(kept);
    const char *filter = size_filter_text(f, kept);
    NegListEntriesRequest *request = listing(b, filter, ordered ? "date desc, kind" : "", kept);
    size_t count, at = 0;
    const row **expected = fitting(b, f, ordered, &count);

    do {
        CM_ARENA(arena);
        NegListEntriesResponse *page = list(b, request, arena);
        for (size_t i = 0; i < page->n_entries; i++, at++)
            if (at >= count || strcmp(page->entries[i]->name, expected[at]->name) != 0)
                fail_msg("%s: number %zu of %zu is %s, not %s", filter, at, count, page->entries[i]->name,
                         at < count ? expected[at]->name : "the end");
        if (page->query_plan && page->query_plan->examined > EXAMINED)
            fail_msg("%s: looked at %lld for a page", filter, (long long)page->query_plan->examined);
        request->page_token = cm_arena_strdup(kept, page->next_page_token);
    } while (*request->page_token && at < COMPARED);
    if (!*request->page_token && at != count)
        fail_msg("%s: %zu in place of %zu", filter, at, count);
    free(expected);
}

static void filters_drawn_at_random_find_what_a_plain_loop_finds(void **state)
{
    size_bed *b = *state;

    for (int i = 0; i < FILTERS; i++) {
        CM_ARENA(arena);
        compare(b, size_draw_filter(b, 1 + i % 3, arena), i % 2);
    }
}

static void each_indexed_field_is_found_by_each_of_its_operators(void **state)
{
    size_bed *b = *state;
    CM_ARENA(arena);
    bool done[FIELDS][THERE + 1] = {{false}};

    for (int i = 0; i < DRAWN; i++) {
        size_filter *f = cm_arena_zero(arena, sizeof *f);
        size_draw_term(b, f);
        if (!done[f->field][f->operator])
            compare(b, f, false);
        done[f->field][f->operator]= true;
    }
    for (int field = 0; field < FIELDS; field++)
        assert_true(done[field][IS] || field == UPDATED);
    assert_true(done[UPDATED][BELOW] && done[UPDATED][AT_LEAST] && done[DATE][ABOVE] && done[DATE][BEGINS]);
}

static void a_filter_that_no_index_holds_says_so_and_is_bounded(void **state)
{
    size_bed *b = *state;
    CM_ARENA(kept);
    NegListEntriesRequest *request = listing(b, "summary = \"*99999.\" AND kind:*", "", kept);
    int64_t examined = 0;
    size_t found = 0, pages = 0;

    do {
        CM_ARENA(arena);
        NegListEntriesResponse *page = list(b, request, arena);
        assert_int_equal(page->query_plan->n_scanned, 1);
        assert_string_equal(page->query_plan->scanned[0], "summary");
        assert_string_equal(page->query_plan->indexed[0], "kind");
        assert_true(page->query_plan->examined <= EXAMINED);
        examined += page->query_plan->examined;
        found += page->n_entries;
        pages++;
        request->page_token = cm_arena_strdup(kept, page->next_page_token);
    } while (*request->page_token);
    assert_int_equal(found, 1);
    assert_int_equal(examined, ROWS);
    assert_in_range(pages, ROWS / EXAMINED, ROWS / EXAMINED + 1); /* the last may find that nothing is left */
}

static void a_filter_is_explained_without_being_run(void **state)
{
    size_bed *b = *state;
    CM_ARENA(arena);
    NegListEntriesRequest *request =
        listing(b, "by:\"cities/rome-it\" AND (date >= \"2010\" OR NOT channel = virtual) AND summary:*", "", arena);

    request->explain = true;
    NegListEntriesResponse *page = list(b, request, arena);
    assert_int_equal(page->n_entries, 0);
    assert_int_equal(page->query_plan->n_indexed, 3);
    assert_int_equal(page->query_plan->n_scanned, 1);
    assert_string_equal(page->query_plan->scanned[0], "summary");
    assert_int_equal(page->query_plan->examined, 0);
    assert_true(page->query_plan->n_steps > 0);
}

/* ---- while others write ---- */

enum { BATCH = 100, BATCHES = 60 };

/* Changes the channel of rows all over the list, and adds others, as long as it may. */
typedef struct writer {
    size_bed *bed;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wrote;
    int batches; /* guarded by lock: so many are begun, and all but one durable */
    int first;   /* number of the first row that it adds */
} writer;

static void write_batch(writer *w, uint64_t *random, int number)
{
    CM_ARENA(arena);
    NegBatchUpdateEntriesRequest *request = CM_NEW(arena, NegBatchUpdateEntriesRequest);
    NegBatchUpdateEntriesResponse *answer;

    request->requests = cm_arena_take(arena, BATCH * sizeof *request->requests);
    for (int i = 0; i < BATCH; i++) {
        NegUpdateEntryRequest *one = request->requests[request->n_requests++] = CM_NEW(arena, NegUpdateEntryRequest);
        row r = w->bed->rows[(draw(random, ROWS / BATCH) * BATCH + (unsigned)i) % ROWS];
        r.channel = (r.channel + 1) % (int)CHECK_COUNT(size_channels);
        if (i % 10 == 0) {
            r.in_reply_to[0] = '\0';
            snprintf(r.name, sizeof r.name, "%s/entries/%c-%d", size_talks[i % 20 == 0], "af"[i % 4 == 0],
                     w -> first + number * BATCH + i);
        }
        one->entry = size_entry(&r, arena);
        one->allow_missing = true;
        one->update_mask = CM_NEW(arena, GoogleFieldMask);
        one->update_mask->paths = cm_arena_copy(arena, &(char *){"*"}, sizeof(char *));
        one->update_mask->n_paths = 1;
    }
    assert_ok(
        neg_negotiations_service_batch_update_entries(w->bed->p->negotiations.channel, NULL, request, arena, &answer));
}

static void *write_all(void *argument)
{
    writer *w = argument;
    uint64_t random = (uint64_t)w->first;

    for (int i = 0; i < BATCHES; i++) {
        pthread_mutex_lock(&w->lock);
        w->batches++;
        pthread_cond_signal(&w->wrote);
        pthread_mutex_unlock(&w->lock);
        write_batch(w, &random, i);
    }
    return NULL;
}

static void start_writer(writer *w, size_bed *b, int first)
{
    *w = (writer){.bed = b, .lock = PTHREAD_MUTEX_INITIALIZER, .wrote = PTHREAD_COND_INITIALIZER, .first = first};
    assert_int_equal(pthread_create(&w->thread, NULL, write_all, w), 0);
}

/* At least one batch more than before was begun, or all were. */
static int wait_for_batch(writer *w, int before)
{
    pthread_mutex_lock(&w->lock);
    while (w->batches <= before && w->batches < BATCHES)
        pthread_cond_wait(&w->wrote, &w->lock);
    int batches = w->batches;
    pthread_mutex_unlock(&w->lock);
    return batches;
}

/* What is in the store now, for the rows in memory. */
static void read_again(size_bed *b)
{
    CM_ARENA(kept);
    NegListEntriesRequest *request = listing(b, "", "", kept);

    b->count = 0;
    do {
        CM_ARENA(arena);
        NegListEntriesResponse *page = list(b, request, arena);
        for (size_t i = 0; i < page->n_entries; i++) {
            const NegEntry *e = page->entries[i];
            row *r = &b->rows[b->count++];
            assert_true(b->count <= MOST_ROWS);
            *r = (row){
                .collection = *e->collection ? "collections/climate" : "", .by = size_actors[0], .to = "", .place = ""};
            snprintf(r->name, sizeof r->name, "%s", e->name);
            snprintf(r->date, sizeof r->date, "%s", e->date);
            for (int k = 0; k < (int)CHECK_COUNT(size_kinds); k++)
                r->kind = size_kind_codes[k] == e->kind ? k : r->kind;
            for (int c = 0; c < (int)CHECK_COUNT(size_channels); c++)
                r->channel = size_channel_codes[c] == e->channel ? c : r->channel;
        }
        request->page_token = cm_arena_strdup(kept, page->next_page_token);
    } while (*request->page_token);
}

static void walk_beside_a_writer(size_bed *b, bool ordered, int first)
{
    CM_ARENA(kept);
    size_filter f = {.join = TERM, .field = CHANNEL, .operator= IS, .value = "virtual"};
    NegListEntriesRequest *request = listing(b, size_filter_text(&f, kept), ordered ? "date desc, kind" : "", kept);
    size_t count, at = 0;
    const row **expected = fitting(b, &f, ordered, &count);
    int batches = 0;
    writer w = {0};

    do {
        CM_ARENA(arena);
        NegListEntriesResponse *page = list(b, request, arena);
        for (size_t i = 0; i < page->n_entries; i++, at++)
            if (at >= count || strcmp(page->entries[i]->name, expected[at]->name) != 0)
                fail_msg("number %zu of %zu is %s, not %s", at, count, page->entries[i]->name,
                         at < count ? expected[at]->name : "the end");
        if (!w.bed) /* what is written comes after the list's time */
            start_writer(&w, b, first);
        batches = wait_for_batch(&w, batches);
        request->page_token = cm_arena_strdup(kept, page->next_page_token);
    } while (*request->page_token);
    assert_int_equal(at, count);
    assert_true(batches > 1);
    pthread_join(w.thread, NULL);
    free(expected);
    read_again(b);
}

static void pages_miss_and_repeat_nothing_beside_a_writer(void **state)
{
    size_bed *b = *state;

    walk_beside_a_writer(b, false, 1000000);
    walk_beside_a_writer(b, true, 2000000);
}

/* ---- a stream of changes ---- */

#define WATCHED "event.entry.channel = virtual AND NOT event.entry.date < \"1995\""

enum { PARTS = 4, MOST_CHANGES = 2 * MOST_ROWS };

/* Which rows of the journal the stream has told, in their order. */
typedef struct told {
    int part[MOST_CHANGES];
    int64_t seq[MOST_CHANGES];
    size_t count;
    int64_t last[PARTS];
    char *position;
} told;

static bool is_watched(const JrnChange *change)
{
    const EvtEvent *event = change->event;

    return event && event->resource_case == EVT_EVENT_RESOURCE_ENTRY && event->entry->channel == NEG_CHANNEL_VIRTUAL &&
           strcmp(event->entry->date, "1995") >= 0;
}

static void note(told *t, const JrnChange *change)
{
    if (change->seq <= t->last[change->part])
        fail_msg("seq %lld of partition %d comes after %lld", (long long)change->seq, change->part,
                 (long long)t->last[change->part]);
    assert_true(is_watched(change));
    t->last[change->part] = change->seq;
    assert_true(t->count < MOST_CHANGES);
    t->part[t->count] = change->part;
    t->seq[t->count++] = change->seq;
}

static cm_client_stream *watch(size_bed *b, const char *position, const char *filter, bool follow, cm_arena *arena)
{
    JrnWatchChangesRequest *request = CM_NEW(arena, JrnWatchChangesRequest);
    cm_client_stream *stream;

    request->position = (char *)position;
    request->filter = (char *)filter;
    request->follow = follow;
    assert_ok(jrn_journal_service_watch_changes_open(b->p->negotiations.channel, NULL, request, &stream));
    return stream;
}

/* One answer; false at the stream's end. */
static bool hear(cm_client_stream *stream, told *t)
{
    CM_ARENA(arena);
    JrnWatchChangesResponse *response;

    assert_ok(jrn_journal_service_watch_changes_receive(stream, arena, &response));
    if (!response)
        return false;
    for (size_t i = 0; i < response->n_changes; i++)
        note(t, response->changes[i]);
    free(t->position);
    t->position = cm_strdup(response->position);
    return true;
}

/* What a filter in the test's own words lets through, of all that was ever recorded; and the heads then. */
static void read_all(size_bed *b, told *t)
{
    CM_ARENA(kept);
    cm_client_stream *stream = watch(b, "", "", false, kept);
    JrnWatchChangesResponse *response;

    do {
        CM_ARENA(arena);
        assert_ok(jrn_journal_service_watch_changes_receive(stream, arena, &response));
        for (size_t i = 0; response && i < response->n_changes; i++)
            if (is_watched(response->changes[i]))
                note(t, response->changes[i]);
    } while (response);
    assert_ok(cm_client_stream_finish(stream));
    cm_client_stream_free(stream);
}

/* Those of a partition are the same ones, in the same order. */
static void assert_same(const told *heard, const told *all, const int64_t after[PARTS])
{
    for (int part = 0; part < PARTS; part++) {
        size_t i = 0;
        for (size_t n = 0; n < all->count; n++) {
            if (all->part[n] != part || all->seq[n] <= after[part])
                continue;
            while (i < heard->count && heard->part[i] != part)
                i++;
            if (i == heard->count || heard->seq[i] != all->seq[n])
                fail_msg("seq %lld of partition %d was not told", (long long)all->seq[n], part);
            i++;
        }
        while (i < heard->count && heard->part[i] != part)
            i++;
        assert_int_equal(i, heard->count);
    }
}

static bool has_caught_up(const told *heard, const told *all)
{
    return memcmp(heard->last, all->last, sizeof all->last) == 0;
}

/* Follows, and breaks off after a number of answers that is drawn each time, until it was told what was there when
 * the writer had ended. Whenever it waits, the writer still has a batch before it. */
static void follow(size_bed *b, writer *w, told *heard, told *all)
{
    bool ended = false;

    heard->position = cm_strdup("");
    while (!ended || !has_caught_up(heard, all)) {
        CM_ARENA(arena);
        cm_client_stream *stream = watch(b, heard->position, WATCHED, true, arena);
        unsigned answers = 1 + draw(&b->random, 20);
        while (answers-- && (!ended || !has_caught_up(heard, all))) {
            assert_true(hear(stream, heard));
            if (!ended && wait_for_batch(w, -1) == BATCHES) {
                ended = true;
                pthread_join(w->thread, NULL);
                read_all(b, all);
            }
        }
        cm_client_stream_free(stream);
    }
}

static void a_stream_that_breaks_anywhere_misses_and_repeats_nothing(void **state)
{
    size_bed *b = *state;
    told *heard = cm_alloc(sizeof *heard), *all = cm_alloc(sizeof *all);
    static const int64_t start[PARTS];
    writer w;

    start_writer(&w, b, 3000000);
    follow(b, &w, heard, all);
    assert_same(heard, all, start);
    assert_true(all->count > 1000);
    free(heard->position);
    free(heard);
    free(all);
}

static void a_stream_goes_on_at_any_position(void **state)
{
    size_bed *b = *state;
    told *all = cm_alloc(sizeof *all), *heard = cm_alloc(sizeof *heard), *rest = cm_alloc(sizeof *rest);
    CM_ARENA(arena);
    cm_client_stream *stream = watch(b, "", WATCHED, false, arena);

    read_all(b, all);
    heard->position = cm_strdup("");
    for (int answers = 0; hear(stream, heard); answers++) {
        if (draw(&b->random, 24))
            continue;
        cm_client_stream *other = watch(b, heard->position, WATCHED, false, arena);
        memset(rest, 0, sizeof *rest);
        while (hear(other, rest))
            ;
        assert_ok(cm_client_stream_finish(other));
        cm_client_stream_free(other);
        assert_same(rest, all, heard->last);
        free(rest->position);
    }
    assert_ok(cm_client_stream_finish(stream));
    cm_client_stream_free(stream);
    free(heard->position);
    free(heard);
    free(rest);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_listed_once_in_order), /* those behind it need the times that it reads */
        cmocka_unit_test(each_indexed_field_is_found_by_each_of_its_operators),
        cmocka_unit_test(filters_drawn_at_random_find_what_a_plain_loop_finds),
        cmocka_unit_test(a_filter_that_no_index_holds_says_so_and_is_bounded),
        cmocka_unit_test(a_filter_is_explained_without_being_run),
        cmocka_unit_test(pages_miss_and_repeat_nothing_beside_a_writer),
        cmocka_unit_test(a_stream_that_breaks_anywhere_misses_and_repeats_nothing),
        cmocka_unit_test(a_stream_goes_on_at_any_position),
    };

    return cmocka_run_group_tests(tests, size_set_up, size_tear_down);
}

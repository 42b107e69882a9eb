/* Resources while several lanes write. */
#include "resource_bed.h"

#include <pthread.h>

typedef struct writing {
    resource_bed *bed;
    cm_task task;
    const cm_resource_kind *kind;
    const char *resource, *names[1];
    RegActor answer;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool written, may_end, done;
    cm_status outcome;
} writing;

static void say(writing *w, bool *flag)
{
    pthread_mutex_lock(&w->lock);
    *flag = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void wait_for(writing *w, const bool *flag)
{
    pthread_mutex_lock(&w->lock);
    while (!*flag)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

/* Creates its resource, and stays before the commit until it may end. */
static cm_status write_and_stay(cm_task *task, void *lent)
{
    writing *w = (writing *)((char *)task - offsetof(writing, task));
    RegCreateActorRequest request;
    RegActor actor;

    RegCreateActorRequest_init(&request);
    RegActor_init(&actor);
    actor.name = (char *)w->resource;
    actor.display_name = "Under way";
    request.actor = &actor;
    bed_calling c = {w->bed, cm_resource_create, w->kind, &request.base, &w->answer.base};
    CM_TRY(bed_run(&c, lent));
    say(w, &w->written);
    wait_for(w, &w->may_end);
    return cm_ok();
}

static void end_writing(cm_task *task, cm_status outcome)
{
    writing *w = (writing *)((char *)task - offsetof(writing, task));

    w->outcome = outcome;
    say(w, &w->done);
}

static void begin_to_write(writing *w, resource_bed *b, const cm_resource_kind *kind, const char *resource)
{
    *w = (writing){.bed = b,
                   .task = {.run = write_and_stay, .done = end_writing},
                   .kind = kind,
                   .resource = resource,
                   .names = {resource},
                   .lock = PTHREAD_MUTEX_INITIALIZER,
                   .changed = PTHREAD_COND_INITIALIZER};
    RegActor_init(&w->answer);
    w->task.touched = (cm_touched){w->names, 1};
    cm_submit(cm_journal_writer(b->journal), &w->task);
    wait_for(w, &w->written);
}

/* The thread waits for what is under way; or, were it wrong, it is done without. */
static void wait_until_done_or_waiting(resource_bed *b, const atomic_bool *done)
{
    while (!atomic_load(done) && !bed_count(b, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
        ;
}

/* ---- lists: what is under way when a page is read was recorded at an earlier time than what is committed already, and
 * yet belongs to the time of the list ---- */

typedef struct listing {
    resource_bed *bed;
    RegListActorsRequest request;
    RegListActorsResponse page;
    pthread_t thread;
    atomic_bool done;
    cm_status outcome;
} listing;

static void *list(void *argument)
{
    listing *l = argument;

    l->outcome = bed_read(l->bed, cm_resource_list, &bed_actor, &l->request, &l->page);
    atomic_store(&l->done, true);
    return NULL;
}

/* The next city of another partition, whose name comes after it. */
static char *other_city(const char *city, int from)
{
    for (int i = from;; i++) {
        char *name = cm_format("cities/z%d", i);
        if (cm_journal_part(name, 3) != cm_journal_part(city, 3))
            return name;
        free(name);
    }
}

static cm_status create_beside(void *argument, void *lent)
{
    return bed_run(argument, lent);
}

/* Committed, and recorded after what is under way. */
static void commit_beside(resource_bed *b, const char *name)
{
    RegCreateActorRequest *request = CM_NEW(b->arena, RegCreateActorRequest);
    RegActor *answer = CM_NEW(b->arena, RegActor);
    const char *names[] = {name};

    request->actor = bed_new_actor(b, name, "Committed");
    bed_calling c = {b, cm_resource_create, &bed_actor, &request->base, &answer->base};
    assert_ok(cm_run_touching(cm_journal_writer(b->journal), (cm_touched){names, 1}, create_beside, &c));
}

static void a_list_of_several_pages_has_what_was_recorded_by_its_time(void **state)
{
    resource_bed *b = *state;
    const char *first = "cities/a";
    CM_FREE char *second = other_city(first, 1), *third = other_city(first, 1 + (int)strtol(second + 8, NULL, 10));
    listing l = {.bed = b};
    writing w;

    begin_to_write(&w, b, &bed_actor, first);
    commit_beside(b, second);
    commit_beside(b, third);
    RegListActorsRequest_init(&l.request);
    RegListActorsResponse_init(&l.page);
    l.request.page_size = 1;
    assert_int_equal(pthread_create(&l.thread, NULL, list, &l), 0);
    wait_until_done_or_waiting(b, &l.done);
    say(&w, &w.may_end);
    pthread_join(l.thread, NULL);
    wait_for(&w, &w.done);
    assert_ok(w.outcome);
    assert_ok(l.outcome);
    assert_int_equal(l.page.n_actors, 1);
    assert_string_equal(l.page.actors[0]->name, first);

    l.request.page_token = l.page.next_page_token;
    assert_ok(bed_read(b, cm_resource_list, &bed_actor, &l.request, &l.page));
    assert_int_equal(l.page.n_actors, 1);
    assert_string_equal(l.page.actors[0]->name, second);
}

/* ---- a batch of which each item that can be taken is ---- */

/* An actor's display name is its own, as the service sees to in words of its own, and the table for all lanes. */
static cm_status claim(cm_resource_context *context, ProtobufCMessage *resource, const ProtobufCMessage *before)
{
    const char *name = cm_message_string(resource, "display_name");
    int64_t taken;

    CM_TRY(cm_db_integer(cm_tx_db(context->tx), "SELECT count(*) FROM claims WHERE id = $1", CM_WITH(cm_v_text(name)),
                         0, &taken));
    if (taken)
        return cm_invalid("display_name", "\"%s\" is another's", name);
    return cm_db_run(cm_tx_db(context->tx), "INSERT INTO claims (id) VALUES ($1)", CM_WITH(cm_v_text(name)));
}

static cm_status make_claims(void *argument, void *lent)
{
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    return cm_db_run(db, "CREATE TABLE claims (id TEXT PRIMARY KEY)", CM_NONE);
}

typedef struct batching {
    bed_calling calling;
    const char *names[2];
    pthread_t thread;
    atomic_bool done;
    cm_status outcome;
} batching;

static void *write_batch(void *argument)
{
    batching *b = argument;

    b->outcome = cm_run_touching(cm_journal_writer(b->calling.bed->journal), (cm_touched){b->names, 2}, create_beside,
                                 &b->calling);
    atomic_store(&b->done, true);
    return NULL;
}

static void a_batch_is_told_what_refuses_an_item_though_another_lane_was_first_by_a_moment(void **state)
{
    resource_bed *b = *state;
    const char *first = "cities/a";
    CM_FREE char *second = other_city(first, 1), *third = other_city(first, 1 + (int)strtol(second + 8, NULL, 10));
    RegBatchUpdateActorsRequest *request = CM_NEW(b->arena, RegBatchUpdateActorsRequest);
    RegBatchUpdateActorsResponse *answer = CM_NEW(b->arena, RegBatchUpdateActorsResponse);
    cm_resource_kind kind = bed_actor;
    batching batch = {{b, cm_resource_batch_update, &kind, &request->base, &answer->base}, {second, third}};
    writing w;

    kind.relate = claim;
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), make_claims, NULL));
    request->return_partial_success = true;
    request->n_requests = 2;
    request->requests = cm_arena_take(b->arena, 2 * sizeof *request->requests);
    for (size_t i = 0; i < 2; i++) {
        request->requests[i] = CM_NEW(b->arena, RegUpdateActorRequest);
        request->requests[i]->allow_missing = true;
        request->requests[i]->actor = bed_new_actor(b, batch.names[i], i ? "Third" : "Under way");
    }
    begin_to_write(&w, b, &kind, first);
    assert_int_equal(pthread_create(&batch.thread, NULL, write_batch, &batch), 0);
    wait_until_done_or_waiting(b, &batch.done);
    say(&w, &w.may_end);
    pthread_join(batch.thread, NULL);
    wait_for(&w, &w.done);
    assert_ok(w.outcome);
    assert_ok(batch.outcome);
    assert_int_equal(answer->n_actors, 1);
    assert_string_equal(answer->actors[0]->name, third);
    assert_int_equal(answer->n_refusals, 1);
    assert_int_equal(answer->refusals[0]->code, CM_INVALID_ARGUMENT);
    assert_string_equal(answer->refusals[0]->violations[0]->description, "\"Under way\" is another's");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_list_of_several_pages_has_what_was_recorded_by_its_time),
        BED_TEST(a_batch_is_told_what_refuses_an_item_though_another_lane_was_first_by_a_moment),
    };

    return pg_server_run_suite(&bed_postgres, tests, sizeof tests / sizeof *tests);
}

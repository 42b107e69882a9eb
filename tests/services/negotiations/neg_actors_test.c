#include "neg_platform.h"

#include <pthread.h>

#include "journal/cm_feed.h"
#include "negotiations/neg_actors.h"

/* What is known of the registry's actors, and what happens without the registry. */

typedef struct known {
    cm_arena *arena;
    const char *name;
    TypActorSnapshot snapshot;
    bool is;
} known;

static cm_status look(void *argument, void *lent)
{
    known *k = argument;

    return neg_actors_find(lent, k->name, k->arena, &k->snapshot, &k->is);
}

static known find(platform *p, const char *name)
{
    known k = {.arena = p->arena, .name = name};

    TypActorSnapshot_init(&k.snapshot);
    assert_ok(cm_run_and_wait(cm_journal_readers(p->negotiations.journal), look, &k));
    return k;
}

/* A row of the registry's journal, as its feed gives it. */
static cm_row feed_row(platform *p, const char *actor, const char *state, int64_t revision, const char *epoch, int part)
{
    EvtEvent *event = CM_NEW(p->arena, EvtEvent);
    cm_row row = {
        .at = {part, 7}, .type = "cityneg.registry.actor.updated.v1", .resource = actor, .revision = revision};

    event->resource_case = EVT_EVENT_RESOURCE_ACTOR;
    event->actor = CM_NEW(p->arena, RegActor);
    event->actor->name = (char *)actor;
    event->actor->state = (char *)state;
    row.payload = cm_message_pack(&event->base, p->arena);
    assert_ok(cm_uuid_parse(epoch, &row.epoch));
    return row;
}

static cm_status apply(void *argument, void *lent)
{
    return neg_actors_apply(NULL, lent, argument);
}

static void feed(platform *p, cm_row row)
{
    assert_ok(cm_run_and_wait(cm_journal_writer(p->negotiations.journal), apply, &row));
}

static cm_status reset(void *argument, void *lent)
{
    return neg_actors_reset(NULL, lent, *(int *)argument);
}

static const char first[] = "11111111-1111-4111-8111-111111111111", second[] = "22222222-2222-4222-8222-222222222222";

static void within_an_epoch_only_a_newer_revision_is_written(void **state)
{
    platform *p = *state;

    feed(p, feed_row(p, "cities/oslo-no", "states/no", 3, first, 1));
    feed(p, feed_row(p, "cities/oslo-no", "states/se", 2, first, 1)); /* came late */
    known k = find(p, "cities/oslo-no");
    assert_true(k.is);
    assert_int_equal(k.snapshot.kind, TYP_ACTOR_KIND_CITY);
    assert_string_equal(k.snapshot.state, "states/no");
    assert_int_equal(k.snapshot.revision, 3);
    assert_string_equal(k.snapshot.epoch, first);
    feed(p, feed_row(p, "cities/oslo-no", "states/dk", 4, first, 1));
    assert_string_equal(find(p, "cities/oslo-no").snapshot.state, "states/dk");
}

static void another_epoch_replaces_what_is_known(void **state)
{
    platform *p = *state;

    feed(p, feed_row(p, "cities/oslo-no", "states/no", 9, first, 1));
    feed(p, feed_row(p, "cities/oslo-no", "states/no", 1, second, 1));
    known k = find(p, "cities/oslo-no");
    assert_int_equal(k.snapshot.revision, 1);
    assert_string_equal(k.snapshot.epoch, second);
}

static void a_reset_forgets_one_partition_and_what_was_asked_for(void **state)
{
    platform *p = *state;
    int part = 1;

    platform_add_ground(p); /* asks for Paris and Rome */
    feed(p, feed_row(p, "cities/oslo-no", "states/no", 1, first, 1));
    feed(p, feed_row(p, "cities/bergen-no", "states/no", 1, first, 2));
    assert_true(find(p, "cities/paris-fr").is);
    assert_ok(cm_run_and_wait(cm_journal_writer(p->negotiations.journal), reset, &part));
    assert_false(find(p, "cities/oslo-no").is);
    assert_false(find(p, "cities/paris-fr").is);
    assert_true(find(p, "cities/bergen-no").is);
}

/* A row of the feed by which the registry says that one actor is the same as another, "" for none. */
static void feed_merge(platform *p, const char *actor, const char *survivor, int64_t revision)
{
    cm_row row = feed_row(p, actor, "states/fr", revision, first, 1);
    EvtEvent *event = CM_NEW(p->arena, EvtEvent);

    event->resource_case = EVT_EVENT_RESOURCE_ACTOR;
    event->actor = CM_NEW(p->arena, RegActor);
    event->actor->name = (char *)actor;
    event->actor->state = "states/fr";
    event->actor->merged_into = (char *)survivor;
    row.payload = cm_message_pack(&event->base, p->arena);
    feed(p, row);
}

static size_t talks_of(platform *p, const char *actor)
{
    NegListNegotiationsRequest request = CITYNEG__NEGOTIATIONS__V1__LIST_NEGOTIATIONS_REQUEST__INIT;
    NegListNegotiationsResponse *page;

    request.filter = cm_arena_format(p->arena, "participants.actor:\"%s\"", actor);
    assert_ok(neg_negotiations_service_list_negotiations(p->negotiations.channel, NULL, &request, p->arena, &page));
    return page->n_negotiations;
}

static void who_asks_for_an_actor_finds_those_that_were_merged_into_it(void **state)
{
    platform *p = *state;

    platform_add_ground(p); /* talks of Paris and Rome */
    assert_int_equal(talks_of(p, "cities/paris-fr"), 1);
    assert_int_equal(talks_of(p, "cities/lutetia-fr"), 0);
    feed_merge(p, "cities/paris-fr", "cities/lutetia-fr", 5);
    assert_int_equal(talks_of(p, "cities/lutetia-fr"), 1);
    assert_int_equal(talks_of(p, "cities/paris-fr"), 1);
    feed_merge(p, "cities/paris-fr", "", 6);
    assert_int_equal(talks_of(p, "cities/lutetia-fr"), 0);
}

static void other_rows_are_left_alone_and_an_erased_actor_is_forgotten(void **state)
{
    platform *p = *state;
    cm_row row = feed_row(p, "cities/oslo-no", "states/no", 1, first, 1);

    row.type = "cityneg.registry.membership.created.v1";
    feed(p, row);
    assert_false(find(p, "cities/oslo-no").is);
    row.type = "cityneg.registry.actor.created.v1";
    feed(p, row);
    assert_true(find(p, "cities/oslo-no").is);
    row.payload.size = 0;
    feed(p, row);
    assert_false(find(p, "cities/oslo-no").is);
}

static void a_row_that_is_no_actor_is_told(void **state)
{
    platform *p = *state;
    EvtEvent *event = CM_NEW(p->arena, EvtEvent);
    cm_row row = {.type = "cityneg.registry.actor.created.v1", .resource = "cities/x", .revision = 1};

    event->corrects = "x";
    row.payload = cm_message_pack(&event->base, p->arena);
    assert_fails(cm_run_and_wait(cm_journal_writer(p->negotiations.journal), apply, &row), CM_DATA_LOSS,
                 "cityneg.registry.actor.created.v1 of cities/x carries no actor");
}

static void what_a_refused_request_fetched_is_not_kept(void **state)
{
    platform *p = *state;
    NegEntry *made;

    platform_add_ground(p);
    NegEntry *entry = bed_entry(p->arena, "negotiations/n/entries/1");
    entry->by[0] = "cities/lyon-fr";
    entry->sources[0]->source = "sources/lost";
    assert_fails(platform_create_entry(p, entry, "", &made), CM_INVALID_ARGUMENT, "sources/lost does not exist");
    assert_false(find(p, "cities/lyon-fr").is);
    entry->sources[0]->source = "sources/report";
    assert_ok(platform_create_entry(p, entry, "", &made));
    known k = find(p, "cities/lyon-fr");
    assert_true(k.is);
    assert_string_equal(k.snapshot.state, "states/fr");
    assert_string_equal(k.snapshot.epoch, cm_journal_epoch_text(p->registry.journal));
}

static void with_the_registry_away_known_actors_pass_and_unknown_ones_are_told_to_wait(void **state)
{
    platform *p = *state;
    NegEntry *made;

    platform_add_ground(p);
    house_end_server(&p->registry);
    NegEntry *entry = bed_entry(p->arena, "negotiations/n/entries/1");
    assert_ok(platform_create_entry(p, entry, "", &made));
    int64_t rows = platform_rows(p);
    entry->name = "negotiations/n/entries/2";
    entry->to[0] = "cities/lyon-fr";
    cm_status s = platform_create_entry(p, entry, "", &made);
    assert_int_equal(s.error->retry_ms, 1000);
    assert_string_equal(s.error->reason, "REGISTRY_UNAVAILABLE");
    assert_fails(s, CM_UNAVAILABLE, "the registry could not be asked about cities/lyon-fr: ");
    assert_int_equal(platform_rows(p), rows);
}

/* Counts what the feed applied, so that a test can wait for it. */
typedef struct counter {
    pthread_mutex_t lock;
    pthread_cond_t more;
    int rows;
} counter;

static cm_status apply_and_count(void *context, cm_tx *tx, const cm_row *row)
{
    counter *c = context;

    CM_TRY(neg_actors_apply(NULL, tx, row));
    pthread_mutex_lock(&c->lock);
    c->rows++;
    pthread_cond_signal(&c->more);
    pthread_mutex_unlock(&c->lock);
    return cm_ok();
}

static void wait_for(counter *c, int rows)
{
    pthread_mutex_lock(&c->lock);
    while (c->rows < rows)
        pthread_cond_wait(&c->more, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

static cm_status look_on_writer(void *argument, void *lent)
{
    return look(argument, cm_tx_db(lent));
}

static void the_registrys_journal_makes_its_actors_known(void **state)
{
    platform *p = *state;
    counter applied = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};
    cm_feed *actors;

    assert_ok(cm_feed_start(&(cm_feed_options){.topic = "cityneg.registry.events.v1",
                                               .journal = p->registry.channel,
                                               .into = p->negotiations.journal,
                                               .apply = apply_and_count,
                                               .reset = neg_actors_reset,
                                               .context = &applied},
                            &actors));
    wait_for(&applied, 6);
    known k = {.arena = p->arena, .name = "cities/lyon-fr"};
    TypActorSnapshot_init(&k.snapshot);
    assert_ok(cm_run_and_wait(cm_journal_writer(p->negotiations.journal), look_on_writer, &k));
    assert_true(k.is);
    assert_string_equal(k.snapshot.state, "states/fr");
    assert_int_equal(k.snapshot.revision, 1);
    assert_string_equal(k.snapshot.epoch, cm_journal_epoch_text(p->registry.journal));
    cm_feed_stop(actors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLATFORM_TEST(within_an_epoch_only_a_newer_revision_is_written),
        PLATFORM_TEST(another_epoch_replaces_what_is_known),
        PLATFORM_TEST(a_reset_forgets_one_partition_and_what_was_asked_for),
        PLATFORM_TEST(who_asks_for_an_actor_finds_those_that_were_merged_into_it),
        PLATFORM_TEST(other_rows_are_left_alone_and_an_erased_actor_is_forgotten),
        PLATFORM_TEST(a_row_that_is_no_actor_is_told),
        PLATFORM_TEST(the_registrys_journal_makes_its_actors_known),
        PLATFORM_TEST(what_a_refused_request_fetched_is_not_kept),
        PLATFORM_TEST(with_the_registry_away_known_actors_pass_and_unknown_ones_are_told_to_wait),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}

/* The registry on a real server, as other services and command lines call it. */
#include "reg_served.h"

#include <pthread.h>

#define ID "0f8fad5b-d9cb-469f-a165-70867728950e"

static cm_status create(served *s, RegActor *actor, const char *request_id, RegActor **made)
{
    RegCreateActorRequest request = CITYNEG__REGISTRY__V1__CREATE_ACTOR_REQUEST__INIT;

    request.actor = actor;
    request.request_id = (char *)request_id;
    return reg_registry_service_create_actor(s->channel, NULL, &request, s->bed->arena, made);
}

static void what_was_acknowledged_is_read(void **state)
{
    served *s = *state;
    RegGetActorRequest request = CITYNEG__REGISTRY__V1__GET_ACTOR_REQUEST__INIT;
    RegActor *made, *read;

    assert_ok(create(s, bed_actor(s->bed, "states/ru", ""), "", &made));
    request.name = "states/ru";
    assert_ok(reg_registry_service_get_actor(s->channel, NULL, &request, s->bed->arena, &read));
    assert_true(cm_message_equal(&made->base, &read->base));
    request.name = "states/cn";
    assert_fails(reg_registry_service_get_actor(s->channel, NULL, &request, s->bed->arena, &read), CM_NOT_FOUND,
                 "states/cn does not exist");
}

static void violations_arrive_with_their_fields(void **state)
{
    served *s = *state;
    RegActor *made, *actor = bed_actor(s->bed, "cities/kazan-ru", "states/ru");

    BED_ADD(s->bed, actor, populations, RegPopulation)->count = -5;
    actor->display_name = "";
    assert_string_equal(bed_fields(s->bed, create(s, actor, "", &made)),
                        "actor.display_name actor.populations[0].count actor.state");
}

static void as_many_violations_arrive_as_a_call_can_carry(void **state)
{
    served *s = *state;
    RegBatchUpdateActorsRequest *request = CM_NEW(s->bed->arena, RegBatchUpdateActorsRequest);
    RegBatchUpdateActorsResponse *answer;
    size_t count = 0;

    request->requests = cm_arena_take(s->bed->arena, 1000 * sizeof *request->requests);
    for (; request->n_requests < 1000; request->n_requests++) {
        RegUpdateActorRequest *one = CM_NEW(s->bed->arena, RegUpdateActorRequest);
        one->actor = bed_actor(s->bed, "a name that fits no pattern, however long it may be or become in time", "");
        request->requests[request->n_requests] = one;
    }
    cm_status failed = reg_registry_service_batch_update_actors(s->channel, NULL, request, s->bed->arena, &answer);
    assert_int_equal(failed.code, CM_INVALID_ARGUMENT);
    for (const cm_violation *v = failed.error->violations; v; v = v->next)
        count++;
    assert_in_range(count, 10, 32);
    cm_status_clear(&failed);
}

static void a_name_that_is_no_utf_8_is_refused(void **state)
{
    static const char *const wrong[] = {"Kaz\xff", "\xc3", "\xed\xa0\x80" /* a lone surrogate */, "\xc0\xaf"};
    served *s = *state;
    RegActor *made, *actor = bed_actor(s->bed, "states/ru", "");

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        actor->display_name = (char *)wrong[i];
        assert_fails(create(s, actor, "", &made), CM_INVALID_ARGUMENT, "actor.display_name");
    }
    assert_int_equal(cm_journal_head(s->bed->journal, cm_journal_part("states/ru", 8)), 0);
}

static void a_message_that_is_too_large_is_refused(void **state)
{
    served *s = *state;
    RegActor *made, *actor = bed_actor(s->bed, "states/ru", "");

    for (size_t size = 1 << 20; size <= 100 << 20; size *= 10) {
        actor->note = cm_arena_zero(s->bed->arena, size + 1);
        memset(actor->note, 'n', size);
        assert_fails(create(s, actor, "", &made), CM_RESOURCE_EXHAUSTED, "");
    }
    actor->note = "";
    assert_ok(create(s, actor, "", &made)); /* and the server goes on */
}

static void a_token_of_another_query_is_refused(void **state)
{
    served *s = *state;
    RegListActorsRequest request = CITYNEG__REGISTRY__V1__LIST_ACTORS_REQUEST__INIT;
    RegListMembershipsRequest other = CITYNEG__REGISTRY__V1__LIST_MEMBERSHIPS_REQUEST__INIT;
    RegListMembershipsResponse *memberships;
    RegListActorsResponse *page;
    RegActor *made;

    assert_ok(create(s, bed_actor(s->bed, "states/ru", ""), "", &made));
    assert_ok(create(s, bed_actor(s->bed, "states/cn", ""), "", &made));
    request.page_size = 1;
    assert_ok(reg_registry_service_list_actors(s->channel, NULL, &request, s->bed->arena, &page));
    request.page_token = page->next_page_token;
    other.page_token = page->next_page_token;
    assert_ok(reg_registry_service_list_actors(s->channel, NULL, &request, s->bed->arena, &page));
    assert_string_equal(page->actors[0]->name, "states/ru");
    request.parent = "cities";
    assert_fails(reg_registry_service_list_actors(s->channel, NULL, &request, s->bed->arena, &page),
                 CM_INVALID_ARGUMENT, "page_token");
    assert_fails(reg_registry_service_list_memberships(s->channel, NULL, &other, s->bed->arena, &memberships),
                 CM_INVALID_ARGUMENT, "is of another query"); /* another method, though nothing else differs */
}

/* ---- one request, sent many times at once ---- */

enum { SENT = 16 };

typedef struct gathered {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t done;
    int answers, same;
} gathered;

static void take_answer(void *context, cm_status outcome, const ProtobufCMessage *response)
{
    gathered *g = context;
    bool same = cm_is_ok(outcome) && strcmp(((const RegActor *)response)->etag, "1") == 0;

    cm_status_clear(&outcome);
    pthread_mutex_lock(&g->lock);
    g->answers++;
    g->same += same;
    pthread_cond_signal(&g->done);
    pthread_mutex_unlock(&g->lock);
}

static void a_request_sent_many_times_at_once_is_done_once(void **state)
{
    served *s = *state;
    gathered g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};
    RegCreateActorRequest request = CITYNEG__REGISTRY__V1__CREATE_ACTOR_REQUEST__INIT;
    const cm_method_desc *method = NULL;

    for (size_t i = 0; i < s->bed->service.desc->count; i++)
        if (strcmp(s->bed->service.desc->methods[i].name, "CreateActor") == 0)
            method = &s->bed->service.desc->methods[i];
    request.actor = bed_actor(s->bed, "states/ru", "");
    request.request_id = ID;
    for (int i = 0; i < SENT; i++)
        cm_channel_unary_async(s->channel, method, NULL, &request.base, take_answer, &g);
    pthread_mutex_lock(&g.lock);
    while (g.answers < SENT)
        pthread_cond_wait(&g.done, &g.lock);
    pthread_mutex_unlock(&g.lock);
    assert_int_equal(g.same, SENT);
    assert_int_equal(cm_journal_head(s->bed->journal, cm_journal_part("states/ru", 8)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED_TEST(what_was_acknowledged_is_read),
        SERVED_TEST(violations_arrive_with_their_fields),
        SERVED_TEST(as_many_violations_arrive_as_a_call_can_carry),
        SERVED_TEST(a_name_that_is_no_utf_8_is_refused),
        SERVED_TEST(a_message_that_is_too_large_is_refused),
        SERVED_TEST(a_token_of_another_query_is_refused),
        SERVED_TEST(a_request_sent_many_times_at_once_is_done_once),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}

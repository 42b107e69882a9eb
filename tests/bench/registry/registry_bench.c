/* How many resources a second the registry takes from an importer: batches of 1,000, one after the other, each durable
 * before the next, without a network. Cities first, then a membership of each, then the same again, which changes
 * nothing; and how many it lists. */
#include <stdio.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "bench/bench_main.h"
#include "journal/cm_journal.h"
#include "registry/reg_actor.h"
#include "registry/reg_membership.h"
#include "registry/reg_schema.h"

enum { BATCH = 1000, TOKEN_MAX = 1024 };

static const cm_option options[] = {
    {"store", 's', CM_OPTION_TEXT, "URL", NULL, "where to write; the file must not exist", .choices = NULL},
    {"batches", 'n', CM_OPTION_INTEGER, "N", "50", "batches of 1,000 cities", .least = 1, .most = 100000},
    {NULL},
};

typedef struct bench {
    cm_journal *journal;
    const cm_resource_kind *kind;
    const ProtobufCMessageDescriptor *answer;
    const ProtobufCMessage *request;
} bench;

static cm_status run(void *argument, void *lent)
{
    const bench *b = argument;
    cm_call *call = cm_call_new_local(NULL, lent, "bench");
    cm_status s = cm_resource_batch_update(call, b->kind, b->request, cm_message_new(cm_call_arena(call), b->answer));

    cm_call_unref(call);
    return s;
}

static cm_status put_cities(bench *b, int batch, cm_arena *arena)
{
    RegBatchUpdateActorsRequest *request = CM_NEW(arena, RegBatchUpdateActorsRequest);

    request->requests = cm_arena_take(arena, BATCH * sizeof *request->requests);
    for (int i = 0; i < BATCH; i++) {
        RegUpdateActorRequest *one = request->requests[request->n_requests++] = CM_NEW(arena, RegUpdateActorRequest);
        RegActor *city = one->actor = CM_NEW(arena, RegActor);
        one->allow_missing = true;
        city->name = cm_arena_format(arena, "cities/city-%d-%d-ru", batch, i);
        city->display_name = city->name;
        city->state = "states/ru";
        city->collection = "collections/bench";
        city->location = CM_NEW(arena, RegLatLng);
        city->location->latitude = 55.8;
        city->location->longitude = 49.1;
        city->external_ids = cm_arena_take(arena, sizeof *city->external_ids);
        city->external_ids[city->n_external_ids++] = CM_NEW(arena, RegExternalId);
        city->external_ids[0]->scheme = "geonames";
        city->external_ids[0]->value = cm_arena_format(arena, "%d", batch * BATCH + i);
        city->populations = cm_arena_take(arena, sizeof *city->populations);
        city->populations[city->n_populations++] = CM_NEW(arena, RegPopulation);
        city->populations[0]->count = 1000 + i;
    }
    b->kind = &reg_actor_kind;
    b->answer = &RegBatchUpdateActorsResponse_descriptor;
    b->request = &request->base;
    return cm_run_and_wait(cm_journal_writer(b->journal), run, b);
}

static cm_status put_memberships(bench *b, int batch, cm_arena *arena)
{
    RegBatchUpdateMembershipsRequest *request = CM_NEW(arena, RegBatchUpdateMembershipsRequest);

    request->requests = cm_arena_take(arena, BATCH * sizeof *request->requests);
    for (int i = 0; i < BATCH; i++) {
        RegUpdateMembershipRequest *one = request->requests[request->n_requests++] =
            CM_NEW(arena, RegUpdateMembershipRequest);
        RegMembership *membership = one->membership = CM_NEW(arena, RegMembership);
        one->allow_missing = true;
        membership->name = cm_arena_format(arena, "cities/city-%d-%d-ru/memberships/covenant", batch, i);
        membership->institution = "institutions/covenant";
        membership->status = REG_MEMBERSHIP_STATUS_MEMBER;
        membership->from = "2012-07-23";
        membership->collection = "collections/bench";
    }
    b->kind = &reg_membership_kind;
    b->answer = &RegBatchUpdateMembershipsResponse_descriptor;
    b->request = &request->base;
    return cm_run_and_wait(cm_journal_writer(b->journal), run, b);
}

/* The state and the institution that the others name. */
static cm_status put_others(bench *b, cm_arena *arena)
{
    static const char *const names[] = {"states/ru", "institutions/covenant"};
    RegBatchUpdateActorsRequest *request = CM_NEW(arena, RegBatchUpdateActorsRequest);

    request->requests = cm_arena_take(arena, 2 * sizeof *request->requests);
    for (; request->n_requests < 2; request->n_requests++) {
        RegUpdateActorRequest *one = request->requests[request->n_requests] = CM_NEW(arena, RegUpdateActorRequest);
        one->allow_missing = true;
        one->actor = CM_NEW(arena, RegActor);
        one->actor->name = one->actor->display_name = (char *)names[request->n_requests];
    }
    b->kind = &reg_actor_kind;
    b->answer = &RegBatchUpdateActorsResponse_descriptor;
    b->request = &request->base;
    return cm_run_and_wait(cm_journal_writer(b->journal), run, b);
}

static cm_status measure(bench *b, const char *what, int batches,
                         cm_status (*put)(bench *b, int batch, cm_arena *arena))
{
    int64_t begin = cm_clock_monotonic_us();
    CM_ARENA(arena);

    for (int batch = 0; batch < batches; batch++) {
        cm_arena_reset(arena);
        CM_TRY(put(b, batch, arena));
    }
    double seconds = (double)(cm_clock_monotonic_us() - begin) / 1e6;
    printf("%-24s %8d in %6.2f s: %7.0f a second\n", what, batches * BATCH, seconds, batches * BATCH / seconds);
    return cm_ok();
}

/* All cities, 1,000 a page, as an importer reads what is there. */
static cm_status list_page(void *argument, void *lent)
{
    RegListActorsRequest *request = argument;
    cm_call *call = cm_call_new_local(NULL, lent, "bench");
    RegListActorsResponse *page = CM_NEW(cm_call_arena(call), RegListActorsResponse);
    cm_status s = cm_resource_list(call, &reg_actor_kind, &request->base, &page->base);

    snprintf(request->page_token, TOKEN_MAX, "%s", page->next_page_token);
    cm_call_unref(call);
    return s;
}

static cm_status list_cities(bench *b, int batch, cm_arena *arena)
{
    static char token[TOKEN_MAX]; /* from one page to the next */
    RegListActorsRequest *request = CM_NEW(arena, RegListActorsRequest);

    request->parent = "cities";
    request->page_size = BATCH;
    request->page_token = token;
    return cm_run_and_wait(cm_journal_readers(b->journal), list_page, request);
}

static cm_status bench_registry(const cm_arguments *arguments)
{
    const char *url = cm_arguments_text(arguments, "store");
    int batches = (int)cm_arguments_integer(arguments, "batches");
    bench b = {0};
    cm_store *store;
    CM_ARENA(arena);

    if (!url)
        return cm_fail(CM_INVALID_ARGUMENT, "--store: is missing; give the path of a new file");
    CM_TRY(cm_store_open(url, &store));
    CM_TRY(cm_journal_open(store, &(cm_journal_options){.service = "registry", .migrations = &reg_migrations},
                           &b.journal));
    CM_TRY(put_others(&b, arena));
    CM_TRY(measure(&b, "new cities", batches, put_cities));
    CM_TRY(measure(&b, "new memberships", batches, put_memberships));
    CM_TRY(measure(&b, "the same cities", batches, put_cities));
    CM_TRY(measure(&b, "the same memberships", batches, put_memberships));
    CM_TRY(measure(&b, "cities in pages", batches, list_cities));
    cm_journal_close(b.journal);
    cm_store_close(store);
    return cm_ok();
}

int main(int argc, char **argv)
{
    return bench_main(options, bench_registry, argc, argv);
}

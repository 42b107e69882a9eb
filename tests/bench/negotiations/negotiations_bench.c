/* How many entries a second BulkLog takes: a registry and a negotiations service with a server each, in one process,
 * and one stream of messages of 1,000 entries, each acknowledged when it is durable. Every entry names two of 1,000
 * cities, two of 50 sources and one of 100 negotiations. They come by negotiation, as a file does that was exported or
 * is kept by people; or shuffled, each of another negotiation than the one before it, so that nearly every row meets
 * pages of its own. */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_uuid.h"
#include "bench/bench_main.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "journal/cm_journal_service.h"
#include "negotiations/neg_schema.h"
#include "negotiations/neg_service.h"
#include "registry/reg_schema.h"
#include "registry/reg_service.h"
#include "rpc/cm_server.h"

enum { BATCH = 1000, CITIES = 1000, SOURCES = 50, NEGOTIATIONS = 100, MOST_AHEAD = 28 };

static const cm_option options[] = {
    {"folder", 'f', CM_OPTION_TEXT, "PATH", NULL, "an empty folder for the stores", .choices = NULL},
    {"shuffled", 's', CM_OPTION_FLAG, NULL, NULL, "each entry of another negotiation than the one before it"},
    {"entries", 'n', CM_OPTION_INTEGER, "N", "1000000", "how many entries", .least = BATCH, .most = 100000000},
    {NULL},
};

typedef struct house {
    cm_store *store;
    cm_journal *journal;
    cm_pool *background;
    cm_server *server;
    cm_channel *channel;
} house;

static cm_status open_house(house *h, const char *folder, const char *service, const cm_migrations *migrations)
{
    CM_FREE char *path = cm_format("%s/%s.db", folder, service);
    const char *const listen[] = {"127.0.0.1:0", NULL};

    CM_TRY(cm_store_open(path, &h->store));
    CM_TRY(cm_journal_open(h->store, &(cm_journal_options){.service = service, .migrations = migrations}, &h->journal));
    CM_TRY(cm_pool_new(&(cm_pool_options){.name = "background", .threads = 4}, &h->background));
    return cm_server_new(&(cm_server_options){.listen = listen,
                                              .lanes = {[CM_READER] = cm_journal_readers(h->journal),
                                                        [CM_WRITER] = cm_journal_writer(h->journal),
                                                        [CM_BACKGROUND] = cm_pool_executor(h->background)}},
                         &h->server);
}

static cm_status serve(house *h, cm_service service)
{
    cm_service journal = cm_journal_service(h->journal);

    CM_TRY(cm_server_add(h->server, &journal));
    CM_TRY(cm_server_add(h->server, &service));
    CM_TRY(cm_server_start(h->server));
    CM_FREE char *target = cm_format("127.0.0.1:%d", cm_server_port(h->server, 0));
    return cm_channel_new(target, NULL, &h->channel);
}

static void close_house(house *h)
{
    cm_server_drain(h->server, 0, 2000);
    cm_server_free(h->server);
    cm_channel_free(h->channel);
    cm_pool_free(h->background);
    cm_journal_close(h->journal);
    cm_store_close(h->store);
}

/* ---- what entries refer to ---- */

static cm_status put_cities(house *registry, cm_arena *arena)
{
    RegBatchUpdateActorsRequest *request = CM_NEW(arena, RegBatchUpdateActorsRequest);
    RegBatchUpdateActorsResponse *response;

    request->requests = cm_arena_take(arena, CITIES * sizeof *request->requests);
    for (int i = 0; i < CITIES; i++) {
        RegUpdateActorRequest *one = request->requests[request->n_requests++] = CM_NEW(arena, RegUpdateActorRequest);
        one->allow_missing = true;
        one->actor = CM_NEW(arena, RegActor);
        one->actor->name = i ? cm_arena_format(arena, "cities/city-%d-ru", i) : "states/ru";
        one->actor->display_name = one->actor->name;
        one->actor->state = i ? "states/ru" : "";
    }
    return reg_registry_service_batch_update_actors(registry->channel, NULL, request, arena, &response);
}

static char *city(cm_arena *arena, int number)
{
    return cm_arena_format(arena, "cities/city-%d-ru", number % (CITIES - 1) + 1);
}

static cm_status put_sources(house *negotiations, cm_arena *arena)
{
    NegBatchUpdateSourcesRequest *request = CM_NEW(arena, NegBatchUpdateSourcesRequest);
    NegBatchUpdateSourcesResponse *response;

    request->requests = cm_arena_take(arena, SOURCES * sizeof *request->requests);
    for (int i = 0; i < SOURCES; i++) {
        NegUpdateSourceRequest *one = request->requests[request->n_requests++] = CM_NEW(arena, NegUpdateSourceRequest);
        one->allow_missing = true;
        one->source = CM_NEW(arena, NegSource);
        one->source->name = cm_arena_format(arena, "sources/source-%d", i);
        one->source->url = "https://example.org/report";
        one->source->certainty = TYP_CERTAINTY_REPORTED;
    }
    return neg_negotiations_service_batch_update_sources(negotiations->channel, NULL, request, arena, &response);
}

static void cite(cm_arena *arena, int number, int count, TypCitation ***citations, size_t *cited)
{
    *citations = cm_arena_take(arena, (size_t)count * sizeof **citations);
    for (*cited = 0; *cited < (size_t)count; ++*cited) {
        TypCitation *citation = (*citations)[*cited] = CM_NEW(arena, TypCitation);
        citation->source = cm_arena_format(arena, "sources/source-%d", (number + (int)*cited) % SOURCES);
    }
}

static cm_status put_negotiations(house *negotiations, cm_arena *arena)
{
    NegBatchUpdateNegotiationsRequest *request = CM_NEW(arena, NegBatchUpdateNegotiationsRequest);
    NegBatchUpdateNegotiationsResponse *response;

    request->requests = cm_arena_take(arena, NEGOTIATIONS * sizeof *request->requests);
    for (int i = 0; i < NEGOTIATIONS; i++) {
        NegUpdateNegotiationRequest *one = request->requests[request->n_requests++] =
            CM_NEW(arena, NegUpdateNegotiationRequest);
        NegNegotiation *n = one->negotiation = CM_NEW(arena, NegNegotiation);
        one->allow_missing = true;
        n->name = cm_arena_format(arena, "negotiations/talks-%03d", i);
        n->title = n->name;
        n->format = NEG_FORMAT_BILATERAL;
        n->phase = NEG_PHASE_AGREED;
        n->participants = cm_arena_take(arena, 2 * sizeof *n->participants);
        for (; n->n_participants < 2; n->n_participants++) {
            NegParticipant *p = n->participants[n->n_participants] = CM_NEW(arena, NegParticipant);
            p->actor = city(arena, i + (int)n->n_participants);
            p->role = NEG_ROLE_PARTY;
            p->capacity = NEG_CAPACITY_OWN_RIGHT;
        }
        cite(arena, i, 1, &n->sources, &n->n_sources);
    }
    return neg_negotiations_service_batch_update_negotiations(negotiations->channel, NULL, request, arena, &response);
}

/* ---- the upload ---- */

typedef struct load {
    int64_t entries;
    bool shuffled;
} load;

static int negotiation_of(const load *l, int64_t number)
{
    return (int)(l->shuffled ? number % NEGOTIATIONS : number * NEGOTIATIONS / l->entries);
}

static NegBulkLogRequest *message(const load *l, const char *upload, int64_t position, cm_arena *arena)
{
    NegBulkLogRequest *request = CM_NEW(arena, NegBulkLogRequest);

    request->upload = (char *)upload;
    request->position = position;
    request->requests = cm_arena_take(arena, BATCH * sizeof *request->requests);
    for (; request->n_requests < BATCH; request->n_requests++) {
        int number = (int)position + (int)request->n_requests;
        NegCreateEntryRequest *one = request->requests[request->n_requests] = CM_NEW(arena, NegCreateEntryRequest);
        NegEntry *e = one->entry = CM_NEW(arena, NegEntry);
        e->name = cm_arena_format(arena, "negotiations/talks-%03d/entries/e-%08d", negotiation_of(l, number), number);
        e->date = cm_arena_format(arena, "20%02d-%02d-%02d", number % 24, number % 12 + 1, number % 28 + 1);
        e->kind = NEG_ENTRY_KIND_MEETING;
        e->channel = NEG_CHANNEL_IN_PERSON;
        e->by = cm_arena_take(arena, sizeof *e->by);
        e->by[e->n_by++] = city(arena, number);
        e->to = cm_arena_take(arena, sizeof *e->to);
        e->to[e->n_to++] = city(arena, number * 7 + 1);
        e->topics = cm_arena_take(arena, sizeof *e->topics);
        e->topics[e->n_topics++] = "culture";
        e->language = "en";
        e->summary = cm_arena_format(arena, "Meeting %d of both mayors on an exchange of schools and museums.", number);
        cite(arena, number, 2, &e->sources, &e->n_sources);
    }
    return request;
}

typedef struct receiving {
    cm_client_stream *stream;
    pthread_mutex_t lock;
    pthread_cond_t more;
    int64_t acknowledged, refused; /* guarded by lock */
    cm_status outcome;
    bool over;
} receiving;

static void *receive(void *argument)
{
    receiving *r = argument;
    NegBulkLogResponse *response;
    CM_ARENA(arena);
    cm_status s;

    do {
        cm_arena_reset(arena);
        s = neg_negotiations_service_bulk_log_receive(r->stream, arena, &response);
        pthread_mutex_lock(&r->lock);
        if (cm_is_ok(s) && response) {
            r->acknowledged = response->acknowledged;
            r->refused = response->refused;
        } else {
            r->over = true;
            r->outcome = s;
        }
        bool over = r->over;
        pthread_cond_signal(&r->more);
        pthread_mutex_unlock(&r->lock);
        if (over)
            return NULL;
    } while (true);
}

static bool wait_for(receiving *r, int64_t acknowledged)
{
    pthread_mutex_lock(&r->lock);
    while (!r->over && r->acknowledged < acknowledged)
        pthread_cond_wait(&r->more, &r->lock);
    bool reached = r->acknowledged >= acknowledged;
    pthread_mutex_unlock(&r->lock);
    return reached;
}

static cm_status upload(const load *l, receiving *r)
{
    char id[CM_UUID_TEXT];
    CM_ARENA(arena);

    cm_uuid_format(cm_uuid_random(), id);
    for (int64_t position = 0; position < l->entries; position += BATCH) {
        if (!wait_for(r, position - (int64_t)MOST_AHEAD * BATCH))
            break;
        cm_arena_reset(arena);
        CM_TRY(neg_negotiations_service_bulk_log_send_request(r->stream, message(l, id, position, arena)));
    }
    wait_for(r, l->entries);
    return cm_client_stream_close_send(r->stream);
}

static double processor_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool is_called(const char *thread, const char *name)
{
    CM_FREE char *path = cm_format("/proc/self/task/%s/comm", thread);
    FILE *file = fopen(path, "r");
    char line[32] = "";

    if (!file)
        return false;
    bool found = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return found && strcmp(line, name) == 0;
}

static double seconds_of(const char *thread)
{
    CM_FREE char *path = cm_format("/proc/self/task/%s/schedstat", thread);
    FILE *file = fopen(path, "r");
    long long ns = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%lld", &ns) != 1)
        ns = 0;
    fclose(file);
    return (double)ns / 1e9;
}

/* Of processor time, of all threads of that name. */
static double seconds_of_all(const char *name)
{
    DIR *threads = opendir("/proc/self/task");
    struct dirent *thread;
    double seconds = 0;

    while (threads && (thread = readdir(threads)))
        if (is_called(thread->d_name, name))
            seconds += seconds_of(thread->d_name);
    if (threads)
        closedir(threads);
    return seconds;
}

static double own_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static cm_status measure(house *negotiations, const load *l)
{
    receiving r = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};
    pthread_t thread;

    CM_TRY(neg_negotiations_service_bulk_log_open(negotiations->channel, NULL, &r.stream));
    if (pthread_create(&thread, NULL, receive, &r))
        return cm_fail(CM_RESOURCE_EXHAUSTED, "no thread");
    double busy = processor_seconds(), writer = seconds_of_all("writer"), client = own_seconds();
    int64_t begin = cm_clock_monotonic_us();
    cm_status s = upload(l, &r);
    double seconds = (double)(cm_clock_monotonic_us() - begin) / 1e6;
    busy = processor_seconds() - busy;
    writer = seconds_of_all("writer") - writer;
    client = own_seconds() - client;
    pthread_join(thread, NULL);
    cm_status_clear(&r.outcome); /* finish tells it again */
    cm_status_clear(&s);
    s = cm_client_stream_finish(r.stream);
    cm_client_stream_free(r.stream);
    printf("%lld entries acknowledged, %lld refused, in %.2f s: %.0f a second; %.1f us of processor time each: "
           "%.1f the writer, %.1f who makes and sends them, %.1f all other threads\n",
           (long long)r.acknowledged, (long long)r.refused, seconds, (double)r.acknowledged / seconds,
           busy * 1e6 / (double)l->entries, writer * 1e6 / (double)l->entries, client * 1e6 / (double)l->entries,
           (busy - writer - client) * 1e6 / (double)l->entries);
    return s;
}

static cm_status bench(const cm_arguments *arguments)
{
    const char *folder = cm_arguments_text(arguments, "folder");
    house registry = {0}, negotiations = {0};
    CM_ARENA(arena);

    if (!folder)
        return cm_fail(CM_INVALID_ARGUMENT, "--folder: is missing; give the path of an empty folder");
    CM_TRY(open_house(&registry, folder, "registry", &reg_migrations));
    CM_TRY(serve(&registry, reg_service(NULL)));
    CM_TRY(open_house(&negotiations, folder, "negotiations", &neg_migrations));
    neg_state state = {.journal = negotiations.journal, .registry = registry.channel};
    CM_TRY(serve(&negotiations, neg_service(&state)));
    CM_TRY(put_cities(&registry, arena));
    CM_TRY(put_sources(&negotiations, arena));
    CM_TRY(put_negotiations(&negotiations, arena));
    cm_status s = measure(&negotiations, &(load){cm_arguments_integer(arguments, "entries") / BATCH * BATCH,
                                                 cm_arguments_flag(arguments, "shuffled")});
    close_house(&negotiations);
    close_house(&registry);
    return s;
}

int main(int argc, char **argv)
{
    return bench_main(options, bench, argc, argv);
}

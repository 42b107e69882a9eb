/* How long the registry takes to find an actor by the beginning of its name, or by its name with a letter missing:
 * calls over loopback, a number of them in flight all the time, of names that it holds. The registry is a process that
 * runs; with its id, the processor time that it took is told as well.
 *
 * Rounds are short, and each is told: on a machine that others use, the one that they disturbed least says most. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "bench/bench_main.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "rpc/cm_channel.h"

enum { NAMES_MAX = 200000, PAGE = 1000, MOST_IN_FLIGHT = 256, MOST_CALLS = 1000000, SHORTEST = 2, LONGEST = 6 };

static const cm_option options[] = {
    {"registry", 'r', CM_OPTION_TEXT, "ADDRESS", "127.0.0.1:7001", "where it serves", .choices = NULL},
    {"pid", 'p', CM_OPTION_INTEGER, "PID", "0", "its process; 0: processor time is not told", .least = 0,
     .most = INT32_MAX},
    {"rounds", 'n', CM_OPTION_INTEGER, "N", "10", "how often it is measured", .least = 1, .most = 1000},
    {"calls", 'k', CM_OPTION_INTEGER, "N", "5000", "calls of a round", .least = 100, .most = MOST_CALLS},
    {"in-flight", 'c', CM_OPTION_INTEGER, "N", "32", "calls under way at once", .least = 1, .most = MOST_IN_FLIGHT},
    {"typos", 't', CM_OPTION_FLAG, NULL, NULL, "whole names with a letter missing, not beginnings", .choices = NULL},
    {NULL},
};

typedef struct bench {
    cm_channel *channel;
    const cm_method_desc *method;
    char **names;
    size_t count, calls, in_flight;
    bool typos;
    int64_t pid;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    size_t begun, ended, matches;
    cm_status outcome; /* the first that failed */
    int64_t *took;
} bench;

static cm_status read_names(bench *b)
{
    CM_ARENA(arena);
    CM_FREE char *token = cm_strdup("");

    do {
        RegListActorsRequest request = CITYNEG__REGISTRY__V1__LIST_ACTORS_REQUEST__INIT;
        RegListActorsResponse *page;
        cm_arena_reset(arena);
        request.parent = "cities";
        request.page_size = PAGE;
        request.page_token = token;
        CM_TRY(reg_registry_service_list_actors(b->channel, NULL, &request, arena, &page));
        for (size_t i = 0; i < page->n_actors && b->count < NAMES_MAX; i++)
            b->names[b->count++] = cm_strdup(page->actors[i]->display_name);
        free(token);
        token = cm_strdup(page->next_page_token);
    } while (*token && b->count < NAMES_MAX);
    return b->count ? cm_ok() : cm_fail(CM_FAILED_PRECONDITION, "the registry has no cities; import some first");
}

/* A beginning of two to six letters, cut at whole characters; or the whole name without its third letter. */
static const char *query(const bench *b, size_t i, cm_arena *arena)
{
    const char *name = b->names[i * 2654435761u % b->count];
    size_t length = SHORTEST + i % (LONGEST - SHORTEST + 1);

    if (b->typos && strlen(name) > LONGEST && (unsigned char)name[2] < 0x80 && (unsigned char)name[3] < 0x80)
        return cm_arena_format(arena, "%.2s%s", name, name + 3);
    if (length > strlen(name))
        length = strlen(name);
    while (((unsigned char)name[length] & 0xc0) == 0x80)
        length++;
    return cm_arena_strndup(arena, name, length);
}

typedef struct call {
    bench *bench;
    size_t number;
    int64_t begun;
} call;

static bool take(bench *b, call *c)
{
    pthread_mutex_lock(&b->lock);
    bool more = b->begun < b->calls && cm_is_ok(b->outcome);
    if (more)
        c->number = b->begun++;
    pthread_mutex_unlock(&b->lock);
    return more;
}

static void begin(call *c);

static void done(void *context, cm_status outcome, const ProtobufCMessage *response)
{
    call *c = context;
    bench *b = c->bench;
    int64_t took = cm_clock_monotonic_us() - c->begun;

    pthread_mutex_lock(&b->lock);
    b->took[c->number] = took;
    if (cm_is_ok(outcome))
        b->matches += ((const RegSearchActorsResponse *)response)->n_matches;
    else if (cm_is_ok(b->outcome))
        b->outcome = outcome;
    else
        cm_status_clear(&outcome);
    b->ended++;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
    if (take(b, c))
        begin(c);
}

static void begin(call *c)
{
    CM_ARENA(arena);
    RegSearchActorsRequest request = CITYNEG__REGISTRY__V1__SEARCH_ACTORS_REQUEST__INIT;

    request.query = (char *)query(c->bench, c->number, arena);
    c->begun = cm_clock_monotonic_us();
    cm_channel_unary_async(c->bench->channel, c->bench->method, NULL, &request.base, done, c);
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* Seconds of the processor that a process has taken: fields 14 and 15 of its stat. */
static double processor_seconds(int64_t pid)
{
    CM_FREE char *path = cm_format("/proc/%lld/stat", (long long)pid);
    unsigned long long user = 0, kernel = 0;
    FILE *file = pid ? fopen(path, "r") : NULL;

    if (!file)
        return 0;
    if (fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &kernel) != 2)
        user = kernel = 0;
    fclose(file);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static cm_status round_of(bench *b)
{
    call calls[MOST_IN_FLIGHT];
    int64_t begun = cm_clock_monotonic_us();
    double busy = processor_seconds(b->pid);

    b->begun = b->ended = b->matches = 0;
    for (size_t i = 0; i < b->in_flight; i++) {
        calls[i] = (call){.bench = b};
        if (take(b, &calls[i]))
            begin(&calls[i]);
    }
    pthread_mutex_lock(&b->lock);
    while (b->ended < b->begun || (b->begun < b->calls && cm_is_ok(b->outcome)))
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
    if (!cm_is_ok(b->outcome))
        return b->outcome;
    double seconds = (double)(cm_clock_monotonic_us() - begun) / 1e6;
    busy = processor_seconds(b->pid) - busy;
    qsort(b->took, b->calls, sizeof *b->took, compare);
    printf("%zu calls, %zu in flight, %.1f matches each: %.0f a second; ms: p50 %.2f, p95 %.2f, p99 %.2f, most %.2f; "
           "%.1f us of the server's processor time each\n",
           b->calls, b->in_flight, (double)b->matches / (double)b->calls, (double)b->calls / seconds,
           (double)b->took[b->calls / 2] / 1e3, (double)b->took[b->calls * 95 / 100] / 1e3,
           (double)b->took[b->calls * 99 / 100] / 1e3, (double)b->took[b->calls - 1] / 1e3,
           busy * 1e6 / (double)b->calls);
    return cm_ok();
}

static cm_status measure(bench *b, int64_t rounds)
{
    for (size_t i = 0; i < reg_registry_service_desc.count; i++)
        if (strcmp(reg_registry_service_desc.methods[i].name, "SearchActors") == 0)
            b->method = &reg_registry_service_desc.methods[i];
    CM_TRY(read_names(b));
    printf("%zu names of cities\n", b->count);
    for (int64_t i = 0; i < rounds; i++)
        CM_TRY(round_of(b));
    return cm_ok();
}

static cm_status bench_search(const cm_arguments *arguments)
{
    bench b = {
        .names = cm_alloc(NAMES_MAX * sizeof(char *)),
        .calls = (size_t)cm_arguments_integer(arguments, "calls"),
        .in_flight = (size_t)cm_arguments_integer(arguments, "in-flight"),
        .typos = cm_arguments_flag(arguments, "typos"),
        .pid = cm_arguments_integer(arguments, "pid"),
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };

    b.took = cm_alloc(b.calls * sizeof *b.took);
    cm_status s = cm_channel_new(cm_arguments_text(arguments, "registry"), NULL, &b.channel);
    if (cm_is_ok(s)) {
        s = measure(&b, cm_arguments_integer(arguments, "rounds"));
        cm_channel_free(b.channel);
    }
    for (size_t i = 0; i < b.count; i++)
        free(b.names[i]);
    free(b.names);
    free(b.took);
    return s;
}

int main(int argc, char **argv)
{
    return bench_main(options, bench_search, argc, argv);
}

#include "rpc/cm_rpc_metrics.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "rpc/cm_service.h"

#define CODES (CM_UNAUTHENTICATED + 1)
enum { SHARDS = 4, BUCKETS = 256, NAME_MAX_BYTES = 256 };

/* What one thread counts of one method, in cache lines that others seldom touch. */
typedef struct shard {
    alignas(64) cm_counter started;
    cm_counter received, sent, handled[CODES];
    cm_histogram took;
} shard;

typedef struct method_counts {
    const cm_method_desc *method;
    struct method_counts *next;
    shard shards[SHARDS];
} method_counts;

/* Methods of one side by the address of their description; heads only ever grow. */
typedef struct side {
    _Atomic(method_counts *) heads[BUCKETS];
} side;

struct cm_rpc_metrics {
    cm_metrics *registry;
    pthread_mutex_t lock; /* held to add a method */
    side server, client;
};

/* ---- counting ---- */

static shard *mine(method_counts *counts)
{
    static atomic_uint threads;
    static _Thread_local unsigned number; /* of this thread, 1 … */

    if (number == 0)
        number = atomic_fetch_add(&threads, 1) + 1;
    return &counts->shards[number % SHARDS];
}

static method_counts *look_up(const side *s, size_t bucket, const cm_method_desc *method)
{
    method_counts *at = atomic_load_explicit(&s->heads[bucket], memory_order_acquire);

    while (at && at->method != method)
        at = at->next;
    return at;
}

static method_counts *counts_of(cm_rpc_metrics *metrics, side *s, const cm_method_desc *method)
{
    size_t bucket = (uintptr_t)method / sizeof *method % BUCKETS;
    method_counts *found = look_up(s, bucket, method);

    if (found)
        return found;
    pthread_mutex_lock(&metrics->lock);
    found = look_up(s, bucket, method);
    if (!found) {
        size_t size = (sizeof *found + alignof(method_counts) - 1) / alignof(method_counts) * alignof(method_counts);
        if (!(found = aligned_alloc(alignof(method_counts), size)))
            abort();
        memset(found, 0, size);
        found->method = method;
        found->next = atomic_load(&s->heads[bucket]);
        atomic_store_explicit(&s->heads[bucket], found, memory_order_release);
    }
    pthread_mutex_unlock(&metrics->lock);
    return found;
}

static void begin(cm_rpc_metrics *metrics, side *s, const cm_method_desc *method, void **kept)
{
    method_counts *counts = counts_of(metrics, s, method);

    cm_count(&mine(counts)->started, 1);
    *kept = counts;
}

static void end(void *kept, cm_code code, int64_t began_us)
{
    shard *counts = mine(kept);

    cm_count(&counts->handled[code <= CM_UNAUTHENTICATED ? code : CM_UNKNOWN], 1);
    cm_observe_us(&counts->took, cm_clock_monotonic_us() - began_us);
}

static void received(void *context, void *kept, size_t bytes)
{
    cm_count(&mine(kept)->received, 1);
}

static void sent(void *context, void *kept, size_t bytes)
{
    cm_count(&mine(kept)->sent, 1);
}

static cm_status server_began(void *context, cm_call *call, void **kept)
{
    cm_rpc_metrics *metrics = context;

    begin(metrics, &metrics->server, cm_call_method_desc(call), kept);
    return cm_ok();
}

static void server_ended(void *context, cm_call *call, void *kept, cm_code code)
{
    end(kept, code, cm_call_began_us(call));
}

static cm_status client_began(void *context, cm_outgoing *call, void **kept)
{
    cm_rpc_metrics *metrics = context;

    begin(metrics, &metrics->client, cm_outgoing_method(call), kept);
    return cm_ok();
}

static void client_ended(void *context, const cm_outgoing *call, void *kept, cm_code code)
{
    end(kept, code, cm_outgoing_began_us(call));
}

cm_interceptor cm_rpc_metrics_server(cm_rpc_metrics *metrics)
{
    return (cm_interceptor){server_began, received, sent, server_ended, metrics};
}

cm_client_interceptor cm_rpc_metrics_client(cm_rpc_metrics *metrics)
{
    return (cm_client_interceptor){client_began, received, sent, client_ended, metrics};
}

/* ---- telling ---- */

static const char *type_of(const cm_method_desc *method)
{
    static const char *const types[] = {"unary", "client_stream", "server_stream", "bidi_stream"};

    return types[method->kind];
}

/* `service` of the path /service/method. */
static const char *service_of(const cm_method_desc *method, char service[NAME_MAX_BYTES])
{
    size_t length = strcspn(method->path + 1, "/");

    if (length >= NAME_MAX_BYTES)
        length = NAME_MAX_BYTES - 1;
    memcpy(service, method->path + 1, length);
    service[length] = '\0';
    return service;
}

/* As the libraries that these names come from spell the codes. */
static const char *const code_labels[CODES] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

#define LABELS(counts, service)                                                                                        \
    "grpc_service", service_of((counts)->method, service), "grpc_method", (counts)->method->name, "grpc_type",         \
        type_of((counts)->method)

static void tell_counter(const side *s, size_t offset, cm_metric_out *out)
{
    char service[NAME_MAX_BYTES];

    for (size_t b = 0; b < BUCKETS; b++)
        for (method_counts *m = atomic_load(&s->heads[b]); m; m = m->next) {
            uint64_t sum = 0;
            for (int i = 0; i < SHARDS; i++)
                sum += cm_counted((const cm_counter *)((const char *)&m->shards[i] + offset));
            CM_METRIC(out, (double)sum, LABELS(m, service));
        }
}

static void tell_handled(const side *s, cm_metric_out *out)
{
    char service[NAME_MAX_BYTES];

    for (size_t b = 0; b < BUCKETS; b++)
        for (method_counts *m = atomic_load(&s->heads[b]); m; m = m->next)
            for (int code = 0; code < CODES; code++) {
                uint64_t sum = 0;
                for (int i = 0; i < SHARDS; i++)
                    sum += cm_counted(&m->shards[i].handled[code]);
                if (sum > 0 || code == CM_OK)
                    CM_METRIC(out, (double)sum, LABELS(m, service), "grpc_code", code_labels[code]);
            }
}

static void tell_took(const side *s, cm_metric_out *out)
{
    char service[NAME_MAX_BYTES];

    for (size_t b = 0; b < BUCKETS; b++)
        for (method_counts *m = atomic_load(&s->heads[b]); m; m = m->next) {
            cm_histogram sum = {0};
            for (int i = 0; i < SHARDS; i++)
                cm_histogram_add(&sum, &m->shards[i].took);
            CM_METRIC_HISTOGRAM(out, &sum, LABELS(m, service));
        }
}

#define COUNTER(side_name, field)                                                                                      \
    static void side_name##_##field(void *context, cm_metric_out *out)                                                 \
    {                                                                                                                  \
        tell_counter(&((cm_rpc_metrics *)context)->side_name, offsetof(shard, field), out);                            \
    }
COUNTER(server, started)
COUNTER(server, received)
COUNTER(server, sent)
COUNTER(client, started)
COUNTER(client, received)
COUNTER(client, sent)

static void server_handled(void *context, cm_metric_out *out)
{
    tell_handled(&((cm_rpc_metrics *)context)->server, out);
}

static void client_handled(void *context, cm_metric_out *out)
{
    tell_handled(&((cm_rpc_metrics *)context)->client, out);
}

static void server_took(void *context, cm_metric_out *out)
{
    tell_took(&((cm_rpc_metrics *)context)->server, out);
}

static void client_took(void *context, cm_metric_out *out)
{
    tell_took(&((cm_rpc_metrics *)context)->client, out);
}

cm_rpc_metrics *cm_rpc_metrics_new(cm_metrics *registry)
{
    static const cm_metric all[] = {
        {"grpc_server_started_total", "Calls that came in.", CM_COUNTER, server_started},
        {"grpc_server_handled_total", "Calls that ended, by their code.", CM_COUNTER, server_handled},
        {"grpc_server_handling_seconds", "How long calls took until they ended.", CM_HISTOGRAM, server_took},
        {"grpc_server_msg_received_total", "Messages that callers sent.", CM_COUNTER, server_received},
        {"grpc_server_msg_sent_total", "Messages that were sent to callers.", CM_COUNTER, server_sent},
        {"grpc_client_started_total", "Outgoing calls that were begun.", CM_COUNTER, client_started},
        {"grpc_client_handled_total", "Outgoing calls that ended, by their code.", CM_COUNTER, client_handled},
        {"grpc_client_handling_seconds", "How long outgoing calls took.", CM_HISTOGRAM, client_took},
        {"grpc_client_msg_received_total", "Messages that servers sent.", CM_COUNTER, client_received},
        {"grpc_client_msg_sent_total", "Messages that were sent to servers.", CM_COUNTER, client_sent},
    };
    cm_rpc_metrics *metrics = cm_alloc(sizeof *metrics);

    metrics->registry = registry;
    pthread_mutex_init(&metrics->lock, NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        cm_metric one = all[i];
        one.context = metrics;
        cm_metrics_add(registry, &one);
    }
    return metrics;
}

static void free_side(side *s)
{
    for (size_t b = 0; b < BUCKETS; b++)
        for (method_counts *m = atomic_load(&s->heads[b]), *next; m; m = next) {
            next = m->next;
            free(m);
        }
}

void cm_rpc_metrics_free(cm_rpc_metrics *metrics)
{
    if (!metrics)
        return;
    cm_metrics_remove(metrics->registry, metrics);
    free_side(&metrics->server);
    free_side(&metrics->client);
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

/* cm_metrics.h: the numbers of a process that an operator watches over time, in the text format that Prometheus reads.
 * Reach for it where something grows, waits or fails; a service gets the process's registry from cm_host_metrics.
 *
 * A number is looked up when somebody asks, so a gauge is one function and one line:
 *
 *     static void backlog(void *context, cm_metric_out *out)
 *     {
 *         CM_METRIC(out, (double)queue_length(context), "queue", "writes");
 *     }
 *     cm_metrics_add(metrics, &(cm_metric){"cityneg_queue_length", "Requests that wait.", CM_GAUGE, backlog, queue});
 *     …
 *     cm_metrics_remove(metrics, queue); // before the queue ends
 *
 * What happens too often to be looked up is counted where it happens, in a cm_counter or cm_histogram of whoever owns
 * it, without a lock; its function then reads that. Names are lower case with the unit in them (_seconds, _bytes), and
 * those of counters end in _total.
 *
 * Threads: any. Functions run on the thread that asks, one at a time, with the registry locked: they neither wait nor
 * add or remove metrics. */
#ifndef CM_METRICS_H
#define CM_METRICS_H

#include <stdatomic.h>

#include "base/cm_text.h"

typedef struct cm_metrics cm_metrics;
typedef struct cm_metric_out cm_metric_out;

typedef enum cm_metric_kind { CM_COUNTER, CM_GAUGE, CM_HISTOGRAM } cm_metric_kind;

/* One family of numbers: all have this name, and differ by labels. The texts are static. */
typedef struct cm_metric {
    const char *name;
    const char *help; /* one sentence */
    cm_metric_kind kind;
    void (*collect)(void *context, cm_metric_out *out); /* says each number by CM_METRIC or CM_METRIC_HISTOGRAM */
    void *context;
} cm_metric;

cm_metrics *cm_metrics_new(void);
void cm_metrics_free(cm_metrics *metrics); /* NULL is fine */

/* Families of one name may come from several sources, which then differ by labels. Removing takes away all that has the
 * context; afterwards none of its functions runs. */
void cm_metrics_add(cm_metrics *metrics, const cm_metric *metric);
void cm_metrics_remove(cm_metrics *metrics, const void *context);

/* Adds what every process has: processor time, memory, descriptors, start. */
void cm_metrics_add_process(cm_metrics *metrics);

/* Everything, as text. */
void cm_metrics_write(cm_metrics *metrics, cm_text *text);

/* ---- within `collect` ---- */

/* A number and its labels, as pairs of name and text; the macro ends them. */
void cm_metric_pairs(cm_metric_out *out, double value, ...) __attribute__((sentinel));
#define CM_METRIC(out, ...) cm_metric_pairs((out), __VA_ARGS__, (char *)NULL)

/* ---- counting where it happens ---- */

typedef struct cm_counter {
    atomic_uint_fast64_t value;
} cm_counter;

static inline void cm_count(cm_counter *counter, uint64_t more)
{
    atomic_fetch_add_explicit(&counter->value, more, memory_order_relaxed);
}

static inline uint64_t cm_counted(const cm_counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

/* How long something took: 16 buckets from 0.1 ms to 10 s, and one for what took longer. */
enum { CM_HISTOGRAM_BUCKETS = 17 };
typedef struct cm_histogram {
    cm_counter buckets[CM_HISTOGRAM_BUCKETS];
    cm_counter sum_us;
} cm_histogram;

void cm_observe_us(cm_histogram *histogram, int64_t took_us);

/* Adds to `sum` what `part` holds, for whoever counts in several. */
void cm_histogram_add(cm_histogram *sum, const cm_histogram *part);

/* All numbers of a histogram, in seconds, with labels as above. */
void cm_metric_histogram_pairs(cm_metric_out *out, const cm_histogram *histogram, ...) __attribute__((sentinel));
#define CM_METRIC_HISTOGRAM(out, ...) cm_metric_histogram_pairs((out), __VA_ARGS__, (char *)NULL)

#endif

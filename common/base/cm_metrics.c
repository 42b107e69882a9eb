#include "base/cm_metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/cm_memory.h"

static const int64_t bounds_us[CM_HISTOGRAM_BUCKETS - 1] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

struct cm_metrics {
    pthread_mutex_t lock; /* guards all below */
    cm_metric *items;     /* those of one name beside each other */
    size_t count, capacity;
};

struct cm_metric_out {
    const cm_metric *metric;
    cm_text *text;
};

cm_metrics *cm_metrics_new(void)
{
    cm_metrics *metrics = cm_alloc(sizeof *metrics);

    pthread_mutex_init(&metrics->lock, NULL);
    return metrics;
}

void cm_metrics_free(cm_metrics *metrics)
{
    if (!metrics)
        return;
    pthread_mutex_destroy(&metrics->lock);
    free(metrics->items);
    free(metrics);
}

void cm_metrics_add(cm_metrics *metrics, const cm_metric *metric)
{
    pthread_mutex_lock(&metrics->lock);
    CM_GROW(metrics->items, metrics->capacity, metrics->count + 1);
    size_t at = metrics->count;
    for (size_t i = 0; i < metrics->count; i++)
        if (strcmp(metrics->items[i].name, metric->name) == 0)
            at = i + 1;
    memmove(&metrics->items[at + 1], &metrics->items[at], (metrics->count - at) * sizeof *metrics->items);
    metrics->items[at] = *metric;
    metrics->count++;
    pthread_mutex_unlock(&metrics->lock);
}

void cm_metrics_remove(cm_metrics *metrics, const void *context)
{
    size_t kept = 0;

    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < metrics->count; i++)
        if (metrics->items[i].context != context)
            metrics->items[kept++] = metrics->items[i];
    metrics->count = kept;
    pthread_mutex_unlock(&metrics->lock);
}

void cm_metrics_write(cm_metrics *metrics, cm_text *text)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};

    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < metrics->count; i++) {
        const cm_metric *metric = &metrics->items[i];
        cm_metric_out out = {metric, text};
        if (i == 0 || strcmp(metrics->items[i - 1].name, metric->name) != 0)
            cm_text_format(text, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
                           kinds[metric->kind]);
        metric->collect(metric->context, &out);
    }
    pthread_mutex_unlock(&metrics->lock);
}

/* ---- one line ---- */

static void add_label(cm_text *text, const char *name, const char *value)
{
    cm_text_format(text, "%s%s=\"", text->data[text->size - 1] == '{' ? "" : ",", name);
    for (; *value; value++) {
        if (*value == '\n')
            cm_text_add(text, "\\n");
        else if (*value == '"' || *value == '\\')
            cm_text_format(text, "\\%c", *value);
        else
            cm_text_char(text, *value);
    }
    cm_text_char(text, '"');
}

static void add_value(cm_text *text, double value)
{
    if (isnan(value))
        cm_text_add(text, " NaN\n");
    else if (isinf(value))
        cm_text_add(text, value > 0 ? " +Inf\n" : " -Inf\n");
    else
        cm_text_format(text, " %.17g\n", value);
}

/* The name and the labels; `more` is one label that the number has besides, NULL where it has none. */
static void add_series(cm_metric_out *out, const char *suffix, va_list pairs, const char *more, const char *more_value)
{
    const char *name;

    cm_text_format(out->text, "%s%s{", out->metric->name, suffix);
    while ((name = va_arg(pairs, const char *)))
        add_label(out->text, name, va_arg(pairs, const char *));
    if (more)
        add_label(out->text, more, more_value);
    cm_text_char(out->text, '}');
}

void cm_metric_pairs(cm_metric_out *out, double value, ...)
{
    va_list pairs;

    va_start(pairs, value);
    add_series(out, "", pairs, NULL, NULL);
    va_end(pairs);
    add_value(out->text, value);
}

/* ---- histograms ---- */

void cm_observe_us(cm_histogram *histogram, int64_t took_us)
{
    size_t bucket = 0;

    while (bucket < CM_HISTOGRAM_BUCKETS - 1 && took_us > bounds_us[bucket])
        bucket++;
    cm_count(&histogram->buckets[bucket], 1);
    cm_count(&histogram->sum_us, took_us > 0 ? (uint64_t)took_us : 0);
}

void cm_histogram_add(cm_histogram *sum, const cm_histogram *part)
{
    for (size_t i = 0; i < CM_HISTOGRAM_BUCKETS; i++)
        cm_count(&sum->buckets[i], cm_counted(&part->buckets[i]));
    cm_count(&sum->sum_us, cm_counted(&part->sum_us));
}

void cm_metric_histogram_pairs(cm_metric_out *out, const cm_histogram *histogram, ...)
{
    uint64_t below = 0;
    va_list pairs, again;

    va_start(pairs, histogram);
    for (size_t i = 0; i < CM_HISTOGRAM_BUCKETS; i++) {
        char bound[32] = "+Inf";
        if (i < CM_HISTOGRAM_BUCKETS - 1)
            snprintf(bound, sizeof bound, "%g", (double)bounds_us[i] / 1e6);
        below += cm_counted(&histogram->buckets[i]);
        va_copy(again, pairs);
        add_series(out, "_bucket", again, "le", bound);
        va_end(again);
        add_value(out->text, (double)below);
    }
    va_copy(again, pairs);
    add_series(out, "_sum", again, NULL, NULL);
    va_end(again);
    add_value(out->text, (double)cm_counted(&histogram->sum_us) / 1e6);
    add_series(out, "_count", pairs, NULL, NULL);
    va_end(pairs);
    add_value(out->text, (double)below);
}

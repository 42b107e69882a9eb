#include "rpc/cm_quotas.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "quota_rules.h"
#include "watched_file.h"

enum { LOOK_EVERY_US = 500000 /* at the file */, MOST_BUCKETS = 10000, ROLES = CM_MAY_ADMIN + 1 };

/* Of an identity and a role. One that is full again is as good as none. */
typedef struct bucket {
    UT_hash_handle hh;
    double calls, rate, burst;
    int64_t at_us; /* when it held them */
    char key[];    /* "write anna" */
} bucket;

struct cm_quotas {
    cm_metrics *metrics;
    cm_counter refused[ROLES];
    pthread_mutex_t lock; /* guards all below */
    cm_rpc_file file;
    quota_rules rules;
    bucket *buckets;
    int64_t next_look_us;
};

/* ---- the file ---- */

static cm_status read_file(cm_quotas *quotas)
{
    quota_rules fresh;
    char *text;

    CM_TRY(cm_rpc_file_read(&quotas->file, &text));
    CM_TRY(quota_rules_parse(quotas->file.path, text, &fresh));
    quota_rules_clear(&quotas->rules);
    quotas->rules = fresh;
    return cm_ok();
}

static void take_changes(cm_quotas *quotas, int64_t now_us)
{
    if (now_us < quotas->next_look_us)
        return;
    quotas->next_look_us = now_us + LOOK_EVERY_US;
    if (!cm_rpc_file_changed(&quotas->file))
        return;
    cm_status s = read_file(quotas);
    if (cm_is_ok(s))
        CM_LOG(CM_INFO, "quotas changed", "file", quotas->file.path);
    else
        cm_log_failure(CM_WARN, "the quotas stay as they were", &s);
}

/* ---- buckets ---- */

static double filled(const bucket *b, int64_t now_us)
{
    double calls = b->calls + b->rate * (double)(now_us - b->at_us) / 1e6;

    return calls < b->burst ? calls : b->burst;
}

static void drop(cm_quotas *quotas, bucket *b)
{
    HASH_DEL(quotas->buckets, b);
    free(b);
}

/* Those that are full go; where none is, the oldest. */
static void make_room(cm_quotas *quotas, int64_t now_us)
{
    bucket *b, *next;

    HASH_ITER (hh, quotas->buckets, b, next)
        if (filled(b, now_us) >= b->burst)
            drop(quotas, b);
    if (HASH_COUNT(quotas->buckets) >= MOST_BUCKETS)
        drop(quotas, quotas->buckets);
}

static bucket *find(cm_quotas *quotas, const char *identity, const quota_rule *rule, int64_t now_us)
{
    CM_FREE char *key = cm_format("%s %s", quota_role_name(rule->role), identity);
    size_t length = strlen(key);
    bucket *b;

    HASH_FIND(hh, quotas->buckets, key, length, b);
    if (b)
        return b;
    if (HASH_COUNT(quotas->buckets) >= MOST_BUCKETS)
        make_room(quotas, now_us);
    b = cm_alloc(sizeof *b + length + 1);
    *b = (bucket){.calls = rule->burst, .rate = rule->rate, .burst = rule->burst, .at_us = now_us};
    memcpy(b->key, key, length + 1);
    HASH_ADD(hh, quotas->buckets, key, length, b);
    return b;
}

static cm_status refuse(const char *identity, const quota_rule *rule, double calls)
{
    int64_t wait_ms = (int64_t)ceil((1 - calls) / rule->rate * 1000);
    CM_FREE char *quota = cm_format("%g calls a second to methods that need the role %s, %g at once", rule->rate,
                                    quota_role_name(rule->role), rule->burst);
    cm_status s = cm_fail(CM_RESOURCE_EXHAUSTED, "%s may make %s; wait %lld ms", identity, quota, (long long)wait_ms);

    cm_status_reason(&s, "QUOTA_EXCEEDED");
    cm_status_retry(&s, wait_ms);
    cm_status_quota(&s, identity, quota);
    return s;
}

static cm_status take(cm_quotas *quotas, const char *identity, cm_role role, int64_t now_us)
{
    const quota_rule *rule;

    take_changes(quotas, now_us);
    rule = quota_rules_find(&quotas->rules, identity, role);
    if (!rule)
        return cm_ok();
    bucket *b = find(quotas, identity, rule, now_us);
    b->calls = fmin(filled(b, now_us), rule->burst);
    b->rate = rule->rate;
    b->burst = rule->burst;
    b->at_us = now_us;
    if (b->calls < 1)
        return refuse(identity, rule, b->calls);
    b->calls -= 1;
    return cm_ok();
}

cm_status cm_quotas_take(cm_quotas *quotas, const char *identity, cm_role role, int64_t now_us)
{
    if (role == CM_ANYONE)
        return cm_ok();
    pthread_mutex_lock(&quotas->lock);
    cm_status s = take(quotas, identity, role, now_us);
    pthread_mutex_unlock(&quotas->lock);
    if (!cm_is_ok(s))
        cm_count(&quotas->refused[role], 1);
    return s;
}

static cm_status began(void *context, cm_call *call, void **kept)
{
    return cm_quotas_take(context, cm_call_identity(call), cm_call_role(call), cm_clock_monotonic_us());
}

cm_interceptor cm_quotas_interceptor(cm_quotas *quotas)
{
    return (cm_interceptor){.began = began, .context = quotas};
}

/* ---- numbers, beginning and end ---- */

static void count_refused(void *context, cm_metric_out *out)
{
    const cm_quotas *quotas = context;

    for (cm_role role = CM_MAY_READ; role <= CM_MAY_ADMIN; role++)
        CM_METRIC(out, (double)cm_counted(&quotas->refused[role]), "role", quota_role_name(role));
}

static void count_callers(void *context, cm_metric_out *out)
{
    cm_quotas *quotas = context;
    int64_t now_us = cm_clock_monotonic_us();
    int count = 0;

    pthread_mutex_lock(&quotas->lock);
    for (const bucket *b = quotas->buckets; b; b = b->hh.next)
        count += filled(b, now_us) < b->burst;
    pthread_mutex_unlock(&quotas->lock);
    CM_METRIC(out, (double)count);
}

cm_status cm_quotas_new(const char *path, cm_metrics *metrics, cm_quotas **made)
{
    cm_quotas *quotas = cm_alloc(sizeof *quotas);

    *quotas = (cm_quotas){.metrics = metrics};
    pthread_mutex_init(&quotas->lock, NULL);
    cm_rpc_file_init(&quotas->file, path);
    const cm_metric families[] = {
        {"cityneg_quota_refused_total", "Calls refused because their caller made too many.", CM_COUNTER, count_refused,
         quotas},
        {"cityneg_quota_callers", "Identities and roles that are not at their full quota.", CM_GAUGE, count_callers,
         quotas},
    };
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        cm_metrics_add(metrics, &families[i]);
    cm_status s = read_file(quotas);
    if (!cm_is_ok(s)) {
        cm_status_prefix(&s, "quotas");
        cm_quotas_free(quotas);
        return s;
    }
    *made = quotas;
    return cm_ok();
}

void cm_quotas_free(cm_quotas *quotas)
{
    if (!quotas)
        return;
    cm_metrics_remove(quotas->metrics, quotas);
    while (quotas->buckets)
        drop(quotas, quotas->buckets);
    quota_rules_clear(&quotas->rules);
    cm_rpc_file_clear(&quotas->file);
    pthread_mutex_destroy(&quotas->lock);
    free(quotas);
}

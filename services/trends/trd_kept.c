#include "trends/trd_kept.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"

enum { BINS = 3, LOOK_MS = 50 };

/* A report that is computed, or was: one computes, others may wait. */
typedef struct making {
    struct making *next;
    char *key;           /* bins and inputs */
    int users;           /* who computes, waits or reads, and the slot that keeps it; the last one frees it */
    bool done, given_up; /* given_up: nothing came of it */
    uint8_t *packed;
    size_t size;
} making;

struct trd_kept {
    pthread_mutex_t lock; /* guards all below; `packed` is only read once it is done */
    pthread_cond_t ended;
    making *running;
    making *newest[BINS]; /* by years, quarters, months; NULL: none */
};

trd_kept *trd_kept_new(void)
{
    trd_kept *kept = cm_alloc(sizeof *kept);

    *kept = (trd_kept){0};
    pthread_mutex_init(&kept->lock, NULL);
    cm_condition_init(&kept->ended);
    return kept;
}

static void drop(making *m)
{
    if (!m || --m->users > 0)
        return;
    free(m->key);
    free(m->packed);
    free(m);
}

void trd_kept_free(trd_kept *kept)
{
    for (int i = 0; i < BINS; i++)
        drop(kept->newest[i]);
    pthread_cond_destroy(&kept->ended);
    pthread_mutex_destroy(&kept->lock);
    free(kept);
}

cm_status trd_kept_inputs(cm_db *db, cm_arena *arena, char **inputs)
{
    cm_rows rows;
    int64_t aside;

    CM_TRY(cm_db_integer(db, "SELECT count(*) FROM letters WHERE seq > 0", CM_NONE, 0, &aside));
    char *text = cm_arena_format(arena, "%lld aside;", (long long)aside);
    CM_TRY(cm_db_query(db, "SELECT topic, part, seq, epoch FROM feeds ORDER BY topic, part", CM_NONE, &rows));
    while (cm_rows_next(&rows)) {
        cm_bytes epoch = cm_rows_blob(&rows, 3);
        char hex[2 * 16 + 1] = "";
        cm_hex(epoch.data, epoch.size < 16 ? epoch.size : 16, hex);
        text = cm_arena_format(arena, "%s%s/%lld/%s/%lld;", text, cm_rows_text(&rows, 0),
                               (long long)cm_rows_int(&rows, 1), hex, (long long)cm_rows_int(&rows, 2));
    }
    *inputs = text;
    return cm_rows_end(&rows);
}

static int slot_of(const trd_how *how)
{
    return how->per == 12 ? 2 : how->per == 4 ? 1 : 0;
}

/* What is kept or being made of that key; NULL: nothing. With the lock held. */
static making *find(trd_kept *kept, const trd_how *how, const char *key)
{
    making *m = kept->newest[slot_of(how)];

    if (m && strcmp(m->key, key) == 0)
        return m;
    for (m = kept->running; m && strcmp(m->key, key) != 0;)
        m = m->next;
    return m;
}

/* With the lock held, which is let go meanwhile. */
static cm_status wait_for(trd_kept *kept, const trd_how *how, const making *m)
{
    while (!m->done) {
        struct timespec until;
        if (how->stop.asked && how->stop.asked(how->stop.lent))
            return cm_fail(CM_CANCELLED, "the caller has gone");
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&kept->ended, &kept->lock, &until);
    }
    return cm_ok();
}

static making *begin(trd_kept *kept, const char *key)
{
    making *m = cm_alloc(sizeof *m);

    *m = (making){.next = kept->running, .key = cm_strdup(key), .users = 1};
    kept->running = m;
    return m;
}

/* With the lock held: wakes who waits, and keeps what came of it. */
static void end(trd_kept *kept, const trd_how *how, making *m)
{
    making **at = &kept->running, **slot = &kept->newest[slot_of(how)];

    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    m->done = true;
    if (!m->given_up) {
        drop(*slot);
        *slot = m;
        m->users++;
    }
    pthread_cond_broadcast(&kept->ended);
}

static cm_status compute(making *m, cm_db *db, const trd_how *how, cm_arena *arena, TrdReport *report)
{
    CM_TRY(trd_report_make(db, how, arena, report));
    cm_bytes packed = cm_message_pack(&report->base, arena);
    m->packed = cm_alloc(packed.size);
    memcpy(m->packed, packed.data, packed.size);
    m->size = packed.size;
    return cm_ok();
}

static cm_status unpack(const making *m, cm_arena *arena, TrdReport *report)
{
    ProtobufCMessage *message;

    CM_TRY(cm_message_unpack(&TrdReport_descriptor, (cm_bytes){m->packed, m->size}, arena, &message));
    *report = *(TrdReport *)message;
    return cm_ok();
}

/* Finds what is made already, or waits for it; *m is new, and the caller's to make, where *own says so. With the lock
 * held. */
static cm_status join(trd_kept *kept, const trd_how *how, const char *key, making **m, bool *own)
{
    *own = false;
    while ((*m = find(kept, how, key)) != NULL) {
        (*m)->users++;
        cm_status s = wait_for(kept, how, *m);
        if (cm_is_ok(s) && !(*m)->given_up)
            return cm_ok();
        drop(*m);
        CM_TRY(s);
    }
    *m = begin(kept, key);
    *own = true;
    return cm_ok();
}

cm_status trd_kept_report(trd_kept *kept, cm_db *db, const trd_how *how, cm_arena *arena, TrdReport *report)
{
    char *inputs;
    making *m;
    bool own;

    CM_TRY(trd_kept_inputs(db, arena, &inputs));
    char *key = cm_arena_format(arena, "%d a year;%s", how->per, inputs);
    pthread_mutex_lock(&kept->lock);
    cm_status s = join(kept, how, key, &m, &own);
    pthread_mutex_unlock(&kept->lock);
    CM_TRY(s);
    s = own ? compute(m, db, how, arena, report) : unpack(m, arena, report);
    pthread_mutex_lock(&kept->lock);
    if (own) {
        m->given_up = !cm_is_ok(s);
        end(kept, how, m);
    }
    drop(m);
    pthread_mutex_unlock(&kept->lock);
    return s;
}

#include "registry/reg_follow.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/events/v1/events.grpc-c.h"

enum { PAGE = 1000, PAGE_BYTES = 4 << 20, PAUSE_SECONDS = 1 };

struct reg_follow {
    cm_journal *journal;
    reg_index *index;
    int64_t *seqs; /* a partition each: what the index has */
    bool loaded;

    pthread_t thread;
    cm_watch *watch; /* NULL: no thread was started */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool waiting_rows, ending; /* by `lock` */
};

reg_follow *reg_follow_new(cm_journal *journal, reg_index *index)
{
    reg_follow *follow = cm_alloc(sizeof *follow);

    *follow = (reg_follow){.journal = journal, .index = index};
    follow->seqs = cm_alloc((size_t)cm_journal_partitions(journal) * sizeof *follow->seqs);
    pthread_mutex_init(&follow->lock, NULL);
    pthread_cond_init(&follow->changed, NULL);
    return follow;
}

static bool is_actor(const char *resource)
{
    const char *slash = strchr(resource, '/');

    return slash && !strchr(slash + 1, '/');
}

/* One that was deleted is found by no name. */
static void apply(reg_index *index, const RegActor *actor)
{
    if (actor->retraction)
        reg_index_remove(index, actor->name);
    else
        reg_index_put(index, actor);
}

static cm_status put(reg_follow *follow, cm_bytes payload, cm_arena *arena)
{
    ProtobufCMessage *event;

    CM_TRY(cm_message_unpack(&EvtEvent_descriptor, payload, arena, &event));
    const EvtEvent *is = (const EvtEvent *)event;
    if (is->resource_case == CITYNEG__EVENTS__V1__EVENT__RESOURCE_ACTOR)
        apply(follow->index, is->actor);
    return cm_ok();
}

/* One page of all actors by name; *last is where the next begins, NULL where there is none. */
static cm_status load_page(reg_follow *follow, cm_db *db, const char **last, cm_arena *arena)
{
    cm_rows rows;
    cm_status s = cm_ok();
    int count = 0;

    CM_TRY(cm_db_query(db,
                       "SELECT a.name, j.payload FROM actors a JOIN journal j ON j.part = a.part AND j.seq = a.seq "
                       "WHERE a.name > $1 ORDER BY a.name LIMIT $2",
                       CM_WITH(cm_v_text(*last), cm_v_int(PAGE)), &rows));
    for (; cm_is_ok(s) && cm_rows_next(&rows); count++) {
        *last = cm_arena_strdup(arena, cm_rows_text(&rows, 0));
        s = put(follow, cm_rows_blob(&rows, 1), arena);
    }
    cm_status end = cm_rows_end(&rows);
    if (count < PAGE)
        *last = NULL;
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
}

/* Within one read transaction, so that the actors are those of the heads. */
static cm_status load(reg_follow *follow, cm_db *db)
{
    CM_FREE char *at = cm_strdup("");

    for (int part = 0; part < cm_journal_partitions(follow->journal); part++)
        CM_TRY(cm_db_integer(db, "SELECT seq FROM heads WHERE part = $1", CM_WITH(cm_v_int(part)), 0,
                             &follow->seqs[part]));
    for (;;) {
        CM_ARENA(arena);
        const char *last = at;
        CM_TRY(load_page(follow, db, &last, arena));
        if (!last)
            break;
        char *next = cm_strdup(last);
        free(at);
        at = next;
    }
    follow->loaded = true;
    reg_index_set_ready(follow->index);
    return cm_ok();
}

static cm_status read_on(reg_follow *follow, cm_db *db, int part)
{
    int count;

    do {
        CM_ARENA(arena);
        cm_row *rows;
        CM_TRY(cm_journal_read(db, part, follow->seqs[part], PAGE, PAGE_BYTES, arena, &rows, &count));
        for (int i = 0; i < count; i++) {
            if (is_actor(rows[i].resource) && cm_row_is_erased(&rows[i]))
                reg_index_remove(follow->index, rows[i].resource);
            else if (is_actor(rows[i].resource))
                CM_TRY(put(follow, rows[i].payload, arena));
            follow->seqs[part] = rows[i].at.seq;
        }
    } while (count);
    return cm_ok();
}

static cm_status catch_up(reg_follow *follow, cm_db *db)
{
    if (!follow->loaded)
        return load(follow, db);
    for (int part = 0; part < cm_journal_partitions(follow->journal); part++)
        if (cm_journal_head(follow->journal, part) > follow->seqs[part])
            CM_TRY(read_on(follow, db, part));
    return cm_ok();
}

cm_status reg_follow_catch_up(reg_follow *follow)
{
    cm_db *db;

    CM_TRY(cm_store_reader(cm_journal_store(follow->journal), &db));
    cm_status s = cm_db_begin(db, false);
    if (cm_is_ok(s))
        s = catch_up(follow, db);
    cm_db_rollback(db);
    cm_db_close(db);
    return s;
}

static void notify(void *context)
{
    reg_follow *follow = context;

    pthread_mutex_lock(&follow->lock);
    follow->waiting_rows = true;
    pthread_cond_signal(&follow->changed);
    pthread_mutex_unlock(&follow->lock);
}

/* Until there is something to read or the end; after a failure, for a moment. */
static bool await(reg_follow *follow, bool failed)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PAUSE_SECONDS;
    pthread_mutex_lock(&follow->lock);
    while (!follow->ending && (failed || !follow->waiting_rows)) {
        if (!failed)
            pthread_cond_wait(&follow->changed, &follow->lock);
        else if (pthread_cond_timedwait(&follow->changed, &follow->lock, &until) != 0)
            break;
    }
    follow->waiting_rows = false;
    bool go_on = !follow->ending;
    pthread_mutex_unlock(&follow->lock);
    return go_on;
}

static void *run(void *context)
{
    reg_follow *follow = context;
    bool failed;

    do {
        cm_status s = reg_follow_catch_up(follow);
        failed = !cm_is_ok(s);
        if (failed)
            cm_log_failure(CM_WARN, "the index of actors is behind", &s);
    } while (await(follow, failed));
    return NULL;
}

void reg_follow_start(reg_follow *follow)
{
    follow->watch = cm_journal_watch(follow->journal, notify, follow);
    if (pthread_create(&follow->thread, NULL, run, follow) != 0)
        abort(); /* no memory for a thread's stack */
    pthread_setname_np(follow->thread, "index");
}

void reg_follow_free(reg_follow *follow)
{
    if (!follow)
        return;
    if (follow->watch) {
        cm_journal_unwatch(follow->journal, follow->watch);
        pthread_mutex_lock(&follow->lock);
        follow->ending = true;
        pthread_cond_signal(&follow->changed);
        pthread_mutex_unlock(&follow->lock);
        pthread_join(follow->thread, NULL);
    }
    pthread_cond_destroy(&follow->changed);
    pthread_mutex_destroy(&follow->lock);
    free(follow->seqs);
    free(follow);
}

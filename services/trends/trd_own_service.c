#include "trends/trd_own_service.h"

#include <pthread.h>
#include <string.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_journal_service.h"
#include "journal/cm_resource.h"
#include "trends/trd_groupings.h"
#include "trends/trd_own_store.h"
#include "trends/trd_service.h"

enum { FILL_STEP = 500 };

/* ---- handlers ---- */

static cm_status check_known(cm_db *db, const TrdOwnQuestion *asked)
{
    const char *const names[][2] = {{"question.focal", asked->focal}, {"question.grouping", asked->grouping}};
    int64_t known;

    for (int i = 0; i < 2; i++) {
        if (!*names[i][1])
            continue;
        CM_TRY(cm_db_integer(db, "SELECT COUNT(*) FROM facts WHERE resource = $1", CM_WITH(cm_v_text(names[i][1])), 0,
                             &known));
        if (!known)
            return cm_invalid(names[i][0], "%s is not recorded", names[i][1]);
    }
    return cm_ok();
}

static cm_status set_outputs(cm_db *db, const trd_own_kept *kept, cm_arena *arena)
{
    cm_row *row;

    CM_TRY(trd_own_facts(db, &kept->own, &kept->asked->facts));
    CM_TRY(cm_journal_at(db, kept->at, arena, &row));
    kept->asked->create_time = row ? cm_journal_timestamp(row->recorded_at, arena) : NULL;
    return cm_ok();
}

/* Again with the same words: what there is. */
static cm_status answer_again(cm_call *call, cm_db *db, const TrdOwnQuestion *words, const trd_own_kept *kept,
                              TrdOwnQuestion *response)
{
    if (!cm_message_equal(&words->base, &trd_own_words(kept->asked, cm_call_arena(call))->base))
        return cm_already_exists("question", words->name);
    CM_TRY(set_outputs(db, kept, cm_call_arena(call)));
    *response = *kept->asked;
    return cm_ok();
}

cm_status trd_create_own_question(cm_call *call, const TrdCreateOwnQuestionRequest *request, TrdOwnQuestion *response)
{
    cm_arena *arena = cm_call_arena(call);
    trd_state *state = cm_call_state(call);
    cm_tx *tx = cm_call_lent(call);
    trd_own_kept *kept, *all;
    trd_own own;
    int64_t recorded_at;
    size_t count;

    if (!request->question)
        return cm_invalid("question", "is missing; say what to count");
    TrdOwnQuestion *words = trd_own_words(request->question, arena);
    CM_TRY(trd_own_read(words, arena, &own));
    CM_TRY(trd_own_find(cm_tx_db(tx), words->name, arena, &kept));
    if (kept)
        return answer_again(call, cm_tx_db(tx), words, kept, response);
    CM_TRY(check_known(cm_tx_db(tx), words));
    CM_TRY(trd_own_all(cm_tx_db(tx), false, arena, &all, &count));
    if (count == TRD_OWN_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "there are %d questions, which is the most; delete one", TRD_OWN_MOST);
    CM_TRY(trd_own_ask(tx, words, cm_call_identity(call), cm_call_traceparent(call), arena, &recorded_at));
    *response = *words;
    response->create_time = cm_journal_timestamp(recorded_at, arena);
    if (state->filler)
        trd_filler_wake(state->filler);
    return trd_own_facts(cm_tx_db(tx), &own, &response->facts);
}

static cm_status find(cm_db *db, const char *name, cm_arena *arena, trd_own_kept **kept)
{
    static const char *const patterns[] = {"questions/{question}", NULL};

    CM_TRY(cm_name_check(patterns, "name", name));
    CM_TRY(trd_own_find(db, name, arena, kept));
    return *kept ? cm_ok() : cm_not_found("question", name);
}

cm_status trd_get_own_question(cm_call *call, const TrdGetOwnQuestionRequest *request, TrdOwnQuestion *response)
{
    trd_own_kept *kept;

    CM_TRY(find(cm_call_lent(call), request->name, cm_call_arena(call), &kept));
    CM_TRY(set_outputs(cm_call_lent(call), kept, cm_call_arena(call)));
    *response = *kept->asked;
    return cm_ok();
}

cm_status trd_list_own_questions(cm_call *call, const TrdListOwnQuestionsRequest *request,
                                 TrdListOwnQuestionsResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    trd_own_kept *all;
    size_t count;

    CM_TRY(trd_own_all(cm_call_lent(call), false, arena, &all, &count));
    response->questions = cm_arena_take(arena, (count + 1) * sizeof *response->questions);
    for (size_t i = 0; i < count; i++) {
        CM_TRY(set_outputs(cm_call_lent(call), &all[i], arena));
        response->questions[response->n_questions++] = all[i].asked;
    }
    return cm_ok();
}

cm_status trd_delete_own_question(cm_call *call, const TrdDeleteOwnQuestionRequest *request, TrdOwnQuestion *response)
{
    trd_state *state = cm_call_state(call);
    cm_tx *tx = cm_call_lent(call);
    trd_own_kept *kept;

    CM_TRY(find(cm_tx_db(tx), request->name, cm_call_arena(call), &kept));
    CM_TRY(set_outputs(cm_tx_db(tx), kept, cm_call_arena(call)));
    CM_TRY(trd_own_remove(tx, kept->asked, cm_call_identity(call), cm_call_traceparent(call), cm_call_arena(call)));
    *response = *kept->asked;
    if (state->publisher)
        trd_publisher_moved(state->publisher);
    return cm_ok();
}

/* ---- filling ---- */

struct trd_filler {
    cm_task task; /* first: it is the filler */
    cm_journal *journal;
    trd_publisher *publisher;
    bool more;            /* the task's: there may be something left */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t idle;
    bool busy, again, stopping;
};

static cm_status run(cm_task *task, void *lent)
{
    trd_filler *f = (trd_filler *)task;
    const char *name;
    bool done;
    CM_ARENA(arena);

    CM_TRY(trd_own_fill(lent, FILL_STEP, arena, &name, &done));
    f->more = *name != '\0';
    if (done && f->publisher)
        trd_publisher_moved(f->publisher);
    return cm_ok();
}

static void done(cm_task *task, cm_status outcome)
{
    trd_filler *f = (trd_filler *)task;

    pthread_mutex_lock(&f->lock);
    bool go_on = !f->stopping && ((cm_is_ok(outcome) && f->more) || f->again);
    f->again = false;
    f->busy = go_on;
    if (!go_on)
        pthread_cond_signal(&f->idle);
    bool stopping = f->stopping;
    pthread_mutex_unlock(&f->lock);
    if (go_on)
        cm_submit(cm_journal_writer(f->journal), &f->task);
    if (!cm_is_ok(outcome) && !stopping)
        cm_log_failure(CM_WARN, "a question was not filled; the next event tries again", &outcome);
    else
        cm_status_clear(&outcome);
}

void trd_filler_wake(trd_filler *filler)
{
    pthread_mutex_lock(&filler->lock);
    bool start = !filler->busy && !filler->stopping;
    filler->again = filler->busy;
    filler->busy = filler->busy || start;
    pthread_mutex_unlock(&filler->lock);
    if (start)
        cm_submit(cm_journal_writer(filler->journal), &filler->task);
}

trd_filler *trd_filler_start(cm_journal *journal, trd_publisher *publisher)
{
    trd_filler *f = cm_alloc(sizeof *f);

    *f = (trd_filler){.task = {.run = run, .done = done}, .journal = journal, .publisher = publisher};
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->idle, NULL);
    trd_filler_wake(f);
    return f;
}

void trd_filler_stop(trd_filler *filler)
{
    pthread_mutex_lock(&filler->lock);
    filler->stopping = true;
    while (filler->busy)
        pthread_cond_wait(&filler->idle, &filler->lock);
    pthread_mutex_unlock(&filler->lock);
    pthread_cond_destroy(&filler->idle);
    pthread_mutex_destroy(&filler->lock);
    free(filler);
}

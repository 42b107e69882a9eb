#include "trends/trd_publish.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_tx.h"
#include "trends/trd_alert.h"
#include "trends/trd_facts.h"
#include "trends/trd_published.h"

enum { STEP = 200 }; /* trends in one task of the writer */

static const char ACTOR[] = "cityneg-trends";

/* Trends on their way, in order of names. */
typedef struct batch {
    TrdTrend **trends;
    size_t count, capacity;
    const cm_claims *claims;
    int64_t appended; /* by the newest run of `append_step` */
} batch;

static void add(batch *b, TrdTrend *trend)
{
    CM_GROW(b->trends, b->capacity, b->count + 1);
    b->trends[b->count++] = trend;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(TrdTrend *const *)a)->name, (*(TrdTrend *const *)b)->name);
}

static void gather(const TrdReport *report, cm_arena *arena, batch *b)
{
    for (size_t i = 0; i < report->n_questions; i++)
        for (size_t k = 0; k < report->questions[i]->n_findings; k++) {
            const TrdFinding *f = report->questions[i]->findings[k];
            add(b, trd_published_of(arena, report->questions[i]->question, f->category, f->collection, f));
        }
    if (b->count > 0)
        qsort(b->trends, b->count, sizeof *b->trends, by_name);
}

/* ---- appending ---- */

static cm_status is_published(cm_db *db, const TrdTrend *trend, const uint8_t digest[CM_SHA256], bool *published)
{
    cm_rows rows;

    CM_TRY(cm_db_query(db, "SELECT digest FROM trends WHERE name = $1", CM_WITH(cm_v_text(trend->name)), &rows));
    *published = cm_rows_next(&rows);
    if (*published) {
        cm_bytes known = cm_rows_blob(&rows, 0);
        *published = known.size == CM_SHA256 && memcmp(known.data, digest, CM_SHA256) == 0;
    }
    return cm_rows_end(&rows);
}

static cm_status append(cm_tx *tx, const TrdTrend *trend, cm_bytes packed, const uint8_t digest[CM_SHA256])
{
    cm_change change = {.type =
                            trend->withdrawn ? "cityneg.trends.trend.withdrawn.v1" : "cityneg.trends.trend.changed.v1",
                        .resource = trend->name,
                        .actor = ACTOR,
                        .payload = packed};
    cm_position at;
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    CM_TRY(cm_tx_append(tx, &change, &at, NULL, NULL));
    return cm_db_run(db,
                     "INSERT INTO trends(name, question, part, seq, digest, withdrawn) VALUES($1, $2, $3, $4, $5, $6)"
                     " ON CONFLICT(name) DO UPDATE SET part = excluded.part, seq = excluded.seq,"
                     " digest = excluded.digest, withdrawn = excluded.withdrawn",
                     CM_WITH(cm_v_text(trend->name), cm_v_text(trend->question), cm_v_int(at.part), cm_v_int(at.seq),
                             cm_v_blob(digest, CM_SHA256), cm_v_int(trend->withdrawn)));
}

static cm_status append_step(void *argument, void *lent)
{
    batch *b = argument;
    CM_ARENA(arena);

    b->appended = 0;
    if (b->claims && !cm_claims_held(b->claims, 0))
        return cm_fail(CM_ABORTED, "another replica publishes by now");
    for (size_t i = 0; i < b->count; i++) {
        uint8_t digest[CM_SHA256];
        bool published;
        cm_arena_reset(arena);
        cm_bytes packed = cm_message_pack(&b->trends[i]->base, arena);
        cm_sha256(&packed, 1, digest);
        CM_TRY(is_published(cm_tx_db(lent), b->trends[i], digest, &published));
        if (published)
            continue;
        CM_TRY(trd_alerts_look(lent, b->trends[i], arena));
        CM_TRY(append(lent, b->trends[i], packed, digest));
        b->appended++;
    }
    return cm_ok();
}

static cm_status append_all(cm_journal *journal, const batch *all, int64_t *appended)
{
    for (size_t i = 0; i < all->count; i += STEP) {
        batch step = {
            .trends = all->trends + i, .count = all->count - i < STEP ? all->count - i : STEP, .claims = all->claims};
        CM_TRY(cm_run_and_wait(cm_journal_writer(journal), append_step, &step));
        *appended += step.appended;
    }
    return cm_ok();
}

/* ---- what the facts give no longer ---- */

typedef struct search {
    const batch *given;
    batch *gone;
    cm_arena *arena;
} search;

static cm_status find_gone(void *argument, void *lent)
{
    search *s = argument;
    const char *after = "";

    s->gone->count = 0;
    for (;;) {
        TrdTrend **page;
        size_t count;
        CM_TRY(trd_published_list(lent, "", after, STEP, s->arena, &page, &count));
        for (size_t i = 0; i < count; i++)
            if (s->given->count == 0 || !bsearch(&page[i], s->given->trends, s->given->count, sizeof *page, by_name))
                add(s->gone,
                    trd_published_of(s->arena, page[i]->question, page[i]->category, page[i]->collection, NULL));
        if (count < STEP)
            return cm_ok();
        after = page[count - 1]->name;
    }
}

static cm_status prune(void *argument, void *lent)
{
    return trd_facts_prune(lent);
}

static cm_status publish(cm_journal *journal, batch *given, batch *gone, cm_arena *arena, int64_t *appended)
{
    search s = {.given = given, .gone = gone, .arena = arena};

    CM_TRY(cm_run_and_wait(cm_journal_readers(journal), find_gone, &s));
    CM_TRY(append_all(journal, given, appended));
    CM_TRY(append_all(journal, gone, appended));
    return *appended ? cm_run_and_wait(cm_journal_writer(journal), prune, NULL) : cm_ok();
}

cm_status trd_publish(cm_journal *journal, const cm_claims *claims, const TrdReport *report, int64_t *appended)
{
    CM_ARENA(arena);
    batch given = {.claims = claims}, gone = {.claims = claims};

    *appended = 0;
    gather(report, arena, &given);
    cm_status status = publish(journal, &given, &gone, arena, appended);
    free(given.trends);
    free(gone.trends);
    return status;
}

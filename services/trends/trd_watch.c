/* A watcher first gets the values of now, page after page by name, then the journal from where it was when it began.
 * What is published while the pages are sent comes with them, or later, or both: the last value of a trend is its
 * newest. */
#include "trends/trd_watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "trends/trd_published.h"
#include "trends/trd_service.h"
#include "trends/trd_trends.h"

enum { MESSAGE_TRENDS = 50, MESSAGE_ROWS = 100, MESSAGE_BYTES = 128 << 10 };

typedef struct watching {
    cm_watch *watch;
    char *question;  /* "": all */
    char *after;     /* the last name that was sent of the values of now */
    bool current;    /* they have all been sent */
    int64_t parts[]; /* the newest row that was looked at, one a partition */
} watching;

static cm_journal *journal_of(cm_call *call)
{
    return ((trd_state *)cm_call_state(call))->journal;
}

cm_status trd_watch_open(cm_call *call)
{
    size_t partitions = (size_t)cm_journal_partitions(journal_of(call));

    cm_call_set_data(call, cm_alloc(sizeof(watching) + partitions * sizeof(int64_t)));
    return cm_ok();
}

void trd_watch_done(cm_call *call, cm_code code)
{
    watching *w = cm_call_data(call);

    if (!w)
        return;
    cm_journal_unwatch(journal_of(call), w->watch);
    free(w->question);
    free(w->after);
    free(w);
}

static void wake(void *context)
{
    cm_call_wake(context);
}

/* ---- going on ---- */

/* "epoch,seq,seq,…": how far each partition was sent. */
static char *token_of(cm_call *call, const watching *w)
{
    cm_arena *arena = cm_call_arena(call);
    char epoch[CM_UUID_TEXT];
    char *text = cm_arena_strdup(arena, cm_uuid_format(cm_journal_epoch(journal_of(call)), epoch));

    for (int part = 0; part < cm_journal_partitions(journal_of(call)); part++)
        text = cm_arena_format(arena, "%s,%lld", text, (long long)w->parts[part]);
    return text;
}

static cm_status wrong_token(const char *token)
{
    return cm_invalid("resume_token", "'%.80s' is of no earlier answer of this store; leave it out to begin anew",
                      token);
}

static cm_status read_token(cm_call *call, const char *token, watching *w)
{
    char epoch[CM_UUID_TEXT];
    const char *at = token + strcspn(token, ",");

    cm_uuid_format(cm_journal_epoch(journal_of(call)), epoch);
    if (strlen(epoch) != (size_t)(at - token) || strncmp(token, epoch, strlen(epoch)) != 0)
        return wrong_token(token);
    for (int part = 0; part < cm_journal_partitions(journal_of(call)); part++) {
        char *end = NULL;
        w->parts[part] = *at == ',' ? strtoll(at + 1, &end, 10) : -1;
        if (!end || end == at + 1 || w->parts[part] < 0 || w->parts[part] > cm_journal_head(journal_of(call), part))
            return wrong_token(token);
        at = end;
    }
    return *at ? wrong_token(token) : cm_ok();
}

cm_status trd_watch_message(cm_call *call, const TrdWatchTrendsRequest *request)
{
    cm_journal *journal = journal_of(call);
    watching *w = cm_call_data(call);

    CM_TRY(trd_check_question(cm_call_lent(call), "question", request->question));
    w->question = cm_strdup(request->question);
    w->after = cm_strdup("");
    w->current = *request->resume_token != '\0';
    if (w->current)
        CM_TRY(read_token(call, request->resume_token, w));
    for (int part = 0; !w->current && part < cm_journal_partitions(journal); part++)
        CM_TRY(cm_db_integer(cm_call_lent(call), "SELECT MAX(seq) FROM trends WHERE part = $1", CM_WITH(cm_v_int(part)),
                             0, &w->parts[part]));
    w->watch = cm_journal_watch(journal, wake, call);
    return trd_watch_writable(call);
}

static void send(cm_call *call, const watching *w, TrdTrend **trends, size_t count, bool current)
{
    TrdWatchTrendsResponse *response = CM_NEW(cm_call_arena(call), TrdWatchTrendsResponse);

    response->trends = trends;
    response->n_trends = count;
    response->current = current;
    response->resume_token = current ? token_of(call, w) : "";
    trd_trends_service_watch_trends_send(call, response);
}

static cm_status send_page(cm_call *call, watching *w)
{
    TrdTrend **trends;
    size_t count;

    CM_TRY(trd_published_list(cm_call_lent(call), w->question, w->after, MESSAGE_TRENDS, cm_call_arena(call), &trends,
                              &count));
    w->current = count < MESSAGE_TRENDS;
    send(call, w, trends, count, w->current);
    if (count > 0) {
        free(w->after);
        w->after = cm_strdup(trends[count - 1]->name);
    }
    return cm_ok();
}

/* The next rows of one partition; *more is false where there are none. */
static cm_status send_changes(cm_call *call, watching *w, int part, bool *more)
{
    cm_arena *arena = cm_call_arena(call);
    TrdTrend **trends;
    cm_row *rows;
    int count;
    size_t kept = 0;

    CM_TRY(
        cm_journal_read(cm_call_lent(call), part, w->parts[part], MESSAGE_ROWS, MESSAGE_BYTES, arena, &rows, &count));
    trends = cm_arena_take(arena, ((size_t)count + 1) * sizeof *trends);
    for (int i = 0; i < count; i++) {
        if (strncmp(rows[i].resource, "trends/", 7) != 0)
            continue; /* what is asked is in the same journal */
        CM_TRY(trd_published_unpack(&rows[i], arena, &trends[kept]));
        kept += !*w->question || strcmp(trends[kept]->question, w->question) == 0;
    }
    if (count > 0)
        w->parts[part] = rows[count - 1].at.seq;
    if (kept > 0)
        send(call, w, trends, kept, true);
    *more = count > 0;
    return cm_ok();
}

cm_status trd_watch_writable(cm_call *call)
{
    cm_journal *journal = journal_of(call);
    watching *w = cm_call_data(call);

    while (!w->current && cm_call_has_room(call))
        CM_TRY(send_page(call, w));
    for (int part = 0; w->current && part < cm_journal_partitions(journal); part++) {
        bool more = cm_journal_head(journal, part) > w->parts[part];
        while (more && cm_call_has_room(call))
            CM_TRY(send_changes(call, w, part, &more));
    }
    return cm_ok();
}

#include "negotiations/neg_log.h"

#include <stdlib.h>

#include "base/cm_memory.h"
#include "negotiations/neg_fetch.h"
#include "negotiations/neg_kinds.h"
#include "negotiations/neg_state.h"

/* What a stream keeps: cm_call_data points at `fetched`, as the kinds' snapshots expect. */
typedef struct entry_log {
    neg_fetched fetched;
    int64_t recorded;
} entry_log;

static entry_log *log_of(cm_call *call)
{
    return (entry_log *)((char *)cm_call_data(call) - offsetof(entry_log, fetched));
}

cm_status neg_log_open(cm_call *call)
{
    entry_log *log = cm_alloc(sizeof *log);

    cm_call_set_data(call, &log->fetched);
    return cm_ok();
}

typedef struct one_entry {
    cm_call *call;
    const NegLogEntriesRequest *request;
} one_entry;

/* On the writer; may run again. */
static cm_status record(void *argument, void *lent)
{
    one_entry *one = argument;
    NegEntry *answer = CM_NEW(cm_call_arena(one->call), NegEntry);

    cm_call_lend(one->call, lent);
    cm_status s = cm_resource_create(one->call, &neg_entry_kind, &one->request->base, &answer->base);
    cm_call_lend(one->call, NULL);
    return s;
}

cm_status neg_log_message(cm_call *call, const NegLogEntriesRequest *request)
{
    neg_state *state = cm_call_state(call);
    entry_log *log = log_of(call);
    one_entry one = {call, request};

    cm_status s = neg_fetch_request(call, &neg_entry_kind, &request->base);
    if (cm_is_ok(s))
        s = cm_run_touching(cm_journal_writer(state->journal), cm_resource_touches(&request->base, cm_call_arena(call)),
                            record, &one);
    if (cm_is_ok(s))
        log->recorded++;
    cm_status_prefix(&s, "entry %lld of the stream", (long long)log->recorded);
    return s;
}

cm_status neg_log_half_close(cm_call *call)
{
    NegLogEntriesResponse answer;

    NegLogEntriesResponse_init(&answer);
    answer.recorded = log_of(call)->recorded;
    (void)neg_negotiations_service_log_entries_send(call, &answer);
    cm_call_finish(call, cm_ok());
    return cm_ok();
}

void neg_log_done(cm_call *call, cm_code code)
{
    if (cm_call_data(call))
        free(log_of(call));
}

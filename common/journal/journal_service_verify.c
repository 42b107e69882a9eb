/* JournalService.Verify: the chains recomputed in steps, so that no reader's thread is kept and no state is held; but
 * for the check of the store's file, which the engine does in one go. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/journal_service.h"
#include "store/cm_backup.h"

enum { STEP_ROWS = 5000, PROGRESS_US = 1000000 };

typedef struct verifying {
    journal_chain chain; /* of the partition that is being verified */
    int64_t told;        /* when progress was sent last; monotonic */
    bool wanted[];       /* one a partition */
} verifying;

cm_status journal_verify_open(cm_call *call)
{
    const cm_journal *journal = cm_call_state(call);
    verifying *v = cm_alloc(sizeof *v + (size_t)cm_journal_partitions(journal) * sizeof *v->wanted);

    v->told = cm_clock_monotonic_us();
    cm_call_set_data(call, v);
    return cm_ok();
}

void journal_verify_done(cm_call *call, cm_code code)
{
    free(cm_call_data(call));
}

cm_status journal_verify_message(cm_call *call, const JrnVerifyRequest *request)
{
    verifying *v = cm_call_data(call);

    CM_TRY(journal_named_parts(cm_call_state(call), request->parts, request->n_parts, v->wanted));
    if (request->deep)
        CM_TRY(cm_db_check(cm_call_lent(call)));
    return journal_verify_writable(call);
}

static void tell(cm_call *call, verifying *v, bool complete)
{
    JrnVerifyResponse *response = CM_NEW(cm_call_arena(call), JrnVerifyResponse);

    response->part = v->chain.part;
    response->rows = v->chain.seq;
    response->complete = complete;
    if (complete)
        response->hash = (ProtobufCBinaryData){CM_SHA256, v->chain.hash};
    jrn_journal_service_verify_send(call, response);
    v->told = cm_clock_monotonic_us();
}

/* One step, then the lane is somebody else's until `writable` is called again. */
cm_status journal_verify_writable(cm_call *call)
{
    int partitions = cm_journal_partitions(cm_call_state(call));
    verifying *v = cm_call_data(call);
    bool complete;

    while (v->chain.part < partitions && !v->wanted[v->chain.part])
        v->chain = (journal_chain){.part = v->chain.part + 1};
    if (v->chain.part == partitions) {
        cm_call_finish(call, cm_ok());
        return cm_ok();
    }
    CM_TRY(journal_chain_step(cm_call_lent(call), &v->chain, STEP_ROWS, &complete));
    if (complete || cm_clock_monotonic_us() - v->told >= PROGRESS_US)
        tell(call, v, complete);
    if (complete)
        v->chain = (journal_chain){.part = v->chain.part + 1};
    cm_call_wake(call);
    return cm_ok();
}

/* journal_service.h: the streams of JournalService. Reach for it in journal_service.c, which has the table. */
#ifndef CM_JOURNAL_SERVICE_INTERNAL_H
#define CM_JOURNAL_SERVICE_INTERNAL_H

#include "cityneg/journal/v1/journal.grpc-c.h"
#include "journal/cm_journal_service.h"
#include "journal/journal.h"

/* The partitions that a request names, all where it names none, as marks in `named` (one a partition; not cleared).
 * INVALID_ARGUMENT names the one that does not exist. */
cm_status journal_named_parts(const cm_journal *journal, const int32_t *parts, size_t count, bool *named) CM_MUST_USE;

/* journal_service_read.c */
cm_status journal_read_open(cm_call *call);
cm_status journal_read_message(cm_call *call, const JrnReadRequest *request);
cm_status journal_read_writable(cm_call *call);
void journal_read_done(cm_call *call, cm_code code);

/* journal_service_verify.c */
cm_status journal_verify_open(cm_call *call);
cm_status journal_verify_message(cm_call *call, const JrnVerifyRequest *request);
cm_status journal_verify_writable(cm_call *call);
void journal_verify_done(cm_call *call, cm_code code);

/* journal_service_letters.c */
cm_status journal_list_letters(cm_call *call, const JrnListDeadLettersRequest *request,
                               JrnListDeadLettersResponse *response);
cm_status journal_replay_letters(cm_call *call, const JrnReplayDeadLettersRequest *request,
                                 JrnReplayDeadLettersResponse *response);

/* Letters from `SELECT JOURNAL_LETTER_COLUMNS FROM letters`, in the arena. */
#define JOURNAL_LETTER_COLUMNS "id, topic, part, seq, epoch, type, resource, why, made_at"
JrnDeadLetter *journal_letter(const cm_rows *rows, cm_arena *arena);

/* feed_replay.c: applies letters of rows once more, each in a transaction of its own; in order. Not on a lane. What is
 * no letter any more is passed over; what fails is in `left`, and why it failed is in the store. UNAVAILABLE where no
 * feed of this process follows a letter's topic. */
typedef struct journal_replay {
    JrnDeadLetter **letters;
    size_t count;
    int64_t applied;
    JrnDeadLetter **left; /* room for `count` */
    size_t left_count;
    cm_arena *arena;
} journal_replay;
cm_status journal_replay_run(cm_journal *journal, journal_replay *replay) CM_MUST_USE;

#endif

/* journal_service.h: the streams of JournalService. Reach for it in journal_service.c, which has the table. */
#ifndef CM_JOURNAL_SERVICE_INTERNAL_H
#define CM_JOURNAL_SERVICE_INTERNAL_H

#include "cityneg/journal/v1/journal.grpc-c.h"
#include "journal/cm_journal_service.h"
#include "journal/journal.h"

/* The partitions that a request names, all where it names none, as marks in `named` (one a partition; not cleared).
 * INVALID_ARGUMENT names the one that does not exist. */
cm_status journal_named_parts(const cm_journal *journal, const int32_t *parts, size_t count, bool *named) CM_MUST_USE;

/* journal_service_read.c: rows from positions on, for Read and for WatchChanges, which differ in what they send. */
typedef struct journal_progress {
    bool wanted;
    int64_t after; /* sent so far */
    int64_t until; /* where it ends; INT64_MAX: never */
} journal_progress;

typedef struct journal_reading {
    cm_watch *watch; /* of a follower */
    bool follows;
    cm_uuid epoch; /* when it began */
    void (*send)(cm_call *call, const struct journal_reading *reading, const cm_row *rows, int count);
    cm_arena *arena; /* of the filter; NULL: there is none */
    struct cm_filter *filter;
    journal_progress parts[]; /* one a partition */
} journal_reading;

/* From where the parts stand: what is wanted, to the newest row or, of a follower, for ever. */
cm_status journal_read_begin(cm_call *call, journal_reading *reading) CM_MUST_USE;
/* A position of a caller: OUT_OF_RANGE beyond the newest row, INVALID_ARGUMENT where it makes no sense. */
cm_status journal_read_from(cm_call *call, journal_reading *reading, const char *field, int part,
                            int64_t after) CM_MUST_USE;
/* OUT_OF_RANGE where the epoch ("": any) is another than the journal's. */
cm_status journal_read_epoch(const cm_journal *journal, const char *field, const char *epoch) CM_MUST_USE;
cm_status journal_read_open(cm_call *call);
cm_status journal_read_message(cm_call *call, const JrnReadRequest *request);
cm_status journal_read_writable(cm_call *call);
void journal_read_done(cm_call *call, cm_code code);

/* journal_service_changes.c; opens, writes and ends as Read does. */
cm_status journal_changes_message(cm_call *call, const JrnWatchChangesRequest *request);

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

/* neg_thread.h: entries that answer each other: proposal, counter-proposal, acceptance. Reach for it where an entry
 * says what it replies to, and where a thread is read. On a cm_db; any thread. */
#ifndef NEG_THREAD_H
#define NEG_THREAD_H

#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "journal/cm_resource.h"

enum { NEG_THREAD_ENTRIES = 1000 };

/* Whether an entry may answer the one that it names, which is of the same negotiation, exists, is not certainly later,
 * and does not answer it in turn; an acceptance, a rejection or a counter-proposal answers a proposal or a
 * counter-proposal. What is wrong is added at in_reply_to. */
cm_status neg_thread_check(cm_db *db, const NegEntry *entry, cm_arena *arena, cm_violations *wrong) CM_MUST_USE;

/* The whole thread of an entry, as it was at a time (cm_resource_as_of; 0: now): what began it, then answers behind
 * what they answer, those to the same entry in order of date. NOT_FOUND where there is no such entry;
 * RESOURCE_EXHAUSTED where the thread has more than NEG_THREAD_ENTRIES. */
cm_status neg_thread_read(cm_db *db, const char *name, int64_t as_of, cm_arena *arena,
                          NegGetThreadResponse *response) CM_MUST_USE;

#endif

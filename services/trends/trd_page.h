/* trd_page.h: pages of lists that go on by the last key: how long one is, and the token that the next one begins with.
 * Reach for it in every list of trends. A token holds on every replica of a store, for the query that it is from. */
#ifndef TRD_PAGE_H
#define TRD_PAGE_H

#include "journal/cm_journal.h"

/* 0 is `usual`, more than `most` is `most`. INVALID_ARGUMENT where it is negative. */
cm_status trd_page_size(int32_t asked, int usual, int most, int *size) CM_MUST_USE;

/* The token of what comes after `last`, which is not "", in the list of `query`; in the arena. */
char *trd_page_token(const cm_journal *journal, const char *query, const char *last, cm_arena *arena);

/* *last is "" for the first page. INVALID_ARGUMENT for what is no token, or one of another query or store. */
cm_status trd_page_after(const cm_journal *journal, const char *query, const char *token, cm_arena *arena,
                         const char **last) CM_MUST_USE;

#endif

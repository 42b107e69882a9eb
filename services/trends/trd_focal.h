/* trd_focal.h: whose cities a question about partners is asked for: those of the usual state, or of one that a caller
 * names. Reach for it where such a question is answered, and where a request names its focal set. Pure but for the
 * read. */
#ifndef TRD_FOCAL_H
#define TRD_FOCAL_H

#include "trends/trd_finding.h"

/* Reads what was asked for, into the arena; *focal is NULL for "" and for the usual state. INVALID_ARGUMENT at `focal`
 * what is no name of a state; NOT_FOUND a state that nothing recorded is called. */
cm_status trd_focal_read(cm_db *db, const char *asked, cm_arena *arena, const char **focal) CM_MUST_USE;

/* Whether a question is asked for a focal set. */
bool trd_focal_has(const char *question);

/* states/ru, or the state that the report is made for. */
const char *trd_focal_of(const trd_report *report);

/* "Russian cities", or "cities of states/de"; in the report's arena. */
const char *trd_focal_words(const trd_report *report);

#endif

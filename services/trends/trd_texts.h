/* trd_texts.h: which negotiations are an institution's own: it hosts them or takes part in them. Reach for it to tell a
 * stance that a member took in the institution's texts from one that it took outside. In an arena. */
#ifndef TRD_TEXTS_H
#define TRD_TEXTS_H

#include "base/cm_arena.h"
#include "trends/trd_moment.h"

typedef struct trd_texts trd_texts;

cm_status trd_texts_read(trd_moment at, cm_arena *arena, trd_texts **texts) CM_MUST_USE;

/* False for "" : a stance taken in no negotiation was taken outside. */
bool trd_texts_own(const trd_texts *texts, const char *negotiation, const char *institution);

#endif

/* reg_fold.h: names as they are compared: without case, marks, spaces and punctuation, in their own script or in Latin
 * letters. Reach for it where a name that was typed is looked for among those that are known.
 *
 * Any thread. Texts in ASCII are folded at once; others go through ICU's transliterators, one at a time. */
#ifndef REG_FOLD_H
#define REG_FOLD_H

#include "base/cm_arena.h"

typedef struct reg_fold reg_fold;

/* Bytes of a text that are looked at; what is longer is compared by its beginning. */
enum { REG_FOLD_BYTES = 256 };

/* INTERNAL where ICU lacks a transliterator, which it names. */
cm_status reg_fold_new(reg_fold **fold) CM_MUST_USE;
void reg_fold_free(reg_fold *fold); /* NULL is fine */

/* "Нью-Йорк" is "нюиорк" plain, "new york" and "NEW-YORK" are "newyork". In the arena. `text` is UTF-8. */
const char *reg_fold_plain(reg_fold *fold, const char *text, cm_arena *arena);

/* "Казань" and "Kazan'" are "kazan". What has no Latin form is as it is plain; "" where there is no letter or digit. */
const char *reg_fold_latin(reg_fold *fold, const char *text, cm_arena *arena);

#endif

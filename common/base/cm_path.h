/* cm_path.h: where in a message a value lies, kept on the stack while a message is walked and written only where
 * something is wrong: `participants[3].actor`, `labels["en"].text`. Reach for it in code that checks messages level by
 * level. Pure; any thread. */
#ifndef CM_PATH_H
#define CM_PATH_H

#include "base/cm_status.h"

typedef struct cm_path {
    const struct cm_path *up; /* NULL: the outermost */
    const char *name;
    const char *key; /* of a map; NULL: none */
    long index;      /* of a repeated field; < 0: none */
} cm_path;

#define CM_PATH(outer, field_name) ((cm_path){(outer), (field_name), NULL, -1})

/* The path as text, "" for NULL; free() ends it. */
char *cm_path_text(const cm_path *path) CM_MUST_USE;

/* INVALID_ARGUMENT about the value there, as cm_invalid makes it; without a field where `path` is NULL. */
cm_status cm_path_invalid(const cm_path *path, const char *format, ...) CM_PRINTF(2, 3) CM_MUST_USE;

#endif

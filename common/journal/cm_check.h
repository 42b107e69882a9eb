/* cm_check.h: what the checks of resources have in common: texts that are required, dates, spans, names, citations,
 * collections. Each adds what is wrong to a list, with the field's path, so that a caller learns of everything at once.
 * Reach for it in the `check` of a kind (cm_resource.h). Pure; any thread. */
#ifndef CM_CHECK_H
#define CM_CHECK_H

#include "base/cm_date.h"
#include "cityneg/type/v1/type.grpc-c.h"

/* What one check works with. */
typedef struct cm_check {
    cm_arena *arena;
    cm_violations *wrong;
} cm_check;

/* A path such as "members[3].state" in the check's arena. */
const char *cm_check_path(cm_check check, const char *format, ...) CM_PRINTF(2, 3);

/* Where texts[at] is among those up to `at` first. */
size_t cm_check_first(char *const *texts, size_t at);

/* Whether there is a text; a violation that ends with `right` ("give …") where not. */
bool cm_check_given(cm_check check, const char *field, const char *text, const char *right);

/* Reads the date and puts its canonical form in its place; what is none is a violation, and not known afterwards. */
cm_date cm_check_date(cm_check check, const char *field, char **text);

/* Two dates of which the second is not certainly before the first; their own paths are "from" and "to" behind `prefix`,
 * or whatever else `first` and `last` say. */
void cm_check_span(cm_check check, const char *prefix, const char *first, char **from, const char *last, char **to);

/* A name that fits one of the patterns; an empty one is fine where it is not required. */
void cm_check_name(cm_check check, const char *field, const char *name, const char *const *patterns, bool required);

/* Each a source's name, each once. `prefix` goes before "sources". */
void cm_check_citations(cm_check check, const char *prefix, TypCitation *const *citations, size_t count);

/* Empty, or collections/{collection}. */
void cm_check_collection(cm_check check, const char *name);

#endif

/* neg_check.h: checks that all kinds of this service share: dates, spans, codes, names, citations, bounded texts. Each
 * adds what is wrong, with the field's path, to a list, so that a caller learns of everything at once. Reach for it in
 * the checks of a kind (neg_check_negotiation.c and its siblings). Pure; any thread. */
#ifndef NEG_CHECK_H
#define NEG_CHECK_H

#include "base/cm_date.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

/* What one check works with. */
typedef struct neg_check {
    cm_arena *arena;
    cm_violations *wrong;
} neg_check;

typedef enum neg_need { NEG_OPTIONAL, NEG_REQUIRED } neg_need;

/* "participants[3].actor" in the check's arena. */
const char *neg_path(neg_check check, const char *format, ...) CM_PRINTF(2, 3);

/* A text of one line: at most 500 characters. (How long any text and any list may be is checked for all kinds alike,
 * see cm_resource.h.) */
enum { NEG_LINE = 500 };
void neg_check_line(neg_check check, const char *field, const char *text, neg_need need);

/* How many values a list has at least. */
void neg_check_count(neg_check check, const char *field, size_t count, size_t least);

/* Parses the date and puts its canonical form in its place; what is none counts as not known afterwards. */
cm_date neg_check_date(neg_check check, const char *field, char **text, neg_need need);

/* Two dates, `to` not certainly before `from`. */
void neg_check_span(neg_check check, const char *from_field, char **from, const char *to_field, char **to);

/* An enum value that the code list has. */
void neg_check_code(neg_check check, const char *field, const ProtobufCEnumDescriptor *descriptor, int value,
                    neg_need need);

/* A resource name that fits one of the patterns; of an actor of any kind. */
void neg_check_name(neg_check check, const char *field, const char *name, const char *const *patterns, neg_need need);
void neg_check_actor(neg_check check, const char *field, const char *name, neg_need need);

/* sources[i]: each a source's name, each once, at least `least` of them. `prefix` goes before "sources". */
void neg_check_citations(neg_check check, const char *prefix, TypCitation *const *citations, size_t count,
                         size_t least);

/* Each a different name, all of actors: `by`, `parties`. */
void neg_check_actors(neg_check check, const char *field, char *const *names, size_t count, size_t least);

#endif

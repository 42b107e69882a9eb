/* neg_check.h: what the kinds of this service check besides what all kinds do (journal/cm_check.h): codes, lines, lists
 * of at least so many, actors. Reach for it in the checks of a kind (neg_check_negotiation.c and its siblings). Pure;
 * any thread. */
#ifndef NEG_CHECK_H
#define NEG_CHECK_H

#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "journal/cm_check.h"

typedef enum neg_need { NEG_OPTIONAL, NEG_REQUIRED } neg_need;

/* A text of one line: at most 500 characters. (How long any text and any list may be is checked for all kinds alike,
 * see cm_resource.h.) */
enum { NEG_LINE = 500 };
void neg_check_line(cm_check check, const char *field, const char *text, neg_need need);

/* An address that is given begins with https:// or http://. */
void neg_check_url(cm_check check, const char *field, const char *url);

/* How many values a list has at least. */
void neg_check_count(cm_check check, const char *field, size_t count, size_t least);

/* A date that has to be there; not known where it is none. */
cm_date neg_check_dated(cm_check check, const char *field, char **text);

/* An enum value that the code list has. */
void neg_check_code(cm_check check, const char *field, const ProtobufCEnumDescriptor *descriptor, int value,
                    neg_need need);

/* The name of an actor of any kind. */
void neg_check_actor(cm_check check, const char *field, const char *name, neg_need need);

/* sources[i]: each a source's name, each once, at least `least` of them. `prefix` goes before "sources". */
void neg_check_citations(cm_check check, const char *prefix, TypCitation *const *citations, size_t count, size_t least);

/* Each a different name, all of actors: `by`, `parties`. */
void neg_check_actors(cm_check check, const char *field, char *const *names, size_t count, size_t least);

#endif

/* cm_filter.h: which messages are wanted, in the language of AIP-160:
 * `kind = city AND NOT (state = "states/ru" OR topics.code:climate)`. Reach for it where a caller picks messages by
 * their fields. Pure; any thread.
 *
 * A filter is comparisons joined by AND, OR (which binds tighter) and NOT (or `-`), with parentheses; comparisons that
 * only stand beside each other are joined by AND. A comparison is a field, perhaps of a field (`host.name`), one of
 * = != < <= > >= :, and a value, in quotes where it holds more than letters, digits and _ - . / + : and the like.
 * - `:` is "has": one of a repeated field's values equals it (`participants.actor:"cities/kazan-ru"`); `field:*` is
 *   that there is something. The other operators are for what is single.
 * - `*` begins or ends a text for = != and `:` (`"Saint *"`); `\*` is the character.
 * - What is missing is another than every value, and neither below nor above one.
 * - Codes (`city`, or ACTOR_KIND_CITY) have no order. Instants are RFC 3339. Dates are texts: "2015-06" is above
 *   "2015". */
#ifndef CM_FILTER_H
#define CM_FILTER_H

#include "base/cm_message.h"

enum { CM_FILTER_BYTES = 4096, CM_FILTER_TERMS = 64, CM_FILTER_PATH = 6, CM_FILTER_NESTING = 16 };

typedef enum cm_filter_kind { CM_FILTER_ALL, CM_FILTER_ANY, CM_FILTER_NOT, CM_FILTER_TERM } cm_filter_kind;

typedef enum cm_filter_operator {
    CM_FILTER_EQUAL,
    CM_FILTER_UNEQUAL,
    CM_FILTER_BELOW,
    CM_FILTER_AT_MOST,
    CM_FILTER_ABOVE,
    CM_FILTER_AT_LEAST,
    CM_FILTER_HAS,
} cm_filter_operator;

/* What the last field of a path holds. A wrapper counts as what it wraps. */
typedef enum cm_filter_type {
    CM_FILTER_TEXT,
    CM_FILTER_CODE,
    CM_FILTER_INTEGER,
    CM_FILTER_REAL,
    CM_FILTER_BOOL,
    CM_FILTER_TIME, /* google.protobuf.Timestamp, as microseconds since 1970 */
    CM_FILTER_MESSAGE,
} cm_filter_type;

/* The tree of a filter, for whoever turns it into SQL. */
typedef struct cm_filter {
    cm_filter_kind kind;
    struct cm_filter **parts; /* of ALL (none: everything fits), ANY (one at least), NOT (one) */
    size_t count;

    /* Of a term: */
    const char *field;                                    /* as it was written: participants.actor */
    const ProtobufCFieldDescriptor *path[CM_FILTER_PATH]; /* from the message down */
    int depth;
    cm_filter_type type;
    cm_filter_operator operator;
    bool anything;             /* field:* */
    bool open_begin, open_end; /* the text began or ended with * */
    const char *text;          /* of TEXT, without the *; of CODE, its code, "" for none */
    int64_t integer;           /* of CODE (its number), INTEGER, BOOL and TIME */
    double real;               /* of INTEGER, too */
} cm_filter;

/* Reads a filter over messages of `descriptor`; "" and NULL let everything through. The tree is in the arena; `text` is
 * not kept. INVALID_ARGUMENT at `filter` says where and what would be right; longer than CM_FILTER_BYTES, more than
 * CM_FILTER_TERMS comparisons, or nested deeper than CM_FILTER_NESTING is refused, too. */
cm_status cm_filter_parse(const ProtobufCMessageDescriptor *descriptor, const char *text, cm_arena *arena,
                          cm_filter **filter) CM_MUST_USE;

/* Whether the message, of the descriptor that the filter was read for, fits. */
bool cm_filter_fits(const cm_filter *filter, const ProtobufCMessage *message);

/* The field that holds the value of a wrapper, the field itself otherwise. */
const ProtobufCFieldDescriptor *cm_filter_value_field(const ProtobufCFieldDescriptor *field);

#endif

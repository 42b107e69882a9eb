/* neg_codes.h: enum values as people write them: sets of codes in a sentence, and whether a number is a code at all.
 * Reach for it in messages about phases, states and kinds. Pure; any thread. */
#ifndef NEG_CODES_H
#define NEG_CODES_H

#include "base/cm_message.h"

/* A set of enum values 0 … 31. */
typedef unsigned neg_set;
#define NEG_SET(value) (1u << (value))

static inline bool neg_set_has(neg_set set, int value)
{
    return value >= 0 && value < 32 && (set & NEG_SET(value));
}

/* "detail, suspended or lapsed"; "nothing" for none of them. In the arena. */
const char *neg_set_text(const ProtobufCEnumDescriptor *descriptor, neg_set set, cm_arena *arena);

/* All values of the enum but its zero. */
neg_set neg_set_all(const ProtobufCEnumDescriptor *descriptor);

#endif

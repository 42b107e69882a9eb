#include "negotiations/neg_codes.h"

const char *neg_set_text(const ProtobufCEnumDescriptor *descriptor, neg_set set, cm_arena *arena)
{
    const char *text = "nothing";

    for (int value = 0, listed = 0; set; value++) {
        if (!neg_set_has(set, value))
            continue;
        set &= ~NEG_SET(value);
        const char *code = cm_enum_code(descriptor, value, arena);
        const char *link = listed == 0 ? "" : set ? ", " : " or ";
        text = listed++ == 0 ? code : cm_arena_format(arena, "%s%s%s", text, link, code);
    }
    return text;
}

neg_set neg_set_all(const ProtobufCEnumDescriptor *descriptor)
{
    neg_set all = 0;

    for (unsigned i = 0; i < descriptor->n_values; i++)
        if (descriptor->values[i].value > 0 && descriptor->values[i].value < 32)
            all |= NEG_SET(descriptor->values[i].value);
    return all;
}

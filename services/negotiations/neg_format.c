#include "negotiations/neg_format.h"

#include "negotiations/neg_codes.h"

#define K(kind) NEG_SET(TYP_ACTOR_KIND_##kind)

static const struct word {
    TypActorKind kind;
    const char *plural;
} levels[] = {
    {TYP_ACTOR_KIND_CITY, "cities"},
    {TYP_ACTOR_KIND_REGION, "regions"},
    {TYP_ACTOR_KIND_STATE, "states"},
};

static const char *levels_text(neg_set levels_there, cm_arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (!neg_set_has(levels_there, (int)levels[i].kind))
            continue;
        levels_there &= ~NEG_SET(levels[i].kind);
        text = cm_arena_format(arena, "%s%s%s", text, !*text ? "" : levels_there ? ", " : " and ", levels[i].plural);
    }
    return text;
}

NegFormat neg_format_derive(const TypActorKind *kinds, size_t count, cm_arena *arena, const char **why)
{
    neg_set there = 0;
    const char *text;
    NegFormat format;

    for (size_t i = 0; i < count; i++)
        there |= NEG_SET(kinds[i]);
    neg_set government = there & (K(CITY) | K(REGION) | K(STATE));
    if (count < 2) {
        format = NEG_FORMAT_UNSPECIFIED;
        text = "fewer than two different actors take part";
    } else if (government & (government - 1)) { /* more than one bit */
        format = NEG_FORMAT_MULTILEVEL;
        text = cm_arena_format(arena, "%s are at the table", levels_text(government, arena));
    } else if (there & (K(INSTITUTION) | K(ORGANISATION))) {
        format = NEG_FORMAT_MULTILEVEL;
        text = there & K(INSTITUTION) ? "an institution is at the table" : "an organisation is at the table";
    } else if (count == 2) {
        format = NEG_FORMAT_BILATERAL;
        text = "two actors of one level take part";
    } else {
        format = NEG_FORMAT_MULTILATERAL;
        text = cm_arena_format(arena, "%zu actors of one level take part", count);
    }
    if (why)
        *why = text;
    return format;
}

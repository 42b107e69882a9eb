#include "gen_names.h"

#include <ctype.h>
#include <string.h>

typedef char *(*piece_rule)(cm_arena *arena, const char *name);

char *gen_camel(cm_arena *arena, const char *name)
{
    char *camel = cm_arena_take(arena, strlen(name) + 1), *to = camel;
    bool starts = true;

    for (; *name; name++) {
        if (*name == '_') {
            starts = true;
            continue;
        }
        *to++ = (char)(starts ? toupper((unsigned char)*name) : *name);
        starts = false;
    }
    *to = '\0';
    return camel;
}

static char *split_words(cm_arena *arena, const char *name, int (*spell)(int))
{
    char *words = cm_arena_take(arena, 2 * strlen(name) + 1), *to = words;
    bool after_capital = true;

    for (; *name; name++) {
        bool capital = isupper((unsigned char)*name) != 0;
        if (capital && !after_capital)
            *to++ = '_';
        *to++ = (char)spell((unsigned char)*name);
        after_capital = capital;
    }
    *to = '\0';
    return words;
}

char *gen_lower(cm_arena *arena, const char *name)
{
    return split_words(arena, name, tolower);
}

char *gen_upper(cm_arena *arena, const char *name)
{
    return split_words(arena, name, toupper);
}

static char *join_pieces(cm_arena *arena, const char *full_name, piece_rule rule)
{
    char *joined = cm_arena_strdup(arena, "");
    char *rest = cm_arena_strdup(arena, full_name), *state = NULL;

    for (char *piece = strtok_r(rest, ".", &state); piece; piece = strtok_r(NULL, ".", &state))
        joined = cm_arena_format(arena, "%s%s%s", joined, *joined ? "__" : "", rule(arena, piece));
    return joined;
}

char *gen_full_camel(cm_arena *arena, const char *full_name)
{
    return join_pieces(arena, full_name, gen_camel);
}

char *gen_full_lower(cm_arena *arena, const char *full_name)
{
    return join_pieces(arena, full_name, gen_lower);
}

char *gen_full_upper(cm_arena *arena, const char *full_name)
{
    return join_pieces(arena, full_name, gen_upper);
}

char *gen_stem(cm_arena *arena, const char *file)
{
    size_t length = strlen(file), end = strlen(".proto");

    if (length > end && strcmp(file + length - end, ".proto") == 0)
        length -= end;
    return cm_arena_strndup(arena, file, length);
}

char *gen_file_symbol(cm_arena *arena, const char *file)
{
    char *stem = gen_stem(arena, file), *symbol = cm_arena_take(arena, 2 * strlen(stem) + 1), *to = symbol;

    for (; *stem; stem++) {
        if (*stem == '/')
            *to++ = '_';
        *to++ = isalnum((unsigned char)*stem) ? *stem : '_';
    }
    *to = '\0';
    return symbol;
}

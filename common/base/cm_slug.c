#include <string.h>

#include "base/cm_text.h"
#include "base/cm_utf8.h"

/* What Latin letters are without their marks (the base letter of their Unicode decomposition), one a code point; `.`
 * where there is none. */
typedef struct block {
    uint32_t first;
    const char *letters;
} block;

static const block blocks[] = {
    {0x00c0, "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y"},
    {0x0100, "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkqllllllllllnnnnnnnnnoooooo..rrrrrrsssssssstttttt"
             "uuuuuuuuuuuuwwyyyzzzzzzs"},
    {0x01cd, "aaiioouuuuuuuuuue"},
    {0x01de, "aaaa..ggggkkoooo..j...gg..nnaa..ooaaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy"},
    {0x1e00,
     "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssss"
     "ttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyass..daaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiii"
     "oooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy"},
};

typedef struct special {
    uint32_t code;
    const char *letters;
} special;

static const special specials[] = {
    {0x00aa, "a"},  {0x00ba, "o"},  {0x00c6, "ae"}, {0x00de, "th"}, {0x00df, "ss"}, {0x00e6, "ae"}, {0x00fe, "th"},
    {0x0132, "ij"}, {0x0133, "ij"}, {0x0152, "oe"}, {0x0153, "oe"}, {0x0180, "b"},  {0x0192, "f"},  {0x018f, "a"},
    {0x01a0, "o"},  {0x01a1, "o"},  {0x01af, "u"},  {0x01b0, "u"},  {0x01b5, "z"},  {0x01b6, "z"},  {0x01c4, "dz"},
    {0x01c5, "dz"}, {0x01c6, "dz"}, {0x01c7, "lj"}, {0x01c8, "lj"}, {0x01c9, "lj"}, {0x01ca, "nj"}, {0x01cb, "nj"},
    {0x01cc, "nj"}, {0x01e2, "ae"}, {0x01e3, "ae"}, {0x01fc, "ae"}, {0x01fd, "ae"}, {0x0259, "a"},  {0x1e9e, "ss"},
};

/* NULL where the letter has no Latin form. */
static const char *latin(uint32_t code, char one[2])
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        const block *b = &blocks[i];
        if (code < b->first || code - b->first >= strlen(b->letters) || b->letters[code - b->first] == '.')
            continue;
        one[0] = b->letters[code - b->first];
        return one;
    }
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++)
        if (specials[i].code == code)
            return specials[i].letters;
    return NULL;
}

/* Signs and spaces, which separate, in contrast to letters of other scripts and marks, which are dropped. */
static bool separates(uint32_t code)
{
    return code < 0xc0 || code == 0xd7 || code == 0xf7 || (code >= 0x2010 && code <= 0x205f) ||
           (code >= 0x2000 && code <= 0x200a) || (code >= 0x3000 && code <= 0x303f) || code == CM_UTF8_WRONG;
}

char *cm_slug(const char *name, cm_arena *arena)
{
    char *slug = cm_arena_take(arena, 2 * strlen(name) + 1), *end = slug;
    bool gap = false;

    while (*name) {
        char one[2] = {0};
        uint32_t code = cm_utf8_next(&name);
        bool upper = code >= 'A' && code <= 'Z';
        const char *letters = NULL;
        if (upper || (code >= 'a' && code <= 'z') || (code >= '0' && code <= '9')) {
            one[0] = (char)(upper ? code | 0x20 : code);
            letters = one;
        } else {
            letters = latin(code, one);
        }
        if (!letters) {
            gap = gap || separates(code);
            continue;
        }
        if (gap && end > slug)
            *end++ = '-';
        gap = false;
        end = stpcpy(end, letters);
    }
    *end = '\0';
    return slug;
}

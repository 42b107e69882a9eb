#include "trends/trd_page.h"

#include <string.h>

#include "base/cm_memory.h"

cm_status trd_page_size(int32_t asked, int usual, int most, int *size)
{
    if (asked < 0)
        return cm_invalid("page_size", "%d is negative; give 1 … %d, or 0 for %d", asked, most, usual);
    *size = asked == 0 ? usual : asked > most ? most : asked;
    return cm_ok();
}

/* "epoch digest ": of the store and the query; the last key follows. */
static char *list_of(const cm_journal *journal, const char *query, cm_arena *arena)
{
    const cm_bytes text = {(const uint8_t *)query, strlen(query)};
    char hex[2 * CM_SHA256 + 1];
    uint8_t digest[CM_SHA256];

    cm_sha256(&text, 1, digest);
    return cm_arena_format(arena, "%s %s ", cm_journal_epoch_text(journal), cm_hex(digest, CM_SHA256, hex));
}

char *trd_page_token(const cm_journal *journal, const char *query, const char *last, cm_arena *arena)
{
    const char *text = cm_arena_format(arena, "%s%s", list_of(journal, query, arena), last);

    return cm_base64(text, strlen(text), true, arena);
}

cm_status trd_page_after(const cm_journal *journal, const char *query, const char *token, cm_arena *arena,
                         const char **last)
{
    const char *list = list_of(journal, query, arena);
    uint8_t *bytes;
    size_t size, length = strlen(list);

    *last = "";
    if (!*token)
        return cm_ok();
    cm_status s = cm_base64_decode(token, arena, &bytes, &size);
    const char *text = cm_is_ok(s) ? cm_arena_strndup(arena, (const char *)bytes, size) : "";
    cm_status_clear(&s);
    if (strncmp(text, list, length) != 0 || !text[length])
        return cm_invalid("page_token",
                          "'%.80s' is not from an earlier page of this list; give its next_page_token, or leave it out",
                          token);
    *last = text + length;
    return cm_ok();
}

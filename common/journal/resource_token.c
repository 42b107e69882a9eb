/* A page token is base64 of "epoch as_of query last", in text: nothing in it is secret, and whatever it says is checked. */
#include <stdio.h>
#include <string.h>

#include "journal/resource.h"

enum { PARTS = 4, LAST_MAX = 511 };

static char *write_text(const resource_page *page, cm_arena *arena)
{
    char epoch[CM_UUID_TEXT], query[2 * CM_SHA256 + 1];

    return cm_arena_format(arena, "%s %lld %s %s", cm_uuid_format(page->epoch, epoch), (long long)page->as_of,
                           cm_hex(page->query, CM_SHA256, query), page->last);
}

char *resource_token(const resource_page *page, cm_arena *arena)
{
    char *text = write_text(page, arena);

    return cm_base64(text, strlen(text), true, arena);
}

static bool read_text(const char *text, cm_arena *arena, resource_page *page)
{
    char epoch[CM_UUID_TEXT], query[2 * CM_SHA256 + 1], last[LAST_MAX + 1];
    long long as_of;

    if (sscanf(text, "%36s %19lld %64s %511s", epoch, &as_of, query, last) != PARTS)
        return false;
    cm_status s = cm_uuid_parse(epoch, &page->epoch);
    bool good = cm_is_ok(s);
    cm_status_clear(&s);
    for (size_t i = 0; good && i < CM_SHA256; i++) {
        unsigned byte;
        good = sscanf(query + 2 * i, "%2x", &byte) == 1;
        page->query[i] = (uint8_t)byte;
    }
    page->as_of = as_of;
    page->last = cm_arena_strdup(arena, last);
    return good && strcmp(write_text(page, arena), text) == 0; /* what we write, and nothing else */
}

cm_status resource_token_parse(const char *token, cm_arena *arena, resource_page *page)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    cm_status s = cm_base64_decode(token, arena, &bytes, &size);
    bool good = cm_is_ok(s);

    cm_status_clear(&s);
    if (good && size && read_text(cm_arena_strndup(arena, (const char *)bytes, size), arena, page))
        return cm_ok();
    return cm_invalid("page_token", "\"%.80s\" is no token; give the next_page_token of the page before, or leave it out",
                      token);
}

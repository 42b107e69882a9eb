/* A page token is base64 of "epoch as_of query last", in text: nothing in it is secret, and whatever it says is
 * checked. */
#include <stdlib.h>
#include <string.h>

#include "journal/resource.h"

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

static bool read_digest(const char *hex, uint8_t digest[CM_SHA256])
{
    char byte[3] = "", *end;

    for (size_t i = 0; i < CM_SHA256; i++) {
        memcpy(byte, hex + 2 * i, 2);
        digest[i] = (uint8_t)strtoul(byte, &end, 16);
        if (end != byte + 2)
            return false;
    }
    return true;
}

/* `text` is taken apart. */
static bool read_text(char *text, resource_page *page)
{
    char *rest, *epoch = strtok_r(text, " ", &rest), *as_of = strtok_r(NULL, " ", &rest);
    char *query = strtok_r(NULL, " ", &rest);

    if (!query || strlen(query) != (size_t)2 * CM_SHA256 || !read_digest(query, page->query))
        return false;
    cm_status s = cm_uuid_parse(epoch, &page->epoch);
    bool good = cm_is_ok(s);
    cm_status_clear(&s);
    page->as_of = strtoll(as_of, NULL, 10);
    page->last = rest;
    return good;
}

/* Whether the text is what we write, and nothing else. */
static bool is_ours(const char *text, cm_arena *arena, resource_page *page)
{
    return read_text(cm_arena_strdup(arena, text), page) && strcmp(write_text(page, arena), text) == 0;
}

cm_status resource_token_parse(const char *token, cm_arena *arena, resource_page *page)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    cm_status s = cm_base64_decode(token, arena, &bytes, &size);
    bool good = cm_is_ok(s);

    cm_status_clear(&s);
    if (good && is_ours(cm_arena_strndup(arena, (const char *)bytes, size), arena, page))
        return cm_ok();
    return cm_invalid("page_token",
                      "\"%.80s\" is no token; give the next_page_token of the page before, or leave it out", token);
}

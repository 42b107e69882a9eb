/* Page tokens: what is taken is exactly what this program writes. */
#include <string.h>

#include "fuzz.h"
#include "journal/resource.h"

static void check(const char *token, cm_arena *arena)
{
    resource_page page, again;

    if (!fuzz_accepted(resource_token_parse(token, arena, &page)))
        return;
    FUZZ_REQUIRE(fuzz_accepted(resource_token_parse(resource_token(&page, arena), arena, &again)));
    FUZZ_REQUIRE(cm_uuid_equal(page.epoch, again.epoch) && page.as_of == again.as_of);
    FUZZ_REQUIRE(strcmp(page.last, again.last) == 0 && memcmp(page.query, again.query, sizeof page.query) == 0);
}

/* As it stands, and as what is in base64: so that a fuzzer gets past the alphabet. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CM_ARENA(arena);
    CM_FREE char *text = fuzz_text(bytes, size);

    check(text, arena);
    check(cm_base64(bytes, size, true, arena), arena);
    return 0;
}

#include "registry/reg_fold.h"

#include <pthread.h>
#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "base/cm_memory.h"

/* A letter may become many: U+FDFA is eighteen. What does not fit is as if it were no name. */
enum { UNITS = 32 * REG_FOLD_BYTES, BYTES = 3 * UNITS };

struct reg_fold {
    pthread_mutex_t lock; /* of the transliterators and the buffers */
    UTransliterator *plain, *latin;
    UChar units[UNITS];
    char bytes[BYTES];
};

static cm_status open_rules(const char *rules, UTransliterator **made)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar id[REG_FOLD_BYTES];

    u_uastrcpy(id, rules);
    *made = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &code);
    return U_SUCCESS(code) ? cm_ok() : cm_fail(CM_INTERNAL, "ICU has no \"%s\": %s", rules, u_errorName(code));
}

cm_status reg_fold_new(reg_fold **made)
{
    reg_fold *fold = cm_alloc(sizeof *fold);
    cm_status s;

    pthread_mutex_init(&fold->lock, NULL);
    s = open_rules("NFKD; [:Mn:] Remove; Lower; [^[:L:][:N:]] Remove", &fold->plain);
    if (cm_is_ok(s))
        s = open_rules("Any-Latin; NFKD; [:Mn:] Remove; Latin-ASCII; Lower; [^a-z0-9] Remove", &fold->latin);
    *made = cm_is_ok(s) ? fold : NULL;
    if (!*made)
        reg_fold_free(fold);
    return s;
}

void reg_fold_free(reg_fold *fold)
{
    if (!fold)
        return;
    utrans_close(fold->plain);
    utrans_close(fold->latin);
    pthread_mutex_destroy(&fold->lock);
    free(fold);
}

/* Where the beginning of a text ends that is looked at: at a whole character. */
static size_t beginning(const char *text)
{
    size_t size = strnlen(text, REG_FOLD_BYTES);

    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return size;
}

static const char *fold_ascii(const char *text, size_t size, cm_arena *arena)
{
    char *folded = cm_arena_take(arena, size + 1), *end = folded;

    for (; size; size--, text++) {
        bool upper = *text >= 'A' && *text <= 'Z';
        if (upper || (*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9'))
            *end++ = (char)(upper ? *text | 0x20 : *text);
    }
    *end = '\0';
    return folded;
}

static const char *transliterate(reg_fold *fold, const UTransliterator *by, const char *text, size_t size,
                                 cm_arena *arena)
{
    UErrorCode code = U_ZERO_ERROR;
    int32_t count = 0, limit, bytes = 0;
    const char *folded = "";

    pthread_mutex_lock(&fold->lock);
    u_strFromUTF8(fold->units, UNITS, &count, text, (int32_t)size, &code);
    limit = count;
    utrans_transUChars(by, fold->units, &count, UNITS, 0, &limit, &code);
    u_strToUTF8(fold->bytes, BYTES, &bytes, fold->units, count, &code);
    if (U_SUCCESS(code))
        folded = cm_arena_strndup(arena, fold->bytes, (size_t)bytes);
    pthread_mutex_unlock(&fold->lock);
    return folded;
}

static bool is_ascii(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

const char *reg_fold_plain(reg_fold *fold, const char *text, cm_arena *arena)
{
    size_t size = beginning(text);

    return is_ascii(text, size) ? fold_ascii(text, size, arena) : transliterate(fold, fold->plain, text, size, arena);
}

const char *reg_fold_latin(reg_fold *fold, const char *text, cm_arena *arena)
{
    size_t size = beginning(text);

    if (is_ascii(text, size))
        return fold_ascii(text, size, arena);
    const char *latin = transliterate(fold, fold->latin, text, size, arena);
    return *latin ? latin : transliterate(fold, fold->plain, text, size, arena);
}

/* check.h: what the tests of common/base ask of a status. Includes cmocka with what it needs. */
#ifndef CHECK_H
#define CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_status.h"

static inline void check_ok(cm_status s)
{
    if (!cm_is_ok(s))
        fail_msg("%s: %s", cm_code_name(s.code), cm_status_message(s));
}

/* The status has the code, and its message holds the part. Ends the status. */
static inline void check_fails(cm_status s, cm_code code, const char *part)
{
    if (s.code != code || !strstr(cm_status_message(s), part))
        fail_msg("%s: \"%s\" in place of %s: \"…%s…\"", cm_code_name(s.code), cm_status_message(s), cm_code_name(code),
                 part);
    cm_status_clear(&s);
}

/* The first violation is of this field. Does not end the status. */
static inline void check_field(cm_status s, const char *field)
{
    assert_non_null(s.error);
    assert_non_null(s.error->violations);
    assert_string_equal(s.error->violations->field, field);
}

/* A generator of numbers that is the same in every run (SplitMix64). */
static inline uint64_t check_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* `length` bytes and a NUL: from the alphabet, or any but NUL where it is NULL. */
static inline void check_random_text(uint64_t *state, const char *alphabet, char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint64_t r = check_random(state);
        text[i] = alphabet ? alphabet[r % strlen(alphabet)] : (char)(r % 255 + 1);
    }
    text[length] = '\0';
}

#define CHECK_COUNT(array) (sizeof(array) / sizeof *(array))

#endif

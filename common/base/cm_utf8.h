/* cm_utf8.h: text as code points. Reach for it where text is walked; cm_text.h checks and measures it whole.
 * Pure; any thread. */
#ifndef CM_UTF8_H
#define CM_UTF8_H

#include <stdint.h>

/* What stands for a byte that is not UTF-8: the replacement character, as wide as most. */
enum { CM_UTF8_WRONG = 0xfffd };

/* The code point at `*text`, which is not at its end, and moves behind it (by one byte where it is CM_UTF8_WRONG). */
uint32_t cm_utf8_next(const char **text);

#endif

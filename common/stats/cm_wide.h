/* cm_wide.h: loops that the processor at hand may do several numbers at a time. Reach for it where a loop over plain
 * arrays is most of the work; what it gives is the same to the last bit everywhere.
 *
 * CM_WIDE before a function makes a second version of it for processors with AVX2, chosen when the program starts,
 * where compiler and C library can do that. The file wants -O3 (CMakeLists.txt). */
#ifndef CM_WIDE_H
#define CM_WIDE_H

#include <stddef.h>

/* Sanitizers start later than the choice is made. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) &&                           \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CM_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define CM_WIDE
#endif

#endif

/* fuzz.h: what every fuzz target is made of: the function that takes one input, and how an input becomes what a parser
 * takes. Reach for it in *_fuzz.c; libFuzzer or replay.c calls the function. One thread. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cm_arena.h"
#include "base/cm_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What has to hold whatever the input is; ends the process where it does not, so that the input is kept. */
#define FUZZ_REQUIRE(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                             \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* A refusal is fine, but it says something. Owns the status; true where it is OK. */
static inline bool fuzz_accepted(cm_status status)
{
    bool accepted = cm_is_ok(status);

    FUZZ_REQUIRE(accepted || *cm_status_message(status));
    cm_status_clear(&status);
    return accepted;
}

/* The input as a text of exactly its size, so that a sanitizer sees a step past its end. */
static inline char *fuzz_text(const uint8_t *bytes, size_t size)
{
    return cm_strndup((const char *)bytes, size);
}

/* Takes one byte off the front, to choose by; 0 where there is none. */
static inline uint8_t fuzz_choice(const uint8_t **bytes, size_t *size)
{
    if (!*size)
        return 0;
    --*size;
    return *(*bytes)++;
}

/* The input as a file: one in memory, whose path is written to `path`. close() ends it. */
enum { FUZZ_PATH = 32 };
static inline int fuzz_file(const uint8_t *bytes, size_t size, char path[FUZZ_PATH])
{
    int fd = memfd_create("input", MFD_CLOEXEC);

    FUZZ_REQUIRE(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    snprintf(path, FUZZ_PATH, "/proc/self/fd/%d", fd);
    return fd;
}

#endif

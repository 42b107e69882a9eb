/* cm_philox.h: random numbers from a counter: Philox 4×32 with ten rounds (Salmon, Moraes, Dror, Shaw 2011).
 * Reach for it in every resampling: the number at (seed, stream, position) is the same on every machine and whichever
 * thread asks, so replicate r uses stream r and results never depend on how the work was split. One thread a value. */
#ifndef CM_PHILOX_H
#define CM_PHILOX_H

#include <stddef.h>
#include <stdint.h>

typedef struct cm_philox {
    uint64_t seed, stream, block;
    uint32_t words[4];
    int left;
} cm_philox;

/* The bare function: ten rounds on a 128-bit counter under a 64-bit key. */
void cm_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

cm_philox cm_philox_make(uint64_t seed, uint64_t stream);
uint32_t cm_philox_u32(cm_philox *random);
uint64_t cm_philox_u64(cm_philox *random);

/* Uniform on [0, 1) with 53 bits. */
double cm_philox_unit(cm_philox *random);

/* Uniform on 0 … bound − 1, without bias (Lemire 2019); bound ≥ 1. */
uint32_t cm_philox_below(cm_philox *random, uint32_t bound);

/* Uniform on 0 … bound − 1 for bounds beyond 32 bits; bound ≥ 1. */
uint64_t cm_philox_below64(cm_philox *random, uint64_t bound);

/* Puts n numbers in random order (Fisher and Yates); n < 2^32. */
void cm_philox_shuffle(cm_philox *random, uint32_t *items, size_t n);

#endif

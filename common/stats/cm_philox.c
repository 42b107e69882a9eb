#include "stats/cm_philox.h"

#include <string.h>

enum { ROUNDS = 10 };
static const uint32_t MULTIPLIER[2] = {0xD2511F53u, 0xCD9E8D57u};
static const uint32_t WEYL[2] = {0x9E3779B9u, 0xBB67AE85u};

void cm_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t first = (uint64_t)MULTIPLIER[0] * c[0], second = (uint64_t)MULTIPLIER[1] * c[2];
        uint32_t next[4] = {(uint32_t)(second >> 32) ^ c[1] ^ k[0], (uint32_t)second,
                            (uint32_t)(first >> 32) ^ c[3] ^ k[1], (uint32_t)first};
        memcpy(c, next, sizeof c);
        k[0] += WEYL[0];
        k[1] += WEYL[1];
    }
    memcpy(out, c, sizeof c);
}

cm_philox cm_philox_make(uint64_t seed, uint64_t stream)
{
    return (cm_philox){.seed = seed, .stream = stream};
}

uint32_t cm_philox_u32(cm_philox *random)
{
    if (random->left == 0) {
        uint32_t counter[4] = {(uint32_t)random->block, (uint32_t)(random->block >> 32), (uint32_t)random->stream,
                               (uint32_t)(random->stream >> 32)};
        uint32_t key[2] = {(uint32_t)random->seed, (uint32_t)(random->seed >> 32)};
        cm_philox_block(counter, key, random->words);
        random->block++;
        random->left = 4;
    }
    return random->words[4 - random->left--];
}

uint64_t cm_philox_u64(cm_philox *random)
{
    uint64_t low = cm_philox_u32(random);

    return low | (uint64_t)cm_philox_u32(random) << 32;
}

double cm_philox_unit(cm_philox *random)
{
    return (double)(cm_philox_u64(random) >> 11) * 0x1p-53;
}

uint32_t cm_philox_below(cm_philox *random, uint32_t bound)
{
    uint64_t product = (uint64_t)cm_philox_u32(random) * bound;

    if ((uint32_t)product < bound) {
        uint32_t threshold = -bound % bound;
        while ((uint32_t)product < threshold)
            product = (uint64_t)cm_philox_u32(random) * bound;
    }
    return (uint32_t)(product >> 32);
}

uint64_t cm_philox_below64(cm_philox *random, uint64_t bound)
{
    uint64_t least = -bound % bound, x;

    do
        x = cm_philox_u64(random);
    while (x < least);
    return x % bound;
}

void cm_philox_shuffle(cm_philox *random, uint32_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        uint32_t j = cm_philox_below(random, (uint32_t)i), t = items[i - 1];
        items[i - 1] = items[j];
        items[j] = t;
    }
}

/* replay: gives a target its seeds and a fixed number of mutants of each, the same ones every time, where libFuzzer is
 * not at hand. Ends by itself; a finding ends the process as under libFuzzer.
 *
 *     TARGET SEEDS [MUTANTS]      SEEDS has one input a line, with \n \t \r \\ and \xHH for what a line cannot hold */
#include <string.h>

#include "fuzz.h"

enum { LONGEST = 4096, PRESET_MUTANTS = 2000 };

typedef struct input {
    uint8_t bytes[LONGEST];
    size_t size;
} input;

static uint64_t drawn(uint64_t *state, uint64_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % below;
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c) : NULL;

    return found ? (int)(found - digits) : -1;
}

static void unescape(const char *line, size_t length, input *to)
{
    static const char *const names = "ntr\\", *const values = "\n\t\r\\";

    to->size = 0;
    for (size_t i = 0; i < length && to->size < LONGEST; i++) {
        const char *name = line[i] == '\\' && line[i + 1] ? strchr(names, line[i + 1]) : NULL;
        if (name) {
            to->bytes[to->size++] = (uint8_t)values[name - names];
            i++;
        } else if (line[i] == '\\' && line[i + 1] == 'x' && hex(line[i + 2]) >= 0 && hex(line[i + 3]) >= 0) {
            to->bytes[to->size++] = (uint8_t)(hex(line[i + 2]) * 16 + hex(line[i + 3]));
            i += 3;
        } else {
            to->bytes[to->size++] = (uint8_t)line[i];
        }
    }
}

/* One to four changes: a bit, a byte, a piece taken out, a piece doubled. */
static void mutate(input *in, uint64_t *state)
{
    for (uint64_t changes = 1 + drawn(state, 4); changes > 0 && in->size > 0; changes--) {
        size_t at = drawn(state, in->size), length = 1 + drawn(state, in->size - at);
        switch (drawn(state, 4)) {
            case 0:
                in->bytes[at] ^= (uint8_t)(1 << drawn(state, 8));
                break;
            case 1:
                in->bytes[at] = (uint8_t)drawn(state, 256);
                break;
            case 2:
                memmove(in->bytes + at, in->bytes + at + length, in->size - at - length);
                in->size -= length;
                break;
            default:
                if (in->size + length > LONGEST)
                    break;
                memmove(in->bytes + at + length, in->bytes + at, in->size - at);
                in->size += length;
        }
    }
}

/* In memory of its own size, so that a sanitizer sees a step past its end. */
static void give(const input *in)
{
    uint8_t *exact = malloc(in->size ? in->size : 1);

    FUZZ_REQUIRE(exact);
    memcpy(exact, in->bytes, in->size);
    LLVMFuzzerTestOneInput(exact, in->size);
    free(exact);
}

int main(int argc, char **argv)
{
    CM_FREE char *line = NULL;
    size_t capacity = 0, seeds = 0, runs = 0;
    uint64_t state = 0x9e3779b97f4a7c15;
    input seed, mutant;
    ssize_t length;

    if (argc != 2 && argc != 3)
        return fprintf(stderr, "usage: %s SEEDS [MUTANTS]\n", argv[0]), 2;
    FILE *file = fopen(argv[1], "r");
    if (!file)
        return perror(argv[1]), 1;
    size_t mutants = argc == 3 ? strtoul(argv[2], NULL, 10) : PRESET_MUTANTS;
    while ((length = getline(&line, &capacity, file)) > 0) {
        unescape(line, (size_t)length - (line[length - 1] == '\n'), &seed);
        seeds++;
        give(&seed);
        for (size_t i = 0; i < mutants; i++, runs++) {
            mutant = seed;
            mutate(&mutant, &state);
            give(&mutant);
        }
    }
    fclose(file);
    printf("%zu seeds, %zu mutants\n", seeds, runs);
    return seeds ? 0 : 1;
}

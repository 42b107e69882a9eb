/* The command line's CSV files: a series has times that grow and no infinite value, a mix has counts from 0. The first
 * byte chooses which of them. */
#include <math.h>

#include "cli/ana_series.h"
#include "fuzz.h"

static void check_series(const char *path, cm_arena *arena)
{
    ana_series series = {0};

    if (!fuzz_accepted(ana_series_read(path, arena, &series)))
        return;
    FUZZ_REQUIRE(series.missing <= series.n);
    for (size_t i = 0; i < series.n; i++)
        FUZZ_REQUIRE(!isinf(series.values[i]) && (!series.times || i == 0 || series.times[i] > series.times[i - 1]));
}

static void check_mix(const char *path, cm_arena *arena)
{
    ana_mix mix = {0};

    if (!fuzz_accepted(ana_mix_read(path, arena, &mix)))
        return;
    for (size_t i = 0; i < mix.n; i++)
        FUZZ_REQUIRE(mix.counts[i] >= 0 && isfinite(mix.counts[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CM_ARENA(arena);
    char path[FUZZ_PATH];
    bool is_series = fuzz_choice(&bytes, &size) & 1;
    int fd = fuzz_file(bytes, size, path);

    if (is_series)
        check_series(path, arena);
    else
        check_mix(path, arena);
    close(fd);
    return 0;
}

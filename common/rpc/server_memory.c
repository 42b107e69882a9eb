#include "server_memory.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cm_clock.h"

enum { LOOK_US = 5000000, MUCH = 64 << 20 };

static size_t resident(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    size_t all = 0, pages = 0;

    if (file) {
        if (fscanf(file, "%zu %zu", &all, &pages) != 2)
            pages = 0;
        fclose(file);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

void cm_rpc_memory_look(cm_rpc_memory *memory)
{
    int_fast64_t now = cm_clock_monotonic_us(), due = atomic_load_explicit(&memory->next_us, memory_order_relaxed);

    if (now < due || !atomic_compare_exchange_strong(&memory->next_us, &due, now + LOOK_US))
        return;
    bool grew = resident() >= atomic_load(&memory->kept) + MUCH;
    if (!atomic_exchange(&memory->again, grew) && !grew)
        return;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    atomic_store(&memory->kept, resident());
}

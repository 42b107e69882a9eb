/* server_memory.h: gives memory that nobody uses any more back to the system: after a flood of calls the allocator
 * keeps what they took, scattered over its arenas. Reach for it where calls come in. Internal; any thread. */
#ifndef SERVER_MEMORY_H
#define SERVER_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Zero-initialise. */
typedef struct cm_rpc_memory {
    atomic_int_fast64_t next_us; /* when to look again */
    atomic_size_t kept;          /* bytes that were resident when it was given back last */
    atomic_bool again;           /* what came in then may have gone since: once more */
} cm_rpc_memory;

/* Looks every 5 seconds, and gives back where 64 MiB more are resident than the last time. Costs a read of the clock
 * else. */
void cm_rpc_memory_look(cm_rpc_memory *memory);

#endif

/* chaos_shim.c: linked into the services that chaos runs, beside their own main: a wall clock that is stepped and
 * fsyncs that fail, as a file of two numbers says that CITYNEG_CHAOS names and the driver writes meanwhile. Without
 * that file everything is as it is. */
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef struct control {
    int64_t step_us;     /* how far the wall clock is off */
    int64_t fsync_fails; /* whether every fsync of SQLite does */
} control;

static const volatile control *told;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards that a kind is added once */
static sqlite3_vfs vfs;
static const sqlite3_vfs *real;

/* How files are dealt with, of which SQLite has a kind or two; ours is the real one but for syncing. */
static struct {
    sqlite3_io_methods ours;
    _Atomic(const sqlite3_io_methods *) real;
} kinds[8];

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);

/* The linker gives calls of clock_gettime to this (--wrap). */
int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    int outcome = __real_clock_gettime(clock, time);

    if (clock == CLOCK_REALTIME && told) {
        int64_t nanoseconds = time->tv_nsec + told->step_us % 1000000 * 1000 + 1000000000;
        time->tv_sec += told->step_us / 1000000 + nanoseconds / 1000000000 - 1;
        time->tv_nsec = nanoseconds % 1000000000;
    }
    return outcome;
}

static int kind_of(const sqlite3_io_methods *methods)
{
    for (int i = 0; i < (int)(sizeof kinds / sizeof *kinds); i++)
        if (methods == &kinds[i].ours || methods == kinds[i].real)
            return i;
    return -1;
}

static int sync_file(sqlite3_file *file, int flags)
{
    return told->fsync_fails ? SQLITE_IOERR_FSYNC : kinds[kind_of(file->pMethods)].real->xSync(file, flags);
}

/* Once a kind, while the lock is held. */
static int add_kind(const sqlite3_io_methods *methods)
{
    int i = kind_of(NULL);

    if (i < 0)
        abort();
    kinds[i].ours = *methods;
    kinds[i].ours.xSync = sync_file;
    kinds[i].real = methods;
    return i;
}

/* The files are the real ones, but for how they are synced. */
static int open_file(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *result)
{
    int outcome = real->xOpen((sqlite3_vfs *)real, name, file, flags, result);

    if (outcome == SQLITE_OK) {
        pthread_mutex_lock(&lock);
        int kind = kind_of(file->pMethods);
        file->pMethods = &kinds[kind < 0 ? add_kind(file->pMethods) : kind].ours;
        pthread_mutex_unlock(&lock);
    }
    return outcome;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("CITYNEG_CHAOS");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (file < 0)
        return;
    void *memory = mmap(NULL, sizeof *told, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) {
        fprintf(stderr, "CITYNEG_CHAOS: %s cannot be mapped\n", path);
        abort();
    }
    told = memory;
    real = sqlite3_vfs_find(NULL);
    vfs = *real;
    vfs.zName = "chaos";
    vfs.xOpen = open_file;
    sqlite3_vfs_register(&vfs, 1);
}

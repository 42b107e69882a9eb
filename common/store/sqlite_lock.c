#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cm_memory.h"
#include "store/sqlite.h"

static cm_code code_of(int error)
{
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return CM_NOT_FOUND;
        case EACCES:
        case EPERM:
        case EROFS:
            return CM_PERMISSION_DENIED;
        case ENOSPC:
        case EDQUOT:
            return CM_RESOURCE_EXHAUSTED;
        default:
            return CM_UNAVAILABLE;
    }
}

static cm_status in_use(const char *path, int lock)
{
    char holder[32];
    ssize_t size = pread(lock, holder, sizeof holder - 1, 0);

    holder[size > 0 ? size : 0] = '\0';
    return cm_fail(CM_UNAVAILABLE, "%s: process %s has it open; stop that one, or give another path", path,
                   *holder ? holder : "(unknown)");
}

/* Who holds the lock, for whoever wants it. Not essential, so a full disk is no reason to refuse. */
static void note_holder(int lock)
{
    char holder[32];
    int size = snprintf(holder, sizeof holder, "%ld", (long)getpid());

    if (ftruncate(lock, 0) == 0 && pwrite(lock, holder, (size_t)size, 0) != size)
        size = ftruncate(lock, 0);
}

cm_status sqlite_lock_take(const char *path, int *result)
{
    CM_FREE char *name = cm_format("%s.lock", path);
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if (lock < 0) {
        int error = errno;
        return cm_fail(code_of(error),
                       "%s: cannot be made or opened: %s; give a file in a folder that exists and may be "
                       "written",
                       path, strerror(error));
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        cm_status s = errno == EWOULDBLOCK ? in_use(path, lock)
                                           : cm_fail(CM_UNAVAILABLE, "%s: cannot be locked: %s", name, strerror(errno));
        close(lock);
        return s;
    }
    note_holder(lock);
    *result = lock;
    return cm_ok();
}

void sqlite_lock_release(int lock)
{
    if (lock >= 0)
        close(lock);
}

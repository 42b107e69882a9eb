#include "watched_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"

enum { LARGEST = 1 << 20 };

void cm_rpc_file_init(cm_rpc_file *file, const char *path)
{
    *file = (cm_rpc_file){.path = path ? cm_strdup(path) : NULL};
}

void cm_rpc_file_clear(cm_rpc_file *file)
{
    free(file->path);
    *file = (cm_rpc_file){0};
}

bool cm_rpc_file_changed(const cm_rpc_file *file)
{
    struct stat now;

    if (!file->path)
        return false;
    if (stat(file->path, &now) != 0)
        return !file->missing;
    return file->missing || now.st_ino != file->inode || now.st_size != file->size ||
           now.st_mtim.tv_sec != file->modified.tv_sec || now.st_mtim.tv_nsec != file->modified.tv_nsec;
}

/* Before it is read, so that what is written meanwhile counts as a change. */
static void mark(cm_rpc_file *file)
{
    struct stat now;

    file->missing = stat(file->path, &now) != 0;
    if (file->missing)
        return;
    file->modified = now.st_mtim;
    file->size = now.st_size;
    file->inode = now.st_ino;
}

cm_status cm_rpc_file_read(cm_rpc_file *file, char **text)
{
    mark(file);
    FILE *stream = fopen(file->path, "re");
    if (!stream)
        return cm_fail(errno == EACCES ? CM_PERMISSION_DENIED : CM_NOT_FOUND, "%s cannot be read: %s", file->path,
                       strerror(errno));
    char *read = cm_alloc(LARGEST + 1);
    size_t size = fread(read, 1, LARGEST + 1, stream);
    int error = ferror(stream) ? errno : 0;
    fclose(stream);
    if (error || size > LARGEST) {
        free(read);
        return error ? cm_fail(CM_NOT_FOUND, "%s cannot be read: %s", file->path, strerror(error))
                     : cm_fail(CM_INVALID_ARGUMENT, "%s has more than %d bytes; give the right file", file->path,
                               LARGEST);
    }
    read[size] = '\0';
    *text = cm_realloc(read, size + 1, 1);
    return cm_ok();
}

/* watched_file.h: a file that is read again when it has changed. Reach for it for what an operator replaces while the
 * server runs: certificates, roles. Internal; its owner's lock guards it. */
#ifndef WATCHED_FILE_H
#define WATCHED_FILE_H

#include <sys/stat.h>

#include "base/cm_status.h"

typedef struct cm_rpc_file {
    char *path; /* NULL: there is none, and it never changes */
    struct timespec modified;
    off_t size;
    ino_t inode;
    bool missing;
} cm_rpc_file;

/* Copies `path`, which may be NULL. */
void cm_rpc_file_init(cm_rpc_file *file, const char *path);
void cm_rpc_file_clear(cm_rpc_file *file);

/* Whether the file is another one than when it was read last. */
bool cm_rpc_file_changed(const cm_rpc_file *file);

/* What stands in it, which free() ends. NOT_FOUND, PERMISSION_DENIED or INVALID_ARGUMENT (more than 1 MiB) name the
 * path; it counts as read then too. */
cm_status cm_rpc_file_read(cm_rpc_file *file, char **text) CM_MUST_USE;

#endif

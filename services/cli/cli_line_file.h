/* cli_line_file.h: a file by its lines, any of which may be read again. Reach for it where lines are sent and only
 * later known to be refused. One thread; the file is not to change meanwhile. */
#ifndef CLI_LINE_FILE_H
#define CLI_LINE_FILE_H

#include "base/cm_status.h"

typedef struct cli_line_file {
    const char *data;
    size_t size;
    struct cli_line {
        const char *text; /* without the line's end; not terminated */
        size_t length;
        long number; /* from 1 */
    } * lines;       /* that are not blank */
    size_t count, capacity;
} cli_line_file;

/* NOT_FOUND and PERMISSION_DENIED name the path. */
cm_status cli_line_file_open(const char *path, cli_line_file *file) CM_MUST_USE;
void cli_line_file_close(cli_line_file *file);

#endif

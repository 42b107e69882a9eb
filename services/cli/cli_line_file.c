#include "cli/cli_line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cm_memory.h"

static bool is_blank(const char *text, size_t length)
{
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    return length == 0;
}

static void add_line(cli_line_file *file, const char *text, size_t length, long number)
{
    if (length > 0 && text[length - 1] == '\r')
        length--;
    if (is_blank(text, length))
        return;
    CM_GROW(file->lines, file->capacity, file->count + 1);
    file->lines[file->count++] = (struct cli_line){text, length, number};
}

static void find_lines(cli_line_file *file)
{
    const char *end = file->data + file->size;
    long number = 1;

    for (const char *at = file->data, *next; at < end; at = next, number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        next = newline ? newline + 1 : end;
        add_line(file, at, (size_t)((newline ? newline : end) - at), number);
    }
}

static cm_status map(int fd, const char *path, cli_line_file *file)
{
    struct stat about;

    if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode))
        return cm_fail(CM_INVALID_ARGUMENT, "%s is no file that can be read again; give a regular file", path);
    file->size = (size_t)about.st_size;
    if (!file->size)
        return cm_ok();
    void *data = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "%s cannot be mapped: %s", path, strerror(errno));
    file->data = data;
    find_lines(file);
    return cm_ok();
}

cm_status cli_line_file_open(const char *path, cli_line_file *file)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *file = (cli_line_file){.data = ""};
    if (fd < 0)
        return cm_fail(errno == ENOENT ? CM_NOT_FOUND : CM_PERMISSION_DENIED, "%s cannot be read: %s", path,
                       strerror(errno));
    cm_status s = map(fd, path, file);
    close(fd);
    return s;
}

void cli_line_file_close(cli_line_file *file)
{
    if (file->size)
        munmap((void *)file->data, file->size);
    free(file->lines);
}

#include "base/cm_table.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cm_memory.h"
#include "base/cm_row_reader.h"
#include "base/cm_table_split.h"
#include "base/cm_text.h"

struct cm_table {
    cm_row_reader reader;
    char separator;
    size_t size;
    char *raw; /* the current row, NUL-terminated */
    size_t raw_capacity;
    cm_fields fields, header;
    char problem[160];
};

static void set_problem(cm_table *t, const char *format, ...) CM_PRINTF(2, 3);
static void set_problem(cm_table *t, const char *format, ...)
{
    va_list args;

    if (t->problem[0])
        return; /* the first one says most */
    va_start(args, format);
    vsnprintf(t->problem, sizeof t->problem, format, args);
    va_end(args);
}

static void check_text(cm_table *t, size_t length)
{
    size_t at;
    const char *nul = memchr(t->raw, '\0', length);

    if (!cm_utf8_valid(t->raw, length, &at))
        set_problem(t, "byte %zu of the row (0x%02x) is not UTF-8", at + 1, (unsigned char)t->raw[at]);
    else if (nul)
        set_problem(t, "byte %td of the row is NUL", nul - t->raw + 1);
}

static void keep_raw(cm_table *t, const char *row, size_t length)
{
    CM_GROW(t->raw, t->raw_capacity, length + 1);
    memcpy(t->raw, row, length);
    t->raw[length] = '\0';
}

/* Takes the next row, empty or not, into raw and fields; false at the end. */
static bool take_row(cm_table *t)
{
    const char *row;
    size_t length;
    cm_row_end end = cm_row_reader_next(&t->reader, t->separator == ',', &row, &length);

    t->problem[0] = '\0';
    if (end == CM_ROW_NONE)
        return false;
    if (end == CM_ROW_TOO_LONG)
        set_problem(t, "the row is longer than %d bytes", (int)CM_LONGEST_ROW);
    if (length && row[length - 1] == '\r')
        length--;
    keep_raw(t, row, length);
    check_text(t, length);
    const char *problem = cm_fields_split(&t->fields, t->raw, length, t->separator);
    if (problem)
        set_problem(t, "%s", problem);
    return true;
}

/* Takes the next row that is not empty. */
static bool take_filled_row(cm_table *t)
{
    while (take_row(t))
        if (t->raw[0] || t->problem[0])
            return true;
    if (ferror(t->reader.file))
        set_problem(t, "reading failed: %s", strerror(errno));
    return false;
}

static cm_status read_header(cm_table *t, const char *path)
{
    size_t length = 0;
    const char *first = cm_row_reader_first(&t->reader, &length);
    bool has_tab = first && memchr(first, '\t', length);

    if (!t->separator)
        t->separator = has_tab ? '\t' : ',';
    if (!take_filled_row(t))
        return cm_fail(CM_INVALID_ARGUMENT, "%s: %s; the first line must name the columns", path,
                       t->problem[0] ? t->problem : "the file is empty");
    if (t->problem[0])
        return cm_fail(CM_INVALID_ARGUMENT, "%s: the first line names no columns: %s", path, t->problem);
    t->header = t->fields;
    t->fields = (cm_fields){0};
    return cm_ok();
}

static cm_status cannot_open(const char *path, int error)
{
    cm_code code = error == ENOENT || error == ENOTDIR ? CM_NOT_FOUND
                   : error == EACCES                   ? CM_PERMISSION_DENIED
                                                       : CM_INVALID_ARGUMENT;

    return cm_fail(code, "%s cannot be read: %s", path, strerror(error));
}

static cm_status open_file(const char *path, FILE **file, size_t *size)
{
    struct stat about;

    *size = 0;
    *file = fopen(path, "re");
    if (!*file)
        return cannot_open(path, errno);
    if (fstat(fileno(*file), &about) != 0 || S_ISDIR(about.st_mode)) {
        fclose(*file);
        return cannot_open(path, EISDIR);
    }
    if (S_ISREG(about.st_mode))
        *size = (size_t)about.st_size;
    return cm_ok();
}

static cm_table *new_table(FILE *file, size_t size, char separator)
{
    cm_table *t = cm_alloc(sizeof *t);

    t->reader.file = file;
    t->size = size;
    t->separator = separator;
    return t;
}

cm_status cm_table_open(const char *path, char separator, cm_table **table)
{
    FILE *file;
    size_t size;

    CM_TRY(open_file(path, &file, &size));
    cm_table *t = new_table(file, size, separator);
    cm_status s = read_header(t, path);
    if (cm_is_ok(s))
        *table = t;
    else
        cm_table_close(t);
    return s;
}

cm_status cm_table_open_bare(const char *path, char separator, const char *header, cm_table **table)
{
    FILE *file;
    size_t size, length;

    CM_TRY(open_file(path, &file, &size));
    *table = new_table(file, size, separator);
    cm_fields_split(&(*table)->header, header, strlen(header), separator);
    cm_row_reader_first(&(*table)->reader, &length);
    return cm_ok();
}

void cm_table_close(cm_table *t)
{
    if (!t)
        return;
    fclose(t->reader.file);
    cm_row_reader_clear(&t->reader);
    free(t->raw);
    cm_fields_clear(&t->fields);
    cm_fields_clear(&t->header);
    free(t);
}

int cm_table_column(const cm_table *t, const char *name)
{
    for (size_t i = 0; i < t->header.count; i++)
        if (strcmp(cm_fields_get(&t->header, i), name) == 0)
            return (int)i;
    return -1;
}

int cm_table_columns(const cm_table *t)
{
    return (int)t->header.count;
}

const char *cm_table_header(const cm_table *t, int column)
{
    return column < 0 ? "" : cm_fields_get(&t->header, (size_t)column);
}

bool cm_table_next(cm_table *t)
{
    if (!take_filled_row(t))
        return false;
    if (t->fields.count != t->header.count)
        set_problem(t, "the row has %zu columns, the header has %zu", t->fields.count, t->header.count);
    return true;
}

const char *cm_table_problem(const cm_table *t)
{
    return t->problem[0] ? t->problem : NULL;
}

const char *cm_table_get(const cm_table *t, int column)
{
    return column < 0 ? "" : cm_fields_get(&t->fields, (size_t)column);
}

const char *cm_table_field(const cm_table *t, const char *name)
{
    return cm_table_get(t, cm_table_column(t, name));
}

long cm_table_line(const cm_table *t)
{
    return t->reader.line;
}

const char *cm_table_row(const cm_table *t)
{
    return t->raw;
}

size_t cm_table_offset(const cm_table *t)
{
    return t->reader.offset;
}

size_t cm_table_size(const cm_table *t)
{
    return t->size;
}

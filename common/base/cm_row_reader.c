#include "base/cm_row_reader.h"

#include <string.h>

#include "base/cm_memory.h"

enum { BLOCK = 64 << 10 };

/* Reads more behind what is there; false at the end of the file. Offsets from `begin` stay right. */
static bool fill(cm_row_reader *r)
{
    if (r->at_end)
        return false;
    if (r->begin && r->end > r->begin)
        memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
    r->end -= r->begin;
    r->begin = 0;
    CM_GROW(r->buffer, r->capacity, r->end + BLOCK);
    size_t got = fread(r->buffer + r->end, 1, BLOCK, r->file);
    r->end += got;
    r->at_end = got == 0;
    return got != 0;
}

static void pass(cm_row_reader *r, size_t bytes)
{
    r->begin += bytes;
    r->offset += bytes;
}

/* Where the first `c` lies from `from` on, counted from `begin`. Where the file or the longest row ends before: false,
 * and how many bytes there are. */
static bool seek(cm_row_reader *r, size_t from, char c, size_t *at)
{
    do {
        *at = r->end - r->begin;
        const char *start = r->buffer + r->begin, *found = from < *at ? memchr(start + from, c, *at - from) : NULL;
        if (found) {
            *at = (size_t)(found - start);
            return true;
        }
        from = *at;
    } while (*at <= CM_LONGEST_ROW && fill(r));
    return false;
}

/* The byte at `at`, counted from `begin`; -1 at the end of the file. */
static int peek(cm_row_reader *r, size_t at)
{
    return at < r->end - r->begin || fill(r) ? (unsigned char)r->buffer[r->begin + at] : -1;
}

/* Moves `from` behind the quote that closes; false where none does, or where its field goes on behind it. */
static bool close_quote(cm_row_reader *r, size_t *from)
{
    size_t quote;

    while (seek(r, *from, '"', &quote)) {
        int next = peek(r, quote + 1);
        *from = quote + 1 + (next == '"');
        if (next != '"')
            return next == ',' || next == '\n' || next == '\r' || next == -1;
    }
    return false;
}

/* The end of a row whose fields may be quoted: the first line feed outside quotes, which open where a field begins.
 * Where one does not close as it should, the row is its first line, so that one bad row costs no others. */
static void quoted_end(cm_row_reader *r, size_t *at)
{
    for (size_t from = 0;;) {
        seek(r, from, '\n', at);
        const char *start = r->buffer + r->begin, *quote = *at > from ? memchr(start + from, '"', *at - from) : NULL;
        if (!quote)
            return;
        from = (size_t)(quote - start) + 1;
        bool opens = quote == start || quote[-1] == ',';
        if (opens && !close_quote(r, &from)) {
            seek(r, 0, '\n', at);
            return;
        }
    }
}

static void pass_line_feed(cm_row_reader *r)
{
    if (r->begin < r->end) {
        pass(r, 1);
        r->passed++;
    }
}

static void pass_rest_of_long(cm_row_reader *r)
{
    size_t at;

    while (!seek(r, 0, '\n', &at) && at)
        pass(r, at);
    pass(r, at);
    pass_line_feed(r);
    r->in_long = false;
}

static void count_lines(cm_row_reader *r, const char *row, size_t length)
{
    for (const char *at = row; (at = memchr(at, '\n', length - (size_t)(at - row))); at++)
        r->passed++;
}

cm_row_end cm_row_reader_next(cm_row_reader *r, bool quoted, const char **row, size_t *length)
{
    cm_row_end result = CM_ROW_WHOLE;

    if (r->in_long)
        pass_rest_of_long(r);
    if (r->begin == r->end && !fill(r))
        return CM_ROW_NONE;
    r->line = r->passed + 1;
    if (quoted)
        quoted_end(r, length);
    else
        seek(r, 0, '\n', length);
    if (*length > CM_LONGEST_ROW) {
        *length = CM_LONGEST_ROW;
        r->in_long = true;
        result = CM_ROW_TOO_LONG;
    }
    *row = r->buffer + r->begin;
    count_lines(r, *row, *length);
    pass(r, *length);
    if (!r->in_long)
        pass_line_feed(r);
    return result;
}

const char *cm_row_reader_first(cm_row_reader *r, size_t *length)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (!fill(r))
        return NULL;
    if (r->end >= 3 && memcmp(r->buffer, mark, 3) == 0)
        pass(r, 3);
    seek(r, 0, '\n', length);
    return r->buffer + r->begin;
}

void cm_row_reader_clear(cm_row_reader *r)
{
    free(r->buffer);
    *r = (cm_row_reader){0};
}

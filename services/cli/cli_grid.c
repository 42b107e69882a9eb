#include <string.h>
#include <unistd.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "cli/cli_output.h"

enum { WIDEST_COLUMN = 60 };

struct cli_grid {
    int columns;
    char **fields; /* the headers, then row by row */
    size_t count, capacity;
};

cli_grid *cli_grid_new(int columns, const char *const *headers)
{
    cli_grid *grid = cm_alloc(sizeof *grid);

    grid->columns = columns;
    cli_grid_row(grid, headers);
    return grid;
}

void cli_grid_row(cli_grid *grid, const char *const *fields)
{
    CM_GROW(grid->fields, grid->capacity, grid->count + (size_t)grid->columns);
    for (int i = 0; i < grid->columns; i++)
        grid->fields[grid->count++] = cm_strdup(fields[i] ? fields[i] : "");
}

void cli_csv_field(FILE *out, const char *field)
{
    if (!strpbrk(field, ",\"\r\n")) {
        fputs(field, out);
        return;
    }
    putc('"', out);
    for (; *field; field++) {
        if (*field == '"')
            putc('"', out);
        putc(*field, out);
    }
    putc('"', out);
}

/* On a terminal long text is cut; a pipe gets all of it. */
static void print_cell(FILE *out, const char *field, int width, bool last, bool cut)
{
    int wide = cm_utf8_width(field);

    if (cut && wide > WIDEST_COLUMN) {
        size_t bytes = strlen(field);
        CM_FREE char *shorter = cm_strdup(field);
        while (bytes > 0 && (cm_utf8_width(shorter) >= WIDEST_COLUMN || (shorter[bytes] & 0xc0) == 0x80))
            shorter[--bytes] = '\0';
        fprintf(out, "%s…", shorter);
        wide = cm_utf8_width(shorter) + 1;
    } else {
        fputs(field, out);
    }
    if (!last)
        fprintf(out, "%*s", width - wide + 2, "");
}

void cli_grid_print(const cli_grid *grid, FILE *out, cli_format format)
{
    size_t columns = (size_t)grid->columns;
    CM_FREE int *widths = cm_alloc(columns * sizeof *widths);
    bool cut = isatty(fileno(out));

    for (size_t i = 0; i < grid->count; i++) {
        int width = cm_utf8_width(grid->fields[i]);
        if (cut && width > WIDEST_COLUMN)
            width = WIDEST_COLUMN;
        if (width > widths[i % columns])
            widths[i % columns] = width;
    }
    for (size_t i = 0; i < grid->count; i++) {
        size_t column = i % columns;
        bool last = column + 1 == columns;
        if (format == CLI_CSV) {
            cli_csv_field(out, grid->fields[i]);
            putc(last ? '\n' : ',', out);
        } else {
            print_cell(out, grid->fields[i], widths[column], last, cut);
            if (last)
                putc('\n', out);
        }
    }
}

void cli_grid_free(cli_grid *grid)
{
    for (size_t i = 0; i < grid->count; i++)
        free(grid->fields[i]);
    free(grid->fields);
    free(grid);
}

/* cli_output.h: messages as a person or a script reads them: a table, canonical protobuf JSON, or CSV.
 * Reach for it to print what an RPC answered. Pure but for the stream that it writes. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

#include "base/cm_status.h"

typedef enum cli_format { CLI_TABLE, CLI_JSON, CLI_CSV, CLI_HTML } cli_format; /* HTML: reports only */

/* "table", "json" or "csv", as --output's choices allow. */
cli_format cli_format_of(const char *name);

/* Prints one answer. Where it is a list (one repeated field of messages), table and CSV have a row for each item and a
 * column for each simple field that any of them sets; else a row for each field. */
cm_status cli_print(FILE *out, cli_format format, const ProtobufCMessage *message) CM_MUST_USE;

/* A field of CSV, in quotes where it needs them (RFC 4180). */
void cli_csv_field(FILE *out, const char *field);

/* Columns of text, aligned on a terminal, or as CSV. Rows are given one after the other. */
typedef struct cli_grid cli_grid;
cli_grid *cli_grid_new(int columns, const char *const *headers);
void cli_grid_row(cli_grid *grid, const char *const *fields); /* copied */
void cli_grid_print(const cli_grid *grid, FILE *out, cli_format format);
void cli_grid_free(cli_grid *grid);

#endif

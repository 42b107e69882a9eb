/* cli_progress.h: how far long work has come: a bar on a terminal, a line a second elsewhere. One thread. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cli_progress {
    char what[64]; /* "facts/entries.tsv" */
    int64_t total; /* of what `at` measures: bytes, rows; 0: not known */
    int64_t at;
    int64_t done;           /* rows, or what `unit` says */
    const char *unit;       /* "rows"; may be set after the start */
    int64_t started, drawn; /* monotonic microseconds */
    bool terminal;
} cli_progress;

void cli_progress_start(cli_progress *progress, const char *what, int64_t total);

/* `done` of the unit, at `at` of the total. */
void cli_progress_step(cli_progress *progress, int64_t done, int64_t at);

/* Draws the last state and ends the line: "facts/entries.tsv  923 rows, 12,345 a second". */
void cli_progress_end(cli_progress *progress);

#endif

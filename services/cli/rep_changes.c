#include "cli/rep_changes.h"

#include <string.h>

#include "base/cm_memory.h"
#include "cli/cli_output.h"
#include "cli/rep_figures.h"

static const TrdTrend *either(const TrdTrendChange *change)
{
    return change->after ? change->after : change->before;
}

static void print_value(FILE *out, const char *label, const TrdTrend *trend)
{
    cm_text estimate = {0}, figures = {0};

    if (!trend || !trend->finding) {
        fprintf(out, "    %s  no such number\n", label);
        return;
    }
    rep_estimate(&estimate, trend->finding);
    rep_figures(&figures, trend->finding);
    fprintf(out, "    %s  %s%s%s\n", label, cm_text_get(&estimate), estimate.size ? "; " : "", cm_text_get(&figures));
    cm_text_clear(&estimate);
    cm_text_clear(&figures);
}

static void print_row(FILE *out, char sign, const TrdEvidenceRow *row)
{
    fprintf(out, "    %c %s  %s", sign, *row->date ? row->date : "undated", row->resource);
    for (size_t i = 0; i < row->n_sources; i++)
        fprintf(out, "%s%s", i ? ", " : "  ", row->sources[i]);
    fprintf(out, "\n");
}

void rep_changes_text(FILE *out, const TrdChanges *changes, const char *since)
{
    fprintf(out, "What moved since %s\n", since);
    for (size_t i = 0; i < changes->n_changes; i++) {
        const TrdTrendChange *c = changes->changes[i];
        const TrdTrend *t = either(c);
        fprintf(out, "\n  %s · %s%s%s\n", t->question, t->category, *t->collection ? " · " : "", t->collection);
        print_value(out, "before", c->before);
        print_value(out, "now   ", c->after);
        for (size_t k = 0; k < c->n_rows; k++)
            print_row(out, '+', c->rows[k]);
        if (c->more)
            fprintf(out, "      … %d more rows were recorded since\n", c->more);
        for (size_t k = 0; k < c->n_left; k++)
            print_row(out, '-', c->left[k]);
        if (c->more_left)
            fprintf(out, "      … %d more rows left it\n", c->more_left);
    }
    if (changes->n_erased)
        fprintf(out, "\n%zu resources were erased since; what they counted in is not known any more.\n",
                changes->n_erased);
    fprintf(out,
            "\n%zu numbers are others than they were; of %d more only p, q or what their totals rest on.\n",
            changes->n_changes, changes->only_tests);
}

void rep_changes_csv(FILE *out, const TrdChanges *changes)
{
    static const char *const columns[] = {"question", "category",     "collection", "n_before",
                                          "n",        "total_before", "total",      "estimate_before",
                                          "estimate", "rows_since",   "rows_left"};
    cli_grid *grid = cli_grid_new(11, columns);

    for (size_t i = 0; i < changes->n_changes; i++) {
        const TrdTrendChange *c = changes->changes[i];
        const TrdTrend *t = either(c), *values[] = {c->before, c->after};
        char text[8][32] = {""};
        for (int k = 0; k < 2; k++) {
            const TrdFinding *f = values[k] ? values[k]->finding : NULL;
            if (!f)
                continue;
            snprintf(text[k], sizeof *text, "%.10g", f->n);
            snprintf(text[2 + k], sizeof *text, "%.10g", f->total);
            if (f->estimate)
                snprintf(text[4 + k], sizeof *text, "%.10g", f->estimate->value);
        }
        snprintf(text[6], sizeof *text, "%zu", c->n_rows + (size_t)c->more);
        snprintf(text[7], sizeof *text, "%zu", c->n_left + (size_t)c->more_left);
        cli_grid_row(grid, (const char *const[]){t->question, t->category, t->collection, text[0], text[1], text[2],
                                                 text[3], text[4], text[5], text[6], text[7]});
    }
    cli_grid_print(grid, out, CLI_CSV);
    cli_grid_free(grid);
}

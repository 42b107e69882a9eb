#include "cli/rep_text.h"

#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "cli/rep_figures.h"
#include "cli/rep_spark.h"

enum { SPARK_WIDTH = 24 };

static const char *on(rep_style style, const char *code)
{
    return style.colour ? code : "";
}

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

/* The series as shares where there are totals, else as counts; what was not covered is a gap. */
static void spark(cm_text *text, const TrdFinding *f)
{
    CM_FREE double *values = cm_alloc((f->n_series + 1) * sizeof *values);
    bool shares = rep_is_share(f);

    for (size_t i = 0; i < f->n_series; i++) {
        const TrdSeriesPoint *p = f->series[i];
        if (!p->covered || (shares && p->total <= 0))
            values[i] = NAN;
        else
            values[i] = shares ? p->count / p->total : p->count;
    }
    rep_spark(text, values, f->n_series, SPARK_WIDTH);
}

static void pad(FILE *out, const char *text, int width)
{
    int have = cm_utf8_width(text);

    fprintf(out, "%s%*s", text, width > have ? width - have : 0, "");
}

static void print_finding(FILE *out, const TrdFinding *f, rep_style style)
{
    cm_text share = {0}, line = {0}, numbers = {0};
    CM_FREE char *label = *f->collection ? cm_format("%s · %s", f->category, f->collection) : cm_strdup(f->category);

    rep_estimate(&share, f);
    spark(&line, f);
    rep_figures(&numbers, f);
    fprintf(out, "  ");
    pad(out, label, 34);
    fputc(' ', out);
    pad(out, cm_text_get(&share), 24);
    fputc(' ', out);
    pad(out, cm_text_get(&line), SPARK_WIDTH);
    fprintf(out, "  %s%s%s\n", on(style, DIM), cm_text_get(&numbers), on(style, PLAIN));
    if (*f->sentence)
        fprintf(out, "      %s\n", f->sentence);
    if (*f->untested && !f->p)
        fprintf(out, "      %snot tested: %s%s\n", on(style, DIM), f->untested, on(style, PLAIN));
    cm_text_clear(&share);
    cm_text_clear(&line);
    cm_text_clear(&numbers);
}

/* How sure the facts of a question are: the counts of its findings that speak of all collections together. */
static void print_certainties(FILE *out, const TrdQuestionAnswer *q, rep_style style)
{
    static const char *const words[] = {"unspecified", "recalled", "reported", "checked"};
    double counts[4] = {0};

    for (size_t i = 0; i < q->n_findings; i++)
        for (size_t k = 0; !*q->findings[i]->collection && k < q->findings[i]->n_certainties; k++)
            if ((unsigned)q->findings[i]->certainties[k]->certainty < 4)
                counts[q->findings[i]->certainties[k]->certainty] += q->findings[i]->certainties[k]->n;
    double sum = counts[0] + counts[1] + counts[2] + counts[3];
    if (sum <= 0)
        return;
    fprintf(out, "  %show sure:", on(style, DIM));
    for (int i = 3; i >= 0; i--)
        if (counts[i] > 0)
            fprintf(out, " %.0f %% %s", 100 * counts[i] / sum, words[i]);
    fprintf(out, "%s\n", on(style, PLAIN));
}

static void print_question(FILE *out, const TrdQuestionAnswer *q, rep_style style)
{
    size_t shown = 0, left = 0;

    fprintf(out, "\n%s%s%s  %s\n", on(style, BOLD), q->question, on(style, PLAIN), q->title);
    print_certainties(out, q, style);
    for (size_t i = 0; i < q->n_findings; i++) {
        const TrdFinding *f = q->findings[i];
        if (rep_foremost(f, &shown) || style.all)
            print_finding(out, f, style);
        else
            left++;
    }
    if (left)
        fprintf(out, "  %s… %zu more (by collection, by category, under other definitions): --all%s\n", on(style, DIM),
                left, on(style, PLAIN));
}

void rep_text(FILE *out, const TrdReport *report, rep_style style)
{
    fprintf(out, "%sTrends in the international negotiations of cities%s\n", on(style, BOLD), on(style, PLAIN));
    fprintf(out, "from %lld rows of the registry and %lld of negotiations; 95 %% intervals in brackets\n",
            (long long)report->registry_rows, (long long)report->negotiations_rows);
    for (size_t i = 0; i < report->n_questions; i++)
        print_question(out, report->questions[i], style);
    if (report->n_limits)
        fprintf(out, "\n%sWhat limits these numbers%s\n", on(style, BOLD), on(style, PLAIN));
    for (size_t i = 0; i < report->n_limits; i++)
        fprintf(out, "  · %s\n", report->limits[i]);
    fprintf(out, "\nThe rows behind a number: cityneg trends evidence QUESTION/CATEGORY[@COLLECTION]\n");
}

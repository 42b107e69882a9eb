#include "cli/rep_text.h"

#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "base/cm_utf8.h"
#include "cli/rep_figures.h"
#include "cli/rep_spark.h"

enum { WIDEST = 120, NARROWEST = 40, SPARK_WIDTH = 24, ESTIMATE_WIDTH = 22, LABEL_MOST = 44 };

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

static const char *on(rep_style style, const char *code)
{
    return style.colour ? code : "";
}

/* Text in lines of the style's width, each after `indent` blanks, those after the first `hang` further; words stay
 * whole. */
static void wrap_hanging(FILE *out, rep_style style, int indent, int hang, const char *code, const char *text)
{
    int at = style.width; /* full: the first word begins a line */
    bool begun = false;

    while (*text) {
        size_t length = strcspn(text, " ");
        CM_FREE char *word = cm_strndup(text, length);
        int width = cm_utf8_width(word);
        if (at + 1 + width > style.width) {
            fprintf(out, "%s%s%*s%s%s", begun ? on(style, PLAIN) : "", begun ? "\n" : "", indent, "", on(style, code),
                    word);
            at = indent + width;
        } else {
            fprintf(out, " %s", word);
            at += 1 + width;
        }
        if (!begun)
            indent += hang;
        begun = true;
        text += length + strspn(text + length, " ");
    }
    if (begun)
        fprintf(out, "%s\n", on(style, PLAIN));
}

static void wrap(FILE *out, rep_style style, int indent, const char *code, const char *text)
{
    wrap_hanging(out, style, indent, 0, code, text);
}

static void pad(FILE *out, const char *text, int width)
{
    int have = cm_utf8_width(text);

    fprintf(out, "%s%*s", text, width > have ? width - have : 0, "");
}

/* The covered part of the series, with its first and last time: "1991 ▁▁▁▁▁▂█▄ 2025". Shares where there are totals,
 * else counts; in between, what was not covered is a gap. */
static void spark(cm_text *text, const TrdFinding *f)
{
    CM_FREE double *values = cm_alloc((f->n_series + 1) * sizeof *values);
    size_t first = f->n_series, last = 0;
    bool shares = rep_is_share(f);

    for (size_t i = 0; i < f->n_series; i++) {
        const TrdSeriesPoint *p = f->series[i];
        values[i] = !p->covered || (shares && p->total <= 0) ? NAN : shares ? p->count / p->total : p->count;
        if (!isnan(values[i])) {
            first = first < i ? first : i;
            last = i;
        }
    }
    if (first >= last)
        return; /* one value shows no course */
    cm_text_format(text, "%s ", f->series[first]->time);
    rep_spark(text, values + first, last - first + 1, SPARK_WIDTH);
    cm_text_format(text, " %s", f->series[last]->time);
}

/* The category, and the collection where it is of one. */
static char *label_of(const TrdFinding *f)
{
    return *f->collection ? cm_format("%s · %s", f->category, f->collection) : cm_strdup(f->category);
}

/* What is said of one question: which findings are shown, how wide their names are, and why none of them is tested. */
typedef struct shown {
    const TrdReport *report;
    const TrdQuestionAnswer *question;
    size_t count, left;
    int label;            /* columns */
    const char *untested; /* the reason that all share; NULL: they differ */
} shown;

static shown look(const TrdReport *report, const TrdQuestionAnswer *q, rep_style style)
{
    shown s = {.report = report, .question = q};
    size_t foremost = 0;

    for (size_t i = 0; i < q->n_findings; i++) {
        const TrdFinding *f = q->findings[i];
        if (!rep_foremost(report, f, &foremost) && !style.all) {
            s.left++;
            continue;
        }
        CM_FREE char *label = label_of(f);
        int width = cm_utf8_width(label);
        if (width <= LABEL_MOST && width > s.label)
            s.label = width;
        const char *reason = f->p ? "" : f->untested;
        s.untested = s.count == 0 || (s.untested && strcmp(s.untested, reason) == 0) ? reason : NULL;
        s.count++;
    }
    return s;
}

static void print_finding(FILE *out, const TrdFinding *f, rep_style style, const shown *s)
{
    cm_text share = {0}, line = {0}, numbers = {0}, cite = {0};
    CM_FREE char *label = label_of(f);

    rep_estimate(&share, f);
    spark(&line, f);
    rep_figures(&numbers, f);
    fprintf(out, "  %s", on(style, BOLD));
    pad(out, label, s->label);
    fprintf(out, "%s", on(style, PLAIN));
    if (cm_utf8_width(label) > s->label)
        fprintf(out, "\n  %*s", s->label, "");
    fprintf(out, "  ");
    pad(out, cm_text_get(&share), line.size ? ESTIMATE_WIDTH : 0);
    fprintf(out, "%s%s\n", line.size ? "  " : "", cm_text_get(&line));
    wrap(out, style, 4, "", f->sentence);
    if (*f->untested && !f->p && !s->untested)
        cm_text_format(&numbers, "; not tested: %s", f->untested);
    wrap(out, style, 4, DIM, cm_text_get(&numbers));
    if (f->forecast)
        wrap(out, style, 4, DIM, f->forecast->sentence);
    if (style.cite) {
        rep_cite(&cite, s->report, s->question, f);
        wrap_hanging(out, style, 4, 2, DIM, cm_text_get(&cite));
    }
    cm_text_clear(&share);
    cm_text_clear(&line);
    cm_text_clear(&numbers);
    cm_text_clear(&cite);
}

/* How sure the facts of a question are: the counts of its findings that speak of all collections together. */
static void print_certainties(FILE *out, const TrdQuestionAnswer *q, rep_style style)
{
    static const char *const words[] = {"unspecified", "recalled", "reported", "checked"};
    double counts[4] = {0};
    cm_text text = {0};

    for (size_t i = 0; i < q->n_findings; i++)
        for (size_t k = 0; !*q->findings[i]->collection && k < q->findings[i]->n_certainties; k++)
            if ((unsigned)q->findings[i]->certainties[k]->certainty < 4)
                counts[q->findings[i]->certainties[k]->certainty] += q->findings[i]->certainties[k]->n;
    double sum = counts[0] + counts[1] + counts[2] + counts[3];
    for (int i = 3; i >= 0; i--) {
        double percent = sum > 0 ? 100 * counts[i] / sum : 0;
        if (percent > 0 && percent < 1)
            cm_text_format(&text, "%s less than 1 %% %s", text.size ? "," : "the facts:", words[i]);
        else if (percent > 0)
            cm_text_format(&text, "%s %.0f %% %s", text.size ? "," : "the facts:", floor(percent), words[i]);
    }
    wrap(out, style, 2, DIM, cm_text_get(&text));
    cm_text_clear(&text);
}

static void print_question(FILE *out, const TrdReport *report, const TrdQuestionAnswer *q, rep_style style)
{
    shown s = look(report, q, style);
    size_t foremost = 0;

    fprintf(out, "\n%s%s · %s%s\n", on(style, BOLD), q->title, q->question, on(style, PLAIN));
    print_certainties(out, q, style);
    if (s.untested && *s.untested) {
        CM_FREE char *reason = cm_format("not tested: %s", s.untested);
        wrap(out, style, 2, DIM, reason);
    }
    if (s.count == 0)
        fprintf(out, "  nothing is recorded\n");
    for (size_t i = 0; i < q->n_findings; i++)
        if (rep_foremost(report, q->findings[i], &foremost) || style.all)
            print_finding(out, q->findings[i], style, &s);
    if (s.left)
        fprintf(out, "  %s… %zu more (by collection, by category, under other definitions): --all%s\n", on(style, DIM),
                s.left, on(style, PLAIN));
}

void rep_text(FILE *out, const TrdReport *report, rep_style style)
{
    style.width = style.width <= 0 || style.width > WIDEST ? WIDEST : style.width < NARROWEST ? NARROWEST : style.width;
    CM_FREE char *counted =
        cm_format("%lld rows of the registry and %lld of negotiations are counted. Brackets hold 95 %% "
                  "intervals; small bars the years in which sources were looking; q is p among all "
                  "tests of the report.",
                  (long long)report->registry_rows, (long long)report->negotiations_rows);
    fprintf(out, "%sTrends in the international negotiations of cities%s\n", on(style, BOLD), on(style, PLAIN));
    wrap(out, style, 0, "", counted);
    for (size_t i = 0; i < report->n_questions; i++)
        print_question(out, report, report->questions[i], style);
    if (report->n_limits)
        fprintf(out, "\n%sWhat limits these numbers%s\n", on(style, BOLD), on(style, PLAIN));
    for (size_t i = 0; i < report->n_limits; i++) {
        CM_FREE char *limit = cm_format("· %s", report->limits[i]);
        wrap_hanging(out, style, 2, 2, "", limit);
    }
    cm_text filter = {0};
    rep_filter(&filter, report->filter);
    if (*report->focal)
        cm_text_format(&filter, "; of reorientation with --focal %s", report->focal);
    fprintf(out, "\nThe rows behind a number: cityneg trends evidence QUESTION/CATEGORY[@COLLECTION]%s\n",
            cm_text_get(&filter));
    cm_text_clear(&filter);
}

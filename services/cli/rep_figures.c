#include "cli/rep_figures.h"

#include <math.h>
#include <string.h>

#include "base/cm_message.h"

enum { FOREMOST = 8 };

bool rep_is_share(const TrdFinding *f)
{
    return strcmp(f->estimate_of, "share") == 0;
}

bool rep_foremost(const TrdReport *report, const TrdFinding *f, size_t *shown)
{
    bool together = !*f->collection || (report->filter && *report->filter->collection);
    bool single =
        f->estimate && f->n_series == 0; /* one number of the whole question: a divergence, a year of change */

    if (!together || f->sensitivity || (*shown == FOREMOST && !single))
        return false;
    *shown += !single;
    return true;
}

/* A share in percent to a decimal, a year as it is written, anything else to three figures. */
static void figure(cm_text *text, const TrdFinding *f, double value)
{
    if (rep_is_share(f))
        cm_text_format(text, "%.1f", 100 * value);
    else if (strcmp(f->estimate_of, "year") == 0)
        cm_text_format(text, "%.0f", value);
    else
        cm_text_add(text, CM_FIGURE(value, 3));
}

static void interval(cm_text *text, const TrdFinding *f, const GoogleDoubleValue *low, const GoogleDoubleValue *high)
{
    if (!low || !high)
        return;
    cm_text_add(text, " [");
    figure(text, f, low->value);
    cm_text_add(text, ", ");
    figure(text, f, high->value);
    cm_text_add(text, "]");
}

void rep_estimate(cm_text *text, const TrdFinding *f)
{
    if (!f->estimate)
        return;
    figure(text, f, f->estimate->value);
    cm_text_add(text, rep_is_share(f) ? " %" : "");
    if (f->cluster_low)
        interval(text, f, f->cluster_low, f->cluster_high);
    else
        interval(text, f, f->low, f->high);
}

/* Fractions of units to a decimal; a sum of fractions that comes to a whole is one. */
static void count(cm_text *text, const char *before, double n)
{
    cm_text_format(text, fabs(n - round(n)) < 1e-6 ? "%s%.0f" : "%s%.1f", before, n);
}

void rep_figures(cm_text *text, const TrdFinding *f)
{
    count(text, "n ", f->n);
    if (f->total > 0)
        count(text, " of ", f->total);
    if (*f->from)
        cm_text_format(text, ", %s–%s", f->from, f->to);
    if (f->p)
        cm_text_format(text, ", p %.2g", f->p->value);
    if (f->q)
        cm_text_format(text, ", q %.2g", f->q->value);
    if (f->unknown > 0)
        count(text, "; left out: unknown ", f->unknown);
    if (f->undated > 0)
        count(text, f->unknown > 0 ? ", undated " : "; left out: undated ", f->undated);
}

void rep_filter(cm_text *text, const TrdUnitFilter *filter)
{
    CM_ARENA(arena);

    if (!filter)
        return;
    const char *const options[][2] = {
        {"certainty", filter->certainty ? cm_enum_code(&TypCertainty_descriptor, filter->certainty, arena) : ""},
        {"collection", filter->collection},
        {"institution", filter->institution},
        {"state", filter->state},
        {"from", filter->from},
        {"to", filter->to},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (*options[i][1])
            cm_text_format(text, " --%s %s", options[i][0], options[i][1]);
}

void rep_cite(cm_text *text, const TrdReport *report, const TrdQuestionAnswer *question, const TrdFinding *f)
{
    cm_text estimate = {0};

    rep_estimate(&estimate, f);
    cm_text_format(text, "cityneg, %s, %s%s%s", question->title, f->category, *f->collection ? " in " : "",
                   f->collection);
    if (estimate.size)
        cm_text_format(text, ": %s", cm_text_get(&estimate));
    count(text, ", n ", f->n);
    if (f->total > 0)
        count(text, " of ", f->total);
    if (*f->from)
        cm_text_format(text, ", %s–%s", f->from, f->to);
    cm_text_format(text, "; from %lld rows of the registry and %lld of negotiations; cityneg trends evidence '%s'",
                   (long long)report->registry_rows, (long long)report->negotiations_rows, f->evidence);
    rep_filter(text, report->filter);
    if (*report->focal && strncmp(f->evidence, "reorientation/", 14) == 0)
        cm_text_format(text, " --focal %s", report->focal);
    cm_text_clear(&estimate);
}

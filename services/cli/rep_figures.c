#include "cli/rep_figures.h"

#include <string.h>

enum { FOREMOST = 8 };

bool rep_is_share(const TrdFinding *f)
{
    return strcmp(f->estimate_of, "share") == 0;
}

bool rep_foremost(const TrdFinding *f, size_t *shown)
{
    if (*f->collection || f->sensitivity || *shown == FOREMOST)
        return false;
    ++*shown;
    return true;
}

/* A share in percent, a year as it is written, anything else to three figures. */
static void figure(cm_text *text, const TrdFinding *f, double value)
{
    if (rep_is_share(f))
        cm_text_format(text, "%.3g", 100 * value);
    else if (strcmp(f->estimate_of, "year") == 0)
        cm_text_format(text, "%.0f", value);
    else
        cm_text_format(text, "%.3g", value);
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

void rep_figures(cm_text *text, const TrdFinding *f)
{
    if (f->total > 0)
        cm_text_format(text, "n %.6g of %.6g", f->n, f->total);
    else
        cm_text_format(text, "n %.6g", f->n);
    if (*f->from)
        cm_text_format(text, ", %s–%s", f->from, f->to);
    if (f->p)
        cm_text_format(text, ", p %.2g", f->p->value);
    if (f->q)
        cm_text_format(text, ", q %.2g", f->q->value);
    if (f->unknown > 0)
        cm_text_format(text, ", %.6g unknown", f->unknown);
    if (f->undated > 0)
        cm_text_format(text, ", %.6g undated", f->undated);
}

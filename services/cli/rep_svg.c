#include "cli/rep_svg.h"

#include <stdlib.h>

#include "cli/rep_figures.h"

enum { WIDTH = 560, HEIGHT = 96, LEFT = 46, BOTTOM = 18, TOP = 6, LINE = 220 };

static double value_of(const TrdFinding *f, const TrdSeriesPoint *p)
{
    if (!rep_is_share(f))
        return p->count;
    return p->total > 0 ? p->count / p->total : 0;
}

/* Where the bars begin: at the first time that was covered, of a finding that nobody covered at the first with a unit.
 */
static size_t first_of(const TrdFinding *f)
{
    size_t first = 0, counted = 0;

    while (first < f->n_series && !f->series[first]->covered)
        first++;
    if (first < f->n_series)
        return first;
    while (counted + 1 < f->n_series && f->series[counted]->total <= 0 && f->series[counted]->count <= 0)
        counted++;
    return counted;
}

static double largest_of(const TrdFinding *f, size_t first)
{
    double largest = 0;

    for (size_t i = first; i < f->n_series; i++)
        if (value_of(f, f->series[i]) > largest)
            largest = value_of(f, f->series[i]);
    for (size_t i = 0; f->forecast && i < f->forecast->n_points; i++)
        if (f->forecast->points[i]->high > largest)
            largest = f->forecast->points[i]->high;
    return largest > 0 ? largest : 1;
}

static void label(FILE *out, double x, double y, const char *anchor, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>", x, y, anchor, text);
}

static void bar(FILE *out, const TrdFinding *f, const TrdSeriesPoint *p, double x, double width, double largest)
{
    double plot = HEIGHT - TOP - BOTTOM, value = value_of(f, p), height = value / largest * plot;

    fprintf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>",
            p->covered ? "c" : "u", x, TOP + plot - height, width > 2 ? width - 1 : width, height);
    if (rep_is_share(f))
        fprintf(out, "%s: %s of %s (%.1f %%)", p->time, CM_FIGURE(p->count, 4), CM_FIGURE(p->total, 4), 100 * value);
    else
        fprintf(out, "%s: %s", p->time, CM_FIGURE(p->count, 4));
    fprintf(out, "%s</title></rect>", p->covered ? "" : ", not covered");
}

/* Years from the first bar to a forecast's: it goes on from the tested period, so that it may stand over the last bars.
 */
static size_t place_of(const TrdFinding *f, size_t first, const TrdForecastPoint *p)
{
    long years = strtol(p->time, NULL, 10) - strtol(f->series[first]->time, NULL, 10);

    return years > 0 ? (size_t)years : 0;
}

/* Bars, and the forecasts beyond them. */
static size_t places_of(const TrdFinding *f, size_t first)
{
    size_t places = f->n_series - first;

    for (size_t i = 0; f->forecast && i < f->forecast->n_points; i++)
        if (place_of(f, first, f->forecast->points[i]) >= places)
            places = place_of(f, first, f->forecast->points[i]) + 1;
    return places;
}

/* What lies before the first bar is told, not drawn: a century of it would leave no room. */
static void label_first(FILE *out, const TrdFinding *f, size_t first)
{
    double before = 0;
    char text[128];

    for (size_t i = 0; i < first; i++)
        before += rep_is_share(f) ? f->series[i]->total : f->series[i]->count;
    if (before > 0)
        snprintf(text, sizeof text, "%s; before it %s of %s on, not covered", f->series[first]->time,
                 CM_FIGURE(before, 4), f->series[0]->time);
    else
        snprintf(text, sizeof text, "%s", f->series[first]->time);
    label(out, LEFT, HEIGHT - 4, "start", text);
}

static void whisker(FILE *out, const TrdFinding *f, const TrdForecastPoint *p, double x, double largest)
{
    double plot = HEIGHT - TOP - BOTTOM, base = TOP + plot;

    fprintf(out,
            "<line class=\"f\" x1=\"%.2f\" x2=\"%.2f\" y1=\"%.2f\" y2=\"%.2f\"/><circle cx=\"%.2f\" cy=\"%.2f\" "
            "r=\"2.5\"><title>",
            x, x, base - p->low / largest * plot, base - p->high / largest * plot, x, base - p->mean / largest * plot);
    if (rep_is_share(f))
        fprintf(out, "%s, forecast: %.1f %% (%.1f to %.1f)", p->time, 100 * p->mean, 100 * p->low, 100 * p->high);
    else
        fprintf(out, "%s, forecast: %s (%s to %s)", p->time, CM_FIGURE(p->mean, 4), CM_FIGURE(p->low, 4),
                CM_FIGURE(p->high, 4));
    fputs("</title></circle>", out);
}

void rep_svg_series(FILE *out, const TrdFinding *f)
{
    char text[CM_FIGURE_SIZE];

    if (f->n_series == 0)
        return;
    size_t first = first_of(f), places = places_of(f, first);
    double largest = largest_of(f, first), step = (double)(WIDTH - LEFT) / (double)places;
    fprintf(out, "<svg class=\"series\" viewBox=\"0 0 %d %d\" role=\"img\">", WIDTH, HEIGHT);
    fprintf(out, "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>", LEFT, WIDTH, HEIGHT - BOTTOM, HEIGHT - BOTTOM);
    for (size_t i = first; i < f->n_series; i++)
        bar(out, f, f->series[i], LEFT + (double)(i - first) * step, step, largest);
    for (size_t i = 0; f->forecast && i < f->forecast->n_points; i++)
        whisker(out, f, f->forecast->points[i],
                LEFT + ((double)place_of(f, first, f->forecast->points[i]) + 0.5) * step, largest);
    if (rep_is_share(f))
        snprintf(text, sizeof text, "%.0f %%", 100 * largest);
    else
        cm_figure(text, largest, 4);
    label(out, LEFT - 4, TOP + 9, "end", text);
    label(out, LEFT - 4, HEIGHT - BOTTOM, "end", "0");
    label_first(out, f, first);
    label(out, WIDTH, HEIGHT - 4, "end",
          places > f->n_series - first ? f->forecast->points[f->forecast->n_points - 1]->time
                                       : f->series[f->n_series - 1]->time);
    fprintf(out, "</svg>");
}

void rep_svg_interval(FILE *out, const TrdFinding *f)
{
    const GoogleDoubleValue *low = f->cluster_low ? f->cluster_low : f->low;
    const GoogleDoubleValue *high = f->cluster_high ? f->cluster_high : f->high;

    if (!rep_is_share(f) || !f->estimate)
        return;
    fprintf(out,
            "<svg class=\"interval\" viewBox=\"0 0 %d 16\" role=\"img\"><line x1=\"5\" x2=\"%d\" y1=\"8\" y2=\"8\"/>",
            LINE, LINE - 5);
    if (low && high)
        fprintf(out, "<rect class=\"c\" x=\"%.1f\" y=\"5\" width=\"%.1f\" height=\"6\"/>", 5 + low->value * (LINE - 10),
                (high->value - low->value) * (LINE - 10));
    fprintf(out, "<circle cx=\"%.1f\" cy=\"8\" r=\"4\"/></svg>", 5 + f->estimate->value * (LINE - 10));
}

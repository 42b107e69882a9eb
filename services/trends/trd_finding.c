#include "trends/trd_finding.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "stats/cm_wilson.h"
#include "trends/trd_question.h"

const trd_how trd_by_year = {.per = 1};

cm_status trd_report_go_on(const trd_report *report)
{
    if (report->how && report->how->stop.asked && report->how->stop.asked(report->how->stop.lent))
        return cm_fail(CM_CANCELLED, "the caller has gone");
    return cm_ok();
}

TrdFinding *trd_finding_add(trd_report *report, trd_findings *findings, const char *question, const char *category,
                            const char *collection)
{
    TrdFinding *f = CM_NEW(report->arena, TrdFinding);

    CM_GROW(findings->items, findings->capacity, findings->count + 1);
    findings->items[findings->count++] = f;
    f->category = cm_arena_strdup(report->arena, category);
    f->collection =
        cm_arena_strdup(report->arena, *collection ? trd_coverage_label(&report->coverage, collection) : "");
    f->evidence = *collection ? cm_arena_format(report->arena, "%s/%s@%s", question, category, f->collection)
                              : cm_arena_format(report->arena, "%s/%s", question, category);
    const char *group = trd_question_group(question, category, report->arena);
    f->evidence_of_total = cm_arena_format(report->arena, "%s/%s%s*%s%s", question, group, *group ? "/" : "",
                                           *collection ? "@" : "", f->collection);
    return f;
}

GoogleDoubleValue *trd_number(cm_arena *arena, double value)
{
    if (!isfinite(value))
        return NULL;
    GoogleDoubleValue *number = CM_NEW(arena, GoogleDoubleValue);
    number->value = value;
    return number;
}

void trd_interval(cm_arena *arena, double low, double high, GoogleDoubleValue **at_low, GoogleDoubleValue **at_high)
{
    *at_low = trd_number(arena, low);
    *at_high = trd_number(arena, high);
}

/* One more pointer in an array that lies in the arena; findings have few details, so that copying is cheap. */
static void *grown(cm_arena *arena, void *items, size_t count)
{
    void **copy = cm_arena_take(arena, (count + 1) * sizeof *copy);

    if (count)
        memcpy(copy, items, count * sizeof *copy);
    return copy;
}

static TrdDetail *add_detail(trd_report *report, TrdFinding *finding, const char *name)
{
    TrdDetail *detail = CM_NEW(report->arena, TrdDetail);

    detail->name = cm_arena_strdup(report->arena, name);
    finding->details = grown(report->arena, finding->details, finding->n_details);
    finding->details[finding->n_details++] = detail;
    return detail;
}

void trd_detail(trd_report *report, TrdFinding *finding, const char *name, double value, double low, double high)
{
    TrdDetail *detail = add_detail(report, finding, name);

    detail->value = trd_number(report->arena, value);
    trd_interval(report->arena, low, high, &detail->low, &detail->high);
}

void trd_detail_text(trd_report *report, TrdFinding *finding, const char *name, const char *text)
{
    add_detail(report, finding, name)->text = cm_arena_strdup(report->arena, text);
}

void trd_detail_copy(trd_report *report, TrdFinding *finding, const TrdDetail *detail)
{
    *add_detail(report, finding, detail->name) = *detail;
}

void trd_finding_series(trd_report *report, TrdFinding *finding, const trd_series *series)
{
    size_t bins = trd_series_bins(series);

    finding->series = cm_arena_take(report->arena, (bins + 1) * sizeof *finding->series);
    for (size_t i = 0; i < bins; i++) {
        TrdSeriesPoint *point = CM_NEW(report->arena, TrdSeriesPoint);
        int year = series->from + (int)i * series->step;
        point->time = trd_bin_text(report->arena, series->per, series->step, year);
        point->count = series->count[i];
        point->total = series->total[i];
        point->covered = series->covered[i];
        point->seen_count = series->seen_count[i];
        point->seen_total = series->seen_total[i];
        finding->series[finding->n_series++] = point;
    }
}

cm_status trd_finding_share(trd_report *report, TrdFinding *finding, double n, double total)
{
    cm_share share;

    finding->n = n;
    finding->total = total;
    if (total <= 0)
        return cm_ok();
    finding->estimate = trd_number(report->arena, n / total);
    finding->estimate_of = "share";
    if (n != floor(n) || total != floor(total))
        return cm_ok(); /* fractions have no Wilson interval */
    CM_TRY(cm_wilson((uint64_t)n, (uint64_t)total, 0.95, &share));
    trd_interval(report->arena, share.low, share.high, &finding->low, &finding->high);
    return cm_ok();
}

void trd_finding_certainties(trd_report *report, TrdFinding *finding, const double counts[4])
{
    finding->certainties = cm_arena_take(report->arena, 4 * sizeof *finding->certainties);
    for (int i = 3; i >= 0; i--) {
        if (counts[i] <= 0)
            continue;
        TrdCertaintyCount *count = CM_NEW(report->arena, TrdCertaintyCount);
        count->certainty = (TypCertainty)i;
        count->n = counts[i];
        finding->certainties[finding->n_certainties++] = count;
    }
}

void trd_sentence(trd_report *report, TrdFinding *finding, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    finding->sentence = cm_arena_vformat(report->arena, format, args);
    va_end(args);
}

const char *trd_words(cm_arena *arena, const char *code)
{
    char *words = cm_arena_strdup(arena, code);

    for (char *c = words; *c; c++)
        if (*c == '_' || *c == '-')
            *c = ' ';
    return words;
}

/* How far members of an institution agree: van der Eijk's A of their latest stances on each issue, and before and after
 * joining where the same members have both. */
#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_agreement.h"
#include "stats/cm_bootstrap.h"
#include "trends/trd_answer.h"
#include "trends/trd_facts.h"
#include "trends/trd_memberships.h"
#include "trends/trd_positions.h"
#include "trends/trd_texts.h"

enum { LEAST_MEMBERS = 3, STANCES = 5 };

static const char QUESTION[] = "cohesion";

/* One issue on which members of an institution took a stance. */
typedef struct agreement {
    const char *issue, *collection;
    cm_date last;
    TypCertainty certainty; /* of the surest stance */
    size_t members;
    double a;             /* of the latest stances */
    size_t both;          /* members with a stance before joining and one after */
    double before, after; /* A of these; NaN with fewer than three */
} agreement;

typedef struct material {
    const trd_position *positions;
    size_t position_count;
    const trd_membership *memberships; /* of one institution */
    size_t membership_count;
    const trd_texts *texts;
} material;

static cm_status agreement_of(const int *stances, size_t n, double *a)
{
    double counts[STANCES] = {0};

    *a = NAN;
    if (n < LEAST_MEMBERS)
        return cm_ok();
    for (size_t i = 0; i < n; i++)
        counts[stances[i] + 2]++;
    return cm_van_der_eijk(counts, STANCES, a);
}

/* The latest stance of a member on the issue: inside the institution, or before it joined. */
static const trd_position *latest(const material *m, const trd_membership *member, const char *issue, bool inside)
{
    const trd_position *found = NULL;

    for (size_t i = 0; i < m->position_count; i++) {
        const trd_position *p = &m->positions[i];
        if (strcmp(p->actor, member->actor) != 0 || strcmp(p->issue, issue) != 0)
            continue;
        bool fits = inside ? trd_membership_covers(member, p->date) : trd_membership_not_yet(member, p->date);
        if (fits && (!found || cm_date_compare(p->date, found->date) >= 0))
            found = p;
    }
    return found;
}

/* *fits is false where fewer than three members took a stance, or all of them in the institution's own texts. */
static cm_status on_issue(const material *m, const char *institution, const char *issue, agreement *found, bool *fits)
{
    CM_FREE int *now = cm_alloc((m->membership_count + 1) * sizeof *now);
    CM_FREE int *before = cm_alloc((m->membership_count + 1) * sizeof *before);
    CM_FREE int *after = cm_alloc((m->membership_count + 1) * sizeof *after);
    bool outside = false;
    TypCertainty surest = TYP_CERTAINTY_UNSPECIFIED;

    *found = (agreement){.issue = issue, .collection = ""};
    for (size_t i = 0; i < m->membership_count; i++) {
        const trd_position *p = latest(m, &m->memberships[i], issue, true);
        if (!p)
            continue;
        const trd_position *earlier = latest(m, &m->memberships[i], issue, false);
        now[found->members++] = p->stance;
        surest = p->certainty > surest ? p->certainty : surest;
        outside |= !trd_texts_own(m->texts, p->negotiation, institution);
        if (found->members == 1 || cm_date_compare(p->date, found->last) >= 0) {
            found->last = p->date;
            found->collection = p->collection;
        }
        if (earlier) {
            before[found->both] = earlier->stance;
            after[found->both++] = p->stance;
        }
    }
    *fits = found->members >= LEAST_MEMBERS && outside;
    if (!*fits)
        return cm_ok();
    found->certainty = surest;
    CM_TRY(agreement_of(now, found->members, &found->a));
    CM_TRY(agreement_of(before, found->both, &found->before));
    return agreement_of(after, found->both, &found->after);
}

/* The issues in order; positions name them many times. */
static const char **issues_of(const material *m, cm_arena *arena, size_t *count)
{
    const char **issues = cm_arena_take(arena, (m->position_count + 1) * sizeof *issues);

    *count = 0;
    for (size_t i = 0; i < m->position_count; i++) {
        size_t at = 0;
        while (at < *count && strcmp(issues[at], m->positions[i].issue) < 0)
            at++;
        if (at < *count && strcmp(issues[at], m->positions[i].issue) == 0)
            continue;
        memmove(issues + at + 1, issues + at, (*count - at) * sizeof *issues);
        issues[at] = m->positions[i].issue;
        ++*count;
    }
    return issues;
}

static void add_details(trd_report *report, TrdFinding *f, const agreement *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const agreement *a = &all[i];
        trd_detail(report, f, a->issue, a->a, NAN, NAN);
        f->details[f->n_details - 1]->text = cm_arena_format(report->arena, "%zu members", a->members);
        if (cm_defined(a->before) && cm_defined(a->after)) {
            trd_detail(report, f, cm_arena_format(report->arena, "%s before joining", a->issue), a->before, NAN, NAN);
            trd_detail(report, f, cm_arena_format(report->arena, "%s after joining", a->issue), a->after, NAN, NAN);
        }
    }
}

static trd_series series_of(trd_report *report, const agreement *all, size_t n)
{
    int from = trd_bin_of(report->per, all[0].last), to = from;

    for (size_t i = 1; i < n; i++) {
        int bin = trd_bin_of(report->per, all[i].last);
        from = bin < from ? bin : from;
        to = bin > to ? bin : to;
    }
    trd_series series = trd_series_new(report->arena, from, to, 1);
    series.per = report->per > 1 ? report->per : 1;
    for (size_t i = 0; i < n; i++)
        trd_series_add(&series, trd_bin_of(report->per, all[i].last), 1, 1, false);
    return series;
}

static cm_status add_finding(trd_report *report, const char *institution, const char *collection,
                             const agreement *issues, size_t count, trd_findings *findings)
{
    CM_FREE agreement *all = cm_alloc((count + 1) * sizeof *all);
    CM_FREE double *sums = cm_alloc((count + 1) * sizeof *sums);
    CM_FREE double *ones = cm_alloc((count + 1) * sizeof *ones);
    cm_cluster_share mean;
    size_t n = 0, coarse = 0;

    for (size_t i = 0; i < count; i++) {
        if (*collection && strcmp(issues[i].collection, collection) != 0)
            continue;
        if (trd_bin_of(report->per, issues[i].last) == TRD_BIN_COARSE) {
            coarse++;
            continue;
        }
        all[n] = issues[i];
        sums[n] = issues[i].a;
        ones[n++] = 1;
    }
    if (n + coarse == 0)
        return cm_ok();
    const char *name = trd_collection(institution);
    TrdFinding *f = trd_finding_add(report, findings, QUESTION, name, collection);
    f->untested = "agreement on a few issues that were chosen by people has no trend";
    f->undated = (double)coarse;
    if (n == 0)
        return cm_ok();
    trd_series series = series_of(report, all, n);
    CM_TRY(cm_bootstrap_mean(sums, ones, n, &CM_RESAMPLING_USUAL, &mean));
    f->n = f->total = (double)n;
    f->estimate = trd_number(report->arena, mean.estimate);
    f->estimate_of = "mean";
    trd_interval(report->arena, mean.low, mean.high, &f->cluster_low, &f->cluster_high);
    trd_finding_series(report, f, &series);
    f->from = trd_bin_text(report->arena, series.per, 1, series.from);
    f->to = trd_bin_text(report->arena, series.per, 1, series.to);
    add_details(report, f, all, n);
    trd_sentence(report, f,
                 "On %zu recorded %s at least three members of %s took a stance; their agreement (van der Eijk's A, -1 "
                 "to 1) was %.2f on average",
                 n, n == 1 ? "issue" : "issues", name, mean.estimate);
    return cm_ok();
}

/* An issue in an institution is of no single state: a filter by state leaves none. */
static bool issue_fits(const trd_filter *filter, const agreement *on, const char *institution)
{
    return trd_filter_fits(filter, on->certainty, on->last) &&
           trd_filter_names(filter, &institution, (const char *const[]){""}, 1);
}

static cm_status add_institution(trd_report *report, const material *m, const char *institution,
                                 const char *const *issues, size_t issue_count, trd_findings *findings)
{
    CM_FREE agreement *found = cm_alloc((issue_count + 1) * sizeof *found);
    size_t n = 0;
    bool fits;

    for (size_t i = 0; i < issue_count; i++) {
        CM_TRY(on_issue(m, institution, issues[i], &found[n], &fits));
        n += fits && issue_fits(report->filter, &found[n], institution);
    }
    CM_TRY(add_finding(report, institution, "", found, n, findings));
    for (size_t i = 0; i < n; i++) {
        bool first = *found[i].collection;
        for (size_t k = 0; first && k < i; k++)
            first = strcmp(found[k].collection, found[i].collection) != 0;
        if (first)
            CM_TRY(add_finding(report, institution, found[i].collection, found, n, findings));
    }
    return cm_ok();
}

cm_status trd_answer_cohesion(trd_report *report, trd_findings *findings, int *family)
{
    trd_position *positions;
    trd_membership *memberships;
    trd_texts *texts;
    size_t position_count, count, issue_count;

    (void)family; /* nothing is tested */
    CM_TRY(trd_positions_read(trd_at(report), report->arena, &positions, &position_count));
    CM_TRY(trd_memberships_read(trd_at(report), report->arena, &memberships, &count));
    CM_TRY(trd_texts_read(trd_at(report), report->arena, &texts));
    material m = {.positions = positions, .position_count = position_count, .texts = texts};
    const char **issues = issues_of(&m, report->arena, &issue_count);
    for (size_t i = 0; i < count;) {
        size_t end = i;
        while (end < count && strcmp(memberships[end].institution, memberships[i].institution) == 0)
            end++;
        m.memberships = &memberships[i];
        m.membership_count = end - i;
        if (m.membership_count >= LEAST_MEMBERS)
            CM_TRY(add_institution(report, &m, memberships[i].institution, issues, issue_count, findings));
        i = end;
    }
    return cm_ok();
}

/* The stances of an institution's members while inside, on issues that are counted; nothing else is its whole. */
cm_status trd_evidence_cohesion(trd_report *report, const char *category, bool whole, trd_unit **units, size_t *count)
{
    cm_arena *arena = report->arena;
    trd_position *positions;
    trd_membership *memberships;
    trd_texts *texts;
    size_t position_count, membership_count, issue_count, first = 0;
    agreement on;
    bool fits;

    CM_TRY(trd_positions_read(trd_at(report), arena, &positions, &position_count));
    CM_TRY(trd_memberships_read(trd_at(report), arena, &memberships, &membership_count));
    CM_TRY(trd_texts_read(trd_at(report), arena, &texts));
    while (first < membership_count && strcmp(trd_collection(memberships[first].institution), category) != 0)
        first++;
    size_t end = first;
    while (end < membership_count && strcmp(trd_collection(memberships[end].institution), category) == 0)
        end++;
    material m = {positions, position_count, memberships + first, end - first, texts};
    const char **issues = issues_of(&m, arena, &issue_count);
    *units = cm_arena_zero(arena, (issue_count * (end - first) + 1) * sizeof **units);
    *count = 0;
    for (size_t i = 0; first < end && i < issue_count; i++) {
        CM_TRY(on_issue(&m, memberships[first].institution, issues[i], &on, &fits));
        fits = fits && issue_fits(report->filter, &on, memberships[first].institution);
        for (size_t k = 0; fits && k < m.membership_count; k++) {
            const trd_position *p = latest(&m, &m.memberships[k], issues[i], true);
            if (p)
                (*units)[(*count)++] = (trd_unit){.resource = p->name,
                                                  .date = p->date,
                                                  .group = "",
                                                  .category = category,
                                                  .collection = on.collection,
                                                  .certainty = p->certainty,
                                                  .weight = TRD_WHOLE};
        }
    }
    return cm_ok();
}

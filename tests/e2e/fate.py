"""What becomes of partnerships between cities: states at each year's end, rates, reasons."""
from datetime import date

import facts as files
from facts import middle_day, year
from findings import Unit, each_collection, is_covered, mix
from intervals import garwood, wilson

BASES = ['political', 'legal', 'expiry', 'practical']
STOPPED = {'suspended', 'ended'}
FATES = ['not_known_to_have_stopped', 'suspended', 'ended']


def life(agreement):
    """The dated steps in order: (day, status)."""
    steps = [(middle_day(step.date), files.LIFE.index(step.status)) for step in agreement.steps if step.date]
    return [(day, files.LIFE[status]) for day, status in sorted(steps)]


def is_dated(agreement):
    """Whether its life can be told by year: a dated step, and no undated one that may have stopped or resumed it."""
    undated = {step.status for step in agreement.steps if not step.date}
    return bool(life(agreement)) and not undated & {'suspended', 'resumed', 'ended'}


def fate(status):
    return status if status in STOPPED else FATES[0]


def state_findings(agreements, coverage):
    found = []
    by_collection = each_collection([Unit(a, year(str(life(a)[0][0])) if is_dated(a) else None, a.collection)
                                     for a in agreements])
    for collection, its in by_collection:
        lives = [life(unit.category) for unit in its if unit.year]
        contributing = {unit.collection for unit in its if unit.year}
        days = [day for steps in lives for day, _ in steps]
        for name in FATES:
            n = sum(fate(steps[-1][1]) == name for steps in lives)
            low, high = wilson(n, len(lives))
            series = []
            for time in range(min(days).year, max(days).year + 1) if days else []:
                begun = [[s for s in steps if s[0].year <= time] for steps in lives]
                states = [fate(steps[-1][1]) for steps in begun if steps]
                series.append(dict(time=str(time), count=states.count(name), total=len(states),
                                   covered=is_covered(coverage, contributing, time)))
            found.append(dict(category=name, collection=collection,
                              **{'from': str(min(days).year) if days else None,
                                 'to': str(max(days).year) if days else None},
                              n=n, total=len(lives), estimate=n / len(lives) if lives else None, low=low, high=high,
                              series=series, unknown=0, undated=sum(unit.year is None for unit in its)))
    return found


def intervals(agreement, coverage):
    """([(first day, day after the last)], [(day, status that closed an open interval)]), within the coverage."""
    if agreement.collection not in coverage:
        return [], []
    start, end = date(coverage[agreement.collection][0], 1, 1), date(coverage[agreement.collection][1] + 1, 1, 1)
    spans, closings, opened = [], [], None
    for day, status in life(agreement) + [(end, None)]:
        if status not in STOPPED and status is not None:
            opened = opened or day
        elif opened:
            spans.append((max(opened, start), min(day, end)))
            if status and start <= day < end:
                closings.append((day, status))
            opened = None
    return [(a, b) for a, b in spans if a < b], closings


def days_in(spans, time):
    first, last = date(time, 1, 1), date(time + 1, 1, 1)
    return sum(max(0, (min(b, last) - max(a, first)).days) for a, b in spans)


def rate_findings(agreements, coverage):
    found = []
    for collection, its in each_collection([Unit(a, None, a.collection) for a in agreements]):
        those = [unit.category for unit in its]
        dated = [a for a in those if is_dated(a)]
        parts = [intervals(a, coverage) for a in dated]
        spans, closings = [s for p in parts for s in p[0]], [c for p in parts for c in p[1]]
        contributing = {a.collection for a, part in zip(dated, parts) if part[0]}
        years = [day.year for a, b in spans for day in (a, date.fromordinal(b.toordinal() - 1))]
        total = sum((b - a).days for a, b in spans) / 365.25
        for name, status in (('suspensions', 'suspended'), ('direct_endings', 'ended')):
            events = [day for day, closed_by in closings if closed_by == status]
            low, high = (1000 * mean / total for mean in garwood(len(events))) if total else (None, None)
            series = [dict(time=str(time), count=sum(day.year == time for day in events),
                           total=days_in(spans, time) / 365.25, covered=is_covered(coverage, contributing, time))
                      for time in (range(min(years), max(years) + 1) if years else [])]
            found.append(dict(category=name + '_per_1000_years', collection=collection,
                              **{'from': str(min(years)) if years else None, 'to': str(max(years)) if years else None},
                              n=len(events), total=total, estimate=1000 * len(events) / total if total else None,
                              low=low, high=high, series=series,
                              unknown=sum(all(s in STOPPED for _, s in life(a)) for a in dated),
                              undated=len(those) - len(dated)))
    return found


def partnership_fate(facts):
    agreements = [a for a in facts.agreements if all(party.startswith('cities/') for party in a.parties)]
    reasons = []
    for status in ('suspended', 'ended'):
        steps = [Unit(step.basis or None, year(step.date), a.collection)
                 for a in agreements for step in a.steps if step.status == status]
        reasons += mix(steps, facts.coverage, BASES, status + '/')
    return state_findings(agreements, facts.coverage) + rate_findings(agreements, facts.coverage) + reasons

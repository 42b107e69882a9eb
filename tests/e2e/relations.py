"""The questions about pairs: cities and their states, focal cities and foreign parties."""
from collections import defaultdict
from fractions import Fraction
from math import log

import facts as files
from facts import first_day, state_of, year
from findings import Unit, each_collection, finding, is_covered

FOCAL, DEFAULT_GROUPING = 'ru', 'ru-unfriendly'
NEAR = 5 * 365.25  # days
TESTED_FROM, LEAST = 1992, 10  # for the year of change


def later_first(text):
    """A key: the later first, of equal first days the finer date."""
    return -first_day(text).toordinal(), -len(text)


def nearest_pairs(facts):
    """[(city's row, state's row or None)]: for each city and issue the nearest pair, or the city's latest stance alone."""
    stances = defaultdict(list)
    for row in facts.positions:
        stances[row['actor'], row['issue']].append(row)
    found = []
    for (actor, issue), of_city in sorted(stances.items()):
        if not actor.startswith('cities/'):
            continue
        of_state = stances.get(('states/' + facts.states[actor], issue), [])
        near = [(abs((first_day(c['date']) - first_day(s['date'])).days), c, s) for c in of_city for s in of_state]
        near = [pair for pair in near if pair[0] <= NEAR]
        latest = max(of_city, key=lambda row: files.by_first_day(row['date']))
        best = min(near, default=(0, latest, None), key=lambda pair: (
            pair[0], later_first(pair[1]['date']), later_first(pair[2]['date'])))
        found.append(best[1:])
    return found


def by_decade(result):
    """The same finding with its years put together to decades."""
    decades = {}
    for point in result['series']:
        decade = decades.setdefault(point['time'][:3] + '0s', dict(count=0, total=0, covered=True))
        decade['count'] += point['count']
        decade['total'] += point['total']
        decade['covered'] &= point['covered']
    return {**result, 'series': [dict(time=time, **point) for time, point in decades.items()]}


def city_state_divergence(facts):
    units = []
    for city, state in nearest_pairs(facts):
        stances = state and (city['issue'], int(city['stance']), int(state['stance']))
        units.append(Unit(stances, year(city['date']), files.collection_of(city['sources'])))
    found = []
    for collection, its in each_collection(units):
        found.append(finding('opposed', collection, its, facts.coverage, lambda pair: pair[1] * pair[2] < 0))
        pairs = [unit.category for unit in its if unit.category]
        for issue in sorted({pair[0] for pair in pairs}):
            gaps = [pair[1] - pair[2] for pair in pairs if pair[0] == issue]
            result = finding(issue, collection, its, facts.coverage, lambda pair, issue=issue: pair[0] == issue,
                             share=False)
            found.append({**result, 'estimate': sum(gaps) / len(gaps)})
    return [by_decade(result) for result in found]


def signed(agreement):
    """The earliest dated signature; '' where there is none."""
    return min((step.date for step in agreement.steps if step.status == 'signed' and step.date),
               key=files.by_first_day, default='')


def first_partners(facts):
    """Units whose category is (party's state, date): each focal city and foreign party, by their first agreement."""
    agreements = sorted(facts.agreements, key=lambda a: a.id)
    dated = [a for a in agreements if signed(a)]
    dated.sort(key=lambda a: files.by_first_day(signed(a)))
    pairs, stateless = {}, {}
    for agreement in dated + [a for a in agreements if not signed(a)]:
        foreign = [p for p in agreement.parties if state_of(facts, p) not in (None, FOCAL)]
        for city in agreement.parties:
            if not city.startswith('cities/') or state_of(facts, city) != FOCAL:
                continue
            share = Fraction(1, len(foreign)) if foreign else None
            for party in foreign:
                category = (state_of(facts, party), signed(agreement)) if len(foreign) <= 20 else None
                pairs.setdefault((city, party), Unit(category, year(signed(agreement)), agreement.collection, share))
    for agreement in agreements:
        focal = [c for c in agreement.parties if c.startswith('cities/') and state_of(facts, c) == FOCAL]
        alone = [p for p in agreement.parties if state_of(facts, p) is None]
        for pair in ((city, party) for city in focal for party in alone):
            stateless.setdefault(pair, Unit(None, None, agreement.collection))
    return list(pairs.values()) + list(stateless.values())


def in_force(unit, editions):
    """The unit as the edition in force on its date sees it: unknown before the first edition."""
    if unit.category is None or not unit.category[1]:
        return unit
    begun = [edition for edition in editions if first_day(edition) <= first_day(unit.category[1])]
    if not begun:
        return Unit(None, unit.year, unit.collection, unit.weight)
    newest = max(begun, key=files.by_first_day)
    return Unit((unit.category[0], unit.category[1], newest), unit.year, unit.collection, unit.weight)


def likelihood(units, hit):
    """The log-likelihood of one share for all of these units, by weight."""
    total = float(sum(unit.weight for unit in units))
    hits = float(sum(unit.weight for unit in units if hit(unit.category)))
    return sum(part * log(part / total) for part in (hits, total - hits) if part > 0)


def change_year(category, collection, units, coverage, hit):
    """The year in which the share most likely changed, with at least LEAST units before it and from it on."""
    known = [unit for unit in units if unit.category is not None and unit.year is not None]
    contributing = {unit.collection for unit in known}
    ends = [coverage[name][1] for name in contributing if name in coverage]
    tested = [unit for unit in known if TESTED_FROM <= unit.year < min(ends, default=0)
              and is_covered(coverage, contributing, unit.year)]
    best = (0.0, None)
    for time in sorted({unit.year for unit in tested}):
        sides = [unit for unit in tested if unit.year < time], [unit for unit in tested if unit.year >= time]
        if min(map(len, sides)) >= LEAST:
            gain = sum(likelihood(side, hit) for side in sides)
            best = max(best, (gain, time), key=lambda pair: pair[0]) if best[1] else (gain, time)
    result = dict(category=category, collection=collection, n=len(tested), total=len(tested), estimate=best[1],
                  low=None, high=None, series=[], unknown=0, undated=0)
    return [{**result, 'from': None, 'to': None}] if tested else []


def reorientation(facts):
    units, found = first_partners(facts), []

    def add(category, of_units, hit, sensitivity):
        for collection, its in each_collection(of_units):
            result = finding(category, collection, its, facts.coverage, hit, whole=False)
            found.append({**result, 'sensitivity': True} if sensitivity else result)
            if not sensitivity:
                found.extend(change_year('year of change, ' + category, collection, its, facts.coverage, hit))

    for grouping, editions in facts.editions.items():
        outside = grouping == DEFAULT_GROUPING
        word, newest = 'outside ' if outside else 'inside ', max(editions, key=files.by_first_day)
        for edition, members in editions.items():
            add(f'{word}{grouping}/{edition}', units, lambda c, members=members: (c[0] in members) != outside,
                not (outside and edition == newest))
        add(f'{word}{grouping}/in-force', [in_force(unit, editions) for unit in units],
            lambda c: (c[0] in editions[c[2]]) != outside, True)
    return found

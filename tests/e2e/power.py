"""The balance of power: cities and their states, ranked year by year."""
from collections import Counter, defaultdict
from dataclasses import dataclass

import facts as files
from facts import state_of, year
from intervals import wilson

CARRIES, LEAST = 10, 3  # years; values in a ranking
TIERS = ['Sufficiency', 'High Sufficiency', 'Gamma-', 'Gamma', 'Gamma+', 'Beta-', 'Beta', 'Beta+', 'Alpha-', 'Alpha',
         'Alpha+', 'Alpha++']
OWN = ['gawc_2024', 'gdp_share', 'foreign_missions']  # what makes a city one that is ranked


@dataclass(frozen=True)
class Value:
    owner: str
    unit: str
    year: int
    value: float


def shares(values):
    """{owner: (rank - 0.5) / n}: ties take the mean of their ranks. Nothing where there are too few."""
    n, times = len(values), Counter(values.values())
    if n < LEAST:
        return {}
    below = {value: sum(count for other, count in times.items() if other < value) for value in times}
    return {owner: (below[value] + (times[value] + 1) / 2 - 0.5) / n for owner, value in values.items()}


def ranked(values, now):
    """{owner: share} of one measure in one year."""
    newest = defaultdict(dict)
    for value in sorted(values, key=lambda value: value.year or 0):
        if value.year and 0 <= now - value.year <= CARRIES:
            newest[value.unit][value.owner] = value
    best = {}
    for unit, of in newest.items():
        for owner, share in shares({owner: value.value for owner, value in of.items()}).items():
            key = (-of[owner].year, -len(of), unit)
            if owner not in best or key < best[owner][0]:
                best[owner] = key, share
    return {owner: share for owner, (_, share) in best.items()}


def influences(facts):
    """{measure: values} of cities, and the state's autonomy. Of one measure in one year the last row holds."""
    rows = {(row['city'], row['measure'], row['year']): row for row in facts.influence if row['measure'] in OWN}
    found = defaultdict(list)
    for (city, measure, when), row in rows.items():
        tier = measure == 'gawc_2024'
        found[measure].append(Value(city, '' if tier else row['unit'], year(when),
                                    TIERS.index(row['value']) if tier else float(row['value'])))
    found['autonomy'] = [Value(state, '', when, value) for (state, when), value in facts.autonomy.items()]
    return found


def inside(membership, now):
    """Whether a member is inside in a year, as far as is known."""
    known = membership.status in ('member', 'associate') or (membership.status == 'left' and membership.end)
    return known and (year(membership.start) or now) <= now <= (year(membership.end) or now)


def memberships(facts, cities, now):
    institutions = {(m.actor, m.institution) for m in facts.memberships
                    if m.actor in cities and m.collection != files.GCOM and inside(m, now)}
    return [Value(city, '', now, count) for city, count in Counter(city for city, _ in institutions).items()]


def parts_of(facts, values, cities, now):
    """{city: [autonomy, economic, political]}: None where a part is missing."""
    autonomy = ranked(values['autonomy'], now)
    measures = [[ranked(values['gawc_2024'], now), ranked(values['gdp_share'], now)],
                [ranked(memberships(facts, cities, now), now), ranked(values['foreign_missions'], now)]]
    found = {}
    for city in cities:
        both = [[of[city] for of in part if city in of] for part in measures]
        found[city] = [autonomy.get(state_of(facts, city))] + [sum(of) / len(of) if of else None for of in both]
    return found


def index(parts):
    return None if None in parts else (parts[0] * parts[1] * parts[2]) ** (1 / 3)


def power_balance(facts):
    values = influences(facts)
    cities = {value.owner for measure in OWN for value in values[measure]}
    years = [value.year for of in values.values() for value in of if value.year]
    parts = {now: parts_of(facts, values, cities, now) for now in range(min(years), max(years) + 1)} if years else {}
    undated = Counter(value.owner for measure in OWN for value in values[measure] if not value.year)
    common, found, without = dict(collection=None, low=None, high=None, unknown=0), [], []
    for city in sorted(cities):
        having = [now for now in parts if parts[now][city] != [None] * 3]
        indices = {now: index(parts[now][city]) for now in having}
        indices = {now: value for now, value in indices.items() if value is not None}
        if not indices:
            without.append(city)
            continue
        found.append(dict(
            common, category=city.removeprefix('cities/'), **{'from': str(min(having)), 'to': str(max(having))},
            n=len(indices), total=len(having), estimate=indices[max(indices)], undated=undated[city],
            series=[dict(time=str(now), count=int(now in indices), total=int(now in having), covered=False)
                    for now in range(min(having), max(having) + 1)]))
    if cities:
        low, high = wilson(len(without), len(cities))
        found.append(dict(common, category='no_index', **{'from': None, 'to': None}, n=len(without), total=len(cities),
                          estimate=len(without) / len(cities), low=low, high=high, series=[],
                          undated=sum(undated[city] for city in without)))
    return found

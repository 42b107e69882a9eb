"""Reads a folder of samples as plain rows: facts/*.tsv, the accessions and the dated pairs. Nothing is judged here, and
nothing is shared with the program under test."""
import csv
import os
import re
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date

COLLECTIONS = {'cl': 'climate', 'gv': 'governance', 'ru': 'russia', 'bi': 'bilateral', 'in': 'institutions'}
GCOM, PAIRS = 'gcom_accessions', 'wikidata_P190_dated_pairs'
GCOM_INSTITUTION = 'institutions/global-covenant-of-mayors'
LIFE = ['signed', 'in_force', 'resumed', 'suspended', 'ended']  # the order of steps on the same day


@dataclass(frozen=True)
class Step:
    date: str
    status: str
    basis: str = ''


@dataclass
class Agreement:
    id: str
    parties: list
    collection: str
    steps: list = field(default_factory=list)


@dataclass
class Membership:
    actor: str
    institution: str
    status: str
    start: str
    collection: str
    end: str = ''


@dataclass
class Facts:
    negotiations: list
    participants: list
    entries: list
    positions: list
    agreements: list
    memberships: list
    states: dict     # of an actor: 'ru'; absent where it has none
    editions: dict   # {grouping: {edition: set of states}}
    coverage: dict   # {collection: (first year, last year)}
    influence: list
    autonomy: dict   # {(state, year): Local Autonomy Index}
    per: int = 1     # bins in a year: 4 quarters, 12 months

    def time(self, text):
        """The bin of a date, as a number; None where there is none, or where it is less precise than the bins."""
        parts = [int(part) for part in text.split('-')] if text else []
        if self.per == 1 or not parts:
            return parts[0] if parts else None
        return parts[0] * self.per + (parts[1] - 1) * self.per // 12 if len(parts) > 1 else None

    def spans(self):
        """The coverage in bins: {collection: (first, last)}."""
        return {name: (first * self.per, last * self.per + self.per - 1)
                for name, (first, last) in self.coverage.items()}


def merged(facts, actor, survivor):
    """The same facts where `actor` is called `survivor` whoever speaks of it; in a list it stays once."""
    def name(text):
        return survivor if text == actor else survivor + text[len(actor):] if text.startswith(actor + '/') else text

    def rename(value):
        if isinstance(value, str):
            return name(value)
        if isinstance(value, list):
            return list(dict.fromkeys(map(rename, value))) if all(isinstance(v, str) for v in value) else [
                rename(v) for v in value]
        if isinstance(value, dict):
            return {key: rename(v) for key, v in value.items()}
        if is_dataclass(value):
            return replace(value, **{f.name: rename(getattr(value, f.name)) for f in fields(value)})
        return value

    parts = ('negotiations', 'participants', 'entries', 'positions', 'agreements', 'memberships', 'influence')
    together = replace(facts, **{part: rename(getattr(facts, part)) for part in parts})
    others = [row['city'] != actor for row in facts.influence]
    order = sorted(range(len(others)), key=others.__getitem__)  # the survivor's own values come later, and hold
    return replace(together, influence=[together.influence[i] for i in order])


def split(text):
    return [part for part in text.split(';') if part]


def year(text):
    return int(text[:4]) if text else None


def first_day(text):
    """The first day that a date may mean."""
    parts = [int(part) for part in text.split('-')]
    return date(*parts, *[1] * (3 - len(parts)))


def middle_day(text):
    """A day at itself, a month at its 15th, a year at the 2nd of July."""
    parts = [int(part) for part in text.split('-')]
    return date(*parts, *{1: (7, 2), 2: (15,), 3: ()}[len(parts)])


def by_first_day(text):
    """A key: by first day, of equal ones the coarser date first."""
    return first_day(text), len(text)


def collection_of(sources, otherwise=''):
    """By the prefix of the first source that is no re-reading."""
    for source in split(sources):
        if not source.startswith('fc-'):
            return COLLECTIONS.get(source.split('-')[0], otherwise)
    return otherwise


def rows(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))


def read_agreements(table):
    found = {row['id']: Agreement(row['id'], split(row['parties']), collection_of(row['sources']))
             for row in table('agreements')}
    for row in table('agreement_status'):
        found[row['agreement']].steps.append(Step(row['date'], row['status'], row['basis']))
    return list(found.values())


def read_pairs(path):
    """All rows of the same two cities are one agreement, with each different step once."""
    found = {}
    for row in rows(path):
        ids = row['qid_a'].lower(), row['qid_b'].lower()
        pair = found.setdefault(ids, Agreement('p190-%s-%s' % ids, ['cities/' + qid for qid in ids], PAIRS))
        steps = [Step('' if row['start_year'] == '0' else row['start_year'], 'signed')]
        if row['end_year'] not in ('', '3000'):
            steps.append(Step(row['end_year'], 'ended'))
        pair.steps += [step for step in steps if step not in pair.steps]
    return list(found.values())


def read_autonomy(path, states):
    """{('fr', 2014): index}, of the years that were measured and the states that are known."""
    if not os.path.exists(path):
        return {}
    ids = {row['iso3']: row['actor'].removeprefix('states/') for row in rows(states)}
    with open(path, encoding='utf-8-sig', newline='') as file:
        return {(ids[row['country_code']], int(name[-4:])): float(row[name]) for row in csv.DictReader(file)
                for name in row if re.fullmatch(r'D_LAI_\d{4}', name) and row[name] and row['country_code'] in ids}


def read(folder, per=1):
    """Everything that the questions need, from a folder laid out as samples/ is, to be counted in bins of a year."""
    def table(name):
        return rows(os.path.join(folder, 'facts', name + '.tsv'))

    def first_of(*names):
        paths = [os.path.join(folder, name) for name in names]
        return next((path for path in paths if os.path.exists(path)), paths[0])

    states = {row['actor']: row['country'].lower() for row in table('actors') if row['country']}
    memberships = [Membership(row['actor'], row['institution'], row['status'], row['from'],
                              collection_of(row['sources']), row['to']) for row in table('memberships')]
    for row in rows(first_of('gcom_accessions.tsv')):
        state = row['iso2'].lower()
        actor = 'cities/gcom-%s-%s' % (row['organisation_id'], state)
        states[actor] = state
        memberships.append(Membership(actor, GCOM_INSTITUTION, 'member', row['adhesion_date'], GCOM))

    editions = {}
    for row in table('groupings'):
        editions.setdefault(row['grouping'], {})[row['edition']] = set()
    for row in table('grouping_members'):
        editions[row['grouping']][row['edition']].add(row['state'].removeprefix('states/'))

    return Facts(
        per=per,
        negotiations=table('negotiations'), participants=table('participants'), entries=table('entries'),
        positions=table('positions'), memberships=memberships, states=states, editions=editions,
        agreements=read_agreements(table)
        + read_pairs(first_of('sister_pairs.tsv', 'wikidata_P190_dated_pairs.tsv')),
        coverage={row['collection']: (int(row['from'][:4]), int(row['to'][:4]))
                  for row in table('coverage') if row['from'] and row['to']},
        influence=table('influence'), autonomy=read_autonomy(first_of('lai_2014.csv'), first_of('states.tsv')))


def state_of(facts, actor):
    """'ru' of cities/kazan-ru and of states/ru; None where the actor belongs to no state."""
    return actor.removeprefix('states/') if actor.startswith('states/') else facts.states.get(actor)

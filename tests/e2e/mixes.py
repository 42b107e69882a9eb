"""The questions about mixes: formats, capacities, topics, channels, and who joins institutions."""
from collections import defaultdict
from fractions import Fraction

import facts as files
from findings import Unit, each_collection, finding, mix, plain
from intervals import jensen_shannon

FORMATS = ['bilateral', 'multilateral', 'multilevel']
CAPACITIES = ['state_authority', 'network_member', 'own_right']
CHANNELS = ['in_person', 'virtual', 'hybrid', 'correspondence', 'platform']
DIGITAL = {'virtual', 'hybrid', 'platform'}


def negotiations(facts):
    """{id: (row, collection)}"""
    return {row['id']: (row, files.collection_of(row['sources'])) for row in facts.negotiations}


def format_mix(facts):
    return mix([Unit(row['format'] or None, facts.time(row['start']), collection)
                for row, collection in negotiations(facts).values()], facts.spans(), FORMATS)


def capacity_mix(facts):
    known, first = negotiations(facts), {}
    for row in facts.participants:
        if row['actor'].startswith(('cities/', 'regions/')):
            first.setdefault((row['negotiation'], row['actor']), row['capacity'])
    return mix([Unit(capacity or None, facts.time(known[negotiation][0]['start']), known[negotiation][1])
                for (negotiation, _), capacity in first.items()], facts.spans(), CAPACITIES)


def topic_mix(facts):
    groups = {'bilateral': [], 'other': []}
    for row, collection in negotiations(facts).values():
        topics = files.split(row['topics'])
        units = groups['bilateral' if row['format'] == 'bilateral' else 'other']
        if not 1 <= len(topics) <= 20:
            topics = [None]
        units += [Unit(topic, facts.time(row['start']), collection, Fraction(1, len(topics))) for topic in topics]
    found = []
    for name, units in groups.items():
        found += mix(units, facts.spans(), prefix=name + '/', whole=False)
    return found + topic_divergence(groups, facts.spans())


def topic_divergence(groups, coverage):
    """Between the topics of bilateral negotiations and those of the others, where there are both."""
    found = []
    for collection, _ in each_collection(groups['bilateral'] + groups['other']):
        mixes, units = {}, {}
        for name, of_group in groups.items():
            units[name] = [unit for unit in of_group if collection in (None, unit.collection)]
            mixes[name] = defaultdict(Fraction)
            for unit in units[name]:
                if unit.category is not None and unit.year is not None:
                    mixes[name][unit.category] += unit.weight
        if collection is None or all(mixes.values()):
            whole = finding('jsd', collection, units['bilateral'] + units['other'], coverage, lambda _: True)
            found.append({**whole, 'n': plain(sum(mixes['bilateral'].values(), Fraction(0))), 'low': None,
                          'high': None, 'series': [], 'estimate': jensen_shannon(mixes['bilateral'], mixes['other'])})
    return found


def channel_mix(facts):
    known = negotiations(facts)
    units = [Unit(None if row['channel'] in ('', 'unknown') else row['channel'], facts.time(row['date']),
                  files.collection_of(row['sources'], known[row['negotiation']][1])) for row in facts.entries]
    digital = [finding('digital', collection, its, facts.spans(), DIGITAL.__contains__)
               for collection, its in each_collection(units)]
    return mix(units, facts.spans(), CHANNELS) + digital


def accessions(facts):
    sources = {m.collection: files.GCOM if m.collection == files.GCOM else 'memberships' for m in facts.memberships}
    spans = facts.spans()
    coverage = {name: spans[source] for name, source in sources.items() if source in spans}
    taken_over = {m.institution for m in facts.memberships if m.collection == files.GCOM}
    groups = defaultdict(list)
    for m in facts.memberships:
        if m.status != 'left' and (m.collection == files.GCOM or m.institution not in taken_over):
            groups[m.institution.removeprefix('institutions/')].append(m)
    found = []
    for name, members in sorted(groups.items()):
        by_state = [Unit(facts.states.get(m.actor), facts.time(m.start), m.collection) for m in members]
        found += mix(by_state, coverage, prefix=name + '/')
        for collection, its in each_collection([Unit(name, unit.year, unit.collection) for unit in by_state]):
            found.append(finding(name, collection, its, coverage, lambda _: True, share=False))
    return found

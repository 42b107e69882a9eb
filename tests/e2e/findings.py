"""Units, and the finding that they make: one category in one collection, or in all together."""
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from intervals import wilson


@dataclass(frozen=True)
class Unit:
    """One unit, or a fraction of one: `category` None is unknown, `year` None undated."""
    category: object
    year: int
    collection: str
    weight: Fraction = Fraction(1)


def plain(value):
    """A number as JSON has it: whole where it is whole."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value


def each_collection(units):
    """(None, all units), then (collection, its units); units without a collection are only among all."""
    split = defaultdict(list)
    for unit in units:
        if unit.collection:
            split[unit.collection].append(unit)
    return [(None, units)] + sorted(split.items())


def is_covered(coverage, contributing, time):
    """Whether every contributing collection that has a coverage was looking in that year; without any, nobody was."""
    spans = [coverage[name] for name in contributing if name in coverage]
    return bool(spans) and all(first <= time <= last for first, last in spans)


def weight(units):
    return sum((unit.weight for unit in units), Fraction(0))


def yearly(counted, hits, covered):
    """One bin for each year from the first to the last unit."""
    counts, totals = defaultdict(Fraction), defaultdict(Fraction)
    for unit in counted:
        totals[unit.year] += unit.weight
    for unit in hits:
        counts[unit.year] += unit.weight
    return [dict(time=str(time), count=plain(counts[time]), total=plain(totals[time]), covered=covered(time))
            for time in range(min(totals), max(totals) + 1)] if totals else []


def finding(category, collection, units, coverage, hit, whole=True, share=True):
    """One category among the units of a group, in one collection or all together."""
    counted = [unit for unit in units if unit.category is not None and unit.year is not None]
    hits = [unit for unit in counted if hit(unit.category)]
    n, total = weight(hits), weight(counted)
    contributing = {unit.collection for unit in counted}
    low, high = wilson(int(n), int(total)) if whole and share else (None, None)
    years = [unit.year for unit in counted]
    return dict(
        category=category, collection=collection,
        **{'from': str(min(years)) if years else None, 'to': str(max(years)) if years else None},
        n=plain(n), total=plain(total), estimate=float(n / total) if share and total else None, low=low, high=high,
        series=yearly(counted, hits, lambda time: is_covered(coverage, contributing, time)),
        unknown=plain(weight(unit for unit in units if unit.category is None)),
        undated=plain(weight(unit for unit in units if unit.category is not None and unit.year is None)))


def mix(units, coverage, categories=None, prefix='', whole=True):
    """The findings of one group. Without a fixed list, the categories are those that occur in the collection."""
    found = []
    for collection, its in each_collection(units):
        names = categories or sorted({unit.category for unit in its if unit.category is not None})
        found += [finding(prefix + name, collection, its, coverage, lambda category, name=name: category == name, whole)
                  for name in names]
    return found

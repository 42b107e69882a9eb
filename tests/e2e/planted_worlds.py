#!/usr/bin/env python3
"""Worlds whose truth is planted, through the whole platform: simulated accessions to simulated institutions are imported as
facts, become events, are counted, tested and ranked by the services, and the report's findings are compared with what was
planted. What `stats/planted_test` does in the library, with everything between a file and a finding in the way.

    CITYNEG=build/release/bin/cityneg planted_worlds.py [--worlds N] [--stores N] [--growth G] [--memory R] [--mean M]

A world is eight institutions, each with twenty years of accessions: Poisson counts, with mean M; half of the institutions
grow by G a year; the logarithms of the rates have deviation 0.5 and autocorrelation R from year to year where R is given.
Each store (a platform of its own) gets an equal part of the worlds. q is computed here per world from the report's p, by
Benjamini and Hochberg; the report's own q, over all institutions of a store, is told beside it. The same arguments give
the same numbers. Exits with 1 where a count of the report is not what was planted, or its p not what adjusted.py computes of
these counts; where the worlds without a trend that have a finding lie above the 95 % binomial interval around 5 %; and where
something grows and nothing is found."""
import argparse
import glob
import math
import os
import random
import sys
import tempfile

os.environ.setdefault('CITYNEG_PATIENCE', '3600')  # a store with many worlds takes minutes
from adjusted import differences  # noqa: E402
from platform_bed import SAMPLES, Platform  # noqa: E402

SERIES, FIRST, YEARS, LEVEL = 8, 2000, 20, 0.05

def poisson(chance, mean):
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def planted(world, options):
    """Eight series of counts; the first half of them grow."""
    chance, found = random.Random('%d %s' % (world, options.memory)), []
    for k in range(SERIES):
        growth, rate, counts = options.growth if k < SERIES // 2 else 0, 0, []
        for year in range(YEARS):
            if options.memory is not None:
                shock = 0.5 * chance.gauss(0, 1)
                rate = options.memory * rate + math.sqrt(1 - options.memory ** 2) * shock if year else shock
            counts.append(poisson(chance, options.mean * math.exp(rate + growth * (year - YEARS / 2))))
        found.append(counts)
    return found


def name_of(world, k):
    return 'simulated-%d-%d' % (world, k)


def facts(folder, worlds):
    """Writes the worlds, {world: series}, as a folder of fact files."""
    most = max(sum(counts) for series in worlds.values() for counts in series)
    rows = {
        'sources': [('in-simulated', '', 'planted_worlds.py', 'Simulated; nothing of this happened', '', 'recalled')],
        'coverage': [('memberships', 'memberships.tsv', FIRST, '%d-12' % (FIRST + YEARS - 1), 'census', 'simulated')],
        'institutions': [('institutions/' + name_of(world, k), 'Simulated %d of world %d' % (k, world), '', '', 'network', '',
                          '', 'in-simulated') for world, series in worlds.items() for k in range(len(series))],
        'actors': [('cities/simulated-%d' % i, 'Simulated %d' % i, 'FR', '', '', 'simulated') for i in range(most)],
        'memberships': [],
    }
    for world, series in worlds.items():
        for k, counts in enumerate(series):
            years = [FIRST + year for year, count in enumerate(counts) for _ in range(count)]
            rows['memberships'] += [('cities/simulated-%d' % i, 'institutions/' + name_of(world, k), 'member', year, '',
                                     'in-simulated') for i, year in enumerate(years)]
    for path in glob.glob(os.path.join(SAMPLES, 'facts', '*.tsv')):
        with open(path, encoding='utf-8') as file:
            header = file.readline().rstrip('\n')
        table = os.path.basename(path)
        with open(os.path.join(folder, table), 'w', encoding='utf-8') as file:
            for row in [[header]] + rows.get(table.removesuffix('.tsv'), []):
                file.write('\t'.join(map(str, row)) + '\n')


def findings(worlds):
    """{institution: finding} of a platform that imported the worlds."""
    with Platform('--empty') as platform, tempfile.TemporaryDirectory() as folder:
        facts(folder, worlds)
        done = platform.run('import', 'facts', folder, '--rejects', platform.path('rejects.tsv'))
        if done.returncode or ' 0 rejected' not in done.stderr:
            sys.exit('the import ended with %d: %s%s' % (done.returncode, done.stderr, platform.read('rejects.tsv')[:2000]))
        report = platform.json('trends', 'report', '--question', 'accessions')
    wrong = list(differences(report))
    if wrong:
        sys.exit('the report and a second computation differ: %s' % wrong[:5])
    return {finding['category']: finding for answer in report['questions'] for finding in answer['findings']
            if finding['collection'] is None}


def benjamini_hochberg(p):
    smallest, q = 1.0, [0.0] * len(p)
    for rank, i in sorted(enumerate(sorted(range(len(p)), key=p.__getitem__), 1), reverse=True):
        smallest = min(smallest, p[i] * len(p) / rank)
        q[i] = smallest
    return q


def binomial_bound(n, share):
    """The largest count that is within the 95 % interval, both tails cut at 2.5 %."""
    below = 0.0
    for k in range(n + 1):
        below += math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(share)
                          + (n - k) * math.log1p(-share))
        if below >= 0.975:
            return k
    return n


def explore(options):
    """What was found in all worlds: {'false': worlds, 'found': trends, 'wrong': findings that are none, 'q': by the report's
    own q}; exits where the report does not count what was planted."""
    tally = {'false': 0, 'found': 0, 'wrong': 0, 'found by report': 0, 'wrong by report': 0}
    for store in range(options.stores):
        worlds = {world: planted(world, options) for world in range(store, options.worlds, options.stores)}
        said = findings(worlds)
        for world, series in worlds.items():
            mine = [said[name_of(world, k)] for k in range(SERIES)]
            for counts, finding in zip(series, mine):
                told = {point['time']: point['count'] for point in finding['series']}
                if any(told.get(str(FIRST + year), 0) != count for year, count in enumerate(counts)):
                    sys.exit('world %d: %s, planted was %s' % (world, told, counts))
            q = benjamini_hochberg([finding['p'] for finding in mine])
            rises = [k < SERIES // 2 and options.growth > 0 for k in range(SERIES)]
            tally['found'] += sum(a <= LEVEL and b for a, b in zip(q, rises))
            tally['wrong'] += sum(a <= LEVEL and not b for a, b in zip(q, rises))
            tally['false'] += any(a <= LEVEL and not b for a, b in zip(q, rises))
            tally['found by report'] += sum(f['q'] <= LEVEL and b for f, b in zip(mine, rises))
            tally['wrong by report'] += sum(f['q'] <= LEVEL and not b for f, b in zip(mine, rises))
        print('store %d of %d: %d worlds; so far %s' % (store + 1, options.stores, len(worlds), tally), file=sys.stderr,
              flush=True)
    return tally


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--worlds', type=int, default=100)
    parser.add_argument('--stores', type=int, default=4)
    parser.add_argument('--growth', type=float, default=0.0)
    parser.add_argument('--memory', type=float)
    parser.add_argument('--mean', type=float, default=15)
    options = parser.parse_args()
    tally = explore(options)
    print('%d worlds, growth %g, memory %s: a false finding in %d worlds; %d of %d trends found, %d findings false; by the '
          'q of the report over a whole store %d found, %d false'
          % (options.worlds, options.growth, 'none' if options.memory is None else options.memory, tally['false'],
             tally['found'], options.worlds * (SERIES // 2) if options.growth else 0, tally['wrong'],
             tally['found by report'], tally['wrong by report']))
    if options.growth > 0:
        sys.exit(tally['found'] == 0)
    sys.exit(tally['false'] > binomial_bound(options.worlds, LEVEL))


if __name__ == '__main__':
    main()

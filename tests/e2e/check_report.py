#!/usr/bin/env python3
"""Compares a report with what expected.py computes, member by member. Prints each difference, at most 50, and how many
findings agree; exits with 1 where one does not.

    cityneg trends report -o json > report.json
    check_report.py SAMPLES report.json [year|quarter|month]
"""
import json
import math
import sys

import expected
import facts as files

MEMBERS = ['from', 'to', 'n', 'total', 'estimate', 'low', 'high', 'unknown', 'undated']
TOLERANCE = 1e-9


def same(a, b):
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return a == b


def by_key(report, questions):
    return {(answer['question'], finding['category'], finding['collection']): finding
            for answer in report['questions'] if answer['question'] in questions
            for finding in answer['findings']}


def series_differences(ours, theirs):
    if [point['time'] for point in ours] != [point['time'] for point in theirs]:
        times = ['%s … %s' % (s[0]['time'], s[-1]['time']) if s else 'none' for s in (theirs, ours)]
        yield 'series: bins %s (%d), expected %s (%d)' % (times[0], len(theirs), times[1], len(ours))
        return
    for a, b in zip(ours, theirs):
        for member in ('count', 'total', 'covered'):
            if not same(a[member], b[member]):
                yield 'series: %s %s is %s, expected %s' % (a['time'], member, b[member], a[member])


def differences(wanted, report):
    """Yields (key, what differs); nothing where the report says what is wanted of its questions, and no more."""
    questions = {answer['question'] for answer in wanted['questions']}
    ours, theirs = by_key(wanted, questions), by_key(report, questions)
    for key in sorted(ours.keys() | theirs.keys(), key=str):
        if key not in theirs:
            yield key, 'is missing'
        elif key not in ours:
            yield key, 'is not expected'
        else:
            for member in MEMBERS:
                if not same(ours[key][member], theirs[key].get(member)):
                    yield key, '%s is %s, expected %s' % (member, theirs[key].get(member), ours[key][member])
            for text in series_differences(ours[key]['series'], theirs[key]['series']):
                yield key, text


def main(samples, report, bins='year'):
    wanted = expected.report(files.read(samples, expected.BINS[bins]))
    with open(report, encoding='utf-8') as file:
        found = list(differences(wanted, json.load(file)))
    for (question, category, collection), text in found[:50]:
        print('%s %s (%s): %s' % (question, category, collection or 'all together', text))
    wrong = len({key for key, _ in found})
    print('%d findings expected, %d differ' % (sum(len(a['findings']) for a in wanted['questions']), wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    if len(sys.argv) not in (3, 4) or sys.argv[-1] not in expected.BINS and len(sys.argv) == 4:
        sys.exit('usage: check_report.py SAMPLES REPORT.json [year|quarter|month]')
    sys.exit(main(*sys.argv[1:]))

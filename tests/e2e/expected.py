#!/usr/bin/env python3
"""What `cityneg trends report -o json` has to say of a folder of samples, as far as it is counting: every n, total, share
and series, computed from the fact files alone. docs/questions.md says what is counted; this is its second reading, in
another language and another way, and it shares nothing with the first.

    expected.py SAMPLES [year|quarter|month] > expected.json
"""
import json
import sys

import facts as files
from fate import partnership_fate
from mixes import accessions, capacity_mix, channel_mix, format_mix, topic_mix
from power import power_balance
from relations import city_state_divergence, reorientation

QUESTIONS = {
    'format-mix': format_mix, 'capacity-mix': capacity_mix, 'topic-mix': topic_mix, 'channel-mix': channel_mix,
    'city-state-divergence': city_state_divergence, 'power-balance': power_balance, 'reorientation': reorientation,
    'partnership-fate': partnership_fate, 'accessions': accessions,
}
BINS = {'year': 1, 'quarter': 4, 'month': 12}
IN_BINS = ['format-mix', 'capacity-mix', 'topic-mix', 'channel-mix', 'accessions']  # what is computed here by quarters


def named(finding, per):
    """The same finding with its bins, which are numbers, called as a report calls them."""
    def name(time):
        year, part = divmod(int(time), per)
        return '%04d-Q%d' % (year, part + 1) if per == 4 else '%04d-%02d' % (year, part + 1)

    ends = {end: finding[end] and name(finding[end]) for end in ('from', 'to')}
    return {**finding, **ends, 'series': [{**point, 'time': name(point['time'])} for point in finding['series']]}


def report(facts):
    if facts.per == 1:
        return {'questions': [{'question': name, 'findings': count(facts)} for name, count in QUESTIONS.items()]}
    return {'questions': [{'question': name, 'findings': [named(f, facts.per) for f in QUESTIONS[name](facts)]}
                          for name in IN_BINS]}


if __name__ == '__main__':
    if len(sys.argv) not in (2, 3) or sys.argv[-1] not in BINS and len(sys.argv) == 3:
        sys.exit('usage: expected.py SAMPLES [year|quarter|month]')
    facts = files.read(sys.argv[1], BINS[sys.argv[2]] if len(sys.argv) == 3 else 1)
    json.dump(report(facts), sys.stdout, ensure_ascii=False, indent=1)
    print()

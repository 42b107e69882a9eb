#!/usr/bin/env python3
"""What `cityneg trends report -o json` has to say of a folder of samples, as far as it is counting: every n, total, share
and series, computed from the fact files alone. docs/questions.md says what is counted; this is its second reading, in
another language and another way, and it shares nothing with the first.

    expected.py SAMPLES > expected.json
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


def report(facts):
    return {'questions': [{'question': name, 'findings': count(facts)} for name, count in QUESTIONS.items()]}


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit('usage: expected.py SAMPLES')
    json.dump(report(files.read(sys.argv[1])), sys.stdout, ensure_ascii=False, indent=1)
    print()

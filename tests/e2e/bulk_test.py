"""Very many entries by the command line: lines that are refused are told and the others recorded, what is killed in the
middle goes on by itself, and the same file once more records nothing. Run through ctest (e2e/bulk_test), or:
CITYNEG=…/bin/cityneg python3 bulk_test.py"""
import json
import re
import signal
import unittest

import harbour
from platform_bed import PATIENCE, Platform, until

LINES = 30000
BAD = {7: '{"name": "negotiations/harbour/entries/7", ', 11: 'date', 4000: 'by', LINES - 1: 'twice'}


def entry(number):
    return {'name': 'negotiations/harbour/entries/e-%d' % number, 'date': '2021-%02d' % (number % 12 + 1),
            'kind': 'meeting', 'by': ['cities/kazan-ru'], 'to': ['cities/izmir-tr'],
            'sources': [{'source': 'sources/minutes'}]}


def line(number):
    made = entry(number)
    if BAD.get(number) == 'date':
        made['date'] = '2021-13'
    elif BAD.get(number) == 'by':
        made['by'] = ['cities/atlantis']
    elif BAD.get(number) == 'twice':
        made['name'] = entry(0)['name']
    elif number in BAD:
        return BAD[number]
    return json.dumps(made)


class Bulk(unittest.TestCase):
    def setUp(self):
        self.platform = Platform('--empty')
        self.platform.start()
        self.addCleanup(self.platform.__exit__)
        harbour.record(self.platform)
        self.before = self.rows()
        self.file = self.platform.path('entries.jsonl')
        self.rejects = self.platform.path('rejects.tsv')
        with open(self.file, 'w', encoding='utf-8') as file:
            file.write('\n'.join(line(number) for number in range(LINES)) + '\n\n')

    def rows(self):
        try:
            return sum(self.platform.heads('negotiations').values())
        except AssertionError:
            return 0

    def upload(self):
        return self.platform.start_command('negotiations', 'bulk-log', self.file, '--rejects', self.rejects)

    def finished(self, process):
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        found = re.search(r'(\d+) rows read, (\d+) resources recorded, \d+ unchanged, (\d+) rejected', err)
        self.assertIsNotNone(found, err)
        self.assertEqual([int(n) for n in found.groups()], [LINES, LINES - len(BAD), len(BAD)], err)
        self.assertEqual(self.rows() - self.before, LINES - len(BAD))
        self.check_rejects()

    def check_rejects(self):
        with open(self.rejects, encoding='utf-8') as file:
            rejects = [row.rstrip('\n').split('\t') for row in file][1:]
        self.assertEqual([int(row[1]) - 1 for row in rejects], sorted(BAD))
        for row, reason in zip(rejects, ('no JSON', 'entry.date', 'cities/atlantis does not exist', 'exists already')):
            self.assertIn(reason, row[2])
            self.assertEqual(row[3], line(int(row[1]) - 1))

    def test_killed_in_the_middle_it_goes_on_and_the_same_file_again_records_nothing(self):
        process = self.upload()
        until(lambda: self.rows() > self.before, 'the first entries were recorded')
        self.assertIsNone(process.poll(), 'the upload was over before the service was killed')
        self.platform.kill('negotiations')
        self.finished(process)
        self.finished(self.upload())

    def test_a_client_that_is_killed_goes_on_when_it_is_begun_again(self):
        process = self.upload()
        until(lambda: self.rows() > self.before, 'the first entries were recorded')
        self.assertIsNone(process.poll(), 'the upload was over before it was killed')
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
        self.finished(self.upload())


if __name__ == '__main__':
    unittest.main()

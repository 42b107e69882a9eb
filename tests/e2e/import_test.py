"""Imports at the edge: rows that need each other across batches that are under way together, the same resource twice, rows
that are wrong, an import that was killed. Run through ctest (e2e/import_test), or: CITYNEG=…/bin/cityneg python3
import_test.py"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'broker'), os.path.join(HERE, '..', 'chaos')]
from bed import Bed, until  # noqa: E402

BUILD = os.path.dirname(os.path.dirname(os.path.abspath(os.environ['CITYNEG'])))
SUMMARY = re.compile(r'(\d+) rows read, (\d+) resources recorded, (\d+) unchanged, (\d+) rejected')


class Import(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='cityneg-import-')
        self.addCleanup(folder.cleanup)
        self.bed = Bed(BUILD, os.path.join(folder.name, 'bed'))
        self.addCleanup(self.bed.__exit__)
        for service in ('registry', 'negotiations'):
            self.bed.start(service, '--kafka=none', '--metrics=none')

    def write(self, name, lines):
        path = self.bed.path(name)
        with open(path, 'w', encoding='utf-8') as file:
            file.writelines(line + '\n' for line in lines)
        return path

    def command(self, kind, path, *options):
        return ['import', kind, path, '--rejects', self.bed.path('rejects.tsv'), *options]

    def load(self, kind, path, *options):
        """(read, recorded, unchanged, rejected)"""
        done = self.bed.run(*self.command(kind, path, *options))
        self.assertEqual(done.returncode, 0, done.stderr)
        return tuple(map(int, SUMMARY.search(done.stderr).groups()))

    def rejects(self):
        """[(line, reason)]"""
        with open(self.bed.path('rejects.tsv'), encoding='utf-8') as file:
            rows = [line.rstrip('\n').split('\t') for line in file]
        return [(int(line), reason) for _, line, reason, _ in (row[:4] for row in rows[1:])]

    def actor(self, name):
        return self.bed.json('registry', 'get-actor', name)

    def test_rows_need_each_other_across_batches(self):
        rows = [{'name': 'states/%s%s' % (a, b), 'displayName': 'State'} for a in 'xy' for b in 'abcd']
        rows.append({'name': 'states/wrong', 'displayName': 'No code'})  # refuses the first batch as a whole
        rows += [{'name': 'cities/c-%d' % i, 'displayName': 'City %d' % i, 'state': 'states/x' + 'abcd'[i % 4]}
                 for i in range(5000)]
        rows.append({'name': 'cities/astray', 'displayName': 'Astray', 'state': 'states/zz'})
        rows.append({'name': 'cities/c-7', 'displayName': 'Later', 'state': 'states/yd'})  # the later row stays
        path = self.write('actors.jsonl', map(json.dumps, rows))
        read, recorded, unchanged, rejected = self.load('actors', path)
        self.assertEqual((read, recorded + unchanged, rejected), (5011, 5009, 2))
        (first, why_first), (second, why_second) = sorted(self.rejects())
        self.assertEqual((first, second), (9, 5010))
        self.assertIn('"wrong" is no code of a state', why_first)
        self.assertIn('states/zz', why_second)
        self.assertEqual(self.actor('cities/c-7')['displayName'], 'Later')
        self.assertEqual(self.actor('cities/c-4999')['state'], 'states/xd')

    def test_an_import_that_was_killed_goes_on(self):
        path = self.write('actors.jsonl', (json.dumps({'name': 'organisations/o-%d' % i, 'displayName': 'O'})
                                           for i in range(20000)))
        where = ['--%s=%s' % (name, s.address()) for name, s in self.bed.services.items()]
        running = subprocess.Popen([self.bed.program('cityneg'), *self.command('actors', path), *where],
                                   stderr=subprocess.DEVNULL)
        until(lambda: sum(self.bed.heads('registry').values()) > 0, 'something was recorded')
        running.kill()
        running.wait()
        read, recorded, unchanged, rejected = self.load('actors', path)
        self.assertEqual((read, recorded + unchanged, rejected), (20000, 20000, 0))
        self.assertGreater(unchanged, 0)
        self.assertEqual(sum(self.bed.heads('registry').values()), 20000)  # each was recorded once
        self.assertEqual(self.load('actors', path), (20000, 0, 20000, 0))


if __name__ == '__main__':
    unittest.main()

"""`cityneg dlq` without Kafka: rows that trends has put aside are listed, said in its report, and applied again. Run through
ctest (e2e/aside_test), or: CITYNEG=…/bin/cityneg python3 aside_test.py"""
import contextlib
import os
import sqlite3
import sys
import tempfile
import unittest
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'broker'), os.path.join(HERE, '..', 'chaos')]
from bed import Bed, until  # noqa: E402

BUILD = os.path.dirname(os.path.dirname(os.path.abspath(os.environ['CITYNEG'])))
TOPIC = 'cityneg.registry.events.v1'


class Aside(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='cityneg-aside-')
        self.addCleanup(folder.cleanup)
        self.bed = Bed(BUILD, os.path.join(folder.name, 'bed'))
        self.addCleanup(self.bed.__exit__)
        for service in ('registry', 'negotiations', 'trends'):
            self.bed.start(service, '--kafka=none')
        self.bed.cities(1, 10)
        self.counted()

    def counted(self):
        until(lambda: self.bed.counted() == self.bed.heads('registry'), 'trends counted')

    def put_aside(self, part, seq):
        """As if trends had met a row that it could not apply: the fact is not there, and a letter is."""
        self.bed.services['trends'].end()
        with contextlib.closing(sqlite3.connect(os.path.join(self.bed.path('data'), 'trends.db'))) as db, db:
            resource, epoch = db.execute('SELECT resource, epoch FROM facts WHERE source = ? AND part = ? AND seq = ?',
                                         ('registry', part, seq)).fetchone()
            db.execute('DELETE FROM facts WHERE resource = ?', (resource,))
            db.execute('INSERT INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)',
                       (uuid.uuid4().bytes, TOPIC, part, seq, epoch, 'cityneg.registry.actor.created.v1', resource,
                        'INTERNAL: as the test wanted it', b''))
        self.bed.start('trends', '--kafka=none')

    def dlq(self, word, service='registry'):
        return self.bed.run('dlq', word, service, '--kafka', 'none')

    def limits(self):
        return self.bed.json('trends', 'report')['limits'][0]

    def test_rows_are_listed_told_and_applied_again(self):
        facts = self.bed.json('trends', 'get-progress')['facts']
        part, seq = sorted(self.bed.heads('registry').items())[0]
        self.put_aside(part, seq)
        listed = self.dlq('list')
        self.assertEqual((listed.returncode, listed.stderr), (0, '1 dead letters\n'))
        self.assertIn('%s [%d] seq %d  1970-01-01T00:00:00.000000Z  trends' % (TOPIC, part, seq), listed.stdout)
        self.assertIn('INTERNAL: as the test wanted it', listed.stdout)
        self.assertEqual(self.limits(), '1 row could not be counted and is put aside: what it says is not in these numbers.')
        self.assertEqual(self.dlq('list', 'negotiations').stderr, '0 dead letters\n')
        replayed = self.dlq('replay')
        self.assertEqual((replayed.returncode, replayed.stderr),
                         (0, '1 dead letters\ntrends: 1 rows applied, 0 not, 0 were settled before\n'))
        self.assertEqual(self.dlq('list').stderr, '0 dead letters\n')
        self.assertNotIn('put aside', self.limits())
        self.assertEqual(self.bed.json('trends', 'get-progress')['facts'], facts)


if __name__ == '__main__':
    unittest.main()

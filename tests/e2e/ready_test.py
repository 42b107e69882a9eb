"""/readyz says no while rows wait for Kafka, or a followed journal is ahead, for longer than was asked for; and yes again
once that is over, or where it was not asked for. Run through ctest (e2e/ready_test), or: CITYNEG=…/bin/cityneg python3
ready_test.py"""
import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'broker'), os.path.join(HERE, '..', 'chaos')]
from apache import free_ports  # noqa: E402
from bed import Bed, until  # noqa: E402
from processes import Process  # noqa: E402

BUILD = os.path.dirname(os.path.dirname(os.path.abspath(os.environ['CITYNEG'])))


def get(port, path):
    """(status, body)"""
    try:
        with urllib.request.urlopen('http://127.0.0.1:%d%s' % (port, path), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def number(port, metric):
    """The sum of a metric's values."""
    lines = get(port, '/metrics')[1].splitlines()
    return sum(float(line.rsplit(' ', 1)[1]) for line in lines if line.startswith(metric))


class Ready(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='cityneg-ready-')
        self.addCleanup(folder.cleanup)
        self.bed = Bed(BUILD, os.path.join(folder.name, 'bed'))
        self.addCleanup(self.bed.__exit__)

    def start(self, service, *options):
        """Answers the port of its probes."""
        port = free_ports(1)[0]
        self.bed.start(service, '--metrics=127.0.0.1:%d' % port, *options)
        return port

    def health(self, service):
        """0 while it says SERVING."""
        return subprocess.run([self.bed.program('cityneg'), 'health', self.bed.services[service].address()],
                              stdout=subprocess.DEVNULL, timeout=60).returncode

    def test_rows_that_wait_for_kafka_count_where_asked_for(self):
        broker_port = free_ports(1)[0]
        kafka = '--kafka=127.0.0.1:%d' % broker_port
        probes = self.start('registry', kafka, '--ready-unsent=1')
        self.assertEqual(get(probes, '/readyz')[0], 200)
        self.bed.cities(1, 10)
        until(lambda: get(probes, '/readyz')[0] == 503, 'it was not ready any more')
        self.assertEqual(get(probes, '/healthz')[0], 200)
        self.assertEqual(self.health('registry'), 0)  # calls are answered
        self.assertGreater(number(probes, 'cityneg_relay_oldest_unsent_seconds'), 1)
        broker = Process('broker', [self.bed.program('cityneg'), 'broker'], '--port=%d', self.bed.path('broker.log'))
        broker.port = broker_port
        self.assertTrue(broker.start())
        self.addCleanup(broker.end)
        until(lambda: get(probes, '/readyz')[0] == 200, 'it was ready again')
        self.assertEqual(number(probes, 'cityneg_relay_unsent_rows'), 0)

    def test_rows_that_wait_for_kafka_do_not_count_where_not(self):
        probes = self.start('registry', '--kafka=127.0.0.1:%d' % free_ports(1)[0], '--ready-unsent=0')
        self.bed.cities(1, 10)
        until(lambda: number(probes, 'cityneg_relay_oldest_unsent_seconds') > 1, 'rows waited')
        self.assertEqual(get(probes, '/readyz')[0], 200)

    def behind(self, *options):
        """Trends whose store is locked by somebody else while the registry goes on: its probes, and the lock."""
        self.start('registry', '--kafka=none')
        self.bed.start('negotiations', '--kafka=none')
        probes = self.start('trends', '--kafka=none', *options)
        self.bed.cities(1, 10)
        until(lambda: self.bed.counted() == self.bed.heads('registry'), 'trends counted')
        lock = sqlite3.connect(os.path.join(self.bed.path('data'), 'trends.db'), isolation_level=None)
        self.addCleanup(lock.close)
        until(lambda: self.locked(lock), 'the store was locked')
        self.bed.cities(11, 20)
        until(lambda: number(probes, 'cityneg_feed_behind_seconds') > 1, 'trends was behind')
        return probes, lock

    @staticmethod
    def locked(lock):
        try:
            lock.execute('BEGIN IMMEDIATE')
        except sqlite3.OperationalError:
            return False  # trends writes just now
        return True

    def test_lag_counts_where_asked_for(self):
        probes, lock = self.behind('--ready-lag=1')
        until(lambda: get(probes, '/readyz')[0] == 503, 'it was not ready any more')
        self.assertEqual(self.health('trends'), 0)
        lock.execute('ROLLBACK')
        until(lambda: get(probes, '/readyz')[0] == 200, 'it was ready again')
        until(lambda: self.bed.counted() == self.bed.heads('registry'), 'trends went on')
        self.assertEqual(number(probes, 'cityneg_feed_aside_rows'), 0)  # waiting mended it

    def test_lag_does_not_count_where_not(self):
        probes, _ = self.behind('--ready-lag=0')
        self.assertEqual(get(probes, '/readyz')[0], 200)


if __name__ == '__main__':
    unittest.main()

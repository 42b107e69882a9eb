"""Alerts: a rule that comes true is a record of the topic of trends, which anybody who consumes it sees while it happens, and
every other client later. Run through ctest (e2e/alerts_test), or: CITYNEG=…/bin/cityneg python3 alerts_test.py"""
import json
import shutil
import subprocess
import threading
import unittest

from platform_bed import PATIENCE, TRENDS, Platform, until

FIRED, TOPIC = 'cityneg.trends.alert.fired.v1', 'cityneg.trends.v1'
SOURCES = [{'source': 'sources/s'}]


class Consumer:
    """`cityneg events trends --follow` from now on: what it has seen so far is in `records`."""

    def __init__(self, platform):
        self.records = []
        self.process = platform.start_command('events', TRENDS, '--follow', '-o', 'json', '--kafka',
                                              platform.addresses['kafka'])
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.records.append(json.loads(line))

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def seen(self, kind):
        return [record for record in list(self.records) if record['headers']['ce_type'] == kind]


class Alerts(unittest.TestCase):
    def setUp(self):
        self.platform = Platform('--empty')
        self.platform.start()
        self.addCleanup(self.platform.__exit__)

    def ask(self, service, method, **request):
        done = self.platform.run(service, method, '--json', json.dumps(request), '-o', 'json')
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def log(self, *channels):
        """Entries of these channels, and the moment when the trend of virtual ones says so."""
        for channel in channels:
            self.logged += 1
            self.ask('negotiations', 'create-entry', entry={
                'name': 'negotiations/n/entries/%d' % self.logged, 'date': '2015', 'kind': 'ENTRY_KIND_MEETING',
                'channel': 'CHANNEL_' + channel, 'by': ['cities/a'], 'sources': SOURCES})
        until(lambda: self.virtual().get('total') == self.logged, 'a trend of %d entries was published' % self.logged)

    def virtual(self):
        done = self.platform.run(TRENDS, 'get-trend', 'trends/channel-mix-virtual', '-o', 'json')
        return json.loads(done.stdout)['finding'] if done.returncode == 0 else {}

    def test_a_rule_that_comes_true_is_consumed_from_kafka(self):
        self.logged = 0
        self.ask('registry', 'create-actor', actor={'name': 'states/xx', 'display_name': 'X'})
        for name in ('cities/a', 'cities/b'):
            self.ask('registry', 'create-actor', actor={'name': name, 'display_name': name, 'state': 'states/xx'})
        self.ask('negotiations', 'create-source', source={
            'name': 'sources/s', 'url': 'https://example.org', 'certainty': 'CERTAINTY_CHECKED'})
        self.ask('negotiations', 'create-negotiation', negotiation={
            'name': 'negotiations/n', 'title': 'Talks', 'format': 'FORMAT_BILATERAL', 'start': '2015',
            'phase': 'PHASE_AGREED', 'sources': SOURCES, 'participants': [
                {'actor': actor, 'role': 'ROLE_PARTY', 'capacity': 'CAPACITY_OWN_RIGHT'}
                for actor in ('cities/a', 'cities/b')]})
        self.log('VIRTUAL', 'IN_PERSON', 'IN_PERSON')
        self.ask(TRENDS, 'create-alert', alert={'name': 'alerts/half', 'trend': 'trends/channel-mix-virtual',
                                                'rule': 'ALERT_RULE_SHARE_ABOVE', 'threshold': 0.5})
        consumer = Consumer(self.platform)
        self.addCleanup(consumer.stop)
        self.log('VIRTUAL')  # a half is not above it
        self.log('VIRTUAL')
        fired = until(lambda: consumer.seen(FIRED), 'the alert came out of Kafka')
        self.log('VIRTUAL')  # it stays true
        self.log('IN_PERSON', 'IN_PERSON')
        self.log('VIRTUAL', 'VIRTUAL')  # it comes true again
        until(lambda: len(consumer.seen(FIRED)) == 2, 'it came a second time')
        twice = consumer.seen(FIRED)
        self.assertEqual([record['headers']['ce_subject'] for record in twice], ['alerts/half'] * 2)
        self.assertEqual(fired[0]['headers']['ce_dataschema'], 'cityneg.trends.v1.Trend')
        alert = fired[0]['event']['alert']
        self.assertEqual((alert['trend'], alert['fired'], alert['last']['before'], alert['last']['after']),
                         ('trends/channel-mix-virtual', '1', 0.5, 0.6))
        self.assertEqual(alert['last']['text'], 'trends/channel-mix-virtual: the share is 0.6, above 0.5')
        self.assertEqual(twice[1]['event']['alert']['fired'], '2')
        self.assertEqual(self.ask(TRENDS, 'get-alert', name='alerts/half')['fired'], '2')
        if shutil.which('kcat'):
            self.assert_another_client_sees('alerts/half')

    def assert_another_client_sees(self, name):
        done = subprocess.run(['kcat', '-b', self.platform.addresses['kafka'], '-C', '-e', '-o', 'beginning', '-t', TOPIC,
                               '-f', '%k %h\n'], capture_output=True, text=True, timeout=PATIENCE)
        lines = [line for line in done.stdout.splitlines() if line.startswith(name + ' ') and 'ce_type=' + FIRED in line]
        self.assertEqual(len(lines), 2, done.stderr)


if __name__ == '__main__':
    unittest.main()

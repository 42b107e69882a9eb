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

    def fired(self, *alerts):
        """The firings of these alerts, in the order of their arrival."""
        return [record for record in list(self.records)
                if record['headers']['ce_type'] == FIRED and record['headers']['ce_subject'] in alerts]


class Alerts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform('--empty')
        cls.platform.start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.ask('registry', 'create-actor', actor={'name': 'states/xx', 'display_name': 'X'})
        for name in ('cities/a', 'cities/b'):
            cls.ask('registry', 'create-actor', actor={'name': name, 'display_name': name, 'state': 'states/xx'})
        cls.ask('negotiations', 'create-source', source={
            'name': 'sources/s', 'url': 'https://example.org', 'certainty': 'CERTAINTY_CHECKED'})
        cls.ask('negotiations', 'create-negotiation', negotiation=cls.talks('n', 'bilateral', 2015))

    @classmethod
    def ask(cls, service, method, **request):
        done = cls.platform.run(service, method, '--json', '@-', '-o', 'json', input=json.dumps(request))
        if done.returncode:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    @staticmethod
    def talks(name, form, year, **more):
        return {'name': 'negotiations/' + name, 'title': 'Talks', 'format': 'FORMAT_' + form.upper(), 'start': str(year),
                'phase': 'PHASE_AGREED', 'sources': SOURCES, 'participants': [
                    {'actor': actor, 'role': 'ROLE_PARTY', 'capacity': 'CAPACITY_OWN_RIGHT'}
                    for actor in ('cities/a', 'cities/b')], **more}

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
        self.log('VIRTUAL', 'IN_PERSON', 'IN_PERSON')
        self.ask(TRENDS, 'create-alert', alert={'name': 'alerts/half', 'trend': 'trends/channel-mix-virtual',
                                                'rule': 'ALERT_RULE_SHARE_ABOVE', 'threshold': 0.5})
        consumer = Consumer(self.platform)
        self.addCleanup(consumer.stop)
        self.log('VIRTUAL')  # a half is not above it
        self.log('VIRTUAL')
        fired = until(lambda: consumer.fired('alerts/half'), 'the alert came out of Kafka')
        self.log('VIRTUAL')  # it stays true
        self.log('IN_PERSON', 'IN_PERSON')
        self.log('VIRTUAL', 'VIRTUAL')  # it comes true again
        until(lambda: len(consumer.fired('alerts/half')) == 2, 'it came a second time')
        twice = consumer.fired('alerts/half')
        self.assertEqual(fired[0]['headers']['ce_dataschema'], 'cityneg.trends.v1.Trend')
        alert = fired[0]['event']['alert']
        self.assertEqual((alert['trend'], alert['fired'], alert['last']['before'], alert['last']['after']),
                         ('trends/channel-mix-virtual', '1', 0.5, 0.6))
        self.assertEqual(alert['last']['text'], 'trends/channel-mix-virtual: the share is 0.6, above 0.5')
        self.assertEqual(twice[1]['event']['alert']['fired'], '2')
        self.assertEqual(self.ask(TRENDS, 'get-alert', name='alerts/half')['fired'], '2')
        if shutil.which('kcat'):
            self.assert_another_client_sees('alerts/half')

    def multilevel(self, total):
        """Waits for the value of the trend that counts so many talks."""
        def finding():
            done = self.platform.run(TRENDS, 'get-trend', 'trends/format-mix-multilevel', '-o', 'json')
            found = json.loads(done.stdout)['finding'] if done.returncode == 0 else {}
            return found if found.get('total') == total else None
        return until(finding, 'a trend of %d talks was published' % total)

    def record(self, form, years):
        requests = [{'negotiation': self.talks('%s-%d' % (form, i), form, year, collection='collections/c')}
                    for i, year in enumerate(years)]
        self.ask('negotiations', 'batch-create-negotiations', requests=requests)

    def test_each_kind_of_rule_is_consumed_from_kafka_once(self):
        """What is tested begins with one event, the collection's coverage; shares cross a line with another. So nothing
        is published in between, however slow the machine is."""
        alerts = {
            'alerts/change': ('multilevel', 'ALERT_RULE_NEW_CHANGE_POINT', 0, 'levels or a year of change from 2000, 2010'),
            'alerts/q': ('multilevel', 'ALERT_RULE_Q_BELOW', 0.05, 'q is '),
            'alerts/above': ('multilevel', 'ALERT_RULE_SHARE_ABOVE', 0.5, 'the share is 0.5023, above 0.5'),
            'alerts/below': ('multilateral', 'ALERT_RULE_SHARE_BELOW', 0.495, 'the share is 0.4932, below 0.495'),
        }
        self.ask('negotiations', 'create-collection', collection={
            'name': 'collections/c', 'display_name': 'c', 'from': '2000', 'to': '2002-12',
            'completeness': 'COMPLETENESS_CENSUS'})
        self.record('multilateral', [*range(2000, 2020)] * 5 + [*range(2000, 2009)])
        self.record('multilevel', [*range(2000, 2020, 2)] + [*range(2010, 2020)] * 10)
        before = self.multilevel(220)  # with the talks between two
        self.assertEqual((before['estimate'], before.get('q')), (0.5, None))
        for name, (category, rule, threshold, _) in alerts.items():
            self.ask(TRENDS, 'create-alert', alert={'name': name, 'trend': 'trends/format-mix-' + category, 'rule': rule,
                                                    'threshold': threshold})
        consumer = Consumer(self.platform)
        self.addCleanup(consumer.stop)
        self.ask('negotiations', 'update-collection', collection={'name': 'collections/c', 'to': '2019-12'})
        until(lambda: len(consumer.fired('alerts/change', 'alerts/q')) == 2, 'a test began')
        self.assertEqual(consumer.fired('alerts/above', 'alerts/below'), [])
        self.ask('negotiations', 'create-negotiation', negotiation=self.talks('one-more', 'multilevel', 2015,
                                                                              collection='collections/c'))
        fired = until(lambda: len(consumer.fired(*alerts)) == 4 and consumer.fired(*alerts), 'shares crossed')
        told = {record['headers']['ce_subject']: record['event']['alert'] for record in fired}
        for name, (category, rule, _, text) in alerts.items():
            self.assertEqual((told[name]['trend'], told[name]['rule'], told[name]['fired']),
                             ('trends/format-mix-' + category, rule, '1'))
            self.assertTrue(told[name]['last']['text'].startswith('trends/format-mix-%s: %s' % (category, text)), told[name])
        self.ask('negotiations', 'create-negotiation', negotiation=self.talks('still', 'multilevel', 2016,
                                                                              collection='collections/c'))
        self.assertLess(self.multilevel(222)['q'], 0.05)  # all of it stays true
        subjects = [record['headers']['ce_subject'] for record in self.platform.records(TRENDS)
                    if record['headers']['ce_type'] == FIRED]
        self.assertEqual([subjects.count(name) for name in alerts], [1, 1, 1, 1])

    def assert_another_client_sees(self, name):
        done = subprocess.run(['kcat', '-b', self.platform.addresses['kafka'], '-C', '-e', '-o', 'beginning', '-t', TOPIC,
                               '-f', '%k %h\n'], capture_output=True, text=True, timeout=PATIENCE)
        lines = [line for line in done.stdout.splitlines() if line.startswith(name + ' ') and 'ce_type=' + FIRED in line]
        self.assertEqual(len(lines), 2, done.stderr)


if __name__ == '__main__':
    unittest.main()

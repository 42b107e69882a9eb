"""Erasing: what was erased is in no file of the data folder and in no record of a topic that is left; a backup that is
restored stays erased. Run through ctest (e2e/erase_test), or: CITYNEG=…/bin/cityneg python3 erase_test.py"""
import json
import os
import unittest

from platform_bed import SERVICES, Platform, run, until

TEXT = 'Ozymandias'  # in every text that is erased, in several revisions; and not in what stays
CITY, TALKS = 'cities/ozy', 'negotiations/ozy'
SOURCES = [{'source': 'sources/s'}]


def holding(folder, text):
    """The files below a folder that hold a text, whatever else they hold."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), 'rb') as file:
                if text.encode() in file.read():
                    found.append(name)
    return sorted(found)


class Erase(unittest.TestCase):
    def setUp(self):
        self.platform = Platform('--empty')
        self.platform.start()
        self.addCleanup(self.platform.__exit__)

    def ask(self, service, method, **request):
        done = self.platform.run(service, method, '--json', json.dumps(request), '-o', 'json')
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def refused(self, service, method, **request):
        done = self.platform.run(service, method, '--json', json.dumps(request))
        self.assertEqual(done.returncode, 1, done.stdout)
        return done.stderr

    def counted_all(self):
        heads = {service: self.platform.heads(service) for service in SERVICES}
        until(lambda: self.platform.counted() == heads, 'trends counted every row')

    def record(self):
        """Every kind of text that somebody may want erased, in revisions of growing and shrinking size."""
        for name, title in (('states/xx', 'A state'), ('cities/other', 'Another city')):
            self.ask('registry', 'create-actor', actor={
                'name': name, 'display_name': title, 'state': '' if 'states' in name else 'states/xx'})
        for n in range(1, 5):
            self.ask('registry', 'update-actor', allow_missing=True, actor={
                'name': CITY, 'display_name': '%s %d' % (TEXT, n), 'state': 'states/xx', 'note': TEXT * (n * 97 % 300)})
        self.ask('negotiations', 'create-source', source={
            'name': 'sources/s', 'url': 'https://example.org', 'certainty': 'CERTAINTY_CHECKED'})
        self.ask('negotiations', 'create-issue', issue={'name': 'issues/i', 'display_name': 'An issue'})
        self.ask('negotiations', 'create-negotiation', negotiation={
            'name': TALKS, 'title': TEXT, 'format': 'FORMAT_BILATERAL', 'start': '2015', 'phase': 'PHASE_AGREED',
            'summary': TEXT * 100, 'sources': SOURCES, 'participants': [
                {'actor': actor, 'role': 'ROLE_PARTY', 'capacity': 'CAPACITY_OWN_RIGHT'}
                for actor in (CITY, 'cities/other')]})
        for factor in (31, 53, 89):
            self.ask('negotiations', 'batch-update-entries', requests=[{'allow_missing': True, 'entry': {
                'name': '%s/entries/%d' % (TALKS, n), 'date': '2015-12', 'kind': 'ENTRY_KIND_MEETING',
                'channel': 'CHANNEL_VIRTUAL', 'by': [CITY], 'summary': TEXT * (n * factor % 400),
                'sources': SOURCES}} for n in range(1, 30)])
        self.ask('negotiations', 'create-position', position={
            'name': 'positions/p', 'actor': CITY, 'issue': 'issues/i', 'stance': 2, 'date': '2015', 'basis': TEXT,
            'sources': SOURCES})
        self.ask('negotiations', 'create-agreement', agreement={
            'name': 'agreements/a', 'kind': 'AGREEMENT_KIND_SISTER_CITY', 'parties': [CITY, 'cities/other'],
            'note': TEXT, 'status_history': [{'date': '2015', 'status': 'AGREEMENT_STATUS_SIGNED', 'reason': TEXT}],
            'sources': SOURCES})

    def erase(self):
        answer = self.ask('registry', 'erase', name=CITY, reason='request 17')
        self.assertEqual(answer['erasures'][0]['revisions'], '4')
        self.assertEqual(len(self.ask('negotiations', 'erase', name=TALKS, reason='request 17', force=True)['erasures']),
                         30)
        for name in ('positions/p', 'agreements/a'):
            self.ask('negotiations', 'erase', name=name, reason='request 17')

    def assert_erased(self):
        self.assertIn('erased at', self.refused('registry', 'get-actor', name=CITY))
        for method, name in (('get-negotiation', TALKS), ('get-entry', TALKS + '/entries/3'),
                             ('get-position', 'positions/p'), ('get-agreement', 'agreements/a')):
            self.assertIn('erased at', self.refused('negotiations', method, name=name))
        self.platform.verified()

    def restart(self):
        self.assertEqual(self.platform.stop(), 0)
        self.platform.start()

    def test_no_file_and_no_record_holds_what_was_erased(self):
        self.record()
        self.counted_all()
        data = self.platform.data
        self.assertTrue({'registry.db', 'negotiations.db', 'trends.db'} <= {
            name.replace('-wal', '') for name in holding(data, TEXT)})
        self.erase()
        self.counted_all()
        until(lambda: not holding(data, TEXT), 'what was erased was gone from the files')
        self.assert_erased()
        progress = self.ask('trends', 'get-progress')
        self.assertEqual(int(progress['facts']), 4)  # the state, the other city, the source, the issue
        self.restart()  # the embedded broker keeps nothing; on a real one records go with the topic's retention
        self.counted_all()
        for service in SERVICES:
            records = self.platform.records(service)  # all rows, sent to the new broker
            self.assertTrue(any(record['headers']['ce_type'].endswith('.erased.v1') for record in records))
            self.assertNotIn(TEXT, json.dumps(records))
        self.assertEqual(holding(data, TEXT), [])
        self.assertEqual(self.platform.run('rebuild', 'trends', '--data', data).returncode, 0)

    def test_a_restored_backup_stays_erased(self):
        self.record()
        self.counted_all()
        backup, data = self.platform.path('backup'), self.platform.data
        self.assertEqual(run('backup', backup, '--data', data).returncode, 0)
        self.erase()
        self.ask('registry', 'create-actor', actor={'name': 'cities/later', 'display_name': 'L', 'state': 'states/xx'})
        self.counted_all()
        self.assertEqual(self.platform.stop(), 0)
        done = run('restore', backup, '--data', data, '--replace')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('are erased again when it starts', done.stderr)
        self.platform.start()
        self.assert_erased()
        self.counted_all()
        until(lambda: not holding(data, TEXT), 'what was erased was gone from the files again')

    def test_a_list_of_names_does_where_the_store_is_lost(self):
        self.record()
        backup, data = self.platform.path('backup'), self.platform.path('elsewhere')
        self.assertEqual(run('backup', backup, '--data', self.platform.data).returncode, 0)
        self.assertEqual(self.platform.stop(), 0)
        with open(self.platform.path('names'), 'w') as file:
            file.write('# erased since\n%s\n%s\n%s/entries/3\n' % (CITY, 'positions/p', TALKS))
        done = run('restore', backup, '--data', data, '--erasures', self.platform.path('names'))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.platform.data = data
        self.platform.start()
        for service, method, name in (('registry', 'get-actor', CITY), ('negotiations', 'get-position', 'positions/p'),
                                      ('negotiations', 'get-entry', TALKS + '/entries/3')):
            self.assertIn('erased at', self.refused(service, method, name=name))
        self.assertEqual(self.ask('negotiations', 'get-negotiation', name=TALKS)['title'], TEXT)


if __name__ == '__main__':
    unittest.main()

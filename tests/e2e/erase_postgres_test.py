"""Erasing on PostgreSQL: what was erased is in no file of the server once its administrator has done what
docs/reliability.md says. Run through ctest (e2e/erase_postgres_test), or: CITYNEG=…/bin/cityneg python3
erase_postgres_test.py"""
import glob
import json
import os
import sys
import tempfile
import unittest

from platform_bed import HERE, SERVICES, TRENDS, run, serve_alone, until

sys.path.append(os.path.join(HERE, '..', 'chaos'))
from stores import Postgres  # noqa: E402

TEXT = 'Ozymandias'  # in every text that is erased, and not in what stays
ALL = [*SERVICES, TRENDS]
CITY, POSITION = 'cities/ozy', 'positions/p'
SOURCES = [{'source': 'sources/s'}]


def holding(folder, text):
    """The files below a folder that hold a text. The server may remove any of them meanwhile."""
    found = []
    for place, _, names in os.walk(folder):
        for path in (os.path.join(place, name) for name in names):
            try:
                with open(path, 'rb') as file:
                    if text.encode() in file.read():
                        found.append(os.path.relpath(path, folder))
            except FileNotFoundError:
                pass
    return sorted(found)


@unittest.skipUnless(glob.glob('/usr/lib/postgresql/*/bin/initdb'),
                     'PostgreSQL is not installed (apt-get install postgresql)')
class ErasePostgres(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='cityneg-erase-')
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)  # the server runs as another user
        self.server = Postgres(folder.name, os.path.join(folder.name, 'postgresql.log'), ALL)
        self.addCleanup(self.stop)
        self.assertTrue(self.server.start())
        self.peers = []
        for service in ALL:
            serve_alone(self, service, self.server.words(service), self.peers)

    def stop(self):
        self.server.end()
        self.server.close()

    def try_to(self, service, method, **request):
        return run(service, method, '--json', json.dumps(request), *self.peers)

    def ask(self, service, method, **request):
        done = self.try_to(service, method, **request)
        self.assertEqual(done.returncode, 0, done.stderr)

    def record(self):
        for name, state in (('states/xx', ''), ('cities/other', 'states/xx')):
            self.ask('registry', 'create-actor', actor={'name': name, 'display_name': 'Stays', 'state': state})
        for n in range(1, 30):
            self.ask('registry', 'update-actor', allow_missing=True, actor={
                'name': CITY, 'display_name': '%s %d' % (TEXT, n), 'state': 'states/xx', 'note': TEXT * (n * 97 % 100)})
        self.ask('negotiations', 'create-source', source={
            'name': 'sources/s', 'url': 'https://example.org', 'certainty': 'CERTAINTY_CHECKED'})
        self.ask('negotiations', 'create-issue', issue={'name': 'issues/i', 'display_name': 'An issue'})
        position = {'name': POSITION, 'actor': CITY, 'issue': 'issues/i', 'stance': 2, 'date': '2015', 'basis': TEXT,
                    'sources': SOURCES}
        until(lambda: self.try_to('negotiations', 'create-position', position=position).returncode == 0,
              'the position of a city that negotiations have to hear of')

    def in_each(self, sql):
        for service in ALL:
            self.server.psql(service, sql)

    def clean(self):
        """What docs/reliability.md tells the administrator to run: whether nothing is left."""
        self.in_each('ANALYZE')  # statistics hold samples of texts
        self.in_each('VACUUM (FULL)')
        self.server.psql('postgres', 'SELECT pg_switch_wal()')
        self.server.psql('postgres', 'CHECKPOINT')
        return not holding(self.server.data, TEXT)

    def test_no_file_of_the_server_holds_what_was_erased(self):
        self.server.psql('postgres', 'ALTER SYSTEM SET wal_recycle = off')
        self.server.psql('postgres', 'SELECT pg_reload_conf()')
        self.record()
        self.in_each('ANALYZE')
        self.server.psql('postgres', 'CHECKPOINT')
        places = {os.path.dirname(path).split(os.sep)[0] for path in holding(self.server.data, TEXT)}
        self.assertEqual(places, {'base', 'pg_wal'})
        self.ask('registry', 'erase', name=CITY, reason='request 17')
        self.ask('negotiations', 'erase', name=POSITION, reason='request 17')
        until(self.clean, 'what was erased was gone from the files')
        for service, method, name in (('registry', 'get-actor', CITY), ('negotiations', 'get-position', POSITION)):
            self.assertIn('erased at', self.try_to(service, method, name=name).stderr)
        done = run('verify', *self.peers)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn('every hash is what was recorded', done.stdout)


if __name__ == '__main__':
    unittest.main()

"""A platform that speaks TLS alone, to callers and between its services, and knows everybody by a certificate or a token:
who is let in, who is not, and that every row of every journal says who it was. Run through ctest (e2e/security_test),
or: CITYNEG=…/bin/cityneg python3 security_test.py"""
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from platform_bed import HERE, Platform, run, until
from tokens import AUDIENCE, ISSUER, Issuer

CERTIFICATES = os.path.join(HERE, '..', 'common', 'rpc', 'certificates.sh')
SERVICES = ('registry', 'negotiations', 'trends')

# The services' own certificate is for foo.test.google.fr; that of the client for spiffe://cityneg/tests.
ROLES = """foo.test.google.fr      read
spiffe://cityneg/tests  write
ada                     write
scope:city.read         read
"""


class Security(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='cityneg-security-')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        subprocess.run([CERTIFICATES, cls.folder], check=True)
        cls.issuer = Issuer(cls.folder)
        cls.write('keys', cls.issuer.keys())
        cls.write('roles', ROLES)
        cls.token('ada')
        cls.token('reader', scope='openid city.read')
        cls.token('stranger')
        cls.token('late', seconds=-3600)
        cls.platform = Platform('--empty', '--tls-cert', cls.path('server.pem'), '--tls-key', cls.path('server.key'),
                                '--tls-ca', cls.path('ca.pem'), '--tls-client-ca', cls.path('ca.pem'),
                                '--tls-client-optional', '--jwt-jwks', cls.path('keys'), '--jwt-issuer', ISSUER,
                                '--jwt-audience', AUDIENCE, '--roles', cls.path('roles'))
        cls.addClassCleanup(cls.platform.__exit__)
        cls.platform.start()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def write(cls, name, text):
        with open(cls.path(name), 'w', encoding='utf-8') as file:
            file.write(text)

    @classmethod
    def token(cls, subject, **claims):
        cls.write(subject + '.token', cls.issuer.issue(subject, **claims))

    def by_certificate(self, name):
        return ['--tls-ca', self.path('ca.pem'), '--tls-cert', self.path(name + '.pem'), '--tls-key',
                self.path(name + '.key')]

    def by_token(self, subject):
        return ['--tls-ca', self.path('ca.pem'), '--token-file', self.path(subject + '.token')]

    def ask(self, who, *words):
        return self.platform.run(*words, *who)

    def granted(self, who, *words):
        done = self.ask(who, *words, '-o', 'json')
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def denied(self, code, who, *words):
        done = self.ask(who, *words)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(code, done.stderr)
        return done.stderr

    def create(self, who, service, kind, **fields):
        """Makes a resource of `fields`, and answers it."""
        return self.granted(who, service, 'create-' + kind, '--json', json.dumps({kind: fields}))

    def actors(self, service, resource):
        """The column `actor` of a resource's rows."""
        with contextlib.closing(sqlite3.connect(os.path.join(self.platform.data, service + '.db'))) as database:
            return [actor for actor, in database.execute('SELECT actor FROM journal WHERE resource = ? ORDER BY revision',
                                                         (resource,))]

    def test_every_row_says_who_it_was(self):
        certificate, ada = self.by_certificate('client'), self.by_token('ada')
        self.create(certificate, 'registry', 'actor', name='states/fr', display_name='France')
        self.create(ada, 'registry', 'actor', name='cities/ville-fr', display_name='ville', state='states/fr')
        self.granted(certificate, 'registry', 'update-actor', '--json', json.dumps(
            {'actor': {'name': 'cities/ville-fr', 'display_name': 'Ville'}}))
        self.assertEqual(self.actors('registry', 'states/fr'), ['spiffe://cityneg/tests'])
        self.assertEqual(self.actors('registry', 'cities/ville-fr'), ['ada', 'spiffe://cityneg/tests'])
        # Negotiations asks the registry for the city by TLS of its own; the row is still the caller's.
        self.create(certificate, 'negotiations', 'source', name='sources/page', title='A page',
                    url='https://page.example', certainty='CERTAINTY_CHECKED')
        self.create(ada, 'negotiations', 'issue', name='issues/water', display_name='Water for all')
        self.create(ada, 'negotiations', 'position', name='positions/one', actor='cities/ville-fr',
                    issue='issues/water', stance=2, date='2024', sources=[{'source': 'sources/page'}])
        self.assertEqual(self.actors('negotiations', 'positions/one'), ['ada'])
        self.assertEqual(self.actors('negotiations', 'issues/water'), ['ada'])
        heads = {name: self.granted(self.by_token('reader'), name, 'get-journal') for name in SERVICES[:2]}
        self.assertEqual([sum(int(head.get('seq', 0)) for head in heads[name]['heads']) for name in SERVICES[:2]], [3, 3])
        until(lambda: sum(int(part.get('seq', 0)) for source in self.granted(
            certificate, 'trends', 'get-progress')['sources'] for part in source.get('parts', [])) == 6,
              'trends counted the rows of both')
        verified = self.ask(certificate, 'verify')
        self.assertIn('every hash is what was recorded', verified.stdout, verified.stderr)

    def test_who_may_not_is_told_so(self):
        words = ['registry', 'list-actors']
        self.assertIn('role read', self.denied('UNAUTHENTICATED', ['--tls-ca', self.path('ca.pem')], *words))
        self.assertIn('stranger has the role none', self.denied('PERMISSION_DENIED', self.by_token('stranger'), *words))
        self.assertIn('has expired', self.denied('UNAUTHENTICATED', self.by_token('late'), *words))
        self.granted(self.by_token('reader'), *words)
        self.assertIn('reader has the role read', self.denied(
            'PERMISSION_DENIED', self.by_token('reader'), 'registry', 'create-actor', '--json',
            json.dumps({'actor': {'name': 'states/xx', 'display_name': 'X'}})))
        self.denied('UNAVAILABLE', self.by_certificate('other'), *words)  # of an authority that is not believed
        self.denied('UNAVAILABLE', [], *words)                            # without TLS

    def test_every_command_gets_in(self):
        who = self.by_certificate('client')
        address = self.platform.addresses['registry']
        health = run('health', address, '--tls-ca', self.path('ca.pem'))
        self.assertEqual((health.returncode, health.stdout), (0, 'SERVING\n'), health.stderr)
        self.assertEqual(self.ask(who, 'export', 'actors').returncode, 0)
        self.assertEqual(self.ask(who, 'events', 'registry', '--kafka', self.platform.addresses['kafka']).returncode, 0)
        self.assertEqual(self.ask(who, 'trends', 'report').returncode, 0)
        mistaken = self.ask(['--tls-cert', self.path('client.pem')], 'trends', 'report')
        self.assertEqual(mistaken.returncode, 1)
        self.assertIn('--tls-cert: is for TLS; give --tls-ca too', mistaken.stderr)


if __name__ == '__main__':
    unittest.main()

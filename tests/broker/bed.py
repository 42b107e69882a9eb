"""Services and commands around a real broker. Reach for it in the tests of this folder."""
import json
import os
import subprocess
import sys

from processes import Process

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from waiting import PATIENCE, until, whole_topic  # noqa: E402, F401

CALLS = {'registry': [], 'negotiations': ['registry'], 'trends': ['registry', 'negotiations']}  # who calls whom


class Bed:
    """Programs of the build over a folder of one test. Use `with`: at its end nothing of them runs."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.services = {}
        os.makedirs(folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for service in reversed(self.services.values()):
            service.end()

    def path(self, name):
        return os.path.join(self.folder, name)

    def program(self, name):
        return os.path.join(self.build, 'bin', name)

    def start(self, name, *options, serves=True):
        """A service, or another replica of it as trends-2; it has the addresses of those that were started before."""
        kind = name.split('-')[0]
        words = [self.program('cityneg-' + kind), '--data=' + self.path('data'), *options]
        words += ['--%s=%s' % (other, self.services[other].address()) for other in CALLS[kind] if other in self.services]
        service = self.services.get(name) or Process(name, words, '--listen=127.0.0.1:%d', self.path(name + '.log'))
        service.words = words
        if service.start() != serves:
            raise AssertionError('%s: %s' % (name, self.log(name)))
        if serves:
            self.services[name] = service
        return service

    def log(self, name):
        with open(self.path(name + '.log'), encoding='utf-8', errors='replace') as log:
            return log.read()

    def run(self, *words):
        where = ['--%s=%s' % (name, s.address()) for name, s in self.services.items() if name in CALLS]
        return subprocess.run([self.program('cityneg'), *words, *where], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE)

    def json(self, *words):
        done = self.run(*words, '-o', 'json')
        if done.returncode:
            raise AssertionError('%s: %s' % (' '.join(words), done.stderr))
        return json.loads(done.stdout)

    def cities(self, first, last, note=''):
        """Records cities/c-FIRST … c-LAST, one revision each."""
        requests = [{'actor': {'name': 'cities/c-%d' % i, 'displayName': 'City %d' % i, 'note': note,
                               'externalIds': [{'scheme': 'geonames', 'value': str(i)}]},
                     'updateMask': '*', 'allowMissing': True} for i in range(first, last + 1)]
        self.batch('registry', 'batch-update-actors', requests)

    def batch(self, service, method, requests):
        with open(self.path('request'), 'w', encoding='utf-8') as file:
            json.dump({'requests': requests}, file)
        self.json(service, method, '--json', '@' + self.path('request'))

    def heads(self, service):
        """{partition: rows} of the journal; partitions without any are left out."""
        heads = self.json(service, 'get-journal')['heads']
        return {h.get('part', 0): int(h['seq']) for h in heads if int(h.get('seq', 0))}

    def sent(self, service):
        heads = self.json(service, 'get-journal')['heads']
        return {h.get('part', 0): int(h['sentSeq']) for h in heads if int(h.get('sentSeq', 0))}

    def counted(self, topic='cityneg.registry.events.v1'):
        progress = self.json('trends', 'get-progress')
        return {part.get('part', 0): int(part['seq']) for source in progress['sources'] if source['topic'] == topic
                for part in source.get('parts', []) if int(part.get('seq', 0))}

    def records(self, service, *options):
        return whole_topic(self, service, *options)

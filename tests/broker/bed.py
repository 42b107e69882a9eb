"""Services and commands around a real broker. Reach for it in the tests of this folder."""
import json
import os
import subprocess
import time

from processes import Process

PATIENCE = int(os.environ.get('CITYNEG_PATIENCE', 120))  # seconds, for what ends by itself
PAUSE = 0.05


def until(condition, what):
    """The first true value of condition(); AssertionError names `what` where it never comes."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError('%s did not happen within %d s' % (what, PATIENCE))
        time.sleep(PAUSE)


def newest(records):
    """{partition: its newest row} of records as `cityneg events` prints them."""
    found = {}
    for record in records:
        found[record['partition']] = max(found.get(record['partition'], 0), int(record['headers']['ce_sequence']))
    return found


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
        """What the topic holds once it has every row: trends may have counted from the journal what is not sent yet."""
        def whole():
            done = self.run('events', service, '-o', 'json', *options)
            found = [json.loads(line) for line in done.stdout.splitlines()]
            return [found] if not done.returncode and newest(found) == self.heads(service) else None
        return until(whole, 'every row of %s came to Kafka' % service)[0]

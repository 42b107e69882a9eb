"""Starts the built platform as a user would, and asks it by its own command line. Reach for it in end-to-end tests."""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, '..'))
from waiting import PATIENCE, until, whole_topic  # noqa: E402

SAMPLES = os.path.join(HERE, '..', '..', 'samples')
CITYNEG = os.environ.get('CITYNEG', 'cityneg')  # the built program
SERVICES = ['registry', 'negotiations']
TOPICS = {name: 'cityneg.%s.events.v1' % name for name in SERVICES}
TRENDS = 'trends'  # follows the others, and has a journal of its own


def run(*words, text=True, **options):
    """The finished process of a cityneg command."""
    return subprocess.run([CITYNEG, *map(str, words)], capture_output=True, text=text, timeout=PATIENCE, **options)


def serve_alone(test, service, store, peers):
    """One service on the store that these words name, without Kafka, until the test ends. Adds its --service=ADDRESS to
    the peers, of which it knows those before it; its process."""
    read, write = os.pipe()
    program = os.path.join(os.path.dirname(CITYNEG), 'cityneg-' + service)
    process = subprocess.Popen([program, *store, '--listen', '127.0.0.1:0', '--kafka', 'none', '--ready-fd', str(write),
                                *peers], pass_fds=[write], stderr=subprocess.DEVNULL)
    test.addCleanup(process.wait)
    test.addCleanup(process.kill)
    os.close(write)
    with os.fdopen(read) as pipe:
        peers.append('--%s=127.0.0.1:%s' % (service, pipe.readline().strip()))
    return process


class Platform:
    """`cityneg up` on a folder of its own, with any free ports. A context manager: at its end nothing is left."""

    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(prefix='cityneg-e2e-')
        self.data = os.path.join(self.folder, 'data')
        self.options = options
        self.addresses = {}
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        complaints = self.complaints()
        shutil.rmtree(self.folder)
        if complaints:
            raise AssertionError('\n'.join(complaints))

    def complaints(self):
        """What sanitizers have to say in the logs of the programs, where these are built with them."""
        found = []
        for name in glob.glob(os.path.join(self.data, 'log', '*.log')):
            with open(name, encoding='utf-8', errors='replace') as file:
                found += [line for line in file if 'Sanitizer' in line or 'runtime error:' in line]
        return found

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding='utf-8') as file:
            return file.read()

    def start(self):
        ready = self.path('ready')
        if os.path.exists(ready):
            os.remove(ready)
        with open(self.path('out'), 'w') as out, open(self.path('err'), 'w') as err:
            self.process = subprocess.Popen([CITYNEG, 'up', '--data', self.data, '--port', '0', '--kafka-port', '0',
                                             '--ready-file', ready, *self.options], stdout=out, stderr=err)
        until(lambda: os.path.exists(ready) or self.process.poll() is not None, 'the platform served')
        if self.process.poll() is not None:
            raise AssertionError('cityneg up ended with %d: %s' % (self.process.returncode, self.read('err')))
        self.addresses = dict(line.split() for line in self.read('ready').splitlines())

    def stop(self):
        """Asks it to end and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    def children(self):
        """{program: pid} of what runs now: broker, registry, negotiations, trends."""
        found = {}
        with open('/proc/%d/task/%d/children' % (self.process.pid, self.process.pid)) as file:
            pids = file.read().split()
        for pid in pids:
            try:
                with open('/proc/%s/cmdline' % pid, 'rb') as file:
                    words = file.read().split(b'\0')
            except FileNotFoundError:
                continue
            name = os.path.basename(words[0].decode())
            found['broker' if name == 'cityneg' else name.removeprefix('cityneg-')] = int(pid)
        return found

    def kill(self, name):
        """kill -9, of a child that is there."""
        pid = until(lambda: self.children().get(name), name + ' ran')
        os.kill(pid, signal.SIGKILL)

    # ---- asking ----

    def where(self):
        return ['--%s=%s' % (name, self.addresses[name]) for name in ('registry', 'negotiations', 'trends')]

    def run(self, *words, **options):
        return run(*words, *self.where(), **options)

    def start_command(self, *words):
        """A command that goes on while the test does other things."""
        return subprocess.Popen([CITYNEG, *map(str, words), *self.where()], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def json(self, *words):
        done = self.run(*words, '-o', 'json')
        if done.returncode:
            raise AssertionError('%s: %s' % (' '.join(words), done.stderr))
        return json.loads(done.stdout)

    def heads(self, service):
        """{partition: rows} of a service's journal; partitions without any are left out."""
        journal = self.json(service, 'get-journal')
        return {head.get('part', 0): int(head['seq']) for head in journal['heads'] if int(head.get('seq', 0))}

    def verified(self):
        """{service: {partition: rows}} whose hashes are what was recorded, all of them."""
        done = self.run('verify')
        if done.returncode or 'every hash is what was recorded' not in done.stdout:
            raise AssertionError('verify: %s%s' % (done.stdout, done.stderr))
        found = {}
        for line in done.stdout.splitlines()[:-1]:
            service, _, part, rows, *_ = line.split()
            if int(rows):
                found.setdefault(service, {})[int(part)] = int(rows)
        return found

    def counted(self):
        """{service: {partition: rows}} that trends has counted."""
        progress = self.json('trends', 'get-progress')
        parts = {source['topic']: source.get('parts', []) for source in progress['sources']}
        return {name: {part.get('part', 0): int(part['seq']) for part in parts[topic] if int(part.get('seq', 0))}
                for name, topic in TOPICS.items()}

    def trends(self):
        """All published trends, page after page."""
        found, token = [], ''
        while True:
            page = self.json(TRENDS, 'list-trends', '-s', 'page_size=1000', '-s', 'page_token=' + token)
            found += page.get('trends', [])
            token = page.get('nextPageToken', '')
            if not token:
                return found

    def published(self):
        """All published trends, once they say what the report says."""
        def settled():
            wanted = {(answer['question'], finding['category'], finding['collection']): finding['sentence'] or ''
                      for answer in self.json(TRENDS, 'report')['questions'] for finding in answer['findings']}
            found = self.trends()
            said = {(trend['question'], trend['category'], trend.get('collection')):
                    trend['finding'].get('sentence', '') for trend in found}
            return found if said == wanted else None
        return until(settled, 'the publication of what the report says')

    def records(self, service):
        return whole_topic(self, service, '--kafka', self.addresses['kafka'])

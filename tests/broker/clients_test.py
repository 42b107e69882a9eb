#!/usr/bin/env python3
"""Clients of others on a real broker, as samples/consumers has them, and the suites of the libraries against it.

    clients_test.py BUILD [TEST …]
"""
import os
import signal
import subprocess
import sys

from real import BUILD, HERE, REGISTRY, Real, lines_of, main, packages, until

SAMPLES = os.path.join(HERE, '..', '..', 'samples', 'consumers')
NODE = packages.node('kafkajs@2.2.4', 'protobufjs@8.8.1', 'fzstd@0.1.1')


def cities(count):
    return {'cities/c-%d' % i for i in range(1, count + 1)}


class Clients(Real):
    def sample(self, name, *words):
        """A sample consumer of REGISTRY that runs on; its lines go to a file."""
        program = {'py': [sys.executable, '-B'], 'mjs': ['node']}[name.rsplit('.', 1)[1]]
        out = os.path.join(self.folder, 'out-%s-%s' % (name, '-'.join(words)))
        with open(out, 'w') as lines, open(out + '.err', 'w') as words_of_it:
            process = subprocess.Popen([*program, os.path.join(SAMPLES, name), self.apache.bootstrap, REGISTRY,
                                        os.path.join(BUILD, 'contract', 'contract.binpb'), *words],
                                       stdout=lines, stderr=words_of_it, cwd=NODE if name.endswith('mjs') else None)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, out

    @staticmethod
    def names(*files):
        """A consumer that was moved to another member, or lost its session, may read some twice."""
        return {event['actor']['name'] for path in files for event in lines_of(path)}

    def test_sample_consumers_share_a_topic_and_one_leaves(self):
        with self.bed() as bed:
            bed.start('registry', '--kafka=' + self.apache.bootstrap)
            bed.cities(1, 40)
            first, out = self.sample('consume.py', 'shared', 'one')
            until(lambda: self.names(out) == cities(40), 'the first member read all')
            _, more = self.sample('consume.py', 'shared', 'two')
            until(lambda: len(self.members('shared')) == 2 and all(self.members('shared').values()),
                  'both members had partitions')
            bed.cities(41, 80)
            until(lambda: self.names(out, more) == cities(80), 'both read what came')
            first.send_signal(signal.SIGINT)
            first.wait()
            bed.cities(81, 120)
            until(lambda: self.names(out, more) == cities(120), 'the one that stayed read the rest')

    def test_sample_consumer_in_node(self):
        if not NODE:
            self.skipTest('packages of npm are missing')
        with self.bed() as bed:
            bed.start('registry', '--kafka=' + self.apache.bootstrap)
            bed.cities(1, 40)
            _, out = self.sample('consume.mjs', 'node')
            until(lambda: self.names(out) == cities(40), 'Node read all')

    def test_suites_of_the_libraries(self):
        for suite in ('kafka_test', 'relay_test', 'feed_test', 'feed_aside_test'):
            with self.subTest(suite):
                done = subprocess.run([os.path.join(BUILD, 'tests', suite)], capture_output=True, text=True, timeout=300,
                                      env={**os.environ, 'CITYNEG_KAFKA': self.apache.bootstrap})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr[-3000:])
                self.assertNotIn('broker_may_come_later', done.stdout)  # which only the in-process broker takes part in


if __name__ == '__main__':
    main()

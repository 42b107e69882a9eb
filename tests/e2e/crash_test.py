"""What is killed in the middle of an import loses nothing that was acknowledged: registry, negotiations, the broker and
trends are killed (kill -9) one after the other while a client imports the samples; `up` starts them again, the client
repeats what was not answered, and in the end every count is the same as if nothing had happened. Run through ctest
(e2e/crash_test), or: CITYNEG=…/bin/cityneg python3 crash_test.py"""
import os
import re
import signal
import unittest

import check_report
import expected
import facts as files
from platform_bed import SAMPLES, SERVICES, Platform, until


def rows(platform, service):
    """How many rows a journal holds; 0 while the service is away."""
    try:
        return sum(platform.heads(service).values())
    except AssertionError:
        return 0


class Crashes(unittest.TestCase):
    def setUp(self):
        self.platform = Platform('--empty')
        self.platform.start()
        self.addCleanup(self.platform.__exit__)

    def importing(self, kind, sample):
        """An import that goes on while the test kills."""
        return self.platform.start_command('import', kind, os.path.join(SAMPLES, sample), '--rejects',
                                           self.platform.path('rejects.tsv'))

    def recorded(self, process):
        """How many resources a finished import says were recorded; every one was acknowledged."""
        _, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, err)
        found = re.search(r'(\d+) rows read, (\d+) resources recorded, \d+ unchanged, (\d+) rejected', err)
        self.assertIsNotNone(found, err)
        self.assertEqual(found.group(3), '0', err)
        return int(found.group(2))

    def kill_and_wait(self, name, client=None):
        """Kills a program and waits until another one stands in its place; a client that needs it must be at work."""
        before = self.platform.children()[name]
        if client:
            self.assertIsNone(client.poll(), 'the import was over before %s was killed' % name)
        os.kill(before, signal.SIGKILL)
        until(lambda: self.platform.children().get(name, before) != before, name + ' started again')

    def everything_agrees(self, recorded):
        heads = {service: self.platform.heads(service) for service in SERVICES}
        self.assertEqual(sum(sum(parts.values()) for parts in heads.values()), recorded)
        until(lambda: self.platform.counted() == heads, 'trends counted every row')
        for service in SERVICES:
            self.assertEqual(self.in_kafka(service), heads[service])
        verified = self.platform.verified()
        self.assertEqual({service: verified.get(service, {}) for service in SERVICES}, heads)

    def in_kafka(self, service):
        """{partition: newest row} in the topic; what was sent twice counts once, and none may be missing."""
        found = {}
        for record in self.platform.records(service):
            found.setdefault(record['partition'], set()).add(int(record['headers']['ce_sequence']))
        for part, seqs in found.items():
            self.assertEqual(len(seqs), max(seqs), 'partition %d of %s has a gap' % (part, service))
        return {part: max(seqs) for part, seqs in found.items()}

    def test_what_is_killed_while_importing_loses_nothing(self):
        process = self.importing('samples', '')
        # The services that the import needs come first: each kill holds it up, however fast the machine is.
        until(lambda: rows(self.platform, 'registry') > 0, 'the registry recorded the first states')
        self.kill_and_wait('registry', process)
        until(lambda: rows(self.platform, 'negotiations') > 0, 'negotiations recorded the first sources')
        self.kill_and_wait('negotiations', process)
        self.kill_and_wait('broker')
        self.kill_and_wait('trends')
        recorded = self.recorded(process)
        self.everything_agrees(recorded)
        wanted = expected.report(files.read(SAMPLES))
        report = self.platform.json('trends', 'report')
        self.assertEqual(list(check_report.differences(wanted, report)), [])

    def test_up_that_is_killed_takes_its_programs_with_it_and_starts_again(self):
        recorded = self.recorded(self.importing('states', 'states.tsv'))
        children = list(self.platform.children().values())
        self.assertEqual(len(children), 4)
        self.platform.process.kill()
        self.platform.process.wait()
        for pid in children:
            until(lambda: not os.path.exists('/proc/%d' % pid) or is_zombie(pid), 'program %d ended' % pid)
        self.platform.start()
        self.everything_agrees(recorded)


def is_zombie(pid):
    """Whether it has ended and waits for a parent to take note."""
    try:
        with open('/proc/%d/stat' % pid) as file:
            return file.read().rsplit(')', 1)[1].split()[0] == 'Z'
    except FileNotFoundError:
        return True


if __name__ == '__main__':
    unittest.main()

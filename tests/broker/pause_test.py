#!/usr/bin/env python3
"""A real broker that stands still for half a minute: nothing is lost, trends go on by the journal, and the topic gets the rest.

    pause_test.py BUILD [TEST …]
"""
import threading

from real import Real, main, until

PAUSE_SECONDS = 30


class Pause(Real):
    def test_broker_that_stands_still_gets_what_it_missed(self):
        with self.bed() as bed:
            here = '--kafka=' + self.apache.bootstrap
            for service in ('registry', 'negotiations', 'trends'):
                bed.start(service, here)
            bed.cities(1, 100)
            self.assertEqual(len(bed.records('registry', '--kafka', self.apache.bootstrap)), 100)
            over = threading.Event()
            self.apache.pause()
            self.addCleanup(self.apache.go_on)
            timer = threading.Timer(PAUSE_SECONDS, over.set)
            timer.start()
            bed.cities(101, 200)
            until(lambda: bed.counted() == bed.heads('registry'), 'trends counted what Kafka could not bring')
            self.assertLess(sum(bed.sent('registry').values()), 200)
            over.wait()
            self.apache.go_on()
            bed.cities(201, 210)
            records = bed.records('registry', '--kafka', self.apache.bootstrap)
            self.assertEqual({r['headers']['ce_subject'] for r in records}, {'cities/c-%d' % i for i in range(1, 211)})
            for part, rows in bed.heads('registry').items():
                seqs = [int(r['headers']['ce_sequence']) for r in records if r['partition'] == part]
                self.assertEqual(sorted(set(seqs)), list(range(1, rows + 1)))
            until(lambda: bed.counted() == bed.heads('registry'), 'trends went on')


if __name__ == '__main__':
    main()

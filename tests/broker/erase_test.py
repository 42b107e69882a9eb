#!/usr/bin/env python3
"""A real broker whose topics forget soon: what was erased is nowhere.

    erase_test.py BUILD [TEST …]
"""
import json
import os

from real import REGISTRY, Real, main, until
from confluent_kafka import Producer

TEXT = 'Zvezdograd-on-the-Lake'
SOON = {'retention_ms': '2000', 'segment_ms': '1000', 'file_delete_delay_ms': '100',
        'message_timestamp_type': 'LogAppendTime'}


class Erase(Real):
    def holding(self, folder):
        """Files in which the text is, as it is written there."""
        found = []
        for path, _, names in os.walk(folder):
            for name in names:
                try:
                    with open(os.path.join(path, name), 'rb') as file:
                        if TEXT.encode() in file.read():
                            found.append(name)
                except FileNotFoundError:
                    pass  # the broker has deleted it just now
        return found

    def test_what_was_erased_is_nowhere_once_topics_forget(self):
        with self.bed() as bed:
            self.make_topic(REGISTRY, 8, **SOON)
            self.make_topic(REGISTRY + '.dlq', 8, **SOON)
            here = '--kafka=' + self.apache.bootstrap
            bed.start('registry', here, '--kafka-option=compression.type=none')
            bed.start('negotiations', here)
            bed.start('trends', here)
            bed.cities(1, 1, note=TEXT)
            until(lambda: self.holding(self.apache.path('data')), 'the text was in the log of Kafka')
            producer = Producer({'bootstrap.servers': self.apache.bootstrap, 'log_level': 0})
            producer.produce(REGISTRY, partition=3, key='cities/c-1', value=TEXT.encode(), headers={'ce_id': 'no uuid'})
            producer.flush()
            until(lambda: 'no uuid' in bed.run('dlq', 'list', 'registry', '--kafka', self.apache.bootstrap).stdout,
                  'a dead letter had the text, too')
            done = bed.run('registry', 'erase', '--json', json.dumps({'name': 'cities/c-1', 'reason': 'request 17'}))
            self.assertEqual(done.returncode, 0, done.stderr)
            until(lambda: bed.counted() == bed.heads('registry'), 'trends counted the erasure')
            until(lambda: not self.holding(self.apache.path('data')), 'no file of Kafka had the text')
            until(lambda: not self.holding(bed.path('data')), 'no file of the services had the text')
            self.assertNotIn(TEXT, bed.run('events', 'registry', '-o', 'json', '--kafka', self.apache.bootstrap).stdout)
            bed.cities(2, 2)  # an empty topic goes on
            until(lambda: bed.counted() == bed.heads('registry'), 'trends went on')


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
"""Leaders of a cluster of three nodes change, by kill -9, by a pause and by election, while the relay sends: nothing is lost,
nothing is out of order, and the topic is what the journal is.

    leaders_test.py BUILD [TEST …]
"""
import json
import os
import shutil
import tempfile
import threading
import unittest

from real import BUILD, REGISTRY, Bed, ElectionType, KafkaException, TopicPartition, admin, main, until
from cluster import Cluster

PARTS = range(8)
BATCH, PACE_SECONDS = 10, 0.3


class Writer(threading.Thread):
    """Records cities, a batch after the other at a steady pace, until it is told to end."""

    def __init__(self, bed):
        super().__init__()
        self.bed, self.over, self.written, self.failed = bed, threading.Event(), 0, None

    def run(self):
        try:
            while not self.over.wait(PACE_SECONDS):
                self.bed.cities(self.written + 1, self.written + BATCH)
                self.written += BATCH
        except AssertionError as error:
            self.failed = error

    def end(self):
        self.over.set()
        self.join()
        if self.failed:
            raise self.failed


class Leaders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='cityneg-cluster-')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.cluster = Cluster(os.path.join(BUILD, 'bin', 'cityneg'), cls.folder)
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.start()
        cls.admin = admin.AdminClient({'bootstrap.servers': cls.cluster.bootstrap, 'log_level': 0})

    def topics(self):
        """As some node tells, or none while none does."""
        try:
            return self.admin.list_topics(timeout=5).topics
        except KafkaException:
            return {}

    def parts(self):
        """Of the registry's topic; [] while nobody tells."""
        found = self.topics().get(REGISTRY)
        return list(found.partitions.values()) if found else []

    def leaders(self):
        """Who leads which partition; None while one has no leader, or nobody tells."""
        leaders = {part.id: part.leader for part in self.parts()}
        return leaders if leaders and min(leaders.values()) > 0 else None

    def busiest(self):
        """The node that leads most partitions."""
        led = list(until(self.leaders, 'every partition had a leader').values())
        return max(self.cluster.nodes, key=led.count)

    def whole(self):
        """Every partition has a leader and all of its replicas in sync."""
        parts = self.parts()
        return len(parts) == len(PARTS) and all(part.leader > 0 and len(part.isrs) == 3 for part in parts)

    def goes_on(self, bed):
        """So many rows as are recorded by now reach Kafka."""
        heads = bed.heads('registry')
        until(lambda: all(bed.sent('registry').get(part, 0) >= seq for part, seq in heads.items()), 'rows went on to Kafka')

    def settings_of(self, topic):
        """{} while the node that is asked does not know the topic yet."""
        resource = admin.ConfigResource(admin.ConfigResource.Type.TOPIC, topic)
        try:
            found = self.admin.describe_configs([resource])[resource].result()
        except KafkaException:
            return {}
        return {name: entry.value for name, entry in found.items()}

    def same_as_journal(self, bed):
        records = bed.records('registry', '--kafka', self.cluster.bootstrap)
        changes = [json.loads(line) for line in bed.run('export', 'changes', 'registry').stdout.splitlines()]
        rows = {(change.get('part', 0), int(change['seq'])): (change['id'], change['event']) for change in changes
                if 'seq' in change}
        sent = {}
        for record in records:
            at = record['partition'], int(record['headers']['ce_sequence'])
            value = record['headers']['ce_id'], record['event']
            self.assertEqual(sent.setdefault(at, value), value)
        self.assertEqual(sent, rows)
        for part in PARTS:
            seqs = [int(r['headers']['ce_sequence']) for r in records if r['partition'] == part]
            newest = 0
            for seq in seqs:
                self.assertLessEqual(seq, newest + 1, 'partition %d leaves out a row' % part)
                newest = max(newest, seq)
        return len(records) - len(rows)

    def test_leaders_change_while_the_relay_sends(self):
        with Bed(BUILD, os.path.join(self.folder, 'bed')) as bed:
            here = '--kafka=' + self.cluster.bootstrap
            for service in ('registry', 'negotiations', 'trends'):
                bed.start(service, here)
            bed.cities(1, BATCH)
            until(self.whole, 'the topic was made with three replicas')
            settings = until(lambda: self.settings_of(REGISTRY), 'the topic had settings')
            self.assertEqual(settings['min.insync.replicas'], '2')
            writer = Writer(bed)
            writer.written = BATCH
            writer.start()
            try:
                for harm in ('kill', 'pause', 'elect', 'kill'):
                    self.change(harm)
                    self.goes_on(bed)
                    self.cluster.start()
                    until(self.whole, 'after %s every replica was in sync again' % harm)
                    print('leaders changed by %s: %d rows so far' % (harm, writer.written), flush=True)
            finally:
                writer.end()
            until(lambda: bed.counted() == bed.heads('registry'), 'trends counted every row')
            self.assertEqual(sum(bed.heads('registry').values()), writer.written)
            repeats = self.same_as_journal(bed)
            print('%d rows while leaders changed, %d repeats in the topic' % (writer.written, repeats), flush=True)

    def change(self, harm):
        """Takes partitions from the node that leads most of them, and gives some to another."""
        node = self.busiest()
        if harm == 'elect':
            before = self.leaders()
            asked = [TopicPartition(REGISTRY, part) for part in PARTS]
            self.admin.elect_leaders(ElectionType.PREFERRED, asked).result()
            until(lambda: self.leaders() not in (None, before), 'leaders were elected')
            return
        if harm == 'kill':
            self.cluster.nodes[node].kill()
        else:
            self.cluster.nodes[node].pause()
        until(lambda: node not in (self.leaders() or {0: node}).values(), 'others led what node %d had' % node)
        if harm == 'pause':
            self.cluster.nodes[node].go_on()


if __name__ == '__main__':
    main()

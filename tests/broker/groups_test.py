#!/usr/bin/env python3
"""Replicas of trends on one PostgreSQL as one consumer group of a real broker: who has what, how far behind it is, and what
happens when one of them leaves.

    groups_test.py BUILD [TEST …]
"""
import glob
import os
import sys

from real import REGISTRY, Real, TopicPartition, main, packages, until
from confluent_kafka import ConsumerGroupTopicPartitions
from stores import Postgres

GROUP = 'cityneg-trends'
PARTS = set(range(8))
if not glob.glob('/usr/lib/postgresql/*/bin'):
    packages.told('there is no PostgreSQL here', 'postgresql')
    sys.exit(77)


class Groups(Real):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.chmod(cls.folder, 0o711)  # PostgreSQL runs as somebody else
        cls.postgres = Postgres(cls.folder, os.path.join(cls.folder, 'postgresql.log'), ['trends'])
        cls.addClassCleanup(cls.postgres.close)
        cls.addClassCleanup(cls.postgres.end)
        if not cls.postgres.start():
            raise AssertionError('PostgreSQL does not start; see ' + cls.postgres.log)

    def shared(self):
        """{member: its partitions of the registry's topic}, as Kafka describes the group."""
        described = self.admin.describe_consumer_groups([GROUP])[GROUP].result()
        found = {}
        for member in described.members:
            parts = {p.partition for p in member.assignment.topic_partitions if p.topic == REGISTRY}
            if member.group_instance_id.endswith(REGISTRY):
                found[member.group_instance_id.removesuffix('-' + REGISTRY)] = parts
        return found

    def lag(self):
        """Records of the topic that the group has not told to have read."""
        asked = ConsumerGroupTopicPartitions(GROUP, [TopicPartition(REGISTRY, part) for part in PARTS])
        told = self.admin.list_consumer_group_offsets([asked])[GROUP].result().topic_partitions
        client = self.client('lag')
        return sum(client.get_watermark_offsets(p, timeout=30)[1] - max(p.offset, 0) for p in told)

    def start(self, bed, name):
        return bed.start(name, '--kafka=' + self.apache.bootstrap, '--replica=' + name, *self.postgres.words('trends'))

    def counts(self, bed):
        until(lambda: bed.counted() == bed.heads('registry'), 'trends counted every row')

    def same_as_counted_anew(self, bed):
        """What one program counts that nobody shares with, from the journals alone."""
        wanted = bed.json('trends', 'get-progress')['facts'], bed.json('trends', 'report')
        bed.services.pop('trends')
        bed.start('trends', '--kafka=none')
        self.counts(bed)
        self.assertEqual((bed.json('trends', 'get-progress')['facts'], bed.json('trends', 'report')), wanted)

    def members_of(self, bed, first, last):
        """Memberships, of which trends have cells."""
        bed.batch('registry', 'batch-update-memberships', [
            {'membership': {'name': 'cities/c-%d/memberships/m' % i, 'institution': 'institutions/i',
                            'status': 'MEMBERSHIP_STATUS_MEMBER', 'from': str(1990 + i % 30)}, 'allowMissing': True}
            for i in range(first, last + 1)])

    def test_replicas_share_leave_and_take_over(self):
        here = '--kafka=' + self.apache.bootstrap
        with self.bed() as bed:
            bed.start('registry', here)
            bed.start('negotiations', here)
            bed.batch('registry', 'batch-update-actors', [{'actor': {
                'name': 'institutions/i', 'displayName': 'I'}, 'updateMask': '*', 'allowMissing': True}])
            bed.cities(1, 100)
            first = self.start(bed, 'trends')
            until(lambda: self.shared() == {'trends': PARTS}, 'one member had all partitions')
            self.counts(bed)
            second = self.start(bed, 'trends-2')
            until(lambda: self.even(), 'two members had half of the partitions each')
            before = self.shared()
            self.members_of(bed, 1, 100)
            self.counts(bed)
            until(lambda: self.lag() == 0, 'Kafka saw that all was read')

            second.kill()
            bed.cities(101, 200)
            second.start()  # within the session: nothing moves
            self.counts(bed)
            self.assertEqual(self.shared(), before)

            second.kill()
            self.members_of(bed, 101, 200)
            until(lambda: self.shared() == {'trends': PARTS}, 'the one that stayed had all partitions')
            self.counts(bed)
            until(lambda: self.lag() == 0, 'Kafka saw that all was read')

            second.start()
            until(lambda: self.even(), 'two members shared again')
            first.kill()
            bed.services['trends'] = second  # which answers from now on
            bed.cities(201, 300)
            self.counts(bed)
            self.same_as_counted_anew(bed)

    def even(self):
        shared = self.shared()
        return {len(parts) for parts in shared.values()} == {4} and set.union(*shared.values()) == PARTS


if __name__ == '__main__':
    main()

"""Tests on a real broker: one node of Apache Kafka a class, and another Python that has a client of it. Reach for it in
the tests of this folder that need the broker; it ends them with 77 where Java, Maven, openssl or the packages cannot be
had. `admin`, `Consumer` and the like are confluent_kafka's."""
import json
import os
import shutil
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..'), os.path.join(HERE, '..', 'chaos')]
import packages  # noqa: E402
from apache import Apache, missing  # noqa: E402
from bed import Bed, until  # noqa: E402

if missing():
    packages.told('no Apache Kafka here; these are missing:', missing())
    sys.exit(77)
packages.inside_python(sys.argv[0], 'confluent-kafka==2.16.1', 'protobuf==7.36.2')
from confluent_kafka import Consumer, ElectionType, KafkaException, TopicPartition, admin  # noqa: E402

REGISTRY, NEGOTIATIONS, TRENDS = 'cityneg.registry.events.v1', 'cityneg.negotiations.events.v1', 'cityneg.trends.v1'
BUILD = os.path.abspath(sys.argv[1])


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])


class Real(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='cityneg-broker-')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.apache = Apache(os.path.join(BUILD, 'bin', 'cityneg'), cls.folder)
        cls.addClassCleanup(cls.apache.stop)
        cls.apache.start()

    def bed(self):
        """Programs of one test, on topics that are not there yet."""
        self.admin = admin.AdminClient({'bootstrap.servers': self.apache.bootstrap, 'log_level': 0})
        known = [name for name in self.topics() if not name.startswith('__')]
        if known:
            for done in self.admin.delete_topics(known).values():
                done.result()
            until(lambda: not [name for name in self.topics() if name in known], 'topics went')
        return Bed(BUILD, os.path.join(self.folder, self.id().split('.')[-1]))

    def topics(self):
        return self.admin.list_topics(timeout=30).topics

    def settings_of(self, topic):
        resource = admin.ConfigResource(admin.ConfigResource.Type.TOPIC, topic)
        return {name: entry.value for name, entry in self.admin.describe_configs([resource])[resource].result().items()}

    def make_topic(self, name, partitions, **settings):
        """Settings with _ in the place of dots."""
        topic = admin.NewTopic(name, partitions, config={key.replace('_', '.'): value
                                                         for key, value in settings.items()})
        for done in self.admin.create_topics([topic]).values():
            done.result()

    def partitions_of(self, topic):
        """How many; 0 while there is no such topic."""
        found = self.topics().get(topic)
        return len(found.partitions) if found else 0

    def members(self, group):
        """{static id: partitions} of a group."""
        described = self.admin.describe_consumer_groups([group])[group].result()
        return {m.group_instance_id: len(m.assignment.topic_partitions) for m in described.members}

    def client(self, name):
        """A consumer that makes nothing and begins where it is told."""
        client = Consumer({'bootstrap.servers': self.apache.bootstrap, 'group.id': name, 'log_level': 0,
                           'enable.auto.commit': False})
        self.addCleanup(client.close)
        return client


def next_record(client):
    """The next one that comes, whatever is told before it."""
    def poll():
        message = client.poll(1)
        return message if message is not None and not message.error() else None
    return until(poll, 'a record came')


def lines_of(path):
    """The values of a file with one JSON value a line, but for a line that is not whole yet."""
    with open(path, encoding='utf-8') as lines:
        return [json.loads(line) for line in lines if line.endswith('\n')]

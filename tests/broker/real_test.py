#!/usr/bin/env python3
"""What only a real broker shows: topics as they are made, compaction, TLS and SASL, crashes, retention, sizes.

    real_test.py BUILD [TEST …]

Exits with 77 where Java, Maven, openssl or packages of Python cannot be had; what needs Node is then left out alone.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..'), os.path.join(HERE, '..', 'chaos')]
import packages  # noqa: E402
from apache import PASSWORD, USER, Apache, missing  # noqa: E402
from bed import Bed, until  # noqa: E402

REGISTRY, NEGOTIATIONS, TRENDS = 'cityneg.registry.events.v1', 'cityneg.negotiations.events.v1', 'cityneg.trends.v1'
BUILD = os.path.abspath(sys.argv[1])
SAMPLES = os.path.join(HERE, '..', '..', 'samples', 'consumers')
DAYS_30 = str(30 * 24 * 3600 * 1000)


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
        self.admin = kafka.AdminClient({'bootstrap.servers': self.apache.bootstrap, 'log_level': 0})
        known = [name for name in self.admin.list_topics(timeout=30).topics if not name.startswith('__')]
        if known:
            for done in self.admin.delete_topics(known).values():
                done.result()
            until(lambda: not [t for t in self.admin.list_topics(timeout=30).topics if t in known], 'topics went')
        return Bed(BUILD, os.path.join(self.folder, self.id().split('.')[-1]))

    def settings_of(self, topic):
        resource = kafka.ConfigResource(kafka.ConfigResource.Type.TOPIC, topic)
        return {name: entry.value for name, entry in self.admin.describe_configs([resource])[resource].result().items()}

    def partitions_of(self, topic):
        return len(self.admin.list_topics(topic, timeout=30).topics[topic].partitions)

    def has_topic(self, topic):
        return topic in self.admin.list_topics(timeout=30).topics

    def write_settings(self, bed, text):
        with open(bed.path('kafka.conf'), 'w', encoding='utf-8') as file:
            file.write(text)
        return '--kafka-config=' + bed.path('kafka.conf')

    # ---- topics ----

    def test_topics_are_made_as_they_have_to_be(self):
        with self.bed() as bed:
            here = '--kafka=' + self.apache.bootstrap
            bed.start('registry', here, '--partitions=6')
            bed.start('negotiations', here, '--partitions=3')
            bed.start('trends', here, '--partitions=2')
            until(lambda: all(map(self.has_topic, (REGISTRY, NEGOTIATIONS, TRENDS))), 'topics were made')
            self.assertEqual([self.partitions_of(t) for t in (REGISTRY, NEGOTIATIONS, TRENDS)], [6, 3, 2])
            for topic in (REGISTRY, NEGOTIATIONS):
                self.assertEqual(self.settings_of(topic)['cleanup.policy'], 'delete')
                self.assertEqual(self.settings_of(topic)['retention.ms'], DAYS_30)
            self.assertEqual(self.settings_of(TRENDS)['cleanup.policy'], 'compact')

    def test_topic_with_another_number_of_partitions_gets_nothing(self):
        with self.bed() as bed:
            for done in self.admin.create_topics([kafka.NewTopic(REGISTRY, 5)]).values():
                done.result()
            bed.start('registry', '--kafka=' + self.apache.bootstrap)
            bed.cities(1, 20)
            until(lambda: 'has 5 partitions and the journal has 8' in bed.log('registry'), 'the refusal was told')
            client = kafka.Consumer({'bootstrap.servers': self.apache.bootstrap, 'group.id': 'none'})
            ends = [client.get_watermark_offsets(kafka.TopicPartition(REGISTRY, p), timeout=30)[1] for p in range(5)]
            client.close()
            self.assertEqual(ends, [0] * 5)

    # ---- who gets in ----

    def check_events_arrive(self, bed, address, settings):
        config = self.write_settings(bed, settings)
        bed.start('registry', '--kafka=' + address, config)
        bed.cities(1, 10)
        found = bed.records('registry', '--kafka', address, config)
        self.assertEqual(sorted(r['headers']['ce_subject'] for r in found), sorted('cities/c-%d' % i
                                                                                   for i in range(1, 11)))

    def sasl(self, mechanism, password=PASSWORD):
        return 'sasl.mechanism=%s\nsasl.username=%s\nsasl.password=%s\n' % (mechanism, USER, password)

    def test_mutual_tls(self):
        with self.bed() as bed:
            self.check_events_arrive(bed, self.apache.address('SSL'), ''.join(
                ['security.protocol=SSL\n'] + ['ssl.%s.location=%s\n' % (what, self.apache.path(name)) for what, name in
                 (('ca', 'ca.pem'), ('certificate', 'client.pem'), ('key', 'client.key'))]))

    def test_plain_over_tls(self):
        with self.bed() as bed:
            self.check_events_arrive(bed, self.apache.address('SASL_SSL'), 'security.protocol=SASL_SSL\nssl.ca.location='
                                     + self.apache.path('ca.pem') + '\n' + self.sasl('PLAIN'))

    def test_scram_works_or_says_that_librdkafka_is_too_old(self):
        for mechanism in ('SCRAM-SHA-256', 'SCRAM-SHA-512'):
            settings = 'security.protocol=SASL_PLAINTEXT\n' + self.sasl(mechanism)
            address = self.apache.address('SASL_PLAINTEXT')
            other = kafka.AdminClient({'bootstrap.servers': address, 'log_level': 0,
                                       **dict(line.split('=') for line in settings.split())})
            self.assertTrue(other.list_topics(timeout=30).brokers)  # the broker knows the user
            with self.subTest(mechanism), self.bed() as bed:
                if self.librdkafka() >= (2, 6, 1):
                    self.check_events_arrive(bed, address, settings)
                else:
                    bed.start('registry', '--kafka=' + address, self.write_settings(bed, settings))
                    until(lambda: 'older than 2.6.1' in bed.log('registry'), 'the reason was told')
            shutil.rmtree(bed.folder)

    @staticmethod
    def librdkafka():
        """The version that the programs run with."""
        found = subprocess.run(['pkg-config', '--modversion', 'rdkafka'], capture_output=True, text=True)
        return tuple(map(int, found.stdout.strip().split('.')[:3]))

    def test_wrong_password_is_told_and_is_in_no_log(self):
        with self.bed() as bed:
            config = self.write_settings(bed, 'security.protocol=SASL_PLAINTEXT\n'
                                         + self.sasl('PLAIN', 'not-the-password'))
            bed.start('registry', '--kafka=' + self.apache.address('SASL_PLAINTEXT'), config)
            until(lambda: 'uthentication' in bed.log('registry'), 'the refusal was told')
            self.assertNotIn('not-the-password', bed.log('registry'))

    def test_setting_that_promises_rest_on_is_refused(self):
        with self.bed() as bed:
            bed.start('registry', '--kafka=' + self.apache.bootstrap, '--kafka-option=acks=1', serves=False)
            self.assertIn('--kafka-option: acks is not for choosing', bed.log('registry'))

    # ---- what goes wrong ----

    def test_crash_of_the_broker_loses_nothing(self):
        with self.bed() as bed:
            here = '--kafka=' + self.apache.bootstrap
            bed.start('registry', here)
            bed.start('negotiations', here)
            bed.start('trends', here)
            bed.cities(1, 200)
            until(lambda: bed.sent('registry') == bed.heads('registry'), 'rows reached Kafka')
            bed.cities(201, 400)
            self.apache.kill()
            bed.cities(401, 600)
            until(lambda: bed.counted() == bed.heads('registry'), 'trends counted what Kafka could not bring')
            self.apache.start()
            until(lambda: bed.sent('registry') == bed.heads('registry'), 'rows reached the broker that came back')
            found = {(r['partition'], int(r['headers']['ce_sequence'])): r['headers']['ce_id']
                     for r in bed.records('registry', '--kafka', self.apache.bootstrap)}
            self.assertEqual(len(found), 600)
            self.assertEqual(len(set(found.values())), 600)
            bed.cities(601, 610)
            until(lambda: bed.counted() == bed.heads('registry'), 'trends went on')

    def test_what_retention_deleted_comes_from_the_journal(self):
        with self.bed() as bed:
            here = '--kafka=' + self.apache.bootstrap
            bed.start('registry', here)
            bed.cities(1, 300)
            until(lambda: bed.sent('registry') == bed.heads('registry'), 'rows reached Kafka')
            heads = bed.heads('registry')
            self.assertEqual(self.partitions_of(REGISTRY), 8)
            gone = [kafka.TopicPartition(REGISTRY, part, rows // 2) for part, rows in heads.items()]
            for done in self.admin.delete_records(gone).values():
                done.result()
            bed.start('negotiations', here)
            bed.start('trends', here)
            until(lambda: bed.counted() == heads, 'trends counted all rows')

    def test_record_that_the_broker_finds_too_large_is_sent_without_its_body(self):
        with self.bed() as bed:
            topic = kafka.NewTopic(REGISTRY, 8, config={'max.message.bytes': '3000'})
            for done in self.admin.create_topics([topic]).values():
                done.result()
            here = '--kafka=' + self.apache.bootstrap
            bed.start('registry', here, '--kafka-option=compression.type=none', '--kafka-option=linger.ms=0')
            bed.start('negotiations', here)
            bed.start('trends', here)
            bed.cities(1, 3)
            bed.cities(4, 4, note='a long note ' * 300)
            bed.cities(5, 8)
            until(lambda: bed.sent('registry') == bed.heads('registry'), 'rows reached Kafka')
            until(lambda: bed.counted() == bed.heads('registry'), 'trends counted all rows')
            found = {r['headers']['ce_subject']: r for r in bed.records('registry', '--kafka', self.apache.bootstrap)}
            self.assertEqual(len(found), 8)
            self.assertIn('ce_dataref', found['cities/c-4']['headers'])
            self.assertNotIn('actor', found['cities/c-4']['event'])
            self.assertNotIn('ce_dataref', found['cities/c-8']['headers'])

    # ---- consumers of others ----

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
        found = []
        for path in files:
            with open(path, encoding='utf-8') as lines:
                found += [json.loads(line)['actor']['name'] for line in lines if line.endswith('\n')]
        return sorted(found)

    def test_sample_consumers_share_a_topic_and_one_leaves(self):
        with self.bed() as bed:
            bed.start('registry', '--kafka=' + self.apache.bootstrap)
            bed.cities(1, 40)
            first, out = self.sample('consume.py', 'shared', 'one')
            until(lambda: len(self.names(out)) == 40, 'the first member read all')
            second, more = self.sample('consume.py', 'shared', 'two')
            until(lambda: len(self.members('shared')) == 2 and all(self.members('shared').values()),
                  'both members had partitions')
            bed.cities(41, 80)
            wanted = sorted('cities/c-%d' % i for i in range(1, 81))
            until(lambda: set(self.names(out, more)) == set(wanted), 'both read what came')
            first.send_signal(signal.SIGINT)
            first.wait()
            bed.cities(81, 120)
            wanted = {'cities/c-%d' % i for i in range(1, 121)}
            until(lambda: set(self.names(out, more)) == wanted, 'the one that stayed read the rest')

    def members(self, group):
        """{static id: partitions} of a group."""
        described = self.admin.describe_consumer_groups([group])[group].result()
        return {m.group_instance_id: len(m.assignment.topic_partitions) for m in described.members}

    def test_sample_consumer_in_node(self):
        if not NODE:
            self.skipTest('packages of npm are missing')
        with self.bed() as bed:
            bed.start('registry', '--kafka=' + self.apache.bootstrap)
            bed.cities(1, 40)
            _, out = self.sample('consume.mjs', 'node')
            until(lambda: self.names(out) == sorted('cities/c-%d' % i for i in range(1, 41)), 'Node read all')

    def test_frames_of_a_schema_registry(self):
        with self.bed() as bed:
            here = '--kafka=' + self.apache.bootstrap
            bed.start('registry', here, '--kafka-schema-id=258')
            bed.start('negotiations', here)
            bed.start('trends', here, '--kafka-schema-id=7')
            bed.cities(1, 20)
            until(lambda: bed.counted() == bed.heads('registry'), 'trends counted framed rows')
            self.assertEqual(len([r for r in bed.records('registry', '--kafka', self.apache.bootstrap)
                                  if r['event']['actor']]), 20)
            client = kafka.Consumer({'bootstrap.servers': self.apache.bootstrap, 'group.id': 'frames'})
            client.assign([kafka.TopicPartition(REGISTRY, part, 0) for part in range(8)])
            value = until(lambda: client.poll(1), 'a record came').value()
            client.close()
            self.assertEqual(value[:6], bytes([0, 0, 0, 1, 2, 0]))

    def test_records_are_as_the_contract_says(self):
        with open(os.path.join(BUILD, 'contract', 'asyncapi.json'), encoding='utf-8') as file:
            headers = json.load(file)['components']['schemas']['headers']
        with self.bed() as bed:
            bed.start('registry', '--kafka=' + self.apache.bootstrap)
            bed.cities(1, 5)
            for record in bed.records('registry', '--kafka', self.apache.bootstrap):
                self.assertEqual(set(headers['required']) - set(record['headers']), set())
                self.assertEqual(set(record['headers']) - set(headers['properties']), set())
            done = bed.run('events', 'tail', 'registry', '--kafka', self.apache.bootstrap, '--count', '3')
            self.assertEqual([set(json.loads(line)) for line in done.stdout.splitlines()],
                             [{'partition', 'offset', 'headers', 'event'}] * 3)

    def test_record_that_cannot_be_read_becomes_a_dead_letter(self):
        with self.bed() as bed:
            here = '--kafka=' + self.apache.bootstrap
            bed.start('registry', here)
            bed.cities(1, 10)
            until(lambda: bed.sent('registry') == bed.heads('registry'), 'rows reached Kafka')
            bed.start('negotiations', here)
            producer = kafka.Producer({'bootstrap.servers': self.apache.bootstrap, 'log_level': 0})
            producer.produce(REGISTRY, partition=3, key='cities/odd', value=b'\xff', headers={'ce_id': 'no uuid'})
            producer.flush()
            where = ['registry', '--kafka', self.apache.bootstrap]
            until(lambda: self.has_topic(REGISTRY + '.dlq'), 'dead letters had a topic')
            self.assertEqual(self.partitions_of(REGISTRY + '.dlq'), 8)
            listed = until(lambda: bed.run('dlq', 'list', *where).stdout, 'the letter was there')
            self.assertIn(REGISTRY + ' [3] offset', listed)
            self.assertIn('negotiations', listed)
            self.assertIn('no uuid', listed)
            done = bed.run('dlq', 'replay', *where)
            self.assertEqual((done.returncode, done.stderr),
                             (0, '1 dead letters\n1 records that could not be read: the journal has what they may have said\n'))
            self.assertEqual(len(bed.run('dlq', 'list', *where).stdout.splitlines()), 1)
            bed.cities(11, 20)
            bed.start('trends', here)
            until(lambda: bed.counted() == bed.heads('registry'), 'what is right was counted')

    def test_suites_of_the_libraries(self):
        for suite in ('kafka_test', 'relay_test', 'feed_test', 'feed_aside_test'):
            with self.subTest(suite):
                done = subprocess.run([os.path.join(BUILD, 'tests', suite)], capture_output=True, text=True, timeout=300,
                                      env={**os.environ, 'CITYNEG_KAFKA': self.apache.bootstrap})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr[-3000:])
                self.assertNotIn('broker_may_come_later', done.stdout)  # which only the in-process broker takes part in


def main():
    if '--inside' in sys.argv:
        return unittest.main(argv=[sys.argv[0]] + [w for w in sys.argv[2:] if w != '--inside'])
    if missing():
        packages.told('no Apache Kafka here; these are missing:', missing())
        sys.exit(77)
    python = packages.python('confluent-kafka==2.16.1', 'protobuf==7.36.2')
    if not python:
        sys.exit(77)
    os.execv(python, [python, '-B', *sys.argv, '--inside'])


if '--inside' in sys.argv:
    NODE = packages.node('kafkajs@2.2.4', 'protobufjs@8.8.1', 'fzstd@0.1.1')
    import confluent_kafka.admin as kafka
    from confluent_kafka import Consumer, Producer, TopicPartition
    kafka.Consumer, kafka.Producer, kafka.TopicPartition = Consumer, Producer, TopicPartition

if __name__ == '__main__':
    main()

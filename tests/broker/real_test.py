#!/usr/bin/env python3
"""What only a real broker shows, as far as it takes less than a minute: topics as they are made, TLS and SASL, a crash,
retention, sizes, frames, dead letters. What takes longer is in the other *_test.py of this folder; `run` has them all.

    real_test.py BUILD [TEST …]
"""
import json
import os
import shutil
import subprocess

from real import BUILD, NEGOTIATIONS, REGISTRY, TRENDS, Real, TopicPartition, admin, main, next_record, until
from apache import PASSWORD, USER
from confluent_kafka import Producer

DAYS_30 = str(30 * 24 * 3600 * 1000)


class Short(Real):
    # ---- topics ----

    def test_topics_are_made_as_they_have_to_be(self):
        with self.bed() as bed:
            here = '--kafka=' + self.apache.bootstrap
            bed.start('registry', here, '--partitions=6')
            bed.start('negotiations', here, '--partitions=3')
            bed.start('trends', here, '--partitions=2')
            until(lambda: all(map(self.partitions_of, (REGISTRY, NEGOTIATIONS, TRENDS))), 'topics were made')
            self.assertEqual([self.partitions_of(t) for t in (REGISTRY, NEGOTIATIONS, TRENDS)], [6, 3, 2])
            for topic in (REGISTRY, NEGOTIATIONS):
                self.assertEqual(self.settings_of(topic)['cleanup.policy'], 'delete')
                self.assertEqual(self.settings_of(topic)['retention.ms'], DAYS_30)
            self.assertEqual(self.settings_of(TRENDS)['cleanup.policy'], 'compact')

    def test_topic_with_another_number_of_partitions_gets_nothing(self):
        with self.bed() as bed:
            self.make_topic(REGISTRY, 5)
            bed.start('registry', '--kafka=' + self.apache.bootstrap)
            bed.cities(1, 20)
            until(lambda: 'has 5 partitions and the journal has 8' in bed.log('registry'), 'the refusal was told')
            client = self.client('none')
            ends = [client.get_watermark_offsets(TopicPartition(REGISTRY, p), timeout=30)[1] for p in range(5)]
            self.assertEqual(ends, [0] * 5)

    # ---- who gets in ----

    @staticmethod
    def write_settings(bed, text):
        with open(bed.path('kafka.conf'), 'w', encoding='utf-8') as file:
            file.write(text)
        return '--kafka-config=' + bed.path('kafka.conf')

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
            other = admin.AdminClient({'bootstrap.servers': address, 'log_level': 0,
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
            gone = [TopicPartition(REGISTRY, part, rows // 2) for part, rows in heads.items()]
            for done in self.admin.delete_records(gone).values():
                done.result()
            bed.start('negotiations', here)
            bed.start('trends', here)
            until(lambda: bed.counted() == heads, 'trends counted all rows')

    def test_record_that_the_broker_finds_too_large_is_sent_without_its_body(self):
        with self.bed() as bed:
            self.make_topic(REGISTRY, 8, max_message_bytes='3000')
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

    def test_what_follows_a_record_that_is_too_large_does_not_overtake_it(self):
        with self.bed() as bed:
            self.make_topic(REGISTRY, 1, max_message_bytes='3000')
            bed.start('registry', '--kafka=none', '--partitions=1')
            bed.cities(1, 1, note='a long note ' * 300)
            bed.cities(2, 20)
            bed.services['registry'].end()
            bed.start('registry', '--kafka=' + self.apache.bootstrap, '--kafka-option=compression.type=none',
                      '--kafka-option=batch.num.messages=1')
            found = bed.records('registry', '--kafka', self.apache.bootstrap)
            self.assertEqual([int(r['headers']['ce_sequence']) for r in found], list(range(1, 21)))

    # ---- consumers of others ----

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
            client = self.client('frames')
            client.assign([TopicPartition(REGISTRY, part, 0) for part in range(8)])
            value = next_record(client).value()
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
            producer = Producer({'bootstrap.servers': self.apache.bootstrap, 'log_level': 0})
            producer.produce(REGISTRY, partition=3, key='cities/odd', value=b'\xff', headers={'ce_id': 'no uuid'})
            producer.flush()
            where = ['registry', '--kafka', self.apache.bootstrap]
            until(lambda: self.partitions_of(REGISTRY + '.dlq'), 'dead letters had a topic')
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


if __name__ == '__main__':
    main()

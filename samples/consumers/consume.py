"""Prints the events of a topic as JSON lines: consume.py BOOTSTRAP TOPIC CONTRACT.binpb [GROUP [MEMBER]]

CONTRACT.binpb is what `cityneg events contract` writes. Packages: confluent-kafka, protobuf.
"""
import sys
from confluent_kafka import Consumer
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

bootstrap, topic, contract = sys.argv[1:4]
group, member = (sys.argv[4:6] + ['cityneg-sample', ''][len(sys.argv[4:6]):])
pool = descriptor_pool.DescriptorPool()
with open(contract, 'rb') as file:
    for proto in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
        pool.Add(proto)
consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': group, 'auto.offset.reset': 'earliest',
                     'enable.auto.commit': False, 'session.timeout.ms': 10000, 'partition.assignment.strategy': 'cooperative-sticky',
                     **({'group.instance.id': member} if member else {})})
consumer.subscribe([topic])
newest = {}  # (source, partition) -> sequence: in a real consumer, kept with its results, in one transaction
try:
    while True:
        record = consumer.poll(1)
        if record is None or record.error():
            continue
        headers = {key: value.decode() for key, value in record.headers() or []}
        at, sequence = (headers.get('ce_source'), record.partition()), int(headers.get('ce_sequence', 0))
        if sequence > newest.get(at, 0):  # a repeat is not beyond what was seen
            newest[at] = sequence
            kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(headers['ce_dataschema']))
            event = kind.FromString(record.value() or b'')  # empty: erased, or to be read at ce_dataref
            print(json_format.MessageToJson(event, indent=None), flush=True)
        consumer.commit(record)
except KeyboardInterrupt:
    consumer.close()

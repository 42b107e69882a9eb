"""The JSON of every message is what Python's json_format makes of it, and is read back as it reads it: random messages of
every type of the contract, and of one that has what the contract does not use (maps, floats, Duration, all integers).

    json_test.py DRIVER_OF_THE_PLATFORM DRIVER_OF_THE_SAMPLE        SEED=n for another run
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..')]
import packages  # noqa: E402

packages.inside_python(__file__, 'grpcio==1.85.1', 'grpcio-status==1.85.1')

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory  # noqa: E402
from google.protobuf.descriptor import FieldDescriptor as F  # noqa: E402

from schema import ROOT, Schema  # noqa: E402

SEED = int(os.environ.get('SEED', 20261124))
DEPTH = 4
TEXTS = ['', 'a', 'Казань', '東京都', 'مدينة', 'שָׁלוֹם', 'é', 'e\u0301', '👩‍👩‍👧‍👦', '𝔘𝔫𝔦', '\ufeffBOM', '\u202eright',
         '\u2028line', '\x01\x1f\x7f', '"\\/\b\f\n\r\t', '{"a": 1}', '\uffff', '\U0010ffff', ' ' * 40]
# No -0.0 is among them: protobuf-c takes it for 0, which is the default and not sent.
REALS = [0.0, 1.5, 0.1, -2.0**-1074, 1.7976931348623157e308, 3.141592653589793, 1e21, 123456789012345680.0,
         float('nan'), float('inf'), float('-inf')]
FLOATS = [0.0, 0.1, -1.5, 3.4e38, 1.401298464324817e-45, 16777216.0, float('nan'), float('inf')]
RANGES = {F.TYPE_INT32: (-2**31, 2**31 - 1), F.TYPE_SINT32: (-2**31, 2**31 - 1), F.TYPE_SFIXED32: (-2**31, 2**31 - 1),
          F.TYPE_INT64: (-2**63, 2**63 - 1), F.TYPE_SINT64: (-2**63, 2**63 - 1), F.TYPE_SFIXED64: (-2**63, 2**63 - 1),
          F.TYPE_UINT32: (0, 2**32 - 1), F.TYPE_FIXED32: (0, 2**32 - 1), F.TYPE_UINT64: (0, 2**64 - 1),
          F.TYPE_FIXED64: (0, 2**64 - 1)}
NEITHER = {'google.protobuf.Any', 'google.protobuf.Struct', 'google.protobuf.Value', 'google.protobuf.ListValue'}


class Driver:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what, descriptor, rest):
        self.process.stdin.write('%s %s %s\n' % (what, descriptor.full_name, rest))
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip('\n')

    def write(self, message):
        return self.ask('write', message.DESCRIPTOR, message.SerializeToString(deterministic=True).hex())

    def read(self, descriptor, text):
        """The message; a text where it is refused."""
        said = self.ask('read', descriptor, text)
        return said if said.startswith('!') else message_factory.GetMessageClass(descriptor).FromString(bytes.fromhex(said))

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


def number(chance, field):
    least, most = RANGES[field.type]
    return chance.choice([0, 1, least, most, chance.randint(least, most), chance.randint(max(least, -1000), 1000)])


def value(chance, field):
    if field.type == F.TYPE_STRING:
        return ''.join(chance.choice(TEXTS) for _ in range(chance.randint(0, 3)))
    if field.type == F.TYPE_BYTES:
        return chance.randbytes(chance.randint(0, 40))
    if field.type == F.TYPE_BOOL:
        return chance.random() < 0.5
    if field.type == F.TYPE_DOUBLE:
        return chance.choice(REALS + [chance.uniform(-1e6, 1e6)])
    if field.type == F.TYPE_FLOAT:
        return chance.choice(FLOATS)
    if field.type == F.TYPE_ENUM:
        return chance.choice([one.number for one in field.enum_type.values] + [77])
    return number(chance, field)


def known(chance, message):
    """Fills a message whose JSON is a form of its own; whether it is one."""
    name = message.DESCRIPTOR.full_name
    if name == 'google.protobuf.Timestamp':
        message.seconds = chance.choice([-62135596800, 253402300799, -1, 0, chance.randint(0, 2**31)])
        message.nanos = chance.choice([0, 1, 999999999, 500000000, 123456000])
    elif name == 'google.protobuf.Duration':
        sign = chance.choice([-1, 1])
        message.seconds, message.nanos = sign * chance.choice([0, 1, 315576000000 - 1]), sign * chance.choice([0, 1, 10**8])
    elif name == 'google.protobuf.FieldMask':
        message.paths.extend(chance.choices(['name', 'display_name', 'a.b_c', 'page_size'], k=chance.randint(0, 3)))
    else:
        return False
    return True


def put_map(chance, message, field, depth):
    key, worth = field.message_type.fields_by_name['key'], field.message_type.fields_by_name['value']
    many = getattr(message, field.name)
    for _ in range(chance.randint(0, 3)):
        one = value(chance, key)
        if worth.message_type:
            fill(chance, many[one], depth - 1)
        else:
            many[one] = value(chance, worth)


def put(chance, message, field, depth):
    if field.message_type and field.message_type.GetOptions().map_entry:
        put_map(chance, message, field, depth)
    elif field.is_repeated:
        for _ in range(chance.randint(0, 3)):
            if field.message_type:
                fill(chance, getattr(message, field.name).add(), depth - 1)
            else:
                getattr(message, field.name).append(value(chance, field))
    elif field.message_type:
        fill(chance, getattr(message, field.name), depth - 1)
    else:
        setattr(message, field.name, value(chance, field))


def fill(chance, message, depth=DEPTH):
    message.SetInParent()
    if known(chance, message) or depth == 0:
        return
    for field in message.DESCRIPTOR.fields:
        if chance.random() < 0.6:
            put(chance, message, field, depth)


def same(a, b):
    """Whether two values of JSON are the same; NaN is written as a text."""
    if isinstance(a, float) or isinstance(b, float):
        return not isinstance(a, (bool, str)) and not isinstance(b, (bool, str)) and a == b
    if isinstance(a, dict) and isinstance(b, dict):
        return set(a) == set(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def packed(message):
    return message if isinstance(message, str) else message.SerializeToString(deterministic=True)


def sample():
    """The message of common/base's tests."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, 'sample')
        protos = os.path.join(ROOT, 'tests', 'common', 'base')
        subprocess.run(['protoc', '--include_imports', '-o', out, '-I', protos, 'sample.proto'], check=True, cwd=protos)
        with open(out, 'rb') as file:
            files = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file
    pool = descriptor_pool.DescriptorPool()
    for one in files:
        pool.Add(one)
    return [pool.FindMessageTypeByName('cityneg.testing.base.' + name) for name in ('Sample', 'Party')]


class Json(unittest.TestCase):
    def driver(self, program):
        driver = Driver(program)
        self.addCleanup(lambda: self.assertEqual(driver.end(), 0))
        return driver

    def compare(self, program, descriptors, each):
        driver, chance, count = self.driver(program), random.Random(SEED), 0
        for descriptor in descriptors:
            for _ in range(each):
                message = message_factory.GetMessageClass(descriptor)()
                fill(chance, message)
                self.compare_one(driver, message)
                count += 1
            self.refuse(driver, descriptor)
        print('%d messages of %d types, seed %d' % (count, len(descriptors), SEED))
        return count

    def compare_one(self, driver, message):
        theirs, ours = json_format.MessageToJson(message, indent=None), driver.write(message)
        self.assertFalse(ours.startswith('!'), '%s: %s' % (message.DESCRIPTOR.full_name, ours))
        self.assertTrue(same(json.loads(theirs), json.loads(ours)),
                        '%s:\n%s\n%s' % (message.DESCRIPTOR.full_name, theirs, ours))
        read = json_format.Parse(ours, type(message)())
        self.assertEqual(packed(read), packed(message), ours)
        named = json_format.MessageToJson(message, indent=None, preserving_proto_field_name=True, ensure_ascii=False)
        for text in (theirs, named):
            self.assertEqual(packed(driver.read(message.DESCRIPTOR, text)), packed(message), text)

    def refuse(self, driver, descriptor):
        """A field that is none is refused, and null is as if the field were left out."""
        said = driver.read(descriptor, '{"noSuchField": 1}')
        self.assertTrue(isinstance(said, str) and 'noSuchField' in said, said)
        nothing = json.dumps({field.json_name: None for field in descriptor.fields})
        self.assertEqual(packed(driver.read(descriptor, nothing)), b'')
        for field in descriptor.fields:
            wrong = json.dumps({field.json_name: {'noSuchField': True} if not field.is_repeated else 'no list'})
            if not (field.message_type and field.message_type.GetOptions().map_entry):
                self.assertIsInstance(driver.read(descriptor, wrong), str, '%s took %s' % (descriptor.full_name, wrong))

    def test_every_message_of_the_contract(self):
        descriptors = Schema().of_our_own('message_type')
        for descriptor in list(descriptors):
            descriptors += descriptor.nested_types
        used = {field.message_type.full_name for one in descriptors for field in one.fields if field.message_type}
        self.assertEqual(used & NEITHER, set(), 'have no form in our JSON')
        self.assertGreater(self.compare(PLATFORM, descriptors, 40), 10000)

    def test_a_message_with_everything(self):
        self.compare(SAMPLE, sample(), 1000)

    def test_texts_that_are_none_are_refused(self):
        driver, descriptor = self.driver(SAMPLE), sample()[0]
        for text in ('{"name": "\\ud800"}', '{"name": "\\udc00\\ud800"}', '{"name": "a\\u0000b"}', '{"name": 1}',
                     '{"int64Field": "9223372036854775808"}', '{"int32Field": 1.5}', '{"bytesField": "*"}',
                     '{"created": "2015-12-06"}', '{"created": "2015-02-30T00:00:00Z"}', '{"taken": "1"}',
                     '{"channel": "NO_CHANNEL"}', '{"boolField": "true"}', '{"chosenName": "a", "chosenNumber": "1"}',
                     '{"name": "a", "name": "b"}', '[]', '{', ''):
            self.assertTrue(isinstance(driver.read(descriptor, text), str), text)
        self.assertEqual(driver.read(descriptor, '{"name": "\\ud83d\\ude00"}').name, '😀')


if __name__ == '__main__':
    PLATFORM, SAMPLE = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])

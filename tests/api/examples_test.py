"""Every method has words and an example in its proto, every field has words, and each example is right: its request is one
of the method, and the answer of a platform with the samples is what it says. Run through ctest (api/examples) or python3,
with CITYNEG set."""
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..'), os.path.join(HERE, '..', 'e2e')]
import packages  # noqa: E402

packages.inside_python(__file__, 'grpcio==1.85.1', 'grpcio-status==1.85.1')

import grpc  # noqa: E402
from google.protobuf import json_format, message_factory  # noqa: E402

import examples  # noqa: E402
from platform_bed import Platform  # noqa: E402
from schema import Schema  # noqa: E402
from waiting import PATIENCE, until  # noqa: E402

ASKED = {'JournalService': 'negotiations', 'ContractService': 'registry'}  # services that are on several programs
UNCHECKED = {'GetChanges'}  # nothing has changed since the platform of this test published its first report


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = Schema()
        cls.platform = Platform()
        cls.platform.start()
        cls.addClassCleanup(cls.platform.__exit__)

    def methods(self):
        """In the order of the protos, which the examples build on."""
        for service in self.schema.of_our_own('service'):
            for method in service.methods:
                words, made = examples.split(self.schema.comments[method.full_name])
                yield service, method, words, made

    def test_everything_has_words(self):
        count, bare = 0, []
        for _, method, words, made in self.methods():
            count += 1
            if not words or not any(not one.is_answer for one in made) or not any(one.is_answer for one in made):
                bare.append(method.full_name)
        self.assertEqual(bare, [])
        self.assertGreater(count, 130)
        fields = [field for message in self.schema.of_our_own('message_type') for field in message.fields]
        self.assertEqual([field.full_name for field in fields if not self.schema.comment(field)], [])
        self.assertGreater(len(fields), 1000)

    def answers(self, service, method, requests):
        program = ASKED.get(service.name) or service.full_name.split('.')[1]
        answer = message_factory.GetMessageClass(method.output_type)
        with grpc.insecure_channel(self.platform.addresses[program]) as channel:
            call = channel.stream_stream('/%s/%s' % (service.full_name, method.name),
                                         request_serializer=lambda one: one.SerializeToString(),
                                         response_deserializer=answer.FromString)(iter(requests), timeout=PATIENCE)
            for got in call:
                yield json_format.MessageToDict(got)

    def wrong(self, service, method, made):
        """What is wrong with an example; None: nothing. Of a stream's answers some may come between those it tells of."""
        requests = []
        for one in made:
            if one.is_answer:
                continue
            request = json_format.ParseDict(one.value(), message_factory.GetMessageClass(method.input_type)())
            if 'as_of' in request.DESCRIPTOR.fields_by_name and request.HasField('as_of'):
                request.as_of.FromNanoseconds(time.time_ns())  # the platform is younger than the example
            requests.append(request)
        got, answers = [], self.answers(service, method, requests)
        for wanted in [one.value() for one in made if one.is_answer]:
            try:
                for answer in answers:
                    got.append(answer)
                    if examples.fits(wanted, answer) or not method.server_streaming:
                        break
            except grpc.RpcError as error:
                return '%s: %s' % (error.code().name, error.details())
            if not got or not examples.fits(wanted, got[-1]):
                return 'wanted %s\n    got %s' % (wanted, str(got)[:1500])
        return None

    def test_every_example_is_answered_as_it_says(self):
        methods = list(self.methods())
        forecast = [(service, method, made) for service, method, _, made in methods if method.name == 'GetForecast']
        until(lambda: self.wrong(*forecast[0]) is None, 'trends were published')
        failures = []
        for service, method, _, made in methods:
            if method.name in UNCHECKED:
                made = [one for one in made if not one.is_answer] + [examples.Example(True, '{…}')]
            said = self.wrong(service, method, made)
            if said:
                failures.append('%s: %s' % (method.full_name, said))
        self.assertEqual(failures, [], '\n' + '\n'.join(failures))


if __name__ == '__main__':
    unittest.main()

"""The platform's services as their contract has them: calls by name, with what their refusals say. Reach for it in tests
that go through all methods. Needs grpcio-status."""
import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from google.protobuf import message_factory

SECONDS = 60


class Refused(Exception):
    def __init__(self, failure):
        status = rpc_status.from_call(failure)
        self.code, self.text, self.fields = failure.code().name, failure.details(), []
        for detail in status.details if status else []:
            bad = error_details_pb2.BadRequest()
            if detail.Unpack(bad):
                self.fields += [violation.field for violation in bad.field_violations]
        super().__init__('%s: %s' % (self.code, self.text))


class Api:
    def __init__(self, schema, addresses):
        self.schema = schema
        self.channels = {name: grpc.insecure_channel(addresses[name]) for name in ('registry', 'negotiations', 'trends')}

    def call(self, service, method, request):
        """The answer; Refused where it is."""
        full = method.containing_service.full_name
        answer = message_factory.GetMessageClass(method.output_type)
        ask = self.channels[service].unary_unary('/%s/%s' % (full, method.name),
                                                 request_serializer=lambda one: one.SerializeToString(),
                                                 response_deserializer=answer.FromString)
        try:
            return ask(request, timeout=SECONDS)
        except grpc.RpcError as failure:
            raise Refused(failure) from failure

    def heads(self, service):
        """What the service's journal ends with."""
        journal = self.schema.pool.FindServiceByName('cityneg.journal.v1.JournalService')
        method = journal.methods_by_name['GetJournal']
        request = message_factory.GetMessageClass(method.input_type)()
        return [(head.part, head.seq) for head in self.call(service, method, request).heads]

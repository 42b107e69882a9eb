"""The protos as a test sees them: messages, methods, and what the comment beside a field says of its values. Reach for it
in tests that are derived from the contract instead of written by hand. Needs grpcio-status.

What comments promise is what is checked, so a field is described once:
    // cities/{city} …                the value is such a name
    // required …                     it is refused where it is missing
    // a UUID                         it is one, or empty
    // 0: 100; at most 1,000          no negative number, and none above the last where `most` refuses it
    // ≥ 0                            no negative number
    // -90 … 90                       nothing beside these"""
import os
import re
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
PROTOS = os.path.join(ROOT, 'proto')
SERVICES = ('registry', 'negotiations', 'trends')
FIELD, MESSAGE, ENUM, SERVICE, SYNTAX = 2, 4, 5, 6, 12  # numbers in descriptor.proto's paths


class Schema:
    def __init__(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, 'protos')
            subprocess.run(['protoc', '--include_imports', '--include_source_info', '-o', out, '-I', PROTOS,
                            *('cityneg/%s/v1/%s.proto' % (name, name) for name in (*SERVICES, 'journal', 'events')),
                            'cityneg/events/v1/contract.proto'],
                           check=True, cwd=PROTOS)
            with open(out, 'rb') as file:
                self.files = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file
        self.pool = descriptor_pool.DescriptorPool()
        self.comments = {}  # full name of a package, message, field, enum, value, service or method: its comment
        for one in self.files:
            self.pool.Add(one)
            self._note(one)

    def _note(self, file):
        texts = {tuple(at.path): (at.leading_comments + at.trailing_comments).rstrip()
                 for at in file.source_code_info.location}
        self.comments[file.package] = self.comments.get(file.package) or texts.get((SYNTAX,), '')
        for number, kind, within in ((MESSAGE, file.message_type, 'field'), (ENUM, file.enum_type, 'value'),
                                     (SERVICE, file.service, 'method')):
            for i, one in enumerate(kind):
                name = '%s.%s' % (file.package, one.name)
                self.comments[name] = texts.get((number, i), '')
                for k, below in enumerate(getattr(one, within)):
                    self.comments['%s.%s' % (name, below.name)] = texts.get((number, i, FIELD, k), '')

    def of_our_own(self, kind):
        """All `message_type`, `enum_type` or `service` of our own files, as descriptors, in their order."""
        find = {'message_type': self.pool.FindMessageTypeByName, 'enum_type': self.pool.FindEnumTypeByName,
                'service': self.pool.FindServiceByName}[kind]
        return [find('%s.%s' % (file.package, one.name)) for file in self.files if file.package.startswith('cityneg.')
                for one in getattr(file, kind)]

    def service(self, name):
        return self.pool.FindServiceByName('cityneg.%s.v1.%sService' % (name, name.capitalize()))

    def methods(self, name):
        """Unary ones: [(descriptor, changes something)]."""
        for file in self.files:
            if file.package == 'cityneg.%s.v1' % name:
                streams = {m.name for s in file.service for m in s.method if m.client_streaming or m.server_streaming}
                reads = {m.name for s in file.service for m in s.method if m.options.idempotency_level}
                return [(m, m.name not in reads) for m in self.service(name).methods if m.name not in streams]
        raise KeyError(name)

    def comment(self, field):
        return self.comments.get(field.full_name, '').strip()

    def reference(self, field):
        """Whether the value is a resource's name."""
        return bool(re.match(r'(output only: )?[a-zA-Z{}]+/\{\w+\}', self.comment(field)))


def message(descriptor):
    return message_factory.GetMessageClass(descriptor)()

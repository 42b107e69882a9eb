"""docs/api: a page a service, made of the comments in the protos, with every method, its example, fields and errors.

    python3 tests/api/pages.py          writes them

The pages are committed, so that they are read where the repository is read, without building anything; the test api/pages
asserts that they say what the protos say."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..')]
import packages  # noqa: E402

packages.inside_python(sys.argv[0], 'grpcio==1.85.1', 'grpcio-status==1.85.1')

from google.protobuf.descriptor import FieldDescriptor as F  # noqa: E402

import examples  # noqa: E402
from schema import ROOT, Schema  # noqa: E402

FOLDER = os.path.join(ROOT, 'docs', 'api')
PORTS = {'registry': 7001, 'negotiations': 7002, 'trends': 7003, 'journal': 7002, 'events': 7001}
OURS = 'cityneg.'
CODES = ('CANCELLED|INVALID_ARGUMENT|DEADLINE_EXCEEDED|NOT_FOUND|ALREADY_EXISTS|PERMISSION_DENIED|RESOURCE_EXHAUSTED|'
         'FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS|UNAUTHENTICATED')
SCALARS = {F.TYPE_STRING: 'string', F.TYPE_BYTES: 'bytes', F.TYPE_BOOL: 'bool', F.TYPE_INT32: 'int32',
           F.TYPE_INT64: 'int64', F.TYPE_DOUBLE: 'double'}
EVERY = {
    'INVALID_ARGUMENT': 'for what is wrong with the request: each field with its path, the value, and what would be right',
    'UNAUTHENTICATED': 'or PERMISSION_DENIED, where the caller may not: see [rpc.md](../rpc.md#who-may-call-what)',
    'RESOURCE_EXHAUSTED': 'for more or larger requests than are taken at a time, with RetryInfo',
    'UNAVAILABLE': 'while the program starts, drains or has no store: try again',
}
ABOUT = '''Made by `python3 tests/api/pages.py` of the comments in [proto/cityneg](../../proto/cityneg). The test `api/pages`
asserts that they are up to date, and `api/examples` runs every example, in their order, on a platform with the samples.
What all methods have in common is in [resources.md](../resources.md).'''
NOTATION = '''In an answer `…` is what is left out here, or what differs each time: times, tokens, digests and figures. Messages
are written as protobuf JSON; a request may also have the names that the tables have.'''


def prose(text):
    """A comment as Markdown: what is indented in it is code."""
    blocks = []
    for block in re.split(r'\n\s*\n', text.strip('\n')):
        lines = block.split('\n')
        if all(line.startswith('   ') for line in lines):
            blocks.append('```\n%s\n```' % '\n'.join(line[3:] for line in lines))
        else:
            blocks.append('\n'.join(escaped(line.strip()) for line in lines))
    return '\n\n'.join(blocks)


def escaped(text):
    return re.sub(r'([<>|])', r'\\\1', re.sub(r'(\{[^}\n]*\})', r'`\1`', text) if '`' not in text else text)


class Pages:
    def __init__(self):
        self.schema = Schema()
        self.homes = {}  # full name of a message or an enum: the page that has it
        for kind in ('message_type', 'enum_type'):
            for one in self.schema.of_our_own(kind):
                self.homes[one.full_name] = self.page_of(one.full_name)

    @staticmethod
    def page_of(name):
        return name.split('.')[1] + '.md'

    def link(self, page, descriptor):
        home = self.homes.get(descriptor.full_name)
        if not home:
            return '`%s`' % descriptor.full_name
        return '[%s](%s#%s)' % (descriptor.name, '' if home == page else home, descriptor.name.lower())

    def kind(self, page, field):
        name = self.link(page, field.message_type or field.enum_type) if field.message_type or field.enum_type \
            else SCALARS[field.type]
        return name + ' …' if field.is_repeated else name

    def fields(self, page, descriptor):
        if not descriptor.fields:
            return 'No fields.'
        rows = ['| field | type | |', '|---|---|---|']
        for field in descriptor.fields:
            words = ' '.join(self.schema.comment(field).split())
            rows.append('| `%s` | %s | %s |' % (field.name, self.kind(page, field), escaped(words)))
        return '\n'.join(rows)

    def errors(self, words):
        """The sentences of a comment that name codes."""
        sentences = re.split(r'(?<=[.:])\s+(?=[A-Z])', ' '.join(words.split()))
        return [escaped(one) for one in sentences if re.search(r'\b(%s)\b' % CODES, one)]

    def method(self, page, service, method):
        words, made = examples.split(self.schema.comments[method.full_name])
        stream = {(True, True): ' (a stream, both ways)', (True, False): ' (a stream of requests)',
                  (False, True): ' (a stream of answers)'}.get((method.client_streaming, method.server_streaming), '')
        port = PORTS[service.full_name.split('.')[1]]
        sent = '\n'.join(one.text for one in made if not one.is_answer)
        parts = ['### %s' % method.name, prose(words),
                 '```sh\ngrpcurl -plaintext -d %s \\\n  127.0.0.1:%d %s/%s\n```' %
                 ("'%s'" % sent.replace("'", "'\\''"), port, service.full_name, method.name),
                 '```\n%s\n```' % '\n'.join(one.text for one in made if one.is_answer),
                 '%s → %s%s' % (self.link(page, method.input_type), self.link(page, method.output_type), stream),
                 self.fields(page, method.input_type)]
        errors = self.errors(words)
        if errors:
            parts.append('Errors: ' + ' '.join(errors))
        return '\n\n'.join(parts)

    def enum(self, descriptor):
        rows = ['| code | number | |', '|---|---|---|']
        for value in descriptor.values:
            words = self.schema.comments['%s.%s' % (descriptor.full_name, value.name)].strip()
            rows.append('| `%s` | %d | %s |' % (value.name, value.number, escaped(words)))
        return '\n'.join(rows)

    def types(self, page, package, asked):
        parts = []
        for kind, body in (('message_type', lambda one: self.fields(page, one)), ('enum_type', self.enum)):
            for one in self.schema.of_our_own(kind):
                if one.full_name.rsplit('.', 1)[0] == package and one.full_name not in asked:
                    words = self.schema.comments[one.full_name]
                    parts.append('\n\n'.join(filter(None, ['### %s' % one.name, prose(words), body(one)])))
        return parts

    def page(self, name):
        package = OURS + name + '.v1'
        services = [one for one in self.schema.of_our_own('service') if one.full_name.startswith(package + '.')]
        page = name + '.md'
        parts = ['# %s' % package, prose(self.schema.comments[package])]
        asked = {method.input_type.full_name for service in services for method in service.methods}
        for service in services:
            parts += ['## %s' % service.name, prose(self.schema.comments[service.full_name])]
            parts.append(' · '.join('[%s](#%s)' % (one.name, one.name.lower()) for one in service.methods))
            parts += [self.method(page, service, method) for method in service.methods]
        # What methods are asked with stands beside them; it is told once more only where another message holds it.
        held = {field.message_type.full_name for one in self.schema.of_our_own('message_type') for field in one.fields
                if field.message_type}
        parts += ['## Messages'] + self.types(page, package, asked - held)
        return '\n\n'.join(part for part in parts if part) + '\n'

    def index(self, names):
        rows = ['| page | what it has |', '|---|---|']
        for name in names:
            words = self.schema.comments[OURS + name + '.v1'].split('. ')[0].strip()
            rows.append('| [%s](%s.md) | %s |' % (name, name, escaped(' '.join(words.split()).rstrip('.') + '.')))
        every = '\n'.join('- %s %s' % item for item in EVERY.items())
        return '\n\n'.join([
            '# The calls', ABOUT, '\n'.join(rows), NOTATION, 'Every method may fail with these, too:', every]) + '\n'

    def all(self):
        """{file name: text}."""
        names = sorted({home[:-3] for home in self.homes.values()})
        made = {name + '.md': self.page(name) for name in names}
        made['README.md'] = self.index(names)
        return made


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for name, text in Pages().all().items():
        with open(os.path.join(FOLDER, name), 'w', encoding='utf-8') as file:
            file.write(text)


if __name__ == '__main__':
    main()

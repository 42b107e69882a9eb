"""Names in any script come back byte for byte, through calls, searches, filters, files and the command line; what is no text
is refused at its field. Run through ctest (api/texts) or python3, with CITYNEG set."""
import csv
import json
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..'), os.path.join(HERE, '..', 'e2e')]
import packages  # noqa: E402

packages.inside_python(__file__, 'grpcio==1.85.1', 'grpcio-status==1.85.1')

from google.protobuf import json_format  # noqa: E402
from google.protobuf.descriptor import FieldDescriptor as F  # noqa: E402

from platform_api import Api, Refused  # noqa: E402
from platform_bed import Platform, run  # noqa: E402
from schema import SERVICES, Schema, message  # noqa: E402
from waiting import until  # noqa: E402

TEXTS = {
    'right to left': 'ירושלים',
    'with marks': 'مَدِينَة',
    'both directions': 'Haifa חיפה 5 (north)',
    'an override': '\u202egnorts\u202c',
    'combined marks': 'e\u0301 a\u030a o\u0302\u0323',
    'the same, composed': 'é å ộ',
    'marks upon marks': 'Z' + '\u0351\u036b\u0343' * 20,
    'an emoji of seven': '👩\u200d👩\u200d👧\u200d👦',
    'four bytes': '𝔘𐍈𠜎',
    'the last character': '\U0010ffff',
    'no characters': 'a\ufffe\uffffb',
    'a mark of byte order': '\ufeffKazan',
    'no width': 'Ka\u200bzan\u2060',
    'a soft hyphen': 'Novo\u00adsibirsk',
    'lines': 'one\ntwo\u2028three\r\n\tfour',
    'quotes': '"it\'s" `$HOME` \\n % \' ; -- /* */ <b>&amp;',
    'controls': 'a\x01\x1b[31mb\x7f\x85',
    'a table': 'a,b;c\td|e',
    'dotless': 'İstanbul ıI ſß',
    'ideographs': '東京都 서울 กรุงเทพฯ',
    'spaces': '  both ends\u00a0 ',
}
NO_TEXTS = {
    'a byte of no text': b'\xff', 'a surrogate': b'\xed\xa0\x80', 'a pair of surrogates': b'\xed\xa0\xbd\xed\xb8\x80',
    'NUL, overlong': b'\xc0\x80', 'a slash, overlong': b'\xe0\x80\xaf', 'beyond the last': b'\xf4\x90\x80\x80',
    'half a character': b'\xe2\x82', 'the end of one': b'\xbf', 'five bytes': b'\xf8\x88\x80\x80\x80', 'NUL': b'\x00',
}
HOLDER = 'zqjxk' * 3  # stands where the bytes are put


class Texts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform('--empty')
        cls.platform.start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.schema = Schema()
        cls.api = Api(cls.schema, cls.platform.addresses)
        cls.ask('CreateActor', actor={'name': 'states/fr', 'displayName': 'France'})

    @classmethod
    def ask(cls, method, **fields):
        of = cls.schema.service('registry').methods_by_name[method]
        return cls.api.call('registry', of, json_format.ParseDict(fields, message(of.input_type)))

    def create(self, place, text):
        return self.ask('CreateActor', actor={'name': 'cities/%s-fr' % place, 'displayName': text, 'state': 'states/fr',
                                              'names': [{'text': text}], 'note': text}).name

    def run_platform(self, *words, **options):
        return run(*words, '--registry', self.platform.addresses['registry'], **options)

    def test_texts_come_back_through_calls(self):
        for i, (what, text) in enumerate(TEXTS.items()):
            with self.subTest(what):
                name = self.create('call%d' % i, 'before')
                self.ask('UpdateActor', actor={'name': name, 'displayName': text, 'names': [{'text': text}], 'note': text})
                got = self.ask('GetActor', name=name)
                self.assertEqual((got.display_name, got.names[0].text, got.note), (text, text, text))
                quoted = re.sub(r'([\\"*])', r'\\\1', text)
                found = self.ask('ListActors', parent='cities', filter='note = "%s" AND name = "%s"' % (quoted, name))
                self.assertEqual([one.name for one in found.actors], [name])

    def test_texts_are_found_by_search(self):
        for i, what in enumerate(('right to left', 'with marks', 'combined marks', 'four bytes', 'ideographs', 'dotless')):
            with self.subTest(what):
                name = self.create('search%d' % i, TEXTS[what])
                until(lambda: name in [one.name for one in self.ask('SearchActors', query=TEXTS[what], pageSize=50).matches],
                      '%s was found' % what)

    def test_texts_come_back_through_files(self):
        names = {self.create('file%d' % i, text): text for i, text in enumerate(TEXTS.values())}
        lines = self.run_platform('export', 'actors', text=False).stdout.decode().split('\n')
        there = {one['name']: one for one in map(json.loads, filter(None, lines))}
        for name, text in names.items():
            self.assertEqual((there[name]['displayName'], there[name]['note']), (text, text))
        table = self.run_platform('export', 'actors', '-o', 'csv', text=False).stdout.decode()
        rows = {row['name']: row for row in csv.DictReader(table.splitlines(keepends=True))}
        for form, body in (('jsonl', '\n'.join(filter(None, lines)) + '\n'), ('csv', table)):
            path = self.platform.path('again.' + form)
            with open(path, 'w', encoding='utf-8', newline='') as file:
                file.write(body.replace('cities/file', 'cities/%s-file' % form))
            done = self.run_platform('import', 'actors', path, '--rejects', self.platform.path('rejects'))
            self.assertEqual(done.returncode, 0, done.stderr)
            for name, text in names.items():
                got = self.ask('GetActor', name=name.replace('cities/', 'cities/%s-' % form))
                self.assertEqual((got.display_name, got.note), (text, text), '%s %s' % (form, rows[name]))

    def test_texts_come_back_through_the_command_line(self):
        for i, (what, text) in enumerate(TEXTS.items()):
            with self.subTest(what):
                actor = {'name': 'cities/line%d-fr' % i, 'displayName': text, 'state': 'states/fr'}
                done = self.run_platform('registry', 'create-actor', '--json', json.dumps({'actor': actor}), '-o', 'json')
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(json.loads(done.stdout)['displayName'], text)
                done = self.run_platform('registry', 'delete-actor', actor['name'], '-s', 'reason=' + text, '-o', 'json')
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.ask('GetActor', name=actor['name']).retraction.reason, text)

    # ---- what is no text ----

    def holders(self, descriptor, depth=3):
        """[(path, request)]: one for each text of a request, with the holder in it."""
        for field in descriptor.fields:
            if field.type == F.TYPE_STRING:
                request = message(descriptor)
                if field.is_repeated:
                    getattr(request, field.name).append(HOLDER)
                else:
                    setattr(request, field.name, HOLDER)
                yield field.name + ('[0]' if field.is_repeated else ''), request
            elif field.message_type and depth:
                for path, below in self.holders(field.message_type, depth - 1):
                    request = message(descriptor)
                    at = getattr(request, field.name)
                    (at.add() if field.is_repeated else at).CopyFrom(below)
                    yield '%s%s.%s' % (field.name, '[0]' if field.is_repeated else '', path), request

    def refused(self, service, method, request, wrong):
        """How the bytes in the holder's place are refused."""
        packed = request.SerializeToString().replace(HOLDER.encode(), wrong + b'x' * (len(HOLDER) - len(wrong)))
        ask = self.api.channels[service].unary_unary('/%s/%s' % (method.containing_service.full_name, method.name))
        try:
            ask(packed, timeout=60)
        except Exception as failure:
            return Refused(failure)
        return None

    def test_what_is_no_text_is_refused_at_its_field(self):
        kinds, count = list(NO_TEXTS.items()), 0
        for service in SERVICES:
            for method, _ in self.schema.methods(service):
                for path, request in self.holders(method.input_type):
                    what, wrong = kinds[count % len(kinds)]
                    refused = self.refused(service, method, request, wrong)
                    count += 1
                    if refused is None or refused.code != 'INVALID_ARGUMENT' or path not in refused.fields:
                        self.fail('%s: %s with %s: %s %s' % (method.name, path, what, refused, refused and refused.fields))
        print('%d fields' % count)
        self.assertGreater(count, 500)

    def test_every_kind_of_no_text_is_refused(self):
        method = self.schema.service('registry').methods_by_name['CreateActor']
        request = message(method.input_type)
        request.actor.display_name = HOLDER
        for what, wrong in NO_TEXTS.items():
            with self.subTest(what):
                refused = self.refused('registry', method, request, wrong)
                self.assertEqual((refused.code, refused.fields), ('INVALID_ARGUMENT', ['actor.display_name']))

    def test_json_that_holds_no_text_is_refused(self):
        for what, text in (('a lone surrogate', '\\ud800'), ('the wrong order', '\\ude00\\ud83d'), ('NUL', 'a\\u0000b')):
            with self.subTest(what):
                body = '{"actor": {"name": "cities/no-fr", "state": "states/fr", "displayName": "%s"}}' % text
                done = self.run_platform('registry', 'create-actor', '--json', body)
                self.assertEqual(done.returncode, 1)
                self.assertIn(text[-6:], done.stderr)
                with open(self.platform.path('no.jsonl'), 'w', encoding='utf-8') as file:
                    file.write('{"name": "cities/no-fr", "state": "states/fr", "displayName": "%s"}\n' % text)
                self.run_platform('import', 'actors', self.platform.path('no.jsonl'), '--rejects', self.platform.path('no'))
                self.assertRegex(self.platform.read('no'), r'no JSON: column \d+: .*%s' % re.escape(text[-6:]))


if __name__ == '__main__':
    unittest.main()

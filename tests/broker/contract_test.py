#!/usr/bin/env python3
"""The contract of the topics: its files say what the programs do, its documents are valid, and nothing that was released
has changed.

    contract_test.py BUILD

Exits with 77 where npm or packages cannot be had.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..'))
import packages  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PROTO = os.path.join(HERE, '..', '..', 'proto')
RELEASED = os.path.join(PROTO, 'released.binpb')
PARSE = '''
const { Parser } = require('@asyncapi/parser');
new Parser().parse(require('fs').readFileSync(process.argv[1], 'utf8')).then(({ document, diagnostics }) => {
  const bad = diagnostics.filter((d) => d.severity <= 1).map((d) => d.message + ' at ' + d.path.join('.'));
  const channels = document ? document.allChannels().all().map((c) => c.address()) : [];
  console.log(JSON.stringify({ bad, channels }));
});
'''


class Contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='cityneg-contract-')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        subprocess.run([os.path.join(BUILD, 'bin', 'cityneg'), 'events', 'contract', cls.folder], check=True,
                       stdout=subprocess.DEVNULL)
        with open(os.path.join(cls.folder, 'asyncapi.json'), encoding='utf-8') as file:
            cls.document = json.load(file)

    def buf(self, *words, folder=PROTO):
        return subprocess.run([os.path.join(NODE, 'node_modules', '.bin', 'buf'), *words], cwd=folder,
                              capture_output=True, text=True)

    def test_document_is_valid_asyncapi(self):
        done = subprocess.run(['node', '-e', PARSE, os.path.join(self.folder, 'asyncapi.json')], cwd=NODE,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), {'bad': [], 'channels': [
            'cityneg.registry.events.v1', 'cityneg.negotiations.events.v1', 'cityneg.trends.v1']})

    def test_document_has_every_field_with_its_number_and_words(self):
        schemas = self.document['components']['schemas']
        event = schemas['cityneg.events.v1.Event']['properties']
        self.assertEqual(event['actor']['$ref'], '#/components/schemas/cityneg.registry.v1.Actor')
        self.assertEqual(event['corrects']['x-protobuf-number'], 41)
        self.assertIn('id of the row', event['corrects']['description'])
        self.assertEqual(schemas['cityneg.registry.v1.Actor']['properties']['updateTime']['format'], 'date-time')
        self.assertIn('ACTOR_KIND_CITY', schemas['cityneg.type.v1.ActorKind']['enum'])

    def test_every_reference_leads_somewhere(self):
        def references(value):
            if isinstance(value, dict):
                for key, below in value.items():
                    yield from [below] if key == '$ref' else references(below)
            elif isinstance(value, list):
                for below in value:
                    yield from references(below)
        for reference in references(self.document):
            at = self.document
            for name in reference.removeprefix('#/').split('/'):
                self.assertIn(name, at, reference)
                at = at[name]

    def test_places_of_messages_in_their_files(self):
        """Which frames of schema registries have; relay_record.c says the same."""
        done = self.buf('build', os.path.join(self.folder, 'contract.binpb'), '-o', '-#format=json')
        places = {file['package'] + '.' + message['name']: place for file in json.loads(done.stdout)['file']
                  for place, message in enumerate(file.get('messageType', []))}
        self.assertEqual(places['cityneg.events.v1.Event'], 0)
        self.assertEqual(places['cityneg.trends.v1.Trend'], 19)

    def test_files_are_written_as_the_rules_say(self):
        done = self.buf('lint')
        self.assertEqual((done.returncode, done.stdout), (0, ''))

    def test_nothing_that_was_released_has_changed(self):
        done = self.buf('breaking', os.path.join(self.folder, 'contract.binpb'), '--against', RELEASED, '--config',
                        os.path.join(PROTO, 'buf.yaml'))
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)

    def test_a_change_that_breaks_is_found(self):
        changed = os.path.join(self.folder, 'changed')
        shutil.copytree(PROTO, changed)
        path = os.path.join(changed, 'cityneg', 'events', 'v1', 'events.proto')
        with open(path, encoding='utf-8') as file:
            text = file.read()
        self.assertIn('string corrects = 41;', text)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text.replace('string corrects = 41;', 'int64 corrects = 41;'))
        done = self.buf('breaking', '--against', RELEASED, folder=changed)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('corrects', done.stdout)


if __name__ == '__main__':
    NODE = packages.node('@asyncapi/parser@3.6.3', '@bufbuild/buf@1.75.0')
    if not NODE:
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])

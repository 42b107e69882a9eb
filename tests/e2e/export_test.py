"""Who mirrors what is recorded: changes since a position, erasures and retractions included, make the same as an export of
everything, also after the service was killed; a release as of a date has the same bytes whenever it is made, and what was
changed in it afterwards is found. Run through ctest (e2e/export_test), or: CITYNEG=…/bin/cityneg python3 export_test.py"""
import csv
import hashlib
import io
import json
import os
import unittest

import harbour
from harbour import SOURCES, TALKS
from platform_bed import Platform, run, until

STAMPS = ('etag', 'updateTime')


def bare(resource):
    return {key: value for key, value in resource.items() if key not in STAMPS}


class Mirror:
    """What a consumer has that knows of changes alone."""

    def __init__(self, platform, *options, service='negotiations'):
        self.platform, self.options, self.service = platform, options, service
        self.position, self.resources, self.changes = None, {}, []

    def follow(self):
        """The changes since the last time."""
        since = ['--since', self.position] if self.position else []
        done = self.platform.run('export', 'changes', self.service, *since, *self.options)
        if done.returncode:
            raise AssertionError(done.stderr)
        new = []
        for line in map(json.loads, done.stdout.splitlines()):
            if 'position' in line:
                self.position = line['position']
            else:
                new.append(line)
                self.apply(line)
        self.changes += new
        return new

    def apply(self, change):
        if change.get('erased') or change.get('retracted'):
            self.resources.pop(change['resource'], None)
        else:
            event = change['event']
            for kind in ('source', 'negotiation', 'entry', 'actor', 'membership'):
                if kind in event:
                    self.resources[change['resource']] = bare(event[kind])


class Export(unittest.TestCase):
    def setUp(self):
        self.platform = Platform('--empty')
        self.platform.start()
        self.addCleanup(self.platform.__exit__)
        harbour.record(self.platform)

    def ask(self, service, method, **request):
        return self.platform.json(service, method, '--json', json.dumps(request))

    def entry(self, number, method='create-entry', **more):
        entry = {'name': '%s/entries/%d' % (TALKS, number), 'date': '2021-03', 'kind': 'meeting',
                 'by': ['cities/kazan-ru'], 'summary': 'Said "yes, but", in\ntwo lines', 'sources': SOURCES}
        return self.ask('negotiations', method, entry={**entry, **more})

    def exported(self, kind, *options):
        done = self.platform.run('export', kind, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def everything(self, kinds=('sources', 'negotiations', 'entries')):
        lines = [json.loads(line) for kind in kinds for line in self.exported(kind).splitlines()]
        return {resource['name']: bare(resource) for resource in lines}

    def test_changes_make_what_an_export_of_everything_is(self):
        mirror, talks = Mirror(self.platform), Mirror(self.platform, '--filter', 'event.entry.kind = statement')
        for number in range(6):
            self.entry(number)
        self.assertEqual(len(mirror.follow()), 8)
        self.assertEqual(mirror.resources, self.everything())
        self.assertEqual(talks.follow(), [])
        self.entry(0, 'update-entry', channel='virtual')
        self.entry(6, kind='statement')
        self.ask('negotiations', 'retract-entry', name=TALKS + '/entries/1', reason='never took place')
        self.ask('negotiations', 'erase', name=TALKS + '/entries/2', reason='request 17')
        self.assertEqual([change['resource'].rsplit('/', 1)[1] for change in mirror.follow()], ['0', '6', '1', '2'])
        self.assertEqual(mirror.resources, self.everything())
        self.assertEqual([change['resource'].rsplit('/', 1)[1] for change in talks.follow()], ['6', '2'])
        old = self.platform.children()['negotiations']
        self.platform.kill('negotiations')
        until(lambda: self.platform.children().get('negotiations', old) != old, 'negotiations ran again')
        until(lambda: self.platform.run('export', 'sources').returncode == 0, 'negotiations served')
        self.assertEqual(mirror.follow(), [])
        self.entry(7)
        self.assertEqual([change['revision'] for change in mirror.follow()], ['1'])
        self.assertEqual(mirror.resources, self.everything())
        again = Mirror(self.platform)
        again.follow()
        self.assertEqual(again.resources, mirror.resources)
        self.assertEqual(again.position, mirror.position)
        ids = [change['id'] for change in mirror.changes]
        self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual(len(again.changes), len(ids))

    def test_a_mirror_of_the_registry_follows_merges_deletions_and_erasures(self):
        mirror = Mirror(self.platform, service='registry')

        def same():
            new = mirror.follow()
            self.assertEqual(mirror.resources, self.everything(('actors', 'memberships')))
            return [change['resource'] for change in new]

        for name in ('leningrad', 'petrograd', 'petersburg'):
            harbour.create(self.platform, 'registry', 'actor', name='cities/%s-ru' % name, displayName=name, state='states/ru')
        harbour.create(self.platform, 'registry', 'actor', name='institutions/uclg', displayName='UCLG')
        harbour.create(self.platform, 'registry', 'membership', name='cities/leningrad-ru/memberships/uclg',
                       institution='institutions/uclg', status='member')
        self.assertEqual(len(same()), 9)
        self.ask('registry', 'merge-actors', actor='cities/petrograd-ru', into='cities/leningrad-ru')
        self.ask('registry', 'merge-actors', actor='cities/leningrad-ru', into='cities/petersburg-ru')
        self.assertIn('cities/petersburg-ru', same())
        self.assertEqual(mirror.resources['cities/petrograd-ru']['mergedInto'], 'cities/petersburg-ru')
        self.ask('registry', 'split-actor', name='cities/petrograd-ru')
        same()
        self.assertNotIn('mergedInto', mirror.resources['cities/petrograd-ru'])
        self.ask('registry', 'delete-actor', name='cities/petrograd-ru', reason='entered twice')
        self.assertEqual(same(), ['cities/petrograd-ru'])
        self.assertNotIn('cities/petrograd-ru', mirror.resources)
        self.ask('registry', 'undelete-actor', name='cities/petrograd-ru')
        self.assertEqual(same(), ['cities/petrograd-ru'])
        self.assertIn('cities/petrograd-ru', mirror.resources)
        self.ask('registry', 'delete-actor', name='cities/leningrad-ru', reason='with what is below', force=True)
        self.assertEqual(set(same()), {'cities/leningrad-ru', 'cities/leningrad-ru/memberships/uclg'})
        self.ask('registry', 'erase', name='cities/kazan-ru', reason='request 17')
        self.assertEqual(same(), ['cities/kazan-ru'])
        again = Mirror(self.platform, service='registry')
        again.follow()
        self.assertEqual(again.resources, mirror.resources)

    def test_csv_says_what_the_lines_of_json_do(self):
        for number in range(3):
            self.entry(number)
        rows = list(csv.DictReader(io.StringIO(self.exported('entries', '-o', 'csv'))))
        lines = [json.loads(line) for line in self.exported('entries').splitlines()]
        self.assertEqual(len(rows), 3)
        for row, line in zip(rows, lines):
            self.assertEqual({key: value for key, value in row.items() if value},
                             {key: value if isinstance(value, str) else json.dumps(value, separators=(',', ':'))
                              for key, value in line.items()})

    def released(self, name, *options):
        folder = self.platform.path(name)
        done = self.platform.run('export', 'release', folder, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(folder, 'manifest.json'), 'rb') as file:
            manifest = file.read()
        self.assertIn(hashlib.sha256(manifest).hexdigest(), done.stdout)
        return folder, json.loads(manifest)

    def check(self, folder, code):
        done = run('export', 'check', folder)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def test_a_release_has_the_same_bytes_whenever_it_is_made_and_shows_what_was_changed(self):
        self.entry(0)
        first, manifest = self.released('first')
        self.entry(1)
        self.entry(0, 'update-entry', channel='virtual')
        second, again = self.released('second', '--as-of', manifest['as_of'])
        self.assertEqual(again, manifest)
        self.assertNotEqual(self.released('third')[1]['files'], manifest['files'])
        self.assertEqual(len(manifest['files']), 12)
        self.assertIn('12 files as of', self.check(first, 0))
        with open(os.path.join(second, 'entries.jsonl'), 'r+b') as file:
            file.write(b'[')
        os.remove(os.path.join(second, 'issues.jsonl'))
        open(os.path.join(second, 'more'), 'w').close()
        said = self.check(second, 1)
        for part in ('entries.jsonl: sha256 is', 'issues.jsonl cannot be read', 'more: is not in the manifest'):
            self.assertIn(part, said)
        self.assertEqual(self.platform.run('export', 'release', first).returncode, 1)
        self.assertIn('--as-of', self.platform.run('export', 'release', first + '2', '--as-of', 'x').stderr)


if __name__ == '__main__':
    unittest.main()

"""Imports at the edge: rows that need each other across batches that are under way together, the same resource twice, rows
that are wrong, an import that was killed; tables with columns of their own, and imports that are only tried out. Run through ctest (e2e/import_test), or: CITYNEG=…/bin/cityneg python3
import_test.py"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'broker'), os.path.join(HERE, '..', 'chaos')]
from bed import Bed, until  # noqa: E402

BUILD = os.path.dirname(os.path.dirname(os.path.abspath(os.environ['CITYNEG'])))
SUMMARY = re.compile(r'(\d+) rows read, (\d+) resources (?:would be )?recorded, (\d+) unchanged, (\d+) rejected')
SAMPLES = os.path.join(HERE, '..', '..', 'samples')


def bare(line):
    """A resource without what each store gives it."""
    return {name: value for name, value in json.loads(line).items() if name != 'updateTime'}


class Import(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='cityneg-import-')
        self.addCleanup(folder.cleanup)
        self.bed = Bed(BUILD, os.path.join(folder.name, 'bed'))
        self.addCleanup(self.bed.__exit__)
        self.start(self.bed)

    def start(self, bed):
        for service in ('registry', 'negotiations'):
            bed.start(service, '--kafka=none', '--metrics=none')

    def write(self, name, lines):
        path = self.bed.path(name)
        with open(path, 'w', encoding='utf-8') as file:
            file.writelines(line + '\n' for line in lines)
        return path

    def command(self, kind, path, *options):
        return ['import', kind, path, '--rejects', self.bed.path('rejects.tsv'), *options]

    def load(self, kind, path, *options):
        """(read, recorded, unchanged, rejected)"""
        done = self.bed.run(*self.command(kind, path, *options))
        self.assertEqual(done.returncode, 0, done.stderr)
        return tuple(map(int, SUMMARY.search(done.stderr).groups()))

    def rejects(self):
        """[(line, reason)]"""
        with open(self.bed.path('rejects.tsv'), encoding='utf-8') as file:
            rows = [line.rstrip('\n').split('\t') for line in file]
        return [(int(line), reason) for _, line, reason, _ in (row[:4] for row in rows[1:])]

    def actor(self, name):
        return self.bed.json('registry', 'get-actor', name)

    def test_rows_need_each_other_across_batches(self):
        rows = [{'name': 'states/%s%s' % (a, b), 'displayName': 'State'} for a in 'xy' for b in 'abcd']
        rows.append({'name': 'states/wrong', 'displayName': 'No code'})  # refuses the first batch as a whole
        rows += [{'name': 'cities/c-%d' % i, 'displayName': 'City %d' % i, 'state': 'states/x' + 'abcd'[i % 4]}
                 for i in range(5000)]
        rows.append({'name': 'cities/astray', 'displayName': 'Astray', 'state': 'states/zz'})
        rows.append({'name': 'cities/c-7', 'displayName': 'Later', 'state': 'states/yd'})  # the later row stays
        path = self.write('actors.jsonl', map(json.dumps, rows))
        read, recorded, unchanged, rejected = self.load('actors', path)
        self.assertEqual((read, recorded + unchanged, rejected), (5011, 5009, 2))
        (first, why_first), (second, why_second) = sorted(self.rejects())
        self.assertEqual((first, second), (9, 5010))
        self.assertIn('"wrong" is no code of a state', why_first)
        self.assertIn('states/zz', why_second)
        self.assertEqual(self.actor('cities/c-7')['displayName'], 'Later')
        self.assertEqual(self.actor('cities/c-4999')['state'], 'states/xd')

    def test_columns_of_their_own_are_mapped(self):
        self.load('actors', self.write('states.jsonl', ['{"name": "states/fr", "displayName": "France"}']))
        table = self.write('cities.csv', [
            'id,Ville,pays,hab,lat,lon,Wikidata,Remarque',
            'cities/lyon-fr,Lyon,states/fr,522250,45.76,4.84,Q456,"a, ""b"""',
            'cities/nulle-fr,Nulle,states/fr,many,45.76,4.84,,',
            'cities/paris-fr,Paris,states/fr,,,,Q90,x'])
        rules = self.write('rules', ['# as the file has them', 'id=name', 'Ville=displayName', 'pays=state',
                                     'hab=populations[2020]', 'lat=location.latitude', 'lon=location.longitude'])
        options = ['--map', rules, '--map', 'Wikidata=external_ids[wikidata]', '--map', 'Remarque=']
        done = self.bed.run(*self.command('actors', table, *options[:2]))
        self.assertEqual(done.returncode, 1)
        self.assertIn("column 'Wikidata' is no field; give --map 'Wikidata=FIELD'", done.stderr)
        self.assertEqual(self.load('actors', table, *options), (3, 2, 0, 1))
        self.assertEqual(self.load('actors', table, *options), (3, 0, 2, 1))
        (line, why), = self.rejects()
        self.assertEqual(line, 3)
        self.assertIn('populations[0].count', why)
        lyon = self.actor('cities/lyon-fr')
        self.assertEqual(lyon['populations'], [{'year': 2020, 'count': '522250'}])
        self.assertEqual(lyon['location'], {'latitude': 45.76, 'longitude': 4.84})
        self.assertEqual(lyon['externalIds'], [{'scheme': 'wikidata', 'value': 'Q456'}])
        self.assertNotIn('note', lyon)
        self.assertNotIn('location', self.actor('cities/paris-fr'))
        lines = self.write('mapped.jsonl', ['{"id": "cities/lyon-fr", "remark": "on two rivers"}'])
        self.assertEqual(self.load('actors', lines, '--map', 'id=name', '--map', 'remark=note'), (1, 1, 0, 0))
        self.assertEqual(self.actor('cities/lyon-fr')['note'], 'on two rivers')

    def test_iso_codes_give_names_and_regions(self):
        folder = self.bed.path('iso')
        os.mkdir(folder)
        for name, items in (
                ('3166-1', [{'alpha_2': 'FR', 'alpha_3': 'FRA', 'name': 'France', 'numeric': '250',
                             'official_name': 'French Republic'}]),
                ('3166-2', [{'code': 'AZ-BAB', 'name': 'Babək', 'parent': 'NX', 'type': 'Rayon'},  # before its parent
                            {'code': 'AZ-NX', 'name': 'Naxçıvan', 'type': 'Autonomous republic'},
                            {'code': 'QQ-1', 'name': 'Nowhere', 'type': 'Region'}])):
            with open(os.path.join(folder, 'iso_%s.json' % name), 'w', encoding='utf-8') as file:
                json.dump({name: items}, file)
        read, recorded, unchanged, rejected = self.load('iso-codes', folder)
        self.assertEqual(self.rejects(), [(3, "code: 'QQ-1' is of no state in the registry")])
        self.assertEqual((recorded, rejected), (250 + 1 + 2 + 1, 1))  # states, the source, regions, names of one
        self.assertEqual(self.load('iso-codes', folder)[1:], (0, 250 + 1 + 3, 1))
        france = self.actor('states/fr')
        self.assertIn({'text': 'French Republic', 'language': 'en', 'kind': 'NAME_KIND_OFFICIAL'}, france['names'])
        self.assertEqual([i['value'] for i in france['externalIds']], ['FR', 'FRA', '250'])
        babek = self.actor('regions/az-bab')
        self.assertEqual((babek['parent'], babek['state'], babek['note']), ('regions/az-nx', 'states/az', 'Rayon'))
        self.assertEqual(babek['externalIds'], [{'scheme': 'iso-3166-2', 'value': 'AZ-BAB'}])
        done = self.bed.run(*self.command('iso-codes', self.bed.folder))
        self.assertEqual(done.returncode, 1)
        self.assertIn('give the folder of iso-codes', done.stderr)

    def test_alternate_names_have_languages_kinds_and_periods(self):
        def place(number, name, names, feature):
            return '\t'.join([str(number), name, '', names, '59.9', '30.3', feature, 'PPLA', 'RU', '', '', '', '', '', '5',
                              '', '', '', ''])
        self.assertEqual(self.load('geonames', self.write('places.txt', [
            place(498817, 'Saint Petersburg', 'Leningrad,Piter,Saint Petersburg,Piter', 'P'), place(1, 'Hill', '', 'T')]))[3], 0)
        self.assertEqual(self.actor('cities/saint-petersburg-ru')['names'], [{'text': 'Leningrad'}, {'text': 'Piter'}])
        names = self.write('alternateNamesV2.txt', map('\t'.join, [
            ['1', '498817', 'ru', 'Санкт-Петербург', '1', '', '', '', '', ''],
            ['2', '498817', 'en', 'Leningrad', '', '', '', '1', '1924-01-26', '1991-09-06'],
            ['3', '498817', 'ru', 'Петроград', '', '', '', '1', '1914', 'early 1924'],
            ['4', '498817', 'link', 'https://example.org', '', '', '', '', '', ''],
            ['5', '498817', '', 'Piter', '', '', '1', '', '', ''],
            ['6', '7', 'en', 'Elsewhere', '', '', '', '', '', ''],
            ['7', '498817', 'en']]))
        self.assertEqual(self.load('geonames-names', names), (7, 1, 0, 1))
        self.assertEqual(self.load('geonames-names', names), (7, 0, 1, 1))
        self.assertEqual(self.actor('cities/saint-petersburg-ru')['names'], [
            {'text': 'Leningrad', 'language': 'en', 'kind': 'NAME_KIND_FORMER', 'from': '1924-01-26', 'to': '1991-09-06'},
            {'text': 'Piter'},
            {'text': 'Санкт-Петербург', 'language': 'ru', 'kind': 'NAME_KIND_OFFICIAL'},
            {'text': 'Петроград', 'language': 'ru', 'kind': 'NAME_KIND_FORMER', 'from': '1914'}])

    @unittest.skipUnless(os.path.isdir('/usr/share/iso-codes/json'), 'iso-codes is not installed')
    def test_all_of_iso_codes_are_taken(self):
        read, recorded, unchanged, rejected = self.load('iso-codes', '/usr/share/iso-codes/json')
        self.assertGreater(recorded, 5000)
        self.assertEqual(rejected, 0, self.rejects() if rejected else '')

    def test_a_rule_that_makes_no_sense_is_refused(self):
        path = self.write('actors.csv', ['name', 'cities/lyon-fr'])
        for rule, words in (('x=nom', "'nom' is no field; give one of name, kind, display_name"),
                            ('x=populations.count', 'populations is a list; say which item, as in populations[0]'),
                            ('x=populations[a].count', "'a' is no index; give 0 to 999"),
                            ('x=note[0]', 'note is no list of items with fields'),
                            ('x=note.text', "there is nothing below 'note'"),
                            ('=name', "'=name' is no rule; give COLUMN=FIELD"),
                            ('nowhere', 'nowhere is no rule COLUMN=FIELD, nor a file that can be read')):
            done = self.bed.run(*self.command('actors', path, '--map', rule))
            self.assertEqual(done.returncode, 1, rule)
            self.assertIn(words, done.stderr)

    def test_a_dry_run_tells_what_would_be_and_records_nothing(self):
        places = os.path.join(SAMPLES, 'geonames_cities.tsv')
        with open(places, encoding='utf-8') as file:
            rows = file.read().splitlines()
        rows[7] = rows[7].replace('\t', ' ', 1)
        latitude = rows[9].split('\t')
        latitude[4] = '95'
        rows[9] = '\t'.join(latitude)
        path = self.write('places.tsv', rows)
        tried = self.load('geonames', path, '--dry-run')
        refused = self.rejects()
        self.assertEqual([line for line, _ in refused], [8, 10])
        self.assertEqual((self.bed.heads('registry'), self.bed.heads('negotiations')), ({}, {}))
        self.assertEqual(self.load('geonames', path), tried)
        self.assertEqual(self.rejects(), refused)
        read, recorded, unchanged, rejected = self.load('geonames', path, '--dry-run')
        self.assertEqual((recorded, unchanged, rejected), (0, tried[1], 2))

    def test_what_is_exported_comes_back_in_another_registry(self):
        self.load('geonames', os.path.join(SAMPLES, 'geonames_cities.tsv'))
        other = self.another()
        for form, ending in (('csv', 'csv'), ('json', 'jsonl')):
            exported = self.bed.run('export', 'actors', '-o', form)
            self.assertEqual(exported.returncode, 0, exported.stderr)
            path = self.write('exported.' + ending, exported.stdout.splitlines())
            done = other.run(*self.command('actors', path))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(' 0 rejected', done.stderr)
            again = other.run('export', 'actors', '-o', 'json').stdout.splitlines()
            self.assertEqual(list(map(bare, again)), list(map(bare, self.bed.run('export', 'actors').stdout.splitlines())))

    def another(self):
        bed = Bed(BUILD, self.bed.path('another'))
        self.addCleanup(bed.__exit__)
        self.start(bed)
        return bed

    def through(self, other, kind, form, name, *rules):
        """What an export of actors said on stderr, when another registry has read it."""
        exported = self.bed.run('export', 'actors', '-o', form, *rules)
        self.assertEqual(exported.returncode, 0, exported.stderr)
        path = self.bed.path(name)
        with open(path, 'w', encoding='utf-8', newline='') as file:
            file.write(exported.stdout)
        done = other.run(*self.command(kind, path, *rules))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(' 0 rejected', done.stderr)
        return exported.stderr

    def actors(self, bed):
        """{name: actor}; the order of further names says nothing."""
        actors = {}
        for line in bed.run('export', 'actors').stdout.splitlines():
            actor = bare(line)
            del actor['etag']
            actor.get('names', []).sort(key=lambda name: sorted(name.items()))
            actors[actor['name']] = actor
        return actors

    def test_cities_go_out_and_in_again_as_geonames_has_them(self):
        self.load('geonames', os.path.join(SAMPLES, 'geonames_cities.tsv'))
        places = [[str(number), name, '', '', '1.25', '-0.5', 'P', 'PPL', 'RU', '', '', '', '', '', '7', '', '', '', '']
                  for number, name in ((90000001, 'Двойник Twin'), (90000002, 'Twin "the" other'), (90000003, '東京'),
                                       (90000004, 'Twin "the" other'), (90000005, 'القدس'), (90000006, '🏙 Tower'))]
        self.assertEqual(self.load('geonames', self.write('odd.txt', map('\t'.join, places)))[3], 0)
        rows = [{'name': 'cities/peter-ru', 'displayName': 'Санкт-Петербург', 'state': 'states/ru',
                 'externalIds': [{'scheme': 'geonames', 'value': '90000007'}],
                 'sources': [{'source': 'sources/geonames', 'certainty': 'CERTAINTY_CHECKED'}],
                 'names': [{'text': 'Leningrad', 'kind': 'NAME_KIND_FORMER', 'from': '1924-01-26', 'to': '1991-09-06'},
                           {'text': 'Leningrad', 'language': 'en', 'kind': 'NAME_KIND_FORMER'},
                           {'text': 'Piter, the city', 'language': 'en'},
                           {'text': 'סנקט פטרבורג', 'language': 'he', 'kind': 'NAME_KIND_OFFICIAL'}]},
                {'name': 'cities/twins-90000008-ru', 'displayName': 'Twins', 'state': 'states/ru',
                 'externalIds': [{'scheme': 'geonames', 'value': '90000008'}],
                 'sources': [{'source': 'sources/geonames', 'certainty': 'CERTAINTY_CHECKED'}]}]
        self.load('actors', self.write('more.jsonl', map(json.dumps, rows)))
        other = self.another()
        self.assertNotIn('warning', self.through(other, 'geonames', 'geonames', 'cities.txt').replace(
            'warning: 1 further names left out: a comma', ''))
        self.assertNotIn('warning', self.through(other, 'geonames-names', 'geonames-names', 'names.txt'))
        here, there = self.actors(self.bed), self.actors(other)
        self.assertEqual(set(there), set(here))
        for name, actor in here.items():
            self.assertEqual(there[name], actor)
        again = [bed.run('export', 'actors', '-o', form).stdout for form in ('geonames', 'geonames-names')
                 for bed in (self.bed, other)]
        self.assertEqual(sorted(again[0].splitlines()), sorted(again[1].splitlines()))
        self.assertEqual(sorted(again[2].splitlines()), sorted(again[3].splitlines()))
        self.assertEqual({line.count('\t') for line in again[0].splitlines()}, {18})

    def test_what_geonames_has_no_way_to_write_is_counted(self):
        self.load('actors', self.write('actors.jsonl', map(json.dumps, [
            {'name': 'states/fr', 'displayName': 'France'},
            {'name': 'cities/lyon-fr', 'displayName': 'Lyon', 'state': 'states/fr'},
            {'name': 'cities/here', 'displayName': 'Here', 'state': 'states/fr',
             'externalIds': [{'scheme': 'geonames', 'value': '5'}],
             'names': [{'text': 'Over here', 'kind': 'NAME_KIND_EXONYM'}, {'text': 'Ici, là'}]}])))
        done = self.bed.run('export', 'actors', '-o', 'geonames')
        self.assertEqual(done.stdout, '5\tHere\t\tOver here\t\t\tP\t\tFR' + '\t' * 6 + '0' + '\t' * 4 + '\n')
        for words in ('1 cities written', '1 cities left out: they have no GeoNames id',
                      '1 further names left out: a comma', '1 cities will get another resource name'):
            self.assertIn(words, done.stderr)
        done = self.bed.run('export', 'actors', '-o', 'geonames-names')
        self.assertEqual(done.stdout, '\t5\t\tIci, là' + '\t' * 6 + '\n')
        self.assertIn('1 names left out: exonyms', done.stderr)
        done = self.bed.run('export', 'memberships', '-o', 'geonames')
        self.assertEqual(done.returncode, 1)
        self.assertIn('geonames is of cities; export actors, or give json or csv', done.stderr)
        done = self.bed.run('export', 'actors', '-o', 'xml')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('geonames-names', done.stderr)

    def test_an_import_that_was_killed_goes_on(self):
        path = self.write('actors.jsonl', (json.dumps({'name': 'organisations/o-%d' % i, 'displayName': 'O'})
                                           for i in range(20000)))
        where = ['--%s=%s' % (name, s.address()) for name, s in self.bed.services.items()]
        running = subprocess.Popen([self.bed.program('cityneg'), *self.command('actors', path), *where],
                                   stderr=subprocess.DEVNULL)
        until(lambda: sum(self.bed.heads('registry').values()) > 0, 'something was recorded')
        running.kill()
        running.wait()
        read, recorded, unchanged, rejected = self.load('actors', path)
        self.assertEqual((read, recorded + unchanged, rejected), (20000, 20000, 0))
        self.assertGreater(unchanged, 0)
        self.assertEqual(sum(self.bed.heads('registry').values()), 20000)  # each was recorded once
        self.assertEqual(self.load('actors', path), (20000, 0, 20000, 0))


if __name__ == '__main__':
    unittest.main()

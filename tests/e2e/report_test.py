"""The report of the samples as a reader uses it: ranked, filtered, with its rows, lines to cite, plots and limits, with what
moved since, and always the same bytes. Run through ctest (e2e/report_test), or: CITYNEG=…/bin/cityneg python3 report_test.py"""
import csv
import html.parser
import io
import json
import os
import re
import time
import unittest
from datetime import date, datetime, timezone

import facts as files
from mixes import CHANNELS
from platform_bed import SAMPLES, Platform, until

LEVELS = ['recalled', 'reported', 'checked']
RECORDED = r'\d{4}-\d\d-\d\dT[\d:.]+Z'
LOADS = {'src', 'href', 'data', 'srcset', 'poster', 'action', 'background', 'cite', 'xlink:href'}


def last_day(text):
    """The last day that a date may mean."""
    parts = [int(part) for part in text.split('-')]
    if len(parts) == 3:
        return date(*parts)
    year, month = (parts[0], parts[1] + 1) if len(parts) == 2 else (parts[0], 13)
    return date.fromordinal(date(year + month // 13, (month - 1) % 12 + 1, 1).toordinal() - 1)


class Page(html.parser.HTMLParser):
    """What a page draws, and what it would load."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.loads, self.ids = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.loads += [value for name, value in attributes if name in LOADS]
        self.ids |= {value for name, value in attributes if name == 'id'}


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform()
        cls.platform.start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.facts = files.read(SAMPLES)
        cls.report = cls.platform.json('trends', 'report')

    def say(self, *words, platform=None):
        done = (platform or self.platform).run('trends', *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def html(self, platform):
        path = platform.path('report.html')
        self.say('report', '--html', path, platform=platform)
        return platform.read('report.html')

    def test_findings_are_grouped_by_question_and_ranked_by_q_then_effect(self):
        """All collections together before single ones, what is sensitivity behind."""
        names = [answer['question'] for answer in self.report['questions']]
        self.assertEqual(len(names), len(set(names)))
        tested = 0
        for answer in self.report['questions']:
            ranks = [(f['sensitivity'], f['collection'] is not None, 2 if f['q'] is None else f['q'],
                      -abs(f['sen']['slope']) if f['sen'] else 0) for f in answer['findings']]
            tested += sum(q <= 1 for _, _, q, _ in ranks)
            self.assertEqual(ranks, sorted(ranks), answer['question'])
        self.assertGreater(tested, 10)

    # ---- filters, against plain counting of the entries ----

    def entries(self, fits):
        """{channel: (n, total, undated, unknown)} of those that fit."""
        known = [row for row in self.facts.entries if fits(row)]
        channel = [row for row in known if row['channel'] not in ('', 'unknown')]
        dated = [row for row in channel if row['date']]
        return {name: (sum(row['channel'] == name for row in dated), len(dated), len(channel) - len(dated),
                       len(known) - len(channel)) for name in CHANNELS}

    def counted(self, *options, collection=None):
        report = self.platform.json('trends', 'report', '-q', 'channel-mix', *options)
        self.assertTrue(report['limits'])
        return {f['category']: (f['n'], f['total'], f['undated'], f['unknown']) for f in report['questions'][0]['findings']
                if f['category'] in CHANNELS and f['collection'] == collection}

    @staticmethod
    def names(row):
        return files.split(row['by']) + files.split(row['to'])

    def test_each_filter_counts_what_plain_counting_counts(self):
        with open(os.path.join(SAMPLES, 'facts', 'sources.tsv'), encoding='utf-8', newline='') as file:
            sure = {row['id']: row['certainty'] for row in csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE)}

        def surest(row):
            return max((LEVELS.index(sure[source]) for source in files.split(row['sources'])), default=-1)

        def in_period(row):
            return not row['date'] or date(2010, 1, 1) <= files.first_day(row['date']) <= last_day('2020-06')

        def of(state):
            return lambda row: any(files.state_of(self.facts, actor) == state for actor in self.names(row))

        filters = [([], lambda row: True)]
        filters += [(['--certainty', level], lambda row, i=i: surest(row) >= i) for i, level in enumerate(LEVELS)]
        filters += [(['--institution', 'institutions/c40'], lambda row: 'institutions/c40' in self.names(row)),
                    (['--state', 'states/ru'], of('ru')), (['--from', '2010', '--to', '2020-06'], in_period),
                    (['--certainty', 'checked', '--state', 'states/ru', '--from', '2010', '--to', '2020-06'],
                     lambda row: surest(row) == 2 and of('ru')(row) and in_period(row))]
        for options, fits in filters:
            wanted = self.entries(fits)
            self.assertGreater(wanted['in_person'][1], 0, options)
            self.assertEqual(self.counted(*options), wanted, options)

    def test_a_filter_by_collection_leaves_the_findings_of_that_collection(self):
        collections = {row['id']: files.collection_of(row['sources']) for row in self.facts.negotiations}
        self.assertEqual(self.counted('--collection', 'climate', collection='climate'), self.entries(
            lambda row: files.collection_of(row['sources'], collections[row['negotiation']]) == 'climate'))
        self.assertEqual(self.counted('--collection', 'climate'), {})

    # ---- rows, lines to cite, plots, limits ----

    def test_a_number_has_its_rows_with_sources_and_a_line_to_cite(self):
        with open(os.path.join(SAMPLES, 'facts', 'sources.tsv'), encoding='utf-8') as file:
            sources = {'sources/' + line.split('\t')[0] for line in file}
        found = next(f for answer in self.report['questions'] if answer['question'] == 'channel-mix'
                     for f in answer['findings'] if f['category'] == 'digital' and f['collection'] is None)
        rows = list(csv.DictReader(io.StringIO(self.say('evidence', 'channel-mix', 'digital', '-o', 'csv'))))
        self.assertEqual(sum(float(row['weight']) for row in rows if row['date']), found['n'])
        for row in rows:
            self.assertTrue(re.findall(r'sources/[\w-]+', row['sources']), row)
            self.assertLessEqual(set(re.findall(r'sources/[\w-]+', row['sources'])), sources)
        self.assertIn('%g of %g' % (found['n'], found['total']), found['cite'])
        self.assertIn('cityneg trends evidence', found['cite'])
        self.assertIn(found['cite'], ' '.join(self.say('report', '--cite', '--all').split()))

    def test_the_terminal_has_plots_and_limits(self):
        text = self.say('report')
        self.assertRegex(text, r'\d{4} [▁▂▃▄▅▆▇█ ]{4,} \d{4}')
        whole = ' '.join(text.split())
        for limit in self.report['limits']:
            self.assertIn(' '.join(limit.split()), whole)

    def test_limits_tell_of_n_coverage_definitions_and_many_tests(self):
        limits = ' '.join(self.report['limits'])
        for part in ('Benjamini and Hochberg', 'every test', 'sensitivity', 'covered', 'sample'):
            self.assertIn(part, limits)
        findings = [f for answer in self.report['questions'] for f in answer['findings']]
        self.assertTrue(any(f['sensitivity'] for f in findings))
        for f in findings:
            self.assertTrue(f['n'] is not None and f['total'] is not None)
            self.assertTrue(all('covered' in point for point in f['series']))
            self.assertFalse(f['sensitivity'] and f['q'] is not None)

    def test_the_page_draws_its_plots_and_loads_nothing(self):
        text = self.html(self.platform)
        page = Page(text)
        tags = [tag for tag, _ in page.tags]
        self.assertGreater(tags.count('svg'), 10)
        for tag in ('script', 'link', 'img', 'iframe', 'object', 'embed', 'base', 'image', 'use'):
            self.assertNotIn(tag, tags)
        self.assertEqual({value[0] for value in page.loads}, {'#'})
        self.assertLessEqual({value[1:] for value in page.loads}, page.ids)
        self.assertNotRegex(text, r'url\(|@import|@font-face')
        for limit in self.report['limits']:
            self.assertIn(limit.replace('&', '&amp;'), text)

    # ---- bad input ----

    def refused(self, words, *parts):
        done = self.platform.run('trends', *words)
        self.assertEqual((done.returncode, done.stdout), (1, ''), words)
        for part in parts:
            self.assertIn(part, done.stderr, words)

    def test_empty_windows_and_bins_that_are_none_are_refused_or_empty(self):
        self.refused(['report', '--from', '2020', '--to', '2019'], 'filter.to: 2019 ends before 2020 begins')
        self.refused(['report', '--from', 'spring'], "filter.from: 'spring' is no date; write 2015, 2015-12 or 2015-12-06")
        self.refused(['get-report', '-s', 'bin=BIN_SPRING'], 'BIN_SPRING')
        self.refused(['get-network', '--json', json.dumps({'window': {'ties': 'TIES_AGREEMENTS', 'from': '2020',
                                                                      'to': '2019'}})], '2019 ends before 2020 begins')
        self.assertEqual(self.counted('--from', '2999'), self.entries(lambda row: not row['date']))

    # ---- the same bytes, and what moved ----

    def bytes_of(self, platform):
        found = {how: self.say('report', '-o', how, platform=platform) for how in ('table', 'json', 'csv')}
        found['html'] = self.html(platform)
        found['all'] = self.say('report', '--all', '--cite', platform=platform)
        rows = self.say('evidence', 'channel-mix', 'digital', '-o', 'csv', platform=platform)
        self.assertEqual(len(re.findall(RECORDED, rows)), len(rows.splitlines()) - 1)
        found['rows'] = re.sub(RECORDED, '', rows)  # when a row was recorded is all that two platforms differ in
        return found

    def test_the_same_facts_give_the_same_bytes_here_and_on_another_platform(self):
        first = self.bytes_of(self.platform)
        self.assertEqual(self.bytes_of(self.platform), first)
        with Platform() as other:
            for how, text in self.bytes_of(other).items():
                self.assertEqual(text, first[how], how)


class Since(unittest.TestCase):
    """On a platform with one meeting, of which another one is recorded and the first corrected."""

    def test_numbers_that_moved_and_the_rows_that_moved_them(self):
        with Platform('--empty') as platform:
            def ask(service, method, **request):
                done = platform.run(service, method, '--json', json.dumps(request))
                self.assertEqual(done.returncode, 0, done.stderr)

            def meeting(number, channel):
                return {'name': 'negotiations/n/entries/%d' % number, 'date': '2015', 'kind': 'ENTRY_KIND_MEETING',
                        'channel': 'CHANNEL_' + channel, 'by': ['cities/a'], 'sources': [{'source': 'sources/s'}]}

            ask('registry', 'create-actor', actor={'name': 'states/xx', 'display_name': 'X'})
            for name in ('cities/a', 'cities/b'):
                ask('registry', 'create-actor', actor={'name': name, 'display_name': name, 'state': 'states/xx'})
            ask('negotiations', 'create-source', source={'name': 'sources/s', 'url': 'https://example.org',
                                                         'certainty': 'CERTAINTY_CHECKED'})
            ask('negotiations', 'create-negotiation', negotiation={
                'name': 'negotiations/n', 'title': 'Talks', 'format': 'FORMAT_BILATERAL', 'start': '2015',
                'phase': 'PHASE_AGREED', 'sources': [{'source': 'sources/s'}], 'participants': [
                    {'actor': actor, 'role': 'ROLE_PARTY', 'capacity': 'CAPACITY_OWN_RIGHT'}
                    for actor in ('cities/a', 'cities/b')]})
            ask('negotiations', 'create-entry', entry=meeting(1, 'VIRTUAL'))
            platform.published()
            second = int(time.time()) + 1  # a date names whole seconds
            until(lambda: time.time() > second, 'a second went by')
            since = datetime.fromtimestamp(second, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
            ask('negotiations', 'create-entry', entry=meeting(2, 'IN_PERSON'))
            ask('negotiations', 'update-entry', entry=meeting(1, 'IN_PERSON'))
            platform.published()
            done = platform.run('trends', 'report', '--since', since, '-o', 'json')
            self.assertEqual(done.returncode, 0, done.stderr)
            moved = {}
            for change in json.loads(done.stdout)['changes']:
                trend = change.get('after') or change['before']
                moved[trend['question'], trend['category']] = (
                    [row['resource'].rsplit('/', 1)[1] for row in change.get('rows', [])],
                    [row['resource'].rsplit('/', 1)[1] for row in change.get('left', [])])
            self.assertEqual(moved['channel-mix', 'in_person'], (['1', '2'], []))
            self.assertEqual(moved['channel-mix', 'virtual'], ([], ['1']))
            self.assertEqual({question for question, _ in moved}, {'channel-mix'})
            text = platform.run('trends', 'report', '--since', since).stdout
            self.assertRegex(text, r'(?m)^ +\+ 2015  negotiations/n/entries/2  sources/s$')
            self.assertRegex(text, r'(?m)^ +- 2015  negotiations/n/entries/1  sources/s$')


if __name__ == '__main__':
    unittest.main()

"""The whole platform, as a user runs it: it starts, imports the samples, and says of them what the fact files say; all that
the journals hold lies in Kafka and was counted; a second import changes nothing; and what cannot be is refused with
words that help. Run through ctest (e2e/platform_test), or: CITYNEG=…/bin/cityneg python3 platform_test.py"""
import csv
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import unittest

import adjusted
import check_report
import expected
import facts as files
from platform_bed import SAMPLES, SERVICES, TOPICS, TRENDS, Platform, run, until


class Samples(unittest.TestCase):
    """On one platform that has imported the samples."""

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform()
        cls.platform.start()
        cls.addClassCleanup(cls.platform.__exit__)

    def test_the_report_says_what_the_fact_files_say(self):
        report = self.platform.json('trends', 'report')
        wanted = expected.report(files.read(SAMPLES))
        self.assertEqual(list(check_report.differences(wanted, report)), [])
        self.assertEqual(list(adjusted.differences(report)), [])

    def test_by_quarter_and_by_month_it_says_what_the_fact_files_say(self):
        for name in ('quarter', 'month'):
            report = self.platform.json('trends', 'report', '--bin', name)
            wanted = expected.report(files.read(SAMPLES, expected.BINS[name]))
            self.assertEqual(list(check_report.differences(wanted, report)), [], name)
            tests = {f['test'] for answer in report['questions'] for f in answer['findings'] if f['test']}
            self.assertIn('seasonal-mann-kendall-ar1', tests)
            self.assertNotIn('mann-kendall', tests)

    def test_a_published_number_says_which_rows_it_rests_on(self):
        """The digest of its inputs, made again from the rows that are listed."""
        digests = {trend['finding']['evidenceOfTotal']: trend['finding']['inputsDigest']
                   for trend in self.platform.published()}
        by_question = {}
        for name in sorted(digests):
            by_question.setdefault(name.split('/')[0], []).append(name)
        self.assertEqual(set(by_question), {*expected.QUESTIONS, 'cohesion'})
        for names in by_question.values():
            for name in {names[0], names[-1]}:
                rows = self.platform.json('trends', 'evidence', name)['rows']
                lines = {'%s %s\n' % (row['resource'], row['revision']) for row in rows}
                whole = ''.join(sorted(lines, key=lambda line: line.encode().split(b' ')[0]))
                self.assertEqual(hashlib.sha256(whole.encode()).hexdigest(), digests[name], name)

    def test_merged_cities_count_as_one_until_they_are_split(self):
        actor, survivor = 'cities/seattle-us', 'cities/san-francisco-us'  # often at one table
        apart = files.read(SAMPLES)
        together = files.merged(apart, actor, survivor)
        self.assertTrue(any(check_report.differences(expected.report(apart), expected.report(together))))
        for words, facts in ((['merge-actors', '-s', 'actor=' + actor, '-s', 'into=' + survivor], together),
                             (['split-actor', actor], apart)):
            self.platform.json('registry', *words)
            until(lambda: self.platform.counted()['registry'] == self.platform.heads('registry'), 'it was counted')
            report = self.platform.json('trends', 'report')
            self.assertEqual(list(check_report.differences(expected.report(facts), report)), [], words[0])
            share = next(f for answer in report['questions'] for f in answer['findings']
                         if (answer['question'], f['category'], f['collection']) == ('capacity-mix', 'own_right', None))
            evidence = self.platform.run('trends', 'evidence', 'capacity-mix', 'own_right', '-o', 'csv')
            self.assertEqual(len(evidence.stdout.splitlines()) - 1, share['n'], words[0])

    def test_every_journal_row_lies_in_kafka_once_and_was_counted(self):
        counted = self.platform.counted()
        for service in SERVICES:
            heads = self.platform.heads(service)
            records = self.platform.records(service)
            self.assertGreater(len(records), 1000)
            in_kafka = {part: [] for part in heads}
            for record in records:
                in_kafka[record['partition']].append(int(record['headers']['ce_sequence']))
            self.assertEqual(in_kafka, {part: list(range(1, rows + 1)) for part, rows in heads.items()}, service)
            self.assertEqual(counted[service], heads, service)
            ids = {record['headers']['ce_id'] for record in records}
            self.assertEqual(len(ids), len(records), service)

    def test_the_newest_value_of_every_trend_lies_in_kafka(self):
        trends = {trend['name']: trend for trend in self.platform.published()}
        records = self.platform.records(TRENDS)
        self.assertEqual(len(records), sum(self.platform.heads(TRENDS).values()))
        newest = {record['headers']['ce_subject']: record for record in records}
        self.assertEqual(set(newest), set(trends))
        for name, trend in trends.items():
            record = newest[name]
            self.assertEqual(record['headers']['ce_revision'], trend['etag'])
            self.assertEqual(record['headers']['ce_dataschema'], 'cityneg.trends.v1.Trend')
            self.assertEqual(record['event'], {key: trend[key] for key in trend if key not in ('etag', 'updateTime')})

    @unittest.skipUnless(shutil.which('kcat'), 'kcat is not installed')
    def test_another_client_reads_the_events(self):
        for service in SERVICES:
            self.platform.records(service)  # waits for them
            done = subprocess.run(['kcat', '-b', self.platform.addresses['kafka'], '-C', '-e', '-o', 'beginning', '-t',
                                   TOPICS[service], '-f', '%h\n'], capture_output=True, text=True, timeout=60)
            lines = done.stdout.splitlines()
            self.assertEqual(len(lines), sum(self.platform.heads(service).values()), done.stderr)
            self.assertTrue(all('ce_id=' in line and 'ce_type=cityneg.' in line for line in lines))

    def test_importing_the_same_files_again_changes_nothing(self):
        before = [self.platform.heads(service) for service in SERVICES]
        done = self.platform.run('import', 'samples', SAMPLES, '--rejects', self.platform.path('rejects.tsv'))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r'\d+ rows read, 0 resources recorded, \d+ unchanged, 0 rejected')
        self.assertEqual([self.platform.heads(service) for service in SERVICES], before)

    def test_one_query_answers_every_suspension_and_ending_with_its_date_who_why_and_source(self):
        agreements = self.platform.json('negotiations', 'list-agreements', '-s', 'page_size=1000', '-s',
                                        'filter=status_history.status:suspended OR status_history.status:ended')
        self.assertNotIn('nextPageToken', agreements)
        told = sorted((agreement['name'], step.get('date', ''), step['status'].rsplit('_', 1)[1].lower(),
                       step.get('reason', ''), ';'.join(step.get('decidedBy', [])),
                       ';'.join(citation['source'] for citation in step['sources']))
                      for agreement in agreements['agreements'] for step in agreement['statusHistory'] if step['status'].endswith(('SUSPENDED', 'ENDED')))
        with open(os.path.join(SAMPLES, 'facts', 'agreement_status.tsv'), encoding='utf-8', newline='') as file:
            rows = list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))
        wanted = sorted(('agreements/' + row['agreement'], row['date'], row['status'], row['reason'], row['decided_by'],
                         ';'.join('sources/' + source for source in row['sources'].split(';')))
                        for row in rows if row['status'] in ('suspended', 'ended'))
        names = {step[0] for step in wanted}
        self.assertEqual([step for step in told if step[0] in names], wanted)
        self.assertEqual(len([step for step in wanted if step[1].startswith('2022-03') and step[2] == 'suspended']), 21)
        for name, date, status, by in (('nagoya-nanjing-1978', '2012-02-21', 'suspended', 'cities/nanjing-cn'),
                                       ('moscow-kyiv', '2016-02-11', 'ended', 'cities/kyiv-ua'),
                                       ('prague-beijing-2016', '2019-10', 'ended', 'cities/prague-cz')):
            found = [step for step in told if step[:3] == ('agreements/' + name, date, status)]
            self.assertEqual([step[4] for step in found], [by])
            self.assertTrue(found[0][3] and found[0][5])

    def test_every_hash_is_what_was_recorded(self):
        self.platform.published()
        verified = self.platform.verified()
        for service in SERVICES + [TRENDS]:
            self.assertEqual(verified[service], self.platform.heads(service))

    def test_what_is_exported_can_be_imported_again(self):
        done = self.platform.run('export', 'agreements')
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), len({json.loads(line)['name'] for line in lines}))
        with open(self.platform.path('agreements.jsonl'), 'w', encoding='utf-8') as file:
            file.write(done.stdout)
        done = self.platform.run('import', 'agreements', self.platform.path('agreements.jsonl'))
        self.assertIn('%d rows read, 0 resources recorded, %d unchanged, 0 rejected' % (len(lines), len(lines)),
                      done.stderr)

    def test_the_rows_behind_a_number_add_up_to_it(self):
        report = self.platform.json('trends', 'report', '-q', 'format-mix')
        finding = next(f for f in report['questions'][0]['findings']
                       if f['category'] == 'multilevel' and f['collection'] == 'climate')
        done = self.platform.run('trends', 'evidence', 'format-mix', 'multilevel', 'climate', '-o', 'csv')
        self.assertEqual(done.returncode, 0, done.stderr)
        header, *rows = done.stdout.splitlines()
        self.assertIn('resource', header)
        self.assertEqual(len(rows), finding['n'])

    def test_a_second_up_on_the_same_folder_is_refused(self):
        done = run('up', '--data', self.platform.data, '--port', '0', '--kafka-port', '0')
        self.assertEqual((done.returncode, done.stdout), (1, ''))
        self.assertEqual(done.stderr, 'cityneg: --data: another cityneg up runs on %s; stop it or give another folder\n'
                         % self.platform.data)

    def test_a_port_in_use_is_said_in_one_line(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            port = taken.getsockname()[1]
            for options in (['--port', port - 1, '--kafka-port', 0], ['--port', 0, '--kafka-port', port]):
                folder = self.platform.path('port-%d' % options[3])
                done = run('up', '--empty', '--data', folder, *options)
                self.assertEqual((done.returncode, done.stdout), (1, ''))
                complaint = done.stderr.replace('starting the platform\n', '')
                self.assertEqual(complaint.count('\n'), 1, complaint)
                self.assertIn(str(port), complaint)
                self.assertRegex(complaint, 'another program listens there|address already in use')

    @unittest.skipIf(os.geteuid() == 0, 'root may write everywhere')
    def test_a_folder_without_rights_is_said_in_one_line(self):
        folder = self.platform.path('locked')
        os.mkdir(folder, 0o500)
        done = run('up', '--data', folder)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count('\n')), (1, '', 1))
        self.assertIn(folder, done.stderr)

    def test_a_service_that_is_away_is_said_in_one_line(self):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            address = '127.0.0.1:%d' % free.getsockname()[1]
            done = run('registry', 'get-actor', 'states/fr', '--registry', address)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count('\n')), (1, '', 1), done.stderr)
        self.assertIn(address, done.stderr)


@unittest.skipUnless(os.environ.get('CITYNEG_DATA'), 'CITYNEG_DATA names no folder with the full files')
class FullFiles(unittest.TestCase):
    """On an empty platform, with files laid out as samples/facts/README.md says: facts/, gcom_accessions.tsv and
    wikidata_P190_dated_pairs.tsv."""

    def test_the_report_of_the_full_files_says_what_they_say(self):
        folder = os.environ['CITYNEG_DATA']
        platform = Platform('--empty')
        platform.start()
        self.addCleanup(platform.__exit__)
        for kind, name in (('facts', 'facts'), ('pairs', 'wikidata_P190_dated_pairs.tsv'),
                           ('gcom', 'gcom_accessions.tsv')):
            done = platform.run('import', kind, os.path.join(folder, name), '--rejects', platform.path('rejects.tsv'))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(' 0 rejected', done.stderr)
        report = platform.json('trends', 'report')
        self.assertEqual(list(check_report.differences(expected.report(files.read(folder)), report)), [])
        with open(os.path.join(folder, 'gcom_accessions.tsv'), encoding='utf-8') as file:
            years = [line.split('\t')[6][:4] for line in file.read().splitlines()[1:]]
        found = next(finding for answer in report['questions'] if answer['question'] == 'accessions'
                     for finding in answer['findings'] if finding['category'] == 'global-covenant-of-mayors'
                     and finding['collection'] is None)
        self.assertEqual({point['time']: point['count'] for point in found['series'] if point['count']},
                         {year: years.count(year) for year in set(years)})


class Refusals(unittest.TestCase):
    """Bad input through the command line, on a platform with little in it: the code, the field, the value, and what would
    be right."""

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform('--empty')
        cls.platform.start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.create('registry', 'actor', name='states/fr', display_name='France')
        cls.create('registry', 'actor', name='cities/paris', display_name='Paris', state='states/fr')
        cls.create('registry', 'actor', name='cities/lyon', display_name='Lyon', state='states/fr')
        cls.create('negotiations', 'source', name='sources/s', title='A source', certainty='CERTAINTY_CHECKED',
                   url='https://example.org/')
        cls.create('negotiations', 'issue', name='issues/i', display_name='An issue')

    @classmethod
    def call(cls, service, method, request):
        """(exit code, what was printed): the request goes through standard input, however large."""
        return cls.platform.run(service, method, '--json', '@-', input=json.dumps(request))

    @classmethod
    def create(cls, service, kind, **resource):
        done = cls.call(service, 'create-' + kind, {kind: resource})
        if done.returncode:
            raise AssertionError(done.stderr)

    def refused(self, done, code, *parts):
        self.assertEqual((done.returncode, done.stdout), (1, ''), done.stderr)
        self.assertTrue(done.stderr.startswith('cityneg: %s: ' % code), done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def refused_create(self, service, kind, resource, code, *parts):
        before = self.platform.heads(service)
        self.refused(self.call(service, 'create-' + kind, {kind: resource}), code, *parts)
        self.assertEqual(self.platform.heads(service), before)

    def test_a_report_of_nothing_says_so(self):
        with files_of_nothing() as folder:
            wanted = expected.report(files.read(folder))
        report = self.platform.json('trends', 'report')
        self.assertEqual(list(check_report.differences(wanted, report)), [])

    def test_negative_population(self):
        self.refused_create('registry', 'actor', {'name': 'cities/x', 'display_name': 'X', 'state': 'states/fr',
                                                  'populations': [{'count': -5}]},
                            'INVALID_ARGUMENT', 'actor.populations[0].count: -5 is negative; give a count')

    def test_unknown_actor(self):
        self.refused_create('negotiations', 'position', self.position(actor='cities/nowhere'), 'INVALID_ARGUMENT',
                            'position.actor: cities/nowhere does not exist in the registry')

    def test_stance_out_of_range(self):
        self.refused_create('negotiations', 'position', self.position(stance=3), 'INVALID_ARGUMENT',
                            'position.stance: 3 is', '-2')

    def test_end_before_start(self):
        self.refused_create('negotiations', 'negotiation', self.negotiation(start='2020-05', end='2019'),
                            'INVALID_ARGUMENT', 'negotiation.end: 2019 is before start 2020-05')

    def test_impossible_phase_change(self):
        self.create('negotiations', 'negotiation', **self.negotiation(phase='PHASE_TERMINATED'))
        done = self.call('negotiations', 'update-negotiation',
                         {'negotiation': {'name': 'negotiations/n', 'phase': 'PHASE_FORMULA'}})
        self.refused(done, 'FAILED_PRECONDITION', 'terminated', 'formula')

    def test_what_is_there_already(self):
        self.refused_create('registry', 'actor', {'name': 'cities/paris', 'display_name': 'P', 'state': 'states/fr'},
                            'ALREADY_EXISTS', 'cities/paris')

    def test_what_is_not_there(self):
        self.refused(self.platform.run('registry', 'get-actor', 'cities/nowhere'), 'NOT_FOUND',
                     'cities/nowhere does not exist')

    def test_text_that_is_not_utf8(self):
        done = self.platform.run('registry', 'list-actors', '-s', os.fsdecode(b'filter=\xff'))
        self.refused(done, 'INVALID_ARGUMENT', 'filter: byte 1 (0xff) is not UTF-8')

    def test_page_token_of_another_query(self):
        token = self.platform.json('registry', 'list-actors', 'cities', '-s', 'page_size=1')['nextPageToken']
        done = self.platform.run('registry', 'list-actors', 'states', '-s', 'page_token=' + token)
        self.refused(done, 'INVALID_ARGUMENT', 'page_token: ', 'is of another query')
        done = self.platform.run('registry', 'list-actors', 'cities', '-s', 'page_size=-1')
        self.refused(done, 'INVALID_ARGUMENT', 'page_size: -1 is negative')

    def test_a_message_of_100_megabytes(self):
        self.refused_create('registry', 'actor', {'name': 'cities/x', 'display_name': 'x' * 100_000_000,
                                                  'state': 'states/fr'}, 'RESOURCE_EXHAUSTED', '4194304')

    def test_an_unknown_question(self):
        self.refused(self.platform.run('trends', 'get-report', '-s', 'questions=weather'), 'INVALID_ARGUMENT',
                     "questions[0]: 'weather' is no question")

    def test_rows_that_are_refused_are_written_down_and_the_others_go_on(self):
        path, rejects = self.platform.path('gcom.tsv'), self.platform.path('gcom-rejects.tsv')
        with open(path, 'wb') as file:
            file.write('\n'.join([
                'organisation_id\tname\tiso2\tlat\tlon\tpopulation\tadhesion_date\tadhesion_type',
                '1\tGood\tFR\t48.8\t2.3\t100\t2010-05-06\tx', '2\tNowhere\tQQ\t1\t1\t1\t2010-05-06\tx',
                '3\tNegative\tFR\t1\t1\t-5\t2010-05-06\tx', '4\tNo date\tFR\t1\t1\t1\t2010-13-01\tx',
                '5\tWord\tFR\tfar\t1\t1\t2010-05-06\tx', '6\tShort\tFR', '']).encode()
                + b'7\tNot \xff UTF-8\tFR\t1\t1\t1\t2010-05-06\tx\n8\tAlso good\tFR\t-\t-\t-\t2011-01-01\tx\n')
        done = self.platform.run('import', 'gcom', path, '--rejects', rejects)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('8 rows read', done.stderr)
        self.assertIn('6 rejected', done.stderr)
        with open(rejects, encoding='utf-8', errors='replace') as file:
            found = {line.split('\t')[1]: line.split('\t')[2] for line in file.read().splitlines()[1:]}
        self.assertEqual(sorted(found), ['3', '4', '5', '6', '7', '8'])
        for line, text in (('3', "iso2: 'QQ'"), ('4', 'count: -5 is negative'), ('5', '2010-13-01'), ('6', "lat: 'far'"),
                           ('8', 'UTF-8')):
            self.assertIn(text, found[line])
        self.assertEqual(self.platform.run('registry', 'get-actor', 'cities/gcom-8-fr').returncode, 0)
        self.assertEqual(self.platform.run('registry', 'get-actor', 'cities/gcom-3-fr').returncode, 1)

    def test_a_file_that_is_not_there_and_a_kind_that_is_none(self):
        done = self.platform.run('import', 'gcom', '/nowhere/file.tsv')
        self.assertEqual((done.returncode, done.stdout), (1, ''))
        self.assertIn('/nowhere/file.tsv', done.stderr)
        done = self.platform.run('import', 'weather', '/nowhere/file.tsv')
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "'weather' is no kind; give one of .*states, facts")

    def test_words_that_make_no_sense_end_with_2(self):
        for words in (['upp'], ['up', '--port', 'x'], ['up', '--bogus'], ['import', 'gcom'], ['trends', 'report', '-o', 'xml']):
            done = run(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ''), words)
            self.assertTrue(done.stderr, words)

    @staticmethod
    def position(**changes):
        return {'name': 'positions/p', 'actor': 'cities/paris', 'issue': 'issues/i', 'stance': 1, 'date': '2020',
                'sources': [{'source': 'sources/s'}], **changes}

    @staticmethod
    def negotiation(**changes):
        return {'name': 'negotiations/n', 'title': 'Talks', 'format': 'FORMAT_BILATERAL', 'start': '2020',
                'phase': 'PHASE_AGREED', 'sources': [{'source': 'sources/s'}],
                'participants': [{'actor': actor, 'role': 'party', 'capacity': 'own_right'}
                                 for actor in ('cities/paris', 'cities/lyon')], **changes}


def files_of_nothing():
    """A folder laid out as the samples are, without any rows."""
    folder = tempfile.TemporaryDirectory()
    os.mkdir(os.path.join(folder.name, 'facts'))
    return folder


if __name__ == '__main__':
    unittest.main()

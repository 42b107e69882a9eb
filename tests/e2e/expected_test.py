"""expected.py on data small enough to count by hand. Run: python3 -m unittest discover -s tests/e2e -p '*_test.py'"""
import copy
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_report  # noqa: E402
import expected  # noqa: E402
import facts as files  # noqa: E402
import power  # noqa: E402
from intervals import garwood, jensen_shannon, wilson  # noqa: E402

COVERAGE = '''collection rows from to completeness note
climate x 2000 2010 sample .
russia x 1990 2010 list .
memberships x 1990 2010 list .
gcom_accessions x 2008 2009 census .
wikidata_P190_dated_pairs x 1946 2000 sample .'''
ACTORS = '''actor name country geonameid wikidata note
cities/kazan-ru Kazan RU . . .
cities/perm-ru Perm RU . . .
cities/paris-fr Paris FR . . .
cities/izmir-tr Izmir TR . . .
cities/lost Lost . . . .
regions/ile-fr Ile FR . . .'''


def folder_of(tables, **more):
    """A samples folder: tables in words separated by blanks, `.` for empty."""
    folder = tempfile.TemporaryDirectory()
    os.mkdir(os.path.join(folder.name, 'facts'))
    texts = {'facts/%s.tsv' % name: text for name, text in {'coverage': COVERAGE, 'actors': ACTORS, **tables}.items()}
    texts.update({name + '.tsv': text for name, text in more.items()})
    for name, text in texts.items():
        with open(os.path.join(folder.name, name), 'w', encoding='utf-8') as file:
            for line in text.strip().split('\n'):
                file.write('\t'.join('' if word == '.' else word for word in line.split()) + '\n')
    return folder


def answer(question, tables, **more):
    """{(category, collection): finding}"""
    with folder_of(tables, **more) as folder:
        result = expected.QUESTIONS[question](files.read(folder))
    return {(finding['category'], finding['collection']): finding for finding in result}


def series(finding):
    return [(point['time'], point['count'], point['total'], point['covered']) for point in finding['series']]


NEGOTIATIONS = '''id title format start end phase topics host summary sources
a . multilevel 1999-05 . . climate;energy . . cl-1
b . multilateral 2001 . . climate . . fc-9;cl-2
c . bilateral 2001-12-31 . . culture . . ru-1'''


class Mixes(unittest.TestCase):
    def test_formats_add_up_over_collections_and_are_covered_where_all_look(self):
        found = answer('format-mix', {'negotiations': NEGOTIATIONS})
        together = found['multilateral', None]
        self.assertEqual((together['n'], together['total'], together['estimate']), (1, 3, 1 / 3))
        self.assertEqual((together['from'], together['to']), ('1999', '2001'))
        self.assertEqual(series(together), [('1999', 0, 1, False), ('2000', 0, 0, True), ('2001', 1, 2, True)])
        self.assertEqual(series(found['bilateral', 'russia']), [('2001', 1, 1, True)])
        self.assertEqual(found['bilateral', 'climate']['n'], 0)
        for category in ('bilateral', 'multilateral', 'multilevel'):
            parts = [finding['n'] for key, finding in found.items() if key[0] == category and key[1]]
            self.assertEqual(sum(parts), found[category, None]['n'])

    def test_an_actor_in_two_roles_is_one_pair_and_states_are_none(self):
        found = answer('capacity-mix', {'negotiations': NEGOTIATIONS, 'participants': '''negotiation actor role capacity
a cities/paris-fr host own_right
a cities/paris-fr party network_member
a regions/ile-fr party network_member
a states/fr party state_authority
c cities/kazan-ru party own_right'''})
        self.assertEqual((found['own_right', None]['n'], found['own_right', None]['total']), (2, 3))
        self.assertEqual(found['network_member', 'climate']['n'], 1)

    def test_topics_split_a_negotiation(self):
        found = answer('topic-mix', {'negotiations': NEGOTIATIONS})
        self.assertEqual((found['other/climate', None]['n'], found['other/climate', None]['total']), (1.5, 2))
        self.assertIsNone(found['other/climate', None]['low'])
        self.assertEqual(found['jsd', None]['estimate'], 1)
        self.assertNotIn(('jsd', 'climate'), found)

    def test_an_entry_takes_the_collection_of_its_negotiation_and_unknown_channels_stand_apart(self):
        found = answer('channel-mix', {'negotiations': NEGOTIATIONS, 'entries': '''negotiation n date channel sources
a 1 2001 virtual fc-1
a 2 2001-05-06 hybrid cl-1
a 3 2002 unknown cl-1
c 1 2001 in_person ru-1'''})
        digital = found['digital', None]
        self.assertEqual((digital['n'], digital['total'], digital['unknown']), (2, 3, 1))
        self.assertEqual(found['virtual', 'climate']['total'], 2)

    def test_who_left_did_not_accede_and_the_file_of_accessions_is_authoritative(self):
        found = answer('accessions', {'memberships': '''actor institution status from to sources
cities/paris-fr institutions/c40 member 2005-10 . in-1
cities/izmir-tr institutions/c40 left 2006 2009 in-1
cities/kazan-ru institutions/c40 associate . . in-1
cities/paris-fr institutions/global-covenant-of-mayors member 2008 . in-1'''},
                       gcom_accessions='organisation_id iso2 adhesion_date\n7 FR 2008-02-03\n8 GB 2009-02-03')
        self.assertEqual((found['c40', None]['n'], found['c40', None]['undated']), (1, 1))
        self.assertEqual(series(found['c40', 'institutions']), [('2005', 1, 1, True)])
        gcom = found['global-covenant-of-mayors/gb', None]
        self.assertEqual(series(gcom), [('2008', 0, 1, True), ('2009', 1, 1, True)])
        self.assertIsNone(found['global-covenant-of-mayors', None]['estimate'])


class Relations(unittest.TestCase):
    def divergence(self, rows):
        return answer('city-state-divergence', {'positions': 'actor issue stance date basis negotiation sources\n' + rows})

    def test_the_nearest_pair_counts_and_of_equals_the_later_city_date(self):
        found = self.divergence('''cities/paris-fr x 2 2003-01-01 . . cl-1
cities/paris-fr x -2 2003-01-05 . . cl-1
states/fr x 1 2003-01-03 . . cl-2''')
        self.assertEqual((found['opposed', None]['n'], found['opposed', None]['total']), (1, 1))
        self.assertEqual(found['x', None]['estimate'], -3)
        self.assertEqual(series(found['opposed', None]), [('2000s', 1, 1, True)])

    def test_zero_opposes_nothing_and_far_stances_are_no_pair(self):
        found = self.divergence('''cities/paris-fr x 0 2003 . . cl-1
states/fr x -2 2003 . . cl-2
cities/paris-fr y 2 2003-01-01 . . cl-1
states/fr y -2 2008-01-02 . . cl-2
cities/izmir-tr x 2 2003 . . cl-1''')
        self.assertEqual((found['opposed', None]['n'], found['opposed', None]['total']), (0, 1))
        self.assertEqual(found['opposed', None]['unknown'], 2)

    def test_1826_days_apart_is_near(self):
        found = self.divergence('cities/paris-fr y 2 2003-01-01 . . cl-1\nstates/fr y -2 2008-01-01 . . cl-2')
        self.assertEqual(found['opposed', None]['n'], 1)

    def test_first_agreements_are_weighed_and_renewals_are_not_counted(self):
        found = answer('reorientation', {
            'groupings': 'grouping edition\nru-unfriendly 2008-01-01\nru-unfriendly 2009',
            'grouping_members': 'grouping edition state since\nru-unfriendly 2009 states/fr',
            'agreements': '''id kind parties topics negotiation note sources
a . cities/kazan-ru;cities/paris-fr . . . ru-1
b . cities/kazan-ru;cities/paris-fr;cities/izmir-tr . . . ru-1
c . cities/perm-ru;cities/izmir-tr . . . ru-1
d . cities/kazan-ru;cities/lost;cities/perm-ru . . . ru-1''',
            'agreement_status': '''agreement date status reason decided_by basis sources
a 1991 in_force . . . ru-1
a 2005 signed . . . ru-1
b 2004-02 signed . . . ru-1
c . signed . . . ru-1
d 2004 signed . . . ru-1'''})
        result = found['outside ru-unfriendly/2009', 'russia']
        self.assertEqual((result['n'], result['total'], result['undated'], result['unknown']), (0.5, 1, 1, 2))
        self.assertEqual(found['outside ru-unfriendly/2008-01-01', None]['n'], 1)
        self.assertEqual(found['outside ru-unfriendly/in-force', None]['unknown'], 3)
        self.assertNotIn('sensitivity', result)


class Fate(unittest.TestCase):
    STATUS = '''agreement date status reason decided_by basis sources
a 2000-07-02 signed . . . ru-1
a 2002 suspended . . political ru-1
a 2003 ended . . . ru-1
b . signed . . . ru-1
b 2005-01-01 ended . . legal ru-1
c 2001-01-01 signed . . . ru-1
c . ended . . expiry ru-1
d 2009-01-01 in_force . . . ru-1'''
    AGREEMENTS = '''id kind parties topics negotiation note sources
a . cities/kazan-ru;cities/paris-fr . . . ru-1
b . cities/kazan-ru;cities/izmir-tr . . . ru-1
c . cities/perm-ru;cities/izmir-tr . . . ru-1
d . cities/perm-ru;cities/paris-fr . . . ru-1
e . cities/perm-ru;institutions/x . . . ru-1'''

    def setUp(self):
        self.found = answer('partnership-fate', {'agreements': self.AGREEMENTS, 'agreement_status': self.STATUS})

    def test_states_are_told_at_each_years_end(self):
        suspended = self.found['suspended', None]
        self.assertEqual((suspended['n'], suspended['total'], suspended['undated']), (0, 3, 1))
        self.assertEqual(series(suspended)[:4], [('2000', 0, 1, True), ('2001', 0, 1, True), ('2002', 1, 1, True),
                                                 ('2003', 0, 1, True)])
        self.assertEqual(self.found['ended', None]['n'], 2)
        self.assertEqual(self.found['not_known_to_have_stopped', None]['series'][-1]['count'], 1)

    def test_rates_take_dated_intervals_until_the_coverage_ends(self):
        rate = self.found['suspensions_per_1000_years', 'russia']
        self.assertEqual((rate['n'], rate['unknown'], rate['undated']), (1, 1, 1))
        self.assertAlmostEqual(rate['total'] * 365.25, 730 + 730)
        self.assertAlmostEqual(rate['estimate'], 1000 / rate['total'])
        self.assertAlmostEqual(sum(point['total'] for point in rate['series']), rate['total'])
        self.assertEqual(self.found['direct_endings_per_1000_years', None]['n'], 0)

    def test_reasons_are_steps(self):
        legal = self.found['ended/legal', None]
        self.assertEqual((legal['n'], legal['total'], legal['unknown'], legal['undated']), (1, 1, 1, 1))

    def test_rows_of_the_same_pair_are_one_agreement(self):
        found = answer('partnership-fate', {}, sister_pairs='''qid_a name_a qid_b name_b start_year end_year
Q1 A Q2 B 1991 3000
Q1 A Q2 B 1992 1992
Q1 A Q2 B 1991 1992
Q3 C Q4 D 0 1999''')
        ended = found['ended', 'wikidata_P190_dated_pairs']
        self.assertEqual((ended['n'], ended['total'], ended['from']), (2, 2, '1991'))
        self.assertEqual(found['ended/political', None]['unknown'], 2)

    def test_what_happens_after_the_coverage_is_no_event_and_takes_no_time(self):
        found = answer('partnership-fate', {}, sister_pairs='qid_a qid_b start_year end_year\nQ1 Q2 2000 2016')
        rate = found['direct_endings_per_1000_years', None]
        self.assertEqual((rate['n'], rate['total'] * 365.25), (0, 183))
        self.assertEqual((rate['from'], rate['to']), ('2000', '2000'))


class Intervals(unittest.TestCase):
    def test_published_values(self):
        low, high = wilson(15, 148)  # Newcombe 1998, table I: 0.0624, 0.1605
        self.assertEqual((round(low, 4), round(high, 4)), (0.0624, 0.1605))
        low, high = garwood(10)      # chi-square tables: 4.795, 18.390
        self.assertEqual((round(low, 3), round(high, 3)), (4.795, 18.390))
        self.assertAlmostEqual(garwood(0)[1], 3.688879454)

    def test_equal_mixes_do_not_diverge(self):
        self.assertEqual(jensen_shannon({'a': 1, 'b': 1}, {'a': 5, 'b': 5}), 0)
        self.assertIsNone(jensen_shannon({}, {'a': 1}))


class Comparison(unittest.TestCase):
    def setUp(self):
        with folder_of({'negotiations': NEGOTIATIONS}) as folder:
            self.report = expected.report(files.read(folder))

    def test_the_same_report_agrees(self):
        self.assertEqual(list(check_report.differences(self.report, copy.deepcopy(self.report))), [])

    def test_every_member_is_compared(self):
        for member in check_report.MEMBERS:
            other = copy.deepcopy(self.report)
            other['questions'][0]['findings'][0][member] = 'else'
            self.assertEqual(len(list(check_report.differences(self.report, other))), 1, member)
        for member in ('count', 'total', 'covered'):
            other = copy.deepcopy(self.report)
            other['questions'][0]['findings'][0]['series'][0][member] = 'else'
            self.assertEqual(len(list(check_report.differences(self.report, other))), 1, member)

    def test_missing_and_surplus_findings_are_told(self):
        other = copy.deepcopy(self.report)
        other['questions'][0]['findings'][0]['category'] = 'else'
        self.assertEqual(sorted(text for _, text in check_report.differences(self.report, other)),
                         ['is missing', 'is not expected'])


class Power(unittest.TestCase):
    INFLUENCE = '''city year measure value unit sources
cities/kazan-ru 2020 gawc_2024 Gamma tier in-a
cities/perm-ru 2020 gawc_2024 Sufficiency tier in-a
cities/paris-fr 2020 gawc_2024 Alpha+ tier in-a
cities/paris-fr . gdp_share 30 % in-a
cities/izmir-tr 2009 foreign_missions 5 embassies in-a'''
    MEMBERSHIPS = '''actor institution status from to sources
cities/kazan-ru institutions/a member 2001 . in-a
cities/perm-ru institutions/a member . . in-a
cities/perm-ru institutions/b associate 2019 . in-a
cities/paris-fr institutions/a left 2001 2019 in-a
cities/paris-fr institutions/b member 2001 . in-a
cities/paris-fr institutions/c member 2001 . in-a'''

    def test_ties_share_the_mean_of_their_ranks(self):
        self.assertEqual(power.shares({'a': 1, 'b': 5, 'c': 5, 'd': 9}), {'a': .125, 'b': .5, 'c': .5, 'd': .875})
        self.assertEqual(power.shares({'a': 1, 'b': 5}), {})

    def test_values_carry_ten_years(self):
        values = [power.Value('a', '', 2010, 1), power.Value('b', '', 2015, 2), power.Value('c', '', 2020, 3)]
        self.assertEqual(power.ranked(values, 2020), {'a': 1 / 6, 'b': .5, 'c': 5 / 6})
        self.assertEqual(power.ranked(values, 2021), {})

    def test_an_index_takes_three_parts(self):
        with folder_of({'influence': self.INFLUENCE, 'memberships': self.MEMBERSHIPS}) as folder:
            facts = files.read(folder)
        facts.autonomy = {('ru', 2014): 40, ('fr', 2014): 50, ('tr', 2014): 60}
        found = {finding['category']: finding for finding in power.power_balance(facts)}
        self.assertEqual(sorted(found), ['kazan-ru', 'no_index', 'paris-fr', 'perm-ru'])
        autonomy, economic, political = .5, 5 / 6, 2 / 3  # in 2020 perm and paris are members of two each
        self.assertAlmostEqual(found['paris-fr']['estimate'], (autonomy * economic * political) ** (1 / 3))
        self.assertEqual((found['paris-fr']['n'], found['paris-fr']['undated']), (1, 1))
        self.assertEqual((found['no_index']['n'], found['no_index']['total']), (1, 4))

if __name__ == '__main__':
    unittest.main()

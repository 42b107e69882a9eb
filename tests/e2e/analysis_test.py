"""The commands of docs/analysis.md say what a computation in plain Python says of the same samples, and what is odd about a
file is told. Run through ctest (e2e/analysis_test) or python3 with CITYNEG set."""
import collections
import csv
import json
import math
import os
import re
import subprocess
import tempfile
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
CITYNEG = os.environ.get('CITYNEG', os.path.join(ROOT, 'build', 'release', 'bin', 'cityneg'))


def rows(name):
    with open(os.path.join(ROOT, 'samples', name), encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))


def shares(mix):
    return {state: n / sum(mix.values()) for state, n in mix.items()}


def divergence(p, q):
    """Jensen and Shannon's, in bits."""
    return sum(0.5 * a[s] * math.log2(2 * a[s] / (p.get(s, 0) + q.get(s, 0))) for a in (p, q) for s in a)


class Documented(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(ROOT, 'docs', 'analysis.md'), encoding='utf-8') as file:
            blocks = re.findall(r'```sh\n(.*?)```', file.read(), re.S)
        cls.answers = {}
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(CITYNEG, os.path.join(folder, 'cityneg'))
            os.symlink(os.path.join(ROOT, 'samples'), os.path.join(folder, 'samples'))
            subprocess.run(['bash', '-euo', 'pipefail', '-c', '\n'.join(blocks)], cwd=folder, check=True)
            for name in ('accessions', 'mixes', 'pairs', *(f'mix-{year}' for year in range(2009, 2024))):
                with open(os.path.join(folder, name + '.json'), encoding='utf-8') as file:
                    cls.answers[name] = json.load(file)

    def test_accessions_by_year_have_this_trend(self):
        n = collections.Counter(row['adhesion_date'][:4] for row in rows('gcom_accessions.tsv'))
        x = [n[str(year)] for year in range(2008, 2024)]
        pairs = [(i, j) for i in range(len(x)) for j in range(i + 1, len(x))]
        slopes = sorted((x[j] - x[i]) / (j - i) for i, j in pairs)
        answer = self.answers['accessions']
        self.assertEqual(sum(x), len(rows('gcom_accessions.tsv')))
        self.assertAlmostEqual(answer['mean'], sum(x) / 16)
        self.assertEqual(answer['mann_kendall']['s'], sum((x[j] > x[i]) - (x[j] < x[i]) for i, j in pairs))
        self.assertAlmostEqual(answer['sen']['slope'], (slopes[59] + slopes[60]) / 2)

    def test_mixes_of_states_differ_so_much(self):
        mixes = [collections.Counter(), collections.Counter()]
        for row in rows('gcom_accessions.tsv'):
            mixes[row['adhesion_date'] >= '2016'][row['iso2']] += 1
        p, q = map(shares, mixes)
        answer = self.answers['mixes']
        self.assertAlmostEqual(answer['jsd']['value'], divergence(p, q), 12)
        self.assertLess(answer['jsd']['p'], 0.001)
        for name, mix in (('a', p), ('b', q)):
            self.assertAlmostEqual(answer[name]['hhi']['value'], sum(v * v for v in mix.values()), 12)
            self.assertAlmostEqual(answer[name]['entropy']['value'], -sum(v * math.log(v) for v in mix.values()), 12)
            for key in ('hhi', 'entropy'):
                self.assertLess(answer[name][key]['low'], answer[name][key]['high'])

    def test_mixes_by_year_are_those_of_the_table(self):
        with open(os.path.join(ROOT, 'docs', 'analysis.md'), encoding='utf-8') as file:
            table = {line.split('|')[1].strip(): line for line in file if re.match(r'\| \d{4} \|', line)}
        mixes = collections.defaultdict(collections.Counter)
        for row in rows('gcom_accessions.tsv'):
            mixes[int(row['adhesion_date'][:4])][row['iso2']] += 1
        self.assertEqual(sorted(table), [str(year) for year in range(2009, 2024)])
        for year in range(2009, 2024):
            answer = self.answers[f'mix-{year}']
            p, q = shares(mixes[year - 1]), shares(mixes[year])
            self.assertAlmostEqual(answer['jsd']['value'], divergence(p, q), 12)
            self.assertAlmostEqual(answer['b']['hhi']['value'], sum(v * v for v in q.values()), 12)
            for number in (answer['jsd'], answer['b']['hhi']):
                self.assertIn('%.3f (%.3f to %.3f)' % (number['value'], number['low'], number['high']), table[str(year)])

    def test_sister_cities_had_three_regimes(self):
        n = collections.Counter(row['start_year'] for row in rows('sister_pairs.tsv'))
        x = [n[str(year)] for year in range(1946, 2016)]

        def cost(part):
            return sum((v - sum(part) / len(part)) ** 2 for v in part)

        best = min(((cost(x[:a]) + cost(x[a:b]) + cost(x[b:]), a, b)
                    for a in range(1, len(x) - 1) for b in range(a + 1, len(x))))
        answer = self.answers['pairs']
        self.assertEqual([c['index'] for c in answer['change_points']], list(best[1:]))
        self.assertEqual([c['time'] for c in answer['change_points']], ['1989', '1993'])
        self.assertAlmostEqual(answer['segments'][1]['mean'], sum(x[best[1]:best[2]]) / (best[2] - best[1]))


class Oddities(unittest.TestCase):
    def ask(self, text, *words, code=0, command='analyze'):
        with tempfile.NamedTemporaryFile('w', suffix='.csv') as file:
            file.write(text)
            file.flush()
            done = subprocess.run([CITYNEG, 'trends', command, file.name, '-o', 'json', *words], capture_output=True,
                                  text=True)
        self.assertEqual(done.returncode != 0, code != 0, done.stderr)
        if code:
            return done.stderr

        def never(word):
            self.fail('a response says ' + word)

        return json.loads(done.stdout, parse_constant=never)

    def test_columns_may_come_in_any_order(self):
        one = self.ask('time,value,note\n2001,3,a\n2002,5,b\n2003,4,c\n2004,8,d\n')
        self.assertEqual(one, self.ask('note,value,time\na,3,2001\nb,5,2002\nc,4,2003\nd,8,2004\n'))
        self.assertEqual(one['mann_kendall']['s'], 4)

    def test_missing_values_are_counted_and_said(self):
        answer = self.ask('time,value\n2001,3\n2002,NaN\n2003,\n2004,8\n2005,9\n')
        self.assertEqual((answer['n'], answer['missing']), (3, 2))
        self.assertIn('2 of 5 values are missing', answer['notes'][0])
        self.assertAlmostEqual(answer['sen']['slope'], 1.5)  # the middle of 5/3, 6/4 and 1

    def test_thousands_separators_are_no_numbers(self):
        for number in ('"1,234"', '1 234', "1'234"):
            self.assertIn('thousands separators', self.ask('time,value\n2001,' + number + '\n', code=1))

    def test_dates_of_mixed_precision_grow_or_are_refused(self):
        answer = self.ask('time,value\n2001,3\n2002-02,4\n2003-01-15,6\n')
        self.assertIn('mixed precision', answer['notes'][0])
        self.assertIn('counting from its first day', self.ask('time,value\n2001,3\n2001-01,4\n', code=1))

    def test_times_that_are_no_dates_are_said(self):
        answer = self.ask('time,value\nspring,3\nsummer,4\nautumn,6\n')
        self.assertIn("'spring' is no date", answer['notes'][0])
        self.assertEqual(answer['sen']['slope'], 1.5)

    def test_too_little_and_too_even_series_say_so(self):
        self.assertIn('no value', self.ask('time,value\n')['notes'][-1])
        self.assertIn('one value', self.ask('time,value\n2001,7\n')['notes'][-1])
        even = self.ask('time,value\n' + ''.join('%d,7\n' % year for year in range(2001, 2021)))
        self.assertEqual(even['notes'], ['all 20 values are equal'])
        self.assertEqual((even['mann_kendall']['s'], even['mann_kendall']['p'], even['change_points']), (0, 1, []))

    def test_infinity_and_nonsense_name_line_and_value(self):
        for number in ('inf', '1e999', 'many'):
            said = self.ask('time,value\n2001,1\n2002,' + number + '\n', code=1)
            self.assertIn('line 3: value: \'%s\'' % number, said)
        self.assertIn("no column 'value'", self.ask('time,count\n2001,1\n', code=1))
        self.assertIn('season', self.ask('time,value\n2001,1\n', '--season', '1', code=1))

    def test_a_network_names_what_is_no_edge(self):
        self.assertIn("weight: '-1'", self.ask('source,target,weight\na,b,-1\n', code=1, command='network'))
        self.assertIn('line 2: target', self.ask('source,target\na,\n', code=1, command='network'))
        self.assertIn("no column 'target'", self.ask('source,to\na,b\n', code=1, command='network'))
        self.assertEqual(self.ask('source,target\n', command='network')['modularity'], None)

    def test_ten_million_edges_are_refused_with_what_would_fit(self):
        nodes = [str(node) for node in range(3163)]
        text = 'source,target\n' + ''.join('%s,' % one + ('\n%s,' % one).join(nodes) + '\n' for one in nodes)
        self.assertGreater(text.count('\n'), 10_000_000)
        said = self.ask(text, code=1, command='network')
        self.assertIn('edges: more than 1000000 are too many for one network; take a shorter window, or join', said)

    def test_a_season_that_is_none_is_said(self):
        for season in ('spring', '-3', '1'):
            self.assertIn('season', self.ask('time,value\n2001,1\n', '--season', season, code=1))


if __name__ == '__main__':
    unittest.main()

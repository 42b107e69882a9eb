#!/usr/bin/env python3
"""What `trends analyze` and `trends network` print, key by key, is what packages of others say of the same file, and what is
known of public series: analysis_keys.py series | network. Ends with 77 where the packages cannot be had."""
import json
import math
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, '..'))
import packages  # noqa: E402

CITYNEG = os.environ.get('CITYNEG', 'cityneg')
PACKAGES = {  # as the other comparisons have them, so that they are fetched once
    'series': ['numpy==2.4.6', 'scipy==1.17.1', 'statsmodels==0.15.0', 'pymannkendall==1.4.3', 'ruptures==1.1.10'],
    'network': ['networkx==3.4.2', 'numpy==2.4.6', 'scipy==1.17.1'],
}
compared = 0


def same(key, ours, theirs, relative=1e-9):
    global compared
    compared += 1
    if ours is None or not math.isclose(ours, theirs, rel_tol=relative, abs_tol=1e-12):
        sys.exit('%s: %r is said, %r is right' % (key, ours, theirs))


def public_series():
    """{name: values} of series_data.h."""
    with open(os.path.join(HERE, '..', 'common', 'stats', 'series_data.h'), encoding='utf-8') as file:
        text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
    return {name: [float(value) for value in re.findall(r'[-.\d]+', body)]
            for name, body in re.findall(r'double (\w+)\[\d+\] = \{(.*?)\}', text, re.S)}


def answer(command, header, rows, *options):
    with tempfile.NamedTemporaryFile('w', suffix='.csv') as file:
        file.write(header + '\n' + ''.join(','.join(map(str, row)) + '\n' for row in rows))
        file.flush()
        done = subprocess.run([CITYNEG, 'trends', command, file.name, '-o', 'json', *options], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def analyzed(values, *options):
    return answer('analyze', 'time,value', enumerate(values, 1871), *options)


def compare_series():
    import numpy
    import pymannkendall
    import ruptures
    public = public_series()
    for name, values in public.items():
        said, x = analyzed(values, '--season', '12'), numpy.array(values)
        for key, theirs in (('mann_kendall', pymannkendall.original_test(x)),
                            ('mann_kendall_hamed_rao', pymannkendall.hamed_rao_modification_test(x)),
                            ('mann_kendall_yue_wang', pymannkendall.yue_wang_modification_test(x)),
                            ('seasonal_mann_kendall', pymannkendall.seasonal_test(x, period=12))):
            same(name + '.s', said[key]['s'], theirs.s)
            if not theirs.var_s > 0:  # neither has an answer then
                same(name + '.z', float(said[key]['z'] is None and said[key]['p'] is None), 1)
                continue
            same('%s.%s.z' % (name, key), said[key]['z'], theirs.z)
            same('%s.%s.p' % (name, key), said[key]['p'], math.erfc(abs(theirs.z) / math.sqrt(2)))
        same(name + '.sen', said['sen']['slope'], pymannkendall.sens_slope(x).slope)
        ranks = numpy.array([sum(x < v) + (sum(x == v) + 1) / 2 for v in x])
        sums = [abs(2 * ranks[:t].sum() - t * (len(x) + 1)) for t in range(1, len(x))]
        same(name + '.pettitt.k', said['pettitt']['k'], max(sums))
        same(name + '.pettitt.index', said['pettitt']['index'], 1 + int(numpy.argmax(sums)))
        same(name + '.pettitt.p', said['pettitt']['p'],
             min(1, 2 * math.exp(-6 * max(sums) ** 2 / (len(x) ** 3 + len(x) ** 2))))
        for changes in (1, 2, 3):
            exact = analyzed(values, '--changes', str(changes))
            places = ruptures.Dynp(model='l2', min_size=1, jump=1).fit(x).predict(changes)
            for point, place in zip(exact['change_points'], places):
                same(name + '.change_points.index', point['index'], place)
            for part, first, last in zip(exact['segments'], [0] + places, places):
                same(name + '.segments.mean', part['mean'], x[first:last].mean())
        penalty = 3 * float(x.var())
        found = analyzed(values, '--penalty', repr(penalty))
        places = ruptures.Pelt(model='l2', min_size=1, jump=1).fit(x).predict(penalty)[:-1]
        same(name + '.change_points', len(found['change_points']), len(places))
        for point, place in zip(found['change_points'], places):
            same(name + '.pelt.index', point['index'], place)
        for key in ('alpha', 'level'):
            same(name + '.ses.' + key, float(said['ses'][key] is not None), 1)
        for key in ('alpha', 'beta', 'gamma', 'trend', 'level', 'season'):
            same(name + '.holt_winters.' + key, float(said['holt_winters'][key] is not None), 1)
        level, alpha = said['ses']['level'], said['ses']['alpha']
        # The level is what the recursion with this alpha ends at, from the first level that fits best: errors are linear in it.
        weights, errors = [], []
        at, by = 0.0, 1.0
        for value in values:
            errors.append(value - at), weights.append(by)
            at, by = at + alpha * (value - at), by * (1 - alpha)
        first = sum(e * w for e, w in zip(errors, weights)) / sum(w * w for w in weights)
        same(name + '.ses.level', level, at + by * first, 1e-8)
        for point in said['forecast']:
            same(name + '.forecast', float(point['low'] < point['mean'] < point['high']), 1)
        same(name + '.forecast', len(said['forecast']), 12)
        same(name + '.forecast.time', said['forecast'][0]['time'], 1871 + len(values))
    known = analyzed(public['SHAMPOO'])
    same('S', known['mann_kendall']['s'], 440)
    same('slope', known['sen']['slope'], 11.509375)
    same('intercept', known['sen']['intercept'], 78.7359375)
    known = analyzed(public['NILE'], '--changes', '1')
    same('Nile', known['change_points'][0]['index'], 28)
    same('Nile', float(known['change_points'][0]['time']), 1899)
    same('Nile', known['segments'][0]['mean'], 1097.75)
    same('Nile', known['segments'][1]['mean'], 849.972, 1e-6)
    same('Nile alpha', known['ses']['alpha'], 0.2465796, 5e-3)  # R's, whose level begins at the first value
    bursts = [(2000 + i, 9 if i in (4, 5, 6) else 1, 20) for i in range(12)]
    said = answer('analyze', 'time,value,total', bursts, '--s', '3', '--gamma', '0.5')['bursts']
    same('bursts.states', float(said['states'] == [int(i in (4, 5, 6)) for i in range(12)]), 1)
    share = sum(r for _, r, _ in bursts) / sum(d for _, _, d in bursts)
    cost = 0.5 * math.log(12) - sum(math.log(math.comb(d, r)) + r * math.log(p) + (d - r) * math.log(1 - p) for (_, r, d), p in
                                    zip(bursts, [share * 3 ** state for state in said['states']]))
    same('bursts.cost', said['cost'], cost)


def compare_network():
    import networkx
    graph = networkx.relabel_nodes(networkx.gnm_random_graph(60, 110, seed=5), lambda i: 'n%d' % i)
    graph.remove_nodes_from(list(networkx.isolates(graph)))
    said = answer('network', 'source,target', graph.edges)
    largest = graph.subgraph(max(networkx.connected_components(graph), key=len))
    degrees = [degree for _, degree in graph.degree]
    for key, ours, theirs in (
            ('nodes', said['nodes'], graph.number_of_nodes()), ('edges', said['edges'], graph.number_of_edges()),
            ('degree.mean', said['degree']['mean'], sum(degrees) / len(degrees)),
            ('degree.least', said['degree']['least'], min(degrees)), ('degree.most', said['degree']['most'], max(degrees)),
            ('components', said['components'], networkx.number_connected_components(graph)),
            ('triangles', said['triangles'], sum(networkx.triangles(graph).values()) / 3),
            ('clustering', said['clustering'], networkx.average_clustering(graph)),
            ('transitivity', said['transitivity'], networkx.transitivity(graph)),
            ('assortativity', said['assortativity'], networkx.degree_assortativity_coefficient(graph)),
            ('diameter', said['diameter'], networkx.diameter(largest)),
            ('core', said['core']['k'], max(networkx.core_number(graph).values()))):
        same(key, ours, theirs, 1e-9)
    between, rank = networkx.betweenness_centrality(graph, normalized=False), networkx.pagerank(graph, tol=1e-14, max_iter=10000)
    for key, measure, name in (('top_betweenness', between, 'betweenness'), ('top_pagerank', rank, 'pagerank')):
        best = sorted(measure.values(), reverse=True)
        for place, row in enumerate(said[key]):
            same(key, row[name], measure[row['node']], 1e-8)
            same(key + ' in order', row[name], best[place], 1e-8)
    found = networkx.community.greedy_modularity_communities(graph)
    same('modularity', float(said['modularity'] >= networkx.community.modularity(graph, found) - 1e-9), 1)
    same('community_sizes', float(said['community_sizes'] == sorted(said['community_sizes'], reverse=True)), 1)


if __name__ == '__main__':
    what = sys.argv[1]
    packages.inside_python(__file__, *PACKAGES[what])
    {'series': compare_series, 'network': compare_network}[what]()
    print('%d numbers are the same' % compared)

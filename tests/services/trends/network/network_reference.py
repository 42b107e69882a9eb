#!/usr/bin/env python3
"""Compares `cityneg trends network` with networkx on random and known graphs.

    network_reference.py CITYNEG

Exits with 0 where all agree, 1 where not, and 77
where networkx cannot be had.
"""
import concurrent.futures
import json
import math
import os
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
import packages  # noqa: E402

PACKAGES = ["networkx==3.4.2", "numpy==2.4.6", "scipy==1.17.1"]


def measure(program, rows, weighted):
    """The answer about edges in another order, some turned round, columns in another order too."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("weight,target,source\n" if weighted else "target,source\n")
        for a, b, weight in rows:
            file.write(f"{weight!r},n{b},n{a}\n" if weighted else f"n{b},n{a}\n")
        file.flush()
        done = subprocess.run([program, "trends", "network", file.name, "-o", "json", "--top", "100000"],
                              capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def expected(graph, weighted):
    import networkx as nx

    degrees = [d for _, d in graph.degree()]
    largest = max(nx.connected_components(graph), key=len)
    equal = len({d for _, _, d in ((a, b, graph.degree(end)) for a, b in graph.edges() for end in (a, b))}) < 2
    mean = sum(degrees) / len(degrees)
    cores = nx.core_number(graph)
    return {
        "nodes": len(graph), "edges": graph.number_of_edges(), "density": nx.density(graph),
        "degree.mean": mean, "degree.least": min(degrees), "degree.most": max(degrees),
        "degree.deviation": math.sqrt(sum((d - mean) ** 2 for d in degrees) / len(degrees)),
        "components": nx.number_connected_components(graph), "largest_component.nodes": len(largest),
        "triangles": sum(nx.triangles(graph).values()) // 3,
        "transitivity": nx.transitivity(graph) if max(degrees) > 1 else None,
        "clustering": nx.average_clustering(graph),
        "assortativity": None if equal else nx.degree_pearson_correlation_coefficient(graph),
        "core.k": max(cores.values()), "core.nodes": sum(k == max(cores.values()) for k in cores.values()),
    }


failures, compared = [], {}


def same(what, name, ours, theirs, relative=1e-9):
    compared[name] = compared.get(name, 0) + 1
    if ours is None or theirs is None:
        fine = ours is theirs
    else:
        fine = abs(ours - theirs) <= relative * (1 + abs(theirs))
    if not fine:
        failures.append(f"{name} of {what}: ours {ours}, theirs {theirs}")


def check(what, ours, graph, weighted):
    import networkx as nx

    for name, theirs in expected(graph, weighted).items():
        value = ours
        for key in name.split("."):
            value = value[key]
        same(what, name, value, theirs)
    sizes = sorted((len(c) for c in nx.connected_components(graph)), reverse=True)
    if len(sizes) == 1 or sizes[0] > sizes[1]:  # of equally large components either may be taken
        largest = graph.subgraph(max(nx.connected_components(graph), key=len))
        same(what, "diameter", ours["diameter"], nx.diameter(largest))
    lengths = {(a, b): {"length": 1 / d["weight"]} for a, b, d in graph.edges(data=True)}
    nx.set_edge_attributes(graph, lengths)
    between = nx.betweenness_centrality(graph, normalized=False, weight="length" if weighted else None)
    rank = nx.pagerank(graph, weight="weight" if weighted else None, tol=1e-13, max_iter=5000)
    for key, theirs in (("betweenness", between), ("pagerank", rank)):
        listed = {one["node"]: one[key] for one in ours["top_" + key]}
        values = [one[key] for one in ours["top_" + key]]
        same(what, key + " nodes", len(listed), len(graph))
        same(what, key + " order", values == sorted(values, reverse=True), True)
        for node, value in theirs.items():
            same(what, key, listed[node], value)
    groups = {}
    for one in ours["top_pagerank"]:
        groups.setdefault(one["community"], set()).add(one["node"])
    weight = "weight" if weighted else None
    same(what, "modularity of the partition", ours["modularity"],
         nx.community.modularity(graph, groups.values(), weight=weight))
    louvain = nx.community.modularity(graph, nx.community.louvain_communities(graph, weight=weight, seed=1),
                                      weight=weight)
    compared["modularity beside Louvain's"] = compared.get("modularity beside Louvain's", 0) + 1
    if ours["modularity"] < louvain - 0.01:
        failures.append(f"modularity of {what}: ours {ours['modularity']}, Louvain's {louvain}")


def graphs():
    import networkx as nx
    import numpy as np

    random = np.random.default_rng(20240121)
    for k in range(120):
        n = int(random.integers(3, 60))
        kind = k % 5
        seed = int(random.integers(1 << 30))
        graph = [lambda: nx.gnp_random_graph(n, random.uniform(0.02, 0.5), seed=seed),
                 lambda: nx.barabasi_albert_graph(n, min(3, n - 1), seed=seed),
                 lambda: nx.watts_strogatz_graph(n, min(4, n - 1), 0.2, seed=seed),
                 lambda: nx.random_labeled_tree(n, seed=seed),
                 lambda: nx.planted_partition_graph(3, max(2, n // 3), 0.5, 0.05, seed=seed)][kind]()
        yield f"random graph {k}", graph, k % 2 == 1
    for name in ("karate_club_graph", "florentine_families_graph", "davis_southern_women_graph", "les_miserables_graph",
                 "petersen_graph", "tutte_graph", "icosahedral_graph"):
        yield name, getattr(nx, name)(), False
    for name, graph in (("star", nx.star_graph(9)), ("cycle", nx.cycle_graph(7)), ("path", nx.path_graph(6)),
                        ("complete", nx.complete_graph(8)), ("one edge", nx.path_graph(2))):
        yield name, graph, False


def main(program):
    import networkx as nx
    import numpy as np

    random = np.random.default_rng(20240122)
    asked = []
    for what, drawn, weighted in graphs():
        rows = []
        for a, b in drawn.edges():
            # Powers of two, so that lengths are exact: networkx takes lengths as equal only to the last bit.
            weight = 2.0 ** int(random.integers(-2, 4))
            for _ in range(1 + (random.random() < 0.2)):  # some ties come twice
                a, b = (a, b) if random.random() < 0.5 else (b, a)
                rows.append((str(a).replace(",", " "), str(b).replace(",", " "), weight))
        random.shuffle(rows)
        rows = [(a, b, float(w)) for a, b, w in rows]
        if not rows:
            continue
        graph = nx.Graph()
        for a, b, weight in rows:
            before = graph.get_edge_data("n" + a, "n" + b, {"weight": 0})["weight"]
            graph.add_edge("n" + a, "n" + b, weight=before + weight if weighted else 1)
        asked.append((what, rows, weighted, graph))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: measure(program, one[1], one[2]), asked))
    for (what, rows, weighted, graph), ours in zip(asked, answers):
        same(what, "rows", ours["rows"], len(rows))
        check(what, ours, graph, weighted)
    again = measure(program, asked[0][1], asked[0][2])
    same(asked[0][0], "the same again", again == answers[0], True)
    for name, count in compared.items():
        print(f"{count:7d}  {name}")
    print(f"{sum(compared.values())} comparisons about {len(asked)} graphs, {len(failures)} differ")
    for failure in failures[:20]:
        print(failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    packages.inside_python(__file__, *PACKAGES)
    main(sys.argv[1])

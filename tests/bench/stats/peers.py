#!/usr/bin/env python3
"""Measures the statistics beside pymannkendall, ruptures and statsmodels, in turns, on the same series.

    peers.py STATS_BENCH VENV

VENV is a folder in which the packages are installed on the first run. Each program computes in one thread; what is
shown is the fastest of five turns, in CPU time. Both must give the same answer. Exits with 77 where the packages cannot
be had, after measuring what needs none.
"""
import math
import os
import subprocess
import sys
import tempfile
import time

PACKAGES = ["numpy==2.4.6", "scipy==1.17.1", "statsmodels==0.15.0", "pymannkendall==1.4.3", "ruptures==1.1.10"]
TURNS = 5


def many(bench):
    words = [subprocess.run([bench, "--many"], capture_output=True, text=True, check=True).stdout.split()
             for _ in range(TURNS)]
    best = min(words, key=lambda w: float(w[-1]))
    print(f"10,000 series of 240 months: {best[-1]} s (Mann-Kendall {best[1]}, Sen {best[3]}, PELT {best[5]}, "
          f"q {best[7]})", flush=True)


def inside_venv(bench, venv):
    python = os.path.join(venv, "bin", "python")
    stamp = os.path.join(venv, "packages.txt")
    wanted = "\n".join(PACKAGES)
    if not os.path.exists(stamp) or open(stamp).read() != wanted:
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", venv]).returncode == 0
        made = made and subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                                        "--timeout", "20", "--retries", "1", *PACKAGES]).returncode == 0
        if not made:
            print("SKIPPED: NO COMPARISON, since these could not be installed: " + " ".join(PACKAGES))
            sys.exit(77)
        with open(stamp, "w") as file:
            file.write(wanted)
    one = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    os.execve(python, [python, os.path.abspath(__file__), bench, venv, "--inside"], one)


def timed(work):
    before = time.process_time()
    answer = work()
    return answer, time.process_time() - before


def compare(bench, n):
    import numpy as np
    import pymannkendall as mk
    import ruptures
    import statsmodels.api as sm

    random = np.random.default_rng(n)
    x = random.normal(size=n) + 0.0005 * np.arange(n) + np.repeat(random.normal(size=-(-n // 200)) * 2, 200)[:n]

    def trend():
        test = mk.original_test(x)
        return test.z, test.slope

    def statsmodels_trend():  # what it has of this: Kendall's tau by scipy and no slope, so least squares beside it
        return sm.OLS(x, sm.add_constant(np.arange(n))).fit().params

    def pelt():
        ends = ruptures.KernelCPD(kernel="linear", min_size=1).fit(x).predict(pen=3 * math.log(n))
        edges = [0, *ends]
        return len(ends) - 1, sum(float(np.sum((x[a:b] - x[a:b].mean()) ** 2)) for a, b in zip(edges, edges[1:]))

    def pelt_in_python():
        ends = ruptures.Pelt(model="l2", min_size=1, jump=1).fit(x).predict(pen=3 * math.log(n))
        return len(ends) - 1, None

    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(repr(float(v)) for v in x))
        file.flush()
        best, given = {}, {}
        for _ in range(TURNS):
            lines = subprocess.run([bench, file.name], capture_output=True, text=True, check=True).stdout.splitlines()
            for name, first, second, seconds in (line.split() for line in lines):
                best[name] = min(best.get(name, math.inf), float(seconds))
                given[name] = float(first), float(second)
            for name, work in (("pymannkendall", trend), ("ruptures KernelCPD (C)", pelt),
                               ("ruptures Pelt", pelt_in_python), ("statsmodels OLS", statsmodels_trend)):
                if name == "ruptures Pelt" and name in best:
                    continue  # minutes: once is enough
                given[name], seconds = timed(work)
                best[name] = min(best.get(name, math.inf), seconds)
    for ours, peer, exact in (("mann_kendall_sen", "pymannkendall", (0, 1)), ("pelt", "ruptures KernelCPD (C)", (0, 1)),
                              ("pelt", "ruptures Pelt", (0,))):
        for k in exact:
            if not math.isclose(given[ours][k], given[peer][k], rel_tol=1e-6):
                sys.exit(f"{ours} gave {given[ours]}, {peer} {given[peer]}")
        print(f"| {ours} | {n:,} | {best[ours] * 1e3:.3f} | {peer} | {best[peer] * 1e3:.3f} | "
              f"{best[peer] / best[ours]:.0f} × |", flush=True)
    print(f"| least squares (another method, for scale) | {n:,} | – | statsmodels OLS | "
          f"{best['statsmodels OLS'] * 1e3:.3f} | – |", flush=True)


if __name__ == "__main__":
    if sys.argv[3:] == ["--inside"]:
        print("| ours | n | ms | peer | ms | faster |\n|---|---|---|---|---|---|")
        for size in (240, 2000):
            compare(sys.argv[1], size)
    else:
        many(sys.argv[1])
        inside_venv(*sys.argv[1:3])

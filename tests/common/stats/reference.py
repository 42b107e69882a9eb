#!/usr/bin/env python3
"""Compares the statistics of common/stats with those of reference packages on thousands of random series.

    reference.py DRIVER [--full]

DRIVER is tests/common/stats/stats_driver as built. As a test it asks about a tenth of the series, which takes some seconds; --full asks about all of them. Exits with 0 where all agree, 1 where not, and 77 where the packages cannot be had. Where definitions differ,
docs/methods.md says how, and the comparison here is of what is the same.
"""
import math
import os
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
import packages  # noqa: E402

PACKAGES = ["numpy==2.4.6", "scipy==1.17.1", "statsmodels==0.15.0", "pymannkendall==1.4.3", "ruptures==1.1.10"]


class Driver:
    """Collects questions, asks them all at once, and hands each answer to its check."""

    def __init__(self, path):
        self.path, self.lines, self.checks = path, [], []

    def ask(self, check, method, *arguments):
        words = [method]
        for argument in arguments:
            if hasattr(argument, "__len__"):
                words.append(str(len(argument)))
                words.extend(repr(float(value)) for value in argument)
            else:
                words.append(repr(float(argument)))
        self.lines.append(" ".join(words))
        self.checks.append(check)

    def run(self):
        done = subprocess.run([self.path], input="\n".join(self.lines) + "\n", capture_output=True, text=True)
        answers = done.stdout.split("\n")[:-1]
        if done.returncode != 0 or len(answers) != len(self.lines):
            sys.exit(f"the driver ended with {done.returncode} after {len(answers)} of {len(self.lines)} questions: "
                     f"{done.stderr}")
        for line, check, answer in zip(self.lines, self.checks, answers):
            if answer.startswith("error"):
                fail(line, answer, "no error")
            else:
                check(line, [float(word) for word in answer.split()])


failures = []
compared = {}


def fail(line, ours, theirs):
    failures.append(f"{line[:400]}\n    ours {ours}\n  theirs {theirs}")


def same(line, name, ours, theirs, relative=1e-9, absolute=1e-12):
    """Counts a comparison; NaN equals NaN."""
    theirs = float(theirs)
    compared[name] = compared.get(name, 0) + 1
    if math.isnan(ours) and math.isnan(theirs):
        return
    if not abs(ours - theirs) <= relative * abs(theirs) + absolute:
        fail(f"{name}: {line}", repr(ours), repr(theirs))


def at_most(line, name, ours, theirs, relative=1e-9):
    compared[name] = compared.get(name, 0) + 1
    if not ours <= theirs + relative * (1 + abs(theirs)):
        fail(f"{name}: {line}", repr(ours), "at most " + repr(theirs))


def main(driver_path, full):
    import warnings

    import numpy as np
    import pandas
    import pymannkendall as mk
    import ruptures
    import statsmodels.api as sm
    from scipy import spatial, special, stats
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.proportion import proportion_confint
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    warnings.simplefilter("ignore")
    random = np.random.default_rng(20240101)

    def rounds(all_of_them):
        return range(all_of_them if full else max(12, all_of_them // 10))

    driver = Driver(driver_path)

    def series(least=3, most=60):
        """Noise, walks, counts with ties, lines with steps; some values missing."""
        n = int(random.integers(least, most + 1))
        kind = random.integers(5)
        x = [random.normal(size=n), random.normal(size=n).cumsum(), random.integers(0, 6, n).astype(float),
             random.poisson(20, n).astype(float), random.normal(size=n) + np.arange(n) * random.normal() * 0.1][kind]
        return x * 10.0 ** random.integers(-3, 4)

    def with_gaps(x):
        y = x.copy()
        y[random.random(len(y)) < 0.1] = np.nan
        return y if np.sum(~np.isnan(y)) >= 3 else x

    # Mann–Kendall and Sen: pymannkendall. Its p is 2·(1 − Φ), which loses digits below 1e-7; scipy's tail does not.
    def check_mk(theirs, name):
        def check(line, ours):
            same(line, name + ".s", ours[0], theirs.s)
            same(line, name + ".var_s", ours[1], theirs.var_s if theirs.var_s > 0 else ours[1])
            z = theirs.z if theirs.var_s > 0 or theirs.s == 0 else math.nan
            same(line, name + ".z", ours[2], z, 1e-9, 1e-9)
            same(line, name + ".p", ours[3], theirs.p if theirs.var_s > 0 or theirs.s == 0 else math.nan, 0, 1e-12)
            same(line, name + ".p tail", ours[3], 2 * stats.norm.sf(abs(z)))
        return check

    def check_sen(slope, intercept, name):
        def check(line, ours):
            same(line, name + ".slope", ours[0], slope)
            same(line, name + ".intercept", ours[1], intercept, 1e-9, 1e-9 * (abs(intercept) + abs(slope) * 60))
        return check

    for _ in rounds(2000):
        x = with_gaps(series())
        driver.ask(check_mk(mk.original_test(x), "mann_kendall"), "mk", x)
        sen = mk.sens_slope(x)
        driver.ask(check_sen(sen.slope, sen.intercept, "sen"), "sen", x)
    for _ in rounds(800):
        x, lags = series(5), int(random.integers(1, 4))
        driver.ask(check_mk(mk.hamed_rao_modification_test(x), "hamed_rao"), "mk_hamed_rao", 0, x)
        driver.ask(check_mk(mk.hamed_rao_modification_test(x, lag=lags), "hamed_rao lags"), "mk_hamed_rao", lags, x)
        driver.ask(check_mk(mk.yue_wang_modification_test(x, lag=lags), "yue_wang lags"), "mk_yue_wang", lags, x)
        driver.ask(check_mk(mk.yue_wang_modification_test(x), "yue_wang"), "mk_yue_wang", 0, x)
    # Autocorrelation: ranks, sines and t by numpy and scipy. Neighbours are those that are next to each other in place.
    def persistence(x, z, dispersion):
        places = np.flatnonzero(~np.isnan(x))
        n = len(places)
        ranks = (stats.rankdata(x[places]) - (n + 1) / 2) / n
        slope = np.median([(ranks[j] - ranks[i]) / float(places[j] - places[i]) for i in range(n) for j in range(i + 1, n)])
        left = ranks - slope * places
        left -= np.mean(left)
        known = n >= 6 and not math.isnan(dispersion)
        room = min(1.0, max(0.0, dispersion - 0.5)) if known else 1.0
        share = max(0.5, 1 - 1 / dispersion) if known else 1.0
        r1, rho = math.nan, 0.0
        pairs = np.flatnonzero(np.diff(places) == 1)
        if n >= 6 and len(pairs) and np.max(np.abs(left)) > 1e-12:
            r1 = float(np.mean(left[pairs] * left[pairs + 1]) * (n - 1) / np.sum(left ** 2))
            rho = min(0.95, max(0.0, (2 * n * math.sin(math.pi / 6 * r1) + 2) / (n - 5)))
            room = 1.0 if rho > 1.96 / math.sqrt(n) else room
            rho = min(0.95, rho * room / share)
        k = np.arange(1, n - 2)
        ratio = 1 + 2 / (n * (n - 1) * (n - 2)) * np.sum(
            (n - k) * (n - k - 1) * (n - k - 2) * 6 / math.pi * np.arcsin(share * rho ** k / 2)) if n > 2 else 1.0
        effective = n * (1 - rho) / (1 + rho)
        df = min(1e6, max(1.0, effective - 3) / room ** 2) if room > 0 else 1e6
        return r1, rho, ratio, effective, df, 2 * stats.t.sf(abs(z) / math.sqrt(ratio), df)

    def check_persistence(theirs):
        def check(line, ours):
            for name, a, b in zip(("r1", "rho", "ratio", "effective", "df", "p"), ours, theirs):
                same(line, "persistence." + name, a, b, 1e-8, 1e-9)
        return check

    for _ in rounds(1500):
        x, z = with_gaps(series(3)), float(random.normal() * 2)
        dispersion = [math.nan, float(random.gamma(4, 0.4)), 0.3][int(random.integers(0, 3))]
        driver.ask(check_persistence(persistence(x, z, dispersion)), "persistence", 1, z, dispersion, x)
    for _ in rounds(800):
        period = int(random.integers(2, 13))
        x = with_gaps(series(3 * period, 8 * period))
        driver.ask(check_mk(mk.seasonal_test(x, period=period), "seasonal"), "mk_seasonal", period, x)
        sen = mk.seasonal_sens_slope(x, period)
        driver.ask(check_sen(sen.slope, sen.intercept, "seasonal sen"), "sen_seasonal", period, x)
    for _ in rounds(800):
        x = series(8)
        times = np.sort(random.choice(400, len(x), replace=False)) / 12 + 1900
        theil = stats.theilslopes(x, times)
        driver.ask(check_sen(theil.slope, np.median(x) - np.median(times) * theil.slope, "sen by time"), "sen_times", x,
                   times)
    for n in (700, 1100, 2500):  # beyond what is done by making all pairs
        for kind in range(4):
            x = [random.normal(size=n), random.integers(0, 9, n).astype(float), random.normal(size=n).cumsum(),
                 np.arange(n) * 0.25 + random.integers(0, 3, n)][kind]
            pairs = np.concatenate([(x[k:] - x[:-k]) / k for k in range(1, n)])
            slope = np.median(pairs)
            driver.ask(check_sen(slope, np.median(x) - (n - 1) / 2 * slope, "sen of many"), "sen", x)

    # Gilbert's interval: no package has it; numpy's interpolation between order statistics of all slopes.
    def check_gilbert(low, high):
        def check(line, ours):
            same(line, "gilbert.low", ours[2], low)
            same(line, "gilbert.high", ours[3], high)
        return check

    for _ in rounds(500):
        x = series(6)
        n = len(x)
        slopes = np.sort([(x[j] - x[i]) / (j - i) for i in range(n) for j in range(i + 1, n)])
        _, t = np.unique(x, return_counts=True)
        c = stats.norm.ppf(0.975) * math.sqrt((n * (n - 1) * (2 * n + 5) - np.sum(t * (t - 1) * (2 * t + 5))) / 18)
        m1, m2 = (len(slopes) - c) / 2, (len(slopes) + c) / 2 + 1
        ranks = np.arange(1, len(slopes) + 1)
        outside = m1 < 1
        driver.ask(check_gilbert(math.nan if outside else np.interp(m1, ranks, slopes),
                                 math.nan if outside else np.interp(m2, ranks, slopes)), "sen", x)

    # Change points: ruptures, with costs of our definition. Segmentations of equal cost are equally right.
    def xlogy(x, y):
        return special.xlogy(x, y)

    def cost_of(kind, x):
        n, s = len(x), float(np.sum(x))
        if kind == 0:
            return float(np.sum((x - s / n) ** 2))
        return -2 * float(xlogy(s, s / n)) if kind == 1 else 2 * n * (math.log(s / n) + 1)

    class Cost(ruptures.base.BaseCost):
        model, min_size = "", 1

        def __init__(self, kind):
            self.kind = kind

        def fit(self, signal):
            self.signal = np.asarray(signal).reshape(-1, 1)
            return self

        def error(self, start, end):
            return cost_of(self.kind, self.signal[start:end, 0])

    def whole_cost(kind, x, changes):
        edges = [0, *[int(c) for c in changes], len(x)]
        return sum(cost_of(kind, x[a:b]) for a, b in zip(edges, edges[1:]))

    def check_pelt(kind, x, penalty, least, theirs):
        def check(line, ours):
            changes = ours[1:]
            same(line, "pelt.cost", ours[0], whole_cost(kind, x, changes), 1e-9, 1e-8)
            reached = whole_cost(kind, x, changes) + penalty * len(changes)
            best = whole_cost(kind, x, theirs) + penalty * len(theirs)
            if least == 1:
                same(line, "pelt.optimum", reached, best, 1e-9, 1e-8)
            else:  # ruptures prunes early with longer segments, and may miss the optimum
                at_most(line, "pelt.optimum with longer segments", reached, best)
        return check

    def check_exact(kind, x, theirs):
        def check(line, ours):
            same(line, "exact.changes", len(ours) - 1, len(theirs))
            same(line, "exact.cost", ours[0], whole_cost(kind, x, theirs), 1e-9, 1e-8)
        return check

    for _ in rounds(450):
        kind = int(random.integers(3))
        n = int(random.integers(8, 70))
        level = np.repeat(random.integers(1, 12, 4), -(-n // 4))[:n]
        x = [level + random.normal(size=n), random.poisson(level).astype(float), random.exponential(level) + 1e-3][kind]
        penalty, least = float(random.uniform(0.5, 12)), int(random.integers(1, 4))
        found = ruptures.Pelt(custom_cost=Cost(kind), min_size=least, jump=1).fit(x).predict(pen=penalty)[:-1]
        driver.ask(check_pelt(kind, x, penalty, least, found), "pelt", kind, least, penalty, x)
        changes = int(random.integers(1, 3)) if n >= 9 else 1  # three segments of three need nine values
        found = ruptures.Dynp(custom_cost=Cost(kind), min_size=least, jump=1).fit(x).predict(n_bkps=changes)[:-1]
        driver.ask(check_exact(kind, x, found), "exact", kind, least, changes, x)

    # Pettitt: ranks by scipy.
    def check_pettitt(k, p, at):
        def check(line, ours):
            same(line, "pettitt.k", ours[0], k)
            same(line, "pettitt.p", ours[1], p)
            same(line, "pettitt.index", ours[2], at)
        return check

    for _ in rounds(500):
        x = series(2)
        n = len(x)
        u = 2 * np.cumsum(stats.rankdata(x))[:-1] - np.arange(1, n) * (n + 1)
        k = np.max(np.abs(u))
        driver.ask(check_pettitt(k, min(1, 2 * math.exp(-6 * k * k / (n ** 3 + n ** 2))), np.argmax(np.abs(u)) + 1),
                   "pettitt", x)

    # Mixes: scipy.
    for _ in rounds(1000):
        k = int(random.integers(2, 12))
        a, b = random.integers(0, 9, k) + (np.arange(k) == 0), random.random(k) * (random.random(k) < 0.7) + 1e-9
        order = float(random.choice([0, 0.5, 2, 3.5]))
        divergence = spatial.distance.jensenshannon(a, b, 2) ** 2
        p = a / a.sum()
        hill = np.sum(p[p > 0] ** order) ** (1 / (1 - order))
        for theirs, arguments in ((divergence, ("jensen_shannon", a, b)), (stats.entropy(b), ("entropy", b)),
                                  (np.sum(p ** 2), ("hhi", a)), (hill, ("hill", order, a)),
                                  (math.exp(stats.entropy(a)), ("hill", 1, a))):
            driver.ask(lambda line, ours, t=theirs, m=arguments[0]: same(line, m, ours[0], t), *arguments)

    # Shares, rates, families of tests: statsmodels and scipy.
    def check_interval(name, low, high):
        def check(line, ours):
            same(line, name + ".low", ours[0], low)
            same(line, name + ".high", ours[1], high)
        return check

    for _ in rounds(1000):
        total = int(random.integers(1, 3000))
        hits, level = int(random.integers(0, total + 1)), float(random.choice([0.8, 0.9, 0.95, 0.99]))
        low, high = proportion_confint(hits, total, 1 - level, "wilson")
        driver.ask(check_interval("wilson", low, high), "wilson", hits, total, level)
        alpha, exposure = 1 - level, float(random.uniform(0.1, 1000))
        low = stats.chi2.ppf(alpha / 2, 2 * hits) / 2 if hits else 0
        driver.ask(check_interval("garwood", low / exposure, stats.chi2.isf(alpha / 2, 2 * hits + 2) / 2 / exposure),
                   "garwood", hits, exposure, level)
    for _ in rounds(300):
        p = random.random(int(random.integers(1, 40))) ** 3
        p[::3] = np.round(p[::3], 2)
        theirs = multipletests(p, method="fdr_bh")[1]
        driver.ask(lambda line, ours, t=theirs: [same(line, "fdr", a, b) for a, b in zip(ours, t)], "fdr", p)

    # Distributions: scipy.
    def check_all(name, *theirs):
        return lambda line, ours: [same(line, name, a, b, 1e-9, 1e-300) for a, b in zip(ours, theirs)]

    for _ in rounds(1500):
        z, p = float(random.normal() * 4), float(random.random())
        df, x = float(np.exp(random.uniform(-1, 8))), float(np.exp(random.normal()))
        df2 = float(np.exp(random.uniform(-1, 6)))
        driver.ask(check_all("normal", stats.norm.sf(z), stats.norm.ppf(p)), "normal", z, p, 0)
        driver.ask(check_all("chi2", stats.chi2.cdf(df * x, df), stats.chi2.sf(df * x, df), stats.chi2.ppf(p, df)),
                   "chi2", df * x, df, p)
        driver.ask(check_all("t", 2 * stats.t.sf(abs(z), df), stats.t.cdf(z, df), stats.t.ppf(p, df)), "t", z, df, p)
        driver.ask(check_all("f", stats.f.sf(x, df, df2)), "f", x, df, df2)

    # Logistic trends: statsmodels' GLM; quasi-binomial by Pearson's χ² and t.
    def check_logistic(fit, quasi, df):
        def check(line, ours):
            slope, error, quasi_error = fit.params[1], fit.bse[1], quasi.bse[1]
            same(line, "logistic.separated", ours[0], 0)
            same(line, "logistic.slope", ours[1], slope, 1e-8)
            same(line, "logistic.error", ours[2], error, 1e-8)
            same(line, "logistic.p", ours[3], fit.pvalues[1], 1e-7)
            same(line, "logistic.p_likelihood", ours[4],
                 stats.chi2.sf(max(0, fit.null_deviance - fit.deviance), 1), 1e-7, 1e-9)
            same(line, "logistic.dispersion", ours[5], fit.pearson_chi2 / df, 1e-8)
            same(line, "logistic.quasi_error", ours[6], quasi_error, 1e-8)
            same(line, "logistic.quasi_p", ours[7], 2 * stats.t.sf(abs(slope / quasi_error), df), 1e-6)
            same(line, "logistic.odds_low", ours[8], math.exp(slope - stats.norm.ppf(0.975) * error), 1e-8)
            t = stats.t.ppf(0.975, df)
            same(line, "logistic.quasi_low", ours[10], math.exp(slope - t * quasi_error), 1e-8)
            same(line, "logistic.quasi_high", ours[11], math.exp(slope + t * quasi_error), 1e-8)
        return check

    def check_dispersion(fit, n):
        def check(line, ours):
            same(line, "dispersion", ours[0], fit.pearson_chi2 / (n - 2) if n >= 6 else math.nan, 1e-8)
        return check

    for _ in rounds(600):
        n = int(random.integers(4, 40))
        times = np.sort(random.choice(60, n, replace=False)) + 1990.0
        totals = random.integers(1, 40, n).astype(float)
        share = special.expit(random.normal() + random.normal() * 0.05 * (times - times.mean()))
        hits = random.binomial(totals.astype(int), share).astype(float)
        with_hits, with_misses = times[hits > 0], times[hits < totals]
        if (not len(with_hits) or not len(with_misses) or with_hits.max() <= with_misses.min()
                or with_hits.min() >= with_misses.max()):
            continue
        design = sm.add_constant(times - times.mean())
        glm = sm.GLM(np.column_stack([hits, totals - hits]), design, family=sm.families.Binomial())
        fit = glm.fit(tol_criterion="params", tol=1e-14, maxiter=200)
        # Given counts, statsmodels' X2 scale leaves out how many each is of; given shares and weights it does not.
        quasi = sm.GLM(hits / totals, design, family=sm.families.Binomial(), var_weights=totals).fit(
            tol_criterion="params", tol=1e-14, maxiter=200, scale="X2")
        driver.ask(check_logistic(fit, quasi, n - 2), "logistic", times, hits, totals)
        driver.ask(check_dispersion(fit, n), "dispersion", times, hits, totals)
        counts = random.poisson(np.exp(random.normal(1.5, 0.7) + 0.02 * (times - times.mean()))) + 1.0
        loglinear = sm.GLM(counts, design, family=sm.families.Poisson()).fit(tol_criterion="params", tol=1e-14, maxiter=200)
        driver.ask(check_dispersion(loglinear, n), "dispersion", times, counts, [])

    # Kleinberg: every state sequence of short series; costs by scipy.
    def check_burst(r, d, s, gamma, states):
        p = r.sum() / d.sum()
        states = max(i + 1 for i in range(states) if i == 0 or p * s ** i < 1) if 0 < p else 1
        emission = [-stats.binom.logpmf(r, d, p * s ** i) for i in range(states)]
        best = {0: 0.0}
        for t in range(len(r)):
            best = {j: min(c + max(j - i, 0) * gamma * math.log(len(r)) for i, c in best.items()) + emission[j][t]
                    for j in range(states)}

        def check(line, ours):
            same(line, "burst.cost", ours[0], min(best.values()))
            at, cost = 0, 0.0
            for t, j in enumerate(int(v) for v in ours[1:]):
                cost += max(j - at, 0) * gamma * math.log(len(r)) + emission[j][t]
                at = j
            same(line, "burst.sequence", cost, ours[0])
        return check

    for _ in rounds(400):
        n, states = int(random.integers(2, 50)), int(random.integers(2, 5))
        d = random.integers(1, 60, n)
        level = np.where((np.arange(n) > n // 3) & (np.arange(n) < n // 2), 0.5, 0.1)
        r = random.binomial(d, level)
        if r.sum() == 0:
            continue
        s, gamma = float(random.uniform(1.2, 3)), float(random.uniform(0, 2))
        driver.ask(check_burst(r, d, s, gamma, states), "burst", s, gamma, states, r, d)

    # Smoothing: statsmodels' ETSModel has the same equations; it may not search as long.
    def check_run(name, sse, means, ratios):
        def check(line, ours):
            same(line, name + ".sse", ours[0], sse)
            ahead = np.array(ours[1:]).reshape(-1, 3)
            for h in range(len(means)):
                same(line, name + ".forecast", ahead[h][0], means[h], 1e-9, 1e-8)
                same(line, name + ".interval", (ahead[h][2] - ahead[h][1]) / (ahead[0][2] - ahead[0][1]), ratios[h],
                     1e-8)
        return check

    for round in rounds(36):
        kind = round % 3
        period = 4 if kind == 2 else 1
        n = int(random.integers(24, 60))
        x = 50 + random.normal(size=n).cumsum() + (kind == 2) * np.tile([5.0, -3, 1, -3], n)[:n]
        model = ETSModel(pandas.Series(x), error="add", trend=None if kind == 0 else "add", damped_trend=kind == 1,
                         seasonal="add" if kind == 2 else None, seasonal_periods=period if kind == 2 else None)
        fit = model.fit(disp=0, maxiter=2000)
        named = dict(zip(model.param_names, fit.params))
        seasons = [named.get(f"initial_seasonal.{k}", 0.0) for k in reversed(range(period))]  # theirs is the last first
        prediction = fit.get_prediction(start=n, end=n + 5)
        frame = prediction.summary_frame(alpha=0.05)
        width = np.asarray(frame["pi_upper"] - frame["pi_lower"])
        driver.ask(check_run(f"ets {kind}", fit.sse, np.asarray(frame["mean"]), width / width[0]), "smooth_run", kind,
                   period, 6, named["smoothing_level"], named.get("smoothing_trend", 0), named.get(
                       "smoothing_seasonal", 0), named.get("damping_trend", 1), named["initial_level"],
                   named.get("initial_trend", 0), seasons, x)
        driver.ask(lambda line, ours, t=fit.sse, k=kind: at_most(line, f"ets {k} search", ours[6], t, 1e-6), "smooth",
                   kind, max(period, 2), 3, x)

    driver.run()
    for name, count in compared.items():
        print(f"{count:7d}  {name}")
    print(f"{sum(compared.values())} comparisons of {len(driver.lines)} answers, {len(failures)} differ")
    for failure in failures[:20]:
        print(failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    packages.inside_python(__file__, *PACKAGES)
    main(sys.argv[1], sys.argv[2:] == ["--full"])

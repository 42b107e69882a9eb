"""The test of a finding's trend, computed a second time from the finding's own series: Mann-Kendall, and what the
autocorrelation of the bins leaves of it. docs/methods.md says what is computed; this shares no code with common/stats."""
import math
from fractions import Fraction
from statistics import median

STEPS = 4000  # of the integral
PARTS = 232792560  # divisible by 1 to 20


def t_two_sided(t, df):
    """P(|T| >= |t|): with t = sqrt(df) tan(a) the density is cos(a)^(df - 1), summed by Simpson's rule."""
    def integral(low):
        width = (min(math.pi / 2, low + 60 / math.sqrt(df)) - low) / STEPS  # beyond nothing is left
        weight = (lambda k: 1 if k in (0, STEPS) else 4 if k % 2 else 2)
        return width / 3 * math.fsum(weight(k) * max(0.0, math.cos(low + k * width)) ** (df - 1) for k in range(STEPS + 1))
    return integral(math.atan(abs(t) / math.sqrt(df))) / integral(0)


def ranks(values):
    return [sum((w < v) + (w == v) / 2 for w in values) + 0.5 for v in values]


def mann_kendall(values):
    """(S, variance, z)"""
    n = len(values)
    s = sum((b > a) - (b < a) for i, a in enumerate(values) for b in values[i + 1:])
    ties = sum(t * (t - 1) * (2 * t + 5) for t in (values.count(v) for v in set(values)))
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    return s, variance, (s - (s > 0) + (s < 0)) / math.sqrt(variance) if variance else 0.0


def dispersion(times, counts, totals):
    """Pearson's chi-square over n - 2 of a log-linear (of shares: logistic) trend, by Fisher's scoring; NaN where it has no
    maximum or there are fewer than six."""
    n, middle = len(counts), math.fsum(times) / len(times)
    if n < 6 or sum(c > 0 for c in counts) < 2:
        return math.nan
    shares = math.fsum(counts) / math.fsum(totals) if totals else 0
    a, b = (math.log(shares / (1 - shares)) if 0 < shares < 1 else 0) if totals else math.log(math.fsum(counts) / n), 0.0
    for _ in range(200):
        lines = [a + b * (t - middle) for t in times]
        if max(map(abs, lines)) > 50:
            return math.nan  # the odds run away
        if totals:
            means = [total / (1 + math.exp(-line)) for line, total in zip(lines, totals)]
            variances = [mean * (1 - mean / total) for mean, total in zip(means, totals)]
        else:
            means = variances = [math.exp(line) for line in lines]
        score = [math.fsum(c - m for c, m in zip(counts, means)),
                 math.fsum((c - m) * (t - middle) for c, m, t in zip(counts, means, times))]
        s0, s1, s2 = (math.fsum(v * (t - middle) ** k for v, t in zip(variances, times)) for k in range(3))
        det = s0 * s2 - s1 * s1
        da, db = (s2 * score[0] - s1 * score[1]) / det, (s0 * score[1] - s1 * score[0]) / det
        a, b = a + da, b + db
        if abs(da) + abs(db) < 1e-13:
            break
    return math.fsum((c - m) ** 2 / v for c, m, v in zip(counts, means, variances)) / (n - 2)


def memory(times, values, spread):
    """(rho, ratio, effective, room) of values at whole times whose dispersion is `spread`."""
    n = len(values)
    known = n >= 6 and not math.isnan(spread)
    share = max(0.5, 1 - 1 / spread) if known and spread > 0 else 0.5 if known else 1.0
    room = min(1.0, max(0.0, spread - 0.5)) if known else 1.0
    r = [(rank - (n + 1) / 2) / n for rank in ranks(values)]
    slope = median((r[j] - r[i]) / (times[j] - times[i]) for i in range(n) for j in range(i + 1, n))
    left = [a - slope * (t - times[0]) for a, t in zip(r, times)]
    left = [a - math.fsum(left) / n for a in left]
    near = [(a, b) for a, b, t, u in zip(left, left[1:], times, times[1:]) if u == t + 1]
    rho = 0.0
    if n >= 6 and near and max(map(abs, left)) > 1e-12:
        r1 = math.fsum(a * b for a, b in near) / len(near) * (n - 1) / math.fsum(a * a for a in left)
        rho = min(0.95, max(0.0, (2 * n * math.sin(math.pi / 6 * r1) + 2) / (n - 5)))
        room = 1.0 if rho > 1.96 / math.sqrt(n) else room
        rho = min(0.95, rho * room / share)
    ratio = 1 + 2 / (n * (n - 1) * (n - 2)) * math.fsum(
        (n - k) * (n - k - 1) * (n - k - 2) * 6 / math.pi * math.asin(share * rho ** k / 2) for k in range(1, n - 2))
    return rho, ratio, n * (1 - rho) / (1 + rho), room


def tested(finding):
    """(years, values, counts, totals) of what a test of one collection sees; its own coverage covers all units of a covered
    year. Counts have no totals."""
    first, last = map(int, finding['details']['tested_period']['text'].split('–'))
    shares = finding['estimate'] is not None
    points = [p for p in finding['series']
              if first <= int(p['time']) <= last and p['covered'] and (not shares or p['total'] >= 5)]
    counts, totals = [exact(p['count']) for p in points], [exact(p['total']) for p in points] if shares else []
    values = [float(c / t) for c, t in zip(counts, totals)] if shares else [float(c) for c in counts]
    return [int(p['time']) for p in points], values, list(map(float, counts)), list(map(float, totals))


def exact(sum_of_fractions):
    """JSON rounds thirds and sevenths; what is written stands for parts of 1 to 20."""
    return Fraction(round(sum_of_fractions * PARTS), PARTS)


def differences(report):
    """Yields (finding's evidence, member, said, computed) of the yearly findings in one collection that were tested by
    Mann-Kendall, and at the end how many there were."""
    checked = 0
    for finding in (f for answer in report['questions'] for f in answer['findings']):
        if finding['test'] != 'mann-kendall-ar1' or not finding['collection'] or finding['series'][0]['time'].endswith('s'):
            continue
        times, values, counts, totals = tested(finding)
        s, variance, z = mann_kendall(values)
        spread = dispersion(times, counts, totals)
        rho, ratio, effective, room = memory(times, values, spread)
        df = min(1e6, max(1.0, effective - 3) / room ** 2) if room > 0 else 1e6
        said = {name: detail['value'] for name, detail in finding['details'].items()}
        checked += 1
        for member, ours, theirs in (
                ('s', s, finding['mann_kendall']['s']), ('var_s', variance, finding['mann_kendall']['var_s']),
                ('z', z, finding['mann_kendall']['z']), ('autocorrelation', rho, said['autocorrelation']),
                ('effective_bins', effective, said['effective_bins']),
                ('dispersion', spread, said.get('dispersion', math.nan)),
                ('p', t_two_sided(z / math.sqrt(ratio), df), finding['p'])):
            if not math.isclose(ours, theirs, rel_tol=1e-5, abs_tol=1e-7) and not (math.isnan(ours) and math.isnan(theirs)):
                yield finding['evidence'], member, theirs, ours
    if not checked:
        yield 'report', 'findings tested by Mann-Kendall in one collection', 0, 'some'

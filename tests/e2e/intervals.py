"""Intervals and divergence, computed from their definitions with nothing but the standard library."""
import math
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)


def wilson(hits, total):
    """Wilson's score interval of a share, 95 %: (low, high), or (None, None) where there is nothing to share."""
    if total == 0:
        return None, None
    share = hits / total
    middle = share + Z * Z / (2 * total)
    spread = Z * math.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    scale = 1 + Z * Z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def poisson_at_most(events, mean):
    """The probability that a Poisson count with this mean is at most `events`."""
    if mean == 0:
        return 1.0
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(events + 1))


def mean_where(falling, target):
    """The mean at which the falling function of it meets the target, by halving."""
    low, high = 0.0, 1.0
    while falling(high) > target:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > target else (low, middle)
    return (low + high) / 2


def garwood(events):
    """The exact 95 % interval of the mean of a Poisson count, from the tails that define it."""
    low = 0.0 if events == 0 else mean_where(lambda mean: poisson_at_most(events - 1, mean), 0.975)
    return low, mean_where(lambda mean: poisson_at_most(events, mean), 0.025)


def jensen_shannon(first, second):
    """Base 2, between two mixes given as {category: weight}; None where one of them is empty."""
    totals = sum(first.values()), sum(second.values())
    if 0 in totals:
        return None
    divergence = 0.0
    for category in sorted(set(first) | set(second)):
        a = float(first.get(category, 0) / totals[0])
        b = float(second.get(category, 0) / totals[1])
        both = (a + b) / 2
        divergence += sum(x / 2 * math.log2(x / both) for x in (a, b) if x > 0)
    return divergence

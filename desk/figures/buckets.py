"""How long things took, counted in buckets that grow by a fifth: small enough for a row a day, and days can be added. Pure.

A percentile read from them is at most a fifth above or below the true value, whatever the number of payments.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

GROWTH = 1.2
LONGEST = 30 * 86_400  # a payment that took longer counts as this long


def _bounds() -> tuple[int, ...]:
    """Whole seconds, each a fifth more than the one before (below six seconds: one more)."""
    bounds = [1]
    while bounds[-1] < LONGEST:
        bounds.append(max(bounds[-1] + 1, int(bounds[-1] * GROWTH)))
    return (*bounds[:-1], LONGEST)


BOUNDS = _bounds()
"""Upper bounds in seconds, ascending: what took s seconds is counted under the first bound above s."""

_LOWER = {upper: lower for lower, upper in pairwise((0, *BOUNDS))}


def add_up(histograms: Iterable[Mapping[str, int]]) -> Counter[int]:
    """Several days or ways to pay as one."""
    total: Counter[int] = Counter()
    for histogram in histograms:
        for upper, count in histogram.items():
            total[int(upper)] += count
    return total


def percentile(histogram: Mapping[int, int], percent: int) -> int | None:
    """The seconds within which `percent` of a hundred were done; None when there were none.

    Within its bucket the answer is placed by rank, so it errs by less than the bucket is wide.
    """
    count = sum(histogram.values())
    rank = -(-count * percent // 100)
    before = 0
    for upper in sorted(histogram):
        if before + histogram[upper] >= rank and histogram[upper]:
            lower = _LOWER.get(upper, 0)
            return lower + (upper - lower) * (rank - before) // histogram[upper]
        before += histogram[upper]
    return None

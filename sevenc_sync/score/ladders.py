"""From a value to a level of 0 to 5, and the one place where numbers are rounded.

A ladder has steps s1 to s5. Reaching step n gives level n; between two steps the level rises evenly. Below the first step
it rises evenly from the value that means nothing at all: 0 where more is better, twice the first step where less is better.
Levels are cut, not rounded, to two decimals, so that a level is shown as reached only when it is.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

Better = Literal["higher", "lower"]

TOP = 5.0
_NOISE = 1e-7  # of a hundredth: what dividing leaves behind where a level is a whole number of hundredths

LEVEL_NAMES = ("Absent", "Ad hoc", "Managed", "Defined", "Measured", "Optimizing")


def level_of(value: float, steps: Sequence[float], better: Better) -> float:
    """The level that a value reaches on a ladder of one to five steps, 0 to the number of steps."""
    sign = 1.0 if better == "higher" else -1.0
    up = sign * value
    rungs = [sign * step for step in steps]
    if up >= rungs[-1]:
        return float(len(rungs))
    if up < rungs[0]:
        # One rung's worth below the first step: |s1| is the way from nothing to s1, in either direction.
        way = abs(rungs[0])
        return _below(1, max(0.0, 1.0 - (rungs[0] - up) / way)) if way else 0.0
    reached = max(number for number, rung in enumerate(rungs, start=1) if up >= rung)
    low, high = rungs[reached - 1], rungs[reached]
    return _below(reached + 1, reached + (up - low) / (high - low))


def is_ladder(steps: Sequence[float], better: Better) -> bool:
    """Whether every step is strictly better than the one before, and all are finite and not below zero."""
    ordered = list(steps) if better == "higher" else list(reversed(steps))
    return all(math.isfinite(step) and step >= 0 for step in steps) and all(
        low < high for low, high in pairwise(ordered)
    )


def weighted_mean(pairs: Iterable[tuple[float, float]]) -> float | None:
    """The mean of (level, weight) pairs to two decimals; None without any weight."""
    known = list(pairs)
    weight = math.fsum([weight for _, weight in known])
    if not weight:
        return None
    return mean_level(math.fsum([level * weight for level, weight in known]), weight)


def mean_level(total: float, weight: float) -> float:
    """A level from the sum of level x weight and the sum of the weights, to two decimals."""
    return round(total / weight, 2)


def mean_score(total: float, weight: float) -> float:
    """A score from the same sums over blocks: 20 x the mean, to one decimal."""
    return round(20 * total / weight, 1)


def score_of(levels: Iterable[tuple[float, float]]) -> float | None:
    """20 x the weighted mean of the blocks' levels, 0 to 100 with one decimal."""
    known = list(levels)
    weight = math.fsum(weight for _, weight in known)
    if not weight:
        return None
    return mean_score(math.fsum(level * weight for level, weight in known), weight)


def share_of(known: int, total: int) -> float:
    """A proof: known of total, 0 to 1 with three decimals; 0 of nothing."""
    return round(known / total, 3) if total else 0.0


def shown_value(value: float) -> float:
    """A value as it is kept and shown: four decimals."""
    return round(value, 4)


def _below(step: int, level: float) -> float:
    """The level cut to hundredths; less than the step that was not reached, whatever the arithmetic leaves behind."""
    return min(step - 0.01, math.floor(level * 100 + _NOISE) / 100)

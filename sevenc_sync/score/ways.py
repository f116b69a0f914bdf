"""Ways to treat the parts of a mean, put together: the cheapest that brings the mean to a goal, found without trying all.

Only ways are dropped that another one beats: it costs no more, and its sum over the same known parts is at least as high.
A part that is unknown may stay so; bringing it in changes what the mean is taken over, which is why sums are compared over
the same weight only. What is found is therefore the cheapest there is, and not merely a likely one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import fsum
from typing import Any, NamedTuple

from sevenc_sync.score.ladders import mean_level, mean_score

FIX = 10**6  # what a fix costs against a hundredth of a level gained: the number of fixes comes first, always


class Way(NamedTuple):
    """One way to treat a part.

    `cost`: FIX a fix, and 1 a hundredth of a level gained. `ids`: what is fixed, as tuples within tuples. `level`: what the
    part comes to; None: it stays unknown.
    """

    cost: int
    ids: Any
    level: float | None


class Part(NamedTuple):
    """A part of a mean with its weight, and every way to treat it that nothing beats."""

    weight: float
    ways: Sequence[Way]


class Scale(NamedTuple):
    """How a mean is shown: made from the sum of level x weight and the sum of weights, in units of `times` a level."""

    rounded: Callable[[float, float], float]
    times: float
    half: float  # of the last digit, in levels: rounding lifts no mean by more

    def goal(self, level: float) -> float:
        """A level as this scale shows it."""
        return round(self.times * level, 6)


LEVELS = Scale(mean_level, 1, 0.005)
SCORES = Scale(mean_score, 20, 0.0025)
_NOISE = 1e-9  # far more than sums of a few levels can be wrong, far less than a digit that is shown

# A way to treat the first parts: cost, exact sum, ids.
_State = tuple[int, int, Any]


def unbeaten(ways: Iterable[Way]) -> list[Way]:
    """Those that no cheaper one equals, cheapest first. Staying unknown is compared with nothing."""
    found: list[Way] = []
    best = -1.0
    for way in sorted(ways, key=lambda item: (item.cost, -(item.level or 0.0), item.ids)):
        if way.level is None:
            found.append(way)
        elif way.level > best:
            best = way.level
            found.append(way)
    return found


def together(parts: Sequence[Part], scale: Scale) -> list[Way]:
    """The ways to treat all the parts at once that nothing beats."""
    return _folded(parts, scale, lambda _done, _cost, _total, _known: True)


def best_of(parts: Sequence[Part], scale: Scale) -> float | None:
    """The highest mean that there is, as the scale shows it; None while nothing can be known."""
    always: list[tuple[float, float]] = []
    chosen: list[tuple[float, float]] = []
    for part in parts:
        highest = max((way.level for way in part.ways if way.level is not None), default=None)
        if highest is not None:
            stays = any(way.level is None for way in part.ways)
            (chosen if stays else always).append((highest, part.weight))
    # A part that may stay out belongs in as long as it is above the mean: the highest first.
    chosen.sort(reverse=True)
    means = []
    for number in range(len(chosen) + 1):
        known = [*always, *chosen[:number]]
        if known:
            total = fsum(level * weight for level, weight in known)
            means.append(scale.rounded(total, fsum(weight for _, weight in known)))
    return max(means, default=None)


def cheapest(parts: Sequence[Part], scale: Scale, goal: float) -> Way:
    """The cheapest way to a mean of `goal` (as the scale shows it), which must not be above `best_of`."""
    least = goal / scale.times - scale.half - _NOISE
    rest = _surplus(parts, least)
    for fixes in range(len(rest[0])):
        if rest[0][fixes] < 0:
            continue

        def viable(done: int, cost: int, total: float, known: float, *, fixes: int = fixes) -> bool:
            left = fixes - cost // FIX
            return left >= 0 and total - least * known + rest[done][min(left, len(rest[done]) - 1)] >= 0

        reaching = [
            way for way in _folded(parts, scale, viable) if way.level is not None and way.level >= goal
        ]
        if reaching:
            return min(reaching)
    raise ValueError(f"no way leads to {goal}")


def _surplus(parts: Sequence[Part], least: float) -> list[list[float]]:
    """By how many of the parts are done and how many fixes are left: how far above `least` the rest can lift the sum."""
    rest = [[0.0]]
    for part in reversed(parts):
        by_fixes: dict[int, float] = {}
        for way in part.ways:
            above = 0.0 if way.level is None else part.weight * (way.level - least)
            by_fixes[way.cost // FIX] = max(above, by_fixes.get(way.cost // FIX, above))
        after = rest[-1]
        grown = [-float("inf")] * (len(after) + max(by_fixes))
        for fixes, above in by_fixes.items():
            for more, far in enumerate(after):
                grown[fixes + more] = max(grown[fixes + more], above + far)
        for fixes in range(1, len(grown)):
            grown[fixes] = max(grown[fixes], grown[fixes - 1])  # nobody must use all that is left
        rest.append(grown)
    return rest[::-1]


def _folded(
    parts: Sequence[Part], scale: Scale, viable: Callable[[int, int, float, float], bool]
) -> list[Way]:
    """Part after part, with only those that are viable: by parts done, cost, sum of level x weight, and known weight.

    Sums are whole numbers of the smallest binary fraction among the terms, so that they come out as `math.fsum` makes
    them in the real roll-up, and no rounding differs from it.
    """
    terms = [
        term
        for part in parts
        for way in part.ways
        for term in (part.weight, (way.level or 0.0) * part.weight)
    ]
    unit = max((term.as_integer_ratio()[1] for term in terms), default=1)

    def exact(term: float) -> int:
        above, below = term.as_integer_ratio()
        return above * (unit // below)

    states: dict[int, list[_State]] = {0: [(0, 0, ())]}  # by the exact weight of what is known
    for done, part in enumerate(parts, start=1):
        grown: dict[int, dict[int, tuple[int, Any]]] = {}
        for known, front in states.items():
            for way in part.ways:
                is_known = way.level is not None
                best = grown.setdefault(known + (exact(part.weight) if is_known else 0), {})
                _extend(best, front, way, exact((way.level or 0.0) * part.weight))
        states = {
            known: [state for state in _rising(best) if viable(done, state[0], state[1] / unit, known / unit)]
            for known, best in grown.items()
        }
    return unbeaten(
        Way(cost, ids, scale.rounded(total / unit, known / unit) if known else None)
        for known, front in states.items()
        for cost, total, ids in front
    )


def _extend(best: dict[int, tuple[int, Any]], front: Iterable[_State], way: Way, add: int) -> None:
    """Put the way to each of the front; by cost, the greatest sum stays (of equal ones the first ids)."""
    for cost, total, ids in front:
        price, value = cost + way.cost, total + add
        there = best.get(price)
        if there is None or value > there[0]:
            best[price] = (value, (ids, way.ids))
        elif value == there[0]:
            best[price] = min(there, (value, (ids, way.ids)))


def _rising(best: Mapping[int, tuple[int, Any]]) -> list[_State]:
    found: list[_State] = []
    for cost in sorted(best):
        total, ids = best[cost]
        if not found or total > found[-1][1]:
            found.append((cost, total, ids))
    return found

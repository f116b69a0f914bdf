"""The smallest set of fixes that reaches a level: of an area, of a block, or of the mean of all blocks.

A fix raises an indicator to the top of its ladder; one that is unknown becomes known by it. Within an area every subset of
its few indicators goes through the real roll-up, gates and caps included; `ways` then puts areas together to blocks, and
blocks to the score.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import msgspec

from sevenc_sync.score.results import ClientResult, IndicatorResult
from sevenc_sync.score.rollup import capped_mean
from sevenc_sync.score.rules import Area, Rules
from sevenc_sync.score.suppose import level_at, top_of, with_levels
from sevenc_sync.score.ways import (
    FIX,
    LEVELS,
    SCORES,
    Part,
    Scale,
    Way,
    best_of,
    cheapest,
    together,
    unbeaten,
)

MOST = 16  # indicators of one area below their top: every subset of them is tried


class TooMany(ValueError):
    """An area has more indicators than every subset can be tried of."""


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator to fix. `needed` is the level that is enough, with those of the other fixes; `top` its ladder's end."""

    indicator: IndicatorResult
    needed: float
    top: float


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to bring `target` (an area, a block, or "" for the mean of all blocks) to `wanted`.

    `before` and `after` are levels of 0 to 5, None while nothing is known. Where the level cannot be reached, the fixes lead
    to the best that can be, which is `short` below. `result` is the client's with the fixes at their needed levels.
    """

    target: str
    wanted: float
    before: float | None
    after: float | None
    is_reached: bool
    short: float
    fixes: tuple[Fix, ...]
    result: ClientResult


def what_if(rules: Rules, result: ClientResult, wanted: float, target: str = "") -> WhatIf:
    """The fewest fixes that bring the target to that level (0 to 5), and of equally few those that gain the least.

    Raises KeyError for a target that is neither an area nor a block, TooMany for an area with too many indicators.
    """
    parts, scale = _parts(rules, result, target)
    best = best_of(parts, scale)
    goal = scale.goal(wanted)
    is_reached = best is not None and best >= goal
    chosen: frozenset[str] = frozenset()
    if best is not None:
        goal = min(goal, best)
        chosen = frozenset(_flat(cheapest(parts, scale, goal).ids))
    fixes = _needed(rules, result, target, goal, chosen)
    after = with_levels(rules, result, {fix.indicator.id: fix.needed for fix in fixes})
    reached = level_at(after, target)
    return WhatIf(
        target=target,
        wanted=wanted,
        before=level_at(result, target),
        after=reached,
        is_reached=is_reached,
        short=0.0 if is_reached else round(wanted - (reached or 0.0), 3),
        fixes=fixes,
        result=after,
    )


def _needed(
    rules: Rules, result: ClientResult, target: str, goal: float, chosen: frozenset[str]
) -> tuple[Fix, ...]:
    """The levels that are enough: one after the other each is let down as far as the goal allows, in the rules' order."""
    tops = {name: top_of(rules.indicator_by_id[name]) for name in chosen}
    levels = dict(tops)

    def holds(name: str, hundredths: int) -> bool:
        raised = with_levels(rules, result, {**levels, name: hundredths / 100})
        reached = raised.score if not target else level_at(raised, target)
        return reached is not None and reached >= goal

    items = [item for item in result.indicators if item.id in chosen]
    for item in items:
        high = round(100 * tops[item.id])
        if not holds(item.id, high - 1):
            continue  # most of a smallest set are needed whole
        low = round(100 * (item.level or 0.0)) - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if holds(item.id, middle) else (middle, high)
        levels[item.id] = high / 100
    return tuple(Fix(indicator=item, needed=levels[item.id], top=tops[item.id]) for item in items)


def _parts(rules: Rules, result: ClientResult, target: str) -> tuple[list[Part], Scale]:
    """What the target is the mean of, each with the ways to treat it; an area is its own only part."""
    tops = {indicator.id: top_of(indicator) for indicator in rules.indicators}
    by_area: dict[str, list[IndicatorResult]] = {}
    for item in result.indicators:
        by_area.setdefault(item.area, []).append(item)

    def of_area(area: Area) -> list[Way]:
        return _area_ways(area, by_area.get(area.slug, ()), tops)

    def of_block(slug: str) -> list[Part]:
        return [Part(area.weight, of_area(area)) for area in rules.areas if area.block == slug]

    if target in rules.area_by_slug:
        return [Part(1.0, of_area(rules.area_by_slug[target]))], LEVELS
    if target:
        return of_block(rules.block_by_slug[target].slug), LEVELS
    return [Part(block.weight, together(of_block(block.slug), LEVELS)) for block in rules.blocks], SCORES


def _area_ways(area: Area, items: Sequence[IndicatorResult], tops: Mapping[str, float]) -> list[Way]:
    counted = [item for item in items if item.counts]  # what an exception leaves out is nothing to fix
    low = [item for item in counted if item.level is None or item.level < tops[item.id]]
    if len(low) > MOST:
        raise TooMany(
            f"{area.slug} has {len(low)} indicators below their top; every subset of at most {MOST} can be tried"
        )
    found = []
    for number in range(len(low) + 1):
        for some in combinations(low, number):
            raised = {item.id: msgspec.structs.replace(item, level=tops[item.id]) for item in some}
            level, _ = capped_mean(raised.get(item.id, item) for item in counted)
            # What is unknown has all of its levels before it.
            gain = sum(round(100 * (tops[item.id] - (item.level or 0.0))) for item in some)
            found.append(Way(number * FIX + gain, tuple(sorted(raised)), level))
    return unbeaten(found)


def _flat(ids: Any) -> Iterator[str]:
    for item in ids:
        if isinstance(item, str):
            yield item
        else:
            yield from _flat(item)

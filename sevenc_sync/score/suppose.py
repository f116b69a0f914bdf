"""A client's result as it would be if some indicators stood at other levels."""

from collections.abc import Mapping

import msgspec

from sevenc_sync.score.ladders import TOP
from sevenc_sync.score.results import ClientResult
from sevenc_sync.score.rollup import Subject, area_result, block_result, over_blocks, roll_up
from sevenc_sync.score.rules import Indicator, Rules


def top_of(indicator: Indicator) -> float:
    """The highest level that the indicator can come to."""
    if indicator.measure == "steps":
        return float(len(indicator.steps))
    # Their ladders end before: the last levels are for those who keep it up throughout.
    return TOP if indicator.measure in ("drill", "rhythm") else float(len(indicator.levels))


def level_at(result: ClientResult, target: str) -> float | None:
    """The level of an area or block, or with "" the mean of all blocks (the score by 20)."""
    if not target:
        return None if result.score is None else round(result.score / 20, 3)
    return next(part.level for part in (*result.blocks, *result.areas) if part.slug == target)


def with_levels(rules: Rules, result: ClientResult, levels: Mapping[str, float]) -> ClientResult:
    """The result as it would be with those levels of indicators and all else the same, by the real roll-up."""
    items = [
        msgspec.structs.replace(item, level=levels[item.id], reason=None) if item.id in levels else item
        for item in result.indicators
    ]
    subject = Subject(result.client, result.name, result.account, result.company)
    return roll_up(rules, subject, result.at, items)


def lifted(rules: Rules, base: ClientResult, name: str, level: float) -> ClientResult:
    """The same of one indicator, where `base` is what `with_levels` made by these rules: only its area and block are rolled up anew."""
    items = tuple(
        msgspec.structs.replace(item, level=level, reason=None) if item.id == name else item
        for item in base.indicators
    )
    area = rules.area_by_slug[rules.indicator_by_id[name].area]
    mine = [item for item in items if item.area == area.slug and item.counts]
    areas = tuple(area_result(area, mine, mine) if part.slug == area.slug else part for part in base.areas)
    beside = [
        (one.weight, part) for one, part in zip(rules.areas, areas, strict=True) if one.block == area.block
    ]
    blocks = tuple(
        block_result(block, beside) if block.slug == area.block else part
        for block, part in zip(rules.blocks, base.blocks, strict=True)
    )
    subject = Subject(base.client, base.name, base.account, base.company)
    return over_blocks(rules, subject, base.at, blocks, areas, items)

"""Rules and results made up of nothing but levels, weights, gates and attestations."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from sevenc_sync.score import ClientResult, IndicatorResult, Rules, builtin_rules_dir, load_rules
from sevenc_sync.score.rollup import Subject, roll_up
from sevenc_sync.score.rules import Area, Block, Indicator

AT = datetime(2026, 6, 15, tzinfo=UTC)
BUILT_IN = load_rules([builtin_rules_dir()])
PATTERN = BUILT_IN.indicator_by_id["continuous.backup-management.offsite-copy"]

# One indicator: level in hundredths or None, weight, whether it is a gate, whether it is attested.
One = tuple[int | None, float, bool, bool]


def made(
    blocks: Sequence[Sequence[Sequence[One]]], weights: Sequence[float] = (1.0,)
) -> tuple[Rules, ClientResult]:
    """Rules with those blocks of areas of indicators, and a client's result under them. Weights go round."""
    block_list, areas, indicators, items = [], [], [], []
    for b, inner in enumerate(blocks):
        weight = weights[b % len(weights)]
        block_list.append(
            Block(
                slug=f"b{b}",
                name=f"B{b}",
                name_status="inferred",
                order=b,
                question="q",
                purpose="p",
                weight=weight,
            )
        )
        for a, ones in enumerate(inner):
            slug = f"b{b}.a{a}"
            weight = weights[(a + 1) % len(weights)]
            areas.append(
                Area(slug=slug, name=slug, name_status="inferred", order=a, purpose="p", weight=weight)
            )
            for i, (level, share, is_gate, is_attested) in enumerate(ones):
                rule = msgspec.structs.replace(PATTERN, id=f"{slug}.i{i}", weight=share, gate=is_gate)
                indicators.append(rule)
                items.append(item(rule, None if level is None else level / 100, is_attested=is_attested))
    rules = Rules(
        blocks=tuple(block_list), areas=tuple(areas), indicators=tuple(indicators), tags=(), services=()
    )
    return rules, roll_up(rules, Subject(1, "Client", 1, "c1"), AT, items)


def item(rule: Indicator, level: float | None, *, is_attested: bool = False) -> IndicatorResult:
    return IndicatorResult(
        id=rule.id,
        area=rule.area,
        title=rule.title,
        measure=rule.measure,
        unit=rule.unit,
        value=level,
        sample=9,
        good=None,
        level=level,
        level_without=level,
        excepted=None,
        reason=None if level is not None else "why",
        is_low_sample=False,
        is_gate=rule.gate,
        is_attested=is_attested,
        weight=rule.weight,
    )

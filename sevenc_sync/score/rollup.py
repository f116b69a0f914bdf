"""From indicators to areas, blocks and the score. Unknown stays unknown: it is left out, and the proof says so."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from sevenc_sync.score.ladders import score_of, share_of, weighted_mean
from sevenc_sync.score.results import ClientResult, IndicatorResult, PartResult
from sevenc_sync.score.rules import Area, Block, Rules

GATE_LEAD = 2.0  # levels that an area may be above its lowest gate
ATTESTED_TOP = 3.0  # the most that somebody's word alone can show
ATTESTATION = "attestation"
PROVISIONAL_BELOW = 0.5  # share of indicators that must be known for a level to be final


class Subject(msgspec.Struct, frozen=True):
    """The client that a result is about."""

    client: int
    name: str
    account: int
    company: str
    since: int = 0  # when it became a client of ours, in epoch seconds


def roll_up(
    rules: Rules,
    subject: Subject,
    at: datetime,
    indicators: Sequence[IndicatorResult],
    without: Sequence[IndicatorResult] | None = None,
) -> ClientResult:
    """The client's result from its indicators, which must be all of the rules' indicators in their order.

    `without` are the same indicators as they are without any exception; None: no exception is in force.
    """
    counted = _by_area(item for item in indicators if item.counts)
    # Without an exception all that has a weight counts.
    all_of_them = counted if without is None else _by_area(item for item in without if item.weight)
    areas = tuple(
        area_result(area, counted.get(area.slug, ()), all_of_them.get(area.slug, ())) for area in rules.areas
    )
    return over_areas(rules, subject, at, areas, tuple(indicators))


def over_areas(
    rules: Rules,
    subject: Subject,
    at: datetime,
    areas: tuple[PartResult, ...],
    indicators: tuple[IndicatorResult, ...],
) -> ClientResult:
    """The client's result from all areas, in the rules' order."""
    by_block: dict[str, list[tuple[float, PartResult]]] = {}
    for area, result in zip(rules.areas, areas, strict=True):
        by_block.setdefault(area.block, []).append((area.weight, result))
    blocks = tuple(block_result(block, by_block.get(block.slug, ())) for block in rules.blocks)
    return over_blocks(rules, subject, at, blocks, areas, indicators)


def over_blocks(
    rules: Rules,
    subject: Subject,
    at: datetime,
    blocks: tuple[PartResult, ...],
    areas: tuple[PartResult, ...],
    indicators: tuple[IndicatorResult, ...],
) -> ClientResult:
    """The client's result from all blocks, which follow from those areas, in the rules' order."""
    weights = {block.slug: block.weight for block in rules.blocks}
    known, total = sum(block.known for block in blocks), sum(block.total for block in blocks)
    proof = share_of(known, total)
    return ClientResult(
        client=subject.client,
        name=subject.name,
        account=subject.account,
        company=subject.company,
        at=at,
        rules_hash=rules.hash,
        score=score_of((block.level, weights[block.slug]) for block in blocks if block.level is not None),
        score_without=score_of(
            (block.level_without, weights[block.slug]) for block in blocks if block.level_without is not None
        ),
        proof=proof,
        is_provisional=proof < PROVISIONAL_BELOW,
        blocks=blocks,
        areas=areas,
        indicators=indicators,
    )


def area_result(
    area: Area, indicators: Sequence[IndicatorResult], without: Sequence[IndicatorResult]
) -> PartResult:
    """The area from its indicators that count, and from all of them as they are without any exception."""
    level, cap = capped_mean(indicators)
    known, total = sum(1 for item in indicators if item.level is not None), len(indicators)
    proof = share_of(known, total)
    return PartResult(
        slug=area.slug,
        kind="area",
        name=area.name,
        level=level,
        level_without=level if indicators == without else capped_mean(without)[0],
        proof=proof,
        is_provisional=proof < PROVISIONAL_BELOW,
        cap=cap,
        known=known,
        total=total,
        excepted=len(without) - total,
    )


def capped_mean(indicators: Iterable[IndicatorResult]) -> tuple[float | None, str | None]:
    """The weighted mean of the known indicators, and what holds it down.

    It is at most the lowest gate + 2, and at most 3 where only attestations speak.
    """
    known = [(item, item.level) for item in indicators if item.level is not None]
    level = weighted_mean([(value, item.weight) for item, value in known])
    if level is None:
        return None, None
    caps = [(round(value + GATE_LEAD, 2), item.id) for item, value in known if item.is_gate]
    if all(item.is_attested for item, _ in known):
        caps.append((ATTESTED_TOP, ATTESTATION))
    top, holder = min(caps, default=(level, None))
    return (top, holder) if top < level else (level, None)


def block_result(block: Block, mine: Sequence[tuple[float, PartResult]]) -> PartResult:
    """The block from its areas and their weights."""
    known, total = sum(result.known for _, result in mine), sum(result.total for _, result in mine)
    proof = share_of(known, total)
    return PartResult(
        slug=block.slug,
        kind="block",
        name=block.name,
        level=weighted_mean((result.level, weight) for weight, result in mine if result.level is not None),
        level_without=weighted_mean(
            (result.level_without, weight) for weight, result in mine if result.level_without is not None
        ),
        proof=proof,
        is_provisional=proof < PROVISIONAL_BELOW,
        cap=None,
        known=known,
        total=total,
        excepted=sum(result.excepted for _, result in mine),
    )


def _by_area(indicators: Iterable[IndicatorResult]) -> dict[str, list[IndicatorResult]]:
    found: dict[str, list[IndicatorResult]] = {}
    for indicator in indicators:
        found.setdefault(indicator.area, []).append(indicator)
    return found

"""From indicators to areas, blocks and the score. Unknown stays unknown: it is left out, and the proof says so."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

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


def roll_up(
    rules: Rules, subject: Subject, at: datetime, indicators: Sequence[IndicatorResult]
) -> ClientResult:
    """The client's result from its indicators, which must be all of the rules' indicators in their order."""
    by_area: dict[str, list[IndicatorResult]] = {}
    for indicator in indicators:
        by_area.setdefault(indicator.area, []).append(indicator)
    areas = tuple(area_result(area, by_area.get(area.slug, ())) for area in rules.areas)
    blocks = tuple(_block_result(block, rules.areas, areas) for block in rules.blocks)
    weights = {block.slug: block.weight for block in rules.blocks}
    known = sum(1 for indicator in indicators if indicator.level is not None)
    proof = share_of(known, len(indicators))
    return ClientResult(
        client=subject.client,
        name=subject.name,
        account=subject.account,
        company=subject.company,
        at=at,
        rules_hash=rules.hash,
        score=score_of((block.level, weights[block.slug]) for block in blocks if block.level is not None),
        proof=proof,
        is_provisional=proof < PROVISIONAL_BELOW,
        blocks=blocks,
        areas=areas,
        indicators=tuple(indicators),
    )


def area_result(area: Area, indicators: Iterable[IndicatorResult]) -> PartResult:
    """The weighted mean of the known indicators, under the lowest gate + 2, and under 3 where only attestations speak."""
    all_of_them = list(indicators)
    known = [(item, item.level) for item in all_of_them if item.level is not None]
    level = weighted_mean((value, item.weight) for item, value in known)
    cap: str | None = None
    if level is not None:
        caps = [(round(value + GATE_LEAD, 2), item.id) for item, value in known if item.is_gate]
        if all(item.is_attested for item, _ in known):
            caps.append((ATTESTED_TOP, ATTESTATION))
        top, holder = min(caps, default=(level, None))
        if top < level:
            level, cap = top, holder
    return _part(area.slug, "area", area.name, level, cap, len(known), len(all_of_them))


def _block_result(block: Block, areas: Sequence[Area], results: Sequence[PartResult]) -> PartResult:
    mine = [(area, result) for area, result in zip(areas, results, strict=True) if area.block == block.slug]
    level = weighted_mean((result.level, area.weight) for area, result in mine if result.level is not None)
    known, total = sum(result.known for _, result in mine), sum(result.total for _, result in mine)
    return _part(block.slug, "block", block.name, level, None, known, total)


def _part(
    slug: str,
    kind: Literal["block", "area"],
    name: str,
    level: float | None,
    cap: str | None,
    known: int,
    total: int,
) -> PartResult:
    proof = share_of(known, total)
    return PartResult(
        slug=slug,
        kind=kind,
        name=name,
        level=level,
        proof=proof,
        is_provisional=proof < PROVISIONAL_BELOW,
        cap=cap,
        known=known,
        total=total,
    )

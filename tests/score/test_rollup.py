"""Indicators to areas, blocks and the score: means, gates, attestations, proof, and unknown left out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.score import IndicatorResult, Rules, builtin_rules_dir, load_rules
from sevenc_sync.score.results import WHOLE, PartResult
from sevenc_sync.score.rollup import Subject, area_result, roll_up
from sevenc_sync.score.rules import Area

AT = datetime(2026, 6, 15, tzinfo=UTC)
AREA = Area(slug="b.a", name="A", name_status="inferred", order=1, purpose="p")
WHO = Subject(1, "Client", 1, "c1")
RULES = load_rules([builtin_rules_dir()])


def indicator(level: float | None, name: str = "b.a.i", **more: Any) -> IndicatorResult:
    base: dict[str, Any] = {
        "id": name,
        "area": name.rpartition(".")[0],
        "title": "t",
        "measure": "share",
        "unit": "%",
        "value": level,
        "sample": 9,
        "good": None,
        "level": level,
        "level_without": level,
        "excepted": None,
        "reason": None if level is not None else "why",
        "is_low_sample": False,
        "is_gate": False,
        "is_attested": False,
        "weight": 1.0,
    }
    return IndicatorResult(**{**base, **more})


def area(items: Sequence[IndicatorResult], without: Sequence[IndicatorResult] | None = None) -> PartResult:
    return area_result(AREA, items, items if without is None else without)


def test_an_area_is_the_weighted_mean_of_what_is_known() -> None:
    part = area([indicator(4.0, weight=3.0), indicator(2.0), indicator(None, weight=50.0)])
    assert (part.level, part.known, part.total, part.proof, part.is_provisional) == (3.5, 2, 3, 0.667, False)


def test_an_area_is_at_most_its_lowest_gate_plus_two_and_says_which() -> None:
    part = area(
        [
            indicator(5.0, "b.a.x", weight=9.0),
            indicator(1.0, "b.a.g", is_gate=True),
            indicator(2.0, "b.a.h", is_gate=True),
        ],
    )
    assert (part.level, part.cap) == (3.0, "b.a.g")


def test_a_gate_that_does_not_bind_is_not_named() -> None:
    part = area([indicator(3.0, is_gate=True), indicator(3.0)])
    assert (part.level, part.cap) == (3.0, None)


def test_an_unknown_gate_holds_nothing_down() -> None:
    part = area([indicator(None, is_gate=True), indicator(5.0)])
    assert (part.level, part.cap) == (5.0, None)


def test_an_area_of_which_only_attestations_speak_is_at_most_three() -> None:
    told = [indicator(5.0, is_attested=True), indicator(4.0, is_attested=True), indicator(None)]
    part = area(told)
    assert (part.level, part.cap) == (3.0, "attestation")


def test_one_measured_indicator_lifts_the_cap_of_attestations() -> None:
    part = area([indicator(5.0, is_attested=True), indicator(4.0)])
    assert (part.level, part.cap) == (4.5, None)


def test_the_lower_of_two_caps_holds() -> None:
    told = [
        indicator(5.0, is_attested=True, weight=9.0),
        indicator(0.5, "b.a.g", is_attested=True, is_gate=True),
    ]
    part = area(told)
    assert (part.level, part.cap) == (2.5, "b.a.g")


def test_an_area_without_any_known_indicator_is_unknown_and_provisional() -> None:
    part = area([indicator(None)])
    assert (part.level, part.proof, part.is_provisional, part.cap) == (None, 0.0, True, None)


@pytest.mark.parametrize(("known", "is_provisional"), [(1, True), (2, False)])
def test_below_half_the_proof_is_provisional(known: int, is_provisional: bool) -> None:
    part = area([indicator(3.0)] * known + [indicator(None)] * (4 - known))
    assert part.is_provisional is is_provisional
    assert area([indicator(3.0), indicator(None)]).is_provisional is False


def test_an_unknown_area_is_left_out_of_its_block_and_an_unknown_block_out_of_the_score() -> None:
    levels = {"continuous.backup-management.job-success": 4.0, "charge.managed-services.agreement-form": 1.0}
    result = roll_up(RULES, WHO, AT, [indicator(levels.get(rule.id), rule.id) for rule in RULES.indicators])
    assert {block.slug: block.level for block in result.blocks if block.level is not None} == {
        "continuous": 4.0,
        "charge": 1.0,
    }
    assert result.score == 50.0
    assert (result.proof, result.is_provisional) == (round(2 / len(RULES.indicators), 3), True)


known_or_not = st.one_of(st.none(), st.integers(0, 500).map(lambda n: n / 100))
some = st.lists(
    st.builds(
        lambda level, weight, gate, attested: indicator(
            level, weight=weight, is_gate=gate, is_attested=attested
        ),
        known_or_not,
        st.sampled_from([0.5, 1.0, 2.0, 7.0]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=8,
)


@given(items=some)
def test_an_area_stays_within_its_indicators_and_under_its_caps(items: list[IndicatorResult]) -> None:
    part = area(items)
    known = [item.level for item in items if item.level is not None]
    gates = [item.level for item in items if item.level is not None and item.is_gate]
    if not known:
        assert part.level is None
        return
    assert part.level is not None
    assert part.level <= max(known)
    assert part.level >= min([*known, 3.0, *(round(gate + 2, 2) for gate in gates)])
    assert all(part.level <= round(gate + 2, 2) for gate in gates)
    if all(item.is_attested for item in items if item.level is not None):
        assert part.level <= 3.0
    if part.cap is None:
        assert part.level >= min(known)


@given(items=some, extra=st.sampled_from([0.5, 3.0]))
def test_an_unknown_indicator_changes_the_proof_and_nothing_else(
    items: list[IndicatorResult], extra: float
) -> None:
    before = area(items)
    after = area([*items, indicator(None, weight=extra, is_gate=True)])
    assert (before.level, before.cap) == (after.level, after.cap)
    assert after.proof <= before.proof or not items


@given(items=some)
def test_the_order_of_indicators_does_not_matter(items: list[IndicatorResult]) -> None:
    assert area(items).level == area(list(reversed(items))).level


@given(items=some, at=st.integers(0, 7), better=st.integers(0, 500).map(lambda n: n / 100))
def test_a_better_indicator_never_lowers_its_area(
    items: list[IndicatorResult], at: int, better: float
) -> None:
    if at >= len(items) or items[at].level is None:
        return
    higher = max(items[at].level or 0.0, better)
    improved = [*items[:at], msgspec.structs.replace(items[at], level=higher), *items[at + 1 :]]
    before, after = area(items).level, area(improved).level
    assert before is not None
    assert after is not None
    assert after >= before


levels = st.lists(known_or_not, min_size=len(RULES.indicators), max_size=len(RULES.indicators))


@given(given_levels=levels)
def test_blocks_and_score_stay_within_their_parts_and_come_out_the_same_each_time(
    given_levels: list[float | None],
) -> None:
    def rolled(rules: Rules) -> bytes:
        items = [
            indicator(level, rule.id, is_gate=rule.gate)
            for rule, level in zip(rules.indicators, given_levels, strict=True)
        ]
        return msgspec.json.encode(roll_up(rules, WHO, AT, items))

    result = msgspec.json.decode(rolled(RULES))
    for block in result["blocks"]:
        areas = [
            a["level"]
            for a in result["areas"]
            if a["slug"].startswith(f"{block['slug']}.") and a["level"] is not None
        ]
        assert (block["level"] is None) == (not areas)
        assert not areas or min(areas) <= block["level"] <= max(areas)
    blocks = [block["level"] for block in result["blocks"] if block["level"] is not None]
    assert (result["score"] is None) == (not blocks)
    assert not blocks or round(20 * min(blocks), 1) <= result["score"] <= round(20 * max(blocks), 1)
    assert rolled(RULES) == rolled(RULES)


# Exceptions

IDS = [rule.id for rule in RULES.indicators]
each_known = st.lists(known_or_not, min_size=len(IDS), max_size=len(IDS))


def left_out(item: IndicatorResult) -> IndicatorResult:
    return msgspec.structs.replace(item, level=None, reason="left out", excepted=WHOLE)


def test_an_excepted_indicator_counts_neither_in_the_mean_nor_as_a_gate_nor_in_the_proof() -> None:
    plain = [indicator(4.0), indicator(0.5, "b.a.g", is_gate=True), indicator(None)]
    part = area([plain[0], plain[2]], plain)
    assert (part.level, part.cap, part.proof, part.excepted) == (4.0, None, 0.5, 1)
    assert part.level_without == 2.25


def test_an_area_that_is_excepted_as_a_whole_is_left_out_of_its_block_and_of_the_score() -> None:
    levels = {"continuous.backup-management.job-success": 1.0, "charge.managed-services.agreement-form": 4.0}
    plain = [indicator(levels.get(rule.id), rule.id) for rule in RULES.indicators]
    items = [left_out(item) if item.area == "continuous.backup-management" else item for item in plain]
    result = roll_up(RULES, WHO, AT, items, plain)
    assert (result.score, result.score_without) == (80.0, 50.0)
    found = next(part for part in result.areas if part.slug == "continuous.backup-management")
    assert (found.level, found.level_without, found.known, found.total) == (None, 1.0, 0, 0)
    assert result.proof == round(1 / (len(IDS) - found.excepted), 3)


@given(levels=each_known, excepted=st.sets(st.sampled_from(IDS)), lowered=each_known)
def test_no_exception_ever_changes_the_score_without_exceptions(
    levels: list[float | None], excepted: set[str], lowered: list[float | None]
) -> None:
    """Neither indicators that are left out nor levels that other rows give have a say in it."""
    plain = [indicator(level, name) for name, level in zip(IDS, levels, strict=True)]
    moved = [
        left_out(item) if item.id in excepted else msgspec.structs.replace(item, level=level, excepted="1")
        for item, level in zip(plain, lowered, strict=True)
    ]
    alone, beside = roll_up(RULES, WHO, AT, plain), roll_up(RULES, WHO, AT, moved, plain)
    assert alone.score_without == alone.score == beside.score_without
    for one, other in zip((*alone.blocks, *alone.areas), (*beside.blocks, *beside.areas), strict=True):
        assert one.level_without == one.level == other.level_without
        assert other.known <= other.total == one.total - other.excepted

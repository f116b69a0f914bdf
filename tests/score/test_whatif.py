"""The smallest set of fixes: as small as trying every subset finds it, with gates, caps, weights and unknowns."""

from itertools import combinations
from time import process_time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevenc_sync.score import ClientResult, Rules, TooMany, what_if
from sevenc_sync.score.results import WHOLE
from sevenc_sync.score.suppose import level_at, top_of, with_levels
from sevenc_sync.score.whatif import MOST
from tests.score.made_up import BUILT_IN, One, made


def by_trying_all(
    rules: Rules, result: ClientResult, wanted: float, target: str
) -> tuple[tuple[int, int] | None, float | None]:
    """(how many fixes, hundredths gained) of the smallest set that reaches the level, and the best level of all sets."""
    low = [one for one in result.indicators if one.level is None or one.level < 5.0]
    best: float | None = None
    smallest: tuple[int, int] | None = None
    for number in range(len(low) + 1):
        for some in combinations(low, number):
            level = level_at(with_levels(rules, result, {one.id: 5.0 for one in some}), target)
            if level is None:
                continue
            best = level if best is None else max(best, level)
            if level >= wanted:
                gain = sum(round(500 - 100 * (one.level or 0.0)) for one in some)
                smallest = min(smallest or (number, gain), (number, gain))
    return smallest, best


ones = st.tuples(
    st.one_of(st.none(), st.integers(0, 500), st.sampled_from([0, 100, 250, 500])),
    st.sampled_from([0.3, 1.0, 1.0, 2.0]),
    st.booleans(),
    st.booleans(),
)
worlds = st.lists(
    st.lists(st.lists(ones, min_size=0, max_size=3), min_size=1, max_size=3), min_size=1, max_size=3
).filter(lambda blocks: 1 <= sum(len(area) for block in blocks for area in block) <= 7)
weighted = st.lists(st.sampled_from([0.7, 1.0, 1.0, 3.0]), min_size=1, max_size=3)
wishes = st.one_of(st.integers(0, 50).map(lambda n: n / 10), st.integers(0, 500).map(lambda n: n / 100))


@settings(max_examples=250, deadline=None)
@given(blocks=worlds, weights=weighted, wanted=wishes, pick=st.integers(0, 99))
def test_no_smaller_set_reaches_the_level_and_no_equally_small_one_gains_less(
    blocks: list[list[list[One]]], weights: list[float], wanted: float, pick: int
) -> None:
    rules, result = made(blocks, weights)
    targets = ["", *rules.block_by_slug, *rules.area_by_slug]
    target = targets[pick % len(targets)]
    found = what_if(rules, result, wanted, target)
    smallest, best = by_trying_all(rules, result, wanted, target)
    gain = sum(round(100 * (fix.top - (fix.indicator.level or 0.0))) for fix in found.fixes)
    if smallest is None:
        assert (found.is_reached, found.after) == (False, best)
        assert found.short == round(wanted - (best or 0.0), 3)
    else:
        assert ((len(found.fixes), gain), found.is_reached, found.short) == (smallest, True, 0.0)
        assert found.after is not None
        assert found.after >= wanted
    assert found.before == level_at(result, target)


@settings(max_examples=100, deadline=None)
@given(blocks=worlds, wanted=wishes)
def test_the_needed_levels_are_enough_and_none_can_be_a_hundredth_lower(
    blocks: list[list[list[One]]], wanted: float
) -> None:
    rules, result = made(blocks)
    found = what_if(rules, result, wanted)
    needed = {fix.indicator.id: fix.needed for fix in found.fixes}
    reached = level_at(with_levels(rules, result, needed), "")
    assert reached == found.after
    for fix in found.fixes:
        assert (fix.indicator.level or 0.0) <= fix.needed <= fix.top
        if found.is_reached and fix.needed > 0:
            lower = level_at(
                with_levels(rules, result, {**needed, fix.indicator.id: round(fix.needed - 0.01, 2)}), ""
            )
            assert lower is not None
            assert lower < wanted


@settings(max_examples=50, deadline=None)
@given(blocks=worlds, wanted=wishes)
def test_the_same_question_has_the_same_answer_in_whatever_order_areas_stand(
    blocks: list[list[list[One]]], wanted: float
) -> None:
    rules, result = made(blocks)
    first, second = what_if(rules, result, wanted), what_if(rules, result, wanted)
    assert first == second
    backwards = msgspec.structs.replace(rules, areas=rules.areas[::-1], blocks=rules.blocks[::-1])
    turned = what_if(backwards, with_levels(backwards, result, {}), wanted)
    assert (len(turned.fixes), turned.after is None) == (len(first.fixes), first.after is None)


def test_a_gate_comes_before_what_weighs_more() -> None:
    rules, result = made([[[(100, 1.0, True, False), (300, 5.0, False, False), (400, 1.0, False, False)]]])
    found = what_if(rules, result, 3.2, "b0.a0")
    assert [(fix.indicator.id, fix.needed) for fix in found.fixes] == [("b0.a0.i0", 3.37)]  # rounded to 3.2
    assert (found.before, found.after) == (2.86, 3.2)


def test_one_measured_indicator_that_becomes_known_lifts_the_cap_of_attestations() -> None:
    rules, result = made([[[(500, 1.0, False, True), (500, 1.0, False, True), (None, 1.0, False, False)]]])
    found = what_if(rules, result, 4.0, "b0.a0")
    assert [(fix.indicator.id, fix.indicator.level, fix.needed) for fix in found.fixes] == [
        ("b0.a0.i2", None, 1.99)
    ]


def test_an_unknown_area_becomes_known_where_that_is_the_shortest_way() -> None:
    low, unknown = [(100, 1.0, False, False)] * 3, [(None, 1.0, False, False)]
    rules, result = made([[low, unknown]])
    found = what_if(rules, result, 3.0, "b0")
    assert [fix.indicator.id for fix in found.fixes] == ["b0.a1.i0"]
    assert (found.before, found.after) == (1.0, 3.0)


def test_of_two_that_do_it_the_one_with_less_to_gain_is_taken_then_the_first_id() -> None:
    rules, result = made([[[(100, 1.0, False, False), (200, 1.0, False, False), (200, 1.0, False, False)]]])
    found = what_if(rules, result, 2.0, "b0.a0")
    assert [fix.indicator.id for fix in found.fixes] == ["b0.a0.i1"]


def test_what_is_there_needs_nothing() -> None:
    rules, result = made([[[(400, 1.0, False, False)]]])
    found = what_if(rules, result, 4.0)
    assert (found.fixes, found.short, found.before, found.after) == ((), 0.0, 4.0, 4.0)


def test_what_cannot_be_reached_says_by_how_much_and_leads_to_the_best() -> None:
    rules, result = made([[[(0, 1.0, False, True), (200, 1.0, False, True)]]])
    found = what_if(rules, result, 3.5, "b0.a0")
    assert (found.is_reached, found.after, found.short) == (False, 3.0, 0.5)
    assert [(fix.indicator.id, fix.needed) for fix in found.fixes] == [
        ("b0.a0.i0", 3.99)
    ]  # 2.995 is shown as 3.0


def test_what_an_exception_leaves_out_is_nothing_to_fix() -> None:
    rules, result = made([[[(0, 1.0, False, False), (100, 1.0, False, False), (200, 1.0, False, False)]]])
    first, *others = result.indicators
    excepted = msgspec.structs.replace(first, level=None, excepted=WHOLE)
    without = with_levels(rules, msgspec.structs.replace(result, indicators=(excepted, *others)), {})
    found = what_if(rules, without, 3.0, "b0.a0")
    assert (found.before, [fix.indicator.id for fix in found.fixes]) == (1.5, ["b0.a0.i2"])


def test_where_no_rule_looks_nothing_can_be_reached() -> None:
    rules, result = made([[[]]])
    found = what_if(rules, result, 1.0, "b0.a0")
    assert (found.before, found.after, found.is_reached, found.short, found.fixes) == (
        None,
        None,
        False,
        1.0,
        (),
    )


def test_a_level_is_what_the_ladder_of_its_measure_ends_at() -> None:
    tops = {indicator.measure: top_of(indicator) for indicator in BUILT_IN.indicators}
    assert (tops["share"], tops["rhythm"], tops["document"]) == (5.0, 5.0, 3.0)
    steps = BUILT_IN.indicator_by_id["charge.managed-services.agreement-form"]
    assert top_of(steps) == len(steps.steps)


def test_an_area_with_more_indicators_than_can_be_tried_is_named() -> None:
    rules, result = made([[[(0, 1.0, False, False)] * (MOST + 1)]])
    with pytest.raises(TooMany, match=r"b0\.a0 has 17 indicators"):
        what_if(rules, result, 1.0)


def test_twenty_seven_areas_of_six_indicators_take_less_than_a_second() -> None:
    levels = [None, 0, 37, 152, 211, 288, 333, 417, 489, 500]

    def one(n: int) -> One:
        return (levels[n * 7 % 10], (1.0, 2.0)[n % 3 == 0], n % 5 == 0, n % 4 == 0)

    blocks = [
        [[one(b * 31 + a * 7 + i) for i in range(6)] for a in range(4 if b < 6 else 3)] for b in range(7)
    ]
    rules, result = made(blocks, (1.0, 2.0, 1.5))
    times = []
    for _ in range(3):
        began = process_time()
        found = what_if(rules, result, 4.0)
        times.append(process_time() - began)
        assert found.fixes
        assert found.is_reached
    assert min(times) < 1.0

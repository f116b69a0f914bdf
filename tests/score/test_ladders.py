"""From a value to a level: reached steps, the way between them, and the way from nothing to the first."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.score.ladders import Better, is_ladder, level_of, score_of, share_of, weighted_mean

COV = (15.0, 50.0, 85.0, 95.0, 99.0)
DOWN = (2.0, 1.0, 0.5, 0.35, 0.2)


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (0, 0),
        (-5, 0),
        (7.5, 0.5),
        (15, 1),
        (32.5, 1.5),
        (50, 2),
        (85, 3),
        (95, 4),
        (98.999, 4.99),
        (99, 5),
        (100, 5),
    ],
)
def test_where_more_is_better_levels_rise_from_zero(value: float, level: float) -> None:
    assert level_of(value, COV, "higher") == level


@pytest.mark.parametrize(
    ("value", "level"),
    [(9, 0), (4, 0), (3, 0.5), (2, 1), (1.5, 1.5), (1, 2), (0.75, 2.5), (0.2, 5), (0, 5), (-1, 5)],
)
def test_where_less_is_better_levels_fall_to_zero_at_twice_the_first_step(value: float, level: float) -> None:
    assert level_of(value, DOWN, "lower") == level


def test_a_ladder_may_end_at_zero() -> None:
    assert level_of(0, (8, 4, 2, 1, 0), "lower") == 5
    assert level_of(0.5, (8, 4, 2, 1, 0), "lower") == 4.5


def test_a_ladder_that_begins_at_zero_has_no_way_below_it() -> None:
    assert level_of(0, (0, 1, 2, 3, 4), "higher") == 1
    assert level_of(-0.1, (0, 1, 2, 3, 4), "higher") == 0


def test_a_short_ladder_ends_at_its_last_step() -> None:
    assert level_of(0, (1460, 730, 365), "lower") == 3


ladders = st.lists(st.integers(0, 10_000), min_size=1, max_size=5, unique=True).map(sorted)
ways: st.SearchStrategy[Better] = st.sampled_from(["higher", "lower"])
values = st.floats(-1e6, 1e6)


@given(steps=ladders, better=ways, first=values, second=values)
def test_a_better_value_never_has_a_lower_level(
    steps: list[int], better: Better, first: float, second: float
) -> None:
    ordered = [float(step) for step in (steps if better == "higher" else reversed(steps))]
    worse, finer = sorted((first, second), reverse=better == "lower")
    assert 0 <= level_of(worse, ordered, better) <= level_of(finer, ordered, better) <= len(steps)


@given(steps=ladders, better=ways)
def test_reaching_a_step_is_its_level_and_missing_it_is_less(steps: list[int], better: Better) -> None:
    ordered = [float(step) for step in (steps if better == "higher" else reversed(steps))]
    for number, step in enumerate(ordered, start=1):
        assert level_of(step, ordered, better) == number
        missed = math.nextafter(step, -math.inf if better == "higher" else math.inf)
        assert level_of(missed, ordered, better) < number


@given(steps=ladders)
def test_a_ladder_rises_strictly_in_its_direction(steps: list[int]) -> None:
    assert is_ladder([float(step) for step in steps], "higher")
    assert is_ladder([float(step) for step in reversed(steps)], "lower")
    assert not is_ladder([float(steps[0]), *map(float, steps)], "higher")
    assert not is_ladder([-1.0, *map(float, steps)], "higher")
    assert not is_ladder([*map(float, steps), math.inf], "higher")


pairs = st.lists(
    st.tuples(st.integers(0, 500).map(lambda n: n / 100), st.floats(0.01, 100)), min_size=1, max_size=20
)


@given(given=pairs)
def test_a_mean_lies_within_its_members_and_does_not_mind_their_order(
    given: list[tuple[float, float]],
) -> None:
    levels = [level for level, _ in given]
    mean = weighted_mean(given)
    assert mean is not None
    assert min(levels) <= mean <= max(levels)
    assert mean == weighted_mean(list(reversed(given)))
    score = score_of(given)
    assert score is not None
    assert round(20 * min(levels), 1) <= score <= round(20 * max(levels), 1)


def test_nothing_has_no_mean_and_no_score_but_a_share_of_zero() -> None:
    assert weighted_mean([]) is None
    assert score_of([]) is None
    assert share_of(0, 0) == 0.0
    assert share_of(1, 3) == 0.333


def test_five_everywhere_is_one_hundred() -> None:
    assert score_of([(5.0, 1.0)] * 7) == 100.0

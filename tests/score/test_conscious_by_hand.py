"""The indicators of the block conscious over a handful of records, against numbers worked out by hand, on both databases."""

from sevenc_sync.score import Rules
from tests.score.by_hand import Case, expected_of, indicators_of, score_of_cases
from tests.score.conftest import World, day

CASES = [
    Case(
        "conscious.it-strategy-planning.strategy-currency",
        (730.0, 1, 2.0),
        custom={"IT Strategy Date": day(730)},
    ),
    # Plans count from 1 January of their year: 165 days for this year's, 530 for last year's; next year's counts at once.
    Case("conscious.annual-it-plan.plan-currency", (165.0, 1, 3.0), custom={"IT Plan Year": 2026}),
    Case("conscious.annual-it-plan.plan-currency", (530.0, 1, 2.54), custom={"IT Plan Year": "2025"}),
    Case("conscious.annual-it-plan.plan-currency", (0.0, 1, 3.0), custom={"IT Plan Year": 2027.0}),
    Case("conscious.annual-it-plan.plan-currency", (None, 0, 0.0), custom={"IT Plan Year": "twenty"}),
    Case(
        "conscious.strategy-execution-management.execution-rhythm",
        (113.0, 1, 3.0),
        custom={"Last Business Review": day(113)},
    ),
]


def test_each_indicator_of_conscious_gives_the_value_sample_and_level_worked_out_by_hand(
    world: World, rules: Rules
) -> None:
    assert score_of_cases(world, rules, CASES) == expected_of(CASES)


def test_no_indicator_of_conscious_is_left_without_a_case(rules: Rules) -> None:
    assert {case.indicator for case in CASES} == indicators_of(rules, "conscious")

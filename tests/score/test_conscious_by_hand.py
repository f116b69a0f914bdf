"""The indicators of the block conscious over a handful of records, against numbers worked out by hand, on both databases."""

from sevenc_sync.score import Rules
from tests.score.by_hand import Case, activities, expected_of, indicators_of, phases, projects, score_of_cases
from tests.score.conftest import World, ago, day

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
        (1.2444, 3, 3.0),
        activities("IT Plan Review", 112.5, 300),
        custom={"Last Business Review": day(400)},
    ),
    # r = 365 / 365, and two of the last four years held: no more than 3.
    Case(
        "conscious.it-strategy-planning.session-rhythm",
        (1.0, 2, 3.0),
        activities("Strategy Session", 365, 800),
    ),
    Case("conscious.it-strategy-planning.goals-linked", (50.0, 1, 2.0), custom={"Goals Linked Percent": 50}),
    # 2 of 4 due were done by their day, the day itself included; whether one was, nobody knows, and two are not due in the window.
    Case(
        "conscious.strategy-execution-management.milestones-met",
        (50.0, 4, 2.0),
        phases(
            {"due_on": ago(20), "ended_on": ago(19.5), "is_done": True},
            {"due_on": ago(20), "ended_on": ago(30), "is_done": True},
            {"due_on": ago(20), "ended_on": ago(19), "is_done": True},
            {"due_on": ago(20), "is_done": False},
            {"due_on": ago(20), "is_done": True},
            {"due_on": ago(-1)},
            {"due_on": ago(91)},
        ),
    ),
    # 1 of 2 is a plan with owner, end and hours; the cancelled one does not count.
    Case(
        "conscious.annual-it-plan.plan-complete",
        (50.0, 2, 2.0),
        projects(
            {"manager": "ann", "budget_hours": 5.0},
            {"manager": "ann"},
            {"status": "Cancelled"},
            {"planned_start_on": ago(366)},
        ),
    ),
    Case(
        "conscious.annual-it-plan.planned-share",
        (77.5, 1, 3.5),
        custom={"Planned Project Hours Percent": 77.5},
    ),
    # (8 + 0) of (10 + 10) hours. The closed, the standing, the coming one and one without booked hours do not count.
    Case(
        "conscious.strategy-execution-management.capacity-booked",
        (40.0, 2, 1.71),
        projects(
            {"budget_hours": 10.0, "scheduled_hours": 8.0},
            {"budget_hours": 10.0, "scheduled_hours": 0.0},
            {"budget_hours": 10.0, "scheduled_hours": 10.0, "is_closed": True},
            {"budget_hours": 10.0, "scheduled_hours": 10.0, "type": "Retainer"},
            {"budget_hours": 10.0, "scheduled_hours": 10.0, "planned_start_on": ago(-1)},
            {"budget_hours": 10.0},
        ),
    ),
]


def test_each_indicator_of_conscious_gives_the_value_sample_and_level_worked_out_by_hand(
    world: World, rules: Rules
) -> None:
    assert score_of_cases(world, rules, CASES) == expected_of(CASES)


def test_no_indicator_of_conscious_is_left_without_a_case(rules: Rules) -> None:
    assert {case.indicator for case in CASES} == indicators_of(rules, "conscious")

"""The indicators of the block confident over a handful of records, against numbers worked out by hand, on both databases."""

from sevenc_sync.score import Rules
from tests.score.by_hand import (
    Case,
    activities,
    both,
    expected_of,
    indicators_of,
    machines_known_to_the_psa,
    projects,
    score_of_cases,
    tickets,
)
from tests.score.conftest import World, ago, day

CASES = [
    Case("confident.it-audits.audit-age", (1460.0, 1, 1.0), custom={"Last IT Audit": day(1460)}),
    # 2 of 4 audit tickets that fell due this year were done by then.
    Case(
        "confident.it-audits.findings-closed",
        (50.0, 4, 2.0),
        tickets(
            {"type": "Security Audit", "resolved_at": ago(6), "resolve_due_at": ago(5)},
            {"type": "Security Audit", "closed_at": ago(6), "resolve_due_at": ago(5)},
            {"type": "Security Audit", "resolved_at": ago(4), "resolve_due_at": ago(5)},
            {"type": "Security Audit", "resolve_due_at": ago(5)},
            {"type": "Security Audit", "resolve_due_at": ago(-5)},
            {"type": "Incident", "resolve_due_at": ago(5)},
        ),
    ),
    # 1 of 3: 18.3333 / 35 beyond step 1.
    Case("confident.it-audits.records-agree", (33.3333, 3, 1.52), machines_known_to_the_psa),
    # 2 of 4 action items due in the window were done by then; the one due tomorrow does not count.
    Case(
        "confident.it-performance-management.actions-closed",
        (50.0, 4, 2.0),
        tickets(
            {"type": "Action Item", "resolved_at": ago(6), "resolve_due_at": ago(5)},
            {"type": "Action Item", "closed_at": ago(5), "resolve_due_at": ago(5)},
            {"type": "Action Item", "closed_at": ago(1), "resolve_due_at": ago(5)},
            {"type": "Action Item", "resolve_due_at": ago(5)},
            {"type": "Action Item", "resolve_due_at": ago(-1)},
            {"type": "Action Item", "resolve_due_at": ago(91)},
        ),
    ),
    Case(
        "confident.it-performance-management.targets-set",
        (67.5, 1, 2.5),
        custom={"Targets Set Percent": 67.5},
    ),
    Case(
        "confident.it-performance-management.targets-met",
        (60.0, 1, 2.5),
        custom={"Targets Met Percent": "60 %"},
    ),
    # 2 of 3 were over in time, the day itself included: 66.67 %, a third of the way from 60 to 80. Not counted: the standing
    # programme, the cancelled one, the open one, the one without a planned day, and the one of two years ago.
    Case(
        "confident.strategy-execution-best-practices.on-time",
        (66.6667, 3, 3.33),
        projects(
            {"is_closed": True, "planned_end_on": ago(9), "ended_on": ago(8.5)},
            {"is_closed": True, "planned_end_on": ago(9), "ended_on": ago(20)},
            {"is_closed": True, "planned_end_on": ago(9), "ended_on": ago(8)},
            {"is_closed": True, "planned_end_on": ago(9), "ended_on": ago(1), "type": "Programme"},
            {"is_closed": True, "planned_end_on": ago(9), "ended_on": ago(1), "status": "Cancelled"},
            {"planned_end_on": ago(9)},
            {"is_closed": True, "planned_end_on": None, "ended_on": ago(8)},
            {"is_closed": True, "planned_end_on": ago(700), "ended_on": ago(690)},
        ),
    ),
    # 3 of 4 took at most 110 % of their hours: 75 %, 18 / 23 beyond step 3. A project without a budget does not count.
    Case(
        "confident.strategy-execution-best-practices.on-budget",
        (75.0, 4, 3.78),
        projects(
            *[
                {"is_closed": True, "ended_on": ago(9), "budget_hours": 100.0, "actual_hours": hours}
                for hours in (50.0, 100.0, 109.0, 111.0)
            ],
            {"is_closed": True, "ended_on": ago(9), "actual_hours": 50.0},
        ),
    ),
    # 1 of 5 has all; the others lack manager, hours, phases, or a sign of life. What is closed or begins later does not count.
    Case(
        "confident.strategy-execution-best-practices.project-hygiene",
        (20.0, 5, 1.14),
        projects(
            {"manager": "ann", "budget_hours": 9.0, "phases": True, "updated_at": ago(13)},
            {"budget_hours": 9.0, "phases": True, "updated_at": ago(13)},
            {"manager": "ann", "phases": True, "updated_at": ago(13)},
            {"manager": "ann", "budget_hours": 9.0, "updated_at": ago(13)},
            {"manager": "ann", "budget_hours": 9.0, "phases": True, "updated_at": ago(15)},
            {"is_closed": True},
            {"planned_start_on": ago(-5)},
        ),
    ),
    Case("confident.it-audits.scan-age", (60.0, 1, 3.5), custom={"Last Vulnerability Scan": day(60)}),
    # Backup and vendor by the calendar, licences by a field: 3 of 6. An old audit, a planned one and an old field do not count.
    Case(
        "confident.it-audits.audit-coverage",
        (50.0, 5, 2.0),
        both(
            activities("Audit", 40, name="Backup audit"),
            activities("Audit", 300, name="Vendors"),
            activities("Audit", 366, name="Security"),
            activities("Audit", -5, name="Assets"),
        ),
        custom={"Licence Audit Date": day(364), "Access Audit Date": day(366)},
    ),
]


def test_each_indicator_of_confident_gives_the_value_sample_and_level_worked_out_by_hand(
    world: World, rules: Rules
) -> None:
    assert score_of_cases(world, rules, CASES) == expected_of(CASES)


def test_no_indicator_of_confident_is_left_without_a_case(rules: Rules) -> None:
    assert {case.indicator for case in CASES} == indicators_of(rules, "confident")

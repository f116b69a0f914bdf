"""The indicators of the block charge over a handful of records, against numbers worked out by hand, on both databases."""

from sevenc_sync.score import Rules
from tests.score.by_hand import (
    ALERT,
    CARE,
    ODD,
    REACTIVE,
    Case,
    activities,
    billed,
    closed,
    contracts,
    expected_of,
    indicators_of,
    lines,
    score_of_cases,
    tickets,
    with_computers,
)
from tests.score.conftest import World, ago, day

CASES = [
    # The best form in force counts; the managed contract ended yesterday's yesterday.
    Case(
        "charge.managed-services.agreement-form",
        (2.0, 2, 2.0),
        contracts(
            {"type": "Hourly"}, {"type": "Block Hours"}, {"type": "Managed Services", "ends_on": ago(2)}
        ),
    ),
    Case(
        "charge.managed-services.agreement-form",
        (4.0, 1, 4.0),
        contracts({"type": "Managed Services", "sla": "Gold", "starts_on": ago(500)}),
    ),
    Case(
        "charge.managed-services.agreement-form",
        (3.0, 1, 3.0),
        contracts({"type": "Managed Services", "ends_on": ago(0.5)}),
    ),
    # Begun or renewed within a year (366 days: a leap year counts); the day before that is too long ago.
    Case(
        "charge.managed-services.agreement-form",
        (5.0, 1, 5.0),
        contracts({"type": "Managed Services", "sla": "Gold", "starts_on": ago(366)}),
    ),
    Case(
        "charge.managed-services.agreement-form",
        (4.0, 1, 4.0),
        contracts({"type": "Managed Services", "sla": "Gold", "starts_on": ago(367)}),
    ),
    Case("charge.managed-services.agreement-form", (0.0, 0, 0.0)),
    # 5 of 10 services; what has ended, and what has no quantity, is not sold.
    Case(
        "charge.managed-services.scope-sold",
        (50.0, 5, 2.0),
        lines("MS-SERVER", "BDR-SERVER", "MS-EDR", "Security Awareness", "MS-MAINT"),
    ),
    Case("charge.managed-services.scope-sold", (0.0, 0, 0.0)),
    # 1 of 4 open tickets has an owner and lives.
    Case(
        "charge.managed-services.tickets-owned",
        (25.0, 4, 1.28),
        tickets(
            {"owner": "ann", "updated_at": ago(1)},
            {"owner": "ann", "updated_at": ago(8)},
            {"updated_at": ago(1), "is_closed": False},
            {},
            closed(),
            {**ODD, "owner": "ann"},
        ),
    ),
    # 3 reactive hours on 2 computers: 3 / 2 / 2.9569 months = 0.5073.
    Case(
        "charge.proactive-services.reactive-hours-per-endpoint",
        (0.5073, 5, 2.98),
        with_computers(
            2,
            tickets(
                {"hours": 1.0},
                {"hours": 1.0},
                {"hours": 1.0},
                {},
                {"hours": 9.0, **ALERT},
                {"hours": 9.0, **CARE},
                {"type": "x"},
            ),
        ),
    ),
    # 3 reactive tickets on 2 computers: the same number.
    Case(
        "charge.proactive-services.tickets-per-endpoint",
        (0.5073, 5, 2.98),
        with_computers(2, tickets(*[REACTIVE] * 3, ALERT, CARE, ODD)),
    ),
    # 3 proactive of 8 hours: 37.5 % is halfway from 30 to 45.
    Case(
        "charge.proactive-services.proactive-share",
        (37.5, 5, 3.5),
        tickets(
            {"hours": 2.0, **CARE},
            {"hours": 1.0, "board": "Other", "category": "Proactive"},
            *[{"hours": 2.0}] * 2,
            {"hours": 1.0},
            {"hours": 9.0, **ALERT},
            CARE,
        ),
    ),
    # Of 5 incidents monitoring brought 2: 40 % is step 3. Plain requests are no incidents.
    Case(
        "charge.proactive-services.found-first",
        (40.0, 5, 3.0),
        tickets(ALERT, ALERT, *[{"type": "Incident"}] * 3, REACTIVE, CARE),
    ),
    Case(
        "charge.responsibility-matrix.workshop",
        (2.0, 1, 2.0),
        custom={"Responsibility Matrix Review": day(730)},
    ),
    Case(
        "charge.responsibility-matrix.workshop",
        (0.274, 1, 3.0),
        activities("Responsibility Workshop", 100),
    ),
    Case(
        "charge.responsibility-matrix.items-assigned", (90.0, 1, 3.5), custom={"Matrix Assigned Percent": 90}
    ),
    Case(
        "charge.responsibility-matrix.ceo-default", (10.0, 1, 3.5), custom={"Matrix Unassigned Percent": "10"}
    ),
    # 8 servers and workstations are billed, 10 computers are there: 100 - 2 / 10. Lines that bill no computers, and the
    # contract that is over, do not count.
    Case(
        "charge.managed-services.billed-match",
        (80.0, 2, 2.33),
        with_computers(
            10, billed({"MS-SERVER": 3.0, "MS-WORKSTATION": 5.0, "MS-VCIO": 1.0, "MS-NETMON": 7.0})
        ),
    ),
    # Three times too many is no better than none: never below 0.
    Case(
        "charge.managed-services.billed-match",
        (0.0, 1, 0.0),
        with_computers(2, billed({"MS-WORKSTATION": 6.0})),
    ),
    Case("charge.managed-services.billed-match", (None, 1, None), billed({"MS-WORKSTATION": 6.0})),
]


def test_each_indicator_of_charge_gives_the_value_sample_and_level_worked_out_by_hand(
    world: World, rules: Rules
) -> None:
    assert score_of_cases(world, rules, CASES) == expected_of(CASES)


def test_no_indicator_of_charge_is_left_without_a_case(rules: Rules) -> None:
    assert {case.indicator for case in CASES} == indicators_of(rules, "charge")

"""The indicators of the block clear over a handful of records, against numbers worked out by hand, on both databases."""

from sevenc_sync.score import Rules
from tests.score.by_hand import (
    ALERT,
    CARE,
    Case,
    activities,
    both,
    contracts,
    expected_of,
    indicators_of,
    score_of_cases,
    tickets,
)
from tests.score.conftest import World, ago, day

CASES = [
    Case(
        "clear.ecosystem-organization.register-currency",
        (1095.0, 1, 1.5),
        custom={"Vendor Register Review": day(1095)},
    ),
    Case(
        "clear.responsibility-definition.matrix-currency",
        (730.0, 1, 2.0),
        custom={"Responsibility Matrix Review": day(730)},
    ),
    # 1 of 2 service contracts; cloud licences need no service level.
    Case(
        "clear.service-level-agreement.services-with-sla",
        (50.0, 2, 2.0),
        contracts(
            {"type": "Managed Services", "sla": "Gold"},
            {"type": "Block Hours"},
            {"type": "Cloud"},
            {"type": "Hourly", "cancelled_on": ago(3)},
        ),
    ),
    # 3 of 5 tickets from people have a target: 60 % is 10 / 35 beyond step 2.
    Case(
        "clear.service-level-agreement.tickets-under-sla",
        (60.0, 5, 2.28),
        tickets({"sla": "Gold"}, {"respond_due_at": ago(1)}, {"resolve_due_at": ago(1)}, {}, {}, ALERT, CARE),
    ),
    # 3 of 5: in time three times, late once, and once not at all; one that is not due yet does not count.
    Case(
        "clear.service-level-agreement.response-met",
        (60.0, 5, 1.0),
        tickets(
            *[{"responded_at": ago(9), "respond_due_at": ago(9)}] * 2,
            {"responded_at": ago(9), "respond_due_at": ago(-1)},
            {"responded_at": ago(8), "respond_due_at": ago(9)},
            {"respond_due_at": ago(9)},
            {"respond_due_at": ago(-1)},
            {},
        ),
    ),
    Case("clear.service-level-agreement.sla-audit", (1.2493, 1, 3.0), custom={"SLA Audit Date": day(456)}),
    # Reports in the newest and the third quarter: 50 %. The one that was only planned, and the old one, do not count.
    Case(
        "clear.it-reporting.reports-delivered",
        (50.0, 5, 2.0),
        both(
            activities("Monthly Report", 5, 80, 200, 370, -3),
            activities("Report", 100, is_done=False),
            activities("Phone Call", 100),
        ),
    ),
    Case("clear.it-reporting.reports-delivered", (0.0, 0, 0.0)),
    Case("clear.it-reporting.reports-on-time", (90.0, 1, 4.5), custom={"Reports On Time Percent": 90}),
    # An audit counts when its kind or its name says that it was one of the service levels.
    Case(
        "clear.service-level-agreement.sla-audit",
        (0.5479, 1, 3.0),
        both(
            activities("Audit", 200, name="SLA Audit - Acme"),
            activities("Audit", 10, name="Backup audit"),
        ),
    ),
    Case(
        "clear.ecosystem-organization.register-complete",
        (97.0, 1, 4.5),
        custom={"Vendor Register Percent": 97},
    ),
    Case(
        "clear.responsibility-definition.items-agreed", (7.5, 1, 0.5), custom={"Matrix Agreed Percent": 7.5}
    ),
    Case(
        "clear.ecosystem-organization.vendor-evaluated",
        (97.0, 1, 4.5),
        custom={"Vendors Evaluated Percent": 97},
    ),
    Case("clear.it-reporting.reports-discussed", (50.0, 1, 2.0), custom={"Reports Discussed Percent": 50}),
    Case(
        "clear.responsibility-definition.reassign-rate",
        (12.5, 1, 2.5),
        custom={"Reassigned Tickets Percent": 12.5},
    ),
]


def test_each_indicator_of_clear_gives_the_value_sample_and_level_worked_out_by_hand(
    world: World, rules: Rules
) -> None:
    assert score_of_cases(world, rules, CASES) == expected_of(CASES)


def test_no_indicator_of_clear_is_left_without_a_case(rules: Rules) -> None:
    assert {case.indicator for case in CASES} == indicators_of(rules, "clear")

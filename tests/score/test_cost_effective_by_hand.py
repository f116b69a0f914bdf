"""The indicators of the block cost-effective over a handful of records, against numbers worked out by hand, on both databases."""

from sevenc_sync.score import Rules
from tests.score.by_hand import (
    ALERT,
    CARE,
    REACTIVE,
    Case,
    agents,
    assets,
    closed,
    expected_of,
    indicators_of,
    plan,
    projects,
    score_of_cases,
    tickets,
)
from tests.score.conftest import World, ago, day

CASES = [
    # 4 x 12 hours and 1 x 42: the middle one took 12. One closed before it was opened is a slip of the pen.
    Case(
        "cost-effective.it-management-tools.resolve-hours",
        (12.0, 5, 4.0),
        tickets(
            *[closed(resolved_at=ago(9.5))] * 3,
            {"is_closed": True, "closed_at": ago(9.5)},
            closed(resolved_at=ago(10 - 1.75)),
            closed(resolved_at=ago(11)),
            closed(**CARE, resolved_at=ago(1)),
        ),
    ),
    # 1 of 2: printers and what is inactive do not count.
    Case(
        "cost-effective.vendor-management.end-dates-known",
        (50.0, 2, 2.0),
        assets(
            {"type": "Server", "warranty_ends_on": ago(900)},
            {"type": "Access Point"},
            {"type": "Printer"},
            {"type": "Laptop", "is_active": False},
        ),
    ),
    Case(
        "cost-effective.it-budget-management.budget-currency",
        (100.0, 1, 3.0),
        custom={"IT Budget Approved": f"{day(100)}T00:00:00Z"},
    ),
    Case("cost-effective.framework-and-vcio-role.vcio-level", (3.0, 1, 3.0), custom={"VML": 3}),
    # 3 of 4: 75 % is 25 / 35 beyond step 2. Servers have a rule of their own.
    Case(
        "cost-effective.procurement-management.in-lifecycle",
        (75.0, 4, 2.71),
        assets(
            {"type": "Workstation", "purchased_on": ago(1826)},
            {"type": "Laptop", "purchased_on": ago(1)},
            {"type": "Laptop", "installed_on": ago(1)},
            {"type": "Desktop PC", "purchased_on": ago(1827), "installed_on": ago(1)},
            {"type": "Laptop"},
            {"type": "Server", "purchased_on": ago(4000)},
        ),
    ),
    # 1 of 2: the last day of warranty is still under warranty.
    Case(
        "cost-effective.procurement-management.in-warranty",
        (50.0, 2, 2.75),
        assets(
            {"type": "Server", "warranty_ends_on": ago(0.5)},
            {"type": "Laptop", "warranty_ends_on": ago(2)},
            {"type": "Laptop"},
        ),
    ),
    # 9 tickets from people in 30 days, 10 in the same days a year before: 90 % is step 4. Alerts, and other days, do not count.
    Case(
        "cost-effective.operation-efficiency.load-trend",
        (90.0, 19, 4.0),
        tickets(
            *[{"opened_at": ago(29)}] * 9,
            *[{"opened_at": ago(394)}] * 10,
            *[{"opened_at": ago(396)}] * 5,
            *[{"opened_at": ago(31)}] * 5,
            *[ALERT] * 5,
        ),
    ),
    # Nothing now and 5 then is good news; 4 then are too few to compare with.
    Case(
        "cost-effective.operation-efficiency.load-trend",
        (0.0, 5, 5.0),
        tickets(*[{"opened_at": ago(370)}] * 5),
    ),
    Case(
        "cost-effective.operation-efficiency.load-trend",
        (None, 9, None),
        tickets(*[REACTIVE] * 9, *[{"opened_at": ago(370)}] * 4),
    ),
    # 2 of 3 finished projects made work leaner.
    Case(
        "cost-effective.operation-efficiency.improvements-done",
        (2.0, 3, 2.0),
        projects(
            {"is_closed": True, "ended_on": ago(300), "name": "File server to SharePoint 2025"},
            {"is_closed": True, "ended_on": ago(5), "type": "Process Automation"},
            {"is_closed": True, "ended_on": ago(5), "name": "Server refresh"},
            {"name": "Workflow for invoices"},
            {"is_closed": True, "ended_on": ago(400), "name": "Automation"},
        ),
    ),
    Case("cost-effective.operation-efficiency.improvements-done", (0.0, 0, 0.0)),
    Case(
        "cost-effective.operation-efficiency.process-reviews",
        (70.0, 1, 3.0),
        custom={"Processes Reviewed Percent": 70},
    ),
    Case(
        "cost-effective.vendor-management.vendors-reviewed",
        (50.0, 1, 2.0),
        custom={"Vendors Reviewed Percent": 50},
    ),
    Case(
        "cost-effective.it-budget-management.variance",
        (12.5, 1, 3.5),
        custom={"Budget Variance Percent": 12.5},
    ),
    # Agent, antivirus and watched network: 3 of 4; none of the machines is in the backup product.
    Case(
        "cost-effective.it-management-tools.tool-categories",
        (75.0, 2, 3.0),
        agents({"antivirus_present": True}, {"kind": "network"}),
    ),
    # 6 of 8 computers of the year: 3 A, 2 B, 1 C against one D and one E; C comes before D and E. The server is the
    # first of its type, so 7 of 9; an older one, one without a model and a firewall do not count.
    Case(
        "cost-effective.procurement-management.on-standard",
        (77.7778, 9, 3.51),
        assets(
            *[{"type": "Workstation", "model": m, "purchased_on": ago(30)} for m in "AAABBCDE"],
            {"type": "Server", "model": "S", "purchased_on": ago(30)},
            {"type": "Workstation", "model": "F", "purchased_on": ago(366)},
            {"type": "Workstation", "purchased_on": ago(30)},
            {"type": "Firewall", "model": "W", "purchased_on": ago(30)},
        ),
    ),
    Case(
        "cost-effective.vendor-management.renewed-in-time",
        (90.0, 1, 4.5),
        custom={"Renewals In Time Percent": 90},
    ),
    Case(
        "cost-effective.it-budget-management.unplanned-spend",
        (50.0, 1, 1.5),
        custom={"Unplanned Spend Percent": 50},
    ),
    Case(
        "cost-effective.procurement-management.licences-used",
        (97.0, 1, 5.0),
        custom={"Licences Used Percent": 97},
    ),
    # It only informs: a value, and no level.
    Case(
        "cost-effective.it-budget-management.spend-to-revenue",
        (4.2, 1, None),
        custom={"IT Spend Percent of Revenue": "4,2 %"},
    ),
    # An even number: halfway between 10 and 14 hours.
    Case(
        "cost-effective.it-management-tools.resolve-hours",
        (12.0, 6, 4.0),
        tickets(*[closed(resolved_at=ago(10, -hours)) for hours in (1, 2, 10, 14, 90, 900)]),
    ),
    # 3 of 5 within the hour; a ticket that nobody answered, one of the alerts and an open one do not count.
    Case(
        "cost-effective.it-management-tools.first-contact",
        (60.0, 5, 2.5),
        tickets(
            *[closed(responded_at=ago(9), resolved_at=ago(9, -1))] * 3,
            *[closed(responded_at=ago(9), resolved_at=ago(9, -1.5))] * 2,
            closed(resolved_at=ago(9)),
            closed(**ALERT, responded_at=ago(9), resolved_at=ago(9)),
            {"responded_at": ago(9), "resolved_at": ago(9)},
        ),
    ),
    # 7 of 94 others are known: training, the vCIO's level, and level 0 for restore tests, the budget, contracts (twice) and
    # improvements. What only informs is not among them.
    Case(
        "cost-effective.framework-and-vcio-role.evidence-coverage",
        (7.4468, 94, 0.49),
        custom={"Training Percent": 50, "VML": 2},
    ),
    # 2 of 3 that were accepted and fell due are done; an open one, an accepted risk, and one that is due tomorrow do not count.
    Case(
        "cost-effective.framework-and-vcio-role.plan-followed",
        (66.6667, 3, 2.83),
        plan(
            ("done", 5),
            ("done", 300),
            ("accepted", 1),
            ("accepted", -1),
            ("open", 5),
            ("risk", 5),
            ("done", 366),
        ),
    ),
]


def test_each_indicator_of_cost_effective_gives_the_value_sample_and_level_worked_out_by_hand(
    world: World, rules: Rules
) -> None:
    assert score_of_cases(world, rules, CASES) == expected_of(CASES)


def test_no_indicator_of_cost_effective_is_left_without_a_case(rules: Rules) -> None:
    assert {case.indicator for case in CASES} == indicators_of(rules, "cost-effective")

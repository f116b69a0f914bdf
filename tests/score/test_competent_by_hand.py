"""The indicators of the block competent over a handful of records, against numbers worked out by hand, on both databases."""

from sevenc_sync.model import Asset
from sevenc_sync.score import Rules
from tests.score.by_hand import (
    ALERT,
    CARE,
    ODD,
    REACTIVE,
    Case,
    activities,
    agents,
    assets,
    both,
    closed,
    due,
    entries,
    expected_of,
    indicators_of,
    score_of_cases,
    tickets,
    with_agents,
    with_computers,
)
from tests.score.conftest import RMM, World, ago, day

FAULT = {"board": "Help Desk", "type": "Incident", "subtype": "Crash"}

CASES = [
    # 4 of 5: two by the vendor's word, two by the clock, one late. Neither the open one nor the one closed long ago counts.
    Case(
        "competent.managed-services.sla-met",
        (80.0, 5, 2.33),
        tickets(
            closed(met_sla=True),
            closed(met_sla=True, resolved_at=ago(1), resolve_due_at=ago(2)),
            due(ago(6), ago(5)),
            due(None, ago(5)),
            due(ago(4), ago(5)),
            {"met_sla": False},
            closed(100, met_sla=False),
            closed(),
        ),
    ),
    # 3 hours on 6 tickets: one took none, for its account has time entries (of another client). 0.5 is step 3.
    Case(
        "competent.managed-services.hours-per-ticket",
        (0.5, 6, 3.0),
        tickets(
            *[closed(hours=0.5)] * 4,
            closed(hours=1.0),
            closed(hours=9.0, **ALERT),
            closed(hours=9.0, **CARE),
            closed(),
        ),
    ),
    # 3 of 5 alerts took nobody's time: 60 % is halfway from 50 to 70.
    Case(
        "competent.managed-services.auto-handled",
        (60.0, 5, 4.5),
        tickets(
            closed(hours=0.0, **ALERT),
            closed(**ALERT),
            closed(**ALERT),
            closed(hours=0.2, **ALERT),
            closed(hours=1.0, **ALERT),
            ALERT,
            closed(),
        ),
    ),
    # 6 tickets from people over 4 seats in 90 / 30.4375 months: 0.5073, a little short of step 4 at 0.5.
    Case(
        "competent.proactive-services.tickets-per-seat",
        (0.5073, 8, 3.98),
        tickets(*[REACTIVE] * 6, ALERT, CARE, ODD, {"opened_at": ago(91)}),
        seats=4,
    ),
    # 4 of 5 are no questions: 80 % is step 3.
    Case(
        "competent.proactive-services.how-to-share",
        (80.0, 5, 3.0),
        tickets(*[REACTIVE] * 4, {"type": "Question", "subtype": "How-To"}, ALERT, CARE),
    ),
    # 1 critical ticket, 40 computers, a little less than a quarter: 2.5 x 91.3125 / 90 = 2.5365; (4 - 2.5365) / 2 + 2.
    Case(
        "competent.uptime-extension.critical-incidents",
        (2.5365, 5, 2.73),
        with_computers(40, tickets({"priority_level": "critical"}, *[REACTIVE] * 4)),
    ),
    Case(
        "competent.uptime-extension.critical-incidents",
        (0.0, 5, 5.0),
        with_computers(3, tickets(*[REACTIVE] * 5)),
    ),
    # 1 of 2: the old one fails, the one of unknown age does not count, and a laptop is no core.
    Case(
        "competent.uptime-extension.core-in-life",
        (50.0, 2, 2.0),
        assets(
            {"type": "Server", "purchased_on": ago(1000), "warranty_ends_on": ago(0.5)},
            {"type": "Switch", "installed_on": ago(1900), "warranty_ends_on": ago(-100)},
            {"type": "Firewall", "warranty_ends_on": ago(-100)},
            {"type": "Laptop", "purchased_on": ago(1)},
        ),
    ),
    Case(
        "competent.professional-it-management.roles-filled",
        (1.0, 1, 1.0),
        custom={"vCIO Name": "Ann", "Executive Sponsor": " "},
    ),
    Case(
        "competent.professional-it-management.roles-filled",
        (5.0, 1, 5.0),
        custom={
            "vCIO Name": "Ann",
            "Executive Sponsor": "Bo",
            "IT Coordinator": "Cy",
            "Service Lead": "Di",
            "IT Consultant": "Ed",
        },
    ),
    Case("competent.professional-it-management.roles-filled", (0.0, 1, 0.0), custom={"vCIO Name": "n/a"}),
    Case(
        "competent.professional-it-management.review-rhythm",
        (3.0, 1, 1.5),
        custom={"Last Business Review": day(270)},
    ),
    # r = 60 / 90, and all of the last four quarters held: 5. Planned reviews, and those that were called off, do not count.
    Case(
        "competent.professional-it-management.review-rhythm",
        (0.6667, 4, 5.0),
        both(
            activities("Quarterly Business Review", 60, 150, 240, 330, -20),
            activities("QBR", 1, is_done=False),
        ),
    ),
    # Three of four held, the last 60 days ago: 4. Two of four: 3, although r is the same.
    Case(
        "competent.professional-it-management.review-rhythm",
        (0.6667, 3, 4.0),
        activities("Business Review", 60, 150, 330),
    ),
    Case(
        "competent.professional-it-management.review-rhythm",
        (0.6667, 2, 3.0),
        activities("Business Review", 60, 330),
    ),
    # r = 135 / 90 = 1.5, two thirds of the way from 2 to 1.25.
    Case(
        "competent.professional-it-management.review-rhythm",
        (1.5, 4, 2.66),
        activities("Business Review", 135, 200, 290, 500),
    ),
    # A day in the record counts beside the calendar.
    Case(
        "competent.professional-it-management.review-rhythm",
        (0.6667, 3, 4.0),
        activities("Business Review", 150, 240),
        custom={"Last Business Review": day(60)},
    ),
    Case("competent.professional-it-management.review-rhythm", (None, 0, 0.0), activities("Phone Call", 5)),
    # An hour by the work type, half an hour by the ticket's words, in the window: 1.5, a third of the way from 1.4 to 1.7.
    Case(
        "competent.professional-it-management.vcio-hours",
        (1.55, 2, 3.5),
        entries(
            {"work_type": "vCIO", "hours": 1.0},
            {"work_type": "Remote", "work_role": "vCIO", "hours": 0.55},
            {"work_type": "Remote", "hours": 9.0},
            {"work_type": "vCIO", "hours": 9.0, "started_at": ago(91)},
        ),
    ),
    Case("competent.professional-it-management.vcio-hours", (0.0, 0, 0.0)),
    # 2 of 4 reported within 7 days: one of the PSA's, and one that the PSA does not know; one is silent, one has no agent.
    # The retired one is not managed.
    Case(
        "competent.managed-services.agent-coverage",
        (50.0, 4, 2.0),
        both(
            with_agents(
                ({"type": "Workstation"}, {"last_seen_at": ago(7)}),
                ({"type": "Server"}, {"last_seen_at": ago(8)}),
                ({"type": "Laptop"}, None),
                ({"type": "Laptop", "status": "Retired"}, None),
            ),
            lambda world, n: world.put(
                RMM, Asset(id=f"{n}-own", company=f"r{n}", kind="laptop", last_seen_at=ago(1))
            ),
        ),
    ),
    # (40000 - 100 + 40000 - 60) of 80000 minutes: 99.8 %, three quarters of the way from 99.5 to 99.9. A computer, and a
    # server of which the minutes offline are not known, do not count.
    Case(
        "competent.uptime-extension.availability",
        (99.8, 2, 3.75),
        agents(
            {"kind": "server", "monitored_minutes": 40000.0, "offline_minutes": 100.0},
            {"kind": "network", "monitored_minutes": 40000.0, "offline_minutes": 60.0},
            {"kind": "server", "monitored_minutes": 40000.0},
            {"kind": "workstation", "monitored_minutes": 40000.0, "offline_minutes": 20000.0},
        ),
    ),
    Case("competent.proactive-services.coaching", (40.0, 1, 3.5), custom={"Coaching Percent": 40}),
    Case("competent.proactive-services.csat", (95.0, 1, 5.0), custom={"CSAT Percent": 95}),
    # 5 incidents about known devices, of which one repeats an earlier one of its kind. The one of 31 days before, the one
    # about another device and the one of another sub-type are not repeated; of the last nobody knows the device.
    Case(
        "competent.uptime-extension.repeat-rate",
        (80.0, 5, 3.0),
        tickets(
            {**FAULT, "asset": "A", "opened_at": ago(1)},
            {**FAULT, "asset": "A", "opened_at": ago(20)},
            {**FAULT, "asset": "A", "opened_at": ago(51)},
            {**FAULT, "asset": "A", "opened_at": ago(2), "subtype": "Disk"},
            {**FAULT, "asset": "B", "opened_at": ago(3)},
            {**FAULT, "opened_at": ago(3)},
            {**FAULT, "asset": "B", "opened_at": ago(3), "merged_into": "x"},
        ),
    ),
    # Tickets without hours of their own: two were handled without a time entry, three took somebody's time.
    Case(
        "competent.managed-services.auto-handled",
        (40.0, 5, 3.5),
        both(
            tickets(*[closed(**ALERT)] * 5),
            lambda world, n: entries(*[{"ticket": f"{n}-{i}", "hours": 0.5} for i in (0, 1, 2, 2)])(world, n),
        ),
    ),
]


def test_each_indicator_of_competent_gives_the_value_sample_and_level_worked_out_by_hand(
    world: World, rules: Rules
) -> None:
    assert score_of_cases(world, rules, CASES) == expected_of(CASES)


def test_no_indicator_of_competent_is_left_without_a_case(rules: Rules) -> None:
    assert {case.indicator for case in CASES} == indicators_of(rules, "competent")

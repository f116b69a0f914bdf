"""A record that an explanation lists is what the number rests on: without it, that indicator is another one, and no other."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select, update

from sevenc_sync.clock import to_seconds
from sevenc_sync.model import (
    Activity,
    Asset,
    Contract,
    ContractLine,
    Phase,
    Project,
    Protection,
    ProtectionRun,
    Record,
    Ticket,
    TimeEntry,
)
from sevenc_sync.score import ClientResult, EvidenceRow, Explained, Rules, explain
from sevenc_sync.store import tables
from tests.score import by_hand as hand
from tests.score import test_charge_by_hand as charge
from tests.score import test_clear_by_hand as clear
from tests.score import test_competent_by_hand as competent
from tests.score import test_confident_by_hand as confident
from tests.score import test_conscious_by_hand as conscious
from tests.score import test_continuous_by_hand as continuous
from tests.score import test_cost_effective_by_hand as cost_effective
from tests.score.conftest import BACKUP, NOW, PSA, World, ago

Made = list[tuple[int, Record]]


@dataclass(frozen=True)
class Case:
    """Evidence of client `n`, and which listed record of an indicator goes. `rises`: what its level does then."""

    indicator: str
    made: Callable[[int], Made]
    listed: str  # rows or to_fix
    goes: str  # the record's id, without the client's number
    table: str
    rises: bool
    others: frozenset[str] = frozenset()  # indicators that count the record too, but at the same level


def psa(kind: Callable[..., Record], *given: dict[str, Any]) -> Callable[[int], Made]:
    return lambda n: [
        (PSA, kind(**{**one, "id": f"{n}-{one['id']}", "company": f"c{n}"}))
        for one in given
    ]  # fmt: skip


def backup(kind: Callable[..., Record], *given: dict[str, Any]) -> Callable[[int], Made]:
    return lambda n: [
        (BACKUP, kind(**{**one, "id": f"{n}-{one['id']}", "company": f"b{n}"}))
        for one in given
    ]  # fmt: skip


def both(*makers: Callable[[int], Made]) -> Callable[[int], Made]:
    return lambda n: [made for maker in makers for made in maker(n)]


def dated(prefix: str, first: int, count: int) -> list[dict[str, Any]]:
    """Tickets of the help desk, closed, one a day from so many days ago on backwards."""
    base = {"board": "Help Desk", "is_closed": True}
    return [{"id": f"{prefix}{i}", "opened_at": ago(first + i), **base} for i in range(count)]


UNDATED = {"board": "Help Desk", "is_closed": True, "closed_at": ago(5)}
# Work on a project is part of no load. That all work should be under an agreed level holds for it too.
QUIET = {"board": "Projects", "is_closed": True, "opened_at": ago(9)}
SHARE = {"workload": "share"}

CASES = [
    # share; a ticket that nobody owns. Open tickets without a date are in no window.
    Case(
        "charge.managed-services.tickets-owned",
        psa(Ticket, {"id": "mine", "owner": "ann", "updated_at": ago(1)}, {"id": "nobodys"}),
        "to_fix",
        "nobodys",
        "ticket",
        rises=True,
    ),
    # share; the good one of two.
    Case(
        "charge.managed-services.tickets-owned",
        psa(Ticket, {"id": "mine", "owner": "ann", "updated_at": ago(1)}, {"id": "nobodys"}),
        "rows",
        "mine",
        "ticket",
        rises=False,
    ),
    # covers; the only device with an agent, of a kind that no other rule looks at.
    Case(
        "cost-effective.it-management-tools.tool-categories",
        psa(
            Asset,
            {"id": "seen", "type": "UPS", "last_seen_at": ago(1)},
            {"id": "silent", "type": "UPS", "antivirus_present": False},
        ),
        "rows",
        "seen",
        "asset",
        rises=False,
    ),
    # share; what is said of a file share is said of no machine.
    Case(
        "continuous.backup-management.offsite-copy",
        backup(Protection, {"id": "far", "offsite_at": ago(1), **SHARE}, {"id": "near", **SHARE}),
        "to_fix",
        "near",
        "protection",
        rises=True,
    ),
    # share; single runs.
    Case(
        "continuous.backup-management.job-success",
        backup(
            ProtectionRun,
            *[{"id": f"good{i}", "protection": "p", "at": ago(i), "result": "ok"} for i in range(5)],
            {"id": "bad", "protection": "p", "at": ago(2), "result": "failed"},
        ),
        "to_fix",
        "bad",
        "protection_run",
        rises=True,
    ),
    # share; a date that was missed.
    Case(
        "conscious.strategy-execution-management.milestones-met",
        psa(
            Phase,
            {"id": "met", "project": "j", "due_on": ago(9), "ended_on": ago(9), "is_done": True},
            {"id": "missed", "project": "j", "due_on": ago(9)},
        ),
        "to_fix",
        "missed",
        "phase",
        rises=True,
    ),
    # covers; one of two services.
    Case(
        "charge.managed-services.scope-sold",
        both(
            psa(Contract, {"id": "k", "type": "Odd", "starts_on": ago(99)}),
            lambda n: [
                (
                    PSA,
                    ContractLine(
                        id=f"{n}-{name}",
                        company=f"c{n}",
                        contract=f"{n}-k",
                        product=product,
                        starts_on=ago(99),
                    ),
                )
                for name, product in (("backup", "BDR-SERVER"), ("servers", "MS-SERVER"))
            ],
        ),
        "rows",
        "backup",
        "contract_line",
        rises=False,
    ),
    # steps; a form that no rule has a word for is the first step all the same.
    Case(
        "charge.managed-services.agreement-form",
        psa(Contract, {"id": "odd", "type": "Odd", "starts_on": ago(99)}),
        "rows",
        "odd",
        "contract",
        rises=False,
    ),
    # rhythm; the newest workshop of two.
    Case(
        "charge.responsibility-matrix.workshop",
        psa(
            Activity,
            {"id": "new", "kind": "Responsibility workshop", "is_done": True, "starts_at": ago(20)},
            {"id": "old", "kind": "Responsibility workshop", "is_done": True, "starts_at": ago(900)},
        ),
        "rows",
        "new",
        "activity",
        rises=False,
    ),
    # per; for more devices than one incident in the quarter.
    Case(
        "competent.uptime-extension.critical-incidents",
        both(
            psa(Asset, *[{"id": f"pc{i}", "type": "Workstation"} for i in range(40)]),
            psa(
                Ticket,
                {"id": "fire", "priority_level": "critical", **QUIET},
                *[{"id": f"calm{i}", "priority_level": "low", **QUIET} for i in range(6)],
            ),
        ),
        "to_fix",
        "fire",
        "ticket",
        rises=True,
        others=frozenset({"clear.service-level-agreement.tickets-under-sla"}),
    ),
    # sum_ratio; the slow one of two tickets without a date of opening.
    Case(
        "competent.managed-services.hours-per-ticket",
        psa(
            Ticket,
            *[{"id": f"quick{i}", "hours": 0.75, **UNDATED} for i in range(5)],
            {"id": "slow", "hours": 3.0, **UNDATED},
        ),
        "to_fix",
        "slow",
        "ticket",
        rises=True,
    ),
    # count with a sum; hours of somebody who plans, within a project.
    Case(
        "competent.professional-it-management.vcio-hours",
        psa(
            TimeEntry,
            *[
                {"id": f"h{i}", "work_type": "Project vCIO", "hours": 0.5, "started_at": ago(9)}
                for i in range(2)
            ],
        ),
        "rows",
        "h1",
        "time_entry",
        rises=False,
    ),
    # count; a finished project without plan and budget.
    Case(
        "cost-effective.operation-efficiency.improvements-done",
        psa(
            Project,
            *[
                {"id": f"j{i}", "name": "Automation of invoices", "is_closed": True, "ended_on": ago(30)}
                for i in range(2)
            ],
        ),
        "rows",
        "j1",
        "project",
        rises=False,
    ),
    # trend; the year before counts too.
    Case(
        "cost-effective.operation-efficiency.load-trend",
        psa(Ticket, *dated("now", 1, 6), *dated("then", 370, 6)),
        "rows",
        "then5",
        "ticket",
        rises=False,
    ),
]


def bury(world: World, row: EvidenceRow) -> None:
    """The record is gone at its source: its row is a tombstone from now on."""
    table = tables.evidence[row.table]
    source = select(tables.account.c.id).where(tables.account.c.name == row.account).scalar_subquery()
    with world.store.write() as connection:
        found = connection.execute(
            update(table)
            .where(table.c.account == source, table.c.id == row.id, table.c.gone_at.is_(None))
            .values(gone_at=to_seconds(NOW))
        )
    assert found.rowcount == 1, "the listed table, account and id are those of one record"


def listed(world: World, rules: Rules, case: Case) -> EvidenceRow:
    """The record, as the explanation of client 1 names it."""
    (found,) = explain(world.store, rules, NOW, world.feeds, 1, case.indicator)
    rows: tuple[EvidenceRow, ...] = getattr(found, case.listed)
    return next(row for row in rows if row.id == f"1-{case.goes}")


def changed(before: ClientResult, after: ClientResult) -> tuple[set[str], set[str], set[str]]:
    """Ids of the indicators, areas and blocks of which anything is another."""
    parts = ("indicators", "areas", "blocks")
    differing = [
        [old for old, new in zip(getattr(before, part), getattr(after, part), strict=True) if old != new]
        for part in parts
    ]
    return (
        {item.id for item in differing[0]},
        {part.slug for part in differing[1]},
        {part.slug for part in differing[2]},
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.indicator.rpartition('.')[2]}-{case.listed}")
def test_without_a_listed_record_exactly_that_indicator_is_another(
    world: World, rules: Rules, case: Case
) -> None:
    for number in (1, 2):
        world.client(number)
        for account, record in case.made(number):
            world.put(account, record)
    before = world.score(rules)
    row = listed(world, rules, case)
    assert row.table == case.table
    bury(world, row)
    after = world.score(rules)
    area = case.indicator.rpartition(".")[0]
    assert changed(before[1], after[1]) == (
        {case.indicator, *case.others},
        {area},
        {area.partition(".")[0]},
    )
    assert before[1].score != after[1].score
    level = {
        when: next(item.level for item in results[1].indicators if item.id == case.indicator)
        for when, results in (("before", before), ("after", after))
    }
    assert level["before"] is not None
    assert level["after"] is not None
    assert (level["after"] > level["before"]) is case.rises
    assert level["after"] != level["before"]
    assert before[2] == after[2], "another client's record is another record"
    (found,) = explain(world.store, rules, NOW, world.feeds, 1, case.indicator)
    assert row.id not in {other.id for other in (*found.rows, *found.to_fix)}


def test_hours_that_stand_on_a_ticket_are_listed_as_that_ticket(world: World, rules: Rules) -> None:
    world.client(1)
    one: dict[str, Any] = {"company": "c1", "opened_at": ago(5), "hours": 1.0}
    world.put(PSA, Ticket(id="t", board="Help Desk", **one), Ticket(id="u", board="Maintenance", **one))
    (found,) = explain(world.store, rules, NOW, world.feeds, 1, "charge.proactive-services.proactive-share")
    assert [(row.table, row.id) for row in found.rows] == [("ticket", "u")]
    assert [(row.table, row.id) for row in found.to_fix] == [("ticket", "t")]


def test_a_day_of_the_clients_own_record_is_listed_as_that_record(world: World, rules: Rules) -> None:
    world.client(1, custom={"Responsibility Matrix Review": ago(30).date().isoformat()})
    world.put(PSA, Activity(id="a", company="c1", kind="Responsibility workshop", starts_at=ago(400)))
    (found,) = explain(world.store, rules, NOW, world.feeds, 1, "charge.responsibility-matrix.workshop")
    assert {(row.table, row.id) for row in found.rows} == {("company", "c1"), ("activity", "a")}


def rests_on(found: Explained) -> int:
    """How many rows the lists say that the value rests on. A list of records to fix may repeat those that count."""
    both_ways = found.result.measure in ("share", "drill") or (
        found.result.measure == "sum_ratio" and found.better == "higher"
    )
    return found.rows_total + (found.to_fix_total if both_ways else 0)


@pytest.mark.parametrize(
    "cases",
    [charge, clear, competent, confident, conscious, continuous, cost_effective],
    ids=lambda module: module.__name__.removeprefix("tests.score.test_").removesuffix("_by_hand"),
)
def test_the_lists_hold_as_many_records_as_the_number_rests_on(
    world: World, rules: Rules, cases: ModuleType
) -> None:
    """For every case that is worked out by hand, of every indicator."""
    given: list[hand.Case] = cases.CASES
    hand.score_of_cases(world, rules, given)
    compared = 0
    for number, case in enumerate(given, start=1):
        (found,) = explain(world.store, rules, NOW, world.feeds, number, case.indicator)
        result = found.result
        if result.value is None or result.measure == "proof":  # proof rests on the other indicators
            continue
        compared += 1
        if result.measure in ("steps", "covers"):
            assert found.rows_total <= result.sample
        elif result.measure in ("count", "per"):
            assert found.rows_total == result.good
        else:
            assert rests_on(found) == result.sample, case.indicator
    assert compared > len(given) / 2

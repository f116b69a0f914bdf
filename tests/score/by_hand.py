"""What a client has in one case, and what its score must say: the bricks of the tests that compare with numbers worked out by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert

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
    Ticket,
    TimeEntry,
)
from sevenc_sync.score import Rules
from sevenc_sync.store.tables import plan_item
from tests.score.conftest import BACKUP, PSA, RMM, World, ago

Expected = tuple[float | None, int, float | None]
Make = Callable[[World, int], None]


@dataclass(frozen=True)
class Case:
    """What one client has, and what must come out."""

    indicator: str
    expected: Expected
    make: Make = lambda _world, _n: None
    custom: Mapping[str, Any] = field(default_factory=dict)
    seats: int | None = 10


def tickets(*given: Mapping[str, Any]) -> Make:
    """Tickets of the client; opened ten days ago on the help desk where nothing else is said."""

    def make(world: World, n: int) -> None:
        base: dict[str, Any] = {"company": f"c{n}", "board": "Help Desk", "opened_at": ago(10)}
        world.put(PSA, *[Ticket(id=f"{n}-{i}", **{**base, **one}) for i, one in enumerate(given)])

    return make


def computers(world: World, n: int, count: int) -> None:
    """Managed workstations."""
    world.put(PSA, *[Asset(id=f"{n}-pc{i}", company=f"c{n}", type="Workstation") for i in range(count)])


def with_computers(count: int, make: Make) -> Make:
    """The same, and so many computers."""

    def both(world: World, n: int) -> None:
        computers(world, n, count)
        make(world, n)

    return both


def assets(*given: Mapping[str, Any]) -> Make:
    """Devices in the PSA."""

    def make(world: World, n: int) -> None:
        world.put(PSA, *[Asset(id=f"{n}-a{i}", company=f"c{n}", **one) for i, one in enumerate(given)])

    return make


def agents(*given: Mapping[str, Any], kind: str = "workstation") -> Make:
    """Devices that only the management agents know; each reported an hour ago where nothing else is said."""

    def make(world: World, n: int) -> None:
        world.rmm(n)
        base: dict[str, Any] = {"company": f"r{n}", "kind": kind, "last_seen_at": ago(hours=1)}
        world.put(RMM, *[Asset(id=f"{n}-g{i}", **{**base, **one}) for i, one in enumerate(given)])

    return make


def with_agents(*pairs: tuple[Mapping[str, Any], Mapping[str, Any] | None]) -> Make:
    """Devices in the PSA, each with what its agent says; None: no agent."""

    def make(world: World, n: int) -> None:
        assets(*[psa for psa, _ in pairs])(world, n)
        world.rmm(n)
        for i, (_, agent) in enumerate(pairs):
            if agent is not None:
                world.put(RMM, Asset(id=f"{n}-g{i}", company=f"r{n}", **agent))
                world.device(n, ("asset", PSA, f"{n}-a{i}"), ("asset", RMM, f"{n}-g{i}"))

    return make


def protections(*given: Mapping[str, Any]) -> Make:
    """Machines in the backup product."""

    def make(world: World, n: int) -> None:
        world.put(
            BACKUP,
            *[
                Protection(id=f"{n}-p{i}", company=f"b{n}", **{"workload": "machine", **one})
                for i, one in enumerate(given)
            ],
        )

    return make


def runs(*given: tuple[float, str]) -> Make:
    """Backup runs: (days ago, result)."""

    def make(world: World, n: int) -> None:
        world.put(
            BACKUP,
            *[
                ProtectionRun(id=f"{n}-r{i}", company=f"b{n}", protection="p", at=ago(days), result=result)
                for i, (days, result) in enumerate(given)
            ],
        )

    return make


def contracts(*given: Mapping[str, Any]) -> Make:
    """Contracts that began a year ago."""

    def make(world: World, n: int) -> None:
        world.put(
            PSA,
            *[
                Contract(id=f"{n}-k{i}", company=f"c{n}", **{"is_active": True, "starts_on": ago(365), **one})
                for i, one in enumerate(given)
            ],
        )

    return make


def lines(*products: str) -> Make:
    """One contract in force with these products, and one that is over with everything."""

    def make(world: World, n: int) -> None:
        contracts({}, {"is_active": False})(world, n)
        sold = [
            ContractLine(id=f"{n}-l{i}", company=f"c{n}", contract=f"{n}-k0", product=p)
            for i, p in enumerate(products)
        ]
        old = [
            ContractLine(id=f"{n}-o{p}", company=f"c{n}", contract=f"{n}-k1", product=p)
            for p in ("Audit", "vCIO", "Report")
        ]
        none = [ContractLine(id=f"{n}-z", company=f"c{n}", contract=f"{n}-k0", product="Audit", quantity=0.0)]
        world.put(PSA, *sold, *old, *none)

    return make


def billed(quantities: Mapping[str, float]) -> Make:
    """One contract in force with so many of these products, and one that is over with ten workstations."""

    def make(world: World, n: int) -> None:
        contracts({}, {"is_active": False})(world, n)
        of = [(f"{n}-k0", product, quantity) for product, quantity in quantities.items()]
        of.append((f"{n}-k1", "MS-WORKSTATION", 10.0))
        world.put(
            PSA,
            *[
                ContractLine(
                    id=f"{n}-l{i}", company=f"c{n}", contract=contract, product=product, quantity=quantity
                )
                for i, (contract, product, quantity) in enumerate(of)
            ],
        )

    return make


def plan(*given: tuple[str, float]) -> Make:
    """Items of the client's plan: (state, due so many days ago)."""

    def make(world: World, n: int) -> None:
        rows = [
            {
                "id": f"{n}-{i}",
                "client": n,
                "indicator": f"a.b.c{i}",
                "state": state,
                "due_at": to_seconds(ago(days)),
                "first_at": 0,
                "changed_at": 0,
            }
            for i, (state, days) in enumerate(given)
        ]
        with world.store.write() as connection:
            connection.execute(insert(plan_item), rows)

    return make


def projects(*given: Mapping[str, Any]) -> Make:
    """Projects that were planned for the ten days up to yesterday; `phases` of them have a phase."""

    def make(world: World, n: int) -> None:
        for i, one in enumerate(given):
            rest = {key: value for key, value in one.items() if key != "phases"}
            base: dict[str, Any] = {"planned_start_on": ago(11), "planned_end_on": ago(1), "is_closed": False}
            world.put(PSA, Project(id=f"{n}-j{i}", company=f"c{n}", **{**base, **rest}))
            if one.get("phases"):
                world.put(PSA, Phase(id=f"{n}-j{i}-1", company=f"c{n}", project=f"{n}-j{i}"))

    return make


def activities(kind: str, *days: float, **more: Any) -> Make:
    """Meetings of that kind, so many days ago."""

    def make(world: World, n: int) -> None:
        base = {"company": f"c{n}", "kind": kind, "is_done": True}
        world.put(
            PSA,
            *[
                Activity(id=f"{n}-{kind}-{more.get('name')}-{i}", starts_at=ago(d), **{**base, **more})
                for i, d in enumerate(days)
            ],
        )

    return make


def entries(*given: Mapping[str, Any]) -> Make:
    """Hours written down ten days ago."""

    def make(world: World, n: int) -> None:
        base: dict[str, Any] = {"company": f"c{n}", "started_at": ago(10)}
        world.put(PSA, *[TimeEntry(id=f"{n}-e{i}", **{**base, **one}) for i, one in enumerate(given)])

    return make


def phases(*given: Mapping[str, Any]) -> Make:
    """Phases of a project that is not there."""

    def make(world: World, n: int) -> None:
        world.put(
            PSA, *[Phase(id=f"{n}-f{i}", company=f"c{n}", project="j", **one) for i, one in enumerate(given)]
        )

    return make


def both(*makes: Make) -> Make:
    """All of these."""

    def make(world: World, n: int) -> None:
        for one in makes:
            one(world, n)

    return make


def servers_with_backups(world: World, n: int) -> None:
    """Four servers: saved an hour ago; saved two days ago; saved, but under the appliance's name too; never saved."""
    assets(*[{"type": "Server", "name": f"S{i}"} for i in range(4)], {"type": "Server", "status": "Retired"})(
        world, n
    )
    protections(
        {"last_success_at": ago(hours=1)}, {"last_success_at": ago(2)}, {"last_success_at": ago(hours=23)}
    )(world, n)
    for i in range(3):
        world.device(n, ("asset", PSA, f"{n}-a{i}"), ("protection", BACKUP, f"{n}-p{i}"))


def machines_known_to_the_psa(world: World, n: int) -> None:
    """Three protected machines, of which the PSA knows one and another account's record does not count; one share."""
    protections({}, {}, {}, {"workload": "share"})(world, n)
    assets({"type": "Server"})(world, n)
    world.put(BACKUP, Asset(id=f"{n}-x", company=f"b{n}", type="Appliance"))
    world.device(n, ("asset", PSA, f"{n}-a0"), ("protection", BACKUP, f"{n}-p0"))
    world.device(n, ("asset", BACKUP, f"{n}-x"), ("protection", BACKUP, f"{n}-p1"))


REACTIVE: dict[str, Any] = {"board": "Help Desk"}
ALERT: dict[str, Any] = {"board": "Alerts", "source": "RMM Alert"}
CARE: dict[str, Any] = {"board": "Maintenance"}
ODD: dict[str, Any] = {"board": "Internal"}


def closed(days: float = 5, **more: Any) -> dict[str, Any]:
    return {"is_closed": True, "closed_at": ago(days), **more}


def due(met: datetime | None, limit: datetime) -> dict[str, Any]:
    return closed(resolved_at=met, resolve_due_at=limit)


def score_of_cases(world: World, rules: Rules, cases: Sequence[Case]) -> dict[str, Expected]:
    """Each case as a client of its own in one store: (value, sample, level) of its indicator, by number and indicator."""
    for number, case in enumerate(cases, start=1):
        world.client(number, custom=dict(case.custom) or None, seats=case.seats)
        case.make(world, number)
    results = world.score(rules)
    found: dict[str, Expected] = {}
    for number, case in enumerate(cases, start=1):
        item = next(item for item in results[number].indicators if item.id == case.indicator)
        found[f"{number} {case.indicator}"] = (item.value, item.sample, item.level)
    return found


def expected_of(cases: Sequence[Case]) -> dict[str, Expected]:
    """What the cases say, in the same form."""
    return {f"{number} {case.indicator}": case.expected for number, case in enumerate(cases, start=1)}


def indicators_of(rules: Rules, block: str) -> set[str]:
    """The indicators of a block."""
    return {indicator.id for indicator in rules.indicators if indicator.id.startswith(f"{block}.")}

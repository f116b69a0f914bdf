"""What backup products without appliances saw: their tenants, what those have covered, and sixty days of runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from sevenc_sync.sandbox.world.backups import HISTORY_DAYS
from sevenc_sync.sandbox.world.entities import (
    Machine,
    Organisation,
    Profile,
    RunResult,
    Tenant,
    Workload,
    WorkloadKind,
    WorkloadRun,
)
from sevenc_sync.sandbox.world.names import STRAY_ORGANISATIONS
from sevenc_sync.sandbox.world.seeds import at, clamp, day_index, day_of, dice

APPLIANCES = "datto_bcdr"
"""The product that backs up to appliances; it has facts of its own (see `backups`)."""

IDS_PER_TENANT = 1000
STRAY_IDS = 900
GIB = 2**30
TWICE_COVERED, REFERENCE_ENTERED, VIRTUAL, MICROSOFT_COVERED = 0.3, 0.65, 0.5, 0.75
"""Shares of the clients: with a second product, with their number noted, with virtual servers, with Microsoft 365."""

ERRORS = (
    "Access to the file was denied: C:\\Data\\accounts.mdb",
    "VSS: the volume shadow copy operation failed.\r\nError code: 0x800423f4",
    "The connection to the storage was lost.",
)
SILENT = "The agent has not answered since the last backup."
WARNING = "3 files were in use and have been left out."
FAULTS = ("paused", "retired", "never", "warning", "hollow")
"""States of which each tenant shows one, in turn, on a computer that no server indicator looks at."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one workload fares: chances of a run to fail or to warn, and since which day of the grid nothing works."""

    failing: float
    warning: float = 0.02
    silent_since: int | None = None
    last_day: int | None = None


@dataclass(frozen=True, slots=True)
class _Ground:
    """What is the same for all workloads of one tenant. `quality` is that of the client's continuity."""

    seed: int
    tenant: int
    quality: float
    anchor: datetime
    now: datetime

    @property
    def today(self) -> int:
        return day_index(self.now.date())

    def plan(self) -> _Plan:
        return _Plan(0.002 + 0.3 * (1 - self.quality) ** 1.7, 0.01 + 0.06 * (1 - self.quality))


def make_tenants(
    seed: int, client: Organisation, profile: Profile, machines: Sequence[Machine],
    products: Sequence[str], anchor: datetime, now: datetime,
) -> Iterator[Tenant]:  # fmt: skip
    """The client as tenant of its own product, and of a second one that covers one of its servers once more.

    A second product there is for three clients of ten with backups, where another one without appliances is served.
    """
    if client.backup is None:
        return
    quality = profile.blocks["continuous"]
    if client.backup != APPLIANCES:
        ground = _Ground(seed, _tenant_id(client.index, products.index(client.backup)), quality, anchor, now)
        workloads = tuple(_workloads(ground, client, machines))
        yield _tenant(ground, client, client.backup, workloads)
    others = [name for name in products if name not in {client.backup, APPLIANCES}]
    if others and dice(seed, "second product", client.index).random() < TWICE_COVERED:
        second = others[client.index % len(others)]
        ground = _Ground(seed, _tenant_id(client.index, products.index(second)), quality, anchor, now)
        server = next(m for m in machines if m.kind == "server")
        workload = _machine(ground, ground.tenant * IDS_PER_TENANT, "machine", server, ground.plan())
        yield _tenant(ground, client, second, (workload,))


def stray_tenants(seed: int, products: Sequence[str], anchor: datetime, now: datetime) -> Iterator[Tenant]:
    """Tenants that the PSA does not know, in each product without appliances."""
    for place, product in enumerate(products):
        if product == APPLIANCES:
            continue
        for number, name in enumerate(STRAY_ORGANISATIONS):
            ground = _Ground(seed, _tenant_id(STRAY_IDS + number, place), 0.9, anchor, now)
            first = ground.tenant * IDS_PER_TENANT
            workload = _workload(ground, first, "machine", f"LAB-{number + 1:02d}", None, _Plan(0.02))
            yield Tenant(ground.tenant, product, None, name, None, (workload,))


def _tenant_id(index: int, place: int) -> int:
    return 10_000 + index * 10 + place


def _tenant(ground: _Ground, client: Organisation, product: str, workloads: tuple[Workload, ...]) -> Tenant:
    entered = dice(ground.seed, "reference", ground.tenant).random() < REFERENCE_ENTERED
    reference = client.id if entered else None
    return Tenant(ground.tenant, product, client.id, client.backup_name, reference, workloads)


def _workloads(ground: _Ground, client: Organisation, machines: Sequence[Machine]) -> Iterator[Workload]:
    numbers = count(ground.tenant * IDS_PER_TENANT)
    quality, plan = ground.quality, ground.plan()
    servers = [m for m in machines if m.kind == "server" and m.active]
    computers = [m for m in machines if m.kind in {"workstation", "laptop"} and m.active]
    servers = servers[: max(1, round(len(servers) * clamp(0.15 + 0.88 * quality)))]
    wanted = round(len(computers) * 0.26 * quality)
    shown, computers = computers[-1], computers[:wanted]
    is_virtual = dice(ground.seed, "virtual", client.index).random() < VIRTUAL
    dead = max(0, round((len(servers) + len(computers)) * (0.45 * (1 - quality) - 0.08)))
    for place, machine in enumerate(chosen := [*servers, *computers]):
        virtual = machine.kind == "server" and place > 0 and is_virtual
        number = next(numbers)
        since = dice(ground.seed, "silent", number).randint(4, 40)
        silent = ground.today - since if place >= len(chosen) - dead else None
        yield _machine(
            ground, number, "VM" if virtual else "machine", machine, replace(plan, silent_since=silent)
        )
    yield _in_a_state(ground, next(numbers), FAULTS[client.index % len(FAULTS)], shown, machines)
    yield _workload(ground, next(numbers), "share", "nas-public", None, plan)
    if dice(ground.seed, "microsoft", client.index).random() < MICROSOFT_COVERED:
        kinds: tuple[tuple[WorkloadKind, str, int], ...] = (
            ("mailboxes", "Exchange Online", client.seats),
            ("drives", "OneDrive", max(1, client.seats - 2)),
            ("sites", "SharePoint Online", 1 + client.seats // 6),
        )
        for kind, name, units in kinds:
            yield _workload(ground, next(numbers), kind, name, None, plan, units)


def _in_a_state(
    ground: _Ground, number: int, state: str, computer: Machine, machines: Sequence[Machine]
) -> Workload:
    """A workload that shows one of the states that a dashboard's last result does not tell."""
    plan = ground.plan()
    if state == "retired":
        machine = next(m for m in machines if not m.active)
        plan = replace(plan, last_day=day_index(ground.anchor.date()) - 20 - number % 25)
        return replace(_machine(ground, number, "machine", machine, plan), retired=True)
    if state == "paused":
        made = _machine(ground, number, "machine", computer, replace(plan, last_day=ground.today - 6))
        return replace(made, paused=True)
    if state == "warning":
        return _machine(ground, number, "machine", computer, _Plan(0, 1.0))
    made = _machine(ground, number, "machine", computer, replace(plan, failing=0.0, warning=0.0))
    if state == "never":
        return replace(
            made, created=ground.anchor - timedelta(days=9), size=0, runs=(), recovery_point=None,
            offsite=None, verified=None, verified_ok=None,
        )  # fmt: skip
    old = made.runs[-min(len(made.runs), 20)].at
    return replace(made, recovery_point=old, offsite=old, verified=None, verified_ok=None)


def _machine(ground: _Ground, number: int, kind: WorkloadKind, machine: Machine, plan: _Plan) -> Workload:
    """A machine's workload. Every other server of a well-run client is backed up twice a day."""
    made = _workload(ground, number, kind, machine.name, machine.id, plan)
    chance = dice(ground.seed, "verified", number)
    good = [run.at for run in made.runs if run.result in {"ok", "warning"}]
    if not good or chance.random() > clamp(0.1 + 0.9 * ground.quality):
        return made
    passed = chance.random() < clamp(0.25 + 0.8 * ground.quality)
    tested = good[max(0, len(good) - 1 - chance.randrange(20))] + timedelta(hours=2)
    return replace(made, verified=min(tested, ground.now), verified_ok=passed)


def _workload(
    ground: _Ground, number: int, kind: WorkloadKind, name: str, machine_id: int | None, plan: _Plan,
    units: int = 1,
) -> Workload:  # fmt: skip
    chance = dice(ground.seed, "workload", number)
    interval = 12 if machine_id is not None and number % 2 else 24
    runs = tuple(_runs(ground, number, interval, plan))
    good = [run.at for run in runs if run.result in {"ok", "warning"}]
    return Workload(
        id=number, kind=kind, name=name, machine_id=machine_id, units=units, paused=False, retired=False,
        created=at(ground.anchor.date() - timedelta(days=chance.randint(90, 900)), 50_000),
        interval_hours=interval, retention_days=chance.choice((28, 30, 90, 365)),
        size=round(chance.uniform(2, 40) * units * GIB) if units > 1 else chance.randint(40, 900) * GIB,
        recovery_point=good[-1] if good else None,
        offsite=_offsite(good, chance.random() < clamp(0.15 + 0.88 * ground.quality)),
        verified=None, verified_ok=None, runs=runs,
    )  # fmt: skip


def _runs(ground: _Ground, number: int, interval: int, plan: _Plan) -> Iterator[WorkloadRun]:
    for day in range(ground.today - HISTORY_DAYS + 1, ground.today + 1):
        for turn in range(24 // interval):
            run = _run(ground.seed, number, day, turn * interval, plan)
            if run.at <= ground.now and (plan.last_day is None or day <= plan.last_day):
                yield run


def _run(seed: int, number: int, day: int, hour: int, plan: _Plan) -> WorkloadRun:
    chance = dice(seed, "workload run", number, day, hour)
    moment = at(day_of(day), 3600 * (hour + 1 + number % 5) + chance.randrange(1500))
    seconds = chance.randint(200, 3000)
    draw = chance.random()
    if plan.silent_since is not None and day >= plan.silent_since:
        silent: RunResult = "missed" if number % 2 else "failed"
        return WorkloadRun(moment, silent, SILENT, 0 if silent == "missed" else seconds)
    if draw < plan.failing:
        if draw < plan.failing / 4:
            return WorkloadRun(moment, "missed", "", 0)
        return WorkloadRun(moment, "failed", chance.choice(ERRORS), seconds)
    if draw < plan.failing + plan.warning:
        return WorkloadRun(moment, "warning", WARNING, seconds)
    return WorkloadRun(moment, "ok", "", seconds)


def _offsite(good: Sequence[datetime], recent: bool) -> datetime | None:
    """The newest copy outside the building: of the last good run, of one three weeks ago, or none."""
    if not good:
        return None
    return good[-1] + timedelta(minutes=50) if recent else good[max(0, len(good) - 20)]

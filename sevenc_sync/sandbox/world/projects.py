"""Projects: on a grid of quarters, with phases and tasks that end in time where a client is well managed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sevenc_sync.sandbox.world.entities import Contract, Organisation, Phase, Profile, Project, Task
from sevenc_sync.sandbox.world.seeds import at, dice

PROJECTS_PER_QUARTER = 400
"""Ids of a quarter: one project a client at most."""

FIRST_PROJECT_ID, FIRST_PROGRAMME_ID = 1000, 100_000
PHASES_PER_PROJECT = TASKS_PER_PHASE = 8
STALLS_AT = 2
"""Place of the phase that a project on hold never ends: the roll-out."""

FIRST_QUARTER = 2020 * 4
ADVISED_FROM = 0.35
"""Quality of the conscious block from which a client has a standing programme with an adviser."""

CHANGES: tuple[tuple[str, int, float], ...] = (
    # name, days, hours
    ("Server refresh", 75, 64.0), ("Microsoft 365 hardening", 45, 28.0), ("Network upgrade", 60, 44.0),
    ("MFA roll-out", 30, 18.0), ("Backup redesign", 40, 26.0), ("Workstation refresh", 90, 56.0),
    ("Firewall replacement", 30, 16.0), ("File server to SharePoint", 80, 60.0),
)  # fmt: skip
PARTS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    # phase, share of time and hours, tasks
    ("Plan", 0.2, ("Survey and design",)), ("Build", 0.4, ("Order and stage equipment", "Configure")),
    ("Roll out", 0.3, ("Migrate users",)), ("Handover", 0.1, ("Document and train",)),
)  # fmt: skip
PROGRAMME = (
    "Technology Programme",
    (("Advice", ("Reviews and planning meetings",)), ("Reporting", ("Reports and roadmap",))),
)


@dataclass(frozen=True, slots=True)
class Ground:
    """What is the same for all projects of one client."""

    seed: int
    client: Organisation
    profile: Profile
    contracts: Sequence[Contract]
    anchor: datetime
    now: datetime


def make_projects(ground: Ground, first: date) -> Iterator[Project]:
    """The client's projects that exist at `ground.now`, oldest first; hours are those booked (see `effort`)."""
    if has_programme(ground.profile):
        yield _programme(ground)
    last = _quarter(ground.now.date())
    for quarter in range(_quarter(first), last + 1):
        chance = dice(ground.seed, "project", ground.client.index, quarter)
        if chance.random() < 0.15 + 0.6 * ground.profile.blocks["conscious"]:
            project = _change(ground, quarter)
            if project.created <= ground.now:
                yield project


def has_programme(profile: Profile) -> bool:
    """Whether the client has a standing programme on which advisers book."""
    return profile.blocks["conscious"] >= ADVISED_FROM


def programme_id(client: Organisation) -> int:
    """The id of a client's standing programme."""
    return FIRST_PROGRAMME_ID + client.index


def advice_task_id(client: Organisation) -> int:
    """The id of the task of a client's programme on which meetings are booked."""
    return programme_id(client) * PHASES_PER_PROJECT * TASKS_PER_PHASE


def _quarter(day: date) -> int:
    return day.year * 4 + (day.month - 1) // 3 - FIRST_QUARTER


def _change(ground: Ground, quarter: int) -> Project:
    number = FIRST_PROJECT_ID + quarter * PROJECTS_PER_QUARTER + ground.client.index
    chance = dice(ground.seed, "change", number)
    quality = (ground.profile.blocks["conscious"] + ground.profile.blocks["charge"]) / 2
    name, days, hours = chance.choice(CHANGES)
    year, place = divmod(quarter + FIRST_QUARTER, 4)
    begin = date(year, place * 3 + 1, 1) + timedelta(days=chance.randrange(80))
    created = at(begin - timedelta(days=chance.randint(3, 20)), chance.randrange(50_000, 75_000))
    start = at(begin, 54_000)
    hours = round(hours * chance.uniform(0.7, 1.3) * 2) / 2
    slip = max(0.85, 1.0 + 1.6 * (1 - quality) ** 1.5 * chance.uniform(0.4, 1.4) - 0.12 * quality)
    stalls = chance.random() < 0.5 * (1 - quality) ** 1.6
    manager = "sbauer"
    phases: list[Phase] = []
    passed = 0.0
    for place, (title, share, tasks) in enumerate(PARTS):
        planned = start + timedelta(days=days * passed), start + timedelta(days=days * (passed + share))
        real = (
            start + timedelta(days=days * slip * passed),
            start + timedelta(days=days * slip * (passed + share)),
        )
        passed += share
        done = not (stalls and place >= STALLS_AT)
        span = _Span(planned[0], planned[1], real[1] if done and real[1] <= ground.now else None)
        phases.append(_phase(number, place, title, span, tasks, hours * share, manager, ground.now, created))
    ended = phases[-1].ended
    return _project(ground, number, f"{name} {begin.year}", created, phases, ended, stalls, "change")


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    due: datetime
    ended: datetime | None


def _phase(
    project: int, place: int, title: str, span: _Span, tasks: Sequence[str], hours: float, owner: str,
    now: datetime, created: datetime,
) -> Phase:  # fmt: skip
    number = project * PHASES_PER_PROJECT + place
    updated = span.ended or max(created, min(now, span.start))
    share = round(hours / len(tasks), 2)
    made = tuple(
        Task(
            number * TASKS_PER_PHASE + n, number, name, owner, span.start, span.due, span.ended, share, 0.0,
            updated,
        )
        for n, name in enumerate(tasks)
    )  # fmt: skip
    return Phase(
        number, project, title, span.start, span.due, span.ended, round(hours, 2), 0.0, updated, made
    )


def _project(
    ground: Ground, number: int, name: str, created: datetime, phases: Sequence[Phase],
    ended: datetime | None, on_hold: bool, kind: str,
) -> Project:  # fmt: skip
    contract = next((c.id for c in ground.contracts if c.kind == "managed"), None)
    return Project(
        id=number, client_id=ground.client.id, kind="programme" if kind == "programme" else "change",
        name=f"{name} - {ground.client.name}"[:100], manager="sbauer" if kind == "change" else "akim",
        contract_id=contract, created=created, start=phases[0].start, due=phases[-1].due, ended=ended,
        on_hold=on_hold and ended is None, planned_hours=round(sum(p.planned_hours for p in phases), 2),
        actual_hours=0.0, updated=max(created, *(p.updated for p in phases)), phases=tuple(phases),
    )  # fmt: skip


def _programme(ground: Ground) -> Project:
    """Runs from before the history to well after the anchor; never due while the world is looked at."""
    created = at(ground.anchor.date() - timedelta(days=500), 60_000)
    span = _Span(created, at(ground.anchor.date() + timedelta(days=1500), 60_000), None)
    number = programme_id(ground.client)
    title, parts = PROGRAMME
    phases = [
        _phase(number, place, name, span, tasks, 400.0, "akim", ground.now, created)
        for place, (name, tasks) in enumerate(parts)
    ]
    return _project(ground, number, title, created, phases, None, False, "programme")

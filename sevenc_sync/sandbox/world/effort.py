"""Booked hours: on tickets, on projects' tasks and on meetings, each entry under an id of its own for good."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sevenc_sync.sandbox.world.entities import (
    Activity,
    Effort,
    Member,
    Organisation,
    Phase,
    Project,
    Task,
    Ticket,
    WorkKind,
)
from sevenc_sync.sandbox.world.projects import PHASES_PER_PROJECT, STALLS_AT, advice_task_id
from sevenc_sync.sandbox.world.seeds import dice

FIRST_ENTRY, SECOND_ENTRY, ON_TASK, ON_ACTIVITY = 500_000_000, 600_000_000, 700_000_000, 1_000_000_000
"""Added to a ticket's id for its entries, to a task's first entry, to an activity's id."""

SESSIONS_PER_TASK = 32
SESSION_HOURS = 3.5
SPLIT_FROM = 1.0
"""Hours from which a closed ticket's work was booked in two entries."""

HANDS_ON = frozenset({"Workstation", "Printing", "Network", "Move/Add/Change"})
"""Sub-types of tickets for which somebody may have to go there."""

ADVICE = frozenset({"Business Review", "Security Review"})


def ticket_efforts(seed: int, ticket: Ticket, now: datetime) -> Iterator[Effort]:
    """The entries on one ticket: one when somebody has answered it, another when longer work was closed."""
    if ticket.responded is None or ticket.hours <= 0:
        return
    chance = dice(seed, "effort", ticket.id)
    member = ticket.owner or "jdoe"
    kind: WorkKind = "remote"
    if ticket.subtype in ADVICE:
        kind, member = "vCIO", chance.choice(("akim", "dreyes"))
    elif ticket.kind == "maintenance":
        kind = "maintenance"
    elif ticket.subtype in HANDS_ON and chance.random() < 0.25:  # noqa: PLR2004 (one in four needs a visit)
        kind = "on-site"
    split = ticket.closed is not None and ticket.hours >= SPLIT_FROM
    hours = round(ticket.hours / 2, 2) if split else ticket.hours
    end = ticket.responded + timedelta(hours=hours)
    entered = min(end, now)
    changed = max(entered, ticket.closed) if ticket.closed and not split else entered
    billable = ticket.contract_id is None
    entry = Effort(
        id=ticket.id + FIRST_ENTRY, client_id=ticket.client_id, kind=kind, member=member,
        start=ticket.responded, end=end, hours=hours, billable=billable, note="", ticket_id=ticket.id,
        task_id=None, activity_id=None, contract_id=ticket.contract_id, entered=entered, updated=changed,
    )  # fmt: skip
    yield entry
    if split and ticket.closed is not None:
        rest = round(ticket.hours - hours, 2)
        start = max(end, ticket.closed - timedelta(hours=rest))
        if start + timedelta(hours=rest) <= now:
            entered = max(ticket.closed, start + timedelta(hours=rest))
            yield replace(
                entry, id=ticket.id + SECOND_ENTRY, start=start, end=start + timedelta(hours=rest), hours=rest,
                entered=entered, updated=entered, note="Finished and confirmed with the user.\r\n",
            )  # fmt: skip


def activity_effort(activity: Activity, client: Organisation, advised: bool) -> Iterator[Effort]:
    """The adviser's hours in a meeting that was held."""
    if activity.held:
        hours = round((activity.end - activity.start) / timedelta(hours=1), 2)
        yield Effort(
            id=activity.id + ON_ACTIVITY, client_id=client.id, kind="vCIO", member=activity.member,
            start=activity.start, end=activity.end, hours=hours, billable=False, note=activity.name,
            ticket_id=None, task_id=advice_task_id(client) if advised else None, activity_id=activity.id,
            contract_id=None, entered=activity.updated, updated=activity.updated,
        )  # fmt: skip


def task_efforts(seed: int, project: Project, now: datetime) -> Iterator[Effort]:
    """The sessions of work on a project's tasks up to `now`, none on a task that nobody has begun."""
    if project.kind == "programme":
        return
    for phase in project.phases:
        for task in phase.tasks:
            yield from _sessions(seed, project, task, now)


def _sessions(seed: int, project: Project, task: Task, now: datetime) -> Iterator[Effort]:
    chance = dice(seed, "sessions", task.id)
    hours = task.planned_hours * chance.uniform(0.85, 1.35)
    count = min(SESSIONS_PER_TASK, max(1, round(hours / SESSION_HOURS)))
    stalled = project.on_hold and task.phase_id % PHASES_PER_PROJECT >= STALLS_AT
    span = (task.due - task.start) * (0.5 if stalled else 1.0)
    each = max(0.25, round(hours / count * 4) / 4)
    for number in range(count):
        start = task.start + span * ((number + 0.5) / count)
        start = start.replace(hour=14 + number % 5, minute=0, second=0, microsecond=0)
        end = start + timedelta(hours=each)
        if end > now or (task.ended is not None and end > task.ended):
            return
        yield Effort(
            id=task.id * SESSIONS_PER_TASK + number + ON_TASK, client_id=project.client_id, kind="project",
            member=task.owner, start=start, end=end, hours=each, billable=True, note=task.name, ticket_id=None,
            task_id=task.id, activity_id=None, contract_id=None, entered=end, updated=end,
        )  # fmt: skip


def with_hours(projects: Iterable[Project], efforts: Iterable[Effort]) -> list[Project]:
    """The projects with the hours booked on them; booking moves their times of change."""
    booked: dict[int, list[Effort]] = {}
    for effort in efforts:
        if effort.task_id is not None:
            booked.setdefault(effort.task_id, []).append(effort)
    return [_booked(project, booked) for project in projects]


def _booked(project: Project, booked: Mapping[int, Sequence[Effort]]) -> Project:
    phases = tuple(_phase_booked(phase, booked) for phase in project.phases)
    return replace(
        project, phases=phases, actual_hours=round(sum(p.actual_hours for p in phases), 2),
        updated=max(project.updated, *(p.updated for p in phases)),
    )  # fmt: skip


def _phase_booked(phase: Phase, booked: Mapping[int, Sequence[Effort]]) -> Phase:
    tasks = []
    for task in phase.tasks:
        entries = booked.get(task.id, ())
        hours = round(sum(entry.hours for entry in entries), 2)
        updated = max([task.updated, *(entry.entered for entry in entries)])
        tasks.append(replace(task, actual_hours=hours, updated=updated))
    return replace(
        phase, tasks=tuple(tasks), actual_hours=round(sum(t.actual_hours for t in tasks), 2),
        updated=max(phase.updated, *(t.updated for t in tasks)),
    )  # fmt: skip


def known(efforts: Iterable[Effort], members: Sequence[Member]) -> list[Effort]:
    """The entries in the order of their ids. Raises KeyError if one is by nobody of the MSP."""
    people = {member.identifier for member in members}
    found = sorted(efforts, key=lambda effort: effort.id)
    strangers = {effort.member for effort in found} - people
    if strangers:
        raise KeyError(*sorted(strangers))
    return found

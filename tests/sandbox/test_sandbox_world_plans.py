"""What the MSP plans and books: meetings, projects, hours, units; repeatable, growing, and as good as the truth."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import correlation

import pytest

from sevenc_sync.sandbox import World, build_world
from sevenc_sync.sandbox.world.activities import KINDS, PLANNED_AHEAD
from sevenc_sync.sandbox.world.entities import Project, Task
from sevenc_sync.sandbox.world.units import service_periods

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=10)


@pytest.fixture(scope="module")
def later_world() -> World:
    """The demo's world ten days on."""
    return build_world(now=LATER, anchor=NOW)


def tasks(project: Project) -> Iterator[Task]:
    for phase in project.phases:
        yield from phase.tasks


def test_no_two_plans_share_an_id(big_world: World) -> None:
    phases = [phase for project in big_world.projects for phase in project.phases]
    work = [task for project in big_world.projects for task in tasks(project)]
    for things in (big_world.activities, big_world.projects, phases, work, big_world.efforts):
        assert len({thing.id for thing in things}) == len(things)
    assert max(effort.id for effort in big_world.efforts) < 2**31
    assert not {task.id for task in work} & {ticket.id for ticket in big_world.tickets}


def test_ten_days_later_every_plan_is_still_there_and_some_are_new(
    big_world: World, later_world: World
) -> None:
    pairs = (
        (big_world.activities, later_world.activities), (big_world.projects, later_world.projects),
        (big_world.efforts, later_world.efforts),
    )  # fmt: skip
    for before, after in pairs:
        old, new = {thing.id: thing for thing in before}, {thing.id: thing for thing in after}
        assert old.keys() < new.keys()


def test_what_changed_in_ten_days_was_updated_in_them(big_world: World, later_world: World) -> None:
    for before, after in (
        (big_world.activities, later_world.activities),
        (big_world.projects, later_world.projects),
        (big_world.efforts, later_world.efforts),
    ):
        old = {thing.id: thing for thing in before}
        changed = [thing for thing in after if thing.id in old and thing != old[thing.id]]
        assert changed
        assert all(thing.updated >= NOW for thing in changed)


def test_nothing_was_done_in_the_future(big_world: World) -> None:
    assert all(effort.entered <= NOW for effort in big_world.efforts)
    assert all(effort.start <= NOW for effort in big_world.efforts)
    assert all(a.created <= NOW and a.updated <= NOW for a in big_world.activities)
    assert all(activity.end <= NOW for activity in big_world.activities if activity.held)
    for project in big_world.projects:
        assert max(project.created, project.updated) <= NOW
        assert all(task.ended is None or task.ended <= NOW for task in tasks(project))


def test_the_calendar_holds_the_coming_weeks(big_world: World) -> None:
    planned = [activity for activity in big_world.activities if activity.start > NOW]
    assert planned
    assert max(activity.start for activity in planned) < NOW + timedelta(days=PLANNED_AHEAD + 4)
    assert all(activity.start.weekday() < 5 for activity in big_world.activities)


def test_well_managed_clients_meet_often_and_neglected_ones_never(big_world: World) -> None:
    held = Counter(activity.client_id for activity in big_world.activities if activity.held)
    order = sorted(big_world.clients, key=lambda client: big_world.truth[client.name].overall)
    assert all(held[client.id] == 0 for client in order[:8])
    assert all(held[client.id] >= 12 for client in order[-8:])
    truth = [big_world.truth[client.name].overall for client in big_world.clients]
    assert correlation(truth, [held[client.id] for client in big_world.clients]) > 0.9
    assert {activity.kind for activity in big_world.activities} == set(KINDS)


def test_well_managed_clients_finish_their_projects_in_time(big_world: World) -> None:
    changes = [p for p in big_world.projects if p.kind == "change" and p.due < NOW]
    truth = {client.id: big_world.truth[client.name].overall for client in big_world.clients}

    def in_time(found: list[Project]) -> float:
        return sum(p.ended is not None and p.ended <= p.due for p in found) / len(found)

    good = [p for p in changes if truth[p.client_id] > 0.75]
    poor = [p for p in changes if truth[p.client_id] < 0.5]
    assert in_time(good) > 0.6
    assert in_time(poor) < 0.3
    assert any(p.on_hold for p in big_world.projects)


def test_a_project_ends_with_its_last_phase_and_its_hours_are_those_booked(big_world: World) -> None:
    booked = Counter[int]()
    for effort in big_world.efforts:
        if effort.task_id is not None:
            booked[effort.task_id] += round(effort.hours * 100)
    for project in big_world.projects:
        assert project.ended == project.phases[-1].ended
        assert all((phase.ended is None) == (phase.tasks[0].ended is None) for phase in project.phases)
        total = sum(booked[task.id] for task in tasks(project))
        assert project.actual_hours == pytest.approx(total / 100, abs=0.02)
    assert any(phase.ended and not p.ended for p in big_world.projects for phase in p.phases)


def test_hours_are_booked_on_what_exists(big_world: World) -> None:
    tickets = {ticket.id: ticket for ticket in big_world.tickets}
    known = {task.id for project in big_world.projects for task in tasks(project)}
    held = {activity.id for activity in big_world.activities if activity.held}
    for effort in big_world.efforts:
        assert effort.ticket_id is None or tickets[effort.ticket_id].client_id == effort.client_id
        assert effort.task_id is None or effort.task_id in known
        assert effort.activity_id is None or effort.activity_id in held
        assert (effort.ticket_id is None) != (effort.task_id is None and effort.activity_id is None)
        assert effort.end > effort.start
    assert set(Counter(effort.kind for effort in big_world.efforts)) == {
        "remote", "on-site", "maintenance", "vCIO", "project",
    }  # fmt: skip


def test_a_closed_tickets_entries_add_up_to_its_hours(big_world: World) -> None:
    booked = Counter[int]()
    for effort in big_world.efforts:
        if effort.ticket_id is not None:
            booked[effort.ticket_id] += round(effort.hours * 100)
    closed = [t for t in big_world.tickets if t.closed is not None and t.closed < NOW - timedelta(days=2)]
    assert closed
    assert all(booked[t.id] == round(t.hours * 100) for t in closed)


def test_advisers_hours_go_to_well_managed_clients(big_world: World) -> None:
    hours = Counter[int]()
    for effort in big_world.efforts:
        if effort.kind == "vCIO":
            hours[effort.client_id] += round(effort.hours * 100)
    truth = [big_world.truth[client.name].overall for client in big_world.clients]
    assert correlation(truth, [hours[client.id] for client in big_world.clients]) > 0.85


def test_units_grow_with_time_and_keep_their_ids(big_world: World) -> None:
    for contract in big_world.contracts:
        for line in contract.lines:
            first = list(service_periods(contract, line, NOW.date(), NOW.date()))
            second = list(service_periods(contract, line, NOW.date(), LATER.date() + timedelta(days=60)))
            assert first == second[: len(first)]
            current = [p.units for p in first if p.start <= NOW.date() <= p.end]
            assert not current or current == [line.quantity]

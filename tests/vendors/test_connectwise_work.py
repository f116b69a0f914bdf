from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.connectwise_psa.streams import STREAMS
from sevenc_sync.connect.stream import Context, Parent, Window
from sevenc_sync.model import Activity, Phase, Project, Record, TimeEntry

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
SINCE = datetime(2026, 11, 22, 18, 20, 30, tzinfo=UTC)
HORIZON = datetime(2025, 11, 22, tzinfo=UTC)
BY_NAME = {stream.name: stream for stream in STREAMS}
INFO = {"lastUpdated": "2026-11-20T08:15:30Z", "updatedBy": "member1        "}
UPDATED = datetime(2026, 11, 20, 8, 15, 30, tzinfo=UTC)
OPEN = Parent("31", "250", {"company": "250", "is_closed": False})
CLOSED = Parent("31", "250", {"company": "250", "is_closed": True})


def translated(stream: str, wire: dict[str, Any], parent: Parent | None = None) -> list[Record]:
    """The record as its stream translates it, by way of the bytes that the server would send."""
    chosen = BY_NAME[stream]
    record = msgspec.json.Decoder(chosen.wire).decode(msgspec.json.encode(wire))
    return list(chosen.to_canonical(record, Context(now=NOW, parent=parent)))


TIME = {
    "id": 90001,
    "company": {"id": 250, "identifier": "acme", "name": "Acme"},
    "chargeToId": 1234,
    "chargeToType": "ServiceTicket",
    "project": None,
    "agreement": {"id": 40, "name": "Managed", "type": "Managed"},
    "workType": {"id": 3, "name": "Remote"},
    "workRole": {"id": 5, "name": "Engineer"},
    "member": {"id": 7, "identifier": "abyron", "name": "Ada Byron"},
    "timeStart": "2026-11-20T08:00:00Z",
    "actualHours": 1.25,
    "billableOption": "Billable",
    "hourlyCost": "10800.00",
    "_info": INFO,
}


def test_a_time_entry() -> None:
    assert translated("time_entries", TIME) == [
        TimeEntry(
            id="90001",
            company="250",
            charge="ticket",
            ticket="1234",
            contract="40",
            work_type="Remote",
            work_role="Engineer",
            member="abyron",
            started_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
            hours=1.25,
            is_billable=True,
            updated_at=UPDATED,
        )
    ]


@pytest.mark.parametrize(
    ("charged", "charge", "ticket"),
    [
        ("ServiceTicket", "ticket", "1234"),
        ("ProjectTicket", "project", None),
        ("Company", "company", None),
        ("Activity", "company", None),
        ("ChargeCode", "internal", None),
        ("SomethingNew", None, None),
        (None, None, None),
    ],
)
def test_what_time_was_charged_to(charged: str | None, charge: str | None, ticket: str | None) -> None:
    (found,) = translated("time_entries", {**TIME, "chargeToType": charged})
    assert isinstance(found, TimeEntry)
    assert (found.charge, found.ticket) == (charge, ticket)


@pytest.mark.parametrize(
    ("option", "billable"),
    [("Billable", True), ("DoNotBill", False), ("NoCharge", False), ("NoDefault", None), ("", None)],
)
def test_whether_time_is_billed(option: str, billable: bool | None) -> None:
    (found,) = translated("time_entries", {**TIME, "billableOption": option})
    assert isinstance(found, TimeEntry)
    assert found.is_billable is billable


PROJECT = {
    "id": 31,
    "name": "Server refresh ",
    "company": {"id": 250},
    "type": {"id": 1, "name": "Infrastructure"},
    "status": {"id": 4, "name": "Closed"},
    "manager": {"identifier": "abyron"},
    "closedFlag": True,
    "estimatedStart": "2026-06-01T00:00:00Z",
    "estimatedEnd": "2026-09-30T00:00:00Z",
    "actualStart": "2026-06-03T00:00:00Z",
    "actualEnd": "2026-10-02T00:00:00Z",
    "budgetHours": 0,
    "estimatedHours": 120.0,
    "actualHours": 131.5,
    "scheduledHours": 118,
    "percentComplete": 1.0,
    "_info": INFO,
}


def test_a_project() -> None:
    assert translated("projects", PROJECT) == [
        Project(
            id="31",
            company="250",
            name="Server refresh",
            type="Infrastructure",
            status="Closed",
            manager="abyron",
            is_closed=True,
            planned_start_on=datetime(2026, 6, 1, tzinfo=UTC),
            planned_end_on=datetime(2026, 9, 30, tzinfo=UTC),
            started_on=datetime(2026, 6, 3, tzinfo=UTC),
            ended_on=datetime(2026, 10, 2, tzinfo=UTC),
            budget_hours=120.0,
            actual_hours=131.5,
            scheduled_hours=118.0,
            updated_at=UPDATED,
        )
    ]


def test_a_project_that_was_opened_again_has_not_ended() -> None:
    (found,) = translated("projects", {**PROJECT, "closedFlag": False})
    assert isinstance(found, Project)
    assert found.ended_on is None
    (found,) = translated("projects", {**PROJECT, "budgetHours": 0, "estimatedHours": 0})
    assert isinstance(found, Project)
    assert found.budget_hours is None


PHASE = {
    "id": 311,
    "projectId": 31,
    "description": "Migration",
    "status": {"id": 2, "name": "Completed"},
    "deadlineDate": "2026-08-15T00:00:00Z",
    "scheduledEnd": "2026-08-20T00:00:00Z",
    "actualEnd": "2026-08-14T00:00:00Z",
    "budgetHours": 40,
    "scheduledHours": 38,
    "actualHours": 36.5,
    "_info": INFO,
}


def test_a_phase_belongs_to_the_company_of_its_project() -> None:
    assert translated("phases", PHASE, OPEN) == [
        Phase(
            id="311",
            company="250",
            project="31",
            name="Migration",
            status="Completed",
            is_done=True,
            due_on=datetime(2026, 8, 15, tzinfo=UTC),
            ended_on=datetime(2026, 8, 14, tzinfo=UTC),
            planned_hours=40.0,
            actual_hours=36.5,
            updated_at=UPDATED,
        )
    ]


@pytest.mark.parametrize(
    ("status", "parent", "done"),
    [
        ("Closed", OPEN, True),
        ("7 - Done", OPEN, True),
        ("Finished", OPEN, True),
        ("Open", OPEN, False),
        ("Incomplete", OPEN, False),
        ("Not complete", OPEN, None),
        ("Cancelled", OPEN, None),
        (None, OPEN, None),
        ("Open", CLOSED, True),
        (None, CLOSED, True),
    ],
)
def test_a_phase_is_done_when_its_status_or_its_project_says_so(
    status: str | None, parent: Parent, done: bool | None
) -> None:
    (found,) = translated("phases", {**PHASE, "status": status and {"name": status}}, parent)
    assert isinstance(found, Phase)
    assert found.is_done is done
    assert (found.ended_on is not None) is bool(done)


def test_a_phase_without_a_deadline_is_due_when_it_is_scheduled_to_end() -> None:
    (found,) = translated("phases", {**PHASE, "deadlineDate": "", "budgetHours": 0}, OPEN)
    assert isinstance(found, Phase)
    assert (found.due_on, found.planned_hours) == (datetime(2026, 8, 20, tzinfo=UTC), 38.0)


def test_a_phase_that_ends_on_its_day_is_not_late_whatever_the_hour() -> None:
    ended = {**PHASE, "actualEnd": "2026-08-15T16:40:00Z"}
    (found,) = translated("phases", ended, OPEN)
    assert isinstance(found, Phase)
    assert found.ended_on == found.due_on == datetime(2026, 8, 15, tzinfo=UTC)


def test_a_phase_without_its_project_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="without its project"):
        translated("phases", PHASE)


ACTIVITY = {
    "id": 5001,
    "name": "Quarterly business review",
    "company": {"id": 250},
    "type": {"id": 9, "name": "Meeting"},
    "status": {"id": 2, "name": "Closed"},
    "assignTo": {"identifier": "abyron"},
    "dateStart": "2026-11-10T14:00:00Z",
    "dateEnd": "2026-11-10T15:00:00Z",
    "closeFlag": True,
    "_info": INFO,
}


def test_an_activity() -> None:
    assert translated("activities", ACTIVITY) == [
        Activity(
            id="5001",
            company="250",
            name="Quarterly business review",
            kind="Meeting",
            status="Closed",
            is_done=True,
            member="abyron",
            starts_at=datetime(2026, 11, 10, 14, 0, tzinfo=UTC),
            ends_at=datetime(2026, 11, 10, 15, 0, tzinfo=UTC),
            updated_at=UPDATED,
        )
    ]


@pytest.mark.parametrize(
    ("stream", "record", "parent"),
    [
        ("time_entries", TIME, None),
        ("projects", PROJECT, None),
        ("phases", PHASE, OPEN),
        ("activities", ACTIVITY, None),
    ],
)
def test_missing_null_and_empty_values_are_alike(
    stream: str, record: dict[str, Any], parent: Parent | None
) -> None:
    key = {"id": record["id"]}
    bare = translated(stream, key, parent)
    assert translated(stream, {**dict.fromkeys(record), **key}, parent) == bare
    texts = {name: "" for name, value in record.items() if isinstance(value, str)}
    assert translated(stream, {**texts, **key}, parent) == bare


# -- questions


def conditions(name: str, since: datetime | None) -> str | None:
    return BY_NAME[name].params(Window(since=since, horizon=HORIZON, now=NOW)).get("conditions")


def test_first_passes_over_work_begin_at_the_horizon() -> None:
    assert conditions("time_entries", None) == "timeStart > [2025-11-22T00:00:00Z]"
    assert conditions("activities", None) == "lastUpdated > [2025-11-22T00:00:00Z]"
    assert conditions("projects", None) == "(lastUpdated > [2025-11-22T00:00:00Z] or closedFlag = false)"


@pytest.mark.parametrize("name", ["time_entries", "activities", "projects"])
def test_later_passes_over_work_take_what_changed(name: str) -> None:
    assert BY_NAME[name].delta
    assert conditions(name, SINCE) == "lastUpdated > [2026-11-22T18:20:30Z]"


@pytest.mark.parametrize(
    ("row", "read"),
    [
        ({"is_closed": False, "updated_at": 0}, True),
        ({"is_closed": None, "updated_at": 0}, True),
        ({"is_closed": True, "updated_at": int(SINCE.timestamp()) + 1}, True),
        ({"is_closed": True, "updated_at": None}, True),
        ({"is_closed": True, "updated_at": int(SINCE.timestamp()) - 1}, False),
        # read with the last pass; and again since then, because a merge moved it to another company
        ({"is_closed": True, "updated_at": 0, "fetched_at": int(SINCE.timestamp()) + 599}, False),
        ({"is_closed": True, "updated_at": 0, "fetched_at": int(SINCE.timestamp()) + 601}, True),
    ],
)
def test_later_passes_over_phases_go_below_projects_that_are_open_or_have_changed(
    row: dict[str, object], read: bool
) -> None:
    stream, project = BY_NAME["phases"], Parent("31", "250", row)
    assert stream.below(project, Window(since=SINCE, horizon=HORIZON, now=NOW)) is read
    assert stream.below(project, Window(since=None, horizon=HORIZON, now=NOW))


@pytest.mark.parametrize(
    "name", ["companies", "tickets", "configurations", "agreements", "projects", "time_entries", "activities"]
)
def test_a_sweep_lists_the_ids_of_all_that_a_whole_pass_reads(name: str) -> None:
    sweep = BY_NAME[name].sweep
    assert sweep is not None
    asked = sweep.params(Window(since=None, horizon=HORIZON, now=NOW))
    assert asked.get("conditions") == conditions(name, None)
    special = {"companies": "id,deletedFlag", "tickets": "id,company/id,mergedParentTicket/id"}
    assert asked["fields"] == special.get(name, "id,company/id")


def swept(name: str, wire: dict[str, object]) -> tuple[str, Mapping[str, object]]:
    """Id and facts that a sweep takes from a record."""
    sweep = BY_NAME[name].sweep
    assert sweep is not None
    listed = sweep.listed(msgspec.json.decode(msgspec.json.encode(wire), type=sweep.wire))
    return listed.id, listed.facts


@pytest.mark.parametrize("name", ["configurations", "agreements", "projects", "time_entries", "activities"])
def test_a_swept_record_tells_whose_it_is(name: str) -> None:
    for company, owner in (({"id": 250}, "250"), ({"id": 0}, None), (None, None)):
        assert swept(name, {"id": 7, "company": company}) == ("7", {"company": owner})


def test_a_swept_ticket_tells_whose_it_is_and_what_it_was_merged_into() -> None:
    merged = {"id": 7, "company": {"id": 250}, "mergedParentTicket": {"id": 9, "summary": "Printer"}}
    assert swept("tickets", merged) == ("7", {"company": "250", "merged_into": "9"})
    assert swept("tickets", {"id": 7}) == ("7", {"company": None, "merged_into": None})


@pytest.mark.parametrize("deleted", [True, 1, "true", "True"])
def test_a_swept_company_that_is_deleted_is_to_be_inactive_here(deleted: object) -> None:
    assert swept("companies", {"id": 7, "deletedFlag": deleted}) == ("7", {"is_active": False})


@pytest.mark.parametrize("deleted", [False, 0, "false", "", None, "maybe"])
def test_of_a_swept_company_that_is_not_deleted_only_the_status_tells(deleted: object) -> None:
    assert swept("companies", {"id": 7, "deletedFlag": deleted}) == ("7", {})


def test_records_that_differ_are_read_again_whole() -> None:
    stream = BY_NAME["tickets"]
    assert stream.sweep is not None
    assert stream.sweep.reread is not None
    asked = stream.sweep.reread(["7", "9"])
    assert asked["conditions"] == "id in (7,9)"
    assert asked["fields"] == stream.params(Window(since=SINCE, horizon=HORIZON, now=NOW))["fields"]


def test_every_list_that_a_delta_reads_tells_somehow_what_is_gone() -> None:
    for stream in STREAMS:
        assert bool(stream.complete) != (stream.sweep is not None)

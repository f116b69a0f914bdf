from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.autotask_psa.streams import STREAMS
from sevenc_sync.connect.stream import Context
from sevenc_sync.model import (
    Activity,
    Lookup,
    Phase,
    Project,
    Record,
    TimeEntry,
)

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
BY_NAME = {stream.name: stream for stream in STREAMS}

NAMES = {
    "work_type": {"29682801": "Remote Support", "29682999": "Internal Meeting"},
    "role": {"29683586": "Engineer"},
    "resource": {"29682885": "Ada Byron"},
    "project_type": {"5": "Client"},
    "project_status": {"1": "New", "5": "Complete"},
    "task_status": {"1": "New", "5": "Complete"},
    "note_action": {"2": "Meeting"},
    "to_do_action": {"2": "Meeting"},
}
ROWS: dict[tuple[str, str], dict[str, str | None]] = {
    ("ticket", "company"): {"351181": "174", "351182": None},
    ("phase", "company"): {"910": "175"},
    ("phase", "project"): {"910": "77"},
    ("contract", "company"): {"29683570": "176"},
    ("project", "company"): {"77": "175"},
}


def translated(stream: str, wire: dict[str, Any]) -> list[Record]:
    """The record as its stream translates it, with only the lists and rows that the stream asks for."""
    chosen = BY_NAME[stream]
    lookups = {
        kind: {key: Lookup(id=f"{kind}:{key}", kind=kind, name=name) for key, name in NAMES[kind].items()}
        for kind in chosen.lookups
    }
    record = msgspec.json.Decoder(chosen.wire).decode(msgspec.json.encode(wire))
    context = Context(now=NOW, lookups=lookups, rows={pair: ROWS[pair] for pair in chosen.related})
    return list(chosen.to_canonical(record, context))


TIME = {
    "id": 5001,
    "ticketID": 351181,
    "taskID": None,
    "contractID": 29683570,
    "billingCodeID": 29682801,
    "internalBillingCodeID": None,
    "roleID": 29683586,
    "resourceID": 29682885,
    "dateWorked": "2026-11-20T00:00:00Z",
    "startDateTime": "2026-11-20T08:00:00Z",
    "hoursWorked": 1.2500,
    "isNonBillable": False,
    "lastModifiedDateTime": "2026-11-20T10:00:00.113Z",
}


def test_a_time_entry_belongs_to_the_company_of_its_ticket() -> None:
    assert translated("time_entries", TIME) == [
        TimeEntry(
            id="5001",
            company="174",
            charge="ticket",
            ticket="351181",
            contract="29683570",
            work_type="Remote Support",
            work_role="Engineer",
            member="Ada Byron",
            started_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
            hours=1.25,
            is_billable=True,
            updated_at=datetime(2026, 11, 20, 10, 0, 0, 113000, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(
    ("changes", "charge", "company", "project"),
    [
        ({"ticketID": None, "taskID": 910}, "project", "175", "77"),
        ({"ticketID": None, "taskID": 911}, "project", "176", None),  # the task is not known, the contract is
        ({"ticketID": 351182}, "ticket", "176", None),  # the ticket does not say it
        ({"ticketID": 1, "contractID": None}, "ticket", None, None),
        ({"ticketID": None, "contractID": None}, "internal", None, None),
    ],
)
def test_a_time_entrys_company_is_looked_for_where_the_work_was_done(
    changes: dict[str, object], charge: str, company: str | None, project: str | None
) -> None:
    (found,) = translated("time_entries", {**TIME, **changes})
    assert isinstance(found, TimeEntry)
    assert (found.charge, found.company, found.project) == (charge, company, project)


def test_internal_time_has_a_work_type_of_its_own_and_may_have_a_day_only() -> None:
    internal = {
        "id": 5002,
        "internalBillingCodeID": 29682999,
        "dateWorked": "2026-11-20T00:00:00",
        "isNonBillable": True,
        "hoursWorked": 0,
    }
    assert translated("time_entries", internal) == [
        TimeEntry(
            id="5002",
            company=None,
            charge="internal",
            work_type="Internal Meeting",
            started_at=datetime(2026, 11, 20, tzinfo=UTC),
            hours=0.0,
            is_billable=False,
        )
    ]


PROJECT = {
    "id": 77,
    "companyID": 175,
    "projectName": "Server refresh",
    "projectType": 5,
    "status": 5,
    "projectLeadResourceID": 29682885,
    "startDateTime": "2026-06-01T00:00:00Z",
    "endDateTime": "2026-09-30T00:00:00Z",
    "completedDateTime": "2026-10-02T15:00:00Z",
    "estimatedTime": 120.0,
    "actualHours": 131.5,
    "completedPercentage": 100,
    "lastActivityDateTime": "2026-10-02T15:00:00Z",
}


def test_a_project() -> None:
    assert translated("projects", PROJECT) == [
        Project(
            id="77",
            company="175",
            name="Server refresh",
            type="Client",
            status="Complete",
            manager="Ada Byron",
            is_closed=True,
            planned_start_on=datetime(2026, 6, 1, tzinfo=UTC),
            planned_end_on=datetime(2026, 9, 30, tzinfo=UTC),
            ended_on=datetime(2026, 10, 2, 15, 0, tzinfo=UTC),
            budget_hours=120.0,
            actual_hours=131.5,
            percent_done=100.0,
            updated_at=datetime(2026, 10, 2, 15, 0, tzinfo=UTC),
        )
    ]


def test_a_project_that_was_opened_again_has_not_ended() -> None:
    (found,) = translated("projects", {**PROJECT, "status": 1})
    assert isinstance(found, Project)
    assert (found.is_closed, found.ended_on) == (False, None)


TASK = {
    "id": 910,
    "projectID": 77,
    "title": "Migrate mailboxes",
    "status": 5,
    "endDateTime": "2026-08-15T17:00:00Z",
    "completedDateTime": "2026-08-14T12:00:00Z",
    "estimatedHours": 16.0,
    "lastActivityDateTime": "2026-08-14T12:00:00Z",
}


def test_a_task_is_the_part_of_a_project_that_says_when_it_was_done() -> None:
    assert translated("tasks", TASK) == [
        Phase(
            id="910",
            company="175",
            project="77",
            name="Migrate mailboxes",
            status="Complete",
            is_done=True,
            due_on=datetime(2026, 8, 15, 17, 0, tzinfo=UTC),
            ended_on=datetime(2026, 8, 14, 12, 0, tzinfo=UTC),
            planned_hours=16.0,
            updated_at=datetime(2026, 8, 14, 12, 0, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(
    ("status", "completed", "done"),
    [
        (5, None, True),
        (1, None, False),
        (1, "2026-08-14T12:00:00Z", False),
        (None, "2026-08-14T12:00:00Z", True),
        (None, None, None),
    ],
)
def test_a_task_is_done_by_its_status_and_without_one_by_its_end(
    status: int | None, completed: str | None, done: bool | None
) -> None:
    (found,) = translated("tasks", {**TASK, "status": status, "completedDateTime": completed})
    assert isinstance(found, Phase)
    assert found.is_done is done
    assert (found.ended_on is not None) == bool(done and completed)


def test_a_task_without_its_project_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="without its project"):
        translated("tasks", {**TASK, "projectID": None})


NOTE = {
    "id": 8001,
    "companyID": 174,
    "name": "Quarterly business review",
    "actionType": 2,
    "assignedResourceID": 29682885,
    "startDateTime": "2026-11-10T14:00:00Z",
    "endDateTime": "2026-11-10T15:00:00Z",
    "lastModifiedDate": "2026-11-10T15:05:00Z",
}


def test_a_company_note_tells_what_happened() -> None:
    assert translated("activities", NOTE) == [
        Activity(
            id="note:8001",
            company="174",
            name="Quarterly business review",
            kind="Meeting",
            is_done=True,
            member="Ada Byron",
            starts_at=datetime(2026, 11, 10, 14, 0, tzinfo=UTC),
            ends_at=datetime(2026, 11, 10, 15, 0, tzinfo=UTC),
            updated_at=datetime(2026, 11, 10, 15, 5, tzinfo=UTC),
        )
    ]


def test_a_company_note_of_a_time_to_come_is_a_plan() -> None:
    (found,) = translated("activities", {**NOTE, "startDateTime": "2026-12-10T14:00:00Z"})
    assert isinstance(found, Activity)
    assert found.is_done is False
    (found,) = translated("activities", {**NOTE, "startDateTime": None})
    assert isinstance(found, Activity)
    assert found.is_done is None


def test_our_own_notes_are_no_evidence() -> None:
    assert translated("activities", {**NOTE, "name": "7C score"}) == []


TO_DO = {
    "id": 8001,
    "companyID": 174,
    "activityDescription": "Quarterly business review\r\nAgenda follows.",
    "actionType": 2,
    "assignedToResourceID": 29682885,
    "startDateTime": "2026-12-10T14:00:00Z",
    "endDateTime": "2026-12-10T15:00:00Z",
    "completedDate": None,
    "lastModifiedDate": "2026-11-10T15:05:00Z",
}


def test_a_to_do_is_a_plan_until_it_is_completed_whatever_its_time() -> None:
    planned = Activity(
        id="todo:8001",
        company="174",
        name="Quarterly business review",
        kind="Meeting",
        is_done=False,
        member="Ada Byron",
        starts_at=datetime(2026, 12, 10, 14, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 10, 15, 0, tzinfo=UTC),
        updated_at=datetime(2026, 11, 10, 15, 5, tzinfo=UTC),
    )
    assert translated("to_dos", TO_DO) == [planned]
    (forgotten,) = translated("to_dos", {**TO_DO, "startDateTime": "2026-10-10T14:00:00Z"})
    assert isinstance(forgotten, Activity)
    assert forgotten.is_done is False
    (held,) = translated("to_dos", {**TO_DO, "completedDate": "2026-11-20T15:00:00.5"})
    assert isinstance(held, Activity)
    assert held.is_done is True


@pytest.mark.parametrize("text", [None, "", "  \r\n", "\u200b"])
def test_a_to_do_without_words_has_no_name(text: str | None) -> None:
    (found,) = translated("to_dos", {**TO_DO, "activityDescription": text, "assignedToResourceID": None})
    assert isinstance(found, Activity)
    assert found.name is None
    assert found.member is None


def test_of_a_to_dos_text_the_first_line_counts_and_not_without_end() -> None:
    (found,) = translated("to_dos", {**TO_DO, "activityDescription": "<b>Review</b> " + "x" * 900})
    assert isinstance(found, Activity)
    assert found.name is not None
    assert found.name.startswith("<b>Review</b> xxx")
    assert len(found.name) == 200


def test_notes_and_to_dos_of_one_number_are_two_activities() -> None:
    assert {record.id for name in ("activities", "to_dos") for record in translated(name, {"id": 8001})} == {
        "note:8001",
        "todo:8001",
    }

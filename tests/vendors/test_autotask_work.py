from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.autotask_psa.streams import STREAMS
from sevenc_sync.connect.stream import Context
from sevenc_sync.model import (
    Activity,
    Contract,
    ContractLine,
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
    "contract_type": {"7": "Recurring Service"},
    "contract_status": {"1": "Active"},
    "contract_period": {"m": "Monthly", "1": "Monthly"},
    "sla": {"1": "Standard SLA"},
    "service": {"12": "Managed Server"},
    "service_bundle": {"3": "Complete Care"},
}
ROWS: dict[tuple[str, str], dict[str, str | None]] = {
    ("ticket", "company"): {"351181": "174", "351182": None},
    ("phase", "company"): {"910": "175"},
    ("phase", "project"): {"910": "77"},
    ("contract", "company"): {"29683570": "176"},
    ("project", "company"): {"77": "175"},
}


def translated(
    stream: str, wire: dict[str, Any], *, now: datetime = NOW, **counts: dict[str, float]
) -> list[Record]:
    """The record as its stream translates it, with only the lists and rows that the stream asks for."""
    chosen = BY_NAME[stream]
    lists = {**NAMES, **{kind: {key: f"{n:g}" for key, n in found.items()} for kind, found in counts.items()}}
    lookups = {
        kind: {
            key: Lookup(id=f"{kind}:{key}", kind=kind, name=name) for key, name in lists.get(kind, {}).items()
        }
        for kind in chosen.lookups
    }
    record = msgspec.json.Decoder(chosen.wire).decode(msgspec.json.encode(wire))
    context = Context(now=now, lookups=lookups, rows={pair: ROWS[pair] for pair in chosen.related})
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
            id="8001",
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


CONTRACT = {
    "id": 29683570,
    "companyID": 176,
    "contractName": "Managed services",
    "contractType": 7,
    "contractPeriodType": "m",
    "status": 1,
    "startDate": "2026-01-01T00:00:00Z",
    "endDate": "2026-12-31T00:00:00Z",
    "serviceLevelAgreementID": 1,
    "lastModifiedDateTime": "2026-02-01T00:00:00Z",
}


def test_a_contract() -> None:
    assert translated("contracts", CONTRACT) == [
        Contract(
            id="29683570",
            company="176",
            name="Managed services",
            type="Recurring Service",
            status="Active",
            is_active=True,
            is_recurring=True,
            starts_on=datetime(2026, 1, 1, tzinfo=UTC),
            ends_on=datetime(2026, 12, 31, tzinfo=UTC),
            sla="Standard SLA",
            billing_cycle="Monthly",
            updated_at=datetime(2026, 2, 1, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(("status", "active"), [(1, True), (0, False), ("1", True), (9, None), (None, None)])
def test_a_contract_is_in_force_by_the_systems_own_statuses(
    status: int | str | None, active: bool | None
) -> None:
    (found,) = translated("contracts", {**CONTRACT, "status": status, "contractType": 1})
    assert isinstance(found, Contract)
    assert found.is_active is active
    assert found.is_recurring is None


SERVICE = {
    "id": 401,
    "contractID": 29683570,
    "serviceID": 12,
    "invoiceDescription": "Managed server, per server",
    "internalDescription": None,
    "unitPrice": 95.0000,
}


def test_a_service_on_a_contract_has_the_quantity_of_the_period_that_covers_today() -> None:
    counts = {"401/now": 4.0, "401/2026-10": 3.0}
    assert translated("contract_services", SERVICE, service_units=counts) == [
        ContractLine(
            id="service:401",
            company="176",
            contract="29683570",
            product="Managed Server",
            description="Managed server, per server",
            unit="service",
            quantity=4.0,
            bills=True,
        )
    ]


@pytest.mark.parametrize(
    ("counts", "quantity"),
    [
        ({}, None),
        ({"401/now": 0.0, "401/2026-10": 3.0}, 0.0),
        ({"401/2026-11": 5.0, "401/2026-10": 3.0}, 5.0),
        ({"401/2026-10": 3.0, "401/2026-09": 2.0}, 3.0),
        ({"401/2026-08": 2.0}, 2.0),
        ({"401/2026-07": 2.0}, None),
        ({"40/now": 9.0}, None),
    ],
)
def test_without_a_period_for_today_the_latest_one_before_counts(
    counts: dict[str, float], quantity: float | None
) -> None:
    (found,) = translated("contract_services", SERVICE, service_units=counts)
    assert isinstance(found, ContractLine)
    assert found.quantity == quantity


def test_the_latest_period_is_found_across_the_year() -> None:
    (found,) = translated(
        "contract_services",
        SERVICE,
        now=datetime(2027, 1, 2, tzinfo=UTC),
        service_units={"401/2026-11": 6.0},
    )
    assert isinstance(found, ContractLine)
    assert found.quantity == 6.0


def test_a_bundle_on_a_contract_is_a_line_of_its_own() -> None:
    bundle = {"id": 401, "contractID": 29683570, "serviceBundleID": 3, "internalDescription": "All in"}
    assert translated("contract_bundles", bundle, bundle_units={"401/now": 22.0}) == [
        ContractLine(
            id="service_bundle:401",
            company="176",
            contract="29683570",
            product="Complete Care",
            description="All in",
            unit="service bundle",
            quantity=22.0,
        )
    ]


@pytest.mark.parametrize(("price", "bills"), [(95.0, True), ("0.0000", False), (0, False), (None, None)])
def test_a_line_without_a_price_is_not_charged(price: float | str | None, bills: bool | None) -> None:
    (found,) = translated("contract_services", {**SERVICE, "unitPrice": price})
    assert isinstance(found, ContractLine)
    assert found.bills is bills


@pytest.mark.parametrize("stream", ["contract_services", "contract_bundles"])
def test_a_line_without_its_contract_cannot_be_kept(stream: str) -> None:
    with pytest.raises(ValueError, match="without its contract"):
        translated(stream, {"id": 401})


def units(starts: str | None, ends: str | None, count: float | None = 4) -> list[Record]:
    row = {
        "id": 1,
        "contractServiceID": 401,
        "startDate": starts and f"{starts}T00:00:00Z",
        "endDate": ends and f"{ends}T00:00:00Z",
        "units": count,
    }
    return translated("contract_service_units", row)


@pytest.mark.parametrize(
    ("starts", "ends", "period"),
    [
        ("2026-11-01", "2026-11-30", "now"),
        ("2026-11-22", "2026-11-22", "now"),  # first and last day count
        ("2026-11-01", "2026-11-21", "2026-11"),
        ("2026-10-01", "2026-10-31", "2026-10"),
        ("2026-01-01", "2026-12-31", "now"),
    ],
)
def test_units_are_known_by_the_period_that_they_are_for(starts: str, ends: str, period: str) -> None:
    assert units(starts, ends) == [Lookup(id=f"service_units:401/{period}", kind="service_units", name="4")]


@pytest.mark.parametrize(
    ("starts", "ends", "count"),
    [
        ("2026-11-23", "2026-12-22", 4),  # written ahead
        (None, "2026-11-30", 4),
        ("2026-11-01", None, 4),
        ("2026-11-01", "2026-11-30", None),
    ],
)
def test_units_that_say_nothing_of_today_or_before_are_left_out(
    starts: str | None, ends: str | None, count: float | None
) -> None:
    assert units(starts, ends, count) == []


def test_units_of_bundles_are_a_kind_of_their_own() -> None:
    row = {"id": 1, "contractServiceBundleID": 401, "units": 2.5}
    dates = {"startDate": "2026-11-01T00:00:00", "endDate": "2026-11-30T00:00:00"}
    assert translated("contract_bundle_units", {**row, **dates}) == [
        Lookup(id="bundle_units:401/now", kind="bundle_units", name="2.5")
    ]


@given(
    now=st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
    counts=st.lists(st.integers(0, 50), min_size=4, max_size=4),
    adjusted_on=st.none() | st.integers(2, 28),
)
def test_the_quantity_is_the_one_in_force_today_however_periods_were_split(
    now: datetime, counts: list[int], adjusted_on: int | None
) -> None:
    today = now.replace(tzinfo=UTC)
    begins = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    periods = []
    for count in counts:
        following = (begins + timedelta(days=32)).replace(day=1)
        periods.append((begins, following - timedelta(days=1), count))
        begins = (begins - timedelta(days=1)).replace(day=1)
    if adjusted_on is not None:
        first, last, count = periods[0]
        change = first.replace(day=adjusted_on)
        periods[:1] = [(first, change - timedelta(days=1), count), (change, last, count + 100)]
    stored: dict[str, float] = {}
    for starts, ends, count in periods:
        row: dict[str, Any] = {"id": 1, "contractServiceID": 401, "units": count}
        row |= {"startDate": f"{starts:%Y-%m-%dT00:00:00Z}", "endDate": f"{ends:%Y-%m-%dT00:00:00Z}"}
        for entry in translated("contract_service_units", row, now=today):
            assert isinstance(entry, Lookup)
            stored[entry.id.removeprefix("service_units:")] = float(entry.name)
    (line,) = translated("contract_services", SERVICE, now=today, service_units=stored)
    assert isinstance(line, ContractLine)
    in_force = [count for starts, ends, count in periods if starts.date() <= today.date() <= ends.date()]
    assert [line.quantity] == in_force

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.connectwise_psa.streams import STREAMS
from sevenc_sync.connect.stream import Context, Parent
from sevenc_sync.model import (
    Contract,
    ContractLine,
    Lookup,
    Record,
    Ticket,
)

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
BY_NAME = {stream.name: stream for stream in STREAMS}

# As records come: links to other hosts with doubled slashes, padded names, keys that nobody asked for.
INFO = {
    "lastUpdated": "2026-11-20T08:15:30Z",
    "updatedBy": "member1        ",
    "dateEntered": "2024-02-01T00:00:00Z",
    "enteredBy": "member1",
    "notes_href": "https://other.host.test/v2025_1//apis/3.0//company/companies/250/notes",
}
UPDATED = datetime(2026, 11, 20, 8, 15, 30, tzinfo=UTC)
ENTERED = datetime(2024, 2, 1, tzinfo=UTC)

BOARD = Parent("board:7", None, {"kind": "board"})
AGREEMENT = Parent("40", "250", {"company": "250"})


def translated(
    stream: str,
    wire: dict[str, Any],
    *,
    parent: Parent | None = None,
    lookups: dict[str, dict[str, Lookup]] | None = None,
) -> list[Record]:
    """The record as its stream translates it, by way of the bytes that the server would send."""
    chosen = BY_NAME[stream]
    record = msgspec.json.Decoder(chosen.wire).decode(msgspec.json.encode(wire))
    return list(chosen.to_canonical(record, Context(now=NOW, parent=parent, lookups=lookups or {})))


def nulls(record: dict[str, Any], *keep: str) -> dict[str, Any]:
    """The same record with null for everything else."""
    return {key: value if key in keep else None for key, value in record.items()}


def blanks(record: dict[str, Any], *keep: str) -> dict[str, Any]:
    """The same record with "" for every scalar that is not kept, and no references."""
    return {
        key: value if key in keep else ""
        for key, value in record.items()
        if key in keep or not isinstance(value, (dict, list))
    }


TICKET = {
    "id": 404,
    "summary": "Printer\r\nis\x00 broken",
    "recordType": "ServiceTicket",
    "board": {"id": 7, "name": "Help Desk", "_info": {"board_href": "https://x.test//service/boards/7"}},
    "status": {"id": 17, "name": "Closed", "Sort": 12},
    "company": {"id": 250, "identifier": "acme", "name": "Acme"},
    "type": {"id": 33, "name": "Incident"},
    "subType": {"id": 5, "name": "Printer"},
    "owner": {"id": 3, "identifier": "jdoe ", "name": "Jane Doe"},
    "priority": {"id": 3, "name": "Priority 1", "sort": 1, "level": "High"},
    "source": {"id": 2, "name": "Email"},
    "agreement": {"id": 40, "name": "Managed", "type": "Managed services", "chargeFirmFlag": False},
    "closedDate": "2026-11-19T16:00:00Z",
    "closedFlag": True,
    "actualHours": 1.25,
    "dateResolved": "2026-11-19T15:00:00Z",
    "dateResponded": "2026-11-19T09:30:00Z",
    "respondByGoalUTC": "2026-11-19T10:00:00Z",
    "resolutionGoalUTC": "2026-11-20T10:00:00Z",
    "isInSla": True,
    "sla": {"id": 1, "name": "Standard"},
    "slaStatus": "Resolve by Tue 10/04 11:00 PM UTC-05",
    "parentTicketId": 400,
    "mergedParentTicket": {"id": 401, "summary": "Printers"},
    "_info": INFO,
}
LISTS = {
    "board_type": {
        "7/33": Lookup(id="board_type:7/33", kind="board_type", name="Incident", meaning="Reactive"),
        "8/33": Lookup(id="board_type:8/33", kind="board_type", name="Incident", meaning="Proactive"),
    },
    "priority": {"3": Lookup(id="priority:3", kind="priority", name="Priority 1", meaning="critical")},
}


def test_a_ticket() -> None:
    assert translated("tickets", TICKET, lookups=LISTS) == [
        Ticket(
            id="404",
            company="250",
            number="404",
            summary="Printer\nis broken",
            board="Help Desk",
            type="Incident",
            subtype="Printer",
            category="Reactive",
            source="Email",
            status="Closed",
            priority="Priority 1",
            priority_level="high",
            is_closed=True,
            opened_at=ENTERED,
            responded_at=datetime(2026, 11, 19, 9, 30, tzinfo=UTC),
            respond_due_at=datetime(2026, 11, 19, 10, tzinfo=UTC),
            resolved_at=datetime(2026, 11, 19, 15, tzinfo=UTC),
            resolve_due_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
            closed_at=datetime(2026, 11, 19, 16, tzinfo=UTC),
            updated_at=UPDATED,
            sla="Standard",
            met_sla=True,
            owner="jdoe",
            hours=1.25,
            contract="40",
            merged_into="401",
            parent="400",
        )
    ]


def test_a_ticket_with_nothing_but_its_id() -> None:
    bare = [Ticket(id="404", company=None, number="404")]
    assert translated("tickets", {"id": 404}, lookups=LISTS) == bare
    assert translated("tickets", nulls(TICKET, "id"), lookups=LISTS) == bare
    assert translated("tickets", blanks(TICKET, "id"), lookups=LISTS) == bare


def test_references_may_be_empty_too() -> None:
    hollow: dict[str, Any] = {key: {} if isinstance(value, dict) else None for key, value in TICKET.items()}
    assert translated("tickets", {**hollow, "id": 404}) == [Ticket(id="404", company=None, number="404")]


@pytest.mark.parametrize("kind", ["ProjectTicket", "ProjectIssue"])
def test_a_project_ticket_is_left_out_though_the_server_ignored_the_condition(kind: str) -> None:
    assert translated("tickets", {**TICKET, "recordType": kind}) == []


def one_ticket(**changes: Any) -> Ticket:
    (found,) = translated("tickets", {**TICKET, **changes}, lookups=LISTS)
    assert isinstance(found, Ticket)
    return found


@pytest.mark.parametrize("kind", ["ServiceTicket", "serviceticket", "", None])
def test_a_service_ticket_is_one_however_its_kind_is_written(kind: str | None) -> None:
    assert [record.id for record in translated("tickets", {"id": 404, "recordType": kind})] == ["404"]


def test_an_open_ticket_has_no_time_of_closing_though_it_was_closed_once() -> None:
    assert one_ticket(closedFlag=False).closed_at is None
    assert one_ticket(closedFlag=None).closed_at is not None


def test_the_sla_verdict_says_nothing_without_an_sla() -> None:
    assert one_ticket(sla=None).met_sla is None
    assert one_ticket(isInSla=False).met_sla is False
    assert one_ticket(isInSla=None).met_sla is None


def test_no_hours_is_a_number_of_hours() -> None:
    assert one_ticket(actualHours=0.0).hours == 0
    assert one_ticket(actualHours="2.50").hours == 2.5
    assert one_ticket(actualHours=None).hours is None


def test_a_priority_without_a_level_gets_it_from_the_list() -> None:
    assert one_ticket(priority={"id": 3, "name": "Priority 1"}).priority_level == "critical"
    assert one_ticket(priority={"id": 3, "name": "Priority 1", "level": "Odd"}).priority_level == "critical"
    assert one_ticket(priority={"id": 99, "name": "Priority 9"}).priority_level is None


def test_the_category_is_that_of_the_type_on_this_board() -> None:
    assert one_ticket(board={"id": 8, "name": "Other"}).category == "Proactive"
    assert one_ticket(board={"id": 9, "name": "Third"}).category is None
    assert one_ticket(type=None).category is None


def test_number_nought_points_nowhere() -> None:
    ticket = one_ticket(
        parentTicketId=0, company={"id": 0}, mergedParentTicket={"id": 0}, agreement={"id": 0}
    )
    assert (ticket.parent, ticket.company, ticket.merged_into, ticket.contract) == (None, None, None, None)


AGREEMENT_WIRE = {
    "id": 40,
    "name": "Managed services",
    "type": {"id": 2, "name": "Managed"},
    "company": {"id": 250, "identifier": "acme", "name": "Acme"},
    "agreementStatus": "Active",
    "cancelledFlag": False,
    "startDate": "2024-01-01T00:00:00Z",
    "endDate": "2026-12-31T00:00:00Z",
    "noEndingDateFlag": False,
    "billOneTimeFlag": False,
    "sla": {"id": 1, "name": "Standard"},
    "billingCycle": {"id": 2, "name": "Monthly"},
    "_info": {"lastUpdated": "2026-11-20T08:15:30Z", "createdDate": "2024-01-01T00:00:00Z"},
}


def test_an_agreement() -> None:
    assert translated("agreements", AGREEMENT_WIRE) == [
        Contract(
            id="40",
            company="250",
            name="Managed services",
            type="Managed",
            status="Active",
            is_active=True,
            is_recurring=True,
            starts_on=datetime(2024, 1, 1, tzinfo=UTC),
            ends_on=datetime(2026, 12, 31, tzinfo=UTC),
            sla="Standard",
            billing_cycle="Monthly",
            updated_at=UPDATED,
        )
    ]


def test_an_agreement_with_nothing_but_its_id() -> None:
    bare = [Contract(id="40", company=None)]
    assert translated("agreements", {"id": 40}) == bare
    assert translated("agreements", nulls(AGREEMENT_WIRE, "id")) == bare
    assert translated("agreements", blanks(AGREEMENT_WIRE, "id")) == bare


@pytest.mark.parametrize(
    ("changes", "active"),
    [
        ({"agreementStatus": "Expired"}, False),  # with cancelledFlag false, as it was seen
        ({"agreementStatus": "Inactive"}, False),
        ({"agreementStatus": "Active", "cancelledFlag": True}, False),
        ({"agreementStatus": None, "cancelledFlag": True}, False),
        ({"agreementStatus": None, "cancelledFlag": False}, None),
    ],
)
def test_an_agreement_is_in_force_by_its_status(changes: dict[str, Any], active: bool | None) -> None:
    (found,) = translated("agreements", {**AGREEMENT_WIRE, **changes})
    assert isinstance(found, Contract)
    assert found.is_active is active


def test_the_dates_of_an_agreement_count_only_with_their_flags() -> None:
    (endless,) = translated("agreements", {**AGREEMENT_WIRE, "noEndingDateFlag": True})
    assert isinstance(endless, Contract)
    assert endless.ends_on is None
    cancelled = {**AGREEMENT_WIRE, "dateCancelled": "2026-06-30T00:00:00Z"}
    (going_on,) = translated("agreements", cancelled)
    assert isinstance(going_on, Contract)
    assert going_on.cancelled_on is None
    (ended,) = translated("agreements", {**cancelled, "cancelledFlag": True})
    assert isinstance(ended, Contract)
    assert ended.cancelled_on == datetime(2026, 6, 30, tzinfo=UTC)


ADDITION = {
    "id": 71,
    "product": {"id": 5, "identifier": "BACKUP-SRV", "serializedFlag": False},
    "description": "Server backup",
    "uom": "Each",
    "quantity": 3.0,
    "billCustomer": "Billable",
    "effectiveDate": "2024-01-01T00:00:00Z",
    "cancelledDate": "2026-10-31T00:00:00Z",
    "agreementId": 40,
    "additionStatus": "Active",
    "_info": {"lastUpdated": "2026-11-20T08:15:30Z"},
}


def test_an_addition_belongs_to_the_company_of_its_agreement() -> None:
    assert translated("additions", ADDITION, parent=AGREEMENT) == [
        ContractLine(
            id="71",
            company="250",
            contract="40",
            product="BACKUP-SRV",
            description="Server backup",
            unit="Each",
            quantity=3,
            bills=True,
            starts_on=datetime(2024, 1, 1, tzinfo=UTC),
            cancelled_on=datetime(2026, 10, 31, tzinfo=UTC),
            updated_at=UPDATED,
        )
    ]


def test_an_addition_with_nothing_but_its_id() -> None:
    bare = [ContractLine(id="71", company="250", contract="40")]
    assert translated("additions", {"id": 71}, parent=AGREEMENT) == bare
    assert translated("additions", nulls(ADDITION, "id"), parent=AGREEMENT) == bare
    assert translated("additions", blanks(ADDITION, "id"), parent=AGREEMENT) == bare


@pytest.mark.parametrize(
    ("word", "bills"), [("DoNotBill", False), ("NoCharge", False), ("Billable", True), ("New word", None)]
)
def test_an_addition_bills_by_the_vendors_word(word: str, bills: bool | None) -> None:
    (found,) = translated("additions", {**ADDITION, "billCustomer": word}, parent=AGREEMENT)
    assert isinstance(found, ContractLine)
    assert found.bills is bills


def test_a_quantity_of_nought_is_a_quantity() -> None:
    (found,) = translated("additions", {**ADDITION, "quantity": 0}, parent=AGREEMENT)
    assert isinstance(found, ContractLine)
    assert found.quantity == 0


@pytest.mark.parametrize("stream", ["board_types", "additions"])
def test_a_record_without_the_one_above_it_cannot_be_kept(stream: str) -> None:
    with pytest.raises(ValueError, match="without its"):
        translated(stream, {"id": 1, "name": "x"})


@pytest.mark.parametrize("stream", sorted(BY_NAME))
def test_a_record_without_an_id_cannot_be_read(stream: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="id"):
        translated(stream, {"name": "x"}, parent=BOARD)


def test_a_time_that_is_none_is_told_by_a_value_error() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        translated("tickets", {**TICKET, "closedDate": "yesterday"})

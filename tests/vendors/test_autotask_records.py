from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.autotask_psa.streams import STREAMS
from sevenc_sync.connect.stream import Context
from sevenc_sync.model import Asset, Company, Lookup, Record, Ticket

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
BY_NAME = {stream.name: stream for stream in STREAMS}


def entries(*pairs: tuple[str, int | str, str], **meanings: str) -> dict[str, dict[str, Lookup]]:
    """List entries by kind and value."""
    found: dict[str, dict[str, Lookup]] = {}
    for kind, value, name in pairs:
        entry = Lookup(id=f"{kind}:{value}", kind=kind, name=name, meaning=meanings.get(name))
        found.setdefault(kind, {})[str(value)] = entry
    return found


LISTS = entries(
    ("company_type", 1, "Customer"),
    ("company_field", "tier=2", "Gold"),
    ("ticket_queue", 29683482, "Help Desk"),
    ("issue_type", 10, "Computer"),
    ("sub_issue_type", 136, "Performance"),
    ("ticket_type", 2, "Incident"),
    ("ticket_source", 4, "Email"),
    ("ticket_status", 5, "Complete"),
    ("ticket_priority", 1, "High"),
    ("sla", 1, "Standard SLA"),
    ("resource", 29682885, "Ada Byron"),
    ("asset_type", 1, "Server"),
    ("manufacturer", 30, "Dell Inc."),
    ("model", 77, "PowerEdge T340"),
    High="high",
)


def translated(
    stream: str, wire: dict[str, Any], lists: dict[str, dict[str, Lookup]] = LISTS
) -> list[Record]:
    """The record as its stream translates it, by way of the bytes that the server would send."""
    chosen = BY_NAME[stream]
    record = msgspec.json.Decoder(chosen.wire).decode(msgspec.json.encode(wire))
    wanted = {kind: lists[kind] for kind in chosen.lookups if kind in lists}
    return list(chosen.to_canonical(record, Context(now=NOW, lookups=wanted)))


COMPANY = {
    "id": 174,
    "companyName": "Acme\u00a0Ltd ",
    "companyNumber": "10042",
    "companyType": 1,
    "isActive": True,
    "createDate": "2016-03-30T13:10:35.563",
    "lastActivityDate": "2026-11-20T08:15:30.2Z",
    "territoryID": None,
    "address1": "",
    "soapParentPropertyId": None,
    "userDefinedFields": [
        {"name": "DR Plan Date", "value": "2026-01-15T00:00:00Z"},
        {"name": "Tier", "value": "2"},
        {"name": "Discount", "value": "0.0000"},
        {"name": "CRM ID", "value": None},
        {"name": "", "value": "nameless"},
    ],
}


def test_a_company() -> None:
    assert translated("companies", COMPANY) == [
        Company(
            id="174",
            name="Acme Ltd",
            types="Customer",
            is_active=True,
            is_msp=False,
            created_at=datetime(2016, 3, 30, 13, 10, 35, 563000, tzinfo=UTC),
            updated_at=datetime(2026, 11, 20, 8, 15, 30, 200000, tzinfo=UTC),
            external={"accounting": "10042"},
            custom={
                "DR Plan Date": "2026-01-15T00:00:00Z",
                "Tier": "Gold",
                "Discount": 0.0,
                "CRM ID": None,
            },
        )
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2026.0000", 2026.0),
        ("-1.2500", -1.25),
        ("2026", "2026"),
        ("1.2.0000", "1.2.0000"),
        ("0042.00", "0042.00"),
        ("9" * 400 + ".0000", "9" * 400 + ".0000"),
        (" text ", "text"),
        (True, True),
        ([1], None),
    ],
)
def test_a_number_of_the_msps_own_is_known_by_its_four_places(value: object, shown: object) -> None:
    fields = [{"name": "Seats", "value": value}]
    (found,) = translated("companies", {**COMPANY, "userDefinedFields": fields})
    assert isinstance(found, Company)
    assert found.custom == {"Seats": shown}


def test_the_msps_own_company_has_the_id_0() -> None:
    (own,) = translated("companies", {"id": 0, "companyName": "The MSP"})
    assert own == Company(id="0", name="The MSP", is_msp=True)


def nulls(record: dict[str, Any], *keep: str) -> dict[str, Any]:
    """The same record with null for everything else."""
    return {key: value if key in keep else None for key, value in record.items()}


def blanks(record: dict[str, Any], *keep: str) -> dict[str, Any]:
    """The same record with "" for every text that is not kept, and null for the rest."""
    return {
        key: value if key in keep else "" if isinstance(value, str) else None for key, value in record.items()
    }


def test_a_company_without_a_name_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="companyName is empty"):
        translated("companies", {"id": 174, "companyName": " "})


def test_a_list_that_could_not_be_read_leaves_its_words_unsaid() -> None:
    (found,) = translated("companies", COMPANY, {})
    assert isinstance(found, Company)
    assert found.types is None
    assert found.custom is not None
    assert found.custom["Tier"] == "2"


TICKET = {
    "id": 351181,
    "companyID": 174,
    "ticketNumber": "T20260915.0001",
    "title": "Server is slow",
    "queueID": 29683482,
    "issueType": 10,
    "subIssueType": 136,
    "ticketType": 2,
    "source": 4,
    "status": 5,
    "priority": 1,
    "createDate": "2026-09-15T14:57:50.113Z",
    "firstResponseDateTime": "2026-09-15T15:10:00Z",
    "firstResponseDueDateTime": "2026-09-15T15:57:50Z",
    "resolvedDateTime": "2026-09-16T09:00:00Z",
    "resolvedDueDateTime": "2026-09-16T14:57:50Z",
    "completedDate": "2026-09-16T09:05:00Z",
    "lastActivityDate": "2026-09-16T09:05:01Z",
    "serviceLevelAgreementID": 1,
    "serviceLevelAgreementHasBeenMet": True,
    "assignedResourceID": 29682885,
    "contractID": 29683570,
    "configurationItemID": 5001,
    "userDefinedFields": [],
}


def test_a_ticket() -> None:
    assert translated("tickets", TICKET) == [
        Ticket(
            id="351181",
            company="174",
            number="T20260915.0001",
            summary="Server is slow",
            board="Help Desk",
            type="Computer",
            subtype="Performance",
            category="Incident",
            source="Email",
            status="Complete",
            priority="High",
            priority_level="high",
            is_closed=True,
            opened_at=datetime(2026, 9, 15, 14, 57, 50, 113000, tzinfo=UTC),
            responded_at=datetime(2026, 9, 15, 15, 10, tzinfo=UTC),
            respond_due_at=datetime(2026, 9, 15, 15, 57, 50, tzinfo=UTC),
            resolved_at=datetime(2026, 9, 16, 9, 0, tzinfo=UTC),
            resolve_due_at=datetime(2026, 9, 16, 14, 57, 50, tzinfo=UTC),
            closed_at=datetime(2026, 9, 16, 9, 5, tzinfo=UTC),
            updated_at=datetime(2026, 9, 16, 9, 5, 1, tzinfo=UTC),
            sla="Standard SLA",
            met_sla=True,
            owner="Ada Byron",
            contract="29683570",
            asset="5001",
        )
    ]


def one_ticket(**changes: object) -> Ticket:
    (found,) = translated("tickets", {**TICKET, **changes})
    assert isinstance(found, Ticket)
    return found


def test_only_the_status_says_that_a_ticket_is_closed() -> None:
    opened_again = one_ticket(status=8)
    assert opened_again.is_closed is False
    assert opened_again.closed_at is None
    assert one_ticket(status=None).is_closed is True
    assert one_ticket(status=None, completedDate=None).is_closed is None
    assert one_ticket(status="5").is_closed is True


def test_the_verdict_on_an_sla_counts_only_at_the_end_and_with_an_sla() -> None:
    assert one_ticket(serviceLevelAgreementHasBeenMet=False).met_sla is False
    assert one_ticket(serviceLevelAgreementHasBeenMet=None).met_sla is None
    assert one_ticket(status=1, serviceLevelAgreementHasBeenMet=False).met_sla is None
    assert one_ticket(serviceLevelAgreementID=None).met_sla is None
    assert one_ticket(serviceLevelAgreementID=None).sla is None


def test_an_sla_and_a_person_without_a_known_name_are_shown_by_number() -> None:
    (found,) = translated("tickets", TICKET, {})
    assert isinstance(found, Ticket)
    assert (found.sla, found.met_sla, found.owner) == ("1", True, "29682885")
    assert (found.board, found.status, found.priority, found.priority_level) == (None, None, None, None)


DEVICE = {
    "id": 2001,
    "companyID": 174,
    "referenceTitle": "ACME-DC1",
    "configurationItemType": 1,
    "isActive": True,
    "serialNumber": "ABC1234",
    "installDate": "2022-12-06T00:00:00Z",
    "warrantyExpirationDate": "2027-12-06T00:00:00Z",
    "lastModifiedTime": "2026-11-20T08:15:30Z",
    "rmmDeviceAuditHostname": "acme-dc1",
    "rmmDeviceAuditMacAddress": "00:11:22:33:44:55",
    "rmmDeviceAuditManufacturerID": 30,
    "rmmDeviceAuditModelID": 77,
    "rmmDeviceAuditOperatingSystem": "Microsoft Windows Server 2019 Standard",
    "dattoHostname": "",
    "dattoSerialNumber": None,
    "dattoLastCheckInDateTime": None,
}


def test_a_device() -> None:
    assert translated("configuration_items", DEVICE) == [
        Asset(
            id="2001",
            company="174",
            name="ACME-DC1",
            type="Server",
            is_active=True,
            host_name="acme-dc1",
            serial="ABC1234",
            mac="00:11:22:33:44:55",
            manufacturer="Dell Inc.",
            model="PowerEdge T340",
            os="Microsoft Windows Server 2019 Standard",
            installed_on=datetime(2022, 12, 6, tzinfo=UTC),
            warranty_ends_on=datetime(2027, 12, 6, tzinfo=UTC),
            updated_at=datetime(2026, 11, 20, 8, 15, 30, tzinfo=UTC),
        )
    ]


def test_a_datto_device_is_known_by_what_datto_says() -> None:
    datto = {
        "id": 2002,
        "companyID": 174,
        "dattoHostname": "acme-siris",
        "dattoSerialNumber": "D0CA11",
        "dattoLastCheckInDateTime": "2026-11-22T18:00:00Z",
    }
    assert translated("configuration_items", datto) == [
        Asset(
            id="2002",
            company="174",
            name="acme-siris",
            host_name="acme-siris",
            serial="D0CA11",
            last_seen_at=datetime(2026, 11, 22, 18, 0, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(
    ("stream", "record", "keep"),
    [
        ("companies", COMPANY, ("id", "companyName")),
        ("tickets", TICKET, ("id",)),
        ("configuration_items", DEVICE, ("id",)),
    ],
)
def test_missing_null_and_empty_values_are_alike(
    stream: str, record: dict[str, Any], keep: tuple[str, ...]
) -> None:
    bare = translated(stream, {key: record[key] for key in keep})
    assert translated(stream, nulls(record, *keep)) == bare
    assert translated(stream, blanks(record, *keep)) == bare
    (found,) = bare
    said = {name for name in type(found).__struct_fields__ if getattr(found, name) is not None}
    assert said <= {"id", "name", "is_msp"}


@pytest.mark.parametrize("value", ["not a time", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_cannot_be_kept(value: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month"):
        translated("tickets", {"id": 1, "createDate": value})


def test_a_record_without_an_id_cannot_be_kept() -> None:
    for stream in STREAMS:
        with pytest.raises(msgspec.ValidationError):
            translated(stream.name, {})


# -- lists


def field(name: str, *values: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "dataType": "integer", "isPickList": True, "picklistValues": list(values)}


def value(number: int, label: str, **more: Any) -> dict[str, Any]:
    blank = {"isDefaultValue": False, "sortOrder": 1, "parentValue": "", "isActive": True, "isSystem": True}
    return {"value": str(number), "label": label, **blank, **more}


def test_a_lists_values_are_known_by_kind_and_value() -> None:
    found = translated("ticket_lists", field("status", value(1, "New"), value(5, "Complete", isActive=False)))
    assert found == [
        Lookup(id="ticket_status:1", kind="ticket_status", name="New", is_active=True),
        Lookup(id="ticket_status:5", kind="ticket_status", name="Complete", is_active=False),
    ]


@pytest.mark.parametrize(
    ("stream", "name", "kind"),
    [
        ("company_lists", "companyType", "company_type"),
        ("ticket_lists", "serviceLevelAgreementID", "sla"),
        ("configuration_item_lists", "rmmDeviceAuditManufacturerID", "manufacturer"),
        ("contract_lists", "status", "contract_status"),
        ("project_lists", "status", "project_status"),
        ("task_lists", "status", "task_status"),
        ("note_lists", "actionType", "note_action"),
        ("to_do_lists", "actionType", "to_do_action"),
    ],
)
def test_equal_names_of_fields_are_kinds_of_their_own_in_each_collection(
    stream: str, name: str, kind: str
) -> None:
    (entry,) = translated(stream, field(name, value(1, "One")))
    assert isinstance(entry, Lookup)
    assert (entry.kind, entry.id) == (kind, f"{kind}:1")


def test_a_fields_spelling_does_not_matter() -> None:
    for name in ("queueID", "QueueID", "queueid"):
        assert len(translated("ticket_lists", field(name, value(8, "Help Desk")))) == 1


def test_fields_that_are_not_used_or_have_no_list_give_nothing() -> None:
    assert translated("ticket_lists", field("creatorType", value(1, "Resource"))) == []
    assert translated("ticket_lists", {"name": "status", "picklistValues": None}) == []
    assert translated("ticket_lists", {"name": "status"}) == []
    assert (
        translated("ticket_lists", field("status", {"value": "1", "label": ""}, {"label": "No value"})) == []
    )


def test_a_sub_issue_knows_its_issue() -> None:
    (entry,) = translated("ticket_lists", field("subIssueType", value(136, "Performance", parentValue="10")))
    assert entry == Lookup(
        id="sub_issue_type:136",
        kind="sub_issue_type",
        name="Performance",
        parent="issue_type:10",
        is_active=True,
    )


@pytest.mark.parametrize(
    ("label", "level"),
    [
        ("Critical", "critical"),
        ("1 - High", "high"),
        ("MEDIUM", "medium"),
        ("P4 (low)", "low"),
        ("Highest", None),
        ("High or Low", None),
        ("Planned", None),
    ],
)
def test_a_prioritys_level_is_the_one_that_its_label_names(label: str, level: str | None) -> None:
    (entry,) = translated("ticket_lists", field("priority", value(1, label)))
    assert isinstance(entry, Lookup)
    assert entry.meaning == level


def test_the_values_of_the_companies_own_fields_are_known_by_the_fields_name() -> None:
    found = translated("company_fields", field(" Tier ", value(2, "Gold")))
    assert found == [Lookup(id="company_field:tier=2", kind="company_field", name="Gold", is_active=True)]


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        ("work_types", "work_type"),
        ("roles", "role"),
        ("services", "service"),
        ("service_bundles", "service_bundle"),
    ],
)
def test_records_that_are_used_for_their_names(stream: str, kind: str) -> None:
    assert translated(stream, {"id": 7, "name": " Managed\u200b Server ", "isActive": False}) == [
        Lookup(id=f"{kind}:7", kind=kind, name="Managed Server", is_active=False)
    ]
    with pytest.raises(ValueError, match="name is empty"):
        translated(stream, {"id": 7})


def test_a_person_is_called_by_both_names() -> None:
    person = {"id": 29682885, "firstName": "Ada", "lastName": "Byron", "isActive": True}
    assert translated("resources", person) == [
        Lookup(id="resource:29682885", kind="resource", name="Ada Byron", is_active=True)
    ]
    with pytest.raises(ValueError, match="are empty"):
        translated("resources", {"id": 1, "firstName": ""})

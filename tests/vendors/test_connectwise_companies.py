from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.connectwise_psa.streams import STREAMS
from sevenc_sync.connect.stream import Context, Parent
from sevenc_sync.model import (
    Company,
    Lookup,
    Record,
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

STATUSES = {
    "company_status": {
        "1": Lookup(id="company_status:1", kind="company_status", name="Active", is_active=True),
        "2": Lookup(id="company_status:2", kind="company_status", name="Left us", is_active=False),
    }
}
BOARD = Parent("board:7", None, {"kind": "board"})


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


COMPANY = {
    "id": 250,
    "identifier": "acme",
    "name": "Acme\u00a0Ltd ",
    "status": {"id": 1, "name": "Active", "_info": {"status_href": "https://x.test"}},
    "types": [{"id": 4, "name": "Client"}, {"id": 9, "name": "Bronze"}],
    "deletedFlag": False,
    "dateDeleted": "2024-02-01T00:00:00Z",
    "isVendorFlag": False,
    "numberOfEmployees": 42,
    "accountNumber": "10042",
    "customFields": [
        {"id": 7, "caption": "DR plan date ", "type": "Date", "value": "2026-01-15T00:00:00Z"},
        {"id": 8, "caption": "Tier", "type": "Text", "value": "Gold"},
        {"id": 9, "caption": "Seats", "type": "Number", "value": 40.0},
        {"id": 10, "caption": "Co-managed", "type": "Checkbox", "value": False},
        {"id": 11, "caption": "Nothing yet", "type": "Text"},
        {"id": 12, "caption": "Old servers", "type": "Text", "value": None},
        {"id": 13, "caption": "", "type": "Text", "value": "nameless"},
    ],
    "_info": INFO,
}


def test_a_company() -> None:
    assert translated("companies", COMPANY, lookups=STATUSES) == [
        Company(
            id="250",
            name="Acme Ltd",
            types="Bronze; Client",
            status="Active",
            is_active=True,
            is_vendor=False,
            seats=42,
            created_at=ENTERED,
            updated_at=UPDATED,
            external={"accounting": "10042"},
            custom={
                "DR plan date": "2026-01-15T00:00:00Z",
                "Tier": "Gold",
                "Seats": 40.0,
                "Co-managed": False,
                "Nothing yet": None,
                "Old servers": None,
            },
        )
    ]


def test_a_company_with_nothing_but_its_id_and_short_name() -> None:
    assert translated("companies", {"id": 1, "identifier": "acme"}) == [Company(id="1", name="acme")]


def test_missing_null_and_empty_values_of_a_company_are_alike() -> None:
    bare = translated("companies", {"id": 250, "name": "Acme"})
    assert translated("companies", {**nulls(COMPANY, "id"), "name": "Acme"}) == bare
    assert translated("companies", {**blanks(COMPANY, "id"), "name": "Acme"}) == bare


def test_a_company_without_any_name_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="name is empty"):
        translated("companies", {"id": 1, "name": " ", "identifier": ""})


@pytest.mark.parametrize(
    ("changes", "active"),
    [
        ({"deletedFlag": True}, False),
        ({"deletedFlag": "True"}, False),
        ({"status": {"id": 2, "name": "Left us"}}, False),
        ({"status": {"id": 3, "name": "Not in the list"}}, None),
        ({"status": None}, True),
        ({"status": None, "deletedFlag": None}, None),
    ],
)
def test_a_company_is_active_unless_deleted_or_in_an_inactive_status(
    changes: dict[str, Any], active: bool | None
) -> None:
    (found,) = translated("companies", {**COMPANY, **changes}, lookups=STATUSES)
    assert isinstance(found, Company)
    assert found.is_active is active


def test_nobody_knows_whether_a_company_is_active_while_the_list_of_statuses_cannot_be_read() -> None:
    (found,) = translated("companies", COMPANY)
    assert isinstance(found, Company)
    assert found.is_active is None


@pytest.mark.parametrize(
    ("employees", "seats"), [(0, None), ("12", 12), (None, None), ("", None), (-4, None), (0.4, None)]
)
def test_no_employees_means_that_nobody_filled_it_in(employees: object, seats: int | None) -> None:
    (found,) = translated("companies", {**COMPANY, "numberOfEmployees": employees})
    assert isinstance(found, Company)
    assert found.seats == seats


def test_of_two_fields_with_one_caption_the_filled_one_counts() -> None:
    fields = [
        {"caption": "Tier"},
        {"caption": "Tier ", "value": "Gold"},
        {"caption": "Tier", "value": "Iron"},
    ]
    (found,) = translated("companies", {**COMPANY, "customFields": fields})
    assert isinstance(found, Company)
    assert found.custom == {"Tier": "Gold"}


@pytest.mark.parametrize("value", [{"a": 1}, [], [1, 2], None, "", " \r\n", 10**30, -(10**400)])
def test_a_custom_value_that_nobody_can_have_meant_is_left_empty(value: object) -> None:
    (found,) = translated("companies", {**COMPANY, "customFields": [{"caption": "Odd", "value": value}]})
    assert isinstance(found, Company)
    assert found.custom == {"Odd": None}


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("Text", "Größe \u200e漢字", "Größe 漢字"),
        ("TextArea", "<b>one</b>\r\ntwo\x00", "<b>one</b>\ntwo"),
        ("Checkbox", False, False),
        ("Checkbox", True, True),
        ("Number", 0, 0),
        ("Number", -7, -7),
        ("Percent", 12.5, 12.5),
        ("Currency", "10800.00", "10800.00"),
        ("Date", "2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z"),
        ("Hyperlink", "javascript:alert(1)", "javascript:alert(1)"),
        ("IPAddress", "10.0.0.1", "10.0.0.1"),
        ("Password", "********", "********"),
    ],
)
def test_custom_fields_of_all_types_are_kept_as_they_are(kind: str, value: object, kept: object) -> None:
    field = {"id": 7, "caption": "Field ", "type": kind, "entryMethod": "EntryField", "value": value}
    (found,) = translated("companies", {**COMPANY, "customFields": [None, {"id": 8, "type": kind}, field]})
    assert isinstance(found, Company)
    assert found.custom == {"Field": kept}
    assert type((found.custom or {})["Field"]) is type(kept)


def test_nothing_in_a_list_is_nothing() -> None:
    (found,) = translated("companies", {**COMPANY, "types": [None, {}, {"name": ""}], "customFields": [None]})
    assert isinstance(found, Company)
    assert (found.types, found.custom) == (None, None)


@pytest.mark.parametrize(
    ("stream", "wire", "parent", "entry"),
    [
        (
            "company_statuses",
            {"id": 1, "name": "Active", "inactiveFlag": False, "track": None},
            None,
            Lookup(id="company_status:1", kind="company_status", name="Active", is_active=True),
        ),
        (
            "company_statuses",
            {"id": 2, "name": "Left us"},
            None,
            Lookup(id="company_status:2", kind="company_status", name="Left us"),
        ),
        (
            "boards",
            {"id": 7, "name": "Help Desk", "inactiveFlag": False, "projectFlag": False},
            None,
            Lookup(id="board:7", kind="board", name="Help Desk", meaning="service", is_active=True),
        ),
        (
            "boards",
            {"id": 8, "name": "Projects", "inactiveFlag": True, "projectFlag": True},
            None,
            Lookup(id="board:8", kind="board", name="Projects", meaning="project", is_active=False),
        ),
        (
            "boards",
            {"id": 9, "name": "Old", "inactiveFlag": None, "projectFlag": ""},
            None,
            Lookup(id="board:9", kind="board", name="Old"),
        ),
        (
            "board_types",
            {"id": 33, "name": "Maintenance", "category": "Proactive", "inactiveFlag": False},
            BOARD,
            Lookup(
                id="board_type:7/33",
                kind="board_type",
                name="Maintenance",
                meaning="Proactive",
                parent="board:7",
                is_active=True,
            ),
        ),
        (
            "board_types",
            {"id": 34, "name": "Other", "category": None},
            BOARD,
            Lookup(id="board_type:7/34", kind="board_type", name="Other", parent="board:7"),
        ),
        (
            "priorities",
            {"id": 3, "name": "Priority 1", "color": "Red", "level": "Critical"},
            None,
            Lookup(id="priority:3", kind="priority", name="Priority 1", meaning="critical"),
        ),
        (
            "priorities",
            {"id": 4, "name": "Quote", "level": ""},
            None,
            Lookup(id="priority:4", kind="priority", name="Quote"),
        ),
    ],
)
def test_list_entries(stream: str, wire: dict[str, Any], parent: Parent | None, entry: Lookup) -> None:
    assert translated(stream, wire, parent=parent) == [entry]


@pytest.mark.parametrize("stream", ["company_statuses", "boards", "board_types", "priorities"])
def test_a_list_entry_without_a_name_cannot_be_kept(stream: str) -> None:
    with pytest.raises(ValueError, match="name is empty"):
        translated(stream, {"id": 1, "name": ""}, parent=BOARD)
